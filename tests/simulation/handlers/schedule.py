"""One schedule: a seed draws who says what, what runs when and what breaks; then all comes to rest."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from services.matching.domain.commands import Command
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.people_commands import ChangeWindow
from tests.simulation.handlers.policies import documents
from tests.simulation.handlers.process import Process, small_pages
from tests.simulation.handlers.transactions import Faults
from tests.simulation.handlers.verdict import faults_in
from tests.simulation.handlers.world import World

COMMAND = "python -m tests.simulation.handlers --schedules 1 --seed {seed}"
MOST_REFERRALS = 3

_Weights = dict[str, float]
_Order = tuple[UUID, Command] | tuple[UUID, PackageCommand, UUID | None]
"""About which referral, what, and to which provider's care it belongs."""
_USUAL: _Weights = {
    "refer": 2, "complete": 1, "withdraw": 0.4, "amend": 0.6, "register": 1, "answer": 8, "answer_award": 4, "answer_counter": 1, "decide": 4,
    "answer_care": 3, "order_care": 4, "take_up": 1,
    "command": 3, "send": 5, "send_again": 1, "read": 7, "fire": 5, "relay": 6, "review": 0.5,
    "time": 4, "calm": 4, "kill": 2, "hand_over": 1.5, "spoil": 0.4, "unwritable": 0.5,
    "too_large": 0.2, "send_past": 0.4, "replay": 0.4, "repair": 0.8,
}  # fmt: skip
_SPANS = (0.0, 1.0, 1.0, 3.0, 5.0, 9.0, 30.0, 120.0)
"""Minutes by which the clock jumps."""
_TURNS = (0, 1, 2, 4, 8, 12, 20, 40, 300)
"""How far what was begun gets until the next step."""
_JUST_BEFORE = timedelta(milliseconds=1)
"""Long for a clock of which each reading shows a microsecond more."""


class Schedule(World):
    """What a seed does to a world. The same seed does the same."""

    def __init__(
        self, seed: int, *, note: Callable[[str], None] | None = None, **doubles: Any
    ) -> None:
        """`note` hears each step; `doubles` may be broken ones."""
        super().__init__(Random(seed), **doubles)
        rng = self.rng
        self.steps = rng.randint(10, 30)
        self.met: Counter[str] = Counter()
        self.note = note or (lambda _step: None)
        self._trouble = Faults(
            pause=rng.choice((0.3, 1.0, 1.0)),
            lost=rng.choice((0.0, 0.0, 0.01)),
            lost_after_commit=rng.choice((0.0, 0.1)),
        )
        self._unsure = rng.choice((0.0, 0.1))
        self._misremembers = rng.choice((0.0, 0.8))

    def run(self) -> list[str]:
        """What does not hold at the end, in sentences; empty if all does."""
        with self.loop.entered(), small_pages():
            self.open()
            self._begin_race()
            self._begin_orders()
            self._begin_talks()
            self._begin_care()
            self._break()
            for _ in range(self.steps):
                self._step()
            if not self.broken:
                self.note("comes to rest")
                self.come_to_rest()
            found = self.broken or self.loop.finish(faults_in(self))
        self.met.update(row["type"].split(".")[-2] for row in self.database.rows("events"))
        return found

    # -- steps -------------------------------------------------------------------------------------

    def _begin_talks(self) -> None:
        """Some schedules begin with a yes that waits for a person, and what is said to it and back."""
        if self.rng.random() < 0.7:
            return
        if self.rng.random() < 0.6:
            self.outside.answer_on_condition()
        else:
            self.outside.answer_dear()
        self.deliver()
        self._obeyed(self.outside.decision())
        if self.rng.random() < 0.8:
            self.outside.answer_counter()
            self.deliver()

    def _begin_race(self) -> None:
        """Some schedules begin with a yes of the last in rank, and of those before it one alone that
        has not said no and gets less time, or more."""
        asked = self.outside.asked_together()
        if len(asked) < 3 or self.rng.random() < 0.9:
            return
        first, *others, last = asked
        self.outside.say(last, yes=True)
        self.deliver()
        until = self.database.now + timedelta(minutes=self.rng.choice((1, 3, 60)))
        self._obeyed((first.referral_id, ChangeWindow(offer_id=first.id, expires_at=until)))
        for other in others:
            self.outside.say(other, yes=False)
        self.deliver()

    def _begin_orders(self) -> None:
        """Some schedules begin with what brokers order by hand while all that they see is still so;
        in some of these a yes stands by then."""
        orders = self.rng.choice((0, 0, 0, 2, 4))
        if orders and self.rng.random() < 0.4:
            self.outside.answer()
            self.deliver()
        for _ in range(orders):
            self._obeyed(self.outside.command())

    def _obeyed(self, asked: _Order | None) -> None:
        if asked is not None:
            self._do(self.rng.choice(self.processes).obey(*asked))
            self.deliver()

    def _begin_care(self) -> None:
        """Some schedules are about packages that somebody has from the beginning, or gives."""
        for _ in range(self.rng.choice((0, 0, 2, 3, 3))):
            self.outside.take_up()
            self.deliver()
        for _ in range(self.rng.choice((0, 0, 1, 2, 3))):
            self._obeyed(self.outside.order_care())
            if self.rng.random() < 0.6:
                self.outside.answer_care()
                self.deliver()

    def _break(self) -> None:
        faults, trouble = self.database.faults, self._trouble
        faults.pause, faults.lost = trouble.pause, trouble.lost
        faults.lost_after_commit = trouble.lost_after_commit
        self.kafka.unsure, self.kafka.misremembers = self._unsure, self._misremembers
        for process in self.processes:
            process.pause = trouble.pause

    def _step(self) -> None:
        (step,) = self.rng.choices(_STEPS, _WEIGHTS)
        self.note(f"{self.database.now:%d %H:%M:%S.%f} {step}")
        self.met[step] += 1
        getattr(self, f"_{step}")()
        self.loop.run(self.rng.choice(_TURNS))
        self.look_at_failures()

    def _refer(self) -> None:
        if len(self.outside.referrals) < MOST_REFERRALS:
            self.outside.refer()

    def _complete(self) -> None:
        self.outside.complete()

    def _amend(self) -> None:
        self.outside.amend()

    def _withdraw(self) -> None:
        self.outside.withdraw()

    def _register(self) -> None:
        self.outside.register()

    def _answer(self) -> None:
        for _ in range(self.rng.randint(1, 3)):
            self.outside.answer()

    def _answer_counter(self) -> None:
        self.outside.answer_counter()

    def _answer_award(self) -> None:
        self.outside.answer_award()

    def _decide(self) -> None:
        self._begin(self.outside.decision())

    def _command(self) -> None:
        self._begin(self.outside.command())

    def _begin(self, asked: _Order | None) -> None:
        process = self.rng.choice(self.processes)
        if asked is not None and process.ready:
            process.begin("command", process.obey(*asked))

    def _take_up(self) -> None:
        self.outside.take_up()

    def _answer_care(self) -> None:
        self.outside.answer_care()

    def _order_care(self) -> None:
        self._begin(self.outside.order_care())

    def _send(self) -> None:
        self.post.send(self.rng.randint(1, 6))

    def _send_past(self) -> None:
        self.post.send_past()

    def _send_again(self) -> None:
        self.post.send_again()

    def _read(self) -> None:
        for process in self.processes:
            process.begin("read", process.read(self.rng))

    def _fire(self) -> None:
        for process in self.processes:
            if process.ready:
                process.begin("fire", process.fire())

    def _review(self) -> None:
        process = self.rng.choice(self.processes)
        if process.ready:
            process.begin("review", process.review())

    def _relay(self) -> None:
        process = self.processes[self.sender]
        process.begin("send", process.send())

    def _time(self) -> None:
        due_at = self.next_due_at()
        if due_at is not None and due_at > self.database.now and self.rng.random() < 0.5:
            before = self.rng.choice((timedelta(), _JUST_BEFORE))
            self.database.now = max(self.database.now, due_at - before)
        else:
            self.database.now += timedelta(minutes=self.rng.choice(_SPANS))

    def _kill(self) -> None:
        """Somewhere in the middle of what it does; another begins in its place."""
        for begin in (self._send, self._read, self._fire, self._relay):
            begin()
        self.loop.run(self.rng.randrange(60))
        busy = [index for index, process in enumerate(self.processes) if process.busy()]
        index = self.rng.choice(busy or [0, 1])
        self.processes[index].kill()
        document = self.rng.choice((*documents(), *[self.document] * len(documents())))
        new = Process(self.processes[index].name, self.database, self.kafka, document)
        new.pause = self._trouble.pause
        self.processes[index] = new
        self.sender = 1 - index
        new.begin("start", new.start())
        self.share()

    def _hand_over(self) -> None:
        """Partitions change hands while batches are under way and records come."""
        self._read()
        self.loop.run(self.rng.choice(_TURNS))
        self.post.send(self.rng.randint(0, 6))
        self.share()
        self.loop.run(self.rng.choice(_TURNS[:6]))
        self._read()

    def _spoil(self) -> None:
        self.outside.spoil()

    def _unwritable(self) -> None:
        if self.outside.referrals:
            self.outside.unwritable.add(self.rng.choice(list(self.outside.referrals)))
            self.database.faults.unwritable |= self.outside.unwritable

    def _too_large(self) -> None:
        if self.outside.referrals:
            key = self.rng.choice(list(self.outside.referrals))
            self.kafka.too_large.add(str(key).encode())

    def _repair(self) -> None:
        self.post.repair()

    def _replay(self) -> None:
        process = self.rng.choice(self.processes)
        if process.ready:
            process.begin("replay", process.mend())

    # -- coming to rest ----------------------------------------------------------------------------

    def _calm(self) -> None:
        """For a moment nothing breaks, and everybody gets to the end of what there is."""
        self.mend()
        self.deliver()
        self._break()


_STEPS = tuple(_USUAL)
_WEIGHTS = tuple(_USUAL.values())
