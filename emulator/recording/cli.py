"""The commands `chatlift record` and `chatlift cassette`. The rooms are loaded when a command runs."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import click

from ..errors import UsageError

CASSETTE: Final = click.Path(dir_okay=False, path_type=Path)
HELP: Final = {"help_option_names": ["-h", "--help"]}
SHOWN: Final = 2_000
"""Characters of a body that `cassette show` prints, unless everything is wanted."""


@click.command(context_settings=HELP)
@click.option(
    "--upstream", required=True, metavar="ORG_URL", help="The org's own address, https://acme.my.salesforce.com."
)
@click.option("--out", required=True, type=CASSETTE, metavar="FILE", help="The cassette to write.")
@click.option("--append", is_flag=True, help="Add to a cassette that is there.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option(
    "--chat-upstream", metavar="URL", help="Where /chat/ goes: the host of legacy chat's endpoint.  [default: the org]"
)
@click.option(
    "--messaging-upstream",
    metavar="URL",
    help="Where /iamessage/, /eventrouter/ and /api/v1/ go: the host of enhanced chat.  [default: the org]",
)
@click.option(
    "--upstream-ca",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Authorities to trust the org by.",
)
@click.option("--read-only", is_flag=True, help="Hand on only calls that read, and logins; refuse all others.")
@click.option("--scrub-emails", is_flag=True, help="Take e-mail addresses out of the cassette, too.")
@click.option(
    "--max-body",
    default=10,
    show_default=True,
    type=click.IntRange(1, 256),
    metavar="MB",
    help="Megabytes of a body that are kept; longer ones still go through whole.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8443, show_default=True, type=click.IntRange(0, 65535), help="HTTPS port; 0 picks a free one."
)
@click.option(
    "--http-port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="HTTP port; 0 picks a free one."
)
@click.option("--quiet", is_flag=True, help="Print no line for each call.")
@click.option(
    "--ready-file", type=CASSETTE, metavar="FILE", help="Write URLs, CA path and pid there as JSON once it listens."
)
def record(
    upstream: str,
    out: Path,
    append: bool,
    force: bool,
    chat_upstream: str | None,
    messaging_upstream: str | None,
    upstream_ca: str | None,
    read_only: bool,
    scrub_emails: bool,
    max_body: int,
    host: str,
    port: int,
    http_port: int,
    quiet: bool,
    ready_file: Path | None,
) -> None:
    """Stand between clients and a REAL org, and keep what it answers in a cassette, without secrets.

    All calls go to the org as clients make them, with their own credentials, and writes write there.
    """
    from .. import cli as serving
    from ..cassette.file import CassetteWriter
    from ..cassette.form import Heading
    from ..cassette.secrets import Scrubber
    from ..server import Server
    from ..tls import write_apart
    from . import upstream as org
    from .proxy import Options, Recorder

    try:
        own = org.checked("--upstream", upstream)
        chat = org.checked("--chat-upstream", chat_upstream) if chat_upstream else own
        messaging = org.checked("--messaging-upstream", messaging_upstream) if messaging_upstream else own
        made = serving.trusted(host)
        heading = Heading(program(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}", scrub_emails)
        writer = CassetteWriter(out, heading, append=append, force=force)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    with writer:
        scrubber = Scrubber(writer.stand_ins, emails=scrub_emails)
        behind = org.Upstream(upstream_ca)
        recorder = Recorder(
            org.Hosts(own, chat, messaging), behind, writer, scrubber, Options(read_only, max_body << 20),
            (lambda line: None) if quiet else (lambda line: click.echo(line, err=True)),
        )  # fmt: skip
        server = Server(recorder, made, host, port, http_port)
        stopped = serving.stop_on_signals()
        try:
            addresses = server.start()
        except UsageError as error:
            raise click.UsageError(str(error)) from None
        try:
            behind.own_ports = frozenset(urlsplit(url).port for url in (addresses.https, addresses.http))
            if any(org.is_own(one, behind.own_ports) for one in (own, chat, messaging)):
                raise click.UsageError(
                    "the upstream is the recorder itself; choose other ports with --port and --http-port"
                )
            click.echo(block(str(own), out, addresses.https, addresses.http, str(made.ca), read_only=read_only))
            if ready_file is not None:
                told = {"https": addresses.https, "http": addresses.http, "ca": str(made.ca), "pid": os.getpid()}
                try:
                    write_apart(ready_file, json.dumps(told).encode(), 0o600)
                except OSError as error:
                    raise click.UsageError(f"cannot write the ready file {ready_file}: {error.strerror}") from None
            stopped.wait()
        finally:
            recorder.stop()
            server.stop()
            behind.close()
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)
        click.echo(
            f"{recorder.kept} calls are in {out}; {scrubber.count} secrets were taken out. Look through it before it is shared."
        )


def program() -> str:
    from ... import __version__

    return f"chatlift {__version__}"


def block(upstream: str, out: Path, https: str, http: str, ca: str, *, read_only: bool) -> str:
    """Return what is printed at the start."""
    writes = (
        "Calls that may write are refused (--read-only)."
        if read_only
        else "This is a real org: all calls go there as clients make them, and writes write."
    )
    return "\n".join(
        [
            f"Recording {upstream} into {out}. {writes}",
            "",
            f"  send clients to     {https} or {http}",
            '  trust it            eval "$(chatlift env)"',
            f"  simple-salesforce   Salesforce(username=…, password=…, security_token=…, domain='{https.removeprefix('https://')}/services/Soap/u/59.0?')",
            f"  curl                curl --cacert '{ca}' -H 'Authorization: Bearer …' {https}/services/data",
            f"  fixed hosts         HTTPS_PROXY={http} some-client",
            "",
            "Tokens, session ids, passwords and client secrets are taken out; other data of the org is kept as it is. Ctrl-C ends it.",
        ]
    )


@click.group(context_settings=HELP)
def cassette() -> None:
    """Look at cassettes, check them, and hold the emulator against them."""


@cassette.command(short_help="Print a cassette for reading, or as HAR.")
@click.argument("file", type=CASSETTE)
@click.option("--call", "number", type=click.IntRange(1), metavar="N", help="This call alone, with all of its bodies.")
@click.option("--har", is_flag=True, help="Print HAR 1.2, which browsers' tools and many others read.")
def show(file: Path, number: int | None, har: bool) -> None:
    """Print a cassette for reading: a line for each call, or one call in full."""
    from ..cassette.har import document

    found = _read(file)
    if har:
        click.echo(json.dumps(document(found), ensure_ascii=False, indent=1))
        return
    chosen = [call for call in found.calls if number is None or call.number == number]
    if number is not None and not chosen:
        raise click.UsageError(f"{file} has no call {number}")
    for call in chosen:
        asked, answered = call.asked, call.answered
        query = "&".join("=".join(pair) for pair in asked.query)
        size = f"{len(answered.events)} events" if answered.events is not None else f"{len(answered.body)} bytes"
        click.echo(
            f"#{call.number} {asked.method} {unquote(asked.path)}{'?' if query else ''}{query} -> {answered.status}, {size}, {call.ms:.0f} ms"
        )
        if number is not None:
            _show_part(asked.headers, asked.body)
            _show_part(answered.headers, answered.body)
            for event in answered.events or ():
                click.echo(f"  +{event.ms:.0f} ms {event.text.strip()}")
    if found.cut:
        click.echo("the recorder was killed while it wrote the next call", err=True)


def _show_part(headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    for name, value in headers:
        click.echo(f"  {name}: {value}")
    if body:
        text = body.decode(errors="replace")
        if text[:1] in ("{", "["):
            try:
                text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
            except ValueError:
                text = text.strip()
        click.echo("\n".join(f"  {line}" for line in text.splitlines()))
    click.echo()


@cassette.command(short_help="Look for secrets that are still in a cassette.")
@click.argument("file", type=CASSETTE)
def check(file: Path) -> None:
    """Check each line of a cassette, and look for secrets that are still in it.

    Exit status: 0 nothing found, 1 something looks like a secret, 2 no cassette, or a damaged one.
    """
    from ..cassette.leftovers import look

    found = _read(file)
    looked = look(found)
    whole = ", and the beginning of another" if found.cut else ""
    click.echo(f"{file}: {len(found.calls)} calls{whole}; recorded {found.heading.recorded} by {found.heading.program}")
    for one in looked.secrets:
        click.echo(f"  #{one.number}: {one.place} may hold a secret")
    if looked.emails:
        click.echo(f"  {looked.emails} e-mail addresses (--scrub-emails takes them out)")
    for host, count in looked.hosts:
        click.echo(f"  the host {host}, {count} times")
    if looked.secrets:
        sys.exit(1)


@cassette.command(short_help="Write the checksums anew after an edit by hand.")
@click.argument("file", type=CASSETTE)
def seal(file: Path) -> None:
    """Write the checksums of a cassette anew, after it was edited by hand."""
    from ..cassette import file as files

    try:
        count = files.seal(file)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{file}: {count} calls")


@cassette.command(short_help="Hold a fresh emulated org against a cassette.")
@click.argument("file", type=CASSETTE)
@click.option("--seed", "seeds", multiple=True, metavar="NAME|FILE", help="Scenario to fill the fresh org with.")
@click.option("--objects", "objects_", multiple=True, metavar="PATH", help="More objects or fields of the fresh org.")
@click.option(
    "--snapshot", type=CASSETTE, metavar="FILE", help="Begin with what a snapshot holds, instead of a fresh org."
)
@click.option("--fill", is_flag=True, help="Give the org the records that the recording shows, as they were then.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATTERN",
    help="Places to leave out, such as '$.records[*].Name' or 'header Vary'.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
def diff(
    file: Path,
    seeds: tuple[str, ...],
    objects_: tuple[str, ...],
    snapshot: Path | None,
    fill: bool,
    ignore: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the calls of a cassette to a fresh emulated org, and print where its answers are other ones.

    Ids, times, tokens and counters may differ where they stand for the same things all through.

    Exit status: 0 the same, 1 differences, 2 not used rightly.
    """
    from ..config import OrgConfig
    from ..objects import read_objects
    from ..scenario import read_scenario
    from .rehearsal import rehearse
    from .report import as_document, lines

    found = _read(file)
    try:
        config = OrgConfig(
            objects=tuple(document for path in objects_ for document in read_objects(path)),
            scenarios=tuple(read_scenario(seed) for seed in seeds),
        )
        result = rehearse(found, config, ignore, snapshot, fill)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        click.echo(json.dumps(as_document(result), ensure_ascii=False, indent=1))
    else:
        for line in lines(result):
            click.echo(line)
    if result.differences:
        sys.exit(1)


def _read(file: Path) -> Any:
    from ..cassette.file import read_cassette

    try:
        return read_cassette(file)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
