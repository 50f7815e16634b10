"""The package register: who has which package, for how many hours at which rate, through time.

From awards whose care has started, and from the packages that a council loaded from its own file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.matching.domain.london import day_of, midnight
from services.matching.reporting.asking import Period
from services.matching.reporting.held import MOMENT, UNITS, Held
from services.matching.reporting.market import HeldPackage
from services.matching.reporting.rate_cards import read_rate_cards
from services.matching.reporting.register_file import RegisterLine
from services.matching.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The packages held in a period, every provider there is, and those on the framework."""

    held: Sequence[Held]
    providers: frozenset[str]
    framework: frozenset[str]

    def at(self, instant: datetime) -> list[HeldPackage]:
        """What is held at an instant, as the market table counts it."""
        return [
            HeldPackage(
                provider=one.provider,
                framework=one.provider in self.framework,
                care_type=one.care_type,
                weekly_hours=None
                if one.weekly_units is None
                else Fraction(one.weekly_units, UNITS),
                rate_pence=None if one.rate_pence is None else Fraction(one.rate_pence),
            )
            for one in self.held
            if one.on(instant)
        ]


def register_of(lines: Iterable[RegisterLine]) -> Register:
    """The register that a file alone makes."""
    known = list(lines)
    return Register(
        held=[_loaded(one) for one in known if one.package is not None],
        providers=frozenset(one.provider for one in known),
        framework=frozenset(one.provider for one in known if one.contract == "framework"),
    )


async def read_held(connection: Connection, period: Period) -> Register:
    """The register as the database has it, of everything held at some instant of the period.

    A loaded provider is the registered one of the same name, whatever its capitals.
    """
    last = period.end - MOMENT
    rows = await QUERIES.providers_on(connection, day=day_of(last))
    names: dict[UUID, str] = {row["provider_id"]: row["name"] for row in rows}
    given = await QUERIES.care_given(connection, from_at=period.start, to_at=period.end)
    loaded = await QUERIES.loaded_packages(
        connection, from_day=day_of(period.start), to_day=day_of(last)
    )
    cards = await read_rate_cards(connection, given)
    called = {name.casefold(): name for name in names.values()}
    lines = [
        RegisterLine(**{**row, "provider": called.get(row["provider"].casefold(), row["provider"])})
        for row in loaded
    ]
    from_file = register_of(lines)
    on_framework = {row["name"] for row in rows if row["framework"]}
    registered = frozenset(names.values())
    return Register(
        held=[
            *(
                span
                for held, row in _given(given, names)
                for span in cards.spans(held, row, period)
            ),
            *from_file.held,
        ],
        providers=registered | from_file.providers,
        framework=frozenset(on_framework) | (from_file.framework - registered),
    )


def _given(rows: Iterable[Any], names: dict[UUID, str]) -> list[tuple[Held, Any]]:
    """Spans of care with their rows, a rate that a change does not name carried on."""
    spans: list[_Span] = []
    award: UUID | None = None
    minutes = rate = None
    for row in rows:
        start, end = max(row["from_at"], row["started_at"]), row["ended_at"]
        if end is not None and start >= end:
            continue  # Amended when this award was over already.
        if row["award_id"] != award:
            award, minutes, rate = row["award_id"], None, None
        elif spans and spans[-1].row["placement_id"] == row["placement_id"]:
            if spans[-1].start < start:
                spans[-1].end = start
            else:
                spans.pop()
        minutes = row["weekly_minutes"] if row["weekly_minutes"] is not None else minutes
        rate = row["rate_pence"] if row["rate_pence"] is not None else rate
        spans.append(_Span(start, end, minutes, rate, row))
    return [(_held(span, names), span.row) for span in spans]


@dataclass(slots=True)
class _Span:
    """Care of an award in which nothing changes."""

    start: datetime
    end: datetime | None
    weekly_minutes: int | None
    rate_pence: int | None
    row: Any


def _held(span: _Span, names: dict[UUID, str]) -> Held:
    row, minutes = span.row, span.weekly_minutes
    return Held(
        package=str(row["placement_id"]),
        provider=names.get(row["provider_id"]) or row["provider_name"] or "unknown",
        contract=row["contract_kind"],
        care_type=row["care_type"],
        outcode=row["outcode"],
        weekly_units=None if minutes is None else minutes * (UNITS // 60),
        rate_pence=span.rate_pence,
        start=span.start,
        end=span.end,
        loaded=False,
    )


def _loaded(line: RegisterLine) -> Held:
    assert line.package is not None
    after = None if line.ended_on is None else line.ended_on + timedelta(days=1)
    return Held(
        package=line.package,
        provider=line.provider,
        contract=line.contract,
        care_type=line.care_type,
        outcode=line.outcode,
        weekly_units=None
        if line.weekly_hundredths is None
        else line.weekly_hundredths * (UNITS // 100),
        rate_pence=line.rate_pence,
        start=None if line.started_on is None else midnight(line.started_on),
        end=None if after is None else midnight(after),
        loaded=True,
    )


async def load_register(
    connection: Connection, lines: Sequence[RegisterLine], *, file_sha256: str, author: str
) -> int:
    """Puts these lines in the place of those loaded before; the load's number.

    To be called in a transaction.
    """
    await QUERIES.drop_loaded_packages(connection)
    await QUERIES.add_loaded_packages(
        connection,
        lines=[one.line for one in lines],
        providers=[one.provider for one in lines],
        contracts=[one.contract for one in lines],
        packages=[one.package for one in lines],
        care_types=[one.care_type for one in lines],
        weekly_hundredths=[one.weekly_hundredths for one in lines],
        rates_pence=[one.rate_pence for one in lines],
        outcodes=[one.outcode for one in lines],
        started_on=[one.started_on for one in lines],
        ended_on=[one.ended_on for one in lines],
    )
    number: int = await QUERIES.note_register_load(
        connection, file_sha256=file_sha256, lines=len(lines), author=author,
        now=await clock.now(connection),
    )  # fmt: skip
    return number
