"""The one way in for a whole package: which of its placements a command is about, and what follows
between them.

A single placement that is being searched goes straight to `step`; nothing here slows it down.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.matching.domain import care, changing, parts
from services.matching.domain import care_commands as asked
from services.matching.domain import commands as searching
from services.matching.domain import placement as states
from services.matching.domain.care_commands import CareCommand
from services.matching.domain.care_follow import follow
from services.matching.domain.commands import Command
from services.matching.domain.decide import step
from services.matching.domain.events import Event, SearchStarted
from services.matching.domain.market import Market
from services.matching.domain.package import NOTHING, Package
from services.matching.domain.package_turn import Origins, PackageTurn
from services.matching.domain.people_commands import (
    AmendRequirement,
    Escalate,
    LinkPackage,
    MoveToPolicy,
)
from services.matching.domain.placement import Present
from services.matching.domain.policy import Policy, PolicyBook
from services.matching.domain.refusal import UNKNOWN_PLACEMENT, Refusal

PackageCommand = Command | CareCommand
NO_ORIGINS: Mapping[UUID, SearchStarted] = {}
_SEARCH_ALONE = states.AwaitingInformation | states.Searching | states.Exhausted | states.Awarded
_OF_ALL = (
    searching.CompleteReferral
    | searching.WithdrawReferral
    | searching.PassTime
    | searching.ReviewOutlook
    | searching.ReconsiderMarket
    | LinkPackage
)
"""Commands about every placement of a package."""


def step_package(
    package: Package,
    command: PackageCommand,
    now: datetime,
    policies: PolicyBook,
    market: Market,
    *,
    about: UUID | None = None,
    origins: Origins = NO_ORIGINS,
) -> tuple[Package, tuple[Event, ...]] | Refusal:
    """The package after a command, and the events that led there; a Refusal changes nothing.

    `about` is the placement that a person means; None: the only one that is open. `origins` say how
    the searches of this package began: needed once care has been confirmed, and for parts.
    """
    placements = package.placements
    if len(placements) <= 1 and not isinstance(command, CareCommand):
        alone = placements[0] if placements else states.Absent()
        if isinstance(alone, states.Absent | _SEARCH_ALONE) and about is None:
            policy = _policy(policies, alone, command)
            outcome = step(alone, command, now, policy, market)
            if isinstance(outcome, Refusal):
                return outcome
            after, events = outcome
            return (
                NOTHING if isinstance(after, states.Absent) else Package(placements=(after,))
            ), events
    if not placements:
        return UNKNOWN_PLACEMENT
    whole = PackageTurn(package=package, now=now, policies=policies, market=market, origins=origins)
    refusal = _obey(whole, command, about)
    if refusal is not None:
        return refusal
    follow(whole)
    return whole.package, tuple(whole.events)


def _policy(policies: PolicyBook, placement: states.Placement, command: Command) -> Policy:
    """The version that the search began under; a person may move it to the one in force."""
    if isinstance(placement, states.Searched) and not isinstance(command, MoveToPolicy):
        return policies.of(placement.facts.policy_version)
    return policies.current


def needs_origins(package: Package, command: PackageCommand) -> bool:
    """Whether `step_package` may have to know how these searches began: a new one may follow."""
    return isinstance(command, CareCommand) or any(
        (isinstance(one, states.Started | states.Paused) and one.change is not None)
        or (isinstance(one, states.Paused) and one.restart is not None)
        for one in package.placements
    )


def _obey(whole: PackageTurn, command: PackageCommand, about: UUID | None) -> Refusal | None:
    if isinstance(command, _OF_ALL):
        for placement in whole.package.placements:
            if isinstance(command, searching.WithdrawReferral) and isinstance(
                placement, states.Ending
            ):
                care.end_now(whole, placement)
            else:
                _search(whole, placement, command)
        return None
    if isinstance(command, searching.ReceiveAnswers):
        return _answers(whole, command)
    if isinstance(command, searching.AnswerCounter):
        return _search(whole, whole.package.with_offer(command.offer_id), command)
    if isinstance(command, searching.AwardCommand | asked.CareAnswer):
        placement = whole.package.with_award(command.award_id, command.response_id)
        if isinstance(command, asked.CareAnswer):
            care.answer_care(whole, placement, command)
            return None
        return _search(whole, placement, command)
    if isinstance(command, searching.ReceiveReferral):
        return _search(whole, whole.package.placements[0], command)
    if isinstance(command, asked.Merge):
        return parts.merge(whole, command)
    if isinstance(command, AmendRequirement) and command.by == "referral":
        return _amended(whole, command)
    meant = _meant(whole.package, about, command)
    if isinstance(meant, Refusal):
        return meant
    if isinstance(command, asked.CareOrder):
        return _order(whole, meant, command)
    return _search(whole, meant, command)


def _amended(whole: PackageTurn, command: AmendRequirement) -> Refusal | None:
    """The ward's change goes to the one open placement; of several parts a person must say which."""
    found = whole.package.open() or whole.package.placements[-1:]
    if len(found) == 1:
        return _search(whole, found[0], command)
    for placement in found:
        _search(whole, placement, Escalate())
    return None


def _search(whole: PackageTurn, placement: Present, command: Command) -> Refusal | None:
    """One placement by the rules of a search."""
    policy = _policy(whole.policies, placement, command)
    outcome = step(placement, command, whole.now, policy, whole.market)
    if isinstance(outcome, Refusal):
        return outcome
    after, events = outcome
    if events:
        assert not isinstance(after, states.Absent)
        whole.package = whole.package.replaced(after)
        whole.events.extend(events)
    return None


def _answers(whole: PackageTurn, command: searching.ReceiveAnswers) -> Refusal | None:
    """Each answer goes to the placement that made the offer, in order, those of one together."""
    by_placement: dict[UUID, list[searching.Answer]] = {}
    for answer in command.answers:
        placement = whole.package.with_offer(answer.offer_id)
        by_placement.setdefault(placement.placement_id, []).append(answer)
    for placement_id, answers in by_placement.items():
        placement = next(p for p in whole.package.placements if p.placement_id == placement_id)
        refusal = _search(whole, placement, searching.ReceiveAnswers(answers=tuple(answers)))
        if refusal is not None:
            return refusal
    return None


def _meant(package: Package, about: UUID | None, command: PackageCommand) -> Present | Refusal:
    """The placement that a person means, or a refusal that names those there are."""
    if about is not None:
        placement = package.placement(about)
        return UNKNOWN_PLACEMENT if isinstance(placement, states.Absent) else placement
    meant = package.open()
    if isinstance(command, asked.RestartCare) and not meant:
        meant = package.undivided()[-1:]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        return package.placements[-1]
    named = ", ".join(f"{one.placement_id} ({one.status})" for one in meant)
    return Refusal(
        code="several-parts",
        sentence=f"This package is placed in parts; say which one, by its id in the route: {named}.",
    )


def _order(whole: PackageTurn, placement: Present, command: asked.CareOrder) -> Refusal | None:
    match command:
        case asked.PauseCare():
            return care.pause(whole, placement, command)
        case asked.RestartCare():
            return care.restart(whole, placement, command)
        case asked.ChangeCare():
            return changing.change(whole, placement, command)
        case asked.EndCare():
            return care.end(whole, placement, command)
        case asked.TransferCare():
            return care.transfer(whole, placement, command)
        case asked.ContinueLongTerm():
            return care.continue_long_term(whole, placement, command)
        case asked.RecordContingency():
            return care.record_contingency(whole, placement, command)
        case asked.Split():
            return parts.split(whole, placement, command)
        case asked.Bridge():
            return parts.bridge(whole, placement, command)
        case asked.Merge():
            return parts.merge(whole, command)
        case _:
            assert_never(command)
