"""The demo's day: packages and register are the simulator's, persons as recognisable as promised."""

from dataclasses import replace
from random import Random

import pytest

from deploy.commands.markets import MARKETS
from deploy.commands.place import POLICIES
from deploy.demo.day import ODDITIES, UNKNOWN_OUTCODE, draws_of, make_day
from deploy.demo.market import entry_of, nobody_can
from deploy.demo.people import make_people, nhs_number
from deploy.demo.plan import DemoPlan
from deploy.simulator.market_file import load_market
from deploy.simulator.register import register_of
from services.matching.store import provider_of
from services.providers.api.entries import check_all
from services.providers.api.entries import entry_of as recorded_entry
from services.providers.api.shapes import ProviderBodyWithId
from services.referrals.api.bodies import ReferralIn, SupplyIn
from services.referrals.domain import nhs_number as checked
from services.referrals.domain import postcode
from shared.contracts.providers import ProviderRecorded

MARKET = load_market(MARKETS / "waltham-forest.yaml")
PLAN = DemoPlan(seed=1, scale=120, referrals=60, policy=POLICIES / "three-tier.yaml", market=MARKET)


@pytest.mark.parametrize("path", sorted(MARKETS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_register_takes_every_market_as_the_simulator_has_it(path):
    """Each entry passes the operator's endpoint, and matching reads of it what a run knows."""
    register = register_of(load_market(path))
    bodies = [ProviderBodyWithId.model_validate(entry_of(one)) for one in register.values()]
    check_all(bodies, ids=[body.provider_id for body in bodies])
    for body in bodies:
        entry = recorded_entry(body.provider_id, body, "x")
        fields = {"at": PLAN.opens_at, **entry.fields, "provider_id": entry.provider_id}
        read, known = (
            provider_of(ProviderRecorded.model_validate(fields)),
            register[body.provider_id],
        )
        assert set(read.contracts) == set(known.contracts)
        assert replace(read, contracts=()) == replace(known, contracts=())


def test_packages_are_the_markets_own():
    """What is asked for, and how hard it is, is what the simulator draws for the same seed."""
    day = make_day(PLAN)
    for planned, drawn in zip(day.referrals, draws_of(PLAN).packages, strict=False):
        package = planned.package
        assert (package.hardness, package.weeks) == (drawn.hardness, drawn.weeks)
        assert package.wanted.requirement.visits == drawn.wanted.requirement.visits
        assert package.complete_at - package.received_at == drawn.complete_at - drawn.received_at
        if planned.oddity is None:
            assert package.wanted.outcode == drawn.wanted.outcode
            assert package.wanted.requirement.needs == drawn.wanted.requirement.needs


def test_no_two_packages_share_the_instant_that_tells_them_apart():
    """A provider that reads a plan knows which package of the day it is."""
    ready = {one.package.wanted.requirement.ready_at for one in make_day(PLAN).referrals}
    assert len(ready) == PLAN.referrals


def test_the_same_seed_makes_the_same_day():
    """Nothing but the plan decides who is referred, when and with what."""
    assert make_day(PLAN) == make_day(PLAN)
    assert make_day(PLAN) != make_day(replace(PLAN, seed=2))


def test_nobody_can_meet_what_nobody_can_meet():
    """The needs of the search that finds nobody are real ones, and no provider's."""
    needs = set(nobody_can(MARKET))
    assert needs
    assert not any(needs & set(provider.capabilities) for provider in MARKET.providers)


def test_nhs_numbers_are_valid_and_of_the_test_range():
    """Each passes the service's own check and begins with 999."""
    numbers = [nhs_number(Random(seed)) for seed in range(300)]
    assert all(checked.normalised(number) == number for number in numbers)
    assert all(number.startswith("999") for number in numbers)


def test_no_two_persons_share_a_mark():
    """A value found where it should not be names one person; postcodes have the form of one."""
    people = make_people(3, [*MARKET.arrivals.by_outcode] * 10)
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
    """Each first body, each completion and each whole body is valid as the endpoints read them."""
    for planned in make_day(PLAN).referrals:
        ReferralIn.model_validate(planned.body)
        ReferralIn.model_validate(planned.whole_body)
        if planned.supply is not None:
            SupplyIn.model_validate(planned.supply)


def test_the_day_has_the_promised_shape():
    """60 referrals while the market is open, by wards and the hub, and one of each oddity."""
    day = make_day(PLAN)
    assert len(day.referrals) == 60
    assert all(0 <= planned.at_minutes <= 480 for planned in day.referrals)
    assert all((one.supplied_at_minutes or 0) > one.at_minutes for one in day.referrals)
    assert sorted(p.oddity for p in day.referrals if p.oddity) == sorted(ODDITIES)
    assert [
        p.person.postcode.split()[0] for p in day.referrals if p.oddity == "unknown-outcode"
    ] == [UNKNOWN_OUTCODE]
    assert {p.body["urgency"] for p in day.referrals} == {"urgent", "routine"}
    assert {p.sender for p in day.referrals} == {"ward", "hub"}


def test_a_market_without_a_time_to_complete_sends_whole_referrals():
    """Where nothing is ever missing, nothing is supplied later."""
    packages = MARKET.packages.model_copy(update={"complete_after_minutes": None})
    market = MARKET.model_copy(update={"packages": packages})
    for planned in make_day(replace(PLAN, market=market)).referrals:
        assert planned.supply is None
        assert "authorisation" in planned.body


def test_a_day_of_one_referral_is_a_day():
    """The smallest demo has no oddities, and an end."""
    day = make_day(replace(PLAN, referrals=1))
    assert [planned.oddity for planned in day.referrals] == [None]
    assert 0 <= day.last_at_minutes <= 480
