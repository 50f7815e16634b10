"""What a provider says about a package of its own: load, decide, save, in the caller's transaction.

The order of locks is the same everywhere: the referral's stream in `responses.v1`, then the award.
The clock is read after both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from services.providers.domain.awards import Asked, Award, decide_award_request
from services.providers.domain.ids import AwardRequest, Question, question_answer_id
from services.providers.domain.meant import Had, award_meant
from services.providers.domain.questions import Answered, Put, decide_answer_to
from services.providers.domain.verdicts import Refusal, Respond, Verdict
from services.providers.handlers.answering import Waiting, read_versions
from services.providers.handlers.recording import TOPIC, ResponseEvent, record
from services.providers.handlers.words import Words
from services.providers.projections import PACKAGES
from services.providers.projections.packages import PackageRow
from services.providers.store import QUERIES, lock_streams
from shared import clock
from shared.contracts import responses
from shared.contracts.codes import HandBackReason, ReleaseReason
from shared.postgres.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAboutAward:
    """A provider confirms, releases or hands back its award, or reports the start.

    `package_id` is the referral's id or the award's. Each request has its own fields.
    """

    provider_id: UUID
    package_id: UUID
    request: AwardRequest
    words: Words
    reason: ReleaseReason | HandBackReason | None = None
    started_at: datetime | None = None
    last_visit_at: datetime | None = None
    version: int | None = None
    """Of what is needed, as the provider has read it, with a confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuestion:
    """A provider agrees or refuses to go on. `version` belongs to a change."""

    provider_id: UUID
    package_id: UUID
    question: Question
    agrees: bool
    words: Words
    version: int | None = None


Command = AskAboutAward | AnswerQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    """A package under its locks, with what was said about it before."""

    referral_id: UUID
    last_sequence: int
    row: PackageRow | None
    versions: tuple[int, int]
    said: Sequence[Mapping[str, Any]]
    now: datetime


async def find_award(
    connection: Connection, package_id: UUID, provider_id: UUID
) -> UUID | Refusal | None:
    """The award that a provider means by its id or its referral's; None for one it does not have."""
    rows = await QUERIES.list_awards(connection, package_id=package_id, provider_id=provider_id)
    return award_meant([Had(award_id=row["award_id"], state=row["state"]) for row in rows])


async def speak_about_award(connection: Connection, command: Command) -> Waiting | Refusal:
    """Records what is said once, if the provider's award allows it; a refusal stores nothing."""
    locked = await _lock(connection, command)
    if isinstance(locked, Refusal):
        return locked
    row = locked.row
    verdict = _decide(locked, command)
    if isinstance(verdict, Refusal):
        return verdict
    assert row is not None, "only an award of one's own is not refused"
    if isinstance(verdict, Respond):
        event = _event(command, row, verdict.response_id, locked.now)
        await record(connection, event, locked.last_sequence, command.words)
    return Waiting(
        referral_id=locked.referral_id,
        provider_id=command.provider_id,
        response_id=verdict.response_id,
        award_id=row.award_id,
    )


async def _lock(connection: Connection, command: Command) -> _Locked | Refusal:
    whose = {"package_id": command.package_id, "provider_id": command.provider_id}
    referral_id: UUID | None = await QUERIES.find_package_place(connection, **whose)
    if referral_id is None:
        return Refusal(code="not-found")
    last = await lock_streams(connection, TOPIC, [referral_id])
    award_id = await find_award(connection, **whose)
    if isinstance(award_id, Refusal):
        return award_id
    row: PackageRow | None = None
    versions = (1, 1)
    said: Sequence[Mapping[str, Any]] = ()
    if award_id is not None:
        row = (await PACKAGES.rows.load(connection, [award_id], lock=True))[award_id]
        versions = await read_versions(connection, row.placement_id)
        said = await QUERIES.list_award_responses(connection, award_id=award_id)
    return _Locked(
        referral_id=referral_id,
        last_sequence=last[referral_id],
        row=row,
        versions=versions,
        said=said,
        now=await clock.now(connection),
    )


def _decide(locked: _Locked, command: Command) -> Verdict:
    award = None if locked.row is None else award_from(locked.row, locked.versions)
    if isinstance(command, AskAboutAward):
        return decide_award_request(
            award,
            command.request,
            _asked(locked.said, command.request),
            now=locked.now,
            started_at=command.started_at,
            last_visit_at=command.last_visit_at,
            version=command.version,
        )
    put = None if locked.row is None else _put(locked.row, command)
    answered = Answered() if award is None or put is None else _answered(award, put, locked.said)
    return decide_answer_to(award, put, agrees=command.agrees, answered=answered, now=locked.now)


def award_from(row: PackageRow, versions: tuple[int, int]) -> Award:
    """The award in a row, as the rules see it."""
    return Award(
        award_id=row.award_id,
        state=row.state,
        accepted_at=row.accepted_at,
        confirmed=row.confirmed_at is not None,
        started_at=row.started_at,
        handed_back=row.ended_because == "handed_back",
        ends_openly=row.state == "ending" and row.last_visit_at is None,
        change_open=row.change_version is not None and row.change_result is None,
        versions=versions,
    )


def _put(row: PackageRow, command: AnswerQuestion) -> Put | None:
    """The question that is answered, if it is the one that was put last."""
    number: int
    superseded = False
    match command.question:
        case "restart":
            if row.restart_at is None or row.restart_by is None:
                return None
            number, answer_by, result = row.restarts, row.restart_by, row.restart_result
        case "change":
            asked, named = row.change_version, command.version
            if asked is None or named is None or named > asked or row.change_by is None:
                return None
            number, answer_by, result = named, row.change_by, row.change_result
            superseded = named < asked
        case _ as never:
            assert_never(never)
    return Put(
        question=command.question,
        number=number,
        answer_by=answer_by,
        result=result,
        superseded=superseded,
    )


def _asked(said: Sequence[Mapping[str, Any]], request: AwardRequest) -> Asked:
    refused = [row["request"] for row in said if row["first_result"] == "refused"]
    kept = {row["request"]: row for row in said if row["first_result"] != "refused"}

    def of(request: AwardRequest, column: str) -> Any:
        return kept[request][column] if request in kept else None

    return Asked(
        confirm_id=of("confirm", "response_id"),
        release_id=of("release", "response_id"),
        start_id=of("start", "response_id"),
        started_at=of("start", "started_at"),
        hand_back_id=of("hand_back", "response_id"),
        last_visit_at=of("hand_back", "last_visit_at"),
        refused=refused.count(request),
    )


def _answered(award: Award, put: Put, said: Sequence[Mapping[str, Any]]) -> Answered:
    """What was answered to this very question, which the ids of answers name."""
    by_id = {row["response_id"]: row for row in said}
    refused = 0
    while True:
        response_id = question_answer_id(award.award_id, put.question, put.number, refused)
        row = by_id.get(response_id)
        if row is None:
            return Answered(refused=refused)
        if row["first_result"] != "refused":
            return Answered(response_id=response_id, agrees=row["agrees"], refused=refused)
        refused += 1


def _event(command: Command, row: PackageRow, response_id: UUID, now: datetime) -> ResponseEvent:
    common = {
        "at": now,
        "recorded_at": now,
        "referral_id": row.referral_id,
        "response_id": response_id,
        "provider_id": command.provider_id,
        "award_id": row.award_id,
    }
    if isinstance(command, AnswerQuestion):
        return _answer(command, common)
    match command.request:
        case "confirm":
            return responses.ConfirmationSent.model_validate(
                {**common, "requirement_version": command.version}
            )
        case "release":
            return responses.ReleaseSent.model_validate({**common, "reason": command.reason})
        case "start":
            return responses.StartReported.model_validate(
                {**common, "started_at": command.started_at}
            )
        case "hand_back":
            return responses.HandBackSent.model_validate(
                {**common, "reason": command.reason, "last_visit_at": command.last_visit_at}
            )
        case _ as never:
            assert_never(never)


def _answer(command: AnswerQuestion, common: dict[str, Any]) -> ResponseEvent:
    match command.question:
        case "restart":
            return responses.RestartAnswered.model_validate({**common, "agrees": command.agrees})
        case "change":
            return responses.ChangeAnswered.model_validate(
                {**common, "agrees": command.agrees, "version": command.version}
            )
        case _ as never:
            assert_never(never)
