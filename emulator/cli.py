"""The commands `chatlift serve` and `chatlift env`."""

import json
import os
import secrets
import signal
import sys
import threading
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from .errors import UsageError
from .tls import Certificate, bundle_variables, certificate, write_bundle
from .waiting import POLL_SECONDS

if TYPE_CHECKING:
    from datetime import datetime

    from .org.org import Org
    from .server import Addresses
    from .wire.exchange import Settings

ADMIN_PASSWORD: Final = "CHATLIFT_ADMIN_PASSWORD"  # noqa: S105  # the name of a variable
"""Environment variable with the administrator's password under --strict-auth."""
CONTROL_TOKEN: Final = "CHATLIFT_CONTROL_TOKEN"  # noqa: S105  # the same
"""Environment variable with the token that calls of our own APIs send off loopback and under --strict-auth."""
SHELLS: Final = {
    "bash": ("export {0}='{1}'", "'\\''"),
    "fish": ("set -gx {0} '{1}'", "\\'"),
    "powershell": ("$Env:{0} = '{1}'", "''"),
}
"""Shell -> how it sets a variable, and how it writes a quote inside quotes."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> "datetime | None":
    """Read a date and time with a zone."""
    from ..schemas.values import InvalidValue, read_datetime

    try:
        return None if value is None else read_datetime(value)
    except InvalidValue:
        problem = f"{value!r} is no ISO 8601 date and time with a zone, such as 2026-06-15T12:00:00Z"
        raise click.BadParameter(problem, ctx, param) from None


def instance_characters(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Check that the characters of an instance are two of those that ids have, and none that a migration makes ids with."""
    from ..schemas.ids import DERIVED_INSTANCE, DIGITS

    if len(value) != 2 or not set(value) <= set(DIGITS) or value == DERIVED_INSTANCE:
        problem = f"{value!r} is not two letters or digits of ASCII other than {DERIVED_INSTANCE}, such as 5e"
        raise click.BadParameter(problem, ctx, param)
    return value


def networks(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses or networks in CIDR form."""
    found = []
    for text in value:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError:
            raise click.BadParameter(f"{text!r} is no network; write it as 10.0.0.0/8", ctx, param) from None
    return tuple(found)


def base_url(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Check that a base URL has a scheme and a host and nothing more."""
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise click.BadParameter(f"{value!r} is no base URL; write it as https://org.example.test:8443", ctx, param)
    return f"{parts.scheme}://{parts.netloc}"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8443, show_default=True, type=click.IntRange(0, 65535), help="HTTPS port; 0 picks a free one."
)
@click.option(
    "--http-port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="HTTP port; 0 picks a free one."
)
@click.option(
    "--db",
    "database",
    default="sqlite://",
    metavar="URL",
    help="sqlite:///PATH or postgresql+psycopg://… keeps the org.  [default: in memory, gone at exit]",
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="NAME|FILE",
    help="Scenario to fill the org with; may be given several times.",
)
@click.option(
    "--objects",
    "objects_",
    multiple=True,
    metavar="PATH",
    help="More objects or fields: descriptors, describes, a folder of them, or SFDX source; may be given several times.",
)
@click.option(
    "--snapshot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Begin with the org of a snapshot's file; --objects, --seed and --now come on top.",
)
@click.option("--now", callback=moment, metavar="ISO", help="What the org's clock shows at the start.")
@click.option(
    "--instance",
    default="5e",
    show_default=True,
    callback=instance_characters,
    metavar="XX",
    help="Two characters that each new id has, so that the records of several orgs can be told apart.",
)
@click.option(
    "--strict-auth",
    is_flag=True,
    help=f"Check user names and passwords; the administrator's is ${ADMIN_PASSWORD}, or is made and printed.",
)
@click.option(
    "--session-timeout", type=click.IntRange(1), metavar="S", help="Seconds of idleness after which a session ends."
)
@click.option(
    "--base-url",
    callback=base_url,
    metavar="URL",
    help="What stands before the path in URLs of answers.  [default: the request's scheme and host]",
)
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    callback=networks,
    metavar="NET",
    help="Network whose X-Forwarded-* headers count, besides loopback; may be given several times.",
)
@click.option(
    "--poll-seconds",
    default=POLL_SECONDS,
    show_default=True,
    type=click.IntRange(1, 300),
    metavar="S",
    help="When chat visitors' clients give a poll up; one that finds nothing is answered a second before.",
)
@click.option(
    "--chance",
    type=int,
    metavar="N",
    help="Draw tokens and codes from a number, the same in every run; for an org in memory.",
)
@click.option(
    "--permissive-messaging",
    is_flag=True,
    help="Let API callers write Conversation, ConversationEntry and the like, for test set-up; a real org does not.",
)
@click.option(
    "--replay",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Answer from a cassette of `chatlift record` first.",
)
@click.option(
    "--replay-else",
    type=click.Choice(("emulate", "refuse")),
    default="emulate",
    show_default=True,
    help="What becomes of calls to addresses that the cassette does not have.",
)
@click.option("--no-control", is_flag=True, help="Do not offer the control API /_chatlift/.")
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write URLs, CA path, pid and control token there as JSON once the org answers.",
)
def serve(
    host: str,
    port: int,
    http_port: int,
    database: str,
    seeds: tuple[str, ...],
    objects_: tuple[str, ...],
    snapshot: Path | None,
    now: "datetime | None",
    instance: str,
    strict_auth: bool,
    session_timeout: int | None,
    base_url: str | None,
    proxies: tuple[IPv4Network | IPv6Network, ...],
    poll_seconds: int,
    chance: int | None,
    permissive_messaging: bool,
    replay: Path | None,
    replay_else: str,
    no_control: bool,
    ready_file: Path | None,
) -> None:
    """Run an org on HTTPS and HTTP until Ctrl-C or SIGTERM."""
    from .app import create_app, end_lost_chats
    from .config import OrgConfig
    from .objects import read_objects
    from .scenario import open_org, read_scenario
    from .server import Server, spare_the_collector
    from .wire.exchange import Settings
    from .wire.replayed import Replayed

    settings = Settings(
        base_url=base_url,
        trusted_proxies=proxies,
        strict_auth=strict_auth,
        control=not no_control,
        control_guarded=strict_auth or host not in LOOPBACK,
        control_token=control_token(),
        poll_seconds=poll_seconds,
    )
    if chance is not None and (strict_auth or database != "sqlite://"):
        raise click.UsageError("--chance makes tokens that can be guessed, for an org in memory without --strict-auth")
    password = (os.environ.get(ADMIN_PASSWORD) or secrets.token_urlsafe(12)) if strict_auth else None
    try:
        config = OrgConfig(
            database=database,
            objects=tuple(document for path in objects_ for document in read_objects(path)),
            scenarios=tuple(read_scenario(seed) for seed in seeds),
            now=now,
            instance=instance,
            strict_auth=strict_auth,
            session_timeout=session_timeout,
            administrator_password=password,
            chance=chance,
            permissive_messaging=permissive_messaging,
        )
        org = open_org(config, snapshot)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    try:
        if password is not None:  # an org that was kept has the password of an earlier start
            org.sessions.set_password(org.users.administrator_id, password)
        end_lost_chats(org)
        made = trusted(host, urlsplit(base_url or "").hostname or "")
        app = create_app(org, settings)
        recorded = org.room(Replayed)
        if replay is not None:
            try:
                recorded.put_in(replay, is_strict=replay_else == "refuse")
            except UsageError as error:
                raise click.UsageError(str(error)) from None
        server = Server(app, made, host, port, http_port)
        stopped = stop_on_signals()
        if ready_file is not None and not ready_file.parent.is_dir():
            raise click.UsageError(f"cannot write the ready file {ready_file}: there is no folder {ready_file.parent}")
        try:
            addresses = server.start()
            spare_the_collector()
        except UsageError as error:
            raise click.UsageError(str(error)) from None
        try:
            click.echo(block(org, addresses, made, settings, password))
            if recorded.player is not None:
                rest = "refused" if replay_else == "refuse" else "emulated"
                click.echo(
                    f"Answers from {replay} first: {len(recorded.player.cassette.calls)} calls; other addresses are {rest}."
                )
            if ready_file is not None:
                write_ready(ready_file, addresses, made, settings, password)
            stopped.wait()
        finally:
            server.stop()
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)
    finally:
        org.close()


def control_token() -> str:
    """Return the token of the environment, else a new one."""
    given = os.environ.get(CONTROL_TOKEN, "")
    if given and not (given.isascii() and given.isprintable() and given == given.strip()):
        raise click.UsageError(f"{CONTROL_TOKEN} cannot be sent in a header; use letters and digits")
    return given or secrets.token_urlsafe(24)


def trusted(*names: str) -> Certificate:
    """Return the certificate for hosts; make it if this is the first time."""
    found = certificate(*names)
    if not found.is_there():
        from .authority import make

        try:
            make(found)
        except OSError as error:
            raise click.UsageError(
                f"cannot keep a certificate in {found.folder}: {error.strerror}; set CHATLIFT_HOME"
            ) from None
    if not found.bundle.exists():
        write_bundle(found)
    return found


def stop_on_signals() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set; a second Ctrl-C ends the process at once."""
    stopped = threading.Event()

    def stop(number: int, frame: Any) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def block(org: "Org", addresses: "Addresses", made: Certificate, settings: "Settings", password: str | None) -> str:
    """Return what is printed at the start: addresses, and a line to paste for each client."""
    https, http = addresses.https, addresses.http
    login = urlsplit(https).netloc
    user = org.users.administrator["Username"]
    shown = password or "any"
    token = "<token>" if password else org.sessions.begin(org.users.administrator_id).token
    lines = [
        f"ChatLift answers at {https} and {http}",
        "",
        '  trust it            eval "$(chatlift env)"',
        f"  simple-salesforce   Salesforce(username='{user}', password='{shown}', security_token='', domain='{login}/services/Soap/u/59.0?')",
        f"  curl                curl --cacert '{made.ca}' {https}/services/data",
        f"  sf                  SF_ACCESS_TOKEN='{token}' sf org login access-token --instance-url {https} --no-prompt",
        f"  jsforce             new jsforce.Connection({{ loginUrl: '{http}' }}).login('{user}', '{shown}')",
        f"  chat, visitors      curl --cacert '{made.ca}' -H 'X-LIVEAGENT-API-VERSION: 60' {https}/chat/rest/System/SessionId",
    ]
    if settings.control:
        needed = settings.control_token if settings.control_guarded else ""
        asked = f" -H 'X-Chatlift-Token: {needed}'" if needed else ""
        given = f", token='{needed}'" if needed else ""
        lines.append(f"  chat, agents        chatlift.emulator.chat.AgentDesk('{http}'{given})")
        lines.append(f"  control API         curl{asked} {http}/_chatlift/health")
    return "\n".join([*lines, "", "Ctrl-C ends it."])


def write_ready(
    file: Path, addresses: "Addresses", made: Certificate, settings: "Settings", password: str | None
) -> None:
    """Write the ready file, readable by this user alone, in one step."""
    content: dict[str, Any] = {
        "https": addresses.https,
        "http": addresses.http,
        "ca": str(made.ca),
        "pid": os.getpid(),
        "control_token": settings.control_token,
    }
    if password is not None:
        content["admin_password"] = password
    from .tls import write_apart

    try:
        write_apart(file, json.dumps(content).encode(), 0o600)
    except OSError as error:
        raise click.UsageError(f"cannot write the ready file {file}: {error.strerror}") from None


@click.command()
@click.option(
    "--shell",
    type=click.Choice(tuple(SHELLS)),
    help="Whose syntax to print.  [default: powershell on Windows, else bash]",
)
def env(shell: str | None) -> None:
    """Print variables that make clients trust the org's certificate besides all that they trust now.

    In bash or zsh: eval "$(chatlift env)".
    """
    made = trusted()
    form, quote = SHELLS[shell or ("powershell" if sys.platform == "win32" else "bash")]
    for name, bundle in bundle_variables(made).items():
        click.echo(form.format(name, bundle.replace("'", quote)))
