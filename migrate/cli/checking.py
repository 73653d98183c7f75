"""The steps that look at what a migration made: `verify`, `restore`, `report`."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from .group import migrate, plain_errors
from .options import (
    folder_argument,
    key_option,
    org_at,
    place_argument,
    source_option,
    target_token_option,
    workers_option,
)
from .progress import progress_bar


@migrate.command("verify", short_help="Check the folder of a migration, or a load.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--source",
    metavar="SOURCE",
    callback=source_option,
    help="Compare with the source itself too: a zip, a folder or a snapshot.",
)
@click.option(
    "--sample",
    type=click.IntRange(0, 200),
    default=0,
    metavar="N",
    help="Put N chats into the report, legacy body and conversation side by side.",
)
@click.option("--seed", type=int, default=0, metavar="S", help="Chooses the chats of --sample.  [default: 0]")
@workers_option
@key_option
@target_token_option
@click.pass_context
def verify_step(
    ctx: click.Context,
    folder: Path,
    source: Path | None,
    sample: int,
    seed: int,
    workers: int,
    privacy_key_file: Path | None,
    target_token_file: Path | None,
) -> None:
    """Check the folder of a migration: digests, rows, references, accounts, and the restored source.

    The report is written again with what was found. FOLDER may be the work folder of a load: then what the org holds is
    compared with it, too, and the chats of --sample are read back from the org.
    """
    from .. import load_report, loading, work_folder
    from ..folder import read_manifest
    from ..masking import read_key
    from ..plan import from_mapping
    from ..report import write_report
    from ..samples import Sampling
    from ..verify import examine

    with plain_errors(), progress_bar() as progress:
        key = read_key(privacy_key_file)
        if work_folder.is_work(folder):
            org = org_at(work_folder.target_of(folder), target_token_file, "target")
            plan = from_mapping(work_folder.plan_of(folder))
            form = folder / work_folder.FOLDER
            verified = examine(form, source, progress, key, Sampling(sample, seed), workers)
            write_report(form, read_manifest(form), verified)
            of_org = loading.check(org, folder, plan, progress)
            if sample:
                of_org += load_report.sampled(org, folder, plan, verified)
            load_report.report(org, folder, plan, of_org, verified)
            findings = verified.findings + of_org
        else:
            if target_token_file is not None:
                raise UsageError(
                    f"{folder} is no work folder of a load, and --target-token-file goes with one:",
                    "name the folder that --work named, or leave the token out",
                )
            verified = examine(folder, source, progress, key, Sampling(sample, seed), workers)
            write_report(folder, read_manifest(folder), verified)
            findings = verified.findings
    for finding in findings:
        click.echo(finding, err=True)
    click.echo("verified: no finding" if not findings else f"{len(findings)} finding{'s' * (len(findings) != 1)}")
    ctx.exit(1 if findings else 0)


@migrate.command("restore", short_help="Rebuild the source from the structures.")
@click.argument("folder", metavar="FOLDER|ORG_URL", callback=place_argument)
@click.argument("destination", callback=folder_argument)
@click.option("--migration", default="", metavar="KEY", help="Which one, where an org holds several migrations.")
@target_token_option
def restore_step(folder: Path | str, destination: Path, migration: str, target_token_file: Path | None) -> None:
    """Rebuild the source from the structures, into a zip (DESTINATION ends in .zip) or a new folder.

    The structures are those of a folder, or of an org that was loaded with the carrier `file`.
    """
    from tempfile import TemporaryDirectory

    from ..restore import restore_to

    with plain_errors(), progress_bar() as progress:
        if isinstance(folder, str):
            from ..load.reclaim import reclaim

            org = org_at(folder, target_token_file, "target")
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


@migrate.command("report", short_help="Write the report of a migration or a load again.")
@click.argument("folder", type=click.Path(path_type=Path))
def report_step(folder: Path) -> None:
    """Write report.json and report.html of a migration again; load.html where FOLDER is the work folder of a load."""
    from .. import load_report, work_folder
    from ..folder import held_together, read_manifest
    from ..layout import REPORT_HTML
    from ..report import write_report

    with plain_errors(), held_together(folder):
        if work_folder.is_work(folder):
            click.echo(str(load_report.rewrite(folder)))
            return
        write_report(folder, read_manifest(folder))
    click.echo(str(folder / REPORT_HTML))
