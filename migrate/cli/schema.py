"""`chatlift describe import`: the schema of an org."""

from __future__ import annotations

from pathlib import Path

import click

from .group import plain_errors
from .options import org_at, token_option
from .progress import progress_bar


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
@token_option
def import_describes(
    url: str, out: Path, names: tuple[str, ...], leave_out_formulas: bool, source_token_file: Path | None
) -> None:
    """Pull describes from the org ORG_URL into a folder, one JSON file each; `chatlift serve --objects` takes the folder.

    An import that was broken off goes on where it stopped. The token is given as for `chatlift migrate`.
    """
    from ..describes import pull

    with plain_errors("the import"), progress_bar() as progress:
        pulled = pull(org_at(url, source_token_file), out, names, progress, leave_out_formulas=leave_out_formulas)
    for name in pulled.left_out:
        click.echo(f"left out: {name}", err=True)
    click.echo(f"{pulled.written} describes written to {out}, {pulled.kept} were there")
