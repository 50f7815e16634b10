"""What was decided in a day is decided again from what was known then, byte for byte."""

import pickle
import typing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.matching import handlers
from services.matching.domain.package_step import PackageCommand, step_package
from services.matching.domain.policy import PolicyBook
from services.matching.domain.refusal import Refusal
from services.matching.geography import places
from services.matching.history import dump_event, dump_package, read_event, read_package
from tests.simulation.handlers.campaign import _quiet
from tests.simulation.handlers.schedule import Schedule

LEAST_SEEDS, MOST_SEEDS = 150, 1_000
"""As many as it takes until every kind of command was among them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: all that went into it, written down before, and all that came of it."""

    kind: type
    package: tuple[str, str]
    rest: bytes
    """Command, instant, policies, market and which placement was meant."""
    origins: tuple[tuple[str, str], ...]
    outcome: str


def _commands(kind: Any) -> set[type]:
    """The classes of a union, and of the unions in it."""
    parts = typing.get_args(kind)
    return {one for part in parts for one in _commands(part)} if parts else {kind}


def _written(outcome: Any) -> str:
    if isinstance(outcome, Refusal):
        return f"{outcome.code}: {outcome.sentence}"
    after, events = outcome
    return "\n".join((*dump_package(after), *(dump_event(event) for event in events)))


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """What every process decides from now on."""
    made: list[Decision] = []

    def recording(package, command, now, policies, market, *, about=None, origins):
        book = PolicyBook(current=policies.current, versions=dict(policies.versions))
        rest = pickle.dumps((command, now, book, replace(market, map={}), about))
        began = tuple((one.TYPE, dump_event(one)) for one in origins.values())
        before = dump_package(package)
        outcome = step_package(
            package, command, now, policies, market, about=about, origins=origins
        )
        made.append(Decision(type(command), before, rest, began, _written(outcome)))
        return outcome

    monkeypatch.setattr(handlers, "step_package", recording)
    return made


def test_a_day_s_decisions_are_made_again(decisions: list[Decision]):
    """From the recorded package, command, instant, policies, market and origins: the same bytes."""
    wanted = _commands(PackageCommand)
    for seed in range(MOST_SEEDS):
        if seed >= LEAST_SEEDS and wanted <= {made.kind for made in decisions}:
            break
        with _quiet():
            assert Schedule(seed).run() == []
    for made in decisions:
        command, now, policies, market, about = pickle.loads(made.rest)
        began = [read_event(*one) for one in made.origins]
        outcome = step_package(
            read_package(*made.package),
            command,
            now,
            policies,
            replace(market, map=places()),
            about=about,
            origins={event.placement_id: event for event in began},  # type: ignore[misc]
        )
        assert _written(outcome) == made.outcome
    assert len(decisions) > 1000
    assert wanted <= {made.kind for made in decisions}, "every command was among them"
