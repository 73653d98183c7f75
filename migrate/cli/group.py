"""The command `chatlift migrate`: a first word that is no step is the SOURCE of the whole migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..errors import MigrationError, UsageError

WHOLE = "all"


class _WholeContext(click.Context):
    """The whole migration has no name of its own on the command line."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else ""


class Whole(click.Command):
    context_class = _WholeContext


class _Steps(click.Group):
    """A first word that is no step is the SOURCE of the whole migration."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            return WHOLE, self.commands[WHOLE], args
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            raise click.UsageError("Give SOURCE and TARGET, or a step", ctx)
        # Options of the whole migration may stand before SOURCE.
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = [WHOLE, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != WHOLE]


@click.group(
    cls=_Steps,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
    subcommand_metavar="SOURCE TARGET | STEP ...",
)
def migrate() -> None:
    """Carry legacy chat records over to the structures of enhanced chat.

    SOURCE is a Data Export zip (its further parts beside it are read too), a folder of CSV files or zips, a snapshot
    of an emulated org, or the URL of an org. TARGET is a new or empty folder, or one that an earlier run made, or the URL of
    an org: what its API lets be made is
    loaded then. `chatlift migrate SOURCE TARGET` runs, verifies and reports, and takes the options of `run`; the steps do
    one of these. For a source folder that is named like a step write ./plan.

    Exit status: 0 done, nothing rejected; 3 done, rows were rejected; 1 failed or the accounts do not close; 2 not used
    rightly.
    """


@contextmanager
def plain_errors(work: str = "the migration") -> Iterator[None]:
    """Say what is wrong in one line instead of a traceback."""
    try:
        yield
    except UsageError as error:
        raise click.UsageError(_line(str(error))) from None
    except MigrationError as error:
        raise click.ClickException(_line(str(error))) from None
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(_line(f"{work} stopped: {error}")) from None


def _line(text: str) -> str:
    return " ".join(text.split())
