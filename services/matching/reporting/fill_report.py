"""Fill times by tier, lot, place, source, week, need and the like, as a report."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.matching.domain.london import day_of
from services.matching.domain.policy import Policy
from services.matching.reporting.asking import Ask
from services.matching.reporting.fill_figures import (
    QUANTILES,
    Timed,
    distribution,
    figures,
    timed,
)
from services.matching.reporting.fill_words import COLUMNS, DISTRIBUTION, target_columns
from services.matching.reporting.searches import Search, searches
from services.matching.reporting.small import FEWEST, kept_apart
from services.matching.reporting.working import WorkingClock, calendar_of
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import HIDDEN, Report, Table

BENCHMARK: dict[str, Any] = {
    "source": "Devon Cares, King's Fund, New models of home care, 2018 (one self-reported claim)",
    "targets": [
        {"target_minutes": 90, "percent": 70},
        {"target_minutes": 240, "percent": 97},
    ],
}
NOWHERE = "-"
"""The part of what has none: no tier yet, no lot."""

Parts = Callable[[Search, Policy], Sequence[str]]


def _lot(search: Search, policy: Policy) -> Sequence[str]:
    return (min(policy.lots_of(search.outcode or ""), default=NOWHERE),)


def _week(search: Search, _policy: Policy) -> Sequence[str]:
    day = day_of(search.received_at)
    return ((day - timedelta(days=day.weekday())).isoformat(),)


PARTS: Mapping[str, Parts] = {
    "tier": lambda search, _: (search.tier or NOWHERE,),
    "lot": _lot,
    "outcode": lambda search, _: (search.outcode or NOWHERE,),
    "ward": lambda search, _: (f"{search.organisation}/{search.ward}",),
    "source": lambda search, _: (search.source,),
    "urgency": lambda search, _: (search.urgency,),
    "week": _week,
    "care_type": lambda search, _: (search.care_type or NOWHERE,),
    "need": lambda search, _: sorted(search.needs) or (NOWHERE,),
    "language": lambda search, _: sorted(search.languages) or (NOWHERE,),
    "double_handed": lambda search, _: ("two carers" if search.double_handed else "one carer",),
    "all": lambda _search, _policy: ("all",),
}
"""The parts that a search belongs to. By need and by language it may be several."""
BY = tuple(PARTS)
SENSITIVE = frozenset({"need", "language", "double_handed"})
"""Of what somebody is like: parts of fewer than five people are hidden."""


async def fill_times(connection: Connection, ask: Ask) -> Report:
    """How fast packages were filled, of referrals received in the period."""
    rows = await QUERIES.searches(connection, from_at=ask.period.start, to_at=ask.period.end)
    found = searches(rows)
    clock = WorkingClock(calendar_of(ask.policy), ask.period.start, ask.now)
    first, later = timed(found.first, ask.now, clock), timed(found.later, ask.now, clock)
    by = ask.by or BY[0]
    apart = {
        "later": _by_part(later, lambda search, _: (search.cause,), ask),
        "bridging": _by_part(timed(found.bridging, ask.now, clock), lambda *_: ("bridging",), ask),
        "arranged": _by_part(timed(found.arranged, ask.now, clock), lambda *_: ("arranged",), ask),
    }
    parts = _hidden(by, _by_part(first, PARTS[by], ask))
    total = figures("all", first, ask.policy.targets_minutes) if first else None
    return _report(ask, parts=parts, total=total, apart=apart, bins=distribution(first))


def _by_part(found: Sequence[Timed], of: Parts, ask: Ask) -> list[dict[str, Any]]:
    """The figures of each part, in order of its name."""
    groups: dict[str, list[Timed]] = defaultdict(list)
    for one in found:
        for part in of(one.search, ask.policy):
            groups[part].append(one)
    targets = ask.policy.targets_minutes
    return [figures(part, groups[part], targets) for part in sorted(groups)]


def _hidden(by: str, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts, those of few people without their figures."""
    if by not in SENSITIVE:
        return parts
    kept = kept_apart([part["count"] for part in parts])
    return [
        part if keep else {"part": part["part"], "hidden": True}
        for part, keep in zip(parts, kept, strict=True)
    ]


def _report(
    ask: Ask,
    *,
    parts: list[dict[str, Any]],
    total: dict[str, Any] | None,
    apart: Mapping[str, list[dict[str, Any]]],
    bins: list[dict[str, Any]],
) -> Report:
    policy, by = ask.policy, ask.by or BY[0]
    targets = policy.targets_minutes
    columns = (*COLUMNS, *target_columns(targets))
    whole = [] if total is None else [total]
    tables = [
        Table(name="parts", title=f"Fill times by {by}", columns=columns,
              rows=[flat(part, targets) for part in (*parts, *whole)]),
        Table(name="distribution", title="How long it took", columns=DISTRIBUTION,
              rows=[list(row.values()) for row in bins]),
        *(
            Table(name=name, title=title, columns=columns,
                  rows=[flat(part, targets) for part in apart[name]])
            for name, title in _APART.items()
        ),
    ]  # fmt: skip
    return Report(
        name="fill-times",
        title="How fast packages were filled",
        about="Referrals received in the period, each once whatever parts it was placed in: filled"
        " when every part that is not bridging care was awarded and not undone before the start."
        f" Parts of fewer than {FEWEST} people are hidden where they say what somebody is like.",
        facts=ask.facts(
            by=by,
            policy={"name": policy.name, "version": policy.version},
            total=total,
            parts=parts,
            distribution=bins,
            benchmark=BENCHMARK,
            **apart,
        ),
        tables=tuple(tables),
    )


_APART = {
    "later": "Later searches, by what ended the care before; each has a clock of its own",
    "bridging": "Searches for bridging care",
    "arranged": "Awards arranged beforehand: by hand, nobody asked, to whom the person chose or had",
}


def flat(part: Mapping[str, Any], targets: Sequence[int]) -> list[Any]:
    """A part's figures as a row under `COLUMNS` and those of the targets."""
    if part.get("hidden"):
        width = len(COLUMNS) + 6 * len(targets) - 1
        return [part["part"], HIDDEN, *[None] * (width - 1)]
    row = [part[column.name] for column in COLUMNS if column.name in part]
    for clock in ("minutes_from_received", "minutes_from_complete",
                  "working_minutes_from_received", "working_minutes_from_complete"):  # fmt: skip
        row += [part[clock][name] for name in QUANTILES]
    for target in part["targets"]:
        row += [target[name] for name in
                ("met", "due", "percent", "met_from_complete", "due_from_complete",
                 "percent_from_complete")]  # fmt: skip
    return row
