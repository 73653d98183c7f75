"""Requests as WSGI calls: nothing of a request is lost on the way, nor of an answer."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import requests

from chatlift.emulator.transport import OrgAdapter, is_ours

Start = Callable[[str, list[tuple[str, str]]], object]


class Echo:
    """A WSGI application that keeps what it was asked and answers what it is told to."""

    def __init__(self, status: str = "200 OK", headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> None:
        self.status, self.headers, self.body = status, list(headers), body
        self.asked: dict[str, Any] = {}
        self.read = b""
        self.is_closed = False

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        self.asked = environ
        self.read = environ["wsgi.input"].read()
        start_response(self.status, self.headers)
        return Parts(self)


class Parts:
    """A body in two parts that must be closed."""

    def __init__(self, echo: Echo) -> None:
        self.echo = echo

    def __iter__(self) -> Iterator[bytes]:
        yield self.echo.body[:3]
        yield self.echo.body[3:]

    def close(self) -> None:
        self.echo.is_closed = True


def session(echo: Echo) -> requests.Session:
    made = requests.Session()
    made.mount("https://", OrgAdapter(echo))
    return made


def test_the_address_arrives_decoded_and_as_it_was_sent() -> None:
    echo = Echo()
    session(echo).get("https://x.my.salesforce.com:8443/a%2Fb/%D0%BA?q=1+2&r=%26")
    assert echo.asked["REQUEST_URI"] == "/a%2Fb/%D0%BA?q=1+2&r=%26"
    assert echo.asked["PATH_INFO"] == "/a/b/\xd0\xba"
    assert (echo.asked["QUERY_STRING"], echo.asked["HTTP_HOST"]) == ("q=1+2&r=%26", "x.my.salesforce.com:8443")
    assert (echo.asked["SERVER_PORT"], echo.asked["wsgi.url_scheme"]) == ("8443", "https")


@pytest.mark.parametrize(
    "body", ["größe", "größe".encode(), io.BytesIO("größe".encode()), iter(["grö".encode(), "ße".encode()])]
)
def test_a_body_arrives_whatever_it_was_given_as(body: Any) -> None:
    echo = Echo()
    session(echo).post("https://x.salesforce.com/", data=body, headers={"Content-Type": "text/plain"})
    assert echo.read == "größe".encode()
    assert (echo.asked["CONTENT_LENGTH"], echo.asked["CONTENT_TYPE"]) == ("7", "text/plain")


def test_headers_arrive_as_text_and_nothing_zipped_is_asked_for() -> None:
    echo = Echo()
    session(echo).get("https://x.salesforce.com/", headers={"X-Odd": b"bytes", "Sforce-Query-Options": "batchSize=200"})
    assert (echo.asked["HTTP_X_ODD"], echo.asked["HTTP_SFORCE_QUERY_OPTIONS"]) == ("bytes", "batchSize=200")
    assert "HTTP_ACCEPT_ENCODING" not in echo.asked


def test_an_answer_comes_back_whole_and_its_body_is_closed() -> None:
    echo = Echo("418 I'm a teapot", [("X-A", "1"), ("X-A", "2"), ("Content-Type", "text/plain")], b"hello")
    answer = session(echo).get("https://x.salesforce.com/")
    assert (answer.status_code, answer.text, answer.headers["X-A"]) == (418, "hello", "1, 2")
    assert echo.is_closed
    assert answer.request.url == "https://x.salesforce.com/"


def test_an_answer_can_be_streamed() -> None:
    answer = session(Echo(body=b"a\nb\n")).get("https://x.salesforce.com/", stream=True)
    assert list(answer.iter_lines()) == [b"a", b"b"]


def test_a_redirect_is_followed() -> None:
    class Moved(Echo):
        def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
            first = environ["PATH_INFO"] == "/"
            self.status, self.headers = ("302 Found", [("Location", "/there")]) if first else ("200 OK", [])
            return super().__call__(environ, start_response)

    answer = session(Moved()).get("https://x.salesforce.com/")
    assert (answer.status_code, answer.url) == (200, "https://x.salesforce.com/there")


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://login.salesforce.com/x", True),
        ("https://SALESFORCE.com", True),
        ("http://a.b.force.com:1/", True),
        ("https://x.my.salesforce-scrt.com/", True),
        ("https://x.my.salesforcescrt.com/", True),
        ("https://d.la1-c1-phx.salesforceliveagent.com/chat/rest", True),
        ("https://salesforceliveagent.com.evil.test/", False),
        ("https://mine.test/", True),
        ("https://evilsalesforce.com/", False),
        ("https://salesforce.com.evil.test/", False),
        ("https://evil.test/?salesforce.com", False),
        (None, False),
    ],
)
def test_only_salesforces_hosts_and_named_ones_are_ours(url: str | None, ours: bool) -> None:
    assert is_ours(url, frozenset({"mine.test"})) is ours
