"""The `chatlift` command: one group whose sub-commands are loaded only when they are called."""

import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from . import __version__

# name -> (module below this package, attribute, one line of help). The line stands here so that `chatlift --help` loads no room.
COMMANDS = {
    "serve": (".emulator.cli", "serve", "Run an org on HTTPS and HTTP."),
    "env": (".emulator.cli", "env", "Print variables that make clients trust the org's certificate."),
    "migrate": (".migrate.cli", "migrate", "Carry legacy chat records over to enhanced chat."),
    "describe": (".migrate.cli", "describe", "Pull an org's schema into files for `serve --objects`."),
    "record": (".emulator.recording.cli", "record", "Keep what a real org answers in a cassette, without secrets."),
    "cassette": (".emulator.recording.cli", "cassette", "Show and check cassettes; hold the emulator against them."),
    "soql": (".emulator.client.cli", "soql", "Run a query in an org: table, JSON or CSV."),
    "demo": (".fixtures.cli", "demo", "Serve, export, migrate, verify and restore a day of support chats."),
    "fixtures": (".fixtures.cli", "fixtures", "List and show the shipped scenarios; generate orgs of any size."),
}


class Commands(click.Group):
    """A group that knows its sub-commands by name and imports one only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module, __package__), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run, and say what is wrong in one line: exit 2 for an error of use, 1 for a failure, 130 for Ctrl-C."""
        try:
            code = super().main(*args, **options | {"standalone_mode": False})
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "chatlift"
            click.echo(f"{command}: {_sentence(error.format_message())} See `{command} --help`.", err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(f"chatlift: {error.format_message()}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(130)
        except BrokenPipeError:  # the reader of our output went away, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!")) else f"{line}."


@click.group(cls=Commands, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chatlift")
def main() -> None:
    """A Salesforce org on your machine for the chat products, and the way from legacy chat to enhanced chat."""


if __name__ == "__main__":
    main(prog_name="chatlift")
