"""The working day of the wards and the hub: who is referred when, with what, and what goes wrong.

The same seed gives the same day. Instants are minutes from the opening of the day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from deploy.demo.market import NOBODY_CAN
from deploy.demo.people import Person, make_people

HOSPITAL = "forest-general"
COMMUNITY = "forest-community"
WARDS = ("maple", "oak")
COMMUNITY_TEAM = "reablement-team"
UNKNOWN_OUTCODE = "EH1"
"""Of no lot and of no provider."""
SUPPLY_MARK = "hub-note-mark"
FEWEST_FOR_ODDITIES = 8

# ASSUMED: how referrals spread over the borough, over what people need, and over the day.
_OUTCODES = {"E17": 24, "E10": 16, "E11": 14, "E4": 14, "E15": 6, "E7": 5, "E12": 4, "E5": 4,
             "IG8": 4, "N17": 3, "E18": 3, "N18": 2, "E9": 1}  # fmt: skip
_NEEDS = (
    "medication",
    "moving_handling",
    "dementia",
    "diabetes",
    "catheter",
    "pressure_care",
    "stroke",
)
_INCOMPLETE_SHARE = 0.3
_URGENT_SHARE = 0.15
_DOUBLE_SHARE = 0.15
_HUB_SHARE = 0.2

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
    sender: Literal["ward", "hub"]
    ward: str
    person: Person
    at_minutes: float
    body: Mapping[str, Any]
    supplied_at_minutes: float | None
    supply: Mapping[str, Any] | None
    """What the hub completes later, None where nothing is missing."""
    withdrawn_at_minutes: float | None = None
    oddity: Oddity | None = None


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


def make_day(seed: int, count: int, opens_at: datetime, day_minutes: float) -> Day:
    """A day of `count` referrals, received from its opening until `day_minutes` after it."""
    rng = Random(f"day/{seed}/{count}")
    oddities = _oddities(rng, count)
    outcodes = [
        UNKNOWN_OUTCODE
        if oddities.get(index) == "unknown-outcode"
        else rng.choices(list(_OUTCODES), weights=list(_OUTCODES.values()))[0]
        for index in range(count)
    ]
    people = make_people(seed, outcodes)
    incomplete = set(rng.sample(range(count), round(_INCOMPLETE_SHARE * count)))
    times = sorted(rng.triangular(0, day_minutes, day_minutes * 0.4) for _ in range(count))
    return Day(
        referrals=tuple(
            _planned(
                Random(f"referral/{seed}/{index}"),
                index,
                people[index],
                times[index],
                opens_at,
                is_incomplete=index in incomplete,
                oddity=oddities.get(index),
            )
            for index in range(count)
        )
    )


def _oddities(rng: Random, count: int) -> dict[int, Oddity]:
    if count < FEWEST_FOR_ODDITIES:
        return {}
    # Not among the last: what follows from them should still be seen.
    places = rng.sample(range(max(len(ODDITIES), count * 3 // 4)), len(ODDITIES))
    return dict(zip(places, ODDITIES, strict=True))


def _planned(
    rng: Random,
    index: int,
    person: Person,
    at_minutes: float,
    opens_at: datetime,
    *,
    is_incomplete: bool,
    oddity: Oddity | None,
) -> PlannedReferral:
    at = opens_at + timedelta(minutes=at_minutes)
    # The second is the referral's own, so that simulated providers can tell packages apart.
    ready_at = (opens_at + timedelta(days=rng.randint(1, 3))).replace(hour=16) + timedelta(
        seconds=index
    )
    by_hub = not is_incomplete and rng.random() < _HUB_SHARE
    ward = COMMUNITY_TEAM if by_hub else rng.choice(WARDS)
    urgent = rng.random() < _URGENT_SHARE
    requirement = _requirement(rng, ready_at, oddity)
    authorisation = _authorisation(person, at, urgent=urgent)
    source = (COMMUNITY, ward) if by_hub else (HOSPITAL, ward)
    first = _known_at_once(person, source, requirement, urgent=urgent)
    later = {"authorisation": authorisation, "requirement": requirement}
    if not is_incomplete:
        first, later = {**first, **later}, {}
    withdrawn = {"withdrawn-early": 6.0, "withdrawn-late": 180.0}.get(oddity or "")
    supplied = at_minutes + rng.uniform(12, 75) if later else None
    return PlannedReferral(
        index=index,
        sender="hub" if by_hub else "ward",
        ward=ward,
        person=person,
        at_minutes=at_minutes,
        body=first,
        supplied_at_minutes=supplied,
        supply=later or None,
        withdrawn_at_minutes=None if withdrawn is None else (supplied or at_minutes) + withdrawn,
        oddity=oddity,
    )


def _known_at_once(
    person: Person, source: tuple[str, str], requirement: Mapping[str, Any], *, urgent: bool
) -> dict[str, Any]:
    """What a ward knows when it refers: the person, some needs, the date; no visits, no money."""
    organisation, ward = source
    from_hospital = organisation == HOSPITAL
    return {
        "source": {
            "kind": "hospital" if from_hospital else "community",
            "organisation": organisation,
            "ward": ward,
        },
        "contact": person.contact(),
        "pathway": "P1" if from_hospital else "community",
        "urgency": "urgent" if urgent else "routine",
        "discharge_ready_at": requirement["ready_at"] if from_hospital else None,
        "person": person.body(),
        "requirement": {"needs": requirement["needs"], "ready_at": requirement["ready_at"]},
    }


def _authorisation(person: Person, at: datetime, *, urgent: bool) -> dict[str, Any]:
    by = f"Panel for {person.bundle}"[:120]
    if urgent:
        due = at + timedelta(days=2)
        return {"by": by, "basis": "urgent", "funder": "council", "due_by": due.isoformat()}
    return {"by": by, "at": at.isoformat(), "basis": "d2a_form", "funder": "icb_chc"}


def _requirement(rng: Random, ready_at: datetime, oddity: Oddity | None) -> dict[str, Any]:
    needs = [*NOBODY_CAN] if oddity == "nobody-can" else rng.sample(_NEEDS, rng.randint(1, 3))
    carers = 2 if rng.random() < _DOUBLE_SHARE else 1
    bands = rng.choice([["morning"], ["morning", "tea"], ["morning", "lunch", "tea", "bed"]])
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    visits = [
        {"weekday": day, "band": band, "minutes": rng.choice([30, 30, 45]), "carers": carers,
         "time_critical": band == "morning" and "medication" in needs, "tasks": ["wash", "meal"]}
        for day in days
        for band in bands
    ]  # fmt: skip
    risks = ["lives_alone", "two_carers_for_safety"] if carers == 2 else ["lives_alone"]
    return {
        "care_type": rng.choice(["personal_care", "personal_care", "reablement"]),
        "visits": visits,
        "needs": needs,
        "risks": risks,
        "equipment": ["key_safe"],
        "outcomes": ["safe_at_home"],
        "ready_at": ready_at.isoformat(),
    }
