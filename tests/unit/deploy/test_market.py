"""The demo's market and day: counts and rates as published, persons as recognisable as promised."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from deploy.commands.place import POLICIES
from deploy.demo.day import ODDITIES, UNKNOWN_OUTCODE, make_day
from deploy.demo.habits import choose
from deploy.demo.market import NOBODY_CAN, OUTCODES, make_market
from deploy.demo.people import make_people, nhs_number
from services.matching.policy_file import check_policy, load_policy
from services.matching.store import provider_of
from services.providers.api.entries import check_all, entry_of
from services.providers.api.shapes import ProviderBodyWithId
from services.referrals.api.bodies import ReferralIn, SupplyIn
from services.referrals.domain import nhs_number as checked
from services.referrals.domain import postcode
from shared.contracts.providers import ProviderRecorded

OPENS_AT = datetime(2024, 1, 8, 8, tzinfo=UTC)
FRAMEWORK_RATES = (Decimal("17.17"), Decimal("18.20"))
DPS_RATES = (Decimal("15.38"), Decimal("16.14"))


def rates(kind: str) -> list[Decimal]:
    """Every rate of a kind of contract in the market."""
    return [
        Decimal(contract["rate"])
        for provider in make_market(1)
        for contract in provider.entry["contracts"]
        if contract["kind"] == kind
    ]


def test_the_market_has_the_published_size():
    """10 framework, 45 DPS and 5 spot providers, each with a name and an id of its own."""
    market = make_market(1)
    assert Counter(provider.kind for provider in market) == {"framework": 10, "dps": 45, "spot": 5}
    assert len({provider.name for provider in market}) == 60
    assert len({provider.provider_id for provider in market}) == 60


def test_framework_rates_lie_in_the_published_range():
    """£17.17 to £18.20 an hour."""
    assert all(FRAMEWORK_RATES[0] <= rate <= FRAMEWORK_RATES[1] for rate in rates("framework"))


def test_dps_rates_lie_in_the_published_range():
    """£15.38 to £16.14 an hour."""
    assert all(DPS_RATES[0] <= rate <= DPS_RATES[1] for rate in rates("dps"))


def test_spot_rates_lie_on_both_sides_of_the_policy_limit():
    """Some spot providers are passed over for their rate, and some are not."""
    limit = load_policy(POLICIES / "three-tier.yaml").tiers[-1].rate_limit_pence
    assert limit is not None
    pence = [rate * 100 for rate in rates("spot")]
    assert min(pence) < limit < max(pence)


def test_the_register_takes_every_entry():
    """Each entry passes the operator's endpoint's own checks, and no lot or tier is empty."""
    bodies = [ProviderBodyWithId.model_validate(p.entry) for p in make_market(1)]
    check_all(bodies, ids=[body.provider_id for body in bodies])
    registry = [
        provider_of(
            ProviderRecorded.model_validate(
                {"at": OPENS_AT, **(entry := entry_of(b.provider_id, b, "x")).fields}
                | {"provider_id": entry.provider_id}
            )
        )
        for b in bodies
    ]
    for policy in ("three-tier", "waltham-forest"):
        assert check_policy(POLICIES / f"{policy}.yaml", registry).errors == ()
    assert not any(set(NOBODY_CAN) <= provider.capabilities for provider in registry)


def test_the_same_seed_makes_the_same_market_and_day():
    """Nothing but the seed decides who is there and who is referred."""
    assert make_market(7) == make_market(7)
    assert make_market(7) != make_market(8)
    assert make_day(7, 20, OPENS_AT, 600) == make_day(7, 20, OPENS_AT, 600)
    assert make_day(7, 20, OPENS_AT, 600) != make_day(8, 20, OPENS_AT, 600)


def test_nhs_numbers_are_valid_and_of_the_test_range():
    """Each passes the service's own check and begins with 999."""
    numbers = [nhs_number(Random(seed)) for seed in range(300)]
    assert all(checked.normalised(number) == number for number in numbers)
    assert all(number.startswith("999") for number in numbers)


def test_no_two_persons_share_a_mark():
    """A value found where it should not be names one person; postcodes have the form of one."""
    people = make_people(3, OUTCODES * 10)
    marks = [mark for person in people for mark in person.marks]
    assert len(marks) == len(set(marks))
    assert all(postcode.normalised(person.postcode) is not None for person in people)


def test_every_text_field_names_the_person():
    """Each free text of a referral carries the number, so a leak of any field is seen."""
    (person,) = make_people(1, ["E17"])
    body = person.body()
    for field in ("gp_practice", "council_person_id", "pen_picture"):
        assert person.nhs_number in body[field]
    assert person.nhs_number in body["address_lines"][1]
    assert person.nhs_number in person.contact()["name"]


def test_the_service_takes_every_planned_referral():
    """Each first body and each completion is valid as the endpoints read them."""
    for planned in make_day(1, 60, OPENS_AT, 600).referrals:
        ReferralIn.model_validate(planned.body)
        if planned.supply is not None:
            SupplyIn.model_validate(planned.supply)


def test_the_day_has_the_promised_shape():
    """60 referrals from 08:00 to 18:00, 30% incomplete at first, and one of each oddity."""
    day = make_day(1, 60, OPENS_AT, 600)
    assert len(day.referrals) == 60
    assert sum(planned.supply is not None for planned in day.referrals) == 18
    assert all(0 <= planned.at_minutes <= 600 for planned in day.referrals)
    assert sorted(p.oddity for p in day.referrals if p.oddity) == sorted(ODDITIES)
    assert [
        p.person.postcode.split()[0] for p in day.referrals if p.oddity == "unknown-outcode"
    ] == [UNKNOWN_OUTCODE]
    assert {p.body["urgency"] for p in day.referrals} == {"urgent", "routine"}


def test_a_day_of_one_referral_is_a_day():
    """The smallest demo has no oddities, and an end."""
    day = make_day(1, 1, OPENS_AT, 600)
    assert [planned.oddity for planned in day.referrals] == [None]
    assert 0 <= day.last_at_minutes <= 600


def offer(
    offer_id: str,
    outcode: str = "E17",
    ready_at: str = "2024-01-10T16:00:00+00:00",
    carers: int = 1,
) -> dict[str, Any]:
    """An offer as the endpoint gives it."""
    return {
        "offer_id": offer_id,
        "tier_name": "framework-lot",
        "needed": {
            "outcode": outcode,
            "urgency": "routine",
            "ready_at": ready_at,
            "visits": [{"carers": carers}],
        },
    }


def test_a_habit_does_not_depend_on_ids():
    """The same package offered under other ids gets the same answer after the same time."""
    provider = make_market(1)[0]
    assert choose(1, provider, offer("a")) == choose(1, provider, offer("b"))
    assert len({choose(seed, provider, offer("a")).after_minutes for seed in range(5)}) == 5


def test_e4_is_short_of_capacity():
    """The same providers say yes far less often in E4 than in E17."""
    provider = make_market(1)[0]

    def yes(outcode: str) -> int:
        return sum(
            choose(seed, provider, offer("a", outcode)).does == "accept" for seed in range(500)
        )

    assert yes("E4") * 2 < yes("E17")


def test_a_no_carries_what_the_endpoint_asks_for():
    """`other` always has a note, and no reason needs who was told."""
    provider = make_market(1)[0]
    choices = [choose(seed, provider, offer("a", carers=2)) for seed in range(500)]
    declined = [choice for choice in choices if choice.does == "decline"]
    assert all(choice.note for choice in declined if choice.reason == "other")
    assert "safety" not in {choice.reason for choice in declined}
