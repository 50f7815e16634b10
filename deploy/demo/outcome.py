"""What became of the day, read from matching's own log, as the simulator tells a run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from deploy.demo.scene import Scene
from deploy.demo.seen import Looked
from deploy.prepare import installation_of
from deploy.simulator.case import Case
from deploy.simulator.drawing import Package
from deploy.simulator.outcomes import Forecast, RunOutcome
from services.matching.domain import events as e
from services.matching.domain.codes import Outlook
from services.matching.domain.evolve import evolve
from services.matching.domain.outlook import ends_of_day
from services.matching.domain.placement import Withdrawn
from services.matching.history import read_event
from services.matching.policy_file import load_policy

_LOG = """
select key, type, body from events where topic = 'placements.v1' order by key, sequence
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that wards were told of a package, and whether it was filled by 20:00 of that day."""

    outlook: Outlook
    filled_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedDay:
    """The day as a run of one day. Referrals that were withdrawn are in neither part."""

    run: RunOutcome
    words: tuple[Word, ...]
    withdrawn: int


async def lived_day(scene: Scene) -> LivedDay:
    """The day's outcome: every placement from its events, every chance beside what came of it."""
    async with installation_of(scene.run).connection("matching") as connection:
        rows = await connection.fetch(_LOG)
    packages = {
        UUID(referral_id): scene.day.referrals[index].package
        for index, referral_id in scene.referral_ids.items()
    }
    histories: dict[UUID, list[e.Event]] = defaultdict(list)
    for row in rows:
        histories[row["key"]].append(read_event(row["type"], row["body"]))
    cases = {key: _case(packages[key], histories[key]) for key in packages if key in histories}
    kept = {key: case for key, case in cases.items() if not isinstance(case.placement, Withdrawn)}
    policy = load_policy(scene.plan.policy)
    looked = _by_referral(scene.seen.looked)
    outcomes = (
        replace(
            case.outcome(policy),
            forecasts=tuple(_against(case, one) for one in looked.get(key, ())),
        )
        for key, case in kept.items()
    )
    return LivedDay(
        run=RunOutcome(
            market=scene.plan.market.name,
            policy=policy.name,
            seed=scene.plan.seed,
            weeks=1,
            packages=tuple(sorted(outcomes, key=lambda one: one.number)),
            decisions=0,  # Not counted: the services took them.
            seconds=0.0,
        ),
        words=tuple(word for key, case in kept.items() for word in _words(case, histories[key])),
        withdrawn=len(cases) - len(kept),
    )


def _case(package: Package, events: Iterable[e.Event]) -> Case:
    """The package with all that happened to it; it was received when matching says."""
    case = Case(package)
    for event in events:
        if isinstance(event, e.AwaitingInformation | e.SearchStarted):
            case.package = replace(case.package, received_at=event.received_at)
        case.note(event, case.placement)
        case.placement = evolve(case.placement, event)
    return case


def _by_referral(looked: Iterable[Looked]) -> Mapping[UUID, list[Looked]]:
    found: dict[UUID, list[Looked]] = defaultdict(list)
    for one in looked:
        found[UUID(one.referral_id)].append(one)
    return found


def _against(case: Case, looked: Looked) -> Forecast:
    return Forecast(
        at_minute=looked.at_minute,
        horizon=looked.horizon,
        chance=looked.chance,
        oracle_chance=None,
        happened=_filled_by(case, looked.until),
    )


def _words(case: Case, events: Iterable[e.Event]) -> Iterable[Word]:
    return [
        Word(event.outlook, _filled_by(case, ends_of_day(event.at)[0]))
        for event in events
        if isinstance(event, e.OutlookChanged)
    ]


def _filled_by(case: Case, until: datetime) -> bool:
    return case.award is not None and case.award.at <= until
