"""`chatlift migrate`: the whole migration, or one of its steps; `chatlift describe import`. Rooms are loaded when a command runs."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import MigrationError, UsageError

if TYPE_CHECKING:
    from .port import Org
    from .run import Hands, Outcome

KEY_VARIABLE = "CHATLIFT_PRIVACY_KEY"
TOKEN_VARIABLE = "CHATLIFT_SOURCE_TOKEN"  # noqa: S105 - the name of a variable
_WHOLE = "all"

Report = Callable[[str, int, int], None]


class _WholeContext(click.Context):
    """The whole migration has no name of its own on the command line."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else ""


class _Whole(click.Command):
    context_class = _WholeContext


class _Steps(click.Group):
    """A first word that is no step is the SOURCE of the whole migration."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            return _WHOLE, self.commands[_WHOLE], args
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            raise click.UsageError("Give SOURCE and TARGET, or a step", ctx)
        # Options of the whole migration may stand before SOURCE.
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = [_WHOLE, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != _WHOLE]


@click.group(
    cls=_Steps,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
    subcommand_metavar="SOURCE TARGET | STEP ...",
)
def migrate() -> None:
    """Carry legacy chat records over to the structures of enhanced chat.

    SOURCE is a Data Export zip (its further parts beside it are read too), a folder of CSV files or zips, or the URL of an
    org. TARGET is a new or empty folder, or one that an earlier run made. `chatlift migrate SOURCE TARGET` runs, verifies
    and reports, and takes the options of `run`; the steps do one of these. For a source folder that is named like a step
    write ./plan.

    Exit status: 0 done, nothing rejected; 3 done, rows were rejected; 1 failed or the accounts do not close; 2 not used
    rightly.
    """


@contextmanager
def _plain_errors(work: str = "the migration") -> Iterator[None]:
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


@contextmanager
def _progress() -> Iterator[Report]:
    """Show a bar when standard error is a terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking at the source", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total or None)

        yield show


def _silent(step: str, done: int, total: int) -> None:
    return None


def _folder(ctx: click.Context, parameter: click.Parameter, value: str) -> Path:
    """Refuse the URL of an org where a folder is asked for."""
    from .port import is_org_url

    if is_org_url(value):
        raise click.UsageError(
            f"{parameter.human_readable_name} is a folder on this machine, not the URL of an org", ctx
        )
    return Path(value)


_plan_option = click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path), help="Decisions; see `migrate plan`."
)
_token_option = click.option(
    "--source-token-file",
    type=click.Path(path_type=Path),
    help=f"File with the access token of a source org; without it the token is taken from {TOKEN_VARIABLE}.",
)
_key_option = click.option(
    "--privacy-key-file",
    type=click.Path(path_type=Path),
    help=f"File with the key of hashes and pseudonyms; without it the key is taken from {KEY_VARIABLE}.",
)


def _with_hands(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say who does the work, as one value `hands`."""

    @click.option(
        "--workers",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Processes that share the work; the result is the same with any number.  [default: one for each processor]",
    )
    @click.option(
        "--engine",
        type=click.Choice(["pool", "dask"]),
        default="pool",
        show_default=True,
        help="Who does the work: processes of this machine, or the workers of a dask cluster.",
    )
    @click.option(
        "--scheduler", metavar="ADDR", default="", help="Address of the dask scheduler, as tcp://10.0.0.5:8786."
    )
    @wraps(command)
    def call(*args: Any, workers: int | None, engine: str, scheduler: str, **options: Any) -> None:
        from .run import Hands

        if (engine == "dask") != bool(scheduler):
            raise click.UsageError("--engine dask and --scheduler ADDR go together")
        command(*args, hands=Hands(workers or _processors(), scheduler), **options)

    return call


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@migrate.command(_WHOLE, cls=_Whole, hidden=True)
@click.argument("source")
@click.argument("target", callback=_folder)
@_plan_option
@_token_option
@_key_option
@_with_hands
@click.pass_context
def whole(
    ctx: click.Context,
    source: str,
    target: Path,
    plan_file: Path | None,
    source_token_file: Path | None,
    privacy_key_file: Path | None,
    hands: Hands,
) -> None:
    """Run, verify and report."""
    from .report import write_report
    from .verify import verify

    with _plain_errors(), _progress() as progress:
        outcome = _run(source, target, plan_file, source_token_file, progress, hands, privacy_key_file)
        findings = verify(target, None, progress)
        write_report(target, outcome.manifest, findings)
    _tell(outcome, target, findings)
    ctx.exit(1 if findings else outcome.exit_code)


@migrate.command("run")
@click.argument("source")
@click.argument("target", callback=_folder)
@_plan_option
@_token_option
@_key_option
@_with_hands
@click.pass_context
def run_step(
    ctx: click.Context,
    source: str,
    target: Path,
    plan_file: Path | None,
    source_token_file: Path | None,
    privacy_key_file: Path | None,
    hands: Hands,
) -> None:
    """Migrate SOURCE into the folder TARGET, without the verification."""
    from .report import write_report

    with _plain_errors(), _progress() as progress:
        outcome = _run(source, target, plan_file, source_token_file, progress, hands, privacy_key_file)
        write_report(target, outcome.manifest)
    _tell(outcome, target, None)
    ctx.exit(outcome.exit_code)


@migrate.command("verify", short_help="Check the folder of a migration.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--source", type=click.Path(path_type=Path), help="Compare with the source itself too.")
@_key_option
@click.pass_context
def verify_step(ctx: click.Context, folder: Path, source: Path | None, privacy_key_file: Path | None) -> None:
    """Check the folder of a migration: digests, rows, references, accounts, and the restored source."""
    from .masking import read_key
    from .verify import verify

    with _plain_errors(), _progress() as progress:
        findings = verify(folder, source, progress, read_key(privacy_key_file))
    for finding in findings:
        click.echo(finding, err=True)
    click.echo("verified: no finding" if not findings else f"{len(findings)} findings")
    ctx.exit(1 if findings else 0)


@migrate.command("restore", short_help="Rebuild the source from the structures.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("destination", callback=_folder)
def restore_step(folder: Path, destination: Path) -> None:
    """Rebuild the source from the structures, into a zip (DESTINATION ends in .zip) or a new folder."""
    from .restore import restore_to

    with _plain_errors(), _progress() as progress:
        restored = restore_to(folder, destination, progress)
    changed = [file.name for file in restored if not file.is_equal]
    click.echo(f"{len(restored)} files restored to {destination}")
    if changed:
        click.echo(f"differ from what was read, because structures were edited: {', '.join(changed)}")


@migrate.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
def report_step(folder: Path) -> None:
    """Write report.json and report.html of a migration again."""
    from .folder import held_together, read_manifest
    from .layout import REPORT_HTML
    from .report import write_report

    with _plain_errors(), held_together(folder):
        write_report(folder, read_manifest(folder))
    click.echo(str(folder / REPORT_HTML))


@migrate.command("plan")
@click.argument("source")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output without it.")
@_token_option
def plan_step(source: str, out: Path | None, source_token_file: Path | None) -> None:
    """Write a commented plan.toml from what SOURCE holds."""
    from .plan import commented
    from .port import is_org_url
    from .prospect import look, look_org

    with _plain_errors():
        if is_org_url(source):
            text = commented(look_org(_org(source, source_token_file)))
        else:
            _refuse_token(source_token_file)
            text = commented(look(Path(source)))
        if out is None:
            click.echo(text, nl=False)
            return
        if out.exists():
            raise UsageError(f"{out} exists:", "name a new file")
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise UsageError(f"{out} cannot be written ({error.strerror}):", "name another file") from None
    click.echo(str(out))


def _run(
    source: str,
    target: Path,
    plan_file: Path | None,
    token_file: Path | None,
    progress: Report,
    hands: Hands,
    key_file: Path | None = None,
) -> Outcome:
    from .masking import read_key
    from .plan import Plan, read
    from .port import is_org_url
    from .run import run, run_org

    plan = read(plan_file) if plan_file else Plan()
    if is_org_url(source):
        return run_org(_org(source, token_file), target, plan, progress, hands=hands, key=read_key(key_file))
    _refuse_token(token_file)
    return run(Path(source), target, plan, progress, hands=hands, key=read_key(key_file))


def _refuse_token(file: Path | None) -> None:
    if file is not None:
        raise UsageError("--source-token-file goes with an org URL:", "leave it out for files")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def describe() -> None:
    """Carry an org's schema over: its objects, fields, picklists and relationships."""


@describe.command("import", short_help="Pull describes from an org into a folder.")
@click.argument("url", metavar="ORG_URL")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the describes."
)
@click.option(
    "--object",
    "names",
    multiple=True,
    metavar="NAME",
    help="Object to take; may be given several times. [default: all]",
)
@click.option(
    "--leave-out-formulas",
    is_flag=True,
    help="Leave out formulas, roll-up summaries and computed defaults, which `serve --objects` refuses, and name them.",
)
@_token_option
def import_describes(
    url: str, out: Path, names: tuple[str, ...], leave_out_formulas: bool, source_token_file: Path | None
) -> None:
    """Pull describes from the org ORG_URL into a folder, one JSON file each; `chatlift serve --objects` takes the folder.

    An import that was broken off goes on where it stopped. The token is given as for `chatlift migrate`.
    """
    from .describes import pull

    with _plain_errors("the import"), _progress() as progress:
        pulled = pull(_org(url, source_token_file), out, names, progress, leave_out_formulas=leave_out_formulas)
    for name in pulled.left_out:
        click.echo(f"left out: {name}", err=True)
    click.echo(f"{pulled.written} describes written to {out}, {pulled.kept} were there")


def _org(url: str, token_file: Path | None) -> Org:
    from .port import Org, checked_url

    checked_url(url)
    return Org(url, _token(token_file))


def _token(file: Path | None) -> str:
    if file is None:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise UsageError(
                "no access token for the source org:", f"give --source-token-file FILE or set {TOKEN_VARIABLE}"
            )
        return token
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"cannot read the token file {file}:", "check its path and permissions") from None
    if not token or any(character.isspace() for character in token):
        raise UsageError(f"the token file {file} does not hold one token:", "write the token alone into it")
    return token


def _tell(outcome: Outcome, target: Path, findings: list[str] | None) -> None:
    manifest: dict[str, Any] = outcome.manifest
    click.echo(f"{'':26}{'read':>10}{'migrated':>10}{'skipped':>10}{'rejected':>10}")
    for name, account in [*manifest["accounts"].items(), ("messages", manifest["messages"])]:
        counts = "".join(f"{account[key]:>10}" for key in ("read", "migrated", "skipped", "rejected"))
        click.echo(f"{name:26}{counts}{'' if account['closed'] else '  not closed'}")
    share = manifest["share"]["bodyBytes"]
    click.echo(
        f"residue: {share['residuePercent']} % of the bytes of bodies, {manifest['share']['cells']['residuePercent']} % of cells"
    )
    if findings is not None:
        click.echo("verified: no finding" if not findings else f"verified: {len(findings)} findings, see the report")
    for finding in (findings or [])[:10]:
        click.echo(finding, err=True)
    click.echo(f"report: {target / 'report.html'}")
