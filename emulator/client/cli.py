"""`chatlift soql`: a query to any org. The rooms are loaded when the command runs."""

import os
import sys
from pathlib import Path
from typing import IO, Final

import click

from .errors import BadUse, Failed

ORG: Final = "CHATLIFT_ORG"
ORG_TOKEN: Final = "CHATLIFT_ORG_TOKEN"  # noqa: S105  # the name of a variable
ADMIN_PASSWORD: Final = "CHATLIFT_ADMIN_PASSWORD"  # noqa: S105  # the same
LOCAL_ORG: Final = "http://127.0.0.1:8080"
"""Where `chatlift serve` is, if its options say nothing else."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("query", required=False)
@click.option(
    "--file", "file", type=click.File(encoding="utf-8-sig"), help="Read the query from a file; - is standard input."
)
@click.option("--org", "org_url", metavar="URL", help=f"The org; without it {ORG}, without that the local {LOCAL_ORG}.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help=f"File with an access token; without it {ORG_TOKEN}. A local org needs none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print an array of records, as the org answers them.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV (RFC 4180).")
@click.option("--all", "all_rows", is_flag=True, help="Deleted records too (queryAll).")
def soql(
    query: str | None,
    file: IO[str] | None,
    org_url: str | None,
    token_file: Path | None,
    as_json: bool,
    as_csv: bool,
    all_rows: bool,
) -> None:
    """Run a SOQL QUERY in an org and print its rows: a table, JSON or CSV.

    QUERY is the text of the query, or - to read it from standard input. Parents are dotted columns; a child subquery is the
    number of its rows, and JSON has the rows themselves.

    Exit status: 0 done, 1 refused or no answer, 2 not used rightly.
    """
    from .columns import selected
    from .org import Org
    from .output import write_csv, write_json, write_table

    try:
        text = _query(query, file)
        if as_json and as_csv:
            raise BadUse("--json and --csv exclude each other")
        url, token = _access(org_url, token_file)
        write = write_json if as_json else write_csv if as_csv else write_table
        out = sys.stdout.buffer
        write(out, selected(text), Org(url, token).query(text, all_rows))
        out.flush()
    except BadUse as error:
        raise click.UsageError(str(error)) from None
    except Failed as error:
        raise click.ClickException(f"soql: {error}") from None


def _query(query: str | None, file: IO[str] | None) -> str:
    if (query is None) == (file is None):
        raise BadUse("give one query: as QUERY, with --file FILE, or - for standard input")
    try:
        if query == "-":
            query = sys.stdin.buffer.read().decode("utf-8-sig")
        text = file.read() if file else query or ""
    except (OSError, UnicodeDecodeError):
        raise BadUse("the query cannot be read; give a file in UTF-8") from None
    if not text.strip():
        raise BadUse("the query is empty")
    return text.strip()


def _access(org_url: str | None, token_file: Path | None) -> tuple[str, str]:
    """Return the org's URL and an access token. A token of the environment goes only to an org that is named."""
    from .org import checked, is_local, log_in

    named = org_url or os.environ.get(ORG, "").strip()
    url = checked(named or LOCAL_ORG)
    token = _read_token(token_file) if token_file else os.environ.get(ORG_TOKEN, "").strip() if named else ""
    if token:
        return url, token
    if not is_local(url):
        raise BadUse(f"no access token for {url}; give --token-file FILE or set {ORG_TOKEN}")
    return url, log_in(url, os.environ.get(ADMIN_PASSWORD) or "any")


def _read_token(file: Path) -> str:
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadUse(f"cannot read the token file {file}; check its path and permissions") from None
    if not token or any(character.isspace() for character in token):
        raise BadUse(f"the token file {file} does not hold one token; write the token alone into it")
    return token
