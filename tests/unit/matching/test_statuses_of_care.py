"""Every status × every command about care, also while a provider's answer is awaited."""

import typing
from dataclasses import replace
from typing import Any

import pytest

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events as E
from services.matching.domain.people_commands import AmendRequirement
from services.matching.domain.placement import STATUSES
from tests.unit.matching.package_world import Whole, requirement, searched
from tests.unit.matching.world import (
    INCOMPLETE,
    PLACEMENT,
    TIME,
    WITHDRAW,
    answers,
    at,
    award_of,
    confirm,
    like,
    pid,
    start,
    yes,
)

NOW = 20
SOON = at(600)


def _said(kind: Any, **more: Any) -> Any:
    return kind(
        provider_id=pid("A"),
        award_id=award_of("A"),
        recorded_at=at(NOW),
        response_id=pid("said"),
        **more,
    )


def _said_before(kind: Any, **more: Any) -> Any:
    return replace(_said(kind, **more), response_id=pid("said before"))


CARE: dict[str, asked.CareCommand] = {
    "pause": asked.PauseCare(held_until=SOON, retainer=True),
    "restart": asked.RestartCare(restart_at=SOON),
    "change": asked.ChangeCare(requirement=requirement(care_type="reablement")),
    "end": asked.EndCare(last_visit_at=SOON),
    "transfer": asked.TransferCare(because="transferred", last_visit_at=SOON),
    "continue": asked.ContinueLongTerm(requirement=requirement()),
    "contingency": asked.RecordContingency(contingency="family"),
    "split": asked.Split(parts=((0,), (1, 2))),
    "merge": asked.Merge(placement_ids=(PLACEMENT,)),
    "bridge": asked.Bridge(until=SOON),
    "hand_back": _said(asked.HandBack, reason="staffing", last_visit_at=SOON),
    "agree_restart": _said(asked.AnswerRestart, agrees=True),
    "agree_change": _said(asked.AnswerChange, version=2, agrees=True),
    "refuse_restart": _said(asked.AnswerRestart, agrees=False),
    "refuse_change": _said(asked.AnswerChange, version=2, agrees=False),
}


AMENDED = AmendRequirement(by="broker", requirement=requirement(care_type="personal_care"))
"""Another package: whoever has it is asked."""


def reached(status: str) -> Whole:
    """A package of reablement that has come to a status, with providers A, B and C."""
    match status:
        case "absent":
            told = searched(care_type="reablement")
            return Whole(policy=told.policy, market=told.market)
        case "awaiting_information":
            return reached("absent").when(INCOMPLETE, 0)
        case "searching":
            return searched(care_type="reablement")
        case "exhausted":
            return reached("searching").until(30)
        case "awarded":
            return reached("searching").when(answers(yes("A", 1)), 1)
        case "awarded, change asked":
            return reached("awarded").when(AMENDED, 2)
        case "confirmed":
            return reached("awarded").when(confirm("A"), 2)
        case "confirmed, change asked":
            return reached("confirmed").when(AMENDED, 3)
        case "started":
            return reached("confirmed").when(start("A"), 3)
        case "started, change asked":
            return reached("started").when(CARE["change"], 4)
        case "paused":
            return reached("started").when(CARE["pause"], 4)
        case "paused, change asked":
            return reached("started, change asked").when(CARE["pause"], 5)
        case "paused, restart asked":
            return reached("paused").when(CARE["restart"], 5)
        case "ending, no day":
            told = reached("started, change asked")
            return told.when(_said_before(asked.AnswerChange, version=2, agrees=False), 5)
        case "ending":
            return reached("started").when(CARE["end"], 4)
        case "ended":
            return reached("started").when(asked.EndCare(last_visit_at=at(5)), 4).when(TIME, 6)
        case "ended, pause lapsed":
            held = asked.PauseCare(held_until=at(5), retainer=True)
            return reached("started").when(held, 4).when(TIME, 6)
        case _:
            return reached("searching").when(WITHDRAW, 1)


STARTED, PAUSED, SEARCHING = "not-started", "not-paused", "not-searching"
NO_CARE, NOT_REABLEMENT, UNKNOWN = "no-care-to-end", "not-reablement", "unknown-placement"
REFUSED = (E.RequestRefused,)
SEARCH = (E.SearchStarted, E.TierOpened, E.OffersMade)
ENDS, TO_ANOTHER = (care.CareEnding,), (care.CareEnding, *SEARCH)
NO_SEARCH = [SEARCHING] * 4
AGAIN = (E.AwardCancelled, E.SearchReopened, E.TierOpened, E.OffersMade)
ASKED_FIRST = [REFUSED, (care.ChangeAgreed,), REFUSED, (care.ChangeRefused, *AGAIN)]
NO_CARE_YET = [STARTED, PAUSED, STARTED, NO_CARE, NO_CARE, NOT_REABLEMENT]
DAY_KNOWN = (care.HandedBack, care.CareGapMoved)
GIVEN_UP = (care.HandedBack, *SEARCH)
TABLE: dict[str, list[Any]] = {
    # each row: what each command leads to at 20 minutes past eight (exhausted: 40)
    "absent": [UNKNOWN] * 15,
    "awaiting_information": [*NO_CARE_YET, *NO_SEARCH, *[REFUSED] * 5],
    "searching": [
        *NO_CARE_YET, (care.ContingencyRecorded,),
        (E.OffersWithdrawn, care.PlacementDivided, *SEARCH, *SEARCH), SEARCHING, SEARCH,
        *[REFUSED] * 5,
    ],
    "exhausted": [
        *NO_CARE_YET, (care.ContingencyRecorded,),
        (E.EscalationClosed, care.PlacementDivided, *SEARCH, *SEARCH), SEARCHING, SEARCH,
        *[REFUSED] * 5,
    ],
    "awarded": [*NO_CARE_YET, *NO_SEARCH, *[REFUSED] * 5],
    "awarded, change asked": [*NO_CARE_YET, *NO_SEARCH, REFUSED, *ASKED_FIRST],
    "confirmed": [
        STARTED, PAUSED, STARTED, ENDS, TO_ANOTHER, NOT_REABLEMENT, *NO_SEARCH, GIVEN_UP,
        *[REFUSED] * 4,
    ],
    "confirmed, change asked": [
        STARTED, PAUSED, STARTED, ENDS, TO_ANOTHER, NOT_REABLEMENT, *NO_SEARCH, GIVEN_UP,
        *ASKED_FIRST,
    ],
    "started": [
        (care.CarePaused,), PAUSED, (care.ChangeAsked,), ENDS, TO_ANOTHER, TO_ANOTHER, *NO_SEARCH,
        GIVEN_UP, *[REFUSED] * 4,
    ],
    "started, change asked": [
        (care.CarePaused,), PAUSED, (care.ChangeAsked,), ENDS, TO_ANOTHER, TO_ANOTHER, *NO_SEARCH,
        GIVEN_UP, REFUSED, (care.ChangeAgreed,), REFUSED, (care.ChangeRefused, *TO_ANOTHER),
    ],
    "paused": [
        (care.CarePaused,), (care.RestartAsked,), STARTED, ENDS, TO_ANOTHER, NOT_REABLEMENT,
        *NO_SEARCH, GIVEN_UP, *[REFUSED] * 4,
    ],
    "paused, change asked": [
        (care.CarePaused,), (care.RestartAsked,), STARTED, ENDS, TO_ANOTHER, NOT_REABLEMENT,
        *NO_SEARCH, GIVEN_UP, REFUSED, (care.ChangeAgreed,), REFUSED,
        (care.ChangeRefused, *TO_ANOTHER),
    ],
    "paused, restart asked": [
        (care.CarePaused,), "already-asked", STARTED, ENDS, TO_ANOTHER, NOT_REABLEMENT, *NO_SEARCH,
        GIVEN_UP, (care.CareResumed,), REFUSED, (care.RestartRefused, *SEARCH), REFUSED,
    ],
    "ending, no day": [*NO_CARE_YET, *NO_SEARCH, DAY_KNOWN, *[REFUSED] * 4],
    "ending": [*NO_CARE_YET, *NO_SEARCH, *[REFUSED] * 5],
    "ended": [*NO_CARE_YET, *NO_SEARCH, *[REFUSED] * 5],
    "ended, pause lapsed": [STARTED, SEARCH, *NO_CARE_YET[2:], *NO_SEARCH, *[REFUSED] * 5],
    "withdrawn": [*NO_CARE_YET, *NO_SEARCH, *[REFUSED] * 5],
}  # fmt: skip
CELLS = [
    (status, column, outcome)
    for status, row in TABLE.items()
    for column, outcome in zip(CARE, row, strict=True)
]


@pytest.mark.parametrize(("status", "column", "outcome"), CELLS)
def test_every_status_has_an_answer_to_what_is_said_of_care(status, column, outcome):
    """Events, or a refusal that says why: each cell of the table is written down."""
    told = reached(status)
    assert [one.status for one in told.package.placements][:1] in ([], [status.split(",")[0]])
    about = told.id(0) if len(told.package.placements) > 1 else None
    told.when(CARE[column], 40 if status == "exhausted" else NOW, about=about)
    if isinstance(outcome, str):
        told.then_refused(outcome)
    else:
        told.then(*outcome)
    if outcome is REFUSED:
        told.then(like(E.RequestRefused, code="not-awarded"))


def test_the_table_has_every_status_and_every_command():
    """No class of either is left out."""
    assert {type(one) for one in CARE.values()} == set(typing.get_args(asked.CareCommand))
    named = {status.__dataclass_fields__["status"].default for status in STATUSES}
    assert {status.split(",")[0] for status in TABLE} == named
