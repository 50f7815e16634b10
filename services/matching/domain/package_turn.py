"""One decision about a whole package under way: several placements, each decided in a turn of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import ids
from services.matching.domain import placement as states
from services.matching.domain.care_commands import CareAnswer
from services.matching.domain.care_times import next_visit, visit_minutes
from services.matching.domain.codes import (
    EndingBecause,
    RefusalCode,
    Request,
    SearchCause,
    Urgency,
)
from services.matching.domain.decide import advance
from services.matching.domain.events import Event, SearchStarted
from services.matching.domain.interventions import RequirementAmended
from services.matching.domain.market import Market
from services.matching.domain.package import Package
from services.matching.domain.placement import Carried, Open, Present, Searched
from services.matching.domain.policy import PolicyBook
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Requirement
from services.matching.domain.stewarding import keep_decisions
from services.matching.domain.turn import Turn

URGENT_GAP = timedelta(hours=24)
"""A later search is urgent if the first visit without anybody comes sooner. Source: domain page."""

Origins = Mapping[UUID, SearchStarted]
"""By placement: how its search began, with what is needed as it was changed since."""


@dataclass(slots=True, kw_only=True)
class PackageTurn:
    """Gathers the events of all placements in order. It lives within one call of `step_package`."""

    package: Package
    now: datetime
    policies: PolicyBook
    market: Market
    origins: Origins
    events: list[Event] = field(default_factory=list)

    def turn(self, placement: Present) -> Turn:
        """A turn of one placement, under the policy that it began under; `take` what comes of it."""
        version = placement.facts.policy_version if isinstance(placement, Searched) else None
        return Turn(
            placement=placement,
            placement_id=placement.placement_id,
            referral_id=placement.referral_id,
            now=self.now,
            policy=self.policies.of(version),
            market=self.market,
        )

    def take(self, turn: Turn) -> None:
        """What was decided in a turn becomes part of the package."""
        if turn.events:
            assert not isinstance(turn.placement, states.Absent)
            self.package = self.package.replaced(turn.placement)
            self.events.extend(turn.events)

    def origin(self, placement: Present) -> SearchStarted:
        """How the placement's search began, with what is needed now."""
        return self.origins[placement.placement_id]

    def is_followed(self, placement_id: UUID) -> bool:
        """Whether a search, other than one for bridging care, ever followed this placement; one that
        was over because its provider goes on after all did not."""
        return any(
            began.follows == placement_id and began.bridging_until is None
            for began in (self.origins[one.placement_id] for one in self.package.undivided())
        )

    def begun(self, placement_id: UUID) -> Present:
        """A placement that has begun, as it is now."""
        placement = self.package.placement(placement_id)
        assert not isinstance(placement, states.Absent)
        return placement

    def following(self, before: Present) -> Iterator[Open]:
        """The searches under way that are to last and follow a placement."""
        for one in self.package.placements:
            if (
                isinstance(one, Open)
                and one.facts.follows == before.placement_id
                and one.facts.bridging_until is None
            ):
                yield one

    def is_taken_on(self, before: Present) -> bool:
        """Whether somebody has, or has had, the care that follows a placement."""
        return any(
            (isinstance(one, Carried) and one.facts.bridging_until is None
             and one.facts.follows == before.placement_id)
            or (isinstance(one, states.Ended) and one.provider_id is not None
                and one.follows == before.placement_id)
            for one in self.package.placements
        )  # fmt: skip

    def bridging_is_over(self, until: datetime | None, follows: UUID | None) -> bool:
        """Bridging care ends on its day, or when what it bridged to, all parts of it, has started."""
        if until is None or follows is None:
            return False
        if until <= self.now:
            return True
        found = list(self.package.goes_on_in(follows))
        return bool(found) and all(_has_started(one) for one in found)

    def begin(
        self,
        before: Sequence[Present],
        origin: SearchStarted,
        cause: SearchCause,
        requirement: Requirement,
        *,
        bridging_until: datetime | None = None,
    ) -> UUID:
        """Begin the search of what `before` was: the clock of the placement goes on."""
        return self._begin(
            before,
            replace(
                origin,
                requirement=requirement,
                cause=cause,
                bridging_until=bridging_until,
            ),
        )

    def begin_later(
        self,
        before: Carried | states.Ended,
        cause: SearchCause,
        requirement: Requirement,
        last_visit_at: datetime | None,
    ) -> UUID | None:
        """Begin the search that follows awarded care: a clock of its own, from this instant.

        Care is wanted from the first visit after `last_visit_at`; None: care goes on until then.
        What follows bridging care bridges to the same search, until the same day; None if that is over.
        """
        policy = self.policies.current
        visits = visit_minutes(requirement)
        gap_at = None if last_visit_at is None else next_visit(visits, last_visit_at)
        origin = self.origin(before)
        if self.bridging_is_over(origin.bridging_until, origin.follows):
            return None
        urgent = gap_at is not None and gap_at - self.now < URGENT_GAP
        urgency: Urgency = "urgent" if urgent else origin.urgency
        bridges = origin.bridging_until is not None
        return self._begin(
            (before,),
            replace(
                origin,
                received_at=self.now,
                complete_at=self.now,
                urgency=urgency,
                requirement=replace(
                    requirement, ready_at=max(gap_at or requirement.ready_at, self.now)
                ),
                policy_name=policy.name,
                policy_version=policy.version,
                targets_minutes=policy.targets_minutes,
                cause=cause,
                follows=origin.follows if bridges else before.placement_id,
                gap_at=gap_at,
                gap_alarm_at=gap_at and gap_at - timedelta(hours=policy.care_gap_hours),
            ),
        )

    def _begin(self, before: Sequence[Present], started: SearchStarted) -> UUID:
        first = self.package.placements[0].placement_id
        placement_id = ids.later_placement_id(first, len(self.package.placements))
        turn = Turn(
            placement=states.Absent(),
            placement_id=placement_id,
            referral_id=started.referral_id,
            now=self.now,
            policy=self.policies.of(started.policy_version),
            market=self.market,
        )
        turn.record(replace(started, at=self.now, placement_id=placement_id))
        keep_decisions(turn, before)
        advance(turn)
        self.take(turn)
        return placement_id


def _has_started(placement: Present) -> bool:
    """Whether somebody gives the care, or gave it and has left it to a search of its own."""
    if isinstance(placement, states.Ended):
        return placement.provider_id is not None or placement.because == "care_goes_on"
    return isinstance(placement, states.Started | states.Paused | states.Ending)


def with_origins(before: Origins, decided: Iterable[Event]) -> dict[UUID, SearchStarted]:
    """The origins with what was decided since: searches begun, and changes agreed or refused,
    amendments before the start.

    A change counts from when it was asked: if the provider refuses, it is what is searched.
    """
    found = dict(before)
    for event in decided:
        if isinstance(event, SearchStarted):
            found[event.placement_id] = event
        elif isinstance(event, care.ChangeAsked):
            began = found[event.placement_id]
            found[event.placement_id] = replace(
                began, outcode=event.outcode, requirement=event.requirement
            )
        elif isinstance(event, RequirementAmended):
            found[event.placement_id] = replace(
                found[event.placement_id],
                outcode=event.outcode,
                sector=event.sector,
                gender=event.gender,
                requirement=event.requirement,
            )
    return found


def without(requirement: Requirement, provider_id: UUID) -> Requirement:
    """The requirement for a search in which a provider is not asked: it gave the package up."""
    excluded = dict.fromkeys((*requirement.exclude_provider_ids, provider_id))
    continuity = requirement.continuity_provider_id
    return replace(
        requirement,
        exclude_provider_ids=tuple(excluded),
        continuity_provider_id=None if continuity == provider_id else continuity,
    )


def first_asked(requirement: Requirement, provider_id: UUID) -> Requirement:
    """The requirement for a search in which the provider that gave the care comes first."""
    return replace(requirement, continuity_provider_id=provider_id)


def about_award(turn: Turn, placement: Carried) -> dict[str, Any]:
    """What every event about a placement's award says."""
    return {
        "at": turn.now,
        "referral_id": turn.referral_id,
        "placement_id": turn.placement_id,
        "award_id": placement.award.award_id,
        "provider_id": placement.award.provider_id,
    }


def refuse_answer(
    whole: PackageTurn,
    turn: Turn,
    command: CareAnswer,
    request: Request,
    code: RefusalCode = "not-awarded",
) -> None:
    """What a provider said about its award changes nothing, and it is told why."""
    turn.refuse(
        request=request,
        provider_id=command.provider_id,
        award_id=command.award_id,
        code=code,
        response_id=command.response_id,
    )
    whole.take(turn)


def care_ends(turn: Turn, because: EndingBecause, last_visit_at: datetime | None) -> None:
    """The award is given up by somebody else than its provider; care goes on until its last visit."""
    carried = turn.placement
    assert isinstance(carried, Carried)
    turn.close(*carried.escalations)
    turn.record(
        care.CareEnding(**about_award(turn, carried), because=because, last_visit_at=last_visit_at)
    )
