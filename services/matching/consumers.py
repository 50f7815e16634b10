"""What matching reads and writes: batches of three topics in, `placements.v1` out."""

from services.matching.handlers import TOPIC, Matching
from shared.messaging.runtime import Messaging
from shared.postgres.connection import Pool
from shared.postgres.wakeups import Wakeups
from shared.settings import ServiceSettings

SERVICE = "matching"
READS = ("referrals.v1", "responses.v1", "providers.v1")


def connect(
    settings: ServiceSettings, *, pool: Pool, wakeups: Wakeups, matching: Matching
) -> Messaging:
    """Matching's messaging. The register is read to its end before any referral is offered."""
    return Messaging(
        service=SERVICE,
        settings=settings,
        pool=pool,
        wakeups=wakeups,
        reads=READS,
        writes=(TOPIC,),
        handle=matching.take,
        first=("providers.v1",),
    )
