"""What the demo reads of placements: few requests, every chance remembered beside its instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo.seen import FORECASTS_A_READ, SHOWN, Seen

AT = datetime(2024, 1, 8, 10, tzinfo=UTC)


def row(number: int, *, status: str = "searching") -> dict[str, Any]:
    """A placement as the list has it, received `number` minutes after ten."""
    return {
        "referral_id": f"referral-{number}",
        "status": status,
        "received_at": (AT + timedelta(minutes=number)).isoformat(),
        "outlook": "likely_today" if number % 2 else None,
        "tier_name": "framework-lot",
        "offers_out": 2,
        "escalations": [],
        "minutes": 30.0,
    }


def forecast(number: int) -> dict[str, Any]:
    """The same with its chances."""
    return {
        **row(number),
        "forecast": {
            "by_target": [{"target_minutes": 90, "percent": 60.0}],
            "today_percent": 90.0,
        },
    }


def test_forecasts_are_read_in_turn_a_few_at_a_time():
    """Of the oldest searches, those not read yet come first, then those read longest ago."""
    seen = Seen()
    seen.take([row(n) for n in range(20)] + [row(99, status="awarded")])
    assert len(seen.shown()) == SHOWN
    asked: list[str] = []
    while len(asked) < 2 * SHOWN:
        wanted = seen.to_look_at()
        assert len(wanted) == FORECASTS_A_READ
        for referral_id in wanted:
            seen.look(forecast(int(referral_id.split("-")[1])), AT)
        asked += wanted
    assert set(asked[:SHOWN]) == {f"referral-{n}" for n in range(SHOWN)}
    assert asked[SHOWN : SHOWN + 4] == asked[:4]


def test_each_chance_is_kept_with_its_instant():
    """A target that lies ahead and the end of the day; none after the day has ended."""
    seen = Seen()
    seen.look(forecast(0), AT + timedelta(minutes=30))
    assert [(one.horizon, one.chance) for one in seen.looked] == [("90", 0.6), ("today", 0.9)]
    assert seen.looked[0].until == AT + timedelta(minutes=90)
    seen.look(forecast(0), AT + timedelta(hours=11))
    assert [one.horizon for one in seen.looked[2:]] == ["90"]


def test_a_placement_that_is_not_searched_any_more_has_no_chances():
    """Its last forecast is not shown for ever."""
    seen = Seen()
    seen.look(forecast(0), AT)
    seen.look({**row(0), "forecast": None}, AT)
    assert seen.forecasts == {}


def test_words_for_wards_are_counted():
    """Each search has the word that it was told, or none yet."""
    seen = Seen()
    seen.take([row(n) for n in range(5)])
    assert seen.outlooks == {"not yet": 3, "likely_today": 2}
