"""What each provider carries: a provider whose hours are taken says no, whatever its habits."""

from collections import Counter
from heapq import heapify, heappop, heappush

from deploy.simulator.drawing import Draws


class Load:
    """Weekly minutes of care by provider (its index), freed when packages end or are given back."""

    def __init__(self, draws: Draws) -> None:
        providers = draws.market.providers
        self._most = [provider.hours_a_week * 60 for provider in providers]
        self._ends = [
            [(end, -1, minutes) for minutes, end in draws.held_until(n)]
            for n in range(len(providers))
        ]
        self._carried = [sum(minutes for *_, minutes in ends) for ends in self._ends]
        self._given_back: Counter[tuple[int, int, float]] = Counter()
        for ends in self._ends:
            heapify(ends)

    def has_room(self, provider: int, weekly_minutes: float, now: float) -> bool:
        """Whether a provider can take so much more at minute `now`. Time never goes back."""
        ends = self._ends[provider]
        while ends and ends[0][0] <= now:
            _, package, minutes = heappop(ends)
            if self._given_back[package, provider, minutes]:
                self._given_back[package, provider, minutes] -= 1
            else:
                self._carried[provider] -= minutes
        return self._carried[provider] + weekly_minutes <= self._most[provider]

    def take(self, provider: int, package: int, weekly_minutes: float, until: float) -> None:
        """A package is the provider's until a minute of the run."""
        heappush(self._ends[provider], (until, package, weekly_minutes))
        self._carried[provider] += weekly_minutes

    def give_back(self, provider: int, package: int, weekly_minutes: float) -> None:
        """A package that was taken, and whose end has not come, is no longer the provider's."""
        self._given_back[package, provider, weekly_minutes] += 1
        self._carried[provider] -= weekly_minutes
