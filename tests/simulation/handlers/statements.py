"""Which function answers which statement: by the statement's own text, so that none is guessed at."""

from services.matching import tallies
from services.matching.store import QUERIES as MATCHING
from shared.messaging import outbox, projection
from shared.messaging.store import QUERIES as MESSAGING
from tests.simulation.handlers import statements_of_matching as of_matching
from tests.simulation.handlers import statements_of_messaging as of_messaging
from tests.simulation.handlers.postgres import Answer

_APPENDED = ("topic", "key", "sequence", "id", "type", "recorded_at", "correlation_id",
             "causation_id", "body", "channel")  # fmt: skip


def answers() -> dict[str, tuple[Answer, tuple[str, ...]]]:
    """By a statement's text what answers it, and the names of its parameters in their order."""
    found: dict[str, tuple[Answer, tuple[str, ...]]] = {
        "select homeward_now()": (of_messaging.homeward_now, ()),
        projection._TAKE_TURNS: (of_messaging.take_turns, ("name",)),
        outbox._APPEND: (of_messaging.append, _APPENDED),
    }
    for table in ("tallies", "shadow_tallies"):
        found[tallies.ADD.format(table=table)] = (
            lambda work, table=table, **sums: of_matching.add_tallies(work, table, **sums),
            ("subjects", "measures", "amounts"),
        )
    for queries, module in ((MESSAGING, of_messaging), (MATCHING, of_matching)):
        names = queries.driver_adapter.var_sorted
        for name in queries.available_queries:
            if (answer := getattr(module, name, None)) is not None:
                found[getattr(queries, name).sql] = (answer, tuple(names.get(name, ())))
    return found
