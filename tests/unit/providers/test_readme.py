"""The service's README says what the code does."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from services.providers.api.callers import refusal_problem
from services.providers.domain import awards, offers
from services.providers.domain.verdicts import RefusalCode
from shared.contracts.codes import DeclineReason, HandBackReason, ReleaseReason

README = (Path(__file__).parents[3] / "services" / "providers" / "README.md").read_text()


def diagram(follows: Mapping[str, frozenset[str]]) -> str:
    """The table of states as Mermaid draws it."""
    arrows = [
        f"    {before} --> {after}" for before in follows for after in sorted(follows[before])
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])


@pytest.mark.parametrize("follows", [offers.FOLLOWS, awards.FOLLOWS], ids=["offers", "awards"])
def test_the_diagrams_are_the_tables_of_states(follows):
    """A transition that is added or taken away must be drawn."""
    assert diagram(follows) in README


@pytest.mark.parametrize("code", get_args(RefusalCode))
def test_every_refusal_is_explained(code):
    """Each code that a provider may get stands in the tables of answers."""
    problem = refusal_problem(code)
    assert f"`{problem.type}`" in README


@pytest.mark.parametrize(
    "reason", {*get_args(DeclineReason), *get_args(ReleaseReason), *get_args(HandBackReason)}
)
def test_every_reason_is_listed(reason):
    """A developer finds each reason that may be sent."""
    assert f"`{reason}`" in README
