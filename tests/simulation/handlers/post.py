"""How what others say reaches matching: an outbox for each key, late, twice, or past a lost record."""

from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from shared.contracts.envelope import headers_for
from shared.contracts.model import Event
from shared.ids import event_id
from tests.simulation.handlers.kafka import MemoryKafka

_WRITER = {"referrals.v1": "referrals", "responses.v1": "providers", "providers.v1": "providers"}
Place = tuple[str, UUID]
"""A topic and a key: what has an order of its own."""


@dataclass(slots=True)
class Post:
    """Keeps the order of each key, as a relay does, and no other."""

    kafka: MemoryKafka
    rng: Random
    sequences: dict[Place, int] = field(default_factory=dict)
    """How many events of each place there are."""
    _waiting: dict[Place, list[tuple[Any, ...]]] = field(default_factory=dict)
    _sent: dict[Place, list[tuple[Any, ...]]] = field(default_factory=dict)
    _missing: dict[Place, int] = field(default_factory=dict)

    def put(self, event: Event, key: UUID) -> None:
        """Keeps an event, with the next sequence of its place, until it is sent."""
        place = (event.TOPIC, key)
        sequence = self.sequences[place] = self.sequences.get(place, 0) + 1
        headers = headers_for(
            id=event_id(event.TOPIC, key, sequence), source=_WRITER[event.TOPIC], type=event.TYPE,
            at=event.at, key=key, sequence=sequence, correlation_id=key, causation_id=None,
        )  # fmt: skip
        record = (event.TOPIC, str(key).encode(), event.model_dump_json().encode(), headers)
        self._waiting.setdefault(place, []).append(record)

    def send(self, most: int) -> int:
        """Sends what waits, of places in any order, each place's own in its order; how many."""
        count = 0
        while self._waiting and count < most:
            place = self.rng.choice(list(self._waiting))
            self.kafka.write(*self._next_of(place))
            count += 1
        return count

    def send_past(self) -> None:
        """The log loses a record, and the next of its place is there without it."""
        if places := [place for place, waiting in self._waiting.items() if len(waiting) > 1]:
            place = self.rng.choice(places)
            self._missing.setdefault(place, len(self._sent.get(place, ())))
            self._next_of(place)
            self.kafka.write(*self._next_of(place))

    def repair(self) -> None:
        """Sends again what the log lost of each place, and all that came after it."""
        for place, first in self._missing.items():
            for record in self._sent[place][first:]:
                self.kafka.write(*record)
        self._missing.clear()

    def send_again(self) -> None:
        """After a crash: the last of what a place had sent, in order, a second time."""
        if self._sent:
            place = self.rng.choice(list(self._sent))
            for record in self._sent[place][-self.rng.randint(1, 3) :]:
                self.kafka.write(*record)

    def _next_of(self, place: Place) -> tuple[Any, ...]:
        record = self._waiting[place].pop(0)
        if not self._waiting[place]:
            del self._waiting[place]
        self._sent.setdefault(place, []).append(record)
        return record
