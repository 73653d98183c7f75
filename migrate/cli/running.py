"""The whole migration, and the step `run`: into a folder or an org."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from ..layout import PARQUET
from .group import WHOLE, Whole, migrate, plain_errors
from .options import (
    Into,
    form_option,
    key_option,
    org_at,
    place_argument,
    plan_option,
    refuse_token,
    token_option,
    with_hands,
    with_org,
)
from .progress import Report, progress_bar
from .telling import tell, tell_load

if TYPE_CHECKING:
    from ..plan import Plan
    from ..port import Org
    from ..run import Hands, Outcome


@migrate.command(WHOLE, cls=Whole, hidden=True)
@click.argument("source")
@click.argument("target", callback=place_argument)
@plan_option
@token_option
@key_option
@form_option
@with_hands
@with_org
@click.pass_context
def whole(
    ctx: click.Context,
    source: str,
    target: Path | str,
    plan_file: Path | None,
    source_token_file: Path | None,
    privacy_key_file: Path | None,
    form: str,
    hands: Hands,
    into: Into,
) -> None:
    """Run, verify and report."""
    from ..report import write_report
    from ..verify import examine

    if isinstance(target, str):
        files = (plan_file, source_token_file, privacy_key_file)
        ctx.exit(_run_into(source, target, files, form, hands, into, checks=True))
    with plain_errors(), progress_bar() as progress:
        into.refuse()
        outcome = _run(source, target, plan_file, source_token_file, progress, hands, privacy_key_file, form)
        verified = examine(target, None, progress, workers=hands.workers)
        write_report(target, outcome.manifest, verified)
    tell(outcome, target, verified.findings)
    ctx.exit(1 if verified.findings else outcome.exit_code)


@migrate.command("run", short_help="Migrate SOURCE into TARGET, without the verification.")
@click.argument("source")
@click.argument("target", callback=place_argument)
@plan_option
@token_option
@key_option
@form_option
@with_hands
@with_org
@click.pass_context
def run_step(
    ctx: click.Context,
    source: str,
    target: Path | str,
    plan_file: Path | None,
    source_token_file: Path | None,
    privacy_key_file: Path | None,
    form: str,
    hands: Hands,
    into: Into,
) -> None:
    """Migrate SOURCE into TARGET, a folder or an org, without the verification. A load that was broken off goes on."""
    from ..report import write_report

    if isinstance(target, str):
        files = (plan_file, source_token_file, privacy_key_file)
        ctx.exit(_run_into(source, target, files, form, hands, into, checks=False))
    with plain_errors(), progress_bar() as progress:
        into.refuse()
        outcome = _run(source, target, plan_file, source_token_file, progress, hands, privacy_key_file, form)
        write_report(target, outcome.manifest)
    tell(outcome, target, None)
    ctx.exit(outcome.exit_code)


def _run(
    source: str,
    target: Path,
    plan_file: Path | None,
    token_file: Path | None,
    progress: Report,
    hands: Hands,
    key_file: Path | None,
    form: str,
) -> Outcome:
    from ..masking import read_key
    from ..plan import Plan, read
    from ..port import is_org_url
    from ..run import run, run_org

    plan = read(plan_file) if plan_file else Plan()
    if is_org_url(source):
        return run_org(
            org_at(source, token_file), target, plan, progress, hands=hands, key=read_key(key_file), form=form
        )
    refuse_token(token_file)
    return run(Path(source), target, plan, progress, hands=hands, key=read_key(key_file), form=form)


def _run_into(
    source: str,
    target: str,
    files: tuple[Path | None, Path | None, Path | None],
    form: str,
    hands: Hands,
    into: Into,
    *,
    checks: bool,
) -> int:
    """Migrate into an org and tell what came of it. Files: plan, source token, privacy key."""
    from .. import loading, work_folder
    from ..dry.rehearse import PLACE as DRY_RUN
    from ..dry.rehearse import rehearse
    from ..forms.parquet import check as check_parquet
    from ..load.history import NAME as HISTORY
    from ..load.history import WARNING
    from ..load.loader import Options
    from ..plan import Plan, read
    from ..port import is_org_url

    plan_file, token_file, key_file = files
    with plain_errors(), progress_bar() as progress:
        into.check()
        if form == PARQUET:
            check_parquet()
        plan = read(plan_file) if plan_file else Plan()
        is_org = is_org_url(source)
        if not is_org:
            refuse_token(token_file)
            if into.since is not None:
                raise UsageError(
                    "--since goes with an org as the source:", "leave it out: a newer full export loads what changed"
                )
        if HISTORY in plan.carriers:
            click.echo(f"warning: {WARNING}", err=True)
        read_from = org_at(source, token_file) if is_org else None
        org = org_at(target, into.token_file, "target")
        work = into.work or work_folder.usual_work(org.url)

        def folder(place: Path) -> int:
            asked = (source, read_from, plan, key_file, form)
            return _folder_form(asked, place, into.since, work, hands, progress, checks=checks)

        if into.is_dry:
            asked = Options(replace=into.replaces)
            loaded = rehearse(
                folder, org, work, plan, asked, progress, checks=checks, assumes_package=into.assumes_package
            )
            work = work / DRY_RUN
        else:
            loaded = loading.load(
                work_folder.fingerprint_of(read_from.url if read_from else Path(source), plan, form),
                folder,
                org,
                work,
                plan,
                Options(replace=into.replaces, trusts_journal=into.since is not None and not into.replaces),
                progress,
                deletes=into.since is not None,
                checks=checks,
            )
    tell_load(loaded, work)
    return loaded.exit_code


def _folder_form(
    asked: tuple[str, Org | None, Plan, Path | None, str],
    place: Path,
    since: str | None,
    work: Path,
    hands: Hands,
    progress: Report,
    *,
    checks: bool,
) -> int:
    """Write the folder form that a load reads, with its report. Returns its exit code."""
    from .. import work_folder
    from ..masking import read_key
    from ..report import write_report
    from ..run import run, run_org
    from ..verify import examine

    source, org, plan, key_file, form = asked
    if org is None:
        outcome = run(Path(source), place, plan, progress, hands=hands, key=read_key(key_file), form=form)
    elif since is not None:
        kept = work_folder.refreshed(org, work, plan, since, progress)
        outcome = run(kept, place, plan, progress, origin=org.url, hands=hands, form=form)
    else:
        outcome = run_org(org, place, plan, progress, hands=hands, key=read_key(key_file), form=form)
    verified = examine(place, None, progress, workers=hands.workers) if checks else None
    write_report(place, outcome.manifest, verified)
    findings = verified.findings if verified else []
    for finding in findings[:10]:
        click.echo(finding, err=True)
    return 1 if findings else outcome.exit_code
