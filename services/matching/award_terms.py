"""What an award is for, through time: a row from each instant at which hours or rate changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain.events import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import RowTable

FIRST = 1
"""The version of what is needed as it was first awarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardTermsRow:
    """Hours and rate of an award from an instant on; None: as before, or not known.

    `award_id` None: what is needed was amended, for whoever has the placement then.
    """

    id: UUID
    placement_id: UUID
    award_id: UUID | None
    from_at: datetime
    weekly_minutes: int | None
    rate_pence: int | None


def terms_id(about: UUID, version: int) -> UUID:
    """The key of an award's, or a placement's, terms under one version of what is needed."""
    return uuid5(about, f"terms:{version}")


def project_terms(row: AwardTermsRow | None, event: Event, key: UUID) -> AwardTermsRow | None:
    """The terms that begin with the event."""
    match event:
        case e.Awarded():
            return AwardTermsRow(
                id=key, placement_id=event.placement_id, award_id=event.award_id, from_at=event.at,
                weekly_minutes=event.weekly_minutes, rate_pence=event.rate_pence,
            )  # fmt: skip
        case care.ChangeAgreed():
            return AwardTermsRow(
                id=key, placement_id=event.placement_id, award_id=event.award_id, from_at=event.at,
                weekly_minutes=event.weekly_minutes, rate_pence=event.rate_pence,
            )  # fmt: skip
        case acts.RequirementAmended():
            return AwardTermsRow(
                id=key, placement_id=event.placement_id, award_id=None, from_at=event.at,
                weekly_minutes=event.requirement.weekly_minutes, rate_pence=event.rate_pence,
            )  # fmt: skip
        case _:
            return row


def _keys(event: Any) -> Sequence[UUID]:
    if isinstance(event, e.Awarded):
        return (terms_id(event.award_id, FIRST),)
    if isinstance(event, care.ChangeAgreed):
        return (terms_id(event.award_id, event.version),)
    if isinstance(event, acts.RequirementAmended):
        return (terms_id(event.placement_id, event.version),)
    return ()


AWARD_TERMS = Projection(
    name="award-terms",
    rows=RowTable(AwardTermsRow, table="award_terms", key="id"),
    topics=("placements.v1",),
    keys=_keys,
    project=project_terms,
)
