"""What makes sense of a policy document's parts together: mistakes, oddities, empty tiers."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from services.matching.domain.codes import Urgency
from services.matching.domain.market import Provider
from services.matching.policy_document import LotPart, Parsed, TierPart
from services.matching.policy_tier_checks import (
    clauses,
    nobody_left,
    unchecked_clauses,
    working_days,
    working_hours,
)
from shared.documents import Finding

URGENCIES: tuple[Urgency, ...] = ("urgent", "routine")


def mistakes_in(parsed: Parsed) -> list[Finding]:
    """What the shape of each part cannot show, and without which no search is sound."""
    checks: tuple[Callable[[Parsed], Iterator[Finding]], ...] = (
        _neighbours,
        _outcodes,
        _targets,
        _tier_names,
        _award_rules,
        _rankings,
        _scopes,
        _strategies,
        _prices,
        clauses,
        working_hours,
        nobody_left,
    )
    return [finding for check in checks for finding in check(parsed)]


def oddities_in(parsed: Parsed) -> list[Finding]:
    """What works and is probably not meant."""
    checks = (_long_windows, _long_budgets, unchecked_clauses, working_days)
    return [finding for check in checks for finding in check(parsed)]


def unfilled_in(parsed: Parsed, registry: Sequence[Provider]) -> list[Finding]:
    """Against the register: tiers that can never open for anybody, and lots that nobody serves."""
    held = {
        (contract.kind, contract.lot) for provider in registry for contract in provider.contracts
    }
    found = [
        parsed.finding(
            ("tiers", index),
            f"nobody in the register can be in this tier: no {tier.contract} contract"
            + (" in a lot that it asks" if tier.scope != "any" else "")
            + "; register a provider or remove the tier",
        )
        for index, tier in parsed.tiers.items()
        if not any(
            kind == tier.contract and (tier.scope == "any" or lot in _lots_asked(parsed, tier))
            for kind, lot in held
        )
    ]
    if not any(tier.scope != "any" for tier in parsed.tiers.values()):
        return found
    served = {lot for kind, lot in held if kind == "framework"}
    return found + [
        parsed.finding(
            ("lots", name),
            "nobody serves this lot: no framework provider is in it; register one, or add its"
            " outcodes to another lot",
        )
        for name in parsed.lots
        if name not in served
    ]


def _lots_asked(parsed: Parsed, tier: TierPart) -> set[str]:
    if tier.scope == "lot":
        return set(parsed.lots)
    return {near for lot in parsed.lots.values() for near in lot.neighbours}


def _neighbours(parsed: Parsed) -> Iterator[Finding]:
    for name, lot in parsed.lots.items():
        for index, near in enumerate(lot.neighbours):
            at = ("lots", name, "neighbours", index)
            if near == name:
                yield parsed.finding(at, "a lot is not its own neighbour; remove it")
            elif not _is_lot(parsed, near):
                yield parsed.finding(at, f"no lot is called {near}; give the name of a lot")


def _is_lot(parsed: Parsed, name: str) -> bool:
    """Also a lot that has mistakes of its own is there to be a neighbour."""
    return ("lots", name) in parsed.written.lines


def _outcodes(parsed: Parsed) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, lot in parsed.lots.items():
        for index, outcode in enumerate(lot.outcodes):
            if outcode in first:
                yield parsed.finding(
                    ("lots", name, "outcodes", index),
                    f"{outcode} is in {first[outcode]} already; an outcode lies in one lot",
                )
            first.setdefault(outcode, name)


def _targets(parsed: Parsed) -> Iterator[Finding]:
    for index, (one, next_one) in enumerate(pairwise(parsed.targets_minutes), start=1):
        if next_one <= one:
            yield parsed.finding(
                ("targets_minutes", index), "not later than the one before; give rising minutes"
            )


def _tier_names(parsed: Parsed) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, tier in parsed.tiers.items():
        if tier.name in seen:
            yield parsed.finding(
                ("tiers", index, "name"), f"{tier.name} is taken; give each tier its own name"
            )
        seen.add(tier.name)


def _award_rules(parsed: Parsed) -> Iterator[Finding]:
    for index, tier in parsed.tiers.items():
        if tier.award_rule == "first" and tier.settling_minutes is not None:
            yield parsed.finding(
                ("tiers", index, "settling_minutes"),
                "the first acceptance wins at once, so nothing settles; remove it",
            )
        if tier.award_rule == "ranked" and tier.settling_minutes is None:
            yield parsed.finding(
                ("tiers", index, "settling_minutes"),
                "missing; say for how many minutes an acceptance stands while better-ranked"
                " providers may answer",
            )


def _rankings(parsed: Parsed) -> Iterator[Finding]:
    for index, tier in parsed.tiers.items():
        ranking = tier.ranking.components
        for place, component in enumerate(ranking):
            if component in ranking[:place]:
                yield parsed.finding(
                    ("tiers", index, "ranking", place), f"{component} is there twice; keep one"
                )


def _scopes(parsed: Parsed) -> Iterator[Finding]:
    for index, tier in parsed.tiers.items():
        at = ("tiers", index, "scope")
        if tier.scope == "any":
            continue
        if tier.contract != "framework":
            yield parsed.finding(
                at, "nobody can ever be in this tier: only framework contracts have lots; give any"
            )
        elif not any(_reaches(tier, lot) for lot in parsed.lots.values()):
            yield parsed.finding(
                at, "nobody can ever be in this tier: no lot has what it asks for; add it or"
                " remove the tier"
            )  # fmt: skip


def _strategies(parsed: Parsed) -> Iterator[Finding]:
    adaptive_before = False
    for index, tier in sorted(parsed.tiers.items()):
        if adaptive_before and not tier.adaptive:
            yield parsed.finding(
                ("tiers", index, "strategy"),
                "the tier before is adaptive, so that its offers run on into this one and nobody"
                " could say when a wave is over; make this adaptive too",
            )
        adaptive_before = adaptive_before or tier.adaptive


def _prices(parsed: Parsed) -> Iterator[Finding]:
    if parsed.document is None:
        return
    prices, targets = parsed.document.prices, parsed.document.targets_minutes
    named = [("prices", target) for target in prices]
    named += [("goals_percent", target) for target in parsed.document.goals_percent]
    for part, target in named:
        if target not in targets:
            yield parsed.finding(
                (part, str(target)),
                f"no target is {target} minutes; give one of {', '.join(map(str, targets))}",
            )
    missing = [str(target) for target in targets if target not in prices]
    if missing and any(tier.adaptive for tier in parsed.tiers.values()):
        yield parsed.finding(
            ("prices",),
            f"missing for {' and '.join(missing)} minutes, and an adaptive tier needs them; say how"
            " many offers a miss is worth, or let `homeward policy tune` find out",
        )


def _reaches(tier: TierPart, lot: LotPart) -> bool:
    return tier.scope == "lot" or bool(lot.neighbours)


def _long_windows(parsed: Parsed) -> Iterator[Finding]:
    for index, tier in parsed.tiers.items():
        for urgency in URGENCIES:
            window = tier.window_minutes.by_urgency()[urgency]
            budget = tier.budget_minutes.by_urgency()[urgency]
            alike = tier.window_minutes.working() == tier.budget_minutes.working()
            if window > budget and alike and not tier.adaptive:
                yield parsed.finding(
                    ("tiers", index, "window_minutes", urgency),
                    f"{window} minutes are cut to the tier's {budget}",
                )


def _long_budgets(parsed: Parsed) -> Iterator[Finding]:
    if not parsed.targets_minutes or not parsed.tiers:
        return
    last = parsed.targets_minutes[-1]
    for urgency in URGENCIES:
        total = sum(tier.budget_minutes.by_urgency()[urgency] for tier in parsed.tiers.values())
        if total > last:
            yield parsed.finding(
                ("tiers",),
                f"the {urgency} budgets add up to {total} minutes, more than the last target of"
                f" {last}",
            )
