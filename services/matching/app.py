"""The composition root: settings, pool, policy, messaging, timers and routes, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from services.matching.api import (
    care,
    failing,
    negotiating,
    placements,
    providers,
    reports,
    steering,
    stewarding,
)
from services.matching.consumers import SERVICE, connect
from services.matching.handlers import Matching
from services.matching.outlooks import Outlooks
from services.matching.policies import Policies
from services.matching.scoring import Scoring
from services.matching.timers import Timers
from shared.messaging.runtime import Messaging
from shared.postgres.connection import TRANSIENT_ERRORS, Pool, open_pool
from shared.postgres.wakeups import POLL_SECONDS, Wakeups
from shared.secrets import read_hmac_key
from shared.settings import ServiceSettings
from shared.web.app import Web, build_app

log = structlog.get_logger(__name__)


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service as it runs with these settings. Raises InvalidPolicyError for an odd policy."""
    policies = Policies.from_file(settings.homeward_policy)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[Web]:
        pool = await open_pool(settings.database_url)
        wakeups = Wakeups()
        matching = Matching(policies)
        messaging = connect(settings, pool=pool, wakeups=wakeups, matching=matching)
        timers = Timers(pool=pool, matching=matching)
        app.state.matching = matching
        app.state.up_to_date = messaging.up_to_date
        outlooks = Outlooks(pool=pool, matching=matching)
        scoring = Scoring(pool=pool, matching=matching)
        work = asyncio.create_task(
            _work(policies, pool, messaging, timers=timers, outlooks=outlooks, scoring=scoring)
        )
        async with pool, wakeups.listening(settings.database_url):
            try:
                yield Web(
                    pool=pool,
                    wakeups=wakeups,
                    hmac_key=read_hmac_key(settings.homeward_secrets),
                    readiness=lambda: {
                        **messaging.readiness(),
                        "timers": timers.failing or "on time",
                    },
                    blocked_keys=messaging.blocked_keys,
                    asyncapi=messaging.asyncapi,
                )
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    return build_app(
        SERVICE,
        title="Homeward matching",
        description="Placements: who is asked, in which order and why, and who has the package.",
        routers=(
            placements.router,
            steering.router,
            negotiating.router,
            stewarding.router,
            care.router,
            failing.router,
            providers.router,
            reports.router,
        ),
        running=running,
    )


async def _work(
    policies: Policies,
    pool: Pool,
    messaging: Messaging,
    *,
    timers: Timers,
    outlooks: Outlooks,
    scoring: Scoring,
) -> None:
    """Reads the policies that placements began under, then lets messages and time in."""
    while True:
        try:
            async with pool.acquire() as connection:
                await policies.keep(connection)
            break
        except TRANSIENT_ERRORS as error:
            log.warning("matching.waits-for-postgres", error=type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)
    async with messaging.running():
        # On a database older than what was published, time must not decide anything either.
        await messaging.up_to_date.wait()
        async with timers.running(), outlooks.running(), scoring.running():
            await asyncio.Event().wait()
