"""The composition root: settings, pool, keys, messaging and routes, put together and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from pydantic import Field

from services.referrals.api import boards, internal, reports, service_orders
from services.referrals.api import referrals as routes
from services.referrals.consumers import follow_placements
from services.referrals.handlers import Referrals
from services.referrals.person_room import PersonRoom
from services.referrals.releasing import CONSUMER
from shared.messaging.runtime import Messaging
from shared.postgres.connection import open_pool
from shared.postgres.wakeups import Wakeups
from shared.secrets import read_hmac_key, read_person_keys
from shared.settings import ServiceSettings
from shared.web.app import Web, build_app

SERVICE = "referrals"
assert SERVICE == CONSUMER, "the inbox is read under the name it is written"


class ReferralsSettings(ServiceSettings):
    """The settings that only this service has."""

    homeward_key_safe_hours: float = Field(default=24, ge=0, le=24 * 14)
    """Hours before the ready instant from which the key-safe code is released."""
    homeward_send_sector: bool = False
    """Whether providers may know the postcode's sector before an award, and not only its outcode."""
    homeward_time_zone: str = Field(default="Europe/London", pattern=r"^[A-Za-z_+/-]{1,40}$")
    """The zone of the times of day in the board's words, by Postgres's own list."""


def create_app(settings: ReferralsSettings) -> FastAPI:
    """The service as it runs with these settings. Starts without Kafka and without Postgres.

    Raises SecretsError at start if a key is missing.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[Web]:
        hmac_key = read_hmac_key(settings.homeward_secrets)
        app.state.referrals = Referrals(
            room=PersonRoom(
                person_keys=read_person_keys(settings.homeward_secrets), hmac_key=hmac_key
            ),
            sends_sector=settings.homeward_send_sector,
        )
        app.state.key_safe_lead = timedelta(hours=settings.homeward_key_safe_hours)
        app.state.time_zone = ZoneInfo(settings.homeward_time_zone).key  # Known, or no start.
        pool = await open_pool(settings.database_url)
        wakeups = Wakeups()
        messaging = Messaging(
            service=SERVICE,
            settings=settings,
            pool=pool,
            wakeups=wakeups,
            reads=("placements.v1",),
            writes=("referrals.v1",),
            handle=follow_placements,
        )
        async with pool, wakeups.listening(settings.database_url), messaging.running():
            yield Web(
                pool=pool,
                wakeups=wakeups,
                hmac_key=hmac_key,
                readiness=messaging.readiness,
                blocked_keys=messaging.blocked_keys,
                asyncapi=messaging.asyncapi,
            )

    return build_app(
        SERVICE,
        title="Homeward referrals",
        description="Wards and hubs refer people who need care at home, complete what is missing, "
        "and see where each referral stands.",
        routers=(
            routes.router,
            boards.router,
            internal.router,
            service_orders.router,
            reports.router,
        ),
        running=running,
    )
