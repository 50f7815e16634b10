"""One decision under way: what has been decided so far, and the placement as it stands by it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.matching.domain import events
from services.matching.domain.carrying import present
from services.matching.domain.codes import EscalationKind, RefusalCode, Request
from services.matching.domain.events import Event, ReopenedBecause
from services.matching.domain.evolve import evolve
from services.matching.domain.london import day_of
from services.matching.domain.market import Market
from services.matching.domain.placement import Placement, Searched
from services.matching.domain.policy import Policy


@dataclass(slots=True, kw_only=True)
class Turn:
    """Gathers events and folds each into the placement at once, so that deciding takes one pass.

    It lives within one call of `step` and is the only thing in the rules that changes.
    """

    placement: Placement
    placement_id: UUID
    referral_id: UUID
    now: datetime
    policy: Policy
    market: Market
    events: list[Event] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day by which contracts, rates and insurance are valid or not."""
        return day_of(self.now)

    def record(self, event: Event) -> None:
        """Decide one more event."""
        self.placement = evolve(self.placement, event)
        self.events.append(event)

    def refuse(
        self,
        *,
        request: Request,
        provider_id: UUID,
        code: RefusalCode,
        response_id: UUID | None,
        offer_id: UUID | None = None,
        award_id: UUID | None = None,
    ) -> None:
        """Tell a provider that what it said, about an offer or an award, changes nothing, and why."""
        self.record(
            events.RequestRefused(
                at=self.now,
                referral_id=self.referral_id,
                placement_id=self.placement_id,
                request=request,
                provider_id=provider_id,
                offer_id=offer_id,
                award_id=award_id,
                code=code,
                response_id=response_id,
            )
        )

    def escalate(self, kind: EscalationKind) -> None:
        """Open an item for a person, unless it is open."""
        if kind in present(self.placement).escalations:
            return
        self.record(
            events.EscalationOpened(
                at=self.now,
                referral_id=self.referral_id,
                placement_id=self.placement_id,
                kind=kind,
            )
        )

    def close(self, *kinds: EscalationKind) -> None:
        """Close those of the items that are open."""
        for kind in present(self.placement).escalations:
            if kind in kinds:
                self.record(
                    events.EscalationClosed(
                        at=self.now,
                        referral_id=self.referral_id,
                        placement_id=self.placement_id,
                        kind=kind,
                    )
                )

    def reopen(
        self, before: Searched, because: ReopenedBecause, left_out: tuple[UUID, ...]
    ) -> None:
        """Begin the next round of a search from the first tier, without those `left_out`."""
        self.record(
            events.SearchReopened(
                at=self.now,
                referral_id=self.referral_id,
                placement_id=self.placement_id,
                round=before.round + 1,
                because=because,
                left_out=left_out,
            )
        )
