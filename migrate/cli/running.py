"""The whole migration, and the step `run`: into a folder or an org."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from .telling import tell, tell_load, tell_of_plan

if TYPE_CHECKING:
    from ..plan import Plan
    from ..port import Org
    from ..run import Hands, Outcome


def _migration(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what says from where to where a migration goes, and how, as one value `asked`."""

    @click.argument("source")
    @click.argument("target", callback=place_argument)
    @plan_option
    @token_option
    @key_option
    @form_option
    @with_hands
    @with_org
    @click.pass_context
    @wraps(command)
    def call(*args: Any, **options: Any) -> None:
        command(*args, _Asked(**options))

    return call


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a migration is asked to do."""

    source: str
    target: Path | str
    plan_file: Path | None
    source_token_file: Path | None
    privacy_key_file: Path | None
    form: str
    hands: Hands
    into: Into


@migrate.command(WHOLE, cls=Whole, hidden=True)
@_migration
def whole(ctx: click.Context, asked: _Asked) -> None:
    """Run, verify and report."""
    from ..report import write_report
    from ..verify import examine

    if isinstance(asked.target, str):
        ctx.exit(_run_into(asked, asked.target, checks=True))
    with plain_errors(), progress_bar() as progress:
        outcome = _run(asked, asked.target, progress)
        verified = examine(asked.target, None, progress, workers=asked.hands.workers)
        write_report(asked.target, outcome.manifest, verified)
    tell(outcome, asked.target, verified.findings)
    ctx.exit(1 if verified.findings else outcome.exit_code)


@migrate.command("run", short_help="Migrate SOURCE into TARGET, without the verification.")
@_migration
def run_step(ctx: click.Context, asked: _Asked) -> None:
    """Migrate SOURCE into TARGET, a folder or an org, without the verification. A load that was broken off goes on."""
    from ..report import write_report

    if isinstance(asked.target, str):
        ctx.exit(_run_into(asked, asked.target, checks=False))
    with plain_errors(), progress_bar() as progress:
        outcome = _run(asked, asked.target, progress)
        write_report(asked.target, outcome.manifest)
    tell(outcome, asked.target, None)
    ctx.exit(outcome.exit_code)


def _run(asked: _Asked, target: Path, progress: Report) -> Outcome:
    from ..masking import read_key
    from ..plan import Plan, read
    from ..port import is_org_url
    from ..run import run, run_org

    asked.into.refuse()
    plan = read(asked.plan_file) if asked.plan_file else Plan()
    if is_org_url(asked.source):
        org = org_at(asked.source, asked.source_token_file)
        key = read_key(asked.privacy_key_file)
        return run_org(org, target, plan, progress, hands=asked.hands, key=key, form=asked.form)
    refuse_token(asked.source_token_file)
    key = read_key(asked.privacy_key_file)
    return run(Path(asked.source), target, plan, progress, hands=asked.hands, key=key, form=asked.form)


def _run_into(asked: _Asked, target: str, *, checks: bool) -> int:
    """Migrate into an org and tell what came of it."""
    from .. import loading, work_folder
    from ..dry.rehearse import PLACE as DRY_RUN
    from ..dry.rehearse import rehearse
    from ..folder import read_manifest
    from ..forms.parquet import check as check_parquet
    from ..load.history import NAME as HISTORY
    from ..load.history import WARNING
    from ..load.loader import Options
    from ..plan import Plan, read
    from ..port import is_org_url

    source, into, form = asked.source, asked.into, asked.form
    with plain_errors(), progress_bar() as progress:
        into.check()
        if form == PARQUET:
            check_parquet()
        plan = read(asked.plan_file) if asked.plan_file else Plan()
        is_org = is_org_url(source)
        if not is_org:
            refuse_token(asked.source_token_file)
            if into.since is not None:
                raise UsageError(
                    "--since goes with an org as the source:", "leave it out: a newer full export loads what changed"
                )
        if HISTORY in plan.carriers:
            click.echo(f"warning: {WARNING}", err=True)
        read_from = org_at(source, asked.source_token_file) if is_org else None
        org = org_at(target, into.token_file, "target")
        work = into.work or work_folder.usual_work(org.url)

        def folder(place: Path) -> int:
            return _folder_form(asked, read_from, plan, place, work, progress, checks=checks)

        if into.is_dry:
            options = Options(replace=into.replaces)
            loaded = rehearse(
                folder, org, work, plan, options, progress, checks=checks, assumes_package=into.assumes_package
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
    if into.since is None:  # what changed since may well lack a button
        tell_of_plan(read_manifest(work / work_folder.FOLDER))
    tell_load(loaded, work)
    return loaded.exit_code


def _folder_form(
    asked: _Asked,
    org: Org | None,
    plan: Plan,
    place: Path,
    work: Path,
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

    hands, form, key_file = asked.hands, asked.form, asked.privacy_key_file
    if org is None:
        outcome = run(Path(asked.source), place, plan, progress, hands=hands, key=read_key(key_file), form=form)
    elif asked.into.since is not None:
        kept = work_folder.refreshed(org, work, plan, asked.into.since, progress)
        outcome = run(kept, place, plan, progress, origin=org.url, hands=hands, form=form)
    else:
        outcome = run_org(org, place, plan, progress, hands=hands, key=read_key(key_file), form=form)
    verified = examine(place, None, progress, workers=hands.workers) if checks else None
    write_report(place, outcome.manifest, verified)
    findings = verified.findings if verified else []
    for finding in findings[:10]:
        click.echo(finding, err=True)
    return 1 if findings else outcome.exit_code
