"""Everybody but matching: wards, providers with their service, brokers, and strangers.

Providers know what matching has published and nothing else. Everything said goes through `Post`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from services.matching.domain.commands import Answer, AwardByHand, Command, ReceiveAnswers
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.people_commands import ExcludeProvider, LiftExclusion
from shared.contracts.providers import Contract, ProviderRecorded, Suspension
from shared.contracts.referrals import (
    ReferralCompleted,
    ReferralLinked,
    ReferralReceived,
    RequirementAmended,
    Source,
    WithdrawalRequested,
)
from shared.contracts.responses import (
    ConditionProposed,
    ConfirmationSent,
    CounterAnswered,
    OfferAccepted,
    OfferDeclined,
    ReleaseSent,
    StartReported,
)
from tests.simulation.handlers.care import CareSeen
from tests.simulation.handlers.heard import (
    CONDITION_RAISED,
    COUNTERED,
    RATE_QUOTED,
    READY,
    Known,
    Said,
    awards_in,
    known_of,
    offers_in,
    wanted,
)
from tests.simulation.handlers.kafka import MemoryKafka
from tests.simulation.handlers.people import drawn_correction, drawn_decision, drawn_order
from tests.simulation.handlers.post import Post
from tests.simulation.handlers.postgres import MemoryPostgres


@dataclass(slots=True)
class Outside:
    """What is said in one schedule, all of it drawn by `rng`."""

    kafka: MemoryKafka
    post: Post
    database: MemoryPostgres
    rng: Random
    kinds: Sequence[Any]
    """The kinds of contract that the policy asks for."""
    referrals: dict[UUID, bool] = field(default_factory=dict)
    """Acknowledged referrals, and whether they are complete."""
    said: list[Said] = field(default_factory=list)
    spoiled: set[UUID] = field(default_factory=set)
    """Referrals about which a stranger wrote what nobody can read."""
    unwritable: set[UUID] = field(default_factory=set)
    """Referrals whose placement could not be stored for a while."""
    _offers: list[Known] = field(default_factory=list)
    _awards: list[Known] = field(default_factory=list)
    _rates: list[Known] = field(default_factory=list)
    _conditions: list[Known] = field(default_factory=list)
    _counters: list[Known] = field(default_factory=list)
    _excluded: dict[UUID, UUID] = field(default_factory=dict)
    """Whom a broker excluded last; the next order about the package lifts it."""
    _telephoned: list[Known] = field(default_factory=list)
    """Offers whose answer a broker wrote down, most of them rightly."""
    _care: CareSeen = field(default_factory=CareSeen)
    _read: dict[int, int] = field(default_factory=dict)
    _providers: list[ProviderRecorded] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """One clock for all services."""
        return self.database.now

    # -- what is said ------------------------------------------------------------------------------

    def register(self) -> None:
        """A new provider, or a change to one: suspended, back again, or taking nothing new."""
        if len(self._providers) < 3 or (len(self._providers) < 6 and self.rng.random() < 0.7):
            entry = self._new_provider()
            self._providers.append(entry)
        else:
            index = self.rng.randrange(len(self._providers))
            entry = self._providers[index]
            changed: dict[str, Any] = {"at": self.now, "suspension": None}
            if entry.suspension is None:
                changed["suspension"] = Suspension(
                    reason="quality", since=self.now, review_on=date(2027, 1, 1)
                )
            entry = self._providers[index] = entry.model_copy(update=changed)
        self.post.put(entry, entry.provider_id)

    def refer(self) -> None:
        """A ward's or team's referral, most of them complete."""
        referral_id, complete = self._id(), self.rng.random() < 0.8
        self.referrals[referral_id] = complete
        event = ReferralReceived(
            at=self.now,
            referral_id=referral_id,
            received_at=self.now,
            source=Source(kind="hospital", organisation="barts", ward="cedar"),
            pathway="P1",
            urgency=self.rng.choice(("routine", "urgent")),
            discharge_ready_at=None,
            complete_at=self.now if complete else None,
            missing=() if complete else ("authorisation",),
            wanted=wanted(self.rng.choice(("E4", "E4", "E17")), self._care_type())
            if complete
            else None,
        )
        self.post.put(event, referral_id)
        if self.rng.random() < 0.2:
            linked = self.rng.choice((*self.referrals, None))
            self.post.put(
                ReferralLinked(at=self.now, referral_id=referral_id, linked_referral_id=linked),
                referral_id,
            )

    def complete(self) -> None:
        """What was missing has come."""
        missing = [key for key, complete in self.referrals.items() if not complete]
        if missing:
            referral_id = self.rng.choice(missing)
            self.referrals[referral_id] = True
            event = ReferralCompleted(
                at=self.now, referral_id=referral_id, complete_at=self.now, urgency="routine",
                wanted=wanted("E4", self._care_type()),
            )  # fmt: skip
            self.post.put(event, referral_id)

    def amend(self) -> None:
        """What is needed changes: another date, or more of it."""
        known = [key for key, complete in self.referrals.items() if complete]
        if known:
            referral_id = self.rng.choice(known)
            before = wanted("E4", "personal_care")
            minutes = self.rng.choice((45, 48, 90))
            first, *others = before.requirement.visits
            visits = (first.model_copy(update={"minutes": minutes}), *others)
            moved = READY + timedelta(days=self.rng.choice((0, 1, 9)))
            requirement = before.requirement.model_copy(
                update={"visits": visits, "ready_at": moved}
            )
            event = RequirementAmended(
                at=self.now, referral_id=referral_id, amended_at=self.now, urgency="routine",
                wanted=before.model_copy(update={"requirement": requirement}),
            )  # fmt: skip
            self.post.put(event, referral_id)

    def withdraw(self) -> None:
        """The package is ended."""
        if self.referrals:
            referral_id = self.rng.choice(list(self.referrals))
            event = WithdrawalRequested(
                at=self.now, referral_id=referral_id, requested_at=self.now, reason="readmitted"
            )
            self.post.put(event, referral_id)

    def answer(self) -> None:
        """A yes or no to some offer, perhaps late, perhaps a second one."""
        self._hear()
        if not self._offers:
            return
        answered = {said.about_id for said in self.said}
        live = [o for o in self._offers if o.until > self.now and o.id not in answered]
        odd = self.rng.random() < 0.1
        if not live and not odd:
            return
        offer = self.rng.choice(self._offers if odd else live)
        if self.rng.random() < 0.65:
            self._accept(offer, self._given(offer))
        else:
            self.say(offer, yes=False)

    def _accept(self, offer: Known, given: dict[str, Any]) -> None:
        """A yes, sometimes at a rate above any limit, sometimes on a condition."""
        chance = self.rng.random()
        if chance < 0.15:
            self._accept_if(offer, given)
            return
        rate_pence = 9_900 if chance < 0.9 else None
        accepted = OfferAccepted(**given, offer_id=offer.id, rate_pence=rate_pence)
        self._respond(accepted, "accept", offer)

    def answer_dear(self) -> None:
        """A yes to an offer that is still open, at a rate above any limit."""
        self._hear()
        if live := [one for one in self._offers if one.until > self.now]:
            offer = self.rng.choice(live)
            dear = OfferAccepted(**self._given(offer), offer_id=offer.id, rate_pence=9_900)
            self._respond(dear, "accept", offer)

    def _accept_if(self, offer: Known, given: dict[str, Any]) -> None:
        later = self.now + timedelta(days=3)
        event = ConditionProposed(**given, offer_id=offer.id, starts_at=later, visits=())
        self._respond(event, "condition", offer)

    def answer_on_condition(self) -> None:
        """A yes with a later start to an offer that is still open."""
        self._hear()
        if live := [one for one in self._offers if one.until > self.now]:
            offer = self.rng.choice(live)
            self._accept_if(offer, self._given(offer))

    def answer_counter(self) -> None:
        """What the provider says to terms that were put to it, perhaps late."""
        self._hear()
        if self._counters:
            offer = self.rng.choice(self._counters[-3:])
            given = {**self._given(offer), "agrees": self.rng.random() < 0.6}
            self._respond(CounterAnswered(**given, offer_id=offer.id), "counter", offer)

    def answer_award(self) -> None:
        """The awarded provider confirms, releases, or has started."""
        self._hear()
        if not self._awards:
            return
        award = self.rng.choice(self._awards[-2:])
        given = {**self._given(award), "award_id": award.id}
        chance = self.rng.random()
        if chance < 0.5:
            self._respond(
                ReleaseSent(**given, reason=self.rng.choice(("needs_differ", "unsafe"))),
                "release",
                award,
            )
        elif chance < 0.8:
            self._respond(ConfirmationSent(**given), "confirm", award)
        else:
            self._respond(StartReported(**given, started_at=self.now), "start", award)

    def decision(self) -> tuple[UUID, Command] | None:
        """What a broker says to a yes that waits."""
        self._hear()
        odd = self.rng.random() < 0.1
        questions = [*self._rates[-2:], *self._conditions[-2:]]
        if not questions:
            return None
        question = self.rng.choice(questions)
        about_rate = (question in self._rates) != odd
        decision = drawn_decision(self.rng, self.now, question.id, about_rate=about_rate)
        return question.referral_id, decision

    def asked_together(self) -> list[Known]:
        """The offers of one package that are open, in order of rank."""
        self._hear()
        live = [one for one in self._offers if one.until > self.now]
        return [one for one in live if one.referral_id == live[-1].referral_id]

    def say(self, offer: Known, *, yes: bool) -> None:
        """A plain answer to an offer."""
        given = self._given(offer)
        if yes:
            self._respond(OfferAccepted(**given, offer_id=offer.id), "accept", offer)
        else:
            declined = OfferDeclined(**given, offer_id=offer.id, reason="no_capacity")
            self._respond(declined, "decline", offer)

    def take_up(self) -> None:
        """Providers go one step on with all that they have: a yes, a confirmation, a first visit."""
        self._hear()
        for seen in self._care.placements.values():
            offers = [one for one in self._offers
                      if one.referral_id == seen.referral_id and one.until > self.now]  # fmt: skip
            if seen.status == "searching" and offers:
                self.say(offers[-1], yes=True)
            elif seen.status in ("awarded", "confirmed"):
                award = next(one for one in self._awards if one.id == seen.award_id)
                given = {**self._given(award), "award_id": award.id}
                if seen.status == "awarded":
                    self._respond(ConfirmationSent(**given), "confirm", award)
                else:
                    self._respond(StartReported(**given, started_at=self.now), "start", award)

    def answer_care(self) -> None:
        """A provider gives care up, or says if it goes on after a pause or with what is needed now."""
        self._hear()
        given = {"at": self.now, "response_id": self._id(), "recorded_at": self.now}
        if (found := self._care.answer(self.rng, given, self.now)) is not None:
            event, kind, seen = found
            self.said.append(
                Said(event.response_id, seen.referral_id, kind, event.award_id, event.recorded_at)
            )
            self.post.put(event, seen.referral_id)

    def order_care(self) -> tuple[UUID, PackageCommand, UUID | None] | None:
        """What a broker orders about care, or about a package in parts."""
        self._hear()
        return self._care.order(self.rng, self.now)

    def command(self) -> tuple[UUID, Command] | None:
        """What a broker does by hand: an award, an answer given by telephone, or any order."""
        self._hear()
        if self._telephoned and self.rng.random() < 0.4:
            offer = self._telephoned.pop()
            others = [one.id for one in self._offers if one.referral_id == offer.referral_id]
            return offer.referral_id, drawn_correction(self.rng, offer.id, others)
        if self._offers and self._providers and self.rng.random() < 0.6:
            referral_id = self.rng.choice(self._offers[-4:]).referral_id
            providers = [one.provider_id for one in self._providers]
            offers = [one.id for one in self._offers if one.referral_id == referral_id]
            if excluded := self._excluded.pop(referral_id, None):
                return referral_id, LiftExclusion(provider_id=excluded)
            order = drawn_order(self.rng, self.now, providers, offers[-3:])
            if isinstance(order, ExcludeProvider):
                self._excluded[referral_id] = order.provider_id
            return referral_id, order
        if self._offers and self.rng.random() < 0.6:
            offer = self.rng.choice(self._offers[-4:])
            answer = Answer(
                kind=self.rng.choice(("accept", "decline")),
                offer_id=offer.id,
                provider_id=offer.provider_id,
                answered_at=self.now - timedelta(minutes=self.rng.choice((0, 0, 5, 20, 60))),
                via="telephone",
            )
            self._telephoned.append(offer)
            return offer.referral_id, ReceiveAnswers(answers=(answer,))
        if self.referrals and self._providers:
            provider = self.rng.choice(self._providers)
            by_hand = AwardByHand(
                provider_id=provider.provider_id, ground="persons_choice",
                override=self.rng.choice((None, "none_answered")),
            )  # fmt: skip
            return self.rng.choice(list(self.referrals)), by_hand
        return None

    def spoil(self) -> None:
        """A stranger writes under a referral's key what nobody can read."""
        if self.referrals:
            referral_id = self.rng.choice(list(self.referrals))
            topic = self.rng.choice(("referrals.v1", "responses.v1"))
            self.spoiled.add(referral_id)
            self.kafka.write(topic, str(referral_id).encode(), b"{", {"ce_type": b"\xff"})

    def _respond(self, event: Any, kind: str, about: Known) -> None:
        self.said.append(
            Said(event.response_id, about.referral_id, kind, about.id, event.recorded_at)
        )
        self.post.put(event, about.referral_id)

    def _given(self, about: Known) -> dict[str, Any]:
        return {
            "at": self.now,
            "referral_id": about.referral_id,
            "response_id": self._id(),
            "provider_id": about.provider_id,
            "recorded_at": self.now,
        }

    def _hear(self) -> None:
        """Reads on in what matching has published."""
        for number, log in enumerate(self.kafka.topic("placements.v1")):
            for record in log[self._read.get(number, 0) :]:
                self._offers += offers_in(record)
                self._rates += known_of(record, RATE_QUOTED, "at")
                self._conditions += known_of(record, CONDITION_RAISED, "at")
                self._counters += known_of(record, COUNTERED, "expires_at")
                self._awards += awards_in(record)
                self._care.hear(record)
            self._read[number] = len(log)

    def _new_provider(self) -> ProviderRecorded:
        kind = self.kinds[0] if self.rng.random() < 0.6 else self.rng.choice(self.kinds)
        number = len(self._providers)
        contract: dict[str, Any] = {"kind": kind, "rate_pence": 1800, "from": date(2025, 1, 1)}
        if kind == "framework":
            contract |= {"lot": self.rng.choice(("north", "north", "south")), "rank": number + 1}
        return ProviderRecorded(
            at=self.now,
            provider_id=self._id(),
            name=f"Care {number}",
            contracts=(Contract.model_validate(contract),),
            outcodes=("E4", "E17"),
            capabilities=("personal_care", "reablement"),
            cqc_rating=self.rng.choice(("good", "outstanding")),
        )

    def _care_type(self) -> str:
        return self.rng.choice(("personal_care", "personal_care", "reablement"))

    def _id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128))
