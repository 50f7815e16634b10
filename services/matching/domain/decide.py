"""The one way in: what follows from a command, and from time having passed.

First the command's own events, then whatever follows by itself until nothing more does: standing
acceptances are settled, due offers lapse, waves and tiers open, overdue items escalate. A timer
is the command `PassTime`, which has no events of its own; so a late, double or cancelled timer
changes nothing that is not due. Source: design §3.
"""

from datetime import datetime
from typing import assert_never

from services.matching.domain import events, ids
from services.matching.domain import placement as states
from services.matching.domain.amending import not_agreed
from services.matching.domain.answering import receive_answers
from services.matching.domain.authorised import escalate_if_exceeded
from services.matching.domain.care_times import CareDeadlineKind, care_deadlines
from services.matching.domain.codes import Urgency
from services.matching.domain.commands import (
    AnswerCounter,
    AwardByHand,
    Command,
    CompleteReferral,
    ConfirmAward,
    PassTime,
    ReceiveAnswers,
    ReceiveReferral,
    ReconsiderMarket,
    ReleaseAward,
    ReportStart,
    ReviewOutlook,
    WithdrawReferral,
)
from services.matching.domain.deadlines import target_at
from services.matching.domain.events import Event
from services.matching.domain.holding import (
    answer_award,
    award_by_hand,
    withdraw,
)
from services.matching.domain.market import Market
from services.matching.domain.negotiating import answer_counter, close_negotiated, negotiate
from services.matching.domain.outlook import review_outlook
from services.matching.domain.people_commands import (
    NegotiationCommand,
    PeopleCommand,
    SearchCommand,
)
from services.matching.domain.placement import Placement, Present
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import UNKNOWN_PLACEMENT, Refusal
from services.matching.domain.reopening import reopen_if_somebody_new
from services.matching.domain.requirement import Wanted
from services.matching.domain.search import ask_next, lapse_due
from services.matching.domain.settlement import settle
from services.matching.domain.steering import end_hold, steer
from services.matching.domain.stewarding import steward
from services.matching.domain.turn import Turn
from services.matching.domain.withdrawing import take_back


def decide(
    placement: Placement, command: Command, now: datetime, policy: Policy, market: Market
) -> tuple[Event, ...] | Refusal:
    """The events that follow from a command; none for a repeat, a refusal for a mistake."""
    outcome = step(placement, command, now, policy, market)
    return outcome if isinstance(outcome, Refusal) else outcome[1]


def step(
    placement: Placement, command: Command, now: datetime, policy: Policy, market: Market
) -> tuple[Placement, tuple[Event, ...]] | Refusal:
    """The events that follow from a command and the placement after them, in one pass.

    The same arguments give the same result, whenever and wherever. A Refusal means that nothing
    has changed.
    """
    if isinstance(placement, states.Absent):
        if not isinstance(command, ReceiveReferral):
            return UNKNOWN_PLACEMENT
        placement_id, referral_id = ids.placement_id(command.referral_id), command.referral_id
    else:
        placement_id, referral_id = placement.placement_id, placement.referral_id
    turn = Turn(
        placement=placement,
        placement_id=placement_id,
        referral_id=referral_id,
        now=now,
        policy=policy,
        market=market,
    )
    if isinstance(placement, states.Absent):
        if isinstance(command, ReceiveReferral):
            _receive(turn, command)
    else:
        refusal = _obey(turn, placement, command)
        if refusal is not None:
            return refusal
    advance(turn)
    if isinstance(command, ReconsiderMarket) and isinstance(turn.placement, states.Exhausted):
        reopen_if_somebody_new(turn, turn.placement)
        advance(turn)
    return turn.placement, tuple(turn.events)


def _obey(turn: Turn, placement: Present, command: Command) -> Refusal | None:
    """The command's own events."""
    match command:
        case ReceiveAnswers():
            return receive_answers(turn, placement, command.answers)
        case AnswerCounter():
            answer_counter(turn, placement, command)
        case PassTime() | ReceiveReferral():
            return None
        case CompleteReferral():
            _complete(turn, placement, command)
        case WithdrawReferral():
            withdraw(turn, placement, command.reason)
        case ConfirmAward() | ReleaseAward() | ReportStart():
            answer_award(turn, placement, command)
        case AwardByHand():
            return award_by_hand(turn, placement, command)
        case ReviewOutlook():
            review_outlook(turn)
        case ReconsiderMarket():
            _reconsider(turn)
        case _:
            return _obey_people(turn, placement, command)
    return None


def _obey_people(turn: Turn, placement: Present, command: PeopleCommand) -> Refusal | None:
    if isinstance(command, NegotiationCommand):
        return negotiate(turn, placement, command)
    if isinstance(command, SearchCommand):
        return steer(turn, placement, command)
    return steward(turn, placement, command)


def _reconsider(turn: Turn) -> None:
    """Weigh the market by the status of this instant: what is due has come about before the change.

    A search that ends by it, or had ended, goes on at once if the change brings somebody new.
    """
    advance(turn)
    if isinstance(turn.placement, states.Searching) and turn.policy.withdraw_on_suspension:
        _take_back_from_suspended(turn, turn.placement)


def _take_back_from_suspended(turn: Turn, searching: states.Searching) -> None:
    """A suspended provider gets no new package: what it was offered is taken back by policy."""
    providers = turn.market.providers
    taken = tuple(
        [
            offer.offer_id
            for offer in searching.offers
            if offer.status in states.OPEN_OFFERS
            and offer.provider_id in providers
            and providers[offer.provider_id].suspended
        ]
    )
    take_back(turn, taken, "suspended")


def advance(turn: Turn) -> None:
    """Let everything follow that follows by itself at this instant. It ends: every pass that
    goes on uses up an offer, a candidate or a tier."""
    _end_silence(turn)
    goes_on = True
    while goes_on:
        placement = turn.placement
        goes_on = isinstance(placement, states.Searching) and (
            lapse_due(turn) or _go_on(turn, placement)
        )
    if turn.events:
        close_negotiated(turn)
    _escalate_overdue(turn)


def _end_silence(turn: Turn) -> None:
    """Who has the package and said nothing to what is needed now has it no longer."""
    match turn.placement:
        case (
            states.Awarded(change=states.Change() as change)
            | states.Confirmed(change=states.Change() as change)
        ) if change.answer_by <= turn.now:
            not_agreed(turn, turn.placement, "silent")
        case _:
            return


def _go_on(turn: Turn, placement: states.Searching) -> bool:
    if placement.hold is not None:
        return end_hold(turn, placement)
    if placement.decided_by is not None:
        return settle(turn, placement)
    return ask_next(turn, placement)


def _escalate_overdue(turn: Turn) -> None:
    placement = turn.placement
    if isinstance(placement, states.Awarded):
        if placement.change is None and placement.award.confirm_by <= turn.now:
            turn.escalate("confirmation_overdue")
        return
    for kind, at in tuple(care_deadlines(placement)):
        if at <= turn.now:
            _raise_alarm(turn, kind)
    missed_at = target_at(placement)
    if missed_at is not None and missed_at <= turn.now:
        turn.escalate("target_overdue")


def _raise_alarm(turn: Turn, kind: CareDeadlineKind) -> None:
    """Tell a person; what time decides besides alarms is for the package as a whole to follow."""
    match kind:
        case "care_gap":
            turn.close("care_gap_ahead")
            turn.escalate(kind)
        case (
            "start_overdue" | "pause_ending" | "review_due" | "care_gap_ahead"
            | "authorisation_overdue"
        ):  # fmt: skip
            turn.escalate(kind)
        case "pause_lapse" | "restart_answer" | "change_answer" | "last_visit" | "bridging_over":
            return
        case _:
            assert_never(kind)


def _receive(turn: Turn, command: ReceiveReferral) -> None:
    if command.wanted is None:
        turn.record(
            events.AwaitingInformation(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                received_at=command.received_at,
                source_kind=command.source_kind,
                organisation=command.organisation,
                ward=command.ward,
                urgency=command.urgency,
                targets_minutes=turn.policy.targets_minutes,
            )
        )
        return
    complete_at = command.complete_at or command.received_at
    _start(turn, command, command.urgency, complete_at, command.wanted)


def _complete(turn: Turn, placement: Present, command: CompleteReferral) -> None:
    if isinstance(placement, states.AwaitingInformation):
        _start(turn, placement, command.urgency, command.complete_at, command.wanted)


def _start(
    turn: Turn,
    known: ReceiveReferral | states.AwaitingInformation,
    urgency: Urgency,
    complete_at: datetime,
    wanted: Wanted,
) -> None:
    """Begin the search under the policy of this moment; `known` says where it comes from."""
    turn.record(
        events.SearchStarted(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            received_at=known.received_at,
            complete_at=complete_at,
            source_kind=known.source_kind,
            organisation=known.organisation,
            ward=known.ward,
            urgency=urgency,
            outcode=wanted.outcode,
            sector=wanted.sector,
            gender=wanted.gender,
            requirement=wanted.requirement,
            policy_name=turn.policy.name,
            policy_version=turn.policy.version,
            targets_minutes=turn.policy.targets_minutes,
            paperwork_due_at=wanted.paperwork_due_at,
            authorised_minutes=wanted.authorised_minutes,
        )
    )
    escalate_if_exceeded(turn)
