"""An org over HTTP: what the migration asks of it, and nothing about where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import orjson
import requests
from requests.auth import AuthBase

from .errors import MigrationError, TerminalError, TransientError, UsageError

T = TypeVar("T")

_ATTEMPTS = 5
_FIRST_WAIT_SECONDS = 0.5
_TIMEOUT_SECONDS = (10, 120)
_PAGES = (".lightning.force.com", ".salesforce-setup.com")
"""Of what a browser's address bar shows: https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm."""
_LOGINS = ("login.salesforce.com", "test.salesforce.com")
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
TRANSIENT_CODES = frozenset({"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "UNABLE_TO_LOCK_ROW"})
"""Error codes of what may succeed later."""
_CHUNK_BYTES = 1 << 20
_PAGE_ROWS = 200
"""Rows of a page: the smallest that the platform allows, because a transcript's Body may have 131,072 characters."""


class Org:
    """One org, reached with an access token. Calls that fail in passing are tried again."""

    def __init__(self, url: str, token: str, sleep: Callable[[float], None] = time.sleep, *, trusts: str = "") -> None:
        """`trusts` is a file with the certificate of one's own org, which is reached through no proxy."""
        self.url = checked_url(url)
        self.reads_only = False
        """Whether all calls but GET are refused: a dry run's hold on itself."""
        self._sleep = sleep
        self.calls_used = self.calls_allowed = 0
        self._session = requests.Session()
        # Plain http is for this machine: a proxy of the environment would carry the token off it.
        self._session.trust_env = self.url.startswith("https://") and not trusts
        self._session.verify = trusts or True
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
        except Missing:
            return None
        return [
            field["name"] for field in described["fields"] if field["type"] not in ("address", "base64", "location")
        ]

    def names(self) -> list[str]:
        """Return the names of all objects, in the order of the org."""
        return [str(entry["name"]) for entry in self._get(f"{self._base}/sobjects")["sobjects"]]

    @property
    def version_path(self) -> str:
        """The path of the API version that is used."""
        return self._base

    def describe(self, sobject: str) -> dict[str, Any] | None:
        """Return the describe of an object, None when the org does not have it."""
        try:
            described: dict[str, Any] = self._get(f"{self._base}/sobjects/{quote(sobject, safe='')}/describe")
        except Missing:
            return None
        return described

    def query(self, soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query, page by page; `with_deleted` those in the recycle bin, too."""
        page = self._get(f"{self._base}/{'queryAll' if with_deleted else 'query'}?q={quote(soql)}")
        while True:
            yield from page["records"]
            following = page.get("nextRecordsUrl")
            if page.get("done", True) or not following:
                return
            page = self._get(str(following))

    def _get(self, path: str) -> Any:
        return self.patiently(lambda: self.send("GET", path))

    def patiently(self, call: Callable[[], T]) -> T:
        """Make a call; when it fails in passing wait and make it again, up to five times in all. Raises TerminalError then.

        For calls that may be made twice: reading, and writing what a key keeps from being there twice.
        """
        wait = _FIRST_WAIT_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return call()
            except TransientError as error:
                if attempt == _ATTEMPTS:
                    raise TerminalError(f"{error.message} {_ATTEMPTS} times,", error.remedy) from None
                self._sleep(wait)
                wait *= 2
        raise AssertionError("unreachable")

    def session_for(self, url: str) -> requests.Session:
        """Return a session with the same token for another service of the org."""
        session = requests.Session()
        session.trust_env = url.startswith("https://") and self._session.verify is True
        session.verify, session.auth = self._session.verify, self._session.auth
        return session

    def pause(self, seconds: float) -> None:
        """Wait, in the way this org's caller waits."""
        self._sleep(seconds)

    def send(self, method: str, path: str, body: Any = None, content_type: str = "") -> Any:
        """Make one call and return the JSON of its answer, None when it has none. `body` is plain values, or bytes of content_type.

        Raises TransientError for what may pass (the call may have been carried out all the same), Refused for what the org
        refuses, TerminalError for the rest.
        """
        answer = self.raw(method, path, body, content_type)
        if not answer.content:
            return None
        try:
            return orjson.loads(answer.content)
        except ValueError:
            raise TerminalError(f"{self.url} does not answer in JSON:", "check the URL") from None

    def raw(self, method: str, path: str, body: Any = None, content_type: str = "") -> requests.Response:
        """Make one call and return its answer when it succeeded. Raises as `send` does."""
        if not path.startswith("/"):
            raise TerminalError(f"{self.url} names the address {path[:60]!r}, which is not its own:", "check the URL")
        if self.reads_only and method != "GET":
            raise TerminalError(
                f"{self.url} is only read by a dry run, and {method} would write:", "report this as a fault"
            )
        data: bytes | None = None
        headers: dict[str, str] = {}
        if body is not None:
            data = body if isinstance(body, bytes) else orjson.dumps(body)
            headers["Content-Type"] = content_type or "application/json"
        try:
            answer = self._session.request(
                method, self.url + path, data=data, headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.exceptions.SSLError:
            raise TerminalError(
                f"{self.url}: its certificate is not trusted:", "set REQUESTS_CA_BUNDLE (see `chatlift env`)"
            ) from None
        except requests.RequestException as error:
            raise TransientError(
                f"{self.url} did not answer ({type(error).__name__})", "check the URL and try again"
            ) from None
        self._note_usage(answer.headers.get("Sforce-Limit-Info", ""))
        if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        raise _failure(answer, self.url)

    def download(self, path: str, place: Path, size: int) -> None:
        """Write what a path holds into a file, piece by piece. Raises as `send` does, and Refused for more bytes than `size`."""
        self.patiently(lambda: self._download(path, place, size))

    def _download(self, path: str, place: Path, size: int) -> None:
        draft = place.with_name(f"{place.name}.part")
        taken = 0
        try:
            with (
                self._session.get(
                    self.url + path, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True
                ) as answer,
                draft.open("wb") as stream,
            ):
                if answer.status_code != HTTPStatus.OK:
                    raise _failure(answer, self.url)
                for chunk in answer.iter_content(_CHUNK_BYTES):
                    taken += len(chunk)
                    if taken > size:
                        raise Refused(f"{self.url}: {path} has more bytes than its row says:", "", 200, "TOO_LARGE", "")
                    stream.write(chunk)
            if taken < size:
                raise TransientError(f"{self.url}: {path} broke off", "try again later")
            draft.replace(place)
        except requests.RequestException as error:
            raise TransientError(
                f"{self.url} did not answer ({type(error).__name__})", "check the URL and try again"
            ) from None
        finally:
            draft.unlink(missing_ok=True)

    def _note_usage(self, told: str) -> None:
        """Note what an answer tells of the day's calls: `api-usage=18/5000` (REST guide, "Limit Info Header")."""
        used, _, allowed = told.partition("api-usage=")[2].partition(";")[0].partition("/")
        if used.isdigit() and allowed.isdigit():
            self.calls_used, self.calls_allowed = int(used), int(allowed)


class _Bearer(AuthBase):
    """The access token. As an auth object it keeps requests from putting a .netrc entry in its place."""

    def __init__(self, token: str) -> None:
        self._value = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


class Refused(TerminalError):
    """The org refuses a call: its status and errorCode, and what it said."""

    def __init__(self, message: str, remedy: str, status: int, code: str, said: str) -> None:
        super().__init__(message, remedy)
        self.status = status
        self.code = code
        self.said = said


class Missing(MigrationError):
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
    if answer.status_code in _AGAIN or code in TRANSIENT_CODES:
        return TransientError(said, "try again later")
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return Missing(said, "")
    return Refused(f"{said}:", "check the permissions of the token's user", answer.status_code, code, message)


def is_org_url(source: str) -> bool:
    """Tell whether a source is named by a URL."""
    return source.lower().startswith(("https://", "http://"))


def checked_url(url: str) -> str:
    """Return scheme, host and port of an org's URL. UsageError for plain http to another machine, and for hosts of pages and logins."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host:
        raise UsageError(f"{redacted(url)} is not a URL of an org:", "give https://HOST")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(f"{redacted(url)} is not encrypted:", "use https; http is for this machine only")
    if parts.username or parts.password:
        raise UsageError(f"{redacted(url)} holds credentials:", "give the token in a file or in CHATLIFT_SOURCE_TOKEN")
    if host.endswith(_PAGES) or host in _LOGINS:
        raise UsageError(
            f"{redacted(url)} is not where an org's API is:", "give its own host, https://DOMAIN.my.salesforce.com"
        )
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


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
