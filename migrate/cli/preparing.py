"""The steps before a migration: `plan`, and `setup` of enhanced chat."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from .group import migrate, plain_errors
from .options import folder_argument, key_option, org_at, plan_option, refuse_token, token_option


@migrate.command("plan")
@click.argument("source")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output without it.")
@token_option
def plan_step(source: str, out: Path | None, source_token_file: Path | None) -> None:
    """Write a commented plan.toml from what SOURCE holds."""
    from ..plan import commented
    from ..port import is_org_url
    from ..prospect import look, look_org

    with plain_errors():
        if is_org_url(source):
            text = commented(look_org(org_at(source, source_token_file)))
        else:
            refuse_token(source_token_file)
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
@click.argument("out", callback=folder_argument)
@plan_option
@token_option
@key_option
def setup_step(
    source: str, out: Path, plan_file: Path | None, source_token_file: Path | None, privacy_key_file: Path | None
) -> None:
    """Write the set-up of enhanced chat into the new folder OUT, from the buttons, deployments, skills and configurations of SOURCE.

    It is SFDX source to be reviewed; its README.md lists what has no counterpart.
    """
    from ..masking import RowMask, read_key
    from ..plan import Plan, read
    from ..port import is_org_url
    from ..setup import read_desk, read_desk_of_org, write_setup

    with plain_errors("the set-up"):
        plan = read(plan_file) if plan_file else Plan()
        mask = RowMask.of(plan, read_key(privacy_key_file))
        if is_org_url(source):
            desk = read_desk_of_org(org_at(source, source_token_file), mask)
        else:
            refuse_token(source_token_file)
            desk = read_desk(Path(source), mask)
        written = write_setup(desk, out, plan)
    click.echo(
        f"{written.components} components written to {out}; {written.findings} things to look at: {out / 'README.md'}"
    )
