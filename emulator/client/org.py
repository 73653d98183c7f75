"""An org over HTTP, as the client commands see it: where it is, who may ask, and the rows of a query, page by page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import requests

from .errors import BadUse, Failed, refusal

TIMEOUT_SECONDS: Final = (10, 120)
ANYBODY: Final = "admin@chatlift.test"
"""Whom a local org lets in as its administrator."""
_LOGIN: Final = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
    "<username>{username}</username><password>{password}</password></login></e:Body></e:Envelope>"
)
_SESSION_ID: Final = re.compile(rb"<sessionId>([!-;=-~]+)</sessionId>")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a result; `total` counts the rows of all pages."""

    total: int
    records: list[dict[str, Any]]


class Org:
    """One org, reached with an access token."""

    def __init__(self, url: str, token: str) -> None:
        """Find out the newest API version. Raises `Failed`."""
        self.url = url
        self._session = requests.Session()
        # An auth of the session, not a header: a .netrc file would win over a header, and a redirect would carry it on.
        self._session.auth = Bearer(token)
        versions = self._get("/services/data/")
        try:
            self._base = str(versions[-1]["url"])
        except (KeyError, IndexError, TypeError):
            raise Failed(f"{url} does not answer as an org; check the URL") from None

    def query(self, soql: str, all_rows: bool = False) -> Iterator[Page]:
        """Yield the pages of a result, each record with all its child rows. Raises `Failed`."""
        page = self._get(f"{self._base}/{'queryAll' if all_rows else 'query'}", q=soql)
        while True:
            records = page["records"]
            for record in records:
                self._complete(record)
            yield Page(page["totalSize"], records)
            if page.get("done", True):
                return
            page = self._get(self._following(page))

    def _complete(self, record: dict[str, Any]) -> None:
        """Fetch the further pages of the child rows of a record, at every depth."""
        for value in record.values():
            if isinstance(value, dict) and "records" in value:
                page = value
                while not page.get("done", True):
                    page = self._get(self._following(page))
                    value["records"] += page["records"]
                value["done"] = True
                value.pop("nextRecordsUrl", None)
                for child in value["records"]:
                    self._complete(child)

    def _following(self, page: dict[str, Any]) -> str:
        path = page.get("nextRecordsUrl")
        # The path is put behind the host: anything else that an answer holds here could lead the token to another one.
        if not isinstance(path, str) or not path.startswith("/services/"):
            raise Failed(f"{self.url} does not say where the next page is")
        return path

    def _get(self, path: str, **parameters: str) -> Any:
        try:
            answer = self._session.get(
                self.url + path, params=parameters, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            raise unreachable(self.url, error) from None
        if answer.status_code != HTTPStatus.OK:
            raise refusal(self.url, answer.status_code, answer.content)
        try:
            return answer.json()
        except ValueError:
            raise Failed(f"{self.url} does not answer in JSON; check the URL") from None


class Bearer(requests.auth.AuthBase):
    """Sends an access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def log_in(url: str, password: str) -> str:
    """Return an access token of a local org for its administrator. Raises `Failed`.

    By SOAP: under `--strict-auth` a flow of OAuth would ask for a connected app.
    """
    body = _LOGIN.format(username=ANYBODY, password=escape(password)).encode()
    try:
        answer = requests.post(
            f"{url}/services/Soap/u/59.0",
            data=body,
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise unreachable(url, error) from None
    token = _SESSION_ID.search(answer.content)
    if not token:
        raise Failed(
            f"{url} does not let {ANYBODY} in; set CHATLIFT_ADMIN_PASSWORD to his password or give --token-file FILE"
        )
    return token[1].decode()


def unreachable(url: str, error: requests.RequestException) -> Failed:
    """Return the failure of a request that got no answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return Failed(f"the certificate of {url} is not trusted; set REQUESTS_CA_BUNDLE (see `chatlift env`)")
    advice = "is `chatlift serve` running?" if is_local(url) else "check the URL"
    return Failed(f"{url} did not answer ({type(error).__name__}); {advice}")


def checked(url: str) -> str:
    """Return scheme, host and port of an org's URL. Raises `BadUse`, for plain http to another machine too."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadUse("the URL of the org cannot be read; give https://HOST:PORT") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadUse("the org is named by its URL; give https://HOST")
    if parts.username is not None or parts.password is not None:
        raise BadUse("the URL of the org holds credentials; give a token with --token-file or in CHATLIFT_ORG_TOKEN")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    plain = f"{parts.scheme}://{host}{port}"
    if parts.scheme == "http" and not is_local(plain):
        raise BadUse(f"{plain} is not encrypted; use https, as http is for this machine only")
    return plain


def is_local(url: str) -> bool:
    """Tell whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
