"""How fast a projection is made again from the whole history, as `homeward verify` does."""

import asyncio

from deploy.installation import Installation
from deploy.rebuilding import compare, projections_of
from tests.benchmarks.place import Place


async def measure(place: Place) -> float:
    """Events a second through the rebuild of matching's summaries. Raises if it differs."""
    where = Installation(
        database_urls={"matching": place.url}, kafka=place.kafka, prefix=place.prefix
    )
    (summaries,) = projections_of("matching", "summaries")
    clock = asyncio.get_running_loop().time
    began = clock()
    rebuilt = await compare(where, "matching", summaries)
    assert rebuilt.differing == 0, "the projection differs from its rebuild"
    return rebuilt.events / (clock() - began)
