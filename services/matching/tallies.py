"""What was learned of providers' answers, in the table `tallies`: added to, never read back to write.

Adding needs no order, so that the table is the same whether lessons came step by step or a rebuild
folds each placement's events again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from services.matching.domain.evolve import evolve
from services.matching.domain.lessons import Lesson, lessons_of
from services.matching.domain.placement import Absent, Placement
from services.matching.domain.tally import Sums, add_up
from shared.postgres.connection import Connection
from shared.postgres.rows import RowTable

ADD = (
    "insert into {table} as kept (subject, measure, amount)"
    " select * from unnest($1::uuid[], $2::text[], $3::numeric[]) order by 1, 2"
    " on conflict (subject, measure) do update set amount = kept.amount + excluded.amount"
)
"""In order of the key, so that two transactions never wait for each other's rows in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow:
    """One sum."""

    subject: UUID
    measure: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """The table as the service adds to it and as a rebuild makes it again."""

    name: str
    topics: tuple[str, ...]
    rows: RowTable[TallyRow]
    whole_streams: bool = True

    async def add(
        self, connection: Connection, lessons: Iterable[Lesson], *, table: str = ""
    ) -> None:
        """Adds these lessons in one statement."""
        sums: Sums = {}
        add_up(lessons, sums)
        rows = [(s, name, n) for s, amounts in sums.items() for name, n in amounts.items()]
        if rows:
            await connection.execute(
                ADD.format(table=table or self.rows.table), *zip(*rows, strict=True)
            )

    async def apply(
        self, connection: Connection, events: Sequence[Any], *, table: str = ""
    ) -> None:
        """Adds what these events taught: all events of each of their placements, in order."""
        lessons: list[Lesson] = []
        for _, history in groupby(events, key=lambda event: event.referral_id):
            placements: dict[UUID, Placement] = {}
            for event in history:
                before = placements.get(event.placement_id, Absent())
                after = placements[event.placement_id] = evolve(before, event)
                lessons.extend(lessons_of(before, after, event.at))
        await self.add(connection, lessons, table=table)


TALLIES = Tallies(
    name="tallies",
    topics=("placements.v1",),
    rows=RowTable(TallyRow, table="tallies", key="subject"),
)
