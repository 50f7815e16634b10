"""The `homeward` command: one program for whoever runs Homeward.

Exit codes: 0 done; 1 refused, failed or something is wrong, with a sentence that says what to do;
2 the command line is wrong; 3 `verify` found that things had not settled in time.
"""

from typing import Any

import typer
from aiokafka.errors import KafkaError
from rich.markup import escape
from typer.core import TyperGroup

from deploy.commands import (
    data,
    dead_letters,
    demo,
    explain,
    looking,
    policies,
    registers,
    reports,
    running,
    simulate,
    tokens,
)
from deploy.commands.place import ERR
from deploy.local.errors import StackError
from shared.clock import ClockMismatchError
from shared.secrets import SecretsError


class _Plain(TyperGroup):
    """Says expected problems in a sentence and exits with 1; anything else is a bug and shows."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (StackError, SecretsError, ClockMismatchError) as error:
            _say(str(error))
        except KafkaError as error:
            _say(
                f"Kafka is away ({type(error).__name__}). `homeward status` shows what runs; "
                "nothing was changed, try again once it answers."
            )
        raise typer.Exit(1)


def _say(sentence: str) -> None:
    ERR.print(f"[bold red]homeward:[/] {escape(sentence)}", highlight=False, soft_wrap=True)


app = typer.Typer(
    name="homeward",
    cls=_Plain,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Homeward places home care packages: referrals in, offers out to providers tier by tier, "
    "one award, and the same clocks for everybody.",
)
for command in (
    running.up,
    running.down,
    looking.status,
    running.reset,
    running.logs,
    data.migrate,
    demo.demo,
    simulate.simulate,
    reports.report,
    data.rebuild,
    data.verify,
    explain.explain,
):
    app.command()(command)
for name, group in (
    ("token", tokens.app),
    ("policy", policies.app),
    ("register", registers.app),
    ("dead-letters", dead_letters.app),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Runs the command line."""
    app(prog_name="homeward")


if __name__ == "__main__":
    main()
