"""A market's file → the market, or every mistake in it with its line.

A market is written in full, or `like` another file of the same folder with factors.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from deploy.simulator.market import Factors, SimulatedMarket, changed
from services.matching.domain.policy import Policy
from shared.contracts.model import Code
from shared.documents import Finding, Location, Written, read, told

MARKET_MAX_BYTES = 1024 * 1024
"""A market of hundreds of providers stays below it; anything larger is another file."""
SHARES_APART = 0.001
"""How far shares may add up beside 1, since people round."""

_Factor = Annotated[float, Field(gt=0, le=100, strict=True)]


class Variant(BaseModel):
    """A market that is another one with factors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Code
    like: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.yaml$")]
    demand: _Factor = 1.0
    acceptance: _Factor = 1.0
    answer_minutes: _Factor = 1.0


class InvalidMarketError(Exception):
    """A market that cannot be used; `errors` has every mistake with its line."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


def load_market(path: Path) -> SimulatedMarket:
    """The market of a file. Raises InvalidMarketError with every mistake, OSError if unread."""
    written = _read(path)
    return _variant(path, written) if "like" in written.content else _whole(path, written)


def _read(path: Path) -> Written:
    written = read(
        path, what="market", keys="name, arrivals and providers", most_bytes=MARKET_MAX_BYTES
    )
    if written.findings:
        raise InvalidMarketError(told(path, written.findings))
    return written


def _whole(path: Path, written: Written) -> SimulatedMarket:
    market, findings = written.validated(SimulatedMarket)
    if market is not None:
        findings = [found for check in _CHECKS for found in check(market, written)]
    if market is None or findings:
        raise InvalidMarketError(told(path, findings))
    return market


def _variant(path: Path, written: Written) -> SimulatedMarket:
    variant, findings = written.validated(Variant)
    if variant is None:
        raise InvalidMarketError(told(path, findings))
    like = path.with_name(variant.like)
    if not like.is_file():
        wrong = written.finding(("like",), f"no market {like.name} is beside it")
        raise InvalidMarketError(told(path, [wrong]))
    other = _read(like)
    if "like" in other.content:
        wrong = written.finding(("like",), f"{like.name} is like another; name one written in full")
        raise InvalidMarketError(told(path, [wrong]))
    factors = Factors(
        demand=variant.demand,
        acceptance=variant.acceptance,
        answer_minutes=variant.answer_minutes,
    )
    return changed(_whole(like, other), factors, variant.name)


def unmatched(market: SimulatedMarket, policy: Policy) -> tuple[str, ...]:
    """Why a policy cannot be tried on a market: lots and outcodes that know nothing of each other.

    Empty if it can. A tier whose kind of contract nobody has is one of the reasons.
    """
    held = {(one.kind, one.lot) for provider in market.providers for one in provider.contracts}
    lots = {lot for kind, lot in held if kind == "framework"}
    of_policy = {lot.name for lot in policy.lots}
    kinds = {kind for kind, _ in held}
    between = f"policy {policy.name} on market {market.name}"
    return (
        *(f"{between}: no framework provider is in lot {lot.name}; give the policy the market's"
          f" lots ({', '.join(sorted(filter(None, lots)))})"
          for lot in policy.lots if lot.name not in lots),
        *(f"{between}: no lot of the policy is called {lot}, where providers are; add it to the"
          " policy or move them" for lot in sorted(filter(None, lots)) if lot not in of_policy),
        *(f"{between}: {outcode}, where packages come from, lies in no lot of the policy; add it to"
          " one" for outcode in market.arrivals.by_outcode if not policy.lots_of(outcode)),
        *(f"{between}: nobody has a {tier.kind} contract, so that tier {tier.name} is empty; remove"
          " the tier or add providers" for tier in policy.tiers if tier.kind not in kinds),
    )  # fmt: skip


def _shares(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    arrivals = market.arrivals
    shares: list[tuple[Location, Sequence[float]]] = [
        (("arrivals", "by_outcode"), list(arrivals.by_outcode.values())),
        (("arrivals", "sources"), list(arrivals.sources.values())),
        *(
            (
                ("providers", n, "habits", m, "answer_minutes"),
                [part.share for part in habits.answer_minutes],
            )
            for n, provider in enumerate(market.providers)
            for m, habits in enumerate(provider.habits)
        ),
    ]
    for location, parts in shares:
        if abs(sum(parts) - 1) > SHARES_APART:
            yield written.finding(
                location, f"shares that add up to {sum(parts):g}; make them add up to 1"
            )
    if not arrivals.weekdays and not arrivals.weekends:
        yield written.finding(
            ("arrivals", "weekdays"), "no day on which anything comes; give one a weight above 0"
        )


def _contracts(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    for n, provider in enumerate(market.providers):
        seen: set[tuple[str, str | None]] = set()
        for m, contract in enumerate(provider.contracts):
            at: Location = ("providers", n, "contracts", m)
            if contract.kind == "framework" and contract.lot is None:
                yield written.finding((*at, "lot"), "missing; a framework contract is in a lot")
            if contract.kind != "framework" and (contract.lot or contract.rank):
                key = "lot" if contract.lot else "rank"
                yield written.finding((*at, key), "only framework contracts have one; remove it")
            if (contract.kind, contract.lot) in seen:
                yield written.finding(at, "the same kind and lot twice; keep one of them")
            seen.add((contract.kind, contract.lot))


def _provider_ids(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    seen: set[str] = set()
    for n, provider in enumerate(market.providers):
        if provider.id in seen:
            yield written.finding(
                ("providers", n, "id"), f"{provider.id} is taken; give each provider its own id"
            )
        seen.add(provider.id)


def _served(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    """What is asked for and nobody can ever give."""
    outcodes = {outcode for provider in market.providers for outcode in provider.outcodes}
    for outcode in market.arrivals.by_outcode:
        if outcode not in outcodes:
            yield written.finding(
                ("arrivals", "by_outcode", outcode),
                f"nobody works in {outcode}; add it to a provider's outcodes or remove it",
            )
    able = {one for provider in market.providers for one in provider.capabilities}
    wanted: Mapping[str, Location] = {
        "personal_care": ("packages",),
        **({"reablement": ("packages", "reablement")} if market.packages.reablement else {}),
        **{need: ("packages", "needs", need) for need in market.packages.needs},
    }
    for need, location in wanted.items():
        if need not in able:
            yield written.finding(
                location, f"nobody is capable of {need}; add it to a provider's capabilities"
            )


def _outages(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    lots = {one.lot for provider in market.providers for one in provider.contracts}
    for n, outage in enumerate(market.outages):
        if outage.lot not in lots:
            yield written.finding(
                ("outages", n, "lot"),
                f"nobody has a contract in lot {outage.lot}; give one of"
                f" {', '.join(sorted(filter(None, lots)))}",
            )


def _weeks(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    for n, provider in enumerate(market.providers):
        at: Location = ("providers", n, "habits")
        if provider.habits[0].from_week:
            yield written.finding(
                (*at, 0, "from_week"), "the first habits hold from the beginning; give 0"
            )
        for m, (one, after) in enumerate(pairwise(provider.habits), start=1):
            if after.from_week <= one.from_week:
                yield written.finding(
                    (*at, m, "from_week"), "not later than the one before; give rising weeks"
                )


def _lives(market: SimulatedMarket, written: Written) -> Iterator[Finding]:
    """What is said of a life after the award that nobody has."""
    life = market.life
    if life is not None and not (life.pauses or life.changes or life.long_term_after_reablement):
        yield written.finding(
            ("life",),
            "nothing happens in it; give pauses, changes or long_term_after_reablement, or remove it",
        )
    if life and life.long_term_after_reablement and not market.packages.reablement:
        yield written.finding(
            ("life", "long_term_after_reablement"),
            "no package is reablement; give packages.reablement a share or remove it",
        )
    there = {
        "takes_changes": ("life.changes", life and life.changes),
        "takes_restarts": ("life.pauses", life and life.pauses),
    }
    for n, provider in enumerate(market.providers):
        for m, habits in enumerate(provider.habits):
            for key, (where, happens) in there.items():
                if key in habits.model_fields_set and not happens:
                    yield written.finding(
                        ("providers", n, "habits", m, key),
                        f"nobody is asked that in this market; add {where} or remove it",
                    )


_CHECKS: tuple[Callable[[SimulatedMarket, Written], Iterator[Finding]], ...] = (
    _shares,
    _contracts,
    _provider_ids,
    _served,
    _outages,
    _weeks,
    _lives,
)
