"""What each provider carries, as the rules weigh it: held hours, where they are, live offers.

Kept only for a policy that weighs them; the service reads the same from its own tables.
"""

from collections.abc import Iterable
from uuid import UUID

from services.matching.domain.load import NO_LOAD, Load
from services.matching.domain.policy import Policy


class Rounds:
    """Packages by provider from their award until they end or are given back, and live offers."""

    def __init__(self, policy: Policy) -> None:
        self.weighed = policy.weighs_rounds or policy.limits_live_offers
        self._held: dict[UUID, dict[int, tuple[str, float, float]]] = {}
        self._live: dict[UUID, int] = {}

    def take(
        self, provider_id: UUID, package: int, *, area: str, weekly_minutes: float, until: float
    ) -> None:
        """A package is the provider's until a minute of the run."""
        held = self._held.setdefault(provider_id, {})
        held[package] = (area, weekly_minutes, until)

    def give_back(self, provider_id: UUID, package: int) -> None:
        """A package is no longer the provider's."""
        self._held.get(provider_id, {}).pop(package, None)

    def offered(self, changes: Iterable[tuple[UUID, int]]) -> None:
        """Live offers were added or have ended."""
        for provider_id, more in changes:
            self._live[provider_id] = self._live.get(provider_id, 0) + more

    def load(self, now: float) -> Load:
        """What everybody carries at minute `now`. Time never goes back."""
        if not self.weighed:
            return NO_LOAD
        for packages in self._held.values():
            for package in [key for key, one in packages.items() if one[2] <= now]:
                del packages[package]
        held = {provider_id: packages.values() for provider_id, packages in self._held.items()}
        return Load(
            held_hours={
                provider_id: sum(minutes for _, minutes, _ in packages) / 60
                for provider_id, packages in held.items()
            },
            rounds={
                provider_id: tuple(sorted({area for area, *_ in packages}))
                for provider_id, packages in held.items()
            },
            live_offers=dict(self._live),
        )
