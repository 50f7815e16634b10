"""How long one decision of the adaptive policy takes: the rules alone, no Kafka, no Postgres."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter

from deploy.simulator.case import Case
from deploy.simulator.drawing import Draws
from deploy.simulator.market_file import load_market
from deploy.simulator.world import World
from services.matching.domain.care_commands import CareCommand
from services.matching.domain.decide import step
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.refusal import Refusal
from services.matching.policy_file import load_policy
from tests.benchmarks.figures import Waits
from tests.benchmarks.market import adaptive_policy
from tests.stack import ROOT

MARKET = ROOT / "deploy" / "markets" / "waltham-forest.yaml"


class _Timed(World):
    """A simulated run that takes each decision once more, timed, before it is taken.

    The first time is the timed one, so that nothing that the rules remember makes it quicker.
    """

    seconds: list[float]
    clock: Callable[[], float]

    def _do(self, now: datetime, case: Case, command: PackageCommand) -> None:
        assert not isinstance(command, CareCommand), "nothing happens after the award"
        market = self._market_at(now)
        began = self.clock()
        outcome = step(case.placement, command, now, self.policy, market)
        took = self.clock() - began
        if not isinstance(outcome, Refusal) and outcome[1]:
            self.seconds.append(took)
        super()._do(now, case, command)


def measure(folder: Path, weeks: int, clock: Callable[[], float] = perf_counter) -> Waits:
    """The decisions that commit events, of so many weeks of 30 packages on 60 providers.

    `clock` says seconds: of the wall or, where other work takes the processor, of this process.
    """
    policy = load_policy(adaptive_policy(folder))
    world = _Timed(policy, Draws(load_market(MARKET), seed=1, weeks=weeks))
    world.seconds, world.clock = [], clock
    world.run()
    return Waits.of(world.seconds)
