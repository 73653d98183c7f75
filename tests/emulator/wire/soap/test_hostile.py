"""XML that means harm: each is a fault, and costs no more than the bytes before it is noticed."""

import random
import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatlift.emulator.errors import OrgError
from chatlift.emulator.wire.soap import reading
from chatlift.emulator.wire.soap.faults import SoapFault
from chatlift.emulator.wire.soap.reading import Element, read

from .conftest import Soap

LAUGHS = b"".join(b'<!ENTITY l%d "%b">' % (n + 1, b"&l%d;" % n * 10) for n in range(10))
MEGABYTES = 5_000_000
BOMBS = {
    "entity expansion": b'<!DOCTYPE a [<!ENTITY l0 "lol">' + LAUGHS + b"]><a>&l10;</a>",
    "quadratic expansion": b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 100_000 + b'">]><a>' + b"&x;" * 100_000 + b"</a>",
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><a/>',
    "external subset": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x"><a/>',
    "depth": b"<a>" * MEGABYTES,
    "width": b"<a>" + b"<b/>" * MEGABYTES,
    "attributes": b"<a " + b" ".join(b'a%d=""' % n for n in range(500_000)) + b"/>",
    "attributes below the bound of a tag": b"<a " + b" ".join(b'a%d=""' % n for n in range(33)) + b"/>",
    "long attribute": b'<a b="' + b"x" * MEGABYTES + b'"/>',
    "long name": b"<" + b"x" * MEGABYTES + b"/>",
    "long comment": b"<!--" + b"x" * MEGABYTES + b"--><a/>",
    "long instruction": b"<?x " + b"x" * MEGABYTES + b"?><a/>",
    "namespaces": b"<a " + b" ".join(b'xmlns:n%d="urn:%d"' % (n, n) for n in range(100_000)) + b"/>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(SoapFault) as caught:
            read(BOMBS[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "soapenv:Client"
    assert time.process_time() - began < 5
    # `width` is the dearest: as many elements as a request may have.
    assert peak < 120_000_000 if name == "width" else peak < 8_000_000


@pytest.mark.parametrize("name", ["entity expansion", "external entity", "depth", "attributes", "long comment"])
def test_a_bomb_is_a_fault_over_http(soap: Soap, name: str) -> None:
    answer = soap.client.post("/services/Soap/u/59.0", data=BOMBS[name])
    assert (answer.status_code, "<faultcode>soapenv:Client</faultcode>" in answer.text) == (500, True)
    assert "root:" not in answer.text


def test_long_text_is_no_bomb() -> None:
    assert len(read(b"<a>" + b"x" * MEGABYTES + b"</a>").text) == MEGABYTES
    assert len(read(b"<a><![CDATA[" + b"<" * MEGABYTES + b"]]></a>").text) == MEGABYTES


def test_what_is_just_within_bounds_is_read() -> None:
    deep = b"<a>" * reading.DEEPEST + b"</a>" * reading.DEEPEST
    assert read(deep).name == "a"
    with pytest.raises(SoapFault):
        read(b"<a>" + deep + b"</a>")
    wide = b"<a " + b" ".join(b'a%d=""' % n for n in range(reading.MOST_ATTRIBUTES)) + b"/>"
    assert read(wide).name == "a"


def test_prefixes_comments_instructions_and_sections_do_not_matter() -> None:
    root = read(
        b'<!--x--><p:a xmlns:p="urn:1"><?x?><p:b>on<!-- -->e<![CDATA[ <two>]]></p:b><b xmlns="urn:2"/></p:a><!--y-->'
    )
    assert (root.namespace, root.name, [one.namespace for one in root.children]) == ("urn:1", "a", ["urn:1", "urn:2"])
    assert root.children[0].text == "one <two>"


@pytest.mark.parametrize(
    "raw", [b"", b"<a>", b"<a></b>", b"<p:a/>", b"<a/><a/>", b"<a>&nope;</a>", b"<a>\x00</a>", b"\xff"]
)
def test_what_is_not_well_formed_is_a_fault(raw: bytes) -> None:
    with pytest.raises(OrgError) as caught:
        read(raw)
    assert caught.value.code == "UNKNOWN_EXCEPTION"


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(OrgError):
        assert isinstance(read(b"<a>" + raw + b"</a>"), Element)


def test_a_request_that_was_damaged_is_never_an_error_of_ours(soap: Soap) -> None:
    record = soap.record("Contact", LastName="Kern", Email="d@x.test")
    whole = soap.envelope(f"<create>{record}</create>")
    chance = random.Random(7)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(damaged))
            if chance.random() < 0.5:
                damaged[place] = chance.randrange(256)
            else:
                del damaged[place : place + chance.randrange(1, 30)]
        answer = soap.client.post("/services/Soap/u/59.0", data=bytes(damaged))
        assert answer.status_code in (200, 500)
        assert "ErrorId" not in answer.text, bytes(damaged)
