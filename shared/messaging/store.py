"""The named queries of messaging: outbox, inbox, offsets and parked records."""

from pathlib import Path
from typing import Any

from shared.postgres.queries import load_queries

QUERIES: Any = load_queries(Path(__file__).parent / "queries.sql")
