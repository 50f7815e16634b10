"""What the register refuses about rate cards, each with its remedy; and that both services read one."""

from datetime import date, time
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from services.matching.domain.rates import RateLine
from services.matching.domain.requirement import VisitsAlike
from services.providers.api.entries import check_all, entry_of, view_of
from services.providers.api.shapes import ProviderBody
from services.providers.domain.rates import (
    CardTerms,
    Kind,
    LineTerms,
    RateDay,
    RateTime,
    check_cards,
    fits,
)
from shared.contracts.providers import ProviderRecorded
from shared.ids import new_id
from shared.web.problems import Problem

FIRST = date(2026, 1, 1)


def line(area=None, up_to_minutes=None, time=None, day=None) -> LineTerms:
    return LineTerms(area=area, up_to_minutes=up_to_minutes, time=time, day=day)


def card(*lines: LineTerms, areas=(), from_=FIRST) -> CardTerms:
    return CardTerms(from_=from_, areas=areas, lines=lines)


def wrong(*cards: CardTerms, has_rate=True, to=None, outcodes=("E17", "E4")) -> list[Any]:
    found = check_cards(cards, from_=FIRST, to=to, has_rate=has_rate, outcodes=outcodes)
    return [(one.path, one.problem, one.text) for one in found]


EDGE = (("edge", ("E4",)),)
SOUND = card(line("edge", 15), line("edge"), line(time="night"), line(), areas=EDGE)

CASES = [
    ([SOUND, SOUND], {}, "rate_cards.1.from", "duplicate", "into one card"),
    ([SOUND], {"to": date(2025, 12, 31)}, "rate_cards.0.from", "after_the_contract", "leave"),
    ([card(line(), from_=date(2026, 2, 1))], {"has_rate": False}, "rate", "rate_required", "begin"),
    ([card(line(), areas=EDGE + EDGE)], {}, "rate_cards.0.areas.1.name", "duplicate", "its own"),
    ([card(line(), areas=(*EDGE, ("rim", ("E4",))))], {}, "rate_cards.0.areas.1.outcodes",
     "in_two_areas", "E4 is in edge too"),
    ([card(line("rim"), areas=EDGE)], {}, "rate_cards.0.lines.0.area", "unknown_area", "edge"),
    ([card(line(), line(time="night"))], {}, "rate_cards.0.lines.1", "never_used", "move it up"),
    ([card(line(day="weekday"), line(day="weekend"), line(day="bank_holiday"))], {},
     "rate_cards.0.lines.2", "never_used", "move it up"),
    ([card(line(up_to_minutes=60), line(up_to_minutes=30), line())], {},
     "rate_cards.0.lines.1", "never_used", "move it up"),
    ([card(line("edge"), areas=EDGE)], {"has_rate": False}, "rate_cards.0.lines",
     "visit_without_rate", "outside every area"),
    ([card(line(up_to_minutes=30))], {"has_rate": False}, "rate_cards.0.lines",
     "visit_without_rate", "any length above"),
    ([card(line(time="day"))], {"has_rate": False}, "rate_cards.0.lines",
     "visit_without_rate", "by night"),
    ([card(line(day="weekday"))], {"has_rate": False}, "rate_cards.0.lines",
     "visit_without_rate", "on a weekend"),
]  # fmt: skip


@pytest.mark.parametrize(("cards", "more", "path", "problem", "remedy"), CASES)
def test_what_is_wrong_is_named_with_its_remedy(cards, more, path, problem, remedy):
    """The field, the rule, and what to do about it."""
    (found,) = wrong(*cards, **more)
    assert found[:2] == (path, problem)
    assert remedy in found[2]


SOUND_CARDS = [
    (SOUND, {"has_rate": False}),
    (card(line(day="weekday"), line(day="weekend")), {"has_rate": False}),
    (card(line(day="bank_holiday"), line()), {"has_rate": False}),
    (card(line(up_to_minutes=15), line(up_to_minutes=30)), {"has_rate": True}),
    (card(line("edge"), areas=EDGE), {"has_rate": False, "outcodes": ("E4",)}),
]


@pytest.mark.parametrize(("one", "more"), SOUND_CARDS)
def test_sound_cards_pass(one, more):
    """Every visit has a rate: by a line, by the contract's own, or it is nowhere near."""
    assert wrong(one, **more) == []


def test_both_services_read_a_line_alike():
    """The check here and the price in matching fit the same lines to the same visits."""
    areas, lengths, both = (None, "edge", "rim"), (None, 15, 60), (False, True)
    times: tuple[RateTime | None, ...] = (None, "day", "night")
    days: tuple[RateDay | None, ...] = (None, "weekday", "weekend", "bank_holiday")
    for area, most, at, day in product(areas, lengths, times, days):
        ours = line(area, most, at, day)
        theirs = RateLine(area=area, up_to_minutes=most, time=at, day=day, rate_pence=1)
        for place, minutes in product(areas, (15, 16, 60, 61)):
            for night, weekend, holiday in product(both, both, both):
                kind = Kind(place, minutes, "night" if night else "day", weekend, holiday)
                visit = VisitsAlike(times=1, minutes=minutes, carers=1, weekend=weekend)
                priced = theirs.fits(visit, area=place, night=night, holiday=holiday)
                assert fits(ours, kind) == priced


BODY: dict[str, Any] = {
    "name": "Amber Care",
    "cqc_rating": "good",
    "outcodes": ["E17", "E4"],
    "capabilities": ["personal_care"],
    "contracts": [
        {
            "kind": "framework",
            "lot": "lot-1",
            "rate": "17.90",
            "from": "2026-01-01",
            "rate_cards": [
                {
                    "from": "2026-04-01",
                    "areas": [{"name": "edge", "outcodes": ["E4"]}],
                    "night": {"from": "23:00", "to": "06:00"},
                    "lines": [{"area": "edge", "up_to_minutes": 15, "rate": "24.60"}, {"rate": "18.20"}],
                },
                {"from": "2026-01-01", "lines": [{"rate": "18.01"}]},
            ],
        }
    ],
}  # fmt: skip


def test_a_card_is_published_in_pence_and_read_back_in_pounds():
    """Cards in the order of their days; what was left out is said."""
    body = ProviderBody.model_validate(BODY)
    check_all([body])
    entry = entry_of(new_id(), body, "operator")
    event = ProviderRecorded(
        at="2026-03-02T09:00:00Z",
        provider_id=entry.provider_id,
        **entry.fields,
    )
    (contract,) = event.contracts
    assert [one.from_ for one in contract.rate_cards] == [date(2026, 1, 1), date(2026, 4, 1)]
    assert contract.rate_cards[1].lines[0].rate_pence == 2460
    assert contract.rate_cards[1].night_from == time(23)
    row = {"entry": event.model_dump_json(), "sequence": 1, "recorded_at": event.at}
    shown = view_of(row).model_dump(mode="json", by_alias=True)["contracts"][0]["rate_cards"]
    assert shown[1]["lines"][0] == {
        "area": "edge", "up_to_minutes": 15, "time": None, "day": None, "rate": "24.60",
    }  # fmt: skip
    assert shown[0]["night"] == {"from": "22:00:00", "to": "07:00:00"}


def test_a_body_is_refused_with_the_path_of_what_is_wrong():
    """Below the contract, as for everything of an entry."""
    contract = {**BODY["contracts"][0], "rate_cards": [{"from": "2026-01-01", "lines": [
        {"rate": "18.00"}, {"time": "night", "rate": "20.00"}]}]}  # fmt: skip
    with pytest.raises(Problem) as refused:
        check_all([ProviderBody.model_validate({**BODY, "contracts": [contract]})])
    assert "contracts.0.rate_cards.0.lines.1" in str(refused.value.__dict__)


@pytest.mark.parametrize(
    "night", [{"from": "22:00:30"}, {"from": "22:00+01:00"}, {"from": "10 pm"}]
)
def test_a_night_is_of_hours_and_minutes(night):
    """By the clock on the wall."""
    bad = {"from": "2026-01-01", "night": night, "lines": [{"rate": "18.00"}]}
    contract = {**BODY["contracts"][0], "rate_cards": [bad]}
    with pytest.raises(ValidationError, match="night"):
        ProviderBody.model_validate({**BODY, "contracts": [contract]})
