"""Who gets the hours: weekly hours by provider, and how equal the slow and the quick fare."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from deploy.simulator.market import AnswerMinutes, ProviderPart, SimulatedMarket
from deploy.simulator.outcomes import RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A provider of the market as the shares need it.

    Providers of one `group` hold equal contracts. `name` is the one that outcomes carry,
    `answer_minutes` the typical time that it takes to answer, `hours_a_week` its capacity.
    """

    name: str
    kind: str
    group: str
    answer_minutes: float
    hours_a_week: float


Peers = Sequence[Peer]


def peers_of(market: SimulatedMarket) -> tuple[Peer, ...]:
    """The providers of a market, in its order, with the speed of their first habits."""
    return tuple(_peer(provider) for provider in market.providers)


def _peer(provider: ProviderPart) -> Peer:
    held = sorted((one.kind, one.lot or "", one.rank or 0) for one in provider.contracts)
    return Peer(
        name=provider.name or provider.id,
        kind=provider.contracts[0].kind,
        group=", ".join(
            " ".join(filter(None, (kind, lot, f"{rank or ''}"))) for kind, lot, rank in held
        ),
        answer_minutes=median_minutes(provider.habits_in(0).answer_minutes),
        hours_a_week=provider.hours_a_week,
    )


def median_minutes(mixture: Sequence[AnswerMinutes]) -> float:
    """The median of a mixture of lognormals, to a millionth of a minute."""
    low, high = (pick(part.median for part in mixture) for pick in (min, max))
    while high - low > 1e-6:
        middle = (low + high) / 2
        below = sum(part.share * _below(part, middle) for part in mixture)
        low, high = (middle, high) if below < 0.5 else (low, middle)
    return high


def _below(part: AnswerMinutes, minutes: float) -> float:
    if part.sigma == 0:
        return float(part.median <= minutes)
    return NormalDist(math.log(part.median), part.sigma).cdf(math.log(minutes))


def hours_won(run: RunOutcome) -> dict[str, float]:
    """Weekly hours of care that each provider won in a run, for each week of it."""
    minutes: dict[str, int] = defaultdict(int)
    for package in run.packages:
        if package.provider is not None:
            minutes[package.provider] += package.weekly_minutes
    return {name: total / 60 / run.weeks for name, total in minutes.items()}


def share_by_speed(run: RunOutcome, peers: Peers) -> float | None:
    """The slower half's hours as a percentage of the quicker half's; 100 where speed earns nothing.

    Within each group of equal contracts: the mean of hours won by capacity, of those slower than
    the group's median against those quicker than it, added up over groups. Where most of a group
    are as quick as each other, those at the median are the half that would be empty. None if there
    is no such group, or the quicker won nothing.
    """
    won = hours_won(run)
    groups: dict[str, list[Peer]] = defaultdict(list)
    for peer in peers:
        groups[peer.group].append(peer)
    slower = quicker = 0.0
    for group in groups.values():
        middle = median(peer.answer_minutes for peer in group)
        usual = [peer for peer in group if peer.answer_minutes == middle]
        slow = [peer for peer in group if peer.answer_minutes > middle]
        quick = [peer for peer in group if peer.answer_minutes < middle]
        if slow or quick:
            slow, quick = slow or usual, quick or usual
            slower += _mean_load(slow, won)
            quicker += _mean_load(quick, won)
    return 100 * slower / quicker if quicker else None


def _mean_load(peers: Peers, won: dict[str, float]) -> float:
    return math.fsum(won.get(peer.name, 0.0) / peer.hours_a_week for peer in peers) / len(peers)
