"""Rate cards: which line pays for which visit, what a week costs, the limit, awards and changes."""

from dataclasses import replace
from datetime import date, time
from fractions import Fraction

import pytest

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain.gates import History, why_not
from services.matching.domain.people_commands import AmendRequirement
from services.matching.domain.rates import AreaBand, Price, RateCard, RateLine, price_of
from services.matching.domain.requirement import Visit, alike, needed
from tests.unit.matching.package_world import DAY, WEEK_OF_VISITS, requirement, running
from tests.unit.matching.world import (
    answers,
    contract,
    like,
    market,
    provider,
    referral,
    story,
    tier,
    wanted,
    yes,
)

NOBODY = History(asked=frozenset(), declined=frozenset(), released=frozenset())
CARD = RateCard(
    from_=date(2026, 1, 1),
    areas=(AreaBand(name="edge", outcodes=("E4", "IG8")),),
    lines=(
        RateLine(day="bank_holiday", rate_pence=3600),
        RateLine(time="night", rate_pence=2500),
        RateLine(area="edge", up_to_minutes=15, rate_pence=2400),
        RateLine(area="edge", day="weekend", rate_pence=2200),
        RateLine(up_to_minutes=30, rate_pence=2001),
        RateLine(rate_pence=1801),
    ),
)


def visit(weekday="mon", band="morning", minutes=30, **changes) -> Visit:
    if "from_" in changes:
        band = None
    return Visit(weekday=weekday, band=band, minutes=minutes, **changes)


def window(hour: int) -> Visit:
    return visit(from_=time(hour), to=time(23, 59))


RATES = [
    (visit(), "E17", False, 2001),
    (visit(minutes=31), "E17", False, 1801),
    (visit(minutes=15), "E17", False, 2001),
    (visit(minutes=15), "E4", False, 2400),
    (visit(minutes=16), "E4", False, 2001),
    (visit("sat", minutes=60), "E4", False, 2200),
    (visit("sun", minutes=60), "IG8", False, 2200),
    (visit("sat", minutes=15), "E4", False, 2400),
    (visit("sat", minutes=60), "E17", False, 1801),
    (visit(band="night", minutes=60), "E4", False, 2500),
    (visit(band="bed", minutes=60), "E4", False, 1801),
    (window(21), "E17", False, 2001),
    (window(22), "E17", False, 2500),
    (window(6), "E17", False, 2500),
    (window(7), "E17", False, 2001),
    (visit(), "E17", True, 3600),
    (visit(band="night"), "E4", True, 3600),
]


@pytest.mark.parametrize(("one", "outcode", "holiday", "rate"), RATES)
def test_the_first_line_that_fits_pays_for_a_visit(one, outcode, holiday, rate):
    """By area, length, day or night, and the kind of day; both ends of each."""
    (kind,) = alike((one,))
    assert CARD.rate_of(kind, outcode, holiday=holiday) == rate


def test_a_night_may_lie_within_one_day():
    """Hours that do not pass midnight are those between the two times."""
    early = replace(CARD, night_from=time(0), night_to=time(6))
    begin = [alike((window(hour),))[0] for hour in (0, 5, 6, 23)]
    assert [early.by_night(one) for one in begin] == [True, True, False, False]


def test_a_bank_holiday_without_a_line_is_its_day_of_the_week():
    """So that a card for weekdays and weekends covers it."""
    (kind,) = alike((visit("sun"),))
    plain = replace(
        CARD,
        lines=(RateLine(day="weekday", rate_pence=1800), RateLine(day="weekend", rate_pence=2000)),
    )
    assert plain.rate_of(kind, "E17", holiday=True) == 2000


WEEKS = [
    # 30 minutes at 20.01 is 10.005: two of them are 20.01, and no half penny is lost.
    ((visit(), visit("wed")), 2 * 30 * 2001, 60),
    ((visit(), visit("sat", minutes=45, carers=2)), 30 * 2001 + 90 * 1801, 120),
    ((visit(minutes=15), visit(band="night", minutes=60)), 15 * 2001 + 60 * 2500, 75),
]


@pytest.mark.parametrize(("visits", "sixtieths", "minutes"), WEEKS)
def test_a_week_costs_its_visits_exactly(visits, sixtieths, minutes):
    """Each carer's minutes by the visit's rate, added up in sixtieths of a penny."""
    price = price_of(CARD, "E17", alike(visits))
    assert price == Price(weekly_cost_sixtieths=sixtieths, weekly_minutes=minutes)
    rounded = Fraction(sixtieths, minutes) + Fraction(1, 2)
    assert price.rate_pence == rounded.numerator // rounded.denominator


def test_a_visit_that_no_line_fits_is_paid_by_the_plain_rate():
    """Without one nothing is known of the package's price."""
    nights = replace(CARD, lines=(RateLine(time="night", rate_pence=2500),))
    visits = alike((visit(), visit(band="night")))
    price = price_of(nights, "E17", visits, otherwise=1700)
    assert price == Price(weekly_cost_sixtieths=30 * 4200, weekly_minutes=60)
    assert price_of(nights, "E17", visits) is None


def test_visits_alike_are_gathered():
    """Twenty-eight visits of a week come to two kinds; times of windows stay apart."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    bands = ("morning", "lunch", "tea", "bed")
    found = alike([visit(day, band) for day in days for band in bands])
    assert [(one.times, one.weekend) for one in found] == [(20, False), (8, True)]
    assert len(alike((window(8), window(9), visit()))) == 3


@pytest.mark.parametrize(
    ("day", "rate"),
    [(date(2025, 12, 31), 1800), (date(2026, 1, 1), 2001), (date(2026, 4, 1), 2100)],
)
def test_the_newest_card_that_has_begun_is_in_force(day, rate):
    """Before the first one it is the plain rate."""
    later = RateCard(from_=date(2026, 4, 1), lines=(RateLine(rate_pence=2100),))
    made = contract(rate_cards=(later, CARD))
    assert made.rate_for(needed("E17", wanted().requirement), day) == rate


def amendment(now_needed):
    """What is needed now, as a broker says."""
    return AmendRequirement(by="broker", requirement=now_needed, gender=None)


def gate(place, limit, visits):
    """Why the limit keeps a provider out of a package in E17, if it does."""
    made = needed("E17", wanted(visits=visits).requirement)
    day = date(2026, 3, 2)
    return why_not((place, place.contracts[0]), tier(rate_limit_pence=limit), made, NOBODY, day)


@pytest.mark.parametrize(
    ("limit", "reason"), [(1900, "rate_over_limit"), (1901, None), (2500, None), (None, None)]
)
def test_the_limit_is_held_against_the_average_of_the_package(limit, reason):
    """Exactly: 19.01 on average, though one visit costs more and one less."""
    place = provider("X", contract(rate_pence=None, rate_cards=(CARD,)))
    visits = (visit(), visit("wed"), visit(minutes=60))
    assert gate(place, limit, visits) == reason
    dearer = gate(place, limit, (*visits, visit(minutes=15)))
    assert (dearer is None) == (limit is None or limit >= 1913)


def test_a_card_without_a_rate_for_the_package_is_no_rate():
    """As where a contract has none."""
    nights = replace(CARD, lines=(RateLine(time="night", rate_pence=2500),))
    place = provider("X", contract(rate_pence=None, rate_cards=(nights,)))
    assert gate(place, 9000, (visit(),)) == "no_rate"


def carded(**changes):
    return provider("A", contract(rank=1, rate_cards=(CARD,), **changes))


def test_offers_name_the_average_and_the_award_the_week_too():
    """Of 30 minutes in E4: at 20.01 an hour."""
    told = story(carded()).when(referral())
    (offers,) = told.of(events.OffersMade)
    assert [one.rate_pence for one in offers.offers] == [2001]
    told.when(answers(yes("A", 3)), 4)
    told.then_some(like(events.Awarded, rate_pence=2001, weekly_cost_sixtieths=30 * 2001))


def test_spot_keeps_the_rate_that_it_quotes():
    """Its card is what it is offered at; what it quotes holds for the whole package."""
    spot = provider("A", contract("spot", rate_cards=(CARD,)))
    told = story(spot, tiers=(tier(kind="spot", scope="any"),)).when(referral())
    told.when(answers(yes("A", 3, rate_pence=1950)), 4)
    told.then_some(like(events.Awarded, rate_pence=1950, weekly_cost_sixtieths=None))


def test_a_plain_rate_leaves_the_award_as_it_was():
    """Hours times the rate say it all."""
    told = story(provider("A", contract(rank=1))).when(referral()).when(answers(yes("A", 3)), 4)
    told.then_some(like(events.Awarded, rate_pence=1800, weekly_cost_sixtieths=None))


@pytest.mark.parametrize(
    ("held", "rate", "sixtieths"),
    [(provider("A", contract(rank=1)), None, None), (carded(), 1901, 90 * 2001 + 90 * 1801)],
)
def test_an_agreed_change_is_priced_by_the_card(held, rate, sixtieths):
    """By the contract of the award and the day of the agreement; a plain rate stays as it was."""
    whole = running()
    more = requirement(*WEEK_OF_VISITS, WEEK_OF_VISITS[0])
    whole.when(asked.ChangeCare(requirement=more), DAY)
    whole.market = market(held)
    whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=True), DAY + 5)
    whole.then(like(care.ChangeAgreed, rate_pence=rate, weekly_cost_sixtieths=sixtieths))


def test_a_small_change_before_the_start_is_priced_too():
    """By the card of the award's contract; without an award the offers stand as they were made."""
    told = story(carded(), small_change_percent=50).when(referral())
    more = amendment(wanted(visits=(visit(minutes=45),)).requirement)
    told.when(more, 1).then(like(acts.RequirementAmended, change="small", rate_pence=None))
    told.when(answers(yes("A", 3)), 4)
    told.then_some(like(events.Awarded, rate_pence=1801, weekly_cost_sixtieths=45 * 1801))
    less = amendment(wanted(visits=(visit(minutes=30),)).requirement)
    told.when(less, 5)
    told.then_some(like(acts.RequirementAmended, rate_pence=2001, weekly_cost_sixtieths=30 * 2001))
