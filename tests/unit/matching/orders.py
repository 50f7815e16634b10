"""What people order, ready to be given to a story."""

from dataclasses import replace
from typing import Any

from services.matching.domain import ids
from services.matching.domain import people_commands as orders
from tests.unit.matching.world import (
    PLACEMENT,
    Story,
    answers,
    at,
    no,
    pid,
    release,
    said,
    searching,
    tier,
    wanted,
    yes,
)


def hold(minutes: float) -> orders.HoldSearch:
    """Until so many minutes past eight."""
    return orders.HoldSearch(until=at(minutes))


RESUME = orders.ResumeSearch()
CANCEL = orders.CancelAward()
ESCALATE = orders.Escalate()
MOVE = orders.MoveToPolicy()


def jump(tier_name: str) -> orders.JumpToTier:
    return orders.JumpToTier(tier_name=tier_name, ground="urgency")


def ask(name: str) -> orders.AskProvider:
    return orders.AskProvider(provider_id=pid(name), ground="persons_choice")


def skip(name: str) -> orders.SkipProvider:
    return orders.SkipProvider(provider_id=pid(name), ground="persons_choice")


def exclude(name: str) -> orders.ExcludeProvider:
    return orders.ExcludeProvider(provider_id=pid(name))


def lift(name: str) -> orders.LiftExclusion:
    return orders.LiftExclusion(provider_id=pid(name))


def offer_of(name: str, round_: int = 1, before: int = 0) -> Any:
    return ids.offer_id(PLACEMENT, round_, pid(name), before)


def window(name: str, minutes: float, round_: int = 1) -> orders.ChangeWindow:
    return orders.ChangeWindow(offer_id=offer_of(name, round_), expires_at=at(minutes))


def take_back(name: str, round_: int = 1) -> orders.WithdrawOffer:
    return orders.WithdrawOffer(offer_id=offer_of(name, round_))


def correct(
    name: str, said: Any, *, minutes: float | None = None, meant: str | None = None, round_: int = 1
) -> orders.CorrectAnswer:
    return orders.CorrectAnswer(
        offer_id=offer_of(name, round_),
        said=said,
        reason="times" if said == "decline" else None,
        said_at=None if minutes is None else at(minutes),
        meant=None if meant is None else offer_of(meant, round_),
    )


def view(said: Any, minutes: float = 0) -> orders.RecordPersonView:
    return orders.RecordPersonView(view=said, told_by_role="ward", told_at=at(minutes))


def amend(
    by: Any = "broker", outcode: str | None = None, **changes: Any
) -> orders.AmendRequirement:
    """What is needed now, the rest as the search began."""
    want = wanted(outcode or "E4", **changes)
    return orders.AmendRequirement(by=by, requirement=want.requirement, outcode=outcode)


def link(name: str | None) -> orders.LinkPackage:
    return orders.LinkPackage(linked_referral_id=None if name is None else pid(name))


def assign(name: str | None) -> orders.Assign:
    return orders.Assign(assignee_id=None if name is None else pid(name))


def close(kind: Any) -> orders.CloseEscalation:
    return orders.CloseEscalation(kind=kind)


def one_by_one(*names: str, **changes: Any) -> Story:
    """A search that asks one provider at a time."""
    return searching(*names, tiers=(tier(wave_size=1, **changes),))


def intervened() -> Story:
    """A placement about which people have decided everything that they can."""
    told = one_by_one("A", "B", "C", "D")
    told.when(hold(60), 1).when(RESUME, 2).when(window("A", 45), 3).when(skip("B"), 4)
    told.when(exclude("C"), 5).when(lift("C"), 6).when(view("agrees", 7), 7)
    told.when(assign("kim"), 8).when(answers(yes("A", 9)), 9)
    told.when(release("A", reason="unsafe"), 10)
    told.policy = replace(told.policy, version="1" * 16)
    told.when(MOVE, 11).when(amend(ready_at=at(24 * 60)), 12)
    told.when(link("the other"), 12)
    told.when(answers(said(no("B", 0, round_=2), 13)), 13)
    return told.when(correct("B", None, round_=2), 14)


def moved() -> Story:
    """A placement in which what stands is decided at another instant than was said."""
    told = searching("A", "B", "C").when(answers(yes("B", 2)), 2).when(answers(yes("C", 6)), 6)
    return told.when(take_back("B"), 8)
