"""Between the contracts that arrive on topics and the commands of the rules."""

from collections.abc import Iterator, Sequence
from datetime import time
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.matching.domain import requirement as needs
from services.matching.domain.asking import Terms
from services.matching.domain.care_commands import AnswerChange, AnswerRestart, HandBack
from services.matching.domain.commands import (
    Answer,
    AnswerCounter,
    CompleteReferral,
    ConfirmAward,
    ReceiveAnswers,
    ReceiveReferral,
    ReleaseAward,
    ReportStart,
    WithdrawReferral,
)
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.people_commands import AmendRequirement, LinkPackage
from shared.contracts import referrals, responses
from shared.contracts.codes import Band, Task, Weekday
from shared.contracts.model import Event
from shared.contracts.requirement import Requirement, Visit
from shared.messaging.received import Received


def commands_from(records: Sequence[Received]) -> Iterator[tuple[PackageCommand, UUID]]:
    """The commands in a placement's records, in order, each with the event that causes it.

    Answers that follow each other become one command, so that those which waited together are
    decided together. Raises AssertionError for an event that matching does not read.
    """
    answers: list[Answer] = []
    cause: UUID | None = None
    for received in records:
        if (answer := _answer(received.event)) is not None:
            answers.append(answer)
            cause = cause or received.id
            continue
        if cause is not None:
            yield ReceiveAnswers(answers=tuple(answers)), cause
            answers, cause = [], None
        yield _command(received.event), received.id
    if cause is not None:
        yield ReceiveAnswers(answers=tuple(answers)), cause


def _answer(event: Event) -> Answer | None:
    rate_pence, terms, version = None, None, None
    match event:
        case responses.OfferAccepted():
            kind, reason, rate_pence = "accept", None, event.rate_pence
            version = event.requirement_version
        case responses.OfferDeclined():
            kind, reason = "decline", event.reason
        case responses.ConditionProposed():
            kind, reason, version = "accept", None, event.requirement_version
            terms = Terms(
                starts_at=event.starts_at, visits=tuple(visit_of(one) for one in event.visits)
            )
        case _:
            return None
    return Answer(
        kind="accept" if kind == "accept" else "decline",
        offer_id=event.offer_id,
        provider_id=event.provider_id,
        answered_at=event.recorded_at,
        reason=reason,
        response_id=event.response_id,
        rate_pence=rate_pence,
        terms=terms,
        version=version,
    )


def _command(event: Event) -> PackageCommand:
    match event:
        case referrals.ReferralReceived():
            return ReceiveReferral(
                referral_id=event.referral_id,
                received_at=event.received_at,
                source_kind=event.source.kind,
                organisation=event.source.organisation,
                ward=event.source.ward,
                urgency=event.urgency,
                complete_at=event.complete_at,
                wanted=None if event.wanted is None else _wanted(event.wanted),
            )
        case referrals.ReferralCompleted():
            return CompleteReferral(
                complete_at=event.complete_at, urgency=event.urgency, wanted=_wanted(event.wanted)
            )
        case referrals.RequirementAmended():
            wanted = _wanted(event.wanted)
            return AmendRequirement(
                by="referral",
                requirement=wanted.requirement,
                outcode=wanted.outcode,
                sector=wanted.sector,
                gender=wanted.gender,
            )
        case referrals.ReferralLinked():
            return LinkPackage(linked_referral_id=event.linked_referral_id)
        case referrals.WithdrawalRequested():
            return WithdrawReferral(reason=event.reason)
        case responses.CounterAnswered():
            return AnswerCounter(
                offer_id=event.offer_id,
                provider_id=event.provider_id,
                answered_at=event.recorded_at,
                response_id=event.response_id,
                agrees=event.agrees,
            )
        case responses.ConfirmationSent():
            return ConfirmAward(**_of_award(event), version=event.requirement_version)
        case responses.ReleaseSent():
            return ReleaseAward(**_of_award(event), reason=event.reason)
        case responses.StartReported():
            return ReportStart(**_of_award(event), started_at=event.started_at)
        case responses.HandBackSent():
            return HandBack(
                **_of_award(event), reason=event.reason, last_visit_at=event.last_visit_at
            )
        case responses.RestartAnswered():
            return AnswerRestart(**_of_award(event), agrees=event.agrees)
        case responses.ChangeAnswered():
            return AnswerChange(**_of_award(event), version=event.version, agrees=event.agrees)
        case _:
            raise AssertionError(f"matching does not read {event.TYPE}")


def _of_award(
    event: responses.ConfirmationSent
    | responses.ReleaseSent
    | responses.StartReported
    | responses.HandBackSent
    | responses.RestartAnswered
    | responses.ChangeAnswered,
) -> dict[str, Any]:
    return {
        "provider_id": event.provider_id,
        "award_id": event.award_id,
        "recorded_at": event.recorded_at,
        "response_id": event.response_id,
    }


def _wanted(wanted: referrals.Wanted) -> needs.Wanted:
    return needs.Wanted(
        outcode=wanted.outcode,
        sector=wanted.sector,
        requirement=requirement_of(wanted.requirement),
        gender=wanted.gender,
        paperwork_due_at=wanted.authorisation.due_by if wanted.authorisation.at is None else None,
        authorised_minutes=wanted.authorisation.weekly_minutes,
    )


def requirement_of(asked: Requirement) -> needs.Requirement:
    """The requirement of a contract as the rules weigh it."""
    return needs.Requirement(
        care_type=asked.care_type,
        visits=tuple([visit_of(visit) for visit in asked.visits]),
        needs=asked.needs,
        risks=asked.risks,
        equipment=asked.equipment,
        preferences=_preferences(asked),
        exclude_provider_ids=asked.exclude_provider_ids,
        outcomes=asked.outcomes,
        ready_at=asked.ready_at,
        continuity_provider_id=asked.continuity_provider_id,
    )


def visit_of(visit: Visit) -> needs.Visit:
    """A visit in the rules' words."""
    return _same_visit(
        weekday=visit.weekday,
        band=visit.band,
        from_=visit.from_,
        to=visit.to,
        minutes=visit.minutes,
        carers=visit.carers,
        time_critical=visit.time_critical,
        tasks=visit.tasks,
    )


@lru_cache(maxsize=4096)
def _same_visit(
    *,
    weekday: Weekday,
    band: Band | None,
    from_: time | None,
    to: time | None,
    minutes: int,
    carers: int,
    time_critical: bool,
    tasks: tuple[Task, ...],
) -> needs.Visit:
    """Packages are made of the same few kinds of visits: each is made once and shared."""
    return needs.Visit(
        weekday=weekday,
        band=band,
        from_=from_,
        to=to,
        minutes=minutes,
        carers=carers,
        time_critical=time_critical,
        tasks=tasks,
    )


def _preferences(asked: Requirement) -> needs.Preferences:
    gender, named = asked.preferences.carer_gender, asked.preferences.provider_id
    carer_gender = provider_id = None
    if gender is not None:
        carer_gender = needs.PreferredCarerGender(value=gender.value, strength=gender.strength)
    if named is not None:
        provider_id = needs.PreferredProvider(value=named.value, strength=named.strength)
    return needs.Preferences(
        carer_gender=carer_gender,
        languages=tuple(
            [
                needs.PreferredLanguage(value=language.value, strength=language.strength)
                for language in asked.preferences.languages
            ]
        ),
        provider_id=provider_id,
    )
