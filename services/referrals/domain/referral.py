"""A referral's life as this service decides it: received, completed, withdrawn on request.

What becomes of the package (placed, started, ended) is decided by matching and comes back as facts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReceived:
    """Nothing is known of it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """Acknowledged; the headline clock runs, and something is missing."""

    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Nothing is missing; matching searches."""

    received_at: datetime
    complete_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawing:
    """The ward or hub asked to end it; matching always does."""

    received_at: datetime
    complete_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Matching has ended it."""

    received_at: datetime
    complete_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Every visit has had somebody who came: it is a package under way."""

    received_at: datetime
    complete_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Nobody gives care any more, and nobody is asked to. Care may be searched again."""

    received_at: datetime
    complete_at: datetime | None


State: TypeAlias = NotReceived | Incomplete | Complete | Withdrawing | Withdrawn | Started | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """Take a new referral; `missing` is what it lacks, `linked` if it names another."""

    missing: tuple[str, ...]
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Add information; `missing` is what it lacks afterwards, `changed` if it is another request,
    `linked` if it names another referral than before, or none."""

    missing: tuple[str, ...]
    changed: bool = False
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """End it, for this reason."""

    reason: str


Command: TypeAlias = Receive | Supply | Withdraw


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """It was acknowledged, complete or not."""

    at: datetime
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """Nothing is missing any more."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """What is asked for has changed since it was complete; matching decides what follows."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequested:
    """The ward or hub asked to end it."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """It is shown with the referral that it names now, or with none."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageEnded:
    """Matching's word: it is ended."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareStarted:
    """Matching's word: the first visits were delivered, of every part that is to last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareOver:
    """Matching's word: every placement is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareGoesOn:
    """Matching's word: somebody gives care, or is asked to."""


Event: TypeAlias = Received | Completed | Amended | WithdrawalRequested | Linked
Fact: TypeAlias = PackageEnded | CareStarted | CareOver | CareGoesOn


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changes nothing: a code, and a sentence that says what to do."""

    code: str
    sentence: str


def decide(state: State, command: Command, now: datetime) -> tuple[Event, ...] | Refusal:
    """What follows from a command, or why nothing does. Asking twice for the same end is no error."""
    match command:
        case Receive(missing=missing, linked=linked):
            if not isinstance(state, NotReceived):
                return Refusal(code="already-received", sentence="This referral is already here.")
            link = (Linked(at=now),) if linked else ()
            return (Received(at=now, missing=missing), *link)
        case Supply(missing=missing, changed=changed, linked=linked):
            supplied = _supply(state, missing, changed, now)
            if isinstance(supplied, Refusal) or not linked:
                return supplied
            return (Linked(at=now), *supplied)
        case Withdraw(reason=reason):
            return _withdraw(state, reason, now)
        case _:
            assert_never(command)


def _supply(
    state: State, missing: tuple[str, ...], changed: bool, now: datetime
) -> tuple[Event, ...] | Refusal:
    match state:
        case Incomplete():
            return () if missing else (Completed(at=now),)
        case Complete():
            return (Amended(at=now),) if changed else ()
        case Started() | Ended() | Withdrawing() | Withdrawn():
            return _over(state)
        case NotReceived():
            return Refusal(code="not-found", sentence="Check the id.")
        case _:
            assert_never(state)


def _withdraw(state: State, reason: str, now: datetime) -> tuple[Event, ...] | Refusal:
    match state:
        case Incomplete() | Complete() | Started():
            # Always, whatever has become of it: matching ends the package. Source: design, core.
            return (WithdrawalRequested(at=now, reason=reason),)
        case Ended():
            return _over(state)
        case Withdrawing() | Withdrawn():
            return () if state.reason == reason else _over(state)
        case NotReceived():
            return Refusal(code="not-found", sentence="Check the id.")
        case _:
            assert_never(state)


def _over(state: Started | Ended | Withdrawing | Withdrawn) -> Refusal:
    if isinstance(state, Ended):
        return Refusal(
            code="already-ended",
            sentence="Care has ended; refer the person again if care is needed.",
        )
    if isinstance(state, Started):
        return Refusal(
            code="already-started",
            sentence="Care has started; ask the brokerage team to change a running package.",
        )
    return Refusal(
        code="already-withdrawn",
        sentence="It was withdrawn before; refer the person again if care is needed.",
    )


def evolve(state: State, event: Event | Fact) -> State:
    """The state after an event of ours or a fact from matching."""
    match event:
        case Received(at=at, missing=missing):
            if missing:
                return Incomplete(received_at=at)
            return Complete(received_at=at, complete_at=at)
        case _ if isinstance(state, NotReceived):
            return state
        case Amended() | Linked():
            return state
        case Completed(at=at):
            return Complete(received_at=state.received_at, complete_at=at)
        case WithdrawalRequested(reason=reason):
            return Withdrawing(
                received_at=state.received_at, complete_at=complete_at(state), reason=reason
            )
        case PackageEnded(reason=reason):
            return Withdrawn(
                received_at=state.received_at, complete_at=complete_at(state), reason=reason
            )
        case CareStarted():
            # A withdrawal that was asked for before the start still ends the package.
            if isinstance(state, Withdrawing | Withdrawn):
                return state
            return Started(received_at=state.received_at, complete_at=complete_at(state))
        case CareOver():
            return _after_the_end(state)
        case CareGoesOn():
            if not isinstance(state, Ended):
                return state
            return Started(received_at=state.received_at, complete_at=state.complete_at)
        case _:
            assert_never(event)


def _after_the_end(
    state: Incomplete | Complete | Withdrawing | Withdrawn | Started | Ended,
) -> State:
    match state:
        case Withdrawing():
            return Withdrawn(
                received_at=state.received_at, complete_at=state.complete_at, reason=state.reason
            )
        case Withdrawn():
            return state
        case Incomplete() | Complete() | Started() | Ended():
            return Ended(received_at=state.received_at, complete_at=complete_at(state))
        case _:
            assert_never(state)


def complete_at(state: State) -> datetime | None:
    """When nothing was missing any more, if that has come."""
    match state:
        case NotReceived() | Incomplete():
            return None
        case Complete() | Withdrawing() | Withdrawn() | Started() | Ended():
            return state.complete_at
        case _:
            assert_never(state)


def is_open(state: State) -> bool:
    """Whether the same person cannot be referred a second time: neither withdrawn nor started.

    In parts it is open until each has started; a later search does not open it again.
    """
    return isinstance(state, Incomplete | Complete)
