"""What all protocols share: addresses in answers, and bodies."""

import gzip
import io
import zlib
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Request

from chatlift.emulator.errors import OrgError
from chatlift.emulator.wire.exchange import Settings, body_of, host_name, is_loopback_name, origin, unpacked

PROXIED = Settings(trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")))


def request(body: bytes = b"", /, **environ: Any) -> Request:
    usual = {
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "org.test:8080",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": "POST",
    }
    return Request(usual | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))} | environ)


def test_addresses_are_those_that_the_client_used() -> None:
    assert origin(request(), Settings()) == "http://org.test:8080"
    assert origin(request(**{"wsgi.url_scheme": "https"}), Settings()) == "https://org.test:8080"


def test_a_base_url_wins_over_all() -> None:
    settings = Settings(base_url="https://public.test")
    assert origin(request(HTTP_X_FORWARDED_HOST="other.test"), settings) == "https://public.test"


@pytest.mark.parametrize(
    ("peer", "counts"),
    [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("2001:db8::5", True), ("192.0.2.1", False), ("", False)],
)
def test_only_trusted_proxies_speak_for_their_clients(peer: str, counts: bool) -> None:
    forwarded = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "public.test, inner.test"}
    found = origin(request(REMOTE_ADDR=peer, **forwarded), PROXIED)
    assert found == ("https://public.test" if counts else "http://org.test:8080")


@pytest.mark.parametrize(
    ("authority", "host"), [("Org.test:80", "org.test"), ("[::1]:80", "::1"), ("[::1]", "::1"), ("", ""), ("x", "x")]
)
def test_a_host_is_read_without_its_port(authority: str, host: str) -> None:
    assert host_name(authority) == host


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("x.test", False),
    ],
)
def test_names_of_this_machine_are_known(host: str, is_here: bool) -> None:
    assert is_loopback_name(host) is is_here


def test_a_body_is_read_as_far_as_it_was_announced() -> None:
    assert body_of(request(b"abcdef", CONTENT_LENGTH="3")) == b"abc"
    assert body_of(request(b"abcdef"), most=6) == b"abcdef"
    assert body_of(request(b"abcdef"), most=5) is None


@pytest.mark.parametrize("length", ["", "-1", "x", "1.5", " 3"])
def test_a_length_that_is_no_number_announces_nothing(length: str) -> None:
    assert body_of(request(b"abcdef", CONTENT_LENGTH=length)) == b""


def test_a_length_beyond_all_bounds_is_too_large() -> None:
    assert body_of(request(b"", CONTENT_LENGTH="9" * 5000)) is None


def test_chunks_are_read_to_their_end_or_bound() -> None:
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert body_of(request(b"x" * 200_000, **chunked)) == b"x" * 200_000
    assert body_of(request(b"x" * 200_000, **chunked), most=100_000) is None


def test_chunks_that_are_none_are_a_bad_request() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ValueError("Bad chunked transfer size: 'zz'")

    with pytest.raises(OrgError, match="BAD_REQUEST"):
        body_of(request(**{"wsgi.input_terminated": True, "wsgi.input": Broken()}))


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_packed_bytes_are_read_to_their_end(size: int) -> None:
    text = bytes(200_000) + b"more"
    members = gzip.compress(b"first") + gzip.compress(b"") + gzip.compress(text)
    for packed, whole in ((members, b"first" + text), (zlib.compress(text), text)):
        pieces = [packed[place : place + size] for place in range(0, len(packed), size)]
        assert b"".join(unpacked(pieces)) == whole
        for wrong in (packed[:-1], packed + b"x", packed[1:], b""):
            with pytest.raises(zlib.error):
                list(unpacked([wrong]))


def test_a_bomb_of_members_is_refused() -> None:
    with pytest.raises(zlib.error, match="too many members"):
        list(unpacked([gzip.compress(b"") * 20_000]))
