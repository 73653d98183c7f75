"""`chatlift migrate`: the whole migration, or one of its steps; `chatlift describe import`. Rooms are loaded when a command runs."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import MigrationError, UsageError

if TYPE_CHECKING:
    from .loading import Outcome as Loaded
    from .plan import Plan
    from .port import Org
    from .run import Hands, Outcome

KEY_VARIABLE = "CHATLIFT_PRIVACY_KEY"
TOKEN_VARIABLE = "CHATLIFT_SOURCE_TOKEN"  # noqa: S105 - the name of a variable
TARGET_TOKEN_VARIABLE = "CHATLIFT_TARGET_TOKEN"  # noqa: S105 - the same
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

    SOURCE is a Data Export zip (its further parts beside it are read too), a folder of CSV files or zips, a snapshot
    of an emulated org, or the URL of an org. TARGET is a new or empty folder, or one that an earlier run made, or the URL of
    an org: what its API lets be made is
    loaded then. `chatlift migrate SOURCE TARGET` runs, verifies and reports, and takes the options of `run`; the steps do
    one of these. For a source folder that is named like a step write ./plan.

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
    """Show a bar when standard error is a terminal: from the first report on, so that a token can be asked for before."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("looking at the source", total=None)

    def show(step: str, done: int, total: int) -> None:
        bar.start()
        bar.update(task, description=step, completed=done, total=total or None)

    try:
        yield show
    finally:
        bar.stop()


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


def _place(ctx: click.Context, parameter: click.Parameter, value: str) -> Path | str:
    """Return a folder, or the URL of an org as it is."""
    from .port import is_org_url

    return value if is_org_url(value) else Path(value)


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


_target_token_option = click.option(
    "--target-token-file",
    type=click.Path(path_type=Path),
    help=f"File with the access token of a target org; without it the token is taken from {TARGET_TOKEN_VARIABLE} or asked for.",
)
_work_option = click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the journal, the package and the folder form of a load into an org.  [default: ./chatlift-HOST]",
)


@dataclass(frozen=True, slots=True)
class _Into:
    """What an org as the target asks besides."""

    token_file: Path | None
    work: Path | None
    replaces: bool
    since: str | None

    def refuse(self) -> None:
        """Refuse these options where the target is a folder."""
        named = {
            "--target-token-file": self.token_file,
            "--work": self.work,
            "--replace": self.replaces,
            "--since": self.since,
        }
        for name, value in named.items():
            if value:
                raise UsageError(f"{name} goes with an org as the target:", "leave it out for a folder")


def _with_org(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of an org as the target, as one value `into`."""

    @_target_token_option
    @_work_option
    @click.option(
        "--replace",
        "replaces",
        is_flag=True,
        help="Delete and insert anew records of a target org whose fields that can be set on insert only have changed.",
    )
    @click.option(
        "--since",
        metavar="TIME|last",
        help="From org to org: read and load only what changed since, deleted chats included; `last` is the last such run.",
    )
    @wraps(command)
    def call(
        *args: Any,
        target_token_file: Path | None,
        work: Path | None,
        replaces: bool,
        since: str | None,
        **options: Any,
    ) -> None:
        command(*args, into=_Into(target_token_file, work, replaces, since), **options)

    return call


@migrate.command(_WHOLE, cls=_Whole, hidden=True)
@click.argument("source")
@click.argument("target", callback=_place)
@_plan_option
@_token_option
@_key_option
@_with_hands
@_with_org
@click.pass_context
def whole(
    ctx: click.Context,
    source: str,
    target: Path | str,
    plan_file: Path | None,
    source_token_file: Path | None,
    privacy_key_file: Path | None,
    hands: Hands,
    into: _Into,
) -> None:
    """Run, verify and report."""
    from .report import write_report
    from .verify import verify

    if isinstance(target, str):
        files = (plan_file, source_token_file, privacy_key_file)
        ctx.exit(_run_into(source, target, files, hands, into, checks=True))
    with _plain_errors(), _progress() as progress:
        into.refuse()
        outcome = _run(source, target, plan_file, source_token_file, progress, hands, privacy_key_file)
        findings = verify(target, None, progress)
        write_report(target, outcome.manifest, findings)
    _tell(outcome, target, findings)
    ctx.exit(1 if findings else outcome.exit_code)


@migrate.command("run")
@click.argument("source")
@click.argument("target", callback=_place)
@_plan_option
@_token_option
@_key_option
@_with_hands
@_with_org
@click.pass_context
def run_step(
    ctx: click.Context,
    source: str,
    target: Path | str,
    plan_file: Path | None,
    source_token_file: Path | None,
    privacy_key_file: Path | None,
    hands: Hands,
    into: _Into,
) -> None:
    """Migrate SOURCE into TARGET, a folder or an org, without the verification. A load that was broken off goes on."""
    from .report import write_report

    if isinstance(target, str):
        files = (plan_file, source_token_file, privacy_key_file)
        ctx.exit(_run_into(source, target, files, hands, into, checks=False))
    with _plain_errors(), _progress() as progress:
        into.refuse()
        outcome = _run(source, target, plan_file, source_token_file, progress, hands, privacy_key_file)
        write_report(target, outcome.manifest)
    _tell(outcome, target, None)
    ctx.exit(outcome.exit_code)


@migrate.command("verify", short_help="Check the folder of a migration, or a load.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--source", type=click.Path(path_type=Path), help="Compare with the source itself too.")
@_key_option
@_target_token_option
@click.pass_context
def verify_step(
    ctx: click.Context,
    folder: Path,
    source: Path | None,
    privacy_key_file: Path | None,
    target_token_file: Path | None,
) -> None:
    """Check the folder of a migration: digests, rows, references, accounts, and the restored source.

    FOLDER may be the work folder of a load: then what the org holds is compared with it, too.
    """
    from . import loading
    from .masking import read_key
    from .plan import from_mapping
    from .verify import verify

    with _plain_errors(), _progress() as progress:
        key = read_key(privacy_key_file)
        if loading.is_work(folder):
            org = _org(loading.target_of(folder), target_token_file, "target")
            findings = verify(folder / loading.FOLDER, source, progress, key)
            findings += loading.check(org, folder, from_mapping(loading.plan_of(folder)), progress)
        else:
            if target_token_file is not None:
                raise UsageError("--target-token-file goes with the work folder of a load:", "leave it out")
            findings = verify(folder, source, progress, key)
    for finding in findings:
        click.echo(finding, err=True)
    click.echo("verified: no finding" if not findings else f"{len(findings)} findings")
    ctx.exit(1 if findings else 0)


@migrate.command("restore", short_help="Rebuild the source from the structures.")
@click.argument("folder", metavar="FOLDER|ORG_URL", callback=_place)
@click.argument("destination", callback=_folder)
@click.option("--migration", default="", metavar="KEY", help="Which one, where an org holds several migrations.")
@_target_token_option
def restore_step(folder: Path | str, destination: Path, migration: str, target_token_file: Path | None) -> None:
    """Rebuild the source from the structures, into a zip (DESTINATION ends in .zip) or a new folder.

    The structures are those of a folder, or of an org that was loaded with the carrier `file`.
    """
    from tempfile import TemporaryDirectory

    from .restore import restore_to

    with _plain_errors(), _progress() as progress:
        if isinstance(folder, str):
            from .load.reclaim import reclaim

            org = _org(folder, target_token_file, "target")
            with TemporaryDirectory(prefix="chatlift-") as place:
                reclaim(org, Path(place) / "folder", migration, progress)
                restored = restore_to(Path(place) / "folder", destination, progress)
        else:
            if migration or target_token_file is not None:
                raise UsageError(
                    "--migration and --target-token-file go with an org URL:", "leave them out for a folder"
                )
            restored = restore_to(folder, destination, progress)
    changed = [file.name for file in restored if not file.is_equal]
    click.echo(f"{len(restored)} files restored to {destination}")
    if changed:
        click.echo(f"differ from what was read, because structures were edited: {', '.join(changed)}")


@migrate.command("retry", short_help="Load again what an org refused.")
@click.argument("work", type=click.Path(path_type=Path))
@_target_token_option
@click.pass_context
def retry_step(ctx: click.Context, work: Path, target_token_file: Path | None) -> None:
    """Load the rows that the last load could not settle, and no others. WORK is the work folder of the load."""
    from . import loading
    from .load.loader import Options
    from .plan import from_mapping

    with _plain_errors(), _progress() as progress:
        org = _org(loading.target_of(work), target_token_file, "target")
        plan = from_mapping(loading.plan_of(work))
        loaded = loading.retry(org, work, plan, Options(only_open=True), progress)
    _tell_load(loaded, work)
    ctx.exit(loaded.exit_code)


@migrate.command("rollback", short_help="Take a load into an org back.")
@click.argument("run", metavar="RUN")
@_work_option
@_target_token_option
@click.pass_context
def rollback_step(ctx: click.Context, run: str, work: Path | None, target_token_file: Path | None) -> None:
    """Delete what the load RUN made in its org, and restore what it changed.

    RUN is the name that the load told. Without --work it is looked for in the folders chatlift-* here.
    """
    from . import loading
    from .plan import from_mapping

    with _plain_errors(), _progress() as progress:
        work = work or loading.work_of(run, Path())
        org = _org(loading.target_of(work), target_token_file, "target")
        undone = loading.rollback(run, org, work, from_mapping(loading.plan_of(work)), progress)
    for what, counts in (("deleted", undone.deleted), ("restored", undone.restored), ("left", undone.kept)):
        for name, count in counts.items():
            click.echo(f"{what:10}{count:>10}  {name}")
    for reason in undone.left:
        click.echo(reason, err=True)
    click.echo(f"{run} is taken back" if not undone.left else f"{len(undone.left)} records could not be taken back")
    ctx.exit(1 if undone.left else 0)


@migrate.command("package", short_help="Write the metadata that a target org needs first.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("destination", callback=_folder)
@_plan_option
def package_step(folder: Path, destination: Path, plan_file: Path | None) -> None:
    """Write custom fields, custom objects and a permission set as SFDX source for a load of FOLDER into an org.

    FOLDER is the target folder of a migration, or the work folder of a load.
    """
    from . import loading
    from .plan import Plan, read

    with _plain_errors():
        plan = read(plan_file) if plan_file else Plan()
        loading.package_from(folder, destination, plan.carriers)
    click.echo(str(destination))


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


@migrate.command("setup", short_help="Write the set-up of enhanced chat as SFDX source.")
@click.argument("source")
@click.argument("out", callback=_folder)
@_plan_option
@_token_option
@_key_option
def setup_step(
    source: str, out: Path, plan_file: Path | None, source_token_file: Path | None, privacy_key_file: Path | None
) -> None:
    """Write the set-up of enhanced chat into the new folder OUT, from the buttons, deployments, skills and configurations of SOURCE.

    It is SFDX source to be reviewed; its README.md lists what has no counterpart.
    """
    from .masking import RowMask, read_key
    from .plan import Plan, read
    from .port import is_org_url
    from .setup import read_desk, read_desk_of_org, write_setup

    with _plain_errors("the set-up"):
        plan = read(plan_file) if plan_file else Plan()
        mask = RowMask.of(plan, read_key(privacy_key_file))
        if is_org_url(source):
            desk = read_desk_of_org(_org(source, source_token_file), mask)
        else:
            _refuse_token(source_token_file)
            desk = read_desk(Path(source), mask)
        written = write_setup(desk, out, plan)
    click.echo(
        f"{written.components} components written to {out}; {written.findings} things to look at: {out / 'README.md'}"
    )


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


def _run_into(
    source: str,
    target: str,
    files: tuple[Path | None, Path | None, Path | None],
    hands: Hands,
    into: _Into,
    *,
    checks: bool,
) -> int:
    """Migrate into an org and tell what came of it. Files: plan, source token, privacy key."""
    from . import loading
    from .load.loader import Options
    from .plan import Plan, read
    from .port import is_org_url

    plan_file, token_file, key_file = files
    with _plain_errors(), _progress() as progress:
        plan = read(plan_file) if plan_file else Plan()
        is_org = is_org_url(source)
        if not is_org:
            _refuse_token(token_file)
            if into.since is not None:
                raise UsageError(
                    "--since goes with an org as the source:", "leave it out: a second run loads what changed"
                )
        read_from = _org(source, token_file) if is_org else None
        org = _org(target, into.token_file, "target")
        work = into.work or loading.usual_work(org.url)

        def folder(place: Path) -> int:
            asked = (source, read_from, plan, key_file)
            return _folder_form(asked, place, into.since, work, hands, progress, checks=checks)

        loaded = loading.load(
            loading.fingerprint_of(read_from.url if read_from else Path(source), plan),
            folder,
            org,
            work,
            plan,
            Options(replace=into.replaces, trusts_journal=into.since is not None and not into.replaces),
            progress,
            deletes=into.since is not None,
            checks=checks,
        )
    _tell_load(loaded, work)
    return loaded.exit_code


def _folder_form(
    asked: tuple[str, Org | None, Plan, Path | None],
    place: Path,
    since: str | None,
    work: Path,
    hands: Hands,
    progress: Report,
    *,
    checks: bool,
) -> int:
    """Write the folder form that a load reads, with its report. Returns its exit code."""
    from . import loading
    from .masking import read_key
    from .report import write_report
    from .run import run, run_org
    from .verify import verify

    source, org, plan, key_file = asked
    if org is None:
        outcome = run(Path(source), place, plan, progress, hands=hands, key=read_key(key_file))
    elif since is not None:
        kept = loading.refreshed(org, work, plan, since, progress)
        outcome = run(kept, place, plan, progress, origin=org.url, hands=hands)
    else:
        outcome = run_org(org, place, plan, progress, hands=hands, key=read_key(key_file))
    findings = verify(place, None, progress) if checks else None
    write_report(place, outcome.manifest, findings)
    for finding in (findings or [])[:10]:
        click.echo(finding, err=True)
    return 1 if findings else outcome.exit_code


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


def _org(url: str, token_file: Path | None, side: str = "source") -> Org:
    from .port import Org, checked_url

    checked_url(url)
    return Org(url, _token(token_file, side))


def _token(file: Path | None, side: str) -> str:
    """Return the access token of the source or the target: of a file, of the environment, or asked for at a terminal."""
    variable = TARGET_TOKEN_VARIABLE if side == "target" else TOKEN_VARIABLE
    if file is None:
        token = os.environ.get(variable, "").strip()
        if not token and sys.stdin.isatty():
            token = str(click.prompt(f"Access token of the {side} org", hide_input=True, err=True)).strip()
        if not token:
            raise UsageError(f"no access token for the {side} org:", f"give --{side}-token-file FILE or set {variable}")
        return token
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"cannot read the token file {file}:", "check its path and permissions") from None
    if not token or any(character.isspace() for character in token):
        raise UsageError(f"the token file {file} does not hold one token:", "write the token alone into it")
    return token


def _tell_load(loaded: Loaded, work: Path) -> None:
    """Say what came of a load."""
    document = loaded.document
    columns = ("rows", "inserted", "updated", "same", "replaced", "failed", "blocked", "deleted")
    click.echo(f"{'':26}{''.join(f'{name:>10}' for name in columns)}")
    for name, account in document["accounts"].items():
        counts = "".join(f"{account[key]:>10}" for key in columns)
        click.echo(f"{name:26}{counts}{'' if account['closed'] else '  not closed'}")
    if document["needsReplace"]:
        click.echo(f"{document['needsReplace']} records differ in fields that can be set on insert only: see --replace")
    if document["folderOnly"]:
        click.echo(f"only in the folder: {', '.join(document['folderOnly'])}")
    for note in document["notes"]:
        click.echo(f"{note['note']}: {note['records']} {note['object']}")
    for finding in loaded.findings[:10]:
        click.echo(finding, err=True)
    if document["failed"] or document["needsReplace"]:
        click.echo(f"each of them with its reason: {work / 'problems.jsonl'}")
    click.echo(f"run {loaded.run} into {document['target']}; report: {work / 'load.html'}")


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
