"""Is everything that was acknowledged in the databases? The demo's own answer, from its ledger."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.installation import Installation

_REFERRALS = "select referral_id from referrals where referral_id = any($1::uuid[])"
_COMPLETE = (
    "select referral_id from referrals where referral_id = any($1::uuid[]) and missing::text = '[]'"
)
_WITHDRAWN = "select referral_id from summaries where referral_id = any($1::uuid[]) and withdrawn_at is not null"
_PLACEMENTS = "select referral_id from summaries where referral_id = any($1::uuid[])"
_AWARDS = "select award_id from awards where award_id = any($1::uuid[])"
_ANSWERS = "select offer_id from responses where offer_id = any($1::uuid[])"
_DONE = """
select award_id from responses where award_id = any($1::uuid[]) and request = $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """Ids of one kind of acknowledgement, and the query that finds those that are kept."""

    what: str
    service: str
    query: str
    ids: Callable[[Mapping[str, Any]], str | None]
    arguments: tuple[str, ...] = ()


def _of(verb: str, name: str) -> Callable[[Mapping[str, Any]], str | None]:
    def found(line: Mapping[str, Any]) -> str | None:
        return line.get(name) if line["what"].split(" ")[0] == verb else None

    return found


def _offer_of(line: Mapping[str, Any]) -> str | None:
    verb, _, rest = line["what"].partition(" ")
    return rest if verb in ("accept", "decline") else None


def _awarded(line: Mapping[str, Any]) -> str | None:
    is_award = line["what"].startswith("accept ") and line.get("result") == "awarded"
    return line.get("award_id") if is_award else None


_CHECKS = (
    _Check(what="referral", service="referrals", query=_REFERRALS, ids=_of("refer", "referral_id")),
    _Check(what="placement", service="matching", query=_PLACEMENTS, ids=_of("refer", "referral_id")),
    _Check(what="completion", service="referrals", query=_COMPLETE, ids=_of("complete", "referral_id")),
    _Check(what="withdrawal", service="matching", query=_WITHDRAWN, ids=_of("withdraw", "referral_id")),
    _Check(what="answer", service="providers", query=_ANSWERS, ids=_offer_of),
    _Check(what="award", service="matching", query=_AWARDS, ids=_awarded),
    _Check(what="award known to its provider", service="providers",
           query="select award_id from packages where award_id = any($1::uuid[])", ids=_awarded),
    *(
        _Check(what=verb, service="providers", query=_DONE, ids=_of(verb, "award_id"),
               arguments=(verb,))
        for verb in ("confirm", "release", "start")
    ),
)  # fmt: skip


def read_ledger(path: Path) -> list[Mapping[str, Any]]:
    """Every acknowledgement, in order; a last line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def _telephoned(lines: list[Mapping[str, Any]]) -> Iterator[str]:
    """Offers whose answer came by telephone. An answer of their own joins that one, which the
    broker was acknowledged, and nothing more is kept of it."""
    return (line["what"].split(" ")[1] for line in lines if line["what"].startswith("telephone "))


async def lost(where: Installation, ledger: Path) -> tuple[int, list[str]]:
    """How many acknowledgements were looked for, and a sentence for each that is not kept."""
    lines, looked_for, sentences = read_ledger(ledger), 0, list[str]()
    telephoned = frozenset(_telephoned(lines))
    for check in _CHECKS:
        left_out = telephoned if check.what == "answer" else frozenset[str]()
        wanted = {UUID(text) for text in _ids(check, lines) if text not in left_out}
        looked_for += len(wanted)
        if wanted:
            async with where.connection(check.service) as connection:
                rows = await connection.fetch(check.query, list(wanted), *check.arguments)
            kept = {row[0] for row in rows}
            sentences += [f"acknowledged {check.what} is lost: {gone}" for gone in wanted - kept]
    return looked_for, sentences


def _ids(check: _Check, lines: list[Mapping[str, Any]]) -> Iterator[str]:
    for line in lines:
        found = check.ids(line)
        if found is not None:
            yield found
