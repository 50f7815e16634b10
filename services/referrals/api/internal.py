"""The one door of the person room: for the providers service, on behalf of an awarded provider."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query

from services.referrals.api.answers import KeySafe, PersonForProvider
from services.referrals.api.callers import Handlers, KeySafeLead, Running, Service
from services.referrals.handlers import Referrals
from services.referrals.person_room import Details
from services.referrals.releasing import Part, Release, has_reached, record_release
from shared.web.app import Web
from shared.web.tokens import Caller
from shared.web.waiting import wait_for

router = APIRouter(prefix="/internal/v1/referrals/{referral_id}", tags=["internal"])
log = structlog.get_logger(__name__)

CATCH_UP_SECONDS = 3.0
"""Real seconds to wait for an award that the caller has heard of before this service has: less
than the caller waits for us, so that it hears 503 from us rather than nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Under which award the details are asked for."""

    referral_id: UUID
    provider_id: UUID
    award_id: UUID
    placement_sequence: Annotated[
        int, Query(ge=1, lt=2**62, description="The last placements.v1 event the caller has seen.")
    ]


Award = Annotated[Asked, Depends(Asked)]


@router.get("/person", summary="Personal details for the awarded provider")
async def person(
    asked: Award, who: Service, web: Running, referrals: Handlers, lead: KeySafeLead
) -> PersonForProvider:
    """Audited before it is answered. 404 unless the provider holds the award, 503 while behind."""
    details = await _released(web, referrals, _release("person", asked, who), lead)
    known = details.person.model_dump(mode="json", exclude={"key_safe", "nhs_number_absent_reason"})
    return PersonForProvider.model_validate(
        {
            **known,
            "referral_id": asked.referral_id,
            "address_lines": known["address_lines"] or [],
            "contact": None if details.contact is None else details.contact.model_dump(),
        }
    )


@router.get("/key-safe", summary="The key-safe code, near the start")
async def key_safe(
    asked: Award, who: Service, web: Running, referrals: Handlers, lead: KeySafeLead
) -> KeySafe:
    """As above, and 409 `too-early` until 24 hours (a setting) before care is to start."""
    details = await _released(web, referrals, _release("key_safe", asked, who), lead)
    return KeySafe(referral_id=asked.referral_id, key_safe=details.person.key_safe)


def _release(part: Part, asked: Asked, who: Caller) -> Release:
    return Release(
        part=part,
        referral_id=asked.referral_id,
        provider_id=asked.provider_id,
        award_id=asked.award_id,
        placement_sequence=asked.placement_sequence,
        read_by=who.subject,
    )


async def _released(web: Web, referrals: Referrals, release: Release, lead: timedelta) -> Details:
    """The details, once the audit of this release is committed; any failure releases nothing."""

    async def caught_up() -> bool | None:
        async with web.connection() as connection:
            return await has_reached(connection, release) or None

    await wait_for(caught_up, web.wakeups, CATCH_UP_SECONDS)
    async with web.connection() as connection:
        async with connection.transaction():
            await record_release(connection, release, key_safe_lead=lead)
        details = await referrals.room.read(connection, [release.referral_id])
    log.info(
        "person.released",
        part=release.part,
        referral_id=str(release.referral_id),
        provider_id=str(release.provider_id),
    )
    return details[release.referral_id]
