"""An org over HTTP: what the migration asks of it, and nothing about where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from .errors import MigrationError, TerminalError, TransientError, UsageError

_ATTEMPTS = 5
_FIRST_WAIT_SECONDS = 0.5
_TIMEOUT_SECONDS = (10, 120)
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_PAGE_ROWS = 200
"""Rows of a page: the smallest that the platform allows, because a transcript's Body may have 131,072 characters."""


class Org:
    """One org, reached with an access token. Calls that fail in passing are tried again."""

    def __init__(self, url: str, token: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = checked_url(url)
        self._sleep = sleep
        self._session = requests.Session()
        # Plain http is for this machine: a proxy of the environment would carry the token off it.
        self._session.trust_env = self.url.startswith("https://")
        self._session.auth = _Bearer(token)
        self._session.headers["Sforce-Query-Options"] = f"batchSize={_PAGE_ROWS}"
        versions = self._get("/services/data/")
        try:
            self._base = str(versions[-1]["url"])
        except (KeyError, IndexError, TypeError):
            raise TerminalError(f"{self.url} does not answer as an org:", "check the URL") from None

    def fields(self, sobject: str) -> list[str] | None:
        """Return the names of an object's fields in describe order, None when the org does not have the object."""
        try:
            described = self._get(f"{self._base}/sobjects/{sobject}/describe")
        except _Missing:
            return None
        return [
            field["name"] for field in described["fields"] if field["type"] not in ("address", "base64", "location")
        ]

    def query(self, soql: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query, page by page."""
        page = self._get(f"{self._base}/query?q={quote(soql)}")
        while True:
            yield from page["records"]
            following = page.get("nextRecordsUrl")
            if page.get("done", True) or not following:
                return
            page = self._get(str(following))

    def _get(self, path: str) -> Any:
        wait = _FIRST_WAIT_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(path)
            except TransientError as error:
                if attempt == _ATTEMPTS:
                    raise TerminalError(f"{error.message} {_ATTEMPTS} times,", error.remedy) from None
                self._sleep(wait)
                wait *= 2
        raise AssertionError("unreachable")

    def _once(self, path: str) -> Any:
        if not path.startswith("/"):
            raise TerminalError(f"{self.url} names the address {path[:60]!r}, which is not its own:", "check the URL")
        try:
            answer = self._session.get(self.url + path, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        except requests.exceptions.SSLError:
            raise TerminalError(
                f"{self.url}: its certificate is not trusted:", "set REQUESTS_CA_BUNDLE (see `chatlift env`)"
            ) from None
        except requests.RequestException as error:
            raise TransientError(
                f"{self.url} did not answer ({type(error).__name__})", "check the URL and try again"
            ) from None
        if answer.status_code == HTTPStatus.OK:
            try:
                return answer.json()
            except ValueError:
                raise TerminalError(f"{self.url} does not answer in JSON:", "check the URL") from None
        raise _failure(answer, self.url)


class _Bearer(AuthBase):
    """The access token. As an auth object it keeps requests from putting a .netrc entry in its place."""

    def __init__(self, token: str) -> None:
        self._value = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


class _Missing(MigrationError):
    """The org does not have what was asked for."""


def _failure(answer: requests.Response, url: str) -> MigrationError:
    code, message = "", ""
    try:
        errors = answer.json()
        first = errors[0] if isinstance(errors, list) and errors else {}
        code, message = str(first.get("errorCode", "")), str(first.get("message", ""))
    except ValueError:
        pass
    said = f"{url} answered {answer.status_code} {code} {message}".strip()
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return TerminalError(f"{url} refuses the access token:", "get a new one")
    if answer.status_code in _AGAIN or code == "REQUEST_LIMIT_EXCEEDED":
        return TransientError(said, "try again later")
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return _Missing(said, "")
    return TerminalError(f"{said}:", "check the permissions of the token's user")


def is_org_url(source: str) -> bool:
    """Tell whether a source is named by a URL."""
    return source.startswith(("https://", "http://"))


def checked_url(url: str) -> str:
    """Return scheme, host and port of an org's URL. UsageError for plain http to another machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host:
        raise UsageError(f"{redacted(url)} is not a URL of an org:", "give https://HOST")
    if parts.scheme == "http" and not _is_loopback(host):
        raise UsageError(f"{redacted(url)} is not encrypted:", "use https; http is for this machine only")
    if parts.username or parts.password:
        raise UsageError(f"{redacted(url)} holds credentials:", "give the token in a file or in CHATLIFT_SOURCE_TOKEN")
    return redacted(url)


def redacted(url: str) -> str:
    """Return a URL without user, password, path and query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise UsageError("the port of the URL is not a number:", "give https://HOST:PORT") from None
    return f"{parts.scheme}://{host}{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
