"""Who may call: bearer tokens, kept as hashes, with a role, a scope and an end.

A token lives in the database of each service that its role needs (`SERVICES_OF_ROLE`). Its times
are real time, whatever the services' clock shows. The functions here are for one database each and
repeat safely, so the command can write, list and revoke across services that come and go.
"""

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.ids import new_id
from shared.postgres.connection import ACQUIRE_TIMEOUT_SECONDS, Connection, Pool
from shared.web.problems import Problem

Role = Literal["ward", "hub", "broker", "provider", "operator", "service"]
ROLES: tuple[Role, ...] = get_args(Role)
SERVICES_OF_ROLE: Mapping[Role, tuple[str, ...]] = {
    "ward": ("referrals",),
    "hub": ("referrals",),
    "broker": ("matching", "providers"),
    "provider": ("providers",),
    "operator": ("referrals", "matching", "providers"),
    "service": ("referrals",),
}
"""Which services' databases hold a role's tokens: those whose routes it may call."""

CACHE_SECONDS = 2.0
"""Real seconds for which a token that was read is believed: a revocation works after these."""
_MOST_CACHED = 10_000
_SECRET_BYTES = 32
_SUBJECT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")

_STORE = """
with stored as (
    insert into tokens (id, secret_sha256, role, subject, scope, created_at, expires_at)
    select $1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp() + $6
    on conflict do nothing
    returning 1
)
select exists (select from stored) or exists (
    select from tokens where id = $1 and secret_sha256 = $2 and role = $3 and subject = $4)
"""
_LIST = """
select id, role, subject, scope::text as scope, created_at, expires_at, revoked_at,
       case when revoked_at is not null then 'revoked'
            when expires_at <= clock_timestamp() then 'expired' else 'valid' end as state
from tokens order by created_at, id
"""
_REVOKE = """
update tokens set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = $1 returning id
"""
_READ = """
select id, role, subject, scope::text as scope, revoked_at is not null as revoked,
       extract(epoch from expires_at - clock_timestamp())::float8 as seconds_left
from tokens where secret_sha256 = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a token reaches. What is not named is not reached; a hub may have all wards."""

    organisations: frozenset[str] = frozenset()
    wards: frozenset[str] | None = frozenset()
    """None: every ward of its organisations."""
    provider_id: UUID | None = None
    grades: frozenset[str] = frozenset()
    """A broker's, in the council's own codes: what a policy leaves to a grade it may decide."""

    def holds_ward(self, organisation: str, ward: str) -> bool:
        """Whether this ward of this organisation lies in the scope."""
        return organisation in self.organisations and (self.wards is None or ward in self.wards)

    def to_json(self) -> str:
        """As it is stored: `wards` is a list, or "*" for all."""
        return json.dumps(
            {
                "organisations": sorted(self.organisations),
                "wards": "*" if self.wards is None else sorted(self.wards),
                "provider_id": None if self.provider_id is None else str(self.provider_id),
                "grades": sorted(self.grades),
            }
        )

    @staticmethod
    def from_json(text: str) -> "Scope":
        """The scope that `to_json` wrote; what is absent is nothing reached."""
        stored = json.loads(text)
        provider = stored.get("provider_id")
        wards = stored.get("wards", [])
        return Scope(
            organisations=frozenset(stored.get("organisations", [])),
            wards=None if wards == "*" else frozenset(wards),
            provider_id=None if provider is None else UUID(provider),
            grades=frozenset(stored.get("grades", [])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token with its secret, which exists only here: show it once, store its hash."""

    id: UUID
    secret: str
    role: Role
    subject: str
    scope: Scope
    lifetime: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredToken:
    """A token as a database has it, without its secret. Times are real."""

    id: UUID
    role: str
    subject: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    state: Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request, as its token says."""

    subject: str
    role: Role
    scope: Scope
    token_id: UUID

    @property
    def acts_as(self) -> frozenset[str]:
        """The names by which a policy may let it decide something: its own, and its grades."""
        return self.scope.grades | {self.subject}


def new_token(role: Role, subject: str, scope: Scope, lifetime: timedelta) -> NewToken:
    """A token with a fresh 256-bit secret. Raises ValueError if the scope does not fit the role."""
    if not _SUBJECT.fullmatch(subject):
        raise ValueError("a subject is a short name of a-z, 0-9, _, . and -")
    if lifetime <= timedelta(0):
        raise ValueError("a token's lifetime is longer than nothing")
    if role in ("ward", "hub") and not scope.organisations:
        raise ValueError(f"a {role} token names its organisations")
    if role == "ward" and not scope.wards:
        raise ValueError("a ward token names its wards")
    if role == "hub" and scope.wards is not None and not scope.wards:
        raise ValueError("a hub token names its wards, or all of them")
    if (role == "provider") != (scope.provider_id is not None):
        raise ValueError("a provider token, and no other, names its provider")
    if scope.grades and role != "broker":
        raise ValueError("only a broker token has grades")
    if not all(_SUBJECT.fullmatch(grade) for grade in scope.grades):
        raise ValueError("a grade is a short code of a-z, 0-9, _, . and -, as the policy writes it")
    secret = f"homeward_{role}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return NewToken(
        id=new_id(), secret=secret, role=role, subject=subject, scope=scope, lifetime=lifetime
    )


async def create(connection: Connection, token: NewToken) -> None:
    """Stores the token's hash here; storing it again changes nothing.

    Raises ValueError if the id or the secret is taken by another token.
    """
    stored: bool = await connection.fetchval(
        _STORE,
        token.id,
        _sha256(token.secret),
        token.role,
        token.subject,
        token.scope.to_json(),
        token.lifetime,
    )
    if not stored:
        raise ValueError("another token has this id or secret")


async def list_all(connection: Connection) -> tuple[StoredToken, ...]:
    """Every token that this database has, oldest first, without secrets."""
    return tuple(
        StoredToken(**{**row, "scope": Scope.from_json(row["scope"])})
        for row in await connection.fetch(_LIST)
    )


async def revoke(connection: Connection, token_id: UUID) -> bool:
    """Ends the token here within CACHE_SECONDS; False if this database does not have it."""
    return await connection.fetchval(_REVOKE, token_id) is not None


class TokenCheck:
    """Says who holds a secret, asking the database at most every CACHE_SECONDS for each."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, secret: str) -> Caller:
        """The holder. Raises Problem 401 for a token that is unknown, revoked or expired."""
        digest = _sha256(secret)
        now_seconds = asyncio.get_running_loop().time()
        known = self._known.get(digest)
        if known is not None and now_seconds < known[0]:
            return known[1]
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection:
            row = await connection.fetchrow(_READ, digest)
        if row is None or row["revoked"]:
            self._known.pop(digest, None)
            raise _refused("token-unknown", "The token is not valid here")
        if row["seconds_left"] <= 0:
            self._known.pop(digest, None)
            raise _refused("token-expired", "The token has expired")
        caller = Caller(
            subject=row["subject"],
            role=row["role"],
            scope=Scope.from_json(row["scope"]),
            token_id=row["id"],
        )
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        # Only valid tokens are remembered, so guesses fill nothing.
        self._known[digest] = (now_seconds + min(CACHE_SECONDS, row["seconds_left"]), caller)
        return caller


_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="From `homeward token create`; each route says which roles may call it.",
)


def caller(*roles: Role) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A dependency that gives the Caller, who has one of `roles`.

    Raises Problem 401 without a valid token, 403 with another role.
    """

    async def authenticated(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Caller:
        if credentials is None or not credentials.credentials:
            raise Problem(
                401,
                "token-missing",
                "A token is needed",
                "Send `Authorization: Bearer …` with a token from `homeward token create`.",
                headers={"WWW-Authenticate": 'Bearer realm="homeward"'},
            )
        found = await request.app.state.web.tokens.caller(credentials.credentials)
        if found.role not in roles:
            raise Problem(
                403,
                "wrong-role",
                "This token's role may not do this",
                "Use a token with the role " + " or ".join(roles) + ".",
                roles=list(roles),
            )
        assert isinstance(found, Caller)
        return found

    return authenticated


def _refused(kind: str, title: str) -> Problem:
    return Problem(
        401,
        kind,
        title,
        "Ask the operator for a new one (`homeward token create`).",
        headers={"WWW-Authenticate": 'Bearer realm="homeward", error="invalid_token"'},
    )


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
