"""One award to one provider: its states, and what its provider's requests about it come to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from services.providers.domain.ids import AwardRequest, award_request_id
from services.providers.domain.verdicts import Join, Refusal, Respond, Verdict

AwardState: TypeAlias = Literal[
    "reserved",  # awarded -> reserved: the provider reads the plan, then confirms or releases
    "confirmed",  # reserved -> confirmed
    "started",  # reserved | confirmed | paused -> started: the first visit, or the next, was given
    "paused",  # started -> paused: held while the person is away
    "ending",  # reserved | confirmed | started | paused -> ending: until the last visit
    "ended",  # ending | paused -> ended: the last visit is over, or the package is held no longer
    "released",  # reserved -> released: given back by its provider
    "cancelled",  # reserved | confirmed | started | paused -> cancelled: ended by somebody else
]

FOLLOWS: dict[AwardState, frozenset[AwardState]] = {
    "reserved": frozenset({"confirmed", "started", "ending", "released", "cancelled"}),
    "confirmed": frozenset({"started", "ending", "cancelled"}),
    "started": frozenset({"paused", "ending", "cancelled"}),
    "paused": frozenset({"started", "ending", "ended", "cancelled"}),
    "ending": frozenset({"ended", "started"}),
    "ended": frozenset({"started"}),
    "released": frozenset(),
    "cancelled": frozenset({"reserved"}),
}

"""An answer that was in time and is read late gives back what its provider's silence had ended."""

LIVE: frozenset[AwardState] = frozenset({"reserved", "confirmed", "started", "paused"})
"""The states in which the package is this provider's."""
HELD: frozenset[AwardState] = LIVE | {"ending"}
"""Those in which its plan may be read: until the last visit. Source: domain page, hand-back."""

LATE_REPORT = timedelta(days=1)
"""How long ago a last visit may lie when it is reported: a day that was forgotten, no history."""
FARTHEST_LAST_VISIT = timedelta(days=366)
"""How far ahead a last visit may lie: longer than any notice; later is a mistyped year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """A provider's award, as this service knows it."""

    award_id: UUID
    state: AwardState
    accepted_at: datetime
    """When the provider said yes: care cannot have started before."""
    confirmed: bool
    started_at: datetime | None
    handed_back: bool = False
    """Its provider gave it up, by the endpoint or by telephone."""
    ends_openly: bool = False
    """It ends with the first visit of somebody else: nobody knows its last day yet."""
    change_open: bool = False
    """It is asked about a change of what is needed, and has not answered."""
    versions: tuple[int, int] = (1, 1)
    """The oldest and the newest version of what is needed that a confirmation may be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The responses of this award's provider so far that were not refused, by their ids."""

    confirm_id: UUID | None = None
    release_id: UUID | None = None
    start_id: UUID | None = None
    started_at: datetime | None = None
    """Of the start."""
    hand_back_id: UUID | None = None
    last_visit_at: datetime | None = None
    """Of the hand-back."""
    refused: int = 0
    """How often matching has refused the request at hand, which may be made again."""


def may_read_person(award: Award | None) -> bool:
    """Whether the personal details may be asked for. Source: domain rule 7."""
    return award is not None and award.state in HELD


def decide_award_request(
    award: Award | None,
    request: AwardRequest,
    asked: Asked,
    *,
    now: datetime,
    started_at: datetime | None = None,
    last_visit_at: datetime | None = None,
    version: int | None = None,
) -> Verdict:
    """What `request` at `now` comes to, after what was `asked` before.

    The first of confirm and release counts; the same again joins. `started_at` belongs to `start`,
    `last_visit_at` to `hand_back`, `version` (of what is needed) to `confirm`.
    """
    if award is None:
        return Refusal(code="not-awarded")
    match request:
        case "confirm":
            return _decide_confirm(award, asked, version)
        case "release":
            return _decide_release(award, asked)
        case "start":
            return _decide_start(award, asked, started_at, now)
        case "hand_back":
            return _decide_hand_back(award, asked, last_visit_at, now)
        case _ as never:
            assert_never(never)


def _decide_confirm(award: Award, asked: Asked, version: int | None) -> Verdict:
    if asked.confirm_id is not None:
        return Join(response_id=asked.confirm_id)
    if award.state not in HELD or asked.release_id is not None:
        return Refusal(code="not-awarded")
    if award.confirmed:
        return Join(response_id=None)
    if asked.start_id is not None:
        return Join(response_id=asked.start_id)  # A start implies a confirmation.
    if award.change_open:
        return Refusal(code="change-unanswered")
    oldest, newest = award.versions
    if version is not None and not oldest <= version <= newest:
        return Refusal(code="requirement-changed")
    return Respond(response_id=award_request_id(award.award_id, "confirm", asked.refused))


def _decide_release(award: Award, asked: Asked) -> Verdict:
    if asked.release_id is not None:
        return Join(response_id=asked.release_id)
    if award.state == "released":
        return Join(response_id=None)
    if award.state in ("cancelled", "ended"):
        return Refusal(code="not-awarded")
    taken = asked.confirm_id is not None or asked.start_id is not None
    if award.state != "reserved" or taken:
        return Refusal(code="already-confirmed")
    return Respond(response_id=award_request_id(award.award_id, "release", asked.refused))


def _decide_start(
    award: Award, asked: Asked, started_at: datetime | None, now: datetime
) -> Verdict:
    if started_at is None:
        raise ValueError("a start has the instant at which it was")
    if asked.start_id is not None:
        same = asked.started_at == started_at
        return Join(response_id=asked.start_id) if same else Refusal(code="already-answered")
    if award.state not in HELD or asked.release_id is not None:
        return Refusal(code="not-awarded")
    if award.started_at is not None:
        same = award.started_at == started_at
        return Join(response_id=None) if same else Refusal(code="already-answered")
    if award.state == "ending" or asked.hand_back_id is not None:
        return Refusal(code="already-ending")
    if started_at > now:
        return Refusal(code="started-in-future")
    if started_at < award.accepted_at:
        return Refusal(code="started-too-early")
    return Respond(response_id=award_request_id(award.award_id, "start", asked.refused))


def _decide_hand_back(
    award: Award, asked: Asked, last_visit_at: datetime | None, now: datetime
) -> Verdict:
    """Short notice is never refused here; it is matching that compares it with the contract."""
    if last_visit_at is None:
        raise ValueError("a hand-back has the instant of the last visit")
    if asked.hand_back_id is not None:
        same = asked.last_visit_at == last_visit_at
        return Join(response_id=asked.hand_back_id) if same else Refusal(code="already-answered")
    if award.handed_back:
        return Join(response_id=None)
    if award.state not in HELD or asked.release_id is not None:
        return Refusal(code="not-awarded")
    if award.state == "ending" and not award.ends_openly:
        return Refusal(code="already-ending")
    taken = asked.confirm_id is not None or asked.start_id is not None
    if award.state == "reserved" and not taken:
        return Refusal(code="not-confirmed")
    if last_visit_at < now - LATE_REPORT:
        return Refusal(code="last-visit-in-past")
    if last_visit_at > now + FARTHEST_LAST_VISIT:
        return Refusal(code="last-visit-too-far")
    return Respond(response_id=award_request_id(award.award_id, "hand_back", asked.refused))
