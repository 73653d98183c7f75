"""The steps around a load into an org: `package`, `retry`, `rollback`."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from .group import migrate, plain_errors
from .options import folder_argument, org_at, plan_option, target_token_option
from .progress import progress_bar
from .telling import tell_load


@migrate.command("retry", short_help="Load again what an org refused.")
@click.argument("work", type=click.Path(path_type=Path))
@target_token_option
@click.pass_context
def retry_step(ctx: click.Context, work: Path, target_token_file: Path | None) -> None:
    """Load the rows that the last load could not settle, and no others. WORK is the work folder of the load."""
    from .. import loading, work_folder
    from ..load.loader import Options
    from ..plan import from_mapping

    with plain_errors(), progress_bar() as progress:
        org = org_at(work_folder.target_of(work), target_token_file, "target")
        plan = from_mapping(work_folder.plan_of(work))
        loaded = loading.retry(org, work, plan, Options(only_open=True), progress)
    tell_load(loaded, work)
    ctx.exit(loaded.exit_code)


@migrate.command("rollback", short_help="Take a load into an org back.")
@click.argument("run", metavar="RUN")
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    help="Work folder of the load.  [default: the one that knows RUN]",
)
@target_token_option
@click.pass_context
def rollback_step(ctx: click.Context, run: str, work: Path | None, target_token_file: Path | None) -> None:
    """Delete what the load RUN made in its org, and restore what it changed.

    RUN is the name that the load told. Without --work it is looked for in the folders chatlift-* here. `all` with --work stands for
    every load and retry of that folder, the last first.
    """
    from .. import loading, work_folder
    from ..plan import from_mapping

    left: list[str] = []
    with plain_errors(), progress_bar() as progress:
        if run == work_folder.EVERY_RUN and work is None:
            raise UsageError("all runs are those of one work folder:", "name it with --work")
        work = work or work_folder.work_of(run, Path())
        org = org_at(work_folder.target_of(work), target_token_file, "target")
        plan = from_mapping(work_folder.plan_of(work))
        runs = work_folder.runs_to_undo(work) if run == work_folder.EVERY_RUN else [run]
        if not runs:
            click.echo("nothing to take back")
        for one in runs:
            undone = loading.rollback(one, org, work, plan, progress)
            for what, counts in (("deleted", undone.deleted), ("restored", undone.restored), ("left", undone.kept)):
                for name, count in counts.items():
                    click.echo(f"{what:10}{count:>10}  {name}")
            for reason in undone.left:
                click.echo(reason, err=True)
            click.echo(
                f"{one} is taken back" if not undone.left else f"{len(undone.left)} records could not be taken back"
            )
            left += undone.left
            if left:  # what an earlier run made may hang on it
                break
    ctx.exit(1 if left else 0)


@migrate.command("package", short_help="Write the metadata that a target org needs first.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("destination", callback=folder_argument)
@plan_option
def package_step(folder: Path, destination: Path, plan_file: Path | None) -> None:
    """Write custom fields, custom objects and a permission set as SFDX source for a load of FOLDER into an org.

    FOLDER is the target folder of a migration, or the work folder of a load.
    """
    from .. import loading
    from ..plan import Plan, read

    with plain_errors():
        plan = read(plan_file) if plan_file else Plan()
        loading.package_from(folder, destination, plan.carriers)
    click.echo(str(destination))
