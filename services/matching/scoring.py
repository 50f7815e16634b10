"""Keeps what is forecast of searches, and scores it when its time has passed.

What comes of forecasts corrects later ones (`domain/calibration.py`). Kept is what was reckoned,
before any correction, so that a correction does not chase itself.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.matching.beside import Beside
from services.matching.domain.calibration import SCORED_AFTER, THOUSANDTHS
from services.matching.domain.outlook import Reckoned
from services.matching.domain.tally import weight
from services.matching.handlers import Matching
from services.matching.store import QUERIES
from shared import clock
from shared.postgres.connection import Pool

MOST_AT_ONCE = 20
LOOK_EVERY = timedelta(minutes=30)
"""Of the clock, between two forecasts of one search that are kept."""
ROUND_SECONDS = 5.0
"""Real seconds between two rounds at least."""


class Scoring(Beside):
    """Looks at searches now and then, and at what came of what it said."""

    NAME = "scoring"
    SHARE = 1 / 100

    def __init__(self, *, pool: Pool, matching: Matching) -> None:
        self._pool = pool
        self._matching = matching

    async def work(self) -> None:
        """Scores what has passed, and looks at some searches."""
        await self.score()
        await self.look()

    @property
    def rest_seconds(self) -> float:
        """As between any two rounds."""
        return ROUND_SECONDS

    async def look(self) -> int:
        """Keeps what is forecast of some searches that were not looked at lately; how many."""
        async with self._pool.acquire() as connection:
            since = await clock.now(connection) - LOOK_EVERY
            rows = await QUERIES.searches_to_look_at(connection, since=since, most=MOST_AT_ONCE)
        referral_ids = [row["referral_id"] for row in rows]
        return await self.each(referral_ids, self._look)

    async def _look(self, referral_ids: Sequence[UUID]) -> int:
        async with self._pool.acquire() as connection:
            now = await clock.now(connection)
            found = await self._matching.reckoned(connection, referral_ids)
            await QUERIES.keep_forecast(connection, list(_kept(found, now)))
        return len(found)

    async def score(self) -> None:
        """Adds up what came of forecasts whose time has passed."""
        async with self._pool.acquire() as connection:
            now = await clock.now(connection)
            await QUERIES.score_forecasts(connection, before=now - SCORED_AFTER, weight=weight(now))


def _kept(found: dict[UUID, list[Reckoned]], now: datetime) -> Iterator[dict[str, Any]]:
    for placement_id, reckoned in found.items():
        for horizon, until, chance in reckoned:
            if until > now:
                yield {
                    "placement_id": placement_id,
                    "horizon": horizon,
                    "looked_at": now,
                    "until": until,
                    "said": round(chance * THOUSANDTHS),
                }
