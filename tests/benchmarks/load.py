"""What the benchmark puts on Kafka: referrals, and the acceptances of the offers they lead to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from aiokafka import AIOKafkaProducer

from services.matching.domain import ids
from shared.contracts.envelope import headers_for
from shared.contracts.model import Event
from shared.contracts.providers import ProviderRecorded
from shared.contracts.referrals import Authorised, ReferralReceived, Source, Wanted
from shared.contracts.requirement import Requirement, Visit
from shared.contracts.responses import OfferAccepted
from shared.ids import event_id
from tests.benchmarks.market import OUTCODES, best_for

_ROOT = UUID("1b0a6a36-44b4-5f5a-8a6e-6f4f6a7c9d22")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BANDS_BY_SIZE = (
    ("morning",),
    ("morning", "bed"),
    ("morning", "lunch", "bed"),
    ("morning", "lunch", "tea", "bed"),
)
"""Packages of one to four visits a day, as they come: about 10 hours a week on average."""


class Load(NamedTuple):
    """Half of a round's inputs: where they go, and what each says, one event a key."""

    topic: str
    sequence_of_key: int
    events: Sequence[Event]


def referral_id(number: int) -> UUID:
    """The id of the nth referral, the same in each round."""
    return uuid5(_ROOT, str(number))


def outcode(number: int) -> str:
    """Where the nth referral's home is."""
    return OUTCODES[number % len(OUTCODES)]


def referrals(first: int, count: int, at: datetime) -> Load:
    """Complete referrals, received at `at`."""
    return Load(
        "referrals.v1", 1, [_referral(number, at) for number in range(first, first + count)]
    )


def acceptances(first: int, count: int, at: datetime) -> Load:
    """For each of these referrals, a yes by whoever is asked first, so that it is awarded at once."""
    return Load(
        "responses.v1", 1, [_acceptance(number, at) for number in range(first, first + count)]
    )


def _referral(number: int, at: datetime) -> ReferralReceived:
    bands = _BANDS_BY_SIZE[number % len(_BANDS_BY_SIZE)]
    visits = [
        Visit.model_validate(
            {"weekday": day, "band": band, "minutes": 30, "carers": 1 + number % 2}
        )
        for day in _DAYS
        for band in bands
    ]
    return ReferralReceived(
        at=at,
        referral_id=referral_id(number),
        received_at=at,
        source=Source(kind="hospital", organisation="whipps", ward="aspen"),
        pathway="P1",
        urgency="routine",
        discharge_ready_at=at,
        complete_at=at,
        missing=(),
        wanted=Wanted(
            outcode=outcode(number),
            requirement=Requirement(
                care_type="personal_care", visits=tuple(visits), needs=("medication",), ready_at=at
            ),
            authorisation=Authorised(at=at, basis="panel", funder="council", due_by=None),
            gender=None,
        ),
    )


def _acceptance(number: int, at: datetime) -> OfferAccepted:
    referral, provider = referral_id(number), best_for(outcode(number))
    offer = ids.offer_id(ids.placement_id(referral), 1, provider)
    return OfferAccepted(
        at=at,
        referral_id=referral,
        response_id=uuid5(_ROOT, f"response {number}"),
        provider_id=provider,
        recorded_at=at,
        offer_id=offer,
    )


async def preload(bootstrap: str, prefix: str, load: Load) -> None:
    """Puts the load on its topic; returns when all of it is acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    try:
        waiting = [
            await producer.send(
                prefix + load.topic, **_record(load.topic, load.sequence_of_key, event)
            )
            for event in load.events
        ]
        for acknowledgement in waiting:
            await acknowledgement
    finally:
        await producer.stop()


def _record(topic: str, sequence: int, event: Any) -> dict[str, Any]:
    key = event.provider_id if isinstance(event, ProviderRecorded) else event.referral_id
    headers = headers_for(
        id=event_id(topic, key, sequence),
        source="benchmark",
        type=event.TYPE,
        at=event.at,
        key=key,
        sequence=sequence,
        correlation_id=key,
        causation_id=None,
    )
    return {
        "key": str(key).encode(),
        "value": event.model_dump_json().encode(),
        "headers": [(name, text.encode()) for name, text in headers.items()],
    }
