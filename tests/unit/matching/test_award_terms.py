"""What an award is for through time, and starts that slip while somebody has the package."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.matching.award_terms import AWARD_TERMS, project_terms
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain.codes import AmendmentKind
from services.matching.domain.requirement import Requirement, Visit
from services.matching.projections import project_summary
from tests.unit.matching.test_summaries import summary
from tests.unit.matching.world import PLACEMENT, REFERRAL, answers, at, award_of, searching, yes

KNOWN: dict[str, Any] = {"referral_id": REFERRAL, "placement_id": PLACEMENT}


def amended(
    days: float, change: AmendmentKind = "material", minutes: int = 45
) -> acts.RequirementAmended:
    """What is needed now, with a start so many days after eight."""
    return acts.RequirementAmended(
        at=at(30),
        **KNOWN,
        version=2,
        change=change,
        source="broker",
        outcode="E4",
        gender=None,
        requirement=Requirement(
            care_type="personal_care",
            visits=(Visit(weekday="mon", band="morning", minutes=minutes),),
            ready_at=at(0) + timedelta(days=days),
        ),
    )  # fmt: skip


def test_each_change_begins_a_span():
    """An agreed change names hours and no rate; an amendment names no award."""
    told = searching("A").when(answers(yes("A", 3)), 4)
    (award,) = [one for one in (*told.history, *told.new) if isinstance(one, e.Awarded)]
    agreed = care.ChangeAgreed(
        at=at(99), **KNOWN, award_id=award.award_id, provider_id=award.provider_id, version=3,
        weekly_minutes=90, response_id=None,
    )  # fmt: skip
    rows = []
    for event in (award, amended(1), agreed):
        (key,) = AWARD_TERMS.keys(event)
        rows.append(project_terms(None, event, key))
    assert [row and row.award_id for row in rows] == [award_of("A"), None, award_of("A")]
    assert [row and row.weekly_minutes for row in rows[1:]] == [45, 90]
    assert len({row.id for row in rows if row}) == 3


def test_a_start_slips_only_while_somebody_has_the_package():
    """To a later instant; the hours and the kind of care are the new ones at once."""
    searched = summary(searching("A"))
    awarded = summary(searching("A").when(answers(yes("A", 3)), 4))
    assert searched.ready_at is not None
    later = (searched.ready_at - at(0)) / timedelta(days=1) + 10

    def after(row, event):
        found = project_summary(row, event, UUID(int=1))
        assert found is not None
        return found

    assert after(searched, amended(later)).slips == 0
    slipped = after(awarded, amended(later, minutes=60))
    assert (slipped.slips, slipped.slipped_beyond, slipped.slipped_at) == (1, True, at(30))
    assert slipped.weekly_minutes == 60
    again = after(slipped, amended(later + 1, "date"))
    assert (again.slips, again.slipped_beyond) == (2, True)
    assert after(awarded, amended(later - 20)).slips == 0
    assert replace(slipped, slips=0) != awarded
