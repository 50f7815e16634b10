"""What people write beside a code: kept by this service, and sent nowhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from services.providers.store import QUERIES
from shared.postgres.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person wrote beside a code: kept by this service and sent nowhere."""

    author: str
    """The token's subject."""
    note: str | None = None
    told: str | None = None


async def keep_words(
    connection: Connection,
    about_id: UUID,
    kind: str,
    words: Words,
    written_at: datetime,
    *,
    details: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Keeps a note and who was told; nothing if neither was written."""
    if words.note is None and words.told is None:
        return
    await QUERIES.save_note(
        connection,
        about_id=about_id,
        kind=kind,
        author=words.author,
        text=words.note or "",
        details=json.dumps({**details, **({"told": words.told} if words.told else {})}),
        written_at=written_at,
    )
