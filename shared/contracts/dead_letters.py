"""Events of `dead-letters.v1`: which record could not be handled, where it lies, and why.

The record itself is not repeated here: it stays where it was, and in its reader's database.
"""

from typing import ClassVar

from shared.contracts.model import Event


class RecordParked(Event):
    """A reader put a record aside; later records of its key wait behind it."""

    TYPE: ClassVar[str] = "homeward.dead-letter.parked.v1"
    TOPIC: ClassVar[str] = "dead-letters.v1"

    consumer: str
    topic: str
    partition: int
    record_offset: int
    log_id: str
    error: str
    """A code such as `unreadable:value` or `IntegrityError:one_live_award`, never a value."""
