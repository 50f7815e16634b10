"""`homeward demo` refuses a market or a policy that it cannot use before it starts anything."""

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.commands.markets import MARKETS


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """Runs the command on a state folder of the test's own; a traceback fails the test."""
    for name in ("REFERRALS", "MATCHING", "PROVIDERS"):
        monkeypatch.delenv(f"{name}_DATABASE_URL", raising=False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    state = tmp_path / "state"

    def run(*arguments: str) -> Result:
        outcome = CliRunner().invoke(app, ["demo", "--exit", "--state", str(state), *arguments])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome
        assert not state.exists()
        return outcome

    return run


def test_an_unknown_market_is_told_which_there_are(demo):
    """Exit code 1 and the names of those that ship."""
    outcome = demo("--market", "atlantis")
    assert outcome.exit_code == 1
    assert "there is no market file atlantis" in outcome.output
    assert "waltham-forest" in outcome.output


def test_every_mistake_in_a_market_is_told_with_its_line(demo, tmp_path):
    """A typo and an impossible chance: two lines, each with a remedy."""
    text = (MARKETS / "waltham-forest.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        text.replace("per_week: 30", "per_weak: 30").replace("urgent: 0.2", "urgent: 2.0"),
        encoding="utf-8",
    )
    outcome = demo("--market", str(wrong))
    assert outcome.exit_code == 1
    assert "arrivals.per_weak: unknown key; remove it" in outcome.output
    assert "packages.urgent: too large" in outcome.output


def test_a_policy_of_another_place_is_refused_by_its_lots(demo):
    """A policy whose lots nobody of the market is in says so, and names the market's."""
    outcome = demo("--policy", "devon-cares")
    assert outcome.exit_code == 1
    assert "policy devon-cares on market waltham-forest: no framework provider" in outcome.output


def test_its_help_names_market_and_policy(demo):
    """Both options explain themselves."""
    outcome = demo("--help")
    assert "--market" in outcome.output
    assert "--policy" in outcome.output
