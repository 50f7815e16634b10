"""The command line without any server: help for everything, and a sentence for every expected problem."""

import socket

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.commands.place import MARKER
from deploy.local.ports import LOOPBACK, is_free

COMMANDS = (
    "up", "down", "status", "reset", "logs", "migrate", "demo", "simulate", "rebuild", "verify",
    "token", "token create", "token list", "token revoke", "policy check", "policy diff",
    "policy publish", "policy list", "policy show", "report",
    "register", "register check", "register load", "register make",
    "dead-letters", "dead-letters list", "dead-letters show", "dead-letters replay",
    "dead-letters discard",
)  # fmt: skip
SERVERS = ("REFERRALS_DATABASE_URL", "MATCHING_DATABASE_URL", "PROVIDERS_DATABASE_URL")
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state folder where nothing runs, and an environment that names no servers."""
    for name in (*SERVERS, "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "state"
    monkeypatch.setenv("HOMEWARD_STATE", str(folder))
    return folder


@pytest.fixture
def elsewhere(state, monkeypatch):
    """Servers named by the environment that nobody listens as."""
    for name in SERVERS:
        monkeypatch.setenv(name, f"postgresql://nobody@{NOWHERE}/none")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", NOWHERE)


def run(*arguments: str) -> Result:
    """The command's outcome; a traceback fails the test."""
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome
    return outcome


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command):
    """`--help` says what the command does and what its options mean."""
    outcome = run(*command.split(), "--help")
    assert outcome.exit_code == 0
    assert "Usage: " in outcome.output


def test_no_command_without_a_sentence():
    """The list of commands has a line of help for each."""
    for group in (app, *(group.typer_instance for group in app.registered_groups)):
        assert group is not None
        for command in group.registered_commands:
            assert (command.callback.__doc__ or "").strip(), command


@pytest.mark.parametrize(
    "command",
    ["status", "token list", "report fill-times", "dead-letters list", "rebuild", "verify"],
)
def test_what_needs_a_running_stack_says_so(state, command):
    """Exit code 1 and what to do, whichever command it is."""
    outcome = run(*command.split())
    assert outcome.exit_code == 1
    assert "`homeward up` starts it" in outcome.output


def test_the_demos_data_is_named_as_such(state):
    """With --demo the hint is the demo."""
    assert "`homeward demo` starts it" in run("status", "--demo").output


def test_down_is_safe_when_nothing_runs(state):
    """It says so and succeeds."""
    outcome = run("down")
    assert (outcome.exit_code, "was not running" in outcome.output) == (0, True)


def test_a_taken_port_is_named_with_its_owner(state):
    """`up` says which port, who has it, and starts nothing."""
    with socket.socket() as holder:
        if is_free(8101):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # As a service binds.
            holder.bind((LOOPBACK, 8101))
            holder.listen()
        outcome = run("up")
    assert outcome.exit_code == 1
    assert "port 8101" in outcome.output
    assert "taken by" in outcome.output


def test_processes_are_a_service_and_a_number(state):
    """Anything else is a wrong command line."""
    for wrong in ("matching", "matching=0", "kafka=2"):
        outcome = run("up", "--processes", wrong)
        assert outcome.exit_code == 2
        assert "SERVICE=NUMBER" in outcome.output


def test_an_unknown_policy_names_those_that_ship(state):
    """A policy is a file, or one of the shipped names."""
    outcome = run("policy", "check", "nope")
    assert outcome.exit_code == 1
    assert "three-tier, waltham-forest" in outcome.output


def test_a_good_policy_passes(state):
    """Exit code 0."""
    assert run("policy", "check", "three-tier").exit_code == 0


def test_a_bad_policy_is_told_by_line(state, tmp_path):
    """Exit code 1, the file's line and what to write."""
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nlots: {}\ntiers: []\n")
    outcome = run("policy", "check", str(path))
    assert outcome.exit_code == 1
    assert "mine.yaml:3: tiers: empty; give at least one" in outcome.output


def test_a_policy_is_held_against_a_market(state):
    """Who could never be asked is told without a register; a market that is none is told."""
    market = "deploy/markets/waltham-forest.yaml"
    assert run("policy", "check", "three-tier", "--market", market).exit_code == 0
    outcome = run("policy", "check", "devon-cares", "--market", market)
    assert outcome.exit_code == 1
    assert "lots.exeter: nobody serves this lot" in outcome.output
    outcome = run("policy", "check", "three-tier", "--market", "nowhere.yaml")
    assert outcome.exit_code == 1
    assert "give the path of a market" in outcome.output


def test_what_changes_between_policies_is_said(state, tmp_path):
    """A line for each change; a policy with a mistake is told by its line instead."""
    outcome = run("policy", "diff", "waltham-forest", "three-tier")
    assert outcome.exit_code == 0
    assert "- In step dps, DPS providers are offered new packages again" in outcome.output
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nlots: {}\ntiers: []\n")
    outcome = run("policy", "diff", "three-tier", str(path))
    assert outcome.exit_code == 1
    assert "mine.yaml:3: tiers: empty; give at least one" in outcome.output


def test_publishing_needs_an_author_and_a_reason(elsewhere):
    """Before anything is asked of a database."""
    outcome = run("policy", "publish", "three-tier", "--author", " ", "--reason", "x")
    assert outcome.exit_code == 1
    assert "say who decides it and why" in outcome.output
    named = ("--author", "Ada", "--reason", "a new contract")
    outcome = run("policy", "publish", "three-tier", *named, "--from", "2026-04-01T08:00")
    assert outcome.exit_code == 2
    outcome = run("policy", "publish", "three-tier", *named)
    assert outcome.exit_code == 1
    assert "the database of matching does not answer" in outcome.output


def test_reset_leaves_a_strangers_folder_alone(state):
    """A folder without our marker is not erased, whatever was asked."""
    state.mkdir()
    (state / "thesis.txt").write_text("years of work")
    outcome = run("reset", "--yes")
    assert outcome.exit_code == 1
    assert MARKER in outcome.output
    assert (state / "thesis.txt").exists()


def test_reset_asks_first(state):
    """Without a yes nothing is erased."""
    state.mkdir()
    (state / MARKER).touch()
    outcome = CliRunner().invoke(app, ["reset"], input="n\n")
    assert outcome.exit_code == 1
    assert (state / MARKER).exists()
    assert run("reset", "--yes").exit_code == 0
    assert not state.exists()


def test_the_demo_takes_no_servers_from_outside(elsewhere):
    """Its data is new each time, so it must not be a council's."""
    outcome = run("demo", "--exit")
    assert outcome.exit_code == 1
    assert "servers of its own" in outcome.output


def test_a_database_that_is_away_is_named(elsewhere):
    """No traceback: the service whose database it is."""
    outcome = run("token", "list")
    assert outcome.exit_code == 1
    assert "the database of referrals does not answer" in outcome.output


def test_kafka_that_is_away_is_named(elsewhere):
    """No traceback: Kafka, and that nothing was changed."""
    outcome = run("verify", "--wait", "0")
    assert outcome.exit_code == 1
    assert "Kafka is away" in outcome.output


def test_migrate_says_which_database_is_away(elsewhere):
    """The service, and what to look at."""
    outcome = run("migrate")
    assert outcome.exit_code == 1
    assert "the database of referrals cannot be reached" in outcome.output


@pytest.mark.parametrize("wrong", ["12", "matching-12", "post-in-1", "matching-in-x"])
def test_an_id_of_no_dead_letter_is_told(elsewhere, wrong):
    """Before anything is asked of a database."""
    outcome = run("dead-letters", "show", wrong)
    assert outcome.exit_code == 1
    assert "is no id of a dead letter" in outcome.output


def test_a_tokens_scope_fits_its_role(elsewhere):
    """What is missing is said, and nothing is stored."""
    outcome = run("token", "create", "--role", "ward", "--organisation", "general")
    assert outcome.exit_code == 1
    assert "a ward token names its wards" in outcome.output


def test_an_instant_has_an_offset(elsewhere):
    """A report's period is never guessed."""
    outcome = run("report", "fill-times", "--from", "2024-01-08T08:00:00")
    assert outcome.exit_code == 2
    assert "offset" in outcome.output


def test_there_are_no_logs_before_the_first_start(state):
    """It says how they come about."""
    outcome = run("logs")
    assert outcome.exit_code == 1
    assert "`homeward up` makes them" in outcome.output
