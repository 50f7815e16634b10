"""One package of a run: its placement, and what the figures will want to know of it."""

from dataclasses import dataclass, field
from datetime import datetime

from deploy.simulator.drawing import Package, minute
from deploy.simulator.forecasting import Said
from deploy.simulator.outcomes import PackageOutcome
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.placement import Absent, Placement, offer_of
from services.matching.domain.policy import Policy


@dataclass(slots=True, eq=False)
class Case:
    """A package under way. `due_at` is the timer that counts; any other one is stale."""

    package: Package
    placement: Placement = field(default_factory=Absent)
    due_at: datetime | None = None
    award: e.Awarded | None = None
    """The award that stands, or that lasted."""
    started_late: bool = False
    offers: int = 0
    accepted_lost: int = 0
    interventions: int = 0
    said: list[Said] = field(default_factory=list)
    """What was forecast on the way."""

    def note(self, event: Event, before: Placement) -> None:
        """Take in what was decided; `before` is the placement before the decision."""
        match event:
            case e.OffersMade():
                self.offers += len(event.offers)
            case e.OffersWithdrawn():
                stood = (offer_of(before, offer_id) for offer_id in event.offer_ids)
                self.accepted_lost += sum(1 for one in stood if one and one.status == "accepted")
            case e.Awarded():
                self.award = event
            case e.AwardReleased():
                self.award = None
            case e.EscalationOpened():
                self.interventions += 1
            case _:
                pass

    def filled_at(self) -> datetime | None:
        """When the award was made that stands."""
        return None if self.award is None else self.award.at

    def outcome(self, policy: Policy) -> PackageOutcome:
        """What became of the package."""
        package, award = self.package, self.award
        received = minute(package.received_at)
        return PackageOutcome(
            number=package.number,
            received_minute=received,
            outcode=package.wanted.outcode,
            lot=next(iter(policy.lots_of(package.wanted.outcode)), None),
            urgent=package.urgency == "urgent",
            weekly_minutes=package.weekly_minutes,
            double_handed=package.double_handed,
            filled_minutes=None if award is None else minute(award.at) - received,
            awarded_kind=None if award is None else award.contract_kind,
            provider=None if award is None else award.provider_name,
            rate_pence=None if award is None else award.rate_pence,
            offers=self.offers,
            accepted_lost=self.accepted_lost,
            interventions=self.interventions,
            started_late=self.started_late,
            forecasts=tuple(one.against(self.filled_at()) for one in self.said),
        )
