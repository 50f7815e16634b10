"""HTTP that outlives outages: the same request with the same Idempotency-Key until it is answered.

Everything that a service acknowledges is written to a file before the demo goes on, so that it can
be shown afterwards that nothing acknowledged was lost.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx

_KEYS = UUID("5b8e0a53-6f3e-5a0a-9d68-3c1a7f0e2b94")
ACKNOWLEDGED = "acknowledged.jsonl"
PAUSE_SECONDS = 0.5
MOST_PAUSE_SECONDS = 3.0
LONG_POLL_SECONDS = 25
TIMEOUT_SECONDS = LONG_POLL_SECONDS + 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A final answer: 2xx or a refusal."""

    status: int
    body: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether the request was granted."""
        return self.status < 300

    @property
    def problem(self) -> str:
        """The refusal's type, empty for a success."""
        return "" if self.ok else str(self.body.get("type", self.status))


@dataclass(slots=True)
class Troubles:
    """What went wrong on the way, by kind, and was overcome by sending again."""

    counts: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str) -> None:
        """One more of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1


class Ledger:
    """The file of everything that was acknowledged: one JSON line each, ids and codes only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")

    def note(self, what: str, body: Mapping[str, Any]) -> None:
        """Writes a line, which survives this process."""
        kept = {
            name: value
            for name, value in body.items()
            if name.endswith("_id") or name in ("result", "status", "items")
        }
        self._file.write(json.dumps({"what": what, **kept}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class Client:
    """One connection pool for all actors of the demo."""

    def __init__(self, ledger: Ledger, run_key: str) -> None:
        self.troubles = Troubles()
        self._ledger = ledger
        self._run_key = run_key
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=2.0),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=200),
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def get(
        self, url: str, token: str, *, wait: bool = False, params: Mapping[str, Any] | None = None
    ) -> Answered:
        """Reads until there is an answer. `wait`: the answer may take its time (long poll)."""
        headers = {"Prefer": f"wait={LONG_POLL_SECONDS}"} if wait else {}
        return await self._until_answered("GET", url, token, headers, params=params)

    async def act(
        self,
        what: str,
        url: str,
        token: str,
        body: Any = None,
        *,
        method: str = "POST",
        decided: bool = False,
    ) -> Answered:
        """Does something once, however often it must be sent; notes what is acknowledged.

        Args:
            what: names the act in the ledger and makes its Idempotency-Key: unique in a run.
            decided: 202 is no answer yet; ask again until there is one.
        """
        key = str(uuid5(_KEYS, f"{self._run_key}/{what}"))
        headers = {"Idempotency-Key": key, "Prefer": "wait=10"}
        answered = await self._until_answered(
            method, url, token, headers, json=body, decided=decided
        )
        if answered.ok:
            self._ledger.note(what, answered.body)
        return answered

    async def _until_answered(
        self,
        method: str,
        url: str,
        token: str,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        decided: bool = False,
    ) -> Answered:
        pause_seconds = PAUSE_SECONDS
        while True:
            try:
                answer = await self._http.request(
                    method,
                    url,
                    params=params,
                    json=json,
                    headers={"Authorization": f"Bearer {token}", **headers},
                )
                content = answer.json()
            except (httpx.TransportError, ValueError) as error:
                self.troubles.note(type(error).__name__)
            else:
                problem = content.get("type", "") if isinstance(content, dict) else ""
                if not _must_ask_again(answer.status_code, problem, decided=decided):
                    return Answered(status=answer.status_code, body=content)
                if answer.status_code != httpx.codes.ACCEPTED:
                    self.troubles.note(f"{answer.status_code} {problem}".strip())
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 1.5, MOST_PAUSE_SECONDS)


def _must_ask_again(status: int, problem: str, *, decided: bool) -> bool:
    return (
        status >= 500
        or status == httpx.codes.TOO_MANY_REQUESTS
        or (status == httpx.codes.ACCEPTED and decided)
        or problem == "request-running"
    )
