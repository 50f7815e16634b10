"""Offers: how many a package took, what became of them, and whether providers get a fair share."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.matching.reporting.asking import Ask, percent, quantile
from services.matching.reporting.searches import searches
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import Report, Table, columns

_BINS = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 32), (33, None))
QUICK_MINUTES, SLOW_MINUTES = 15.0, 60.0
"""Between a provider with a person at a screen, and one that rings back. Source: assumed."""

_OUTCOMES = columns(
    ("part", "part", "What it is grouped by."),
    ("made", "made", "Offers made in the period."),
    ("yes", "yes", "Answered yes: awarded, lost, waiting, or refused by a person."),
    ("awarded", "awarded", "Took the package; a later release is not taken off."),
    ("lost", "lost", "Lost races: a yes that came to nothing because another got the package."),
    ("refused", "refused", "A yes at a rate or on terms that a person refused."),
    ("declined", "no", "Answered no in time."),
    ("lapsed", "no answer", "The deadline passed without an answer: never a decline."),
    ("withdrawn", "taken back", ("Taken back before it was answered: the package was placed, or is"
     " no longer searched like this.")),
    ("open", "open", "Not decided yet."),
    ("answered_percent", "answered %", ("Yes and no, of those that had their time: all but what was"
     " taken back or is open.")),
    ("median_minutes", "median min", "Half of the answers came within so many minutes of the offer."),
    ("p90_minutes", "p90 min", "Nine in ten came within so many minutes."),
)  # fmt: skip
_PER_PACKAGE = columns(
    ("least", "from", "At least so many offers."),
    ("most", "to", "At most so many; empty: any number above."),
    ("filled", "filled", "Referrals of the period that were filled after so many offers."),
    ("not_filled", "not filled", "Referrals not filled, or not yet, after so many."),
)  # fmt: skip


async def names_of(connection: Connection, ask: Ask) -> dict[UUID, str]:
    """Providers' names by id."""
    rows = await QUERIES.providers_on(connection, day=ask.now.date())
    return {row["provider_id"]: row["name"] for row in rows}


async def offers(connection: Connection, ask: Ask) -> Report:
    """What became of the offers of a period, and how many each package took."""
    period = {"from_at": ask.period.start, "to_at": ask.period.end}
    rows = await QUERIES.offers_by(connection, by=ask.by, **period)
    names = {str(key): name for key, name in (await names_of(connection, ask)).items()}
    found = searches(await QUERIES.searches(connection, **period)).first
    made = sorted(one.offers_made for one in found)
    table = Table(
        name="outcomes",
        title=f"Offers by {ask.by}",
        columns=_OUTCOMES,
        rows=sorted(([names.get(row["part"], row["part"]), *_outcome(row)] for row in rows),
                    key=lambda row: str(row[0])),
    )  # fmt: skip
    sizes = Table(
        name="per_package",
        title="Offers a package",
        columns=_PER_PACKAGE,
        rows=[
            [least, most, *(
                sum(least <= one.offers_made <= (most or one.offers_made)
                    and (one.filled_at is not None) == filled for one in found)
                for filled in (True, False)
            )]
            for least, most in _BINS
        ],
    )  # fmt: skip
    return Report(
        name="offers",
        title="Offers and what became of them",
        about="Offers made in the period, each once. Offers a package: those of every part of a"
        " referral received in the period, bridging care too.",
        facts=ask.facts(
            offers=sum(row["made"] for row in rows),
            referrals=len(found),
            median_offers_a_package=quantile(made, 0.5),
            p90_offers_a_package=quantile(made, 0.9),
        ),
        tables=(table, sizes),
    )


def _outcome(row: Any) -> list[Any]:
    answered = row["yes"] + row["declined"]
    median, p90 = row["minutes"] or (None, None)
    return [
        *(row[column.name] for column in _OUTCOMES[1:10]),
        percent(answered, answered + row["lapsed"]),
        _rounded(median),
        _rounded(p90),
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


@dataclass(slots=True, kw_only=True)
class _Share:
    """What one provider got of one lot."""

    lot: str
    provider: str
    speed: str
    offers: int = 0
    awards: int = 0
    kept: int = 0
    hours: float = 0.0
    capacity: float | None = None


_SHARES = columns(
    ("lot", "lot", "The framework's lot; - is outside any."),
    ("provider", "provider", "Who was asked."),
    ("speed", "answers", (f"By its median answer to offers of the period: within {QUICK_MINUTES:g}"
     f" minutes, within {SLOW_MINUTES:g}, slower, or none.")),
    ("offers", "offers", "Offers made to it in the lot."),
    ("awards", "awards", "Awards to it in the lot."),
    ("kept", "kept", "Those that were not released, cancelled or undone."),
    ("hours", "hours", "Weekly hours of care of those kept."),
    ("capacity", "capacity", "Weekly hours that it declares it can carry in all; empty: not known."),
    ("offers_percent", "% offers", "Of the lot's offers."),
    ("awards_percent", "% awards", "Of the lot's awards."),
    ("hours_percent", "% hours", "Of the lot's hours."),
    ("capacity_percent", "% capacity", "Of the capacity of the lot's providers that declare one."),
    ("hours_of_capacity", "hours/capacity %", "Hours taken in the period against capacity."),
)  # fmt: skip
_SPEEDS = columns(
    ("lot", "lot", "As above."),
    ("speed", "answers", "As above."),
    ("providers", "providers", "How many answer like that."),
    *((column.name, column.title, column.definition) for column in _SHARES[3:]),
)  # fmt: skip


async def fairness(connection: Connection, ask: Ask) -> Report:
    """Each provider's share of its lots, by provider and by how fast they answer."""
    shares = await _shares(connection, ask)
    totals: dict[str, list[_Share]] = defaultdict(list)
    groups: dict[tuple[str, str], list[_Share]] = defaultdict(list)
    for one in shares:
        totals[one.lot].append(one)
        groups[one.lot, one.speed].append(one)
    by_provider = [
        [one.lot, one.provider, one.speed, *_shared([one], totals[one.lot])]
        for one in sorted(shares, key=lambda one: (one.lot, one.provider))
    ]
    by_speed = [
        [lot, speed, len(group), *_shared(group, totals[lot])]
        for (lot, speed), group in sorted(groups.items())
    ]
    return Report(
        name="fairness",
        title="Who gets which share of a lot",
        about="Offers and awards of the period. Equal providers of different speed get equal hours"
        " in the long run; any provider may ask for its own figures.",
        facts=ask.facts(),
        tables=(
            Table(name="speeds", title="By speed of answering", columns=_SPEEDS, rows=by_speed),
            Table(name="providers", title="By provider", columns=_SHARES, rows=by_provider),
        ),
    )


async def _shares(connection: Connection, ask: Ask) -> list[_Share]:
    period = {"from_at": ask.period.start, "to_at": ask.period.end}
    known = {row["provider_id"]: row
             for row in await QUERIES.providers_on(connection, day=ask.now.date())}  # fmt: skip
    asked = await QUERIES.offers_by(connection, by="provider", **period)
    speeds = {UUID(row["part"]): speed_of(row["minutes"] and row["minutes"][0]) for row in asked}
    found: dict[tuple[str, UUID], _Share] = {}

    def share(row: Mapping[str, Any]) -> _Share:
        who = row["provider_id"]
        entry = known.get(who)
        return found.setdefault((row["lot"], who), _Share(
            lot=row["lot"], provider=entry["name"] if entry else str(who),
            speed=speeds.get(who, "no answer"),
            capacity=entry["capacity_hours"] if entry else None,
        ))  # fmt: skip

    for row in await QUERIES.offers_by_lot_and_provider(connection, **period):
        share(row).offers = row["offers"]
    for row in await QUERIES.awards_by_lot_and_provider(connection, **period):
        one = share(row)
        one.awards, one.kept, one.hours = row["awards"], row["kept"], row["hours"]
    return list(found.values())


def speed_of(median_minutes: float | None) -> str:
    """The group of a provider by its median answer."""
    if median_minutes is None:
        return "no answer"
    if median_minutes <= QUICK_MINUTES:
        return f"in {QUICK_MINUTES:g} min"
    return f"in {SLOW_MINUTES:g} min" if median_minutes <= SLOW_MINUTES else "slower"


def _shared(group: Iterable[_Share], lot: Iterable[_Share]) -> list[Any]:
    some, every = list(group), list(lot)
    sums = [
        (sum(getattr(one, name) for one in some), sum(getattr(one, name) for one in every))
        for name in ("offers", "awards", "kept", "hours")
    ]
    (offers_, awards_, kept, hours) = sums
    declared = [one for one in some if one.capacity is not None]
    capacity = sum(one.capacity or 0.0 for one in declared)
    of_lot = sum(one.capacity or 0.0 for one in every)
    return [
        offers_[0], awards_[0], kept[0], round(hours[0], 2), capacity if declared else None,
        percent(*offers_), percent(*awards_), percent(*hours),
        percent(capacity, of_lot) if declared else None,
        percent(sum(one.hours for one in declared), capacity),
    ]  # fmt: skip
