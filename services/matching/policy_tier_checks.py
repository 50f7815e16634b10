"""What makes no sense of single tiers: more than the clause allows, hours without a calendar, a
step at which nobody is left."""

from collections.abc import Iterator

from services.matching.policy_document import Parsed, TierPart
from services.matching.policy_parts import AllowsPart, DurationsPart
from shared.documents import Finding, Location


def clauses(parsed: Parsed) -> Iterator[Finding]:
    """A tier that uses what its clause does not allow. Source: domain rule 2."""
    for index, tier in parsed.tiers.items():
        allows = tier.clause.allows
        if allows is not None:
            at = ("tiers", index)
            yield from _ranking_beyond(parsed, tier, allows, at)
            used = (
                ("strategy", tier.asking, allows.strategies),
                ("award_rule", tier.award_rule, allows.award_rules),
            )
            for key, value, allowed in used:
                if value not in allowed:
                    yield parsed.finding((*at, key), _beyond(value, tier, allowed))


def _ranking_beyond(
    parsed: Parsed, tier: TierPart, allows: AllowsPart, at: Location
) -> Iterator[Finding]:
    weighted = bool(tier.ranking.weights)
    for place, component in enumerate(tier.ranking.components):
        if component not in allows.ranking:
            location = (*at, "ranking", component if weighted else place)
            yield parsed.finding(location, _beyond(component, tier, allows.ranking))


def _beyond(value: str, tier: TierPart, allowed: tuple[str, ...]) -> str:
    given = ", ".join(allowed) or "nothing"
    return (
        f"clause {tier.clause.reference} does not allow {value}, only {given}; use one of these,"
        " or rest the tier on a clause that allows it"
    )


def unchecked_clauses(parsed: Parsed) -> Iterator[Finding]:
    """Odd: a clause of which nobody can tell whether the tier keeps to it."""
    for index, tier in parsed.tiers.items():
        if tier.clause.allows is None:
            yield parsed.finding(
                ("tiers", index, "clause"),
                "says nothing of what it allows, so nobody can check the tier against it; give"
                " {reference: …, allows: {ranking: […], strategies: […], award_rules: […]}}",
            )


def working_hours(parsed: Parsed) -> Iterator[Finding]:
    """Durations in working hours where nothing says which these are; a day that ends at once."""
    calendar = None if parsed.document is None else parsed.document.calendar
    if calendar is not None and calendar.closes <= calendar.opens:
        yield parsed.finding(
            ("calendar", "closes"), "not later than opens; give a later time of the day"
        )
    if calendar is not None or "calendar" in parsed.written.content:
        return
    named: list[tuple[Location, DurationsPart]] = [
        (("tiers", index, key), durations)
        for index, tier in parsed.tiers.items()
        for key, durations in (
            ("window_minutes", tier.window_minutes),
            ("budget_minutes", tier.budget_minutes),
        )
    ]
    if parsed.document is not None:
        named.append((("confirmation_minutes",), parsed.document.confirmation_minutes))
    for location, durations in named:
        if durations.working():
            yield parsed.finding(
                location,
                "working hours, and no calendar says which; add calendar: {opens: …, closes: …,"
                " bank_holidays: england}, or count hours of the clock",
            )


def working_days(parsed: Parsed) -> Iterator[Finding]:
    """Odd: a measure in working days where nothing says which days these are."""
    document = parsed.document
    for index, kpi in enumerate(document.kpis if document is not None else ()):
        if kpi.within_working_days is not None and document and document.calendar is None:
            yield parsed.finding(
                ("kpis", index),
                "counts working days, and no calendar says which, so that bank holidays count too;"
                " add calendar: {opens: …, closes: …, bank_holidays: england}",
            )


def nobody_left(parsed: Parsed) -> Iterator[Finding]:
    """A tier that can never ask anybody, since an earlier one asks all whom it could."""
    before: list[TierPart] = []
    for index, tier in sorted(parsed.tiers.items()):
        covering = next((one for one in before if _covers(one, tier)), None)
        if covering is not None:
            yield parsed.finding(
                ("tiers", index),
                f"nobody can ever be asked in this tier: {covering.name} comes before it and asks"
                " the same providers under gates that are no stricter; remove it, or widen its"
                " gates or scope",
            )
        before.append(tier)


def _covers(earlier: TierPart, later: TierPart) -> bool:
    """Whether everybody who passes the later tier's gates passes those of the earlier one."""
    strict = {"required": 2, "if_known": 1, "ignored": 0}
    limit, later_limit = earlier.rate_limit_pence, later.rate_limit_pence
    return (
        earlier.contract == later.contract
        and (earlier.scope in (later.scope, "any"))
        and (earlier.accept_new or not later.accept_new)
        and set(earlier.cqc_ratings) >= set(later.cqc_ratings)
        and set(earlier.continuity_passes) >= set(later.continuity_passes)
        and (earlier.capacity == "advisory" or later.capacity == "strict")
        and strict[earlier.insurance] <= strict[later.insurance]
        and strict[earlier.data_protection] <= strict[later.data_protection]
        and (limit is None or (later_limit is not None and limit >= later_limit))
    )
