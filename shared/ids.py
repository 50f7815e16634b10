"""Ids: a root gets a UUIDv7, what follows from it is derived, secrets come from `secrets`."""

from uuid import UUID

from uuid_utils.compat import uuid5, uuid7

_EVENTS = UUID("6f1d2a52-5f0b-5c3a-9a0e-2d1f5b8c7e41")


def new_id() -> UUID:
    """A new root id (referral, provider, token): unique, and in order of time."""
    return uuid7()


def event_id(topic: str, key: UUID, sequence: int) -> UUID:
    """The id of the event at this place of this stream: the same however often it is worked out."""
    return uuid5(_EVENTS, f"{topic}/{key}/{sequence}")
