"""What providers carry at this moment, as far as gates and rotation need it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.matching.domain.placement import Placement, offers_of
from services.matching.domain.replacing import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """By provider: weekly hours of packages that it was awarded and holds, where they are (outcodes
    or sectors: its rounds), and its live offers.

    A provider without an entry has none. Only read for policies that weigh them.
    """

    held_hours: Mapping[UUID, float] = field(default_factory=dict)
    rounds: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    live_offers: Mapping[UUID, int] = field(default_factory=dict)

    def after(self, changes: Iterable[tuple[UUID, int]]) -> "Load":
        """The same with live offers that were added or have ended."""
        live = dict(self.live_offers)
        for provider_id, more in changes:
            live[provider_id] = live.get(provider_id, 0) + more
        return replace(self, live_offers=live)


NO_LOAD = Load()


def live_offers_changed(before: Placement, after: Placement) -> list[tuple[UUID, int]]:
    """By provider: how many more live offers a decision about one placement has left it with."""
    return [
        *((offer.provider_id, -1) for offer in offers_of(before) if offer.status == "live"),
        *((offer.provider_id, 1) for offer in offers_of(after) if offer.status == "live"),
    ]
