"""What a provider may know of a package before it is awarded: the list is here and nowhere else.

Source: domain rule 7 (need to know).
"""

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
from shared.contracts.model import Instant, Outcode
from shared.contracts.placements import SearchStarted
from shared.contracts.requirement import PreferredCarerGender, PreferredLanguage, Visit


class Needed(BaseModel):
    """A package before its award: the outcode and no nearer, codes and numbers, no free text.

    Left out of what matching knows: ward and organisation, authorisation, excluded, chosen and
    continuing providers, outcomes, targets.
    """

    model_config = ConfigDict(frozen=True)

    urgency: Urgency
    source_kind: SourceKind
    outcode: Outcode
    care_type: CareType
    visits: tuple[Visit, ...]
    weekly_hours: float
    """Hours of care a week, a visit by two carers counted twice."""
    needs: tuple[Need, ...]
    risks: tuple[Risk, ...]
    equipment: tuple[Equipment, ...]
    ready_at: Instant
    gender: Gender | None
    """The person's, only where a carer's gender is asked for."""
    carer_gender: PreferredCarerGender | None
    languages: tuple[PreferredLanguage, ...]


def needed_from(event: SearchStarted) -> Needed:
    """What of a search a provider may know."""
    requirement = event.requirement
    return Needed(
        urgency=event.urgency,
        source_kind=event.source_kind,
        outcode=event.outcode,
        care_type=requirement.care_type,
        visits=requirement.visits,
        weekly_hours=round(requirement.weekly_minutes / 60, 2),
        needs=requirement.needs,
        risks=requirement.risks,
        equipment=requirement.equipment,
        ready_at=requirement.ready_at,
        gender=event.gender,
        carer_gender=requirement.preferences.carer_gender,
        languages=requirement.preferences.languages,
    )
