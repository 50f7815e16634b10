"""Which referrals are of people who live together, as far as one of them names the other."""

from dataclasses import dataclass
from uuid import UUID

from shared.contracts import placements
from shared.contracts.interventions import PackageLinked
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """The referral that one names; the other is told of it all the same."""

    referral_id: UUID
    linked_referral_id: UUID | None


def project_link(row: LinkRow | None, event: Event, referral_id: UUID) -> LinkRow | None:
    """The newest word counts."""
    if not isinstance(event, PackageLinked):
        return row
    return LinkRow(referral_id=referral_id, linked_referral_id=event.linked_referral_id)


LINKS = Projection(
    name="links",
    rows=RowTable(LinkRow, table="links", key="referral_id"),
    topics=(placements.TOPIC,),
    keys=lambda event: [event.referral_id] if isinstance(event, PackageLinked) else (),
    project=project_link,
)
