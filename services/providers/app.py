"""The composition root: settings, pool, messaging and routes, put together and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.providers.api import offers, packages, register, saying
from services.providers.consumers import follow_placements
from services.providers.people import People, client_of_referrals
from services.providers.reading import Reading
from shared.messaging.runtime import Messaging
from shared.postgres.connection import open_pool
from shared.postgres.wakeups import Wakeups
from shared.secrets import read_hmac_key
from shared.settings import ServiceSettings
from shared.web.app import Web, build_app

SERVICE = "providers"


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service as it runs with these settings."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[Web]:
        pool = await open_pool(settings.database_url)
        wakeups = Wakeups()
        messaging = Messaging(
            service=SERVICE,
            settings=settings,
            pool=pool,
            wakeups=wakeups,
            reads=("placements.v1",),
            writes=("responses.v1", "providers.v1"),
            handle=follow_placements,
        )
        client = client_of_referrals(
            settings.homeward_referrals_url, settings.homeward_service_token
        )
        app.state.people = People(client)
        app.state.reading = Reading(pool)
        hmac_key = read_hmac_key(settings.homeward_secrets)
        async with pool, client, wakeups.listening(settings.database_url), messaging.running():
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
        title="Homeward providers",
        description="The register of providers, and the endpoint at which they answer offers.",
        routers=(register.router, offers.router, packages.router, saying.router),
        running=running,
    )
