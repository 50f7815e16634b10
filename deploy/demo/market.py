"""The demo's providers: contracts and ratings for the register, habits for their simulated answers.

The same seed makes the same market. Published figures are told apart from invented ones in
`market.yaml`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Annotated, Any
from uuid import UUID, uuid5

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

from shared.contracts.codes import CareType, ContractKind, Need, codes_of

_NAMESPACE = UUID("7c5f9a1e-0d43-5b0e-8f6b-1f0a52c0d3a7")
OUTCODES = ("E4", "E10", "E11", "E17", "E5", "E7", "E9", "E12", "E15", "E18", "IG8", "N17", "N18")
"""Where providers of the demo work: every outcode of the policies' lots."""
COMMON_NEEDS = (
    "medication", "moving_handling", "hoist", "dementia", "diabetes", "catheter", "pressure_care",
    "stroke", "sensory_loss",
)  # fmt: skip
RARE_NEEDS = ("stoma", "parkinsons", "mental_health", "end_of_life", "epilepsy")
NOBODY_CAN: tuple[Need, ...] = ("peg_feeding", "bariatric")
"""Needs that no provider of the demo can meet, so that a search ends with nobody left to ask."""
CARE_TYPES: tuple[CareType, ...] = ("personal_care", "reablement", "domestic")

Rates = Annotated[tuple[Decimal, ...], BeforeValidator(tuple)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Published(_Part):
    """A kind of contract as the statement describes it. Rates are pounds an hour, least and most."""

    providers: int
    rates: Rates
    from_: date | None = None
    to: date | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Published":
        """The entry of the file."""
        return cls(from_=entry.get("from"), **{k: v for k, v in entry.items() if k != "from"})


class Habit(_Part):
    """How providers of one kind behave. Minutes are simulated; the rest are chances from 0 to 1."""

    median_minutes: float
    sigma: float
    answers: float
    says_yes: float
    confirm_minutes: float
    releases: float


class Assumed(_Part):
    """Everything that is assumed about behaviour."""

    framework: Habit
    dps: Habit
    spot: Habit
    yes_by_outcode: dict[str, float]
    yes_double_handed: float
    yes_urgent: float
    starts: float
    reasons: dict[str, int]
    ratings: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProvider:
    """One invented provider: its entry of the register, and its habits."""

    provider_id: UUID
    name: str
    kind: ContractKind
    entry: Mapping[str, Any]
    habit: Habit
    speed: float
    """Its own factor on the minutes it takes: half of them are quicker than their kind."""

    @property
    def subject(self) -> str:
        """A short name for its token."""
        return f"provider-{str(self.provider_id)[-12:]}"


@cache
def file() -> Mapping[str, Any]:
    """The data as written."""
    content: Mapping[str, Any] = yaml.safe_load(
        Path(__file__).with_name("market.yaml").read_text(encoding="utf-8")
    )
    return content


@cache
def assumed() -> Assumed:
    """What is assumed."""
    return Assumed.model_validate(file()["assumed"])


def make_market(seed: int) -> tuple[DemoProvider, ...]:
    """The 60 providers: 10 framework, 45 DPS, 5 spot."""
    rng = Random(f"market/{seed}")
    return (*_framework(rng), *_dps(rng), *_spot(rng))


def _framework(rng: Random) -> Iterator[DemoProvider]:
    published, invented = Published.of(file()["published"]["framework"]), file()["invented"]
    lots: Mapping[str, Sequence[int]] = invented["lots"]
    for index, name in enumerate(invented["framework_names"]):
        contracts = [
            {
                "kind": "framework",
                "lot": lot,
                "rank": members.index(index) + 1,
                "rate": str(_rate(rng, published.rates)),
                "from": str(published.from_),
                "to": str(published.to),
            }
            for lot, members in lots.items()
            if index in members
        ]
        # A framework provider is able and rated well enough: that is how it came to be in it.
        rating = rng.choice(["outstanding", "good", "good", "good", "not_inspected"])
        able = [*COMMON_NEEDS, *rng.sample(RARE_NEEDS, 3)]
        yield _provider(
            rng, name, contracts=contracts, outcodes=list(OUTCODES), needs=able, rating=rating
        )


def _dps(rng: Random) -> Iterator[DemoProvider]:
    published, invented = Published.of(file()["published"]["dps"]), file()["invented"]
    names = [f"{first} {last}" for last in invented["dps_last"] for first in invented["dps_first"]]
    for name in names[: published.providers]:
        contract = {
            "kind": "dps",
            "rate": str(_rate(rng, published.rates)),
            "from": str(invented["dps_from"]),
        }
        able = [*rng.sample(COMMON_NEEDS, rng.randint(5, 9)), *rng.sample(RARE_NEEDS, 1)]
        areas, rating = _areas(rng, 3, 8), _rating(rng)
        yield _provider(rng, name, contracts=[contract], outcodes=areas, needs=able, rating=rating)


def _spot(rng: Random) -> Iterator[DemoProvider]:
    invented = file()["invented"]
    rates = list(invented["spot"]["rates"])
    for name, rate in zip(invented["spot_names"], rates, strict=True):
        contract = {"kind": "spot", "rate": rate, "from": str(invented["spot_from"])}
        able = [*COMMON_NEEDS, *rng.sample(RARE_NEEDS, 2)]
        areas = _areas(rng, 11, 12)
        yield _provider(rng, name, contracts=[contract], outcodes=areas, needs=able, rating="good")


def _provider(
    rng: Random,
    name: str,
    *,
    contracts: list[dict[str, Any]],
    outcodes: list[str],
    needs: Sequence[str],
    rating: str,
) -> DemoProvider:
    habits: Mapping[str, Habit] = {
        "framework": assumed().framework, "dps": assumed().dps, "spot": assumed().spot
    }  # fmt: skip
    provider_id = uuid5(_NAMESPACE, name)
    kind: ContractKind = contracts[0]["kind"]
    return DemoProvider(
        provider_id=provider_id,
        name=name,
        kind=kind,
        entry={
            "provider_id": str(provider_id),
            "name": name,
            "contracts": contracts,
            "outcodes": outcodes,
            "capabilities": sorted({*CARE_TYPES, *needs}),
            "languages": ["en", *rng.sample(["ur", "pl", "tr", "ro", "bn"], rng.randint(0, 2))],
            "carer_genders": ["female", "male"] if rng.random() < 0.8 else ["female"],
            "cqc_rating": rating,
        },
        habit=habits[kind],
        speed=rng.choice([0.5, 0.8, 1.0, 1.3, 2.0]),
    )


def _rate(rng: Random, rates: Sequence[Decimal]) -> Decimal:
    """A rate from the published range, in whole pence."""
    least, most = (int(rate * 100) for rate in rates)
    return Decimal(rng.randint(least, most)) / 100


def _areas(rng: Random, least: int, most: int) -> list[str]:
    """Outcodes that a provider covers; few cover E4."""
    areas = rng.sample(OUTCODES[1:], min(rng.randint(least, most), len(OUTCODES) - 1))
    return [*areas, "E4"] if rng.random() < 0.3 else areas


def _rating(rng: Random) -> str:
    ratings = assumed().ratings
    return rng.choices(list(ratings), weights=list(ratings.values()))[0]


assert set(COMMON_NEEDS) | set(RARE_NEEDS) | set(NOBODY_CAN) <= set(codes_of(Need))
