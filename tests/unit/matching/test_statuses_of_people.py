"""Every status × every command that people steer with."""

import typing
from typing import Any

import pytest

from services.matching.domain import events as E
from services.matching.domain import interventions as acts
from services.matching.domain import people_commands as orders
from tests.unit.matching.orders import (
    CANCEL,
    ESCALATE,
    MOVE,
    RESUME,
    amend,
    ask,
    assign,
    close,
    correct,
    exclude,
    hold,
    jump,
    lift,
    link,
    skip,
    take_back,
    view,
    window,
)
from tests.unit.matching.reached import reached
from tests.unit.matching.talks import condition, counter, rate
from tests.unit.matching.world import at

PEOPLE: dict[str, orders.PeopleCommand] = {
    "hold": hold(90),
    "resume": RESUME,
    "jump": jump("lot"),
    "ask": ask("A"),
    "skip": skip("B"),
    "window": window("A", 50),
    "take_back": take_back("A"),
    "cancel": CANCEL,
    "correct": correct("A", "decline"),
    "exclude": exclude("A"),
    "lift": lift("A"),
    "view": view("agrees"),
    "assign": assign("kim"),
    "escalate": ESCALATE,
    "close": close("by_hand"),
    "move": MOVE,
    "amend": amend(ready_at=at(24 * 60)),
    "link": link("the other"),
    "rate": rate("A", True),
    "condition": condition("A", True),
    "counter": counter("A"),
}
UNKNOWN, NOT, NONE = "unknown-placement", "not-searching", "nothing-to-close"
SELF, LINKED = "answered-by-provider", (acts.PackageLinked,)
ABOUT = ((acts.PersonViewRecorded,), (acts.PlacementAssigned,), (E.EscalationOpened,), NONE)
NONE_WAITS = ("no-rate-quoted", "no-condition", "no-condition")
SEARCHES = (E.SearchReopened, E.TierOpened, E.OffersMade)
TABLE: dict[str, list[Any]] = {
    # each row: what each command leads to at 29 minutes past eight (exhausted: 31)
    "absent": [UNKNOWN] * 21,
    "awaiting_information": [
        NOT, NOT, NOT, NOT, NOT, "unknown-offer", "unknown-offer", "no-award", "unknown-offer",
        (acts.ProviderExcluded,), "not-excluded", *ABOUT, "not-complete", "not-complete", LINKED,
        "unknown-offer", "unknown-offer", "unknown-offer",
    ],
    "searching": [
        (acts.SearchHeld,), "no-hold", "tier-not-ahead", "already-asked", "already-asked",
        (acts.OfferWindowChanged,), (E.OffersWithdrawn,), "no-award", "not-answered",
        (acts.ProviderExcluded, E.OffersWithdrawn), "not-excluded", *ABOUT, "same-policy", (acts.RequirementAmended,), LINKED, *NONE_WAITS,
    ],
    "exhausted": [
        NOT, NOT, NOT, (E.SearchReopened, E.EscalationClosed, E.OffersMade, E.TierOpened), NOT,
        "offer-not-live", "offer-not-live", "no-award", "not-answered", (acts.ProviderExcluded,), "not-excluded",
        *ABOUT, "same-policy", (acts.RequirementAmended,), LINKED, *NONE_WAITS,
    ],
    "awarded": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live",
        (E.AwardCancelled, *SEARCHES), SELF, (acts.ProviderExcluded,), "not-excluded", *ABOUT,
        "same-policy", (acts.RequirementAmended,), LINKED, *NONE_WAITS,
    ],
    "confirmed": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live",
        (E.AwardCancelled, *SEARCHES), SELF, (acts.ProviderExcluded,), "not-excluded", *ABOUT,
        "same-policy", (acts.RequirementAmended,), LINKED, *NONE_WAITS,
    ],
    "started": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live", "already-started", "already-started",
        (acts.ProviderExcluded,), "not-excluded", *ABOUT, "same-policy", "already-started", LINKED, *NONE_WAITS,
    ],
    "paused": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live", "already-started", "already-started",
        (acts.ProviderExcluded,), "not-excluded", *ABOUT, "same-policy", "already-started", LINKED, *NONE_WAITS,
    ],
    "ending": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live", "already-started", "already-started",
        (acts.ProviderExcluded,), "not-excluded", *ABOUT, "same-policy", "already-started", LINKED, *NONE_WAITS,
    ],
    "ended": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live", "no-award", "already-withdrawn",
        *["already-withdrawn"] * 8, (), *NONE_WAITS,
    ],
    "withdrawn": [
        NOT, NOT, NOT, NOT, NOT, "offer-not-live", "offer-not-live", "no-award", "already-withdrawn",
        *["already-withdrawn"] * 8, (), *NONE_WAITS,
    ],
}  # fmt: skip
CELLS = [
    (status, column, outcome)
    for status, row in TABLE.items()
    for column, outcome in zip(PEOPLE, row, strict=True)
]


@pytest.mark.parametrize(("status", "column", "outcome"), CELLS)
def test_every_status_has_an_answer_to_what_people_order(status, column, outcome):
    """Events, or a refusal that says why: each cell of the table is written down."""
    told = reached(status)
    assert told.placement.status == status
    told.when(PEOPLE[column], 31 if status == "exhausted" else 29)
    if isinstance(outcome, str):
        told.then_refused(outcome)
    else:
        told.then(*outcome)


def test_the_table_has_every_order():
    """No class of order is left out."""
    assert {type(one) for one in PEOPLE.values()} == set(typing.get_args(orders.PeopleCommand))
