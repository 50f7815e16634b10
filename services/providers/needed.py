"""What a provider may know of a package before it is awarded: the list is here and nowhere else.

Source: domain rule 7 (need to know).
"""

import json

from pydantic import BaseModel, ConfigDict

from shared.contracts.codes import (
    CareType,
    Equipment,
    Gender,
    Need,
    Risk,
    SourceKind,
    Urgency,
)
from shared.contracts.interventions import RequirementAmended
from shared.contracts.model import Instant, Outcode
from shared.contracts.placements import SearchStarted
from shared.contracts.requirement import (
    PreferredCarerGender,
    PreferredLanguage,
    Requirement,
    Visit,
)


class Care(BaseModel):
    """The care itself: what a change may change."""

    model_config = ConfigDict(frozen=True)

    outcode: Outcode
    care_type: CareType
    visits: tuple[Visit, ...]
    weekly_hours: float
    """Hours of care a week, a visit by two carers counted twice."""
    needs: tuple[Need, ...]
    risks: tuple[Risk, ...]
    equipment: tuple[Equipment, ...]
    ready_at: Instant
    carer_gender: PreferredCarerGender | None
    languages: tuple[PreferredLanguage, ...]


class Needed(Care):
    """A package before its award: the outcode and no nearer, codes and numbers, no free text.

    Left out of what matching knows: ward and organisation, authorisation, excluded, chosen and
    continuing providers, outcomes, targets.
    """

    urgency: Urgency
    source_kind: SourceKind
    gender: Gender | None
    """The person's, only where a carer's gender is asked for."""
    until: Instant | None = None
    """Bridging care ends then; None for care that is to last."""


def care_of(outcode: Outcode, requirement: Requirement) -> Care:
    """The care in a requirement."""
    return Care(
        outcode=outcode,
        care_type=requirement.care_type,
        visits=requirement.visits,
        weekly_hours=round(requirement.weekly_minutes / 60, 2),
        needs=requirement.needs,
        risks=requirement.risks,
        equipment=requirement.equipment,
        ready_at=requirement.ready_at,
        carer_gender=requirement.preferences.carer_gender,
        languages=requirement.preferences.languages,
    )


def needed_from(event: SearchStarted) -> Needed:
    """What of a search a provider may know."""
    return Needed(
        urgency=event.urgency,
        source_kind=event.source_kind,
        gender=event.gender,
        until=event.bridging_until,
        **dict(care_of(event.outcode, event.requirement)),
    )


def needed_now(searched: str | None, changed: str | None) -> Needed | None:
    """What is needed, from JSON: as it was searched, with the `Care` that a change made of it.

    None if the search was never seen.
    """
    if searched is None:
        return None
    care = {} if changed is None else json.loads(changed)
    return Needed.model_validate({**json.loads(searched), **care})


def amended(before: str, event: RequirementAmended) -> Needed:
    """What a provider may know after a change before the start."""
    care = care_of(event.outcode, event.requirement)
    return Needed.model_validate_json(before).model_copy(
        update={**dict(care), "gender": event.gender}
    )
