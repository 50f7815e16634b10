"""One response of a provider, appended to its referral's stream with the words that came with it."""

from services.providers.handlers.words import Words, keep_words
from services.providers.projections import RESPONSES
from services.providers.store import save_streams
from shared.contracts import responses
from shared.messaging.outbox import NewEvent, append
from shared.postgres.connection import Connection

TOPIC = "responses.v1"

ResponseEvent = (
    responses.OfferAccepted
    | responses.OfferDeclined
    | responses.ConditionProposed
    | responses.CounterAnswered
    | responses.ConfirmationSent
    | responses.ReleaseSent
    | responses.StartReported
    | responses.HandBackSent
    | responses.RestartAnswered
    | responses.ChangeAnswered
)


async def record(
    connection: Connection, event: ResponseEvent, last_sequence: int, words: Words
) -> None:
    """Records what a provider said; the caller holds the stream's lock.

    The words stay in this service: the event has none.
    """
    sequence = last_sequence + 1
    await append(
        connection,
        [
            NewEvent(
                topic=TOPIC,
                key=event.referral_id,
                sequence=sequence,
                type=event.TYPE,
                at=event.at,
                body=event.model_dump_json(by_alias=True),
                correlation_id=event.referral_id,
            )
        ],
    )
    await RESPONSES.apply(connection, [event])
    await save_streams(connection, TOPIC, {event.referral_id: sequence})
    await keep_words(connection, event.referral_id, event.TYPE, words, event.at)
