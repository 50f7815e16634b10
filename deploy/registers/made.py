"""A made register of Waltham Forest's size: invented packages that add up to what was published.

Source of every sum below: Waltham Forest, market position statement, 1 January 2024. Names, single
packages, their hours, rates, places and dates are invented; the same seed gives the same file.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from random import Random

SEED = 20240101
DAY = date(2024, 1, 1)
_OUTCODES = ("E4", "E10", "E11", "E17", "E18", "E15", "IG8", "N17", "E7")
_SHARES = (16, 18, 14, 36, 4, 4, 3, 3, 2)
_LEAST_HUNDREDTHS, _MOST_HUNDREDTHS = 150, 9000
_REABLEMENT_PACKAGES, _REABLEMENT_PROVIDERS = 95, 10
_WITHOUT_PACKAGES = 25

_FRAMEWORK_RATES = (1717, 1745, 1780, 1792, 1799, 1808, 1812, 1816, 1819, 1820)
"""Pence an hour of the ten framework providers, within the published range 17.17 to 18.20."""
_OLDER_RATE = 1333
"""What one framework provider is still paid for an older package: the published minimum."""
_OUTSIDE_RATES = (
    1181, 1340, 1395, 1452, 1538, 1542, 1547, 1551, 1555, 1560, 1563, 1568, 1572, 1577, 1581,
    1586, 1590, 1594, 1599, 1603, 1607, 1611, 1614, 1680, 2295,
)  # fmt: skip
"""Pence an hour of the 25 outside: the DPS within 15.38 to 16.14, four older and two spot rates."""


@dataclass(slots=True)
class _Made:
    """One invented package."""

    provider: str
    contract: str
    rate: int
    hundredths: int
    care_type: str = "personal_care"


@dataclass(frozen=True, slots=True)
class _Sums:
    """What a group of packages is to add up to: hundredths of an hour, and pence a week."""

    packages: int
    hundredths: int
    pence: int


_FRAMEWORK = _Sums(829, 1_119_674, 20_104_213)
_OUTSIDE = _Sums(723, 1_277_816, 20_480_849)


def made_register(seed: int = SEED) -> str:
    """The register as CSV."""
    rng = Random(seed)
    framework = _group(
        rng, _FRAMEWORK, [(f"Framework Care {n:02}", "framework", rate)
                          for n, rate in enumerate(_FRAMEWORK_RATES, 1)],
        older=("Framework Care 01", _OLDER_RATE),
    )  # fmt: skip
    kinds = ["dps"] * (len(_OUTSIDE_RATES) - 2) + ["spot"] * 2
    outside = _group(
        rng, _OUTSIDE, [(f"{'Spot' if kind == 'spot' else 'Dps'} Care {n:02}", kind, rate)
                        for n, (kind, rate) in enumerate(zip(kinds, _OUTSIDE_RATES, strict=True), 1)],
    )  # fmt: skip
    _with_reablement(rng, framework + outside)
    return _written(rng, framework + outside)


def _group(
    rng: Random,
    sums: _Sums,
    providers: Sequence[tuple[str, str, int]],
    older: tuple[str, int] | None = None,
) -> list[_Made]:
    """Packages of these providers that add up exactly; each provider has ten or more."""
    sizes = [rng.uniform(0.5, 2.0) for _ in providers]
    owners = [one for one in providers for _ in range(10)]
    owners += rng.choices(providers, sizes, k=sums.packages - len(owners))
    made = [
        _Made(name, contract, rate, _LEAST_HUNDREDTHS + round(100 * rng.lognormvariate(2.4, 0.6)))
        for name, contract, rate in owners
    ]
    if older is not None:
        next(one for one in made if one.provider == older[0]).rate = older[1]
    _to_hours(rng, made, sums.hundredths)
    _to_cost(rng, made, sums.pence * 100)
    return made


def _to_hours(rng: Random, made: list[_Made], hundredths: int) -> None:
    """Change packages a little until their hours add up."""
    while missing := hundredths - sum(one.hundredths for one in made):
        for one in rng.sample(made, len(made)):
            step = max(-200, min(200, missing))
            step = max(step, _LEAST_HUNDREDTHS - one.hundredths)
            step = min(step, _MOST_HUNDREDTHS - one.hundredths)
            one.hundredths += step
            missing -= step


def _to_cost(rng: Random, made: list[_Made], wanted: int) -> None:
    """Move hours between packages of other rates until the cost, in hundredths of a penny, fits."""
    missing = wanted - sum(one.hundredths * one.rate for one in made)
    while missing:
        cheap, dear = sorted(rng.sample(made, 2), key=lambda one: one.rate)
        gap = dear.rate - cheap.rate
        if not gap:
            continue
        down, up = (cheap, dear) if missing > 0 else (dear, cheap)
        moved = min(
            abs(missing) // gap, 300, down.hundredths - _LEAST_HUNDREDTHS,
            _MOST_HUNDREDTHS - up.hundredths,
        )  # fmt: skip
        down.hundredths -= moved
        up.hundredths += moved
        missing -= moved * gap if missing > 0 else -moved * gap


def _with_reablement(rng: Random, made: Sequence[_Made]) -> None:
    names = sorted({one.provider for one in made})
    chosen = rng.sample(names, _REABLEMENT_PROVIDERS)
    first = [next(one for one in made if one.provider == name) for name in chosen]
    others = [one for one in made if one.provider in chosen and one not in first]
    for one in [*first, *rng.sample(others, _REABLEMENT_PACKAGES - len(first))]:
        one.care_type = "reablement"


def _written(rng: Random, made: Sequence[_Made]) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([
        "provider", "contract", "package", "care_type", "weekly_hours", "rate", "outcode",
        "started_on", "ended_on",
    ])  # fmt: skip
    for n, one in enumerate(made, 1):
        most_days = 40 if one.care_type == "reablement" else 900
        writer.writerow([
            one.provider, one.contract, f"WF-{n:05}", one.care_type,
            f"{one.hundredths // 100}.{one.hundredths % 100:02}",
            f"{one.rate // 100}.{one.rate % 100:02}", rng.choices(_OUTCODES, _SHARES)[0],
            (DAY - timedelta(days=rng.randint(1, most_days))).isoformat(), "",
        ])  # fmt: skip
    for n in range(1, _WITHOUT_PACKAGES + 1):
        kind = "spot" if n > 22 else "dps"
        writer.writerow([f"Idle Care {n:02}", kind, *[""] * 7])
    return out.getvalue()
