"""A recorder on sockets in front of an emulated org, and an org that answers from what it kept."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from chatlift.emulator.app import create_app
from chatlift.emulator.cassette.file import Cassette, CassetteWriter, read_cassette
from chatlift.emulator.cassette.form import Heading
from chatlift.emulator.cassette.secrets import Scrubber
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.handle import OrgHandle
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.recording.proxy import Options, Recorder
from chatlift.emulator.recording.upstream import Hosts, Upstream, checked
from chatlift.emulator.scenario import open_org
from chatlift.emulator.server import Server
from chatlift.emulator.tls import certificate
from chatlift.emulator.wire.exchange import Settings

HEADING = Heading("chatlift 0.1.0", "2026-02-14T09:00:00.000Z")


@dataclass
class Address:
    """Where clients go: the recorder, or the org that replays."""

    https: str
    http: str
    ca: str
    org: OrgHandle | None = None

    @property
    def login_domain(self) -> str:
        return f"{self.https.removeprefix('https://')}/services/Soap/u/59.0?"

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = self.ca
        return session


@contextmanager
def served(app: Any, org: OrgHandle | None = None) -> Iterator[Address]:
    made = certificate("127.0.0.1")
    server = Server(app, made, port=0, http_port=0)
    addresses = server.start()
    try:
        yield Address(addresses.https, addresses.http, str(made.ca), org)
    finally:
        server.stop()


@contextmanager
def recording(
    upstream: str,
    ca: str,
    out: Path,
    options: Options = Options(),
    emails: bool = False,
    append: bool = False,
    chat: str | None = None,
) -> Iterator[Address]:
    heading = Heading(HEADING.program, HEADING.recorded, emails)
    origin = checked("--upstream", upstream)
    hosts = Hosts(origin, checked("--chat-upstream", chat or upstream), origin)
    with CassetteWriter(out, heading, append=append) as writer:
        scrubber = Scrubber(writer.stand_ins, emails=emails)
        behind = Upstream(ca)
        recorder = Recorder(hosts, behind, writer, scrubber, options)
        with served(recorder) as address:
            behind.own_ports = frozenset(urlsplit(url).port for url in (address.https, address.http))
            yield address
            recorder.stop()


@contextmanager
def replaying(file: Path, *, is_strict: bool = False, poll_seconds: int = 2) -> Iterator[Address]:
    org = open_org(OrgConfig())
    try:
        settings = Settings(poll_seconds=poll_seconds)
        app = create_app(org, settings)
        handle = OrgHandle(org, app, "https://localhost")
        handle.replay(file, is_strict)
        with served(app.wsgi_app, handle) as address:
            yield address
    finally:
        org.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[LiveOrg]:
    """The org that is recorded; tests reset it."""
    with live_org(OrgConfig(), poll_seconds=2) as live:
        yield live


@pytest.fixture
def real_org(upstream: LiveOrg) -> LiveOrg:
    upstream.org.reset()
    return upstream


@pytest.fixture
def cassette_file(tmp_path: Path) -> Path:
    return tmp_path / "org.cassette"


@pytest.fixture
def record(real_org: LiveOrg, cassette_file: Path) -> Callable[..., Any]:
    """Run a script against the recorder; return what came of it. The cassette is closed then."""

    def run(
        script: Callable[[Address], Any], upstream: str = real_org.https, ca: str = real_org.ca, **options: Any
    ) -> Any:
        with recording(upstream, ca, cassette_file, **options) as address:
            return script(address)

    return run


@pytest.fixture
def replay(cassette_file: Path) -> Callable[..., AbstractContextManager[Address]]:
    return lambda **options: replaying(cassette_file, **options)


@pytest.fixture
def calls(cassette_file: Path) -> Callable[[], Cassette]:
    return lambda: read_cassette(cassette_file)
