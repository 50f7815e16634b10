"""The working day of the wards and the hub: who is referred when, with what, and what goes wrong.

The same seed gives the same day. Instants are minutes from the opening of the day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, cast

from deploy.demo.market import nobody_can
from deploy.demo.people import Person, make_people
from deploy.demo.plan import DemoPlan
from deploy.simulator.drawing import Draws, Package
from deploy.simulator.market import Factors, changed
from services.matching.domain.codes import Need
from services.matching.domain.requirement import Requirement, Visit

HOSPITAL = "forest-general"
COMMUNITY = "forest-community"
WARDS = ("maple", "oak")
COMMUNITY_TEAM = "reablement-team"
UNKNOWN_OUTCODE = "EH1"
"""Of no lot and of no provider."""
SUPPLY_MARK = "hub-note-mark"
FEWEST_FOR_ODDITIES = 8
WITHDRAWN_AFTER_MINUTES = {"withdrawn-early": 6.0, "withdrawn-late": 180.0}

Oddity = Literal[
    "unknown-outcode", "nobody-can", "withdrawn-early", "withdrawn-late", "by-telephone"
]
ODDITIES: tuple[Oddity, ...] = (
    "unknown-outcode", "nobody-can", "withdrawn-early", "withdrawn-late", "by-telephone",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedReferral:
    """One referral as it will be sent. Minutes are simulated, from the opening of the day."""

    index: int
    package: Package
    ward: str
    person: Person
    at_minutes: float
    body: Mapping[str, Any]
    supplied_at_minutes: float | None
    supply: Mapping[str, Any] | None
    """What the hub completes later, None where nothing is missing."""
    withdrawn_at_minutes: float | None = None
    oddity: Oddity | None = None

    @property
    def sender(self) -> Literal["ward", "hub"]:
        """Wards refer from hospital, the hub for the community."""
        return "ward" if self.package.source_kind == "hospital" else "hub"

    @property
    def whole_body(self) -> dict[str, Any]:
        """The referral as it would be sent with nothing missing."""
        return {**self.body, **(self.supply or {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A planned day."""

    referrals: tuple[PlannedReferral, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """Everything personal that was seeded, to look for where it must not be."""
        return tuple(mark for planned in self.referrals for mark in planned.person.marks)

    @property
    def last_at_minutes(self) -> float:
        """When the last referral is received."""
        return max(planned.at_minutes for planned in self.referrals)


def draws_of(plan: DemoPlan) -> Draws:
    """The simulator's luck for the day: at least as many packages as the plan wants."""
    enough = 2 * plan.referrals + 50
    busy = changed(plan.market, Factors(demand=enough / plan.market.arrivals.per_week))
    return Draws(busy, plan.seed, weeks=1)


def make_day(plan: DemoPlan, draws: Draws | None = None) -> Day:
    """The first packages that the market draws, received evenly over the day, with persons."""
    count = plan.referrals
    drawn = (draws or draws_of(plan)).packages[:count]
    rng = Random(f"day/{plan.seed}/{count}")
    oddities = _oddities(rng, count)
    times = sorted(rng.uniform(0, plan.day_minutes) for _ in range(count))
    packages = [
        _package(plan, one, plan.opens_at + timedelta(minutes=at), oddities.get(one.number))
        for one, at in zip(drawn, times, strict=True)
    ]
    people = make_people(plan.seed, [package.wanted.outcode for package in packages])
    return Day(
        referrals=tuple(
            _planned(plan, package, person, at, oddities.get(package.number))
            for package, person, at in zip(packages, people, times, strict=True)
        )
    )


def _oddities(rng: Random, count: int) -> dict[int, Oddity]:
    if count < FEWEST_FOR_ODDITIES:
        return {}
    # Not among the last: what follows from them should still be seen.
    places = rng.sample(range(max(len(ODDITIES), count * 3 // 4)), len(ODDITIES))
    return dict(zip(places, ODDITIES, strict=True))


def _package(plan: DemoPlan, drawn: Package, at: datetime, oddity: Oddity | None) -> Package:
    """The package as it comes on this day, with what is odd about it."""
    complete_at = at + (drawn.complete_at - drawn.received_at)
    # The second is the referral's own, so that simulated providers can tell packages apart.
    ready_at = (complete_at + timedelta(days=1)).replace(
        hour=9, minute=0, second=0, microsecond=0
    ) + timedelta(seconds=drawn.number)
    requirement = replace(drawn.wanted.requirement, ready_at=ready_at)
    if oddity == "nobody-can":
        needs = cast("tuple[Need, ...]", tuple(nobody_can(plan.market)))
        requirement = replace(requirement, needs=needs)
    outcode = UNKNOWN_OUTCODE if oddity == "unknown-outcode" else drawn.wanted.outcode
    wanted = replace(drawn.wanted, outcode=outcode, requirement=requirement)
    return replace(drawn, received_at=at, complete_at=complete_at, wanted=wanted)


def _planned(
    plan: DemoPlan, package: Package, person: Person, at_minutes: float, oddity: Oddity | None
) -> PlannedReferral:
    from_hospital = package.source_kind == "hospital"
    ward = (
        Random(f"ward/{plan.seed}/{package.number}").choice(WARDS)
        if from_hospital
        else COMMUNITY_TEAM
    )
    body = _known_at_once(person, package, ward)
    later: dict[str, Any] = {
        "authorisation": _authorisation(person, package),
        "requirement": _requirement(package.wanted.requirement),
    }
    complete_minutes = at_minutes + (package.complete_at - package.received_at) / timedelta(
        minutes=1
    )
    is_complete = complete_minutes == at_minutes
    withdrawn = WITHDRAWN_AFTER_MINUTES.get(oddity or "")
    return PlannedReferral(
        index=package.number,
        package=package,
        ward=ward,
        person=person,
        at_minutes=at_minutes,
        body={**body, **later} if is_complete else body,
        supplied_at_minutes=None if is_complete else complete_minutes,
        supply=None if is_complete else later,
        withdrawn_at_minutes=None if withdrawn is None else complete_minutes + withdrawn,
        oddity=oddity,
    )


def _known_at_once(person: Person, package: Package, ward: str) -> dict[str, Any]:
    """What a ward knows when it refers: the person, some needs, the date; no visits, no money."""
    from_hospital = package.source_kind == "hospital"
    requirement = package.wanted.requirement
    ready_at = requirement.ready_at.isoformat()
    return {
        "source": {
            "kind": package.source_kind,
            "organisation": HOSPITAL if from_hospital else COMMUNITY,
            "ward": ward,
        },
        "contact": person.contact(),
        "pathway": "P1" if from_hospital else "community",
        "urgency": package.urgency,
        "discharge_ready_at": ready_at if from_hospital else None,
        "person": person.body(),
        "requirement": {"needs": [*requirement.needs], "ready_at": ready_at},
    }


def _authorisation(person: Person, package: Package) -> dict[str, Any]:
    by = f"Panel for {person.bundle}"[:120]
    if package.urgency == "urgent":
        due = package.received_at + timedelta(days=2)
        return {"by": by, "basis": "urgent", "funder": "council", "due_by": due.isoformat()}
    at = package.received_at.isoformat()
    return {"by": by, "at": at, "basis": "d2a_form", "funder": "icb_chc"}


def _requirement(requirement: Requirement) -> dict[str, Any]:
    two_carers = any(visit.carers == 2 for visit in requirement.visits)
    return {
        "care_type": requirement.care_type,
        "visits": [_visit(visit, requirement) for visit in requirement.visits],
        "needs": [*requirement.needs],
        "risks": ["lives_alone", *(["two_carers_for_safety"] if two_carers else [])],
        "equipment": ["key_safe"],
        "outcomes": ["safe_at_home"],
        "ready_at": requirement.ready_at.isoformat(),
    }


def _visit(visit: Visit, requirement: Requirement) -> dict[str, Any]:
    return {
        "weekday": visit.weekday,
        "band": visit.band,
        "minutes": visit.minutes,
        "carers": visit.carers,
        "time_critical": visit.band == "morning" and "medication" in requirement.needs,
        "tasks": ["wash", "meal"],
    }
