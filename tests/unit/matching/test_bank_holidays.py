"""England's bank holidays in a policy: written out when it is read, and the same for ever."""

from datetime import date, datetime
from pathlib import Path

import pytest

from services.matching.bank_holidays import FIRST_YEAR, LAST_YEAR, bank_holidays
from services.matching.domain import events
from services.matching.domain.calendar import add_working_days
from services.matching.domain.london import LONDON
from services.matching.policy_document import Document
from services.matching.policy_file import check_policy, load_policy, read_document, to_policy
from tests.unit.matching.world import TIME, Story, contract, market, provider, referral, wanted

ESSEX = Path("deploy/policies/essex-ranked.yaml")


def test_the_bank_holidays_of_2026_are_those_that_were_announced():
    """Source: the government's list for England and Wales; Boxing Day falls on a Saturday, so that
    the Monday is one too."""
    assert [day for day in bank_holidays() if day.year == 2026] == [
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4),
        date(2026, 5, 25), date(2026, 8, 31), date(2026, 12, 25), date(2026, 12, 26),
        date(2026, 12, 28),
    ]  # fmt: skip


def test_every_year_has_its_bank_holidays():
    """Eight at least, none at a weekend in England, over all years that a policy may meet."""
    years = dict.fromkeys(range(FIRST_YEAR, LAST_YEAR + 1), 0)
    for day in bank_holidays():
        years[day.year] += 1
    assert min(years.values()) >= 8


def test_a_document_that_is_kept_has_its_holidays_as_dates():
    """What was published keeps its days, whatever is installed when it is read again."""
    document = read_document(ESSEX)
    assert document.calendar is not None
    assert document.calendar.holidays == bank_holidays()
    known = to_policy(document).calendar
    assert known is not None
    assert date(2026, 4, 3) in known.holidays
    text = document.model_dump_json()
    assert Document.model_validate_json(text) == document
    fewer = text.replace('"2026-04-03",', "")
    again = to_policy(Document.model_validate_json(fewer)).calendar
    assert again is not None
    assert again.holidays == known.holidays - {date(2026, 4, 3)}


def ranked(*ranks: int):
    return [provider(f"R{rank}", contract(lot="braintree", rank=rank), outcodes=frozenset({"CM7"}))
            for rank in ranks]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def test_essex_asks_one_at_a_time_in_the_order_of_rank():
    """Ranks 1 to 10, each with its window, then tier 2 at once, then spot."""
    others = [provider("T2", contract("dps"), outcodes=frozenset({"CM7"})),
              provider("S", contract("spot"), outcodes=frozenset({"CM7"}))]  # fmt: skip
    told = Story(
        policy=load_policy(ESSEX), market=market(*reversed(ranked(*range(1, 11))), *others)
    )
    asked = []
    told.when(referral(wanted("CM7"), urgency="urgent"))
    for minutes in range(15, 211, 15):
        asked.append(told.asked())
        told.when(TIME, minutes)
    assert [one for one in asked if one] == [[f"R{n}"] for n in range(1, 11)] + [["T2"], ["S"]]


def test_essex_counts_a_routine_window_in_working_hours():
    """Asked on Maundy Thursday at 17:30, a provider has until 08:30 on the Tuesday after Easter."""
    told = Story(policy=load_policy(ESSEX), market=market(*ranked(1, 2)))
    thursday = (at("2026-04-02 17:30") - at("2026-03-02 08:00")).total_seconds() / 60 - 60
    told.when(referral(wanted("CM7")), thursday)
    (made,) = told.of(events.OffersMade)
    assert made.at == at("2026-04-02 17:30")
    assert made.expires_at == at("2026-04-07 08:30")


def test_devons_measures_count_its_working_days():
    """Years 1, 2 and 3, the last going on; two working days from Maundy Thursday end on Wednesday."""
    devon = load_policy(Path("deploy/policies/devon-cares.yaml"))
    accepted, *_, started, latest, refused, handed_back = devon.kpis
    assert [accepted.percent(year) for year in (1, 2, 3, 9)] == [80, 85, 90, 90]
    assert (started.within_working_days, latest.within_working_days) == (2, 5)
    assert (refused.percent(1), handed_back.percent(3)) == (0, 0)
    assert devon.calendar is not None
    assert add_working_days(date(2026, 4, 2), 2, devon.calendar) == date(2026, 4, 8)


@pytest.mark.parametrize("name", ["essex-ranked", "devon-cares"])
def test_the_shipped_policies_are_sound(name):
    """No mistake and no oddity."""
    report = check_policy(Path(f"deploy/policies/{name}.yaml"))
    assert report.errors == report.warnings == ()


def test_essex_has_twelve_districts():
    """Each a lot of its own."""
    assert len(load_policy(ESSEX).lots) == 12
