"""Two processes of matching with everything around them, and how all of it comes to rest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg

from services.matching.domain.policy import Policy
from services.matching.policy_document import Document
from shared.messaging.store import QUERIES
from tests.simulation.handlers.kafka import MemoryKafka
from tests.simulation.handlers.outside import Outside
from tests.simulation.handlers.policies import documents
from tests.simulation.handlers.post import Post
from tests.simulation.handlers.postgres import MemoryPostgres
from tests.simulation.handlers.process import Process, share
from tests.simulation.handlers.statements import answers
from tests.simulation.handlers.statements_of_messaging import place_in_key
from tests.simulation.handlers.turns import Turns

BEGIN = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
MOST_ROUNDS = 400
"""Rounds of delivery, and deadlines one after the other, until there must be nothing left."""
_ANSWERS = answers()


class World:
    """One database, one log, two processes, and everybody who speaks to them."""

    def __init__(
        self,
        rng: Random,
        postgres: Callable[..., MemoryPostgres] = MemoryPostgres,
        kafka: Callable[..., MemoryKafka] = MemoryKafka,
    ) -> None:
        """`postgres` and `kafka` make the doubles: a test gives broken ones."""
        self.rng = rng
        self.loop = Turns(rng)
        self.database = postgres(_ANSWERS, now=BEGIN, rng=rng)
        self.kafka = kafka(partitions=rng.choice((1, 2, 3)), rng=rng)
        self.document: Document = rng.choice(documents())
        self.post = Post(self.kafka, rng)
        kinds = [tier.contract for tier in self.document.tiers]
        self.outside = Outside(self.kafka, self.post, self.database, rng, kinds)
        self.processes: list[Process] = []
        self.sender = 0
        """Which process has the relay's lock."""
        self.broken: list[str] = []
        """What went wrong that must not, told at once."""

    def open(self) -> None:
        """A register, both processes, and perhaps the first referrals, with nothing broken."""
        for _ in range(self.rng.randint(3, 6)):
            self.outside.register()
        self.post.send(99)
        self.mend()
        for name in ("one", "two"):
            process = Process(name, self.database, self.kafka, self.document)
            self.loop.finish(process.start())
            self.processes.append(process)
        for _ in range(self.rng.randint(0, 2)):
            self.outside.refer()
        self.deliver()

    def mend(self) -> None:
        """From now on no connection is lost and every record is acknowledged."""
        faults = self.database.faults
        faults.pause = faults.lost = faults.lost_after_commit = 0.0
        self.kafka.unsure = self.kafka.misremembers = 0.0

    def share(self) -> None:
        """The group's partitions are dealt out anew."""
        for process, partitions in share(self.processes, self.kafka.partitions, self.rng):
            process.begin("own", process.own(partitions))

    def deliver(self) -> None:
        """Until nothing is unsent or unread."""
        self.wait_for_all()
        self.share()
        self.wait_for_all()
        for _ in range(MOST_ROUNDS):
            moved = self.post.send(99)
            for process in self.processes:
                while process.consumer.waiting():
                    moved += 1
                    self._do(process.read())
            self._do(self.processes[self.sender].send())
            if not moved:
                return
        self.broken.append("reading and sending never end")

    def wait_for_all(self) -> None:
        """Until nobody has anything under way."""
        for _ in range(100_000):
            if not any(process.busy() for process in self.processes):
                return
            self.loop.turn()
        self.broken.append("a process waits for ever")

    def _do(self, work: Any) -> None:
        try:
            self.loop.finish(work)
        except asyncpg.DataError as error:
            self._failed(error)

    def come_to_rest(self) -> None:
        """Nothing breaks any more; what an operator must mend is mended; then time passes."""
        self.mend()
        self.post.repair()
        self.deliver()
        self.look_at_failures()
        self._only_their_own_keys_wait()
        self._only_their_own_timers_wait()
        self.database.faults.unwritable.clear()
        self.kafka.too_large.clear()
        self._do(self._try_again())
        self._do(self.processes[0].replay_all())
        self.deliver()
        self._pass_time()
        if self.rng.random() < 0.3:
            # Somebody registers when all else has ended: who was left without is asked again.
            self.database.now += timedelta(minutes=1)
            self.outside.register()
            self.deliver()
            self._pass_time()

    def _pass_time(self) -> None:
        for _ in range(MOST_ROUNDS):
            due_at = self.next_due_at()
            if due_at is None:
                self._do(self.processes[self.sender].review_all())
                due_at = self.next_due_at()
            if due_at is None or self.broken:
                return
            self.database.now = max(self.database.now, due_at)
            self._do(self.rng.choice(self.processes).fire())
            self._do(self.processes[self.sender].send())
        self.broken.append("I2: deadlines never end")

    def _only_their_own_keys_wait(self) -> None:
        """I10: a bad record blocks its own key and no other."""
        unwritable = self.database.faults.unwritable
        bad = {str(key).encode() for key in (*self.outside.spoiled, *unwritable)}
        for row in self.database.rows("parked"):
            if row["key"] not in bad:
                self.broken.append(f"I10: {row['topic']} of {row['key']} waits: {row['error']}")
        heads: dict[Any, Any] = {}
        for row in sorted(self.database.rows("parked"), key=place_in_key):
            heads.setdefault((row["topic"], row["key"]), row)
        for place, head in heads.items():
            if head["error"] is None:
                self.broken.append(f"I10: {place} waits for nothing, and nobody is told")
        self._nothing_went_past()

    def _nothing_went_past(self) -> None:
        """Behind a parked record everything of its key is parked, but what was handled long ago."""
        parked = {(r["topic"], r["partition"], r["record_offset"])
                  for r in self.database.rows("parked")}  # fmt: skip
        handled = {(r["topic"], str(r["key"]).encode()): r["last_sequence"]
                   for r in self.database.rows("inbox")}  # fmt: skip
        for topic, partition, offset in sorted(parked):
            log = self.kafka.topic(topic)[partition]
            key = log[offset].key
            for later in log[offset + 1 :]:
                if later.key != key or (topic, partition, later.offset) in parked:
                    continue
                sequence = int(dict(later.headers).get("ce_sequence", 0))
                if not 0 < sequence <= handled.get((topic, key or b""), 0):
                    self.broken.append(f"I10: {topic} {key!r} went on past a parked record")

    def _only_their_own_timers_wait(self) -> None:
        """I3: what cannot be written holds up its own deadline and no other."""
        sound: list[Any] = []
        for _ in range(MOST_ROUNDS):
            self._do(self.processes[0].fire())
            sound = [
                row["referral_id"]
                for row in self.database.rows("placements")
                if row["next_due_at"] is not None
                and row["next_due_at"] <= self.database.now
                and row["referral_id"] not in self.database.faults.unwritable
            ]
            if not sound:
                return
        self.broken += [f"I3: placement {key} is due and waits for another" for key in sound]

    def policies(self) -> dict[str, Policy]:
        """Every policy that a process knows, by version."""
        return {
            version: policy
            for process in self.processes
            for version, policy in process.matching.policies._by_version.items()
        }

    async def _try_again(self) -> None:
        async with self.processes[0].pool.acquire() as connection:
            for row in self.database.rows("outbox"):
                if row["refused_error"] is not None:
                    await QUERIES.try_again(connection, position=row["position"])

    def next_due_at(self) -> datetime | None:
        """The earliest deadline of any placement."""
        due = (row["next_due_at"] for row in self.database.rows("placements"))
        return min((at for at in due if at is not None), default=None)

    def look_at_failures(self) -> None:
        """Notes what left a process as an error and must not have."""
        for process in self.processes:
            for error in process.failures():
                self._failed(error)

    def _failed(self, error: BaseException) -> None:
        if not (isinstance(error, asyncpg.DataError) and self.outside.unwritable):
            self.broken.append(f"a process failed with {error!r}")
