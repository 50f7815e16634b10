"""Personal details, asked of the referrals service for the awarded provider and handed on.

Nothing of them is logged, kept or looked into here. The referrals service checks the award against
its own projection, writes the audit first and fails closed.
"""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import httpx
import structlog
from pydantic import BaseModel, Field, ValidationError

from shared.web.problems import Problem, not_found, unavailable

Part: TypeAlias = Literal["person", "key-safe"]

CONNECT_TIMEOUT_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0
MOST_RETRY_AFTER_SECONDS = 60

log = structlog.get_logger(__name__)


def client_of_referrals(url: str, token: str) -> httpx.AsyncClient:
    """A client of the referrals service, which knows us by our token (role `service`)."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS),
        follow_redirects=False,
        trust_env=False,  # Personal details pass no proxy that the environment happens to name.
    )


class _Said(BaseModel):
    """A problem of the referrals service, which quotes nothing that was sent."""

    type: Annotated[str, Field(pattern=r"^[a-z-]{1,60}$")]
    title: Annotated[str, Field(max_length=120)]
    detail: Annotated[str, Field(max_length=500)]


class People:
    """The one way from here to personal details."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def read(
        self,
        part: Part,
        *,
        referral_id: UUID,
        provider_id: UUID,
        award_id: UUID,
        placement_sequence: int,
    ) -> bytes:
        """The details as JSON. `placement_sequence`: as far as referrals must have read.

        Raises Problem: 404 or 409 as the referrals service says; 503 with Retry-After while it
        is away, behind on awards, or does not know us.
        """
        try:
            answer = await self._client.get(
                f"/internal/v1/referrals/{referral_id}/{part}",
                params={
                    "provider_id": str(provider_id),
                    "award_id": str(award_id),
                    "placement_sequence": placement_sequence,
                },
            )
        except httpx.TransportError as error:
            log.warning("person.unreachable", error=type(error).__name__)
            raise unavailable("The referrals service") from None
        if answer.status_code == httpx.codes.OK:
            return answer.content
        raise _problem_of(answer)


def _problem_of(answer: httpx.Response) -> Problem:
    """Our own answer for a refusal of the referrals service: its code and sentence, no more."""
    if answer.status_code == httpx.codes.NOT_FOUND:
        return not_found("package")
    if answer.status_code == httpx.codes.CONFLICT and (said := _said_in(answer)) is not None:
        return Problem(answer.status_code, said.type, said.title, said.detail)
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        log.error("person.token-refused", status=answer.status_code)
    else:
        log.warning("person.unavailable", status=answer.status_code)
    seconds = answer.headers.get("Retry-After", "")
    if seconds.isdigit() and 0 < int(seconds) <= MOST_RETRY_AFTER_SECONDS:
        return unavailable("The referrals service", seconds=int(seconds))
    return unavailable("The referrals service")


def _said_in(answer: httpx.Response) -> _Said | None:
    try:
        return _Said.model_validate_json(answer.content)
    except ValidationError:
        log.warning("person.unreadable-refusal", status=answer.status_code)
        return None
