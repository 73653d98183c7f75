"""The real org behind the recorder: where it is, and how it is asked, exactly as a client asked."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import IO, Any, Final
from urllib.parse import urlsplit

import certifi
import urllib3
from requests.utils import get_environ_proxies, select_proxy
from urllib3.util import Timeout

from ..cassette.hosts import Origin
from ..errors import UsageError
from ..transport import SALESFORCE

CONNECT_SECONDS: Final = 15
READ_SECONDS: Final = 310
"""Longer than the platform takes over any call."""
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
CHAT: Final = ("/chat/",)
MESSAGING: Final = ("/iamessage/", "/eventrouter/", "/api/v1/", "/platform/engagement/", "/embeddedservice/")
LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
_MAX_CONNECTIONS: Final = 64


class Unreachable(Exception):
    """No answer came. The message says why, in one line, and names no secret."""


def checked(option: str, url: str) -> Origin:
    """Return the host of a URL that a user gave. Raises `UsageError`; plain http goes to this machine only."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"{option}: the URL cannot be read; write it as https://acme.my.salesforce.com") from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{option}: the URL holds credentials; clients send their own")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError(f"{option}: write the org's own address, such as https://acme.my.salesforce.com")
    if parts.hostname in LOGIN_HOSTS:
        raise UsageError(
            f"{option}: {parts.hostname} only logs in; name the org's own host, such as https://acme.my.salesforce.com"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.scheme == "http" and not _is_local(parts.hostname):
        raise UsageError(f"{option}: http://{host} is not encrypted; use https, as http is for this machine only")
    usual = {"http": 80, "https": 443}[parts.scheme]
    return Origin(parts.scheme, host if port in (None, usual) else f"{host}:{port}")


def is_own(origin: Origin, ports: frozenset[int | None]) -> bool:
    """Tell whether a host is this machine at one of these ports."""
    parts = urlsplit(str(origin))
    return _is_local(parts.hostname or "") and parts.port in ports


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(slots=True)
class Hosts:
    """Which host answers what: the org, and those of chat and messaging where they have their own."""

    org: Origin
    chat: Origin
    messaging: Origin

    def of(self, path: str) -> Origin:
        """Return the host that a path goes to."""
        return self.chat if path.startswith(CHAT) else self.messaging if path.startswith(MESSAGING) else self.org

    def named(self) -> dict[Origin, str]:
        """Return the name of each host; one that answers everything is the org."""
        return {self.messaging: "messaging", self.chat: "chat", self.org: "org"}

    def switch(self, url: str) -> bool:
        """Go on with another host for chat, as it says itself (guide, "SwitchServer"); only one of Salesforce's, or the same."""
        found = Origin.of(url)
        if found.scheme != "https" or not (SALESFORCE.fullmatch(found.host) or found.host == self.chat.host):
            return False
        self.chat = found
        return True


class Upstream:
    """Sends calls on. It adds nothing of its own: no credentials of a .netrc, no cookies, and follows no redirects."""

    def __init__(self, ca: str | None = None) -> None:
        trusted = ca or next((os.environ[name] for name in BUNDLES if os.environ.get(name)), None) or certifi.where()
        self._options: dict[str, Any] = {
            "ca_certs": trusted,
            "maxsize": _MAX_CONNECTIONS,
            "retries": False,
            "timeout": Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        }
        self._direct = urllib3.PoolManager(**self._options)
        self.own_ports: frozenset[int | None] = frozenset()
        """The recorder's own: a proxy of the environment that is itself would go round in circles."""
        self._proxies: dict[str, urllib3.ProxyManager] = {}

    def send(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | IO[bytes] | None
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer as soon as its head is there. Raises `Unreachable`.

        A kept connection may have been closed at the other end: what only reads is asked once more then, on another one.
        """
        try:
            return self._sent(method, url, headers, body)
        except urllib3.exceptions.ProtocolError as error:
            if method not in READING:
                raise Unreachable(_reason(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(_reason(error)) from error
        try:
            return self._sent(method, url, headers, body)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(_reason(error)) from error

    def _sent(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | IO[bytes] | None
    ) -> urllib3.BaseHTTPResponse:
        return self._pool(url).request(
            method,
            url,
            body=body,
            headers=urllib3.HTTPHeaderDict(headers),
            preload_content=False,
            redirect=False,
            retries=False,
            decode_content=True,
        )

    def _pool(self, url: str) -> urllib3.PoolManager:
        """Return the way to a URL: by the environment's proxy, unless that one says no."""
        proxy = select_proxy(url, get_environ_proxies(url))
        if not proxy or is_own(Origin.of(proxy), self.own_ports):
            return self._direct
        if proxy not in self._proxies:
            self._proxies[proxy] = urllib3.ProxyManager(proxy, **self._options)
        return self._proxies[proxy]

    def close(self) -> None:
        for pool in (self._direct, *self._proxies.values()):
            pool.clear()


def _reason(error: Exception) -> str:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not trusted; name its authority with --upstream-ca"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    if isinstance(error, urllib3.exceptions.NameResolutionError) or "resolve" in text:
        return "its host name is not known"
    return re.sub(r"<[^>]*>|0x[0-9a-f]+|url: \S+", "", f"{type(error).__name__}: {text}")[:200]
