"""What each placement needs, as its search began; a change that was agreed is the package's."""

from dataclasses import dataclass
from uuid import UUID

from services.providers.needed import needed_from
from shared.contracts import placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """What a placement needs, as far as one may know before an award."""

    placement_id: UUID
    referral_id: UUID
    needed: Json


def project_search(_row: object, event: Event, placement_id: UUID) -> SearchRow | None:
    """What is needed, as the search of a placement began."""
    if not isinstance(event, placements.SearchStarted):
        return None
    return SearchRow(
        placement_id=placement_id,
        referral_id=event.referral_id,
        needed=Json(needed_from(event).model_dump_json()),
    )


SEARCHES = Projection(
    name="searches",
    rows=RowTable(SearchRow, table="searches", key="placement_id"),
    topics=(placements.TOPIC,),
    keys=lambda event: [event.placement_id] if isinstance(event, placements.SearchStarted) else (),
    project=project_search,
)
