"""What each placement needs, as its search began; a change that was agreed is the package's."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.providers.needed import amended, needed_from
from shared.contracts import interventions, placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable

_ABOUT = (placements.SearchStarted, interventions.RequirementAmended)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """What a placement needs, as far as one may know before an award."""

    placement_id: UUID
    referral_id: UUID
    needed: Json
    version: int = 1
    """Of what is needed."""
    oldest_version: int = 1
    """An older one is another package than what is needed now."""


def versions_of(row: SearchRow | None) -> tuple[int, int]:
    """The oldest and the newest version of what is needed that an answer may be about."""
    return (1, 1) if row is None else (row.oldest_version, row.version)


def project_search(row: SearchRow | None, event: Event, placement_id: UUID) -> SearchRow | None:
    """What is needed, as the search of a placement began or as it was amended before the start."""
    if isinstance(event, interventions.RequirementAmended) and row is not None:
        material = event.change == "material"
        return replace(
            row,
            needed=Json(amended(row.needed, event).model_dump_json()),
            version=event.version,
            oldest_version=event.version if material else row.oldest_version,
        )
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
    keys=lambda event: [event.placement_id] if isinstance(event, _ABOUT) else (),
    project=project_search,
)
