"""A package in parts: visits placed apart, bridging care until the long-term search ends, and back.

Parts share the clock of what they were part of. Source: domain page, part and bridging.
"""

from collections.abc import Iterator, Sequence

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.ids import later_placement_id
from services.matching.domain.package_turn import PackageTurn
from services.matching.domain.placement import Open, Present
from services.matching.domain.refusal import Refusal
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Visit
from services.matching.domain.search import lapse_due
from services.matching.domain.withdrawing import withdraw_offers

LEAST_PARTS = 2


def split(whole: PackageTurn, placement: Present, command: asked.Split) -> Refusal | None:
    """Withdraw the offers of the whole and search each part; every visit is in exactly one."""
    refusal = _why_not_searched_apart(placement)
    if refusal is not None:
        return refusal
    origin = whole.origin(placement)
    visits = origin.requirement.visits
    places = sorted(place for part in command.parts for place in part)
    if (
        len(command.parts) < LEAST_PARTS
        or not all(command.parts)
        or places != list(range(len(visits)))
    ):
        return Refusal(
            code="parts-do-not-add-up",
            sentence=f"Give two parts or more, with each of the {len(visits)} visits (from 0 to"
            f" {len(visits) - 1}) in exactly one of them.",
        )
    divide(whole, placement, "split", len(command.parts))
    for part in command.parts:
        chosen = tuple([visits[place] for place in sorted(part)])
        whole.begin((placement,), origin, "split", replace(origin.requirement, visits=chosen))
    return None


def merge(whole: PackageTurn, command: asked.Merge) -> Refusal | None:
    """Search parts that nobody has as one package again."""
    parts = [whole.package.placement(one) for one in dict.fromkeys(command.placement_ids)]
    searched = [one for one in parts if isinstance(one, Open) and one.facts.bridging_until is None]
    if len(parts) < LEAST_PARTS or len(searched) < len(parts):
        return Refusal(
            code="not-searching",
            sentence="Give two parts or more that are being searched; a part that somebody has, or"
            " bridging care, is not merged.",
        )
    origins = [whole.origin(one) for one in searched]
    if len({(one.follows, one.outcode) for one in origins}) > 1:
        return Refusal(
            code="not-searching",
            sentence="These searches follow different care; only parts that began together are"
            " merged.",
        )
    origin = origins[0]
    requirement = replace(origin.requirement, visits=tuple(_visits(whole, searched)))
    for n, part in enumerate(searched):
        divide(whole, part, "merged", 1 if n == 0 else 0)
    whole.begin(searched, origin, "merged", requirement)
    return None


def bridge(whole: PackageTurn, placement: Present, command: asked.Bridge) -> Refusal | None:
    """Search bridging care for all visits of a placement; its own search goes on."""
    refusal = _why_not_searched_apart(placement)
    if refusal is not None:
        return refusal
    if command.until <= whole.now:
        return Refusal(code="in-the-past", sentence="Bridging care must end in the future.")
    if any(True for _ in bridging_of(whole, placement)):
        return Refusal(
            code="already-asked", sentence="This package has bridging care already; end it first."
        )
    origin = whole.origin(placement)
    started = replace(origin, follows=placement.placement_id)
    whole.begin((placement,), started, "bridging", origin.requirement, bridging_until=command.until)
    return None


def bridging_of(whole: PackageTurn, placement: Present) -> Iterator[states.Searched]:
    """Bridging care of a placement that is searched, or given; also where it was asked for when the
    placement was a part of something greater."""
    wholes = frozenset(whole.package.came_of(placement.placement_id))
    for one in whole.package.placements:
        if (
            isinstance(one, states.Searched)
            and one.facts.bridging_until is not None
            and one.facts.follows in wholes
        ):
            yield one


def _why_not_searched_apart(placement: Present) -> Refusal | None:
    if not isinstance(placement, Open):
        return Refusal(
            code="not-searching",
            sentence="Only a package that is being searched can be placed in parts; one that"
            " somebody has is changed or handed over.",
        )
    if placement.facts.bridging_until is not None:
        return Refusal(code="not-searching", sentence="Bridging care is not placed in parts.")
    return None


def divide(whole: PackageTurn, placement: Present, because: care.Divided, new: int) -> None:
    """End this search; `new` placements begin next. Answers to its offers come too late."""
    turn = whole.turn(placement)
    lapse_due(turn)
    withdraw_offers(turn, "divided")
    turn.close(*placement.escalations)
    first, known = whole.package.placements[0].placement_id, len(whole.package.placements)
    turn.record(
        care.PlacementDivided(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            because=because,
            into=tuple([later_placement_id(first, known + n) for n in range(new)]),
        )
    )
    whole.take(turn)


def _visits(whole: PackageTurn, parts: Sequence[Open]) -> Iterator[Visit]:
    for part in parts:
        yield from whole.origin(part).requirement.visits
