"""One placement under random commands, and what must hold of it after each. Source: design §10."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.matching.domain import commands, events
from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.deadlines import deadlines, next_due_at
from services.matching.domain.decide import decide, step
from services.matching.domain.events import Event
from services.matching.domain.market import Market
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import Refusal
from tests.unit.matching.world import EIGHT, fold


@dataclass
class Life:
    """One placement with everything that has happened to it, and what must hold of it."""

    policy: Policy
    market: Market
    now: datetime = EIGHT
    placement: Any = field(default_factory=states.Absent)
    log: list[Event] = field(default_factory=list)
    accepted: dict[UUID, commands.Answer] = field(default_factory=dict)

    def obey(self, command: commands.Command) -> None:
        outcome = step(self.placement, command, self.now, self.policy, self.market)
        again = decide(self.placement, command, self.now, self.policy, self.market)
        if isinstance(outcome, Refusal):
            assert again == outcome
            return
        before = self.placement
        self.placement, new = outcome
        assert again == new, "deciding again gives the same"
        assert fold(new, before) == self.placement, "the fold of the events is the state"
        repeat = decide(self.placement, command, self.now, self.policy, self.market)
        assert isinstance(repeat, Refusal) or repeat == (), "a repeat changes nothing"
        for event in new:
            self.log.append(event)
            self._holds_of(event)
        self._rests()

    def due_at(self) -> datetime | None:
        """When time alone decides something next. Silence to a change is for the package to follow."""
        alone = [one.at for one in deadlines(self.placement) if one.kind != "change_answer"]
        return min(alone, default=None)

    def _rests(self) -> None:
        """Nothing is stuck, nothing is due, and every item that must be open is (I2, I3)."""
        due = self.due_at()
        assert due is None or due > self.now
        match self.placement:
            case states.Searching():
                live = [o for o in self.placement.offers if o.status == "live"]
                standing = [o for o in self.placement.offers if o.status == "accepted"]
                assert live or standing or self.placement.hold
                assert due is not None
                assert bool(standing) == (self.placement.decided_by is not None)
            case states.Exhausted():
                assert "nobody_left" in self.placement.escalations
            case states.AwaitingInformation():
                assert due is not None or "target_overdue" in self.placement.escalations
            case states.Awarded() | states.Confirmed() if self.placement.change is not None:
                assert next_due_at(self.placement) == self.placement.change.answer_by
            case states.Awarded():
                assert due is not None or "confirmation_overdue" in self.placement.escalations
            case states.Withdrawn():
                assert self.placement.escalations == ()
            case states.Confirmed():
                assert due is not None or "start_overdue" in self.placement.escalations
            case _:
                assert due is None

    def _of(self, kind: type) -> list[Any]:
        return [event for event in self.log if isinstance(event, kind)]

    def _offer(self, offer_id: UUID | None) -> tuple[Any, Any]:
        for wave in self._of(events.OffersMade):
            for offer in wave.offers:
                if offer.offer_id == offer_id:
                    return wave, offer
        raise AssertionError("an offer that was never made")

    def expires_at(self, offer_id: UUID | None) -> datetime:
        """Its deadline as it was last moved."""
        moved = [e for e in self._of(acts.OfferWindowChanged) if e.offer_id == offer_id]
        last: datetime = (moved or self._offer(offer_id))[-1 if moved else 0].expires_at
        return last

    def _held(self) -> bool:
        """Whether the search is on hold by the log alone."""
        ends = (acts.SearchResumed, events.Awarded, events.PlacementWithdrawn)
        held = max(
            (i for i, e in enumerate(self.log) if isinstance(e, acts.SearchHeld)), default=-1
        )
        return held >= 0 and not any(isinstance(e, ends) for e in self.log[held:])

    def _holds_of(self, event: Event) -> None:
        match event:
            case events.Awarded():
                self._award_holds(event)
            case events.TierOpened():
                self._tier_holds(event)
            case events.OffersMade():
                self._wave_holds(event)
            case events.OffersLapsed():
                for offer_id in event.offer_ids:
                    assert self.expires_at(offer_id) <= event.at, "lapsed early"
            case acts.SearchResumed(because="hold_ended"):
                assert self._of(acts.SearchHeld)[-1].until <= event.at, "resumed early"
            case events.EscalationOpened(kind="confirmation_overdue"):
                assert self._of(events.Awarded)[-1].confirm_by <= event.at, "chased early"
            case events.EscalationOpened(kind="target_overdue"):
                assert event.at >= EIGHT + timedelta(minutes=240), "escalated early"
                opened = [e for e in self._of(events.EscalationOpened) if e.kind == event.kind]
                assert len(opened) == 1

    def _award_holds(self, event: events.Awarded) -> None:
        """At most one live award, to an offer that was live when it was accepted (I1)."""
        ended = (events.AwardReleased, events.AwardCancelled)
        live = len(self._of(events.Awarded)) - sum(isinstance(e, ended) for e in self.log)
        assert live == 1
        assert len({award.award_id for award in self._of(events.Awarded)}) == len(
            self._of(events.Awarded)
        )
        if event.via == "hand":
            return
        wave, offer = self._offer(event.offer_id)
        assert offer.provider_id == event.provider_id
        assert wave.at <= event.accepted_at < self.expires_at(event.offer_id)
        meant = [one.meant_offer_id for one in self._of(acts.AnswerCorrected)]
        for withdrawn in self._of(events.OffersWithdrawn):
            taken_by_mistake = event.offer_id in meant and withdrawn.because == "placed"
            if not taken_by_mistake:
                assert event.offer_id not in withdrawn.offer_ids, "awarded after its withdrawal"
        if self.policy.tiers[self._of(events.TierOpened)[-1].tier].award_rule == "ranked":
            self._nobody_better(event, wave, offer)

    def _nobody_better(self, event: events.Awarded, wave: Any, offer: Any) -> None:
        """Under `ranked` nobody better may still answer, unless the settling time is over."""
        stood = [e for e in self._of(events.AcceptanceStood) if e.decided_by <= event.at]
        answered = {e.offer_id for e in self._of(events.OfferDeclined)}
        for other in wave.offers:
            better = other.place < offer.place and other.offer_id not in answered
            if better and self.expires_at(other.offer_id) > event.at and not stood:
                settled = event.accepted_at + timedelta(
                    minutes=self.policy.tiers[wave.tier].settling_minutes
                )
                first = min((a.answered_at for a in self.accepted.values()), default=settled)
                assert settled <= event.at or first <= event.at - timedelta(minutes=5)

    def _tier_holds(self, event: events.TierOpened) -> None:
        """A tier opens after the one before it: exhausted, or its time is up (I5)."""
        assert not self._standing()
        assert not self._held()
        earlier = [e for e in self._of(events.TierOpened) if e.round == event.round][:-1]
        if not earlier:
            assert (event.tier, event.because) == (0, "first")
            return
        last = earlier[-1]
        if event.because == "jumped":
            assert event.ground is not None
            assert event.tier > last.tier
            return
        assert event.tier == last.tier + 1
        waves = [
            wave
            for wave in self._of(events.OffersMade)
            if (wave.round, wave.tier) == (last.round, last.tier)
        ]
        done = {offer.provider_id for wave in waves for offer in wave.offers}
        done |= {one for wave in waves for group in wave.passed_over for one in group.provider_ids}
        done |= {e.provider_id for e in self._of(acts.ProviderSkipped) if e.round == last.round}
        done |= {e.provider_id for e in self._of(acts.ProviderExcluded)}
        everybody = {ranked.provider_id for ranked in last.ranked}
        if event.because == "time_up":
            assert last.closes_at is not None
            assert last.closes_at <= event.at
        else:
            assert event.because == "exhausted"
            assert everybody <= done
        self._all_answered(waves)

    def _all_answered(self, waves: list[Any]) -> None:
        answered = {offer_id for offer_id, _ in self._declined(self.log)}
        answered |= {e.offer_id for e in self._of(acts.AnswerCorrected) if e.becomes != "live"}
        lapsed = {one for e in self._of(events.OffersLapsed) for one in e.offer_ids}
        taken = {one for e in self._of(events.OffersWithdrawn) for one in e.offer_ids}
        for wave in waves:
            assert {offer.offer_id for offer in wave.offers} <= answered | lapsed | taken

    def _declined(self, log: list[Event]) -> set[tuple[UUID, UUID]]:
        """(offer, provider) of every no that was given and not corrected since."""
        found: set[tuple[UUID, UUID]] = set()
        for event in log:
            match event:
                case events.OfferDeclined():
                    found.add((event.offer_id, event.provider_id))
                case acts.AnswerCorrected():
                    found.discard((event.offer_id, event.provider_id))
        return found

    def _standing(self) -> bool:
        """Whether an acceptance stands by the log alone."""
        standing: set[UUID] = set()
        for event in self.log:
            match event:
                case events.AcceptanceStood():
                    standing.add(event.offer_id)
                case events.OffersWithdrawn():
                    standing -= set(event.offer_ids)
                case acts.AnswerCorrected():
                    standing.discard(event.offer_id)
                case events.Awarded():
                    standing.clear()
        return bool(standing)

    def _wave_holds(self, event: events.OffersMade) -> None:
        """Nobody is asked twice in a round, nor who may not be; a window ends with its tier.

        A person may have anybody asked who passes the gates, whenever none stands.
        """
        assert not self._standing()
        excluded = {e.provider_id for e in self._of(acts.ProviderExcluded)}
        lifted = {e.provider_id for e in self._of(acts.ExclusionLifted)}
        for offer in event.offers:
            assert not self.market.providers[offer.provider_id].suspended
            assert offer.provider_id not in excluded - lifted
        if event.ground is not None:
            return
        assert not self._held()
        asked = [
            offer.provider_id
            for wave in self._of(events.OffersMade)
            if wave.round == event.round and wave.ground is None
            for offer in wave.offers
        ]
        assert len(asked) == len(set(asked))
        changed = [i for i, e in enumerate(self.log)
                   if isinstance(e, acts.RequirementAmended) and e.change == "material"]  # fmt: skip
        since = self.log[changed[-1] :] if changed else self.log
        declined = {provider_id for _, provider_id in self._declined(since)}
        released = {e.provider_id for e in self._of(events.AwardReleased)}
        for offer in event.offers:
            assert offer.provider_id not in declined | released
        opened = [e for e in self.log if isinstance(e, events.TierOpened | acts.SearchResumed)]
        closes_at = opened[-1].closes_at
        assert closes_at is None or event.expires_at <= closes_at

    def check_answers(self) -> None:
        """Each endpoint acceptance has one outcome, and one first event that says it (I4)."""
        for response_id, one in self.accepted.items():
            about: list[Any] = [
                e for e in self.log if getattr(e, "response_id", None) == response_id
            ]
            kinds = [type(e) for e in about]
            assert kinds in (
                [events.Awarded],
                [events.AcceptanceStood],
                [events.AcceptanceStood, events.Awarded],
                [events.RequestRefused],
            ), kinds
            if kinds == [events.RequestRefused] and about[0].code == "offer-lapsed":
                assert one.answered_at >= self.expires_at(one.offer_id)
