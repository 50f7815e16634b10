"""The register's spans where a contract has rate cards: new ones from a day on, to the penny."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from services.matching.domain import care_commands as commands
from services.matching.domain import care_events as care
from services.matching.domain.london import midnight
from services.matching.domain.rates import RateCard, RateLine
from services.matching.domain.requirement import Visit
from services.matching.reporting.asking import Period
from services.matching.reporting.held import Held
from services.matching.reporting.rate_cards import Asked, RateCards, asked_through_time
from tests.unit.matching.package_world import DAY, WEEK_OF_VISITS, requirement, running
from tests.unit.matching.world import PLACEMENT, at, contract, pid, provider

APRIL = date(2026, 4, 1)
OLD = RateCard(
    from_=date(2026, 1, 1),
    lines=(RateLine(day="bank_holiday", rate_pence=3600), RateLine(rate_pence=1801)),
)
NEW = RateCard(
    from_=APRIL, lines=(RateLine(up_to_minutes=30, rate_pence=2001), RateLine(rate_pence=1801))
)
VISITS = (
    Visit(weekday="mon", band="morning", minutes=30),
    Visit(weekday="fri", band="tea", minutes=45, carers=2),
)
PERIOD = Period(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC))
STARTED = datetime(2026, 3, 2, 8, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "provider_id": pid("A"),
        "placement_id": PLACEMENT,
        "contract_kind": "framework",
        "lot": "north",
        "awarded_at": STARTED - timedelta(days=1),
        **changes,
    }


def held(**changes: Any) -> Held:
    made = Held(
        package="x", provider="A", contract="framework", care_type="personal_care", outcode="E4",
        weekly_units=600, rate_pence=1790, start=STARTED, end=None, loaded=False,
    )  # fmt: skip
    return replace(made, **changes)


def cards(*found: RateCard, **changes: Any) -> RateCards:
    one = provider("A", contract(rate_cards=found, **changes))
    asked = [Asked(STARTED - timedelta(days=2), "E4", VISITS)]
    return RateCards(providers={one.provider_id: one}, asked={PLACEMENT: asked})


def spans(known: RateCards, one: Held | None = None, **of_row: Any) -> list[Held]:
    return list(known.spans(one or held(), row(**of_row), PERIOD))


def test_a_new_card_begins_a_span():
    """On its first day in London, at the exact average of the week."""
    before, after = spans(cards(OLD, NEW))
    assert (before.start, before.end) == (STARTED, midnight(APRIL))
    assert (after.start, after.end) == (midnight(APRIL), None)
    assert before.rate_pence == 1801
    assert after.rate_pence == Fraction(30 * 2001 + 90 * 1801, 120)


def test_before_the_first_card_the_award_s_rate_holds():
    """The plain rate that it was made at, until the card begins."""
    before, after = spans(cards(NEW))
    assert (before.rate_pence, before.holiday_pence) == (1790, None)
    assert after.rate_pence == Fraction(30 * 2001 + 90 * 1801, 120)


def test_bank_holidays_stand_apart():
    """Good Friday (3 April), and Easter, May Day and late May Mondays, by two carers and by one."""
    (span,) = spans(cards(OLD))
    assert span.rate_pence == 1801
    assert span.holiday_pence == Fraction((90 + 3 * 30) * (3600 - 1801), 60)
    march, rest = spans(cards(OLD, NEW))
    assert [one.holiday_pence for one in (march, rest)] == [0, 0]


def test_what_no_card_may_change_stays():
    """Spot, a contract that the register no longer has, another lot, and a provider unknown."""
    assert spans(cards(OLD), contract_kind="spot") == [held()]
    assert spans(cards(OLD, to=date(2026, 2, 28))) == [held()]
    assert spans(cards(OLD), lot="south") == [held()]
    assert spans(cards(OLD), provider_id=pid("B")) == [held()]
    assert spans(cards(OLD), contract_kind=None) == [held()]


def test_a_span_that_ended_before_the_period_is_left_out():
    """Cut by a card, only what has an instant of the period is there."""
    early = held(start=datetime(2025, 12, 1, tzinfo=UTC))
    (span,) = spans(cards(OLD), early, awarded_at=datetime(2025, 11, 30, tzinfo=UTC))
    assert span.start == midnight(OLD.from_)
    late = spans(cards(OLD, replace(NEW, from_=date(2026, 7, 2))))
    assert [one.end for one in late] == [None]


def test_visits_are_those_of_the_time():
    """As searched, as awarded, and as an agreed change made them; one only asked counts not."""
    more, less = requirement(*WEEK_OF_VISITS, WEEK_OF_VISITS[0]), requirement(*WEEK_OF_VISITS[:1])
    whole = running().when(commands.ChangeCare(requirement=more), DAY)
    whole.when(whole.about(0, commands.AnswerChange, version=2, agrees=True), DAY + 5)
    whole.when(commands.ChangeCare(requirement=less), 3 * DAY)
    assert isinstance(whole.new[0], care.ChangeAsked)
    (asked,) = asked_through_time((*whole.history, *whole.new)).values()
    told = [(one.from_at, len(one.visits)) for one in asked]
    assert told == [(at(0), 3), (at(1), 3), (at(DAY + 5), 4)]
