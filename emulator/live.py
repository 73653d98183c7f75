"""An org on real sockets inside this process: what a test suite starts once and resets for each test."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from .app import create_app, end_lost_chats
from .authority import make
from .config import OrgConfig
from .handle import OrgHandle
from .scenario import open_org
from .server import Server
from .tls import Certificate, bundle_variables, certificate
from .waiting import POLL_SECONDS
from .wire.exchange import Settings


@dataclass(frozen=True, slots=True)
class LiveOrg:
    """A running org: its URLs, the certificate authority that clients must trust, and its handle."""

    https: str
    http: str
    ca: str
    org: OrgHandle
    certificate: Certificate

    @property
    def login_domain(self) -> str:
        """What simple-salesforce takes as `domain` to log in here: ``Salesforce(…, domain=…, session=live.session())``."""
        return f"{self.https.removeprefix('https://')}/services/Soap/u/59.0?"

    def environment(self) -> dict[str, str]:
        """Return variables under which clients and other programs meet this org at every host of Salesforce, over HTTPS.

        They go through the HTTP port as a proxy, which leads to no other place, and trust this org's certificate besides all others.
        """
        return bundle_variables(self.certificate) | {"HTTPS_PROXY": self.http, "https_proxy": self.http, "NO_PROXY": ""}

    def ssl_context(self) -> ssl.SSLContext:
        """Return what lets other clients trust this org's certificate: httpx (`verify`), aiohttp (`ssl`), urllib (`context`)."""
        return ssl.create_default_context(cafile=self.ca)

    def session(self) -> requests.Session:
        """Return a session that trusts this org's certificate and goes to it directly, whatever the environment says."""
        session = requests.Session()
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over `verify`
        session.verify = self.ca
        return session


@contextmanager
def live_org(
    config: OrgConfig = OrgConfig(), host: str = "127.0.0.1", poll_seconds: int = POLL_SECONDS
) -> Iterator[LiveOrg]:
    """Run an org on free ports until the block ends. poll_seconds: when a visitor's client gives a poll up."""
    made = certificate(host)
    if not made.is_there():
        make(made)
    org = open_org(config)
    try:
        end_lost_chats(org)
        app = create_app(org, Settings(strict_auth=config.strict_auth, poll_seconds=poll_seconds))
        server = Server(app, made, host, port=0, http_port=0)
        addresses = server.start()
        try:
            yield LiveOrg(addresses.https, addresses.http, str(made.ca), OrgHandle(org, app, addresses.https), made)
        finally:
            server.stop()
    finally:
        org.close()
