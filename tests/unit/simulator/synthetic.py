"""Runs made up for tests of figures and reports: nothing here was simulated."""

import math
import random

from deploy.simulator.figures_shares import Peer
from deploy.simulator.forecasting import TARGETS
from deploy.simulator.outcomes import Forecast, Kind, PackageOutcome, RunOutcome


def package(number=0, *, filled=60.0, kind="framework", provider="fw-01", **other):
    """One package; filled unless `filled` is None."""
    values = {
        "received_minute": 480.0 + number,
        "outcode": "E17",
        "lot": "walthamstow",
        "urgent": False,
        "weekly_minutes": 600,
        "double_handed": False,
        "rate_pence": None if filled is None else 1800,
        "offers": 4,
        "accepted_lost": 0,
        "interventions": 0,
        "forecasts": (),
    }
    return PackageOutcome(
        number=number,
        filled_minutes=filled,
        awarded_kind=None if filled is None else kind,
        provider=None if filled is None else provider,
        **{**values, **other},
    )


def run(*packages, policy="waves", seed=1, weeks=1, market="test"):
    """One run of these packages."""
    return RunOutcome(
        market=market,
        policy=policy,
        seed=seed,
        weeks=weeks,
        packages=packages,
        decisions=10 * len(packages),
        seconds=0.5,
    )


def runs_of(policy, *, median=55.0, sigma=0.75, never=0.01, offers=5.0, seeds=6, weeks=4, **other):
    """Whole runs of a policy that fills log-normally: 30 packages a week on a market of ten."""
    return [
        run(
            *_packages(policy, seed, weeks, median, sigma, never, offers, **other),
            policy=policy,
            seed=seed,
            weeks=weeks,
        )
        for seed in range(1, seeds + 1)
    ]


def _packages(policy, seed, weeks, median, sigma, never, offers, framework=0.8):
    luck = random.Random(f"{policy} {seed}")
    for number in range(30 * weeks):
        minutes = math.exp(luck.gauss(math.log(median), sigma))
        kind: Kind = "framework" if luck.random() < framework else "dps"
        index = luck.randint(1, 6) if kind == "framework" else luck.randint(1, 4)
        filled = None if luck.random() < never else minutes
        yield package(
            number,
            filled=filled,
            kind=kind,
            provider=f"{kind[:2]}-{index:02}",
            offers=max(1, round(luck.gauss(offers, 1.5))),
            accepted_lost=int(luck.random() < 0.2),
            interventions=int(filled is None),
            weekly_minutes=60 * luck.randint(3, 30),
            forecasts=tuple(_forecasts(luck, filled, median, sigma)),
        )


def _forecasts(luck, filled, median, sigma):
    for age in (0.0, 30.0, 60.0):
        if filled is not None and filled <= age:
            return
        for horizon, minutes in TARGETS:
            z = (math.log(minutes) - math.log(median)) / sigma
            chance = 0.5 * (1 + math.erf(z / math.sqrt(2)))
            spread = min(0.99, max(0.01, chance + luck.gauss(0, 0.1)))
            yield Forecast(
                at_minute=age,
                horizon=horizon,
                chance=spread,
                oracle_chance=chance,
                happened=filled is not None and filled <= minutes,
            )


PEERS = (
    *(
        Peer(
            name=f"fr-{n:02}",
            kind="framework",
            group="framework",
            answer_minutes=10.0 * n,
            hours_a_week=400,
        )
        for n in range(1, 7)
    ),
    *(
        Peer(name=f"dp-{n:02}", kind="dps", group="dps", answer_minutes=15.0 * n, hours_a_week=200)
        for n in range(1, 5)
    ),
)
