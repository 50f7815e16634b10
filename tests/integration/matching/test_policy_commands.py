"""`homeward policy publish`, `list` and `show` on a database."""

import asyncio
from datetime import timedelta

import pytest
import yaml
from typer.testing import CliRunner, Result

from deploy.cli import app
from services.matching.policy_file import load_policy
from tests.integration.matching.room import POLICY, provider, referral, room
from tests.stack import TestStack


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state in which nothing runs, so that the environment's databases are meant."""
    monkeypatch.setenv("HOMEWARD_STATE", str(tmp_path / "state"))
    return monkeypatch


async def run(state, url: str, *arguments: str) -> Result:
    """The command's outcome, run as a process of its own would be: beside the test's loop."""
    for service in ("REFERRALS", "MATCHING", "PROVIDERS"):
        state.setenv(f"{service}_DATABASE_URL", url)
    state.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


async def test_a_policy_is_published_listed_and_shown(stack: TestStack, state, tmp_path):
    """Author and reason are kept; a search that begins afterwards is under it."""
    path = tmp_path / "mine.yaml"
    path.write_text(POLICY.read_text().replace("name: three-tier", "name: mine"))
    version = load_policy(path).version
    who = ("--author", "Ada Example", "--reason", "spot is closed")
    async with room(stack) as matching:
        outcome = await run(state, matching.url, "policy", "publish", str(path), *who)
        assert outcome.exit_code == 0, outcome.output
        assert f"Published as number 2: {version}, in force at once." in outcome.output
        asked = referral(await matching.now())
        await matching.take(asked)
        began = await matching.pool.fetchval("select policy_version from summaries")
        assert began == version
        listed = await run(state, matching.url, "policy", "list")
        assert [word in listed.output for word in ("Ada Example", "spot is closed", version)] == [
            True, True, True,
        ]  # fmt: skip
        shown = await run(state, matching.url, "policy", "show", version[:6])
        again = tmp_path / "again.yaml"
        again.write_text(shown.output)
        assert yaml.safe_load(shown.output)["name"] == "mine"
        assert load_policy(again).version == version
        unknown = await run(state, matching.url, "policy", "show", "zzz")
        assert unknown.exit_code == 1
        assert "no version begins with zzz" in unknown.output
        later = (await matching.now() + timedelta(days=1)).isoformat()
        outcome = await run(
            state, matching.url, "policy", "publish", str(path), *who, "--from", later
        )
        assert f"number 3: {version}, in force from {later}." in outcome.output


async def test_a_policy_that_the_register_cannot_carry_is_not_published(stack: TestStack, state):
    """Each lot that nobody serves by its line; nothing is stored."""
    async with room(stack) as matching:
        await matching.take(provider(name="Alder", kind="framework", lot="walthamstow"))
        outcome = await run(
            state, matching.url, "policy", "publish", "three-tier", "--author", "Ada",
            "--reason", "because",
        )  # fmt: skip
        assert outcome.exit_code == 1
        assert "lots.leyton: nobody serves this lot" in outcome.output
        assert await matching.pool.fetchval("select count(*) from publications") == 1
