"""Headers, sessions, addresses, bodies: what stands around a call."""

import gzip
import re

import pytest
import requests
from lxml import etree

from chatlift.emulator.live import LiveOrg
from chatlift.emulator.wire.soap.api import api
from chatlift.emulator.wire.soap.reading import unzipped

from .conftest import Soap, envelope, session_header

WHO = "<getUserInfo/>"


@pytest.mark.parametrize("name", sorted(api().headers))
def test_a_header_of_the_table_is_taken_even_when_it_must_be_understood(soap: Soap, name: str) -> None:
    if name == "SessionHeader":
        return  # every call has it
    assert soap.send(WHO, f'<{name} e:mustUnderstand="1"/>').status_code == 200


def test_an_unknown_header_is_refused_only_where_it_must_be_understood(soap: Soap) -> None:
    assert soap.send(WHO, '<x:Security xmlns:x="urn:x" e:mustUnderstand="0"/>').status_code == 200
    code, message = soap.fault(WHO, '<x:Security xmlns:x="urn:x" e:mustUnderstand="1"/>')
    assert (code, message) == ("soapenv:MustUnderstand", "Header {urn:x}Security is not understood")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("<QueryOptions><batchSize>many</batchSize></QueryOptions>", "'many' is not a valid value for the type xsd:int"),
        ("<AllOrNoneHeader><allOrNone>yes</allOrNone></AllOrNoneHeader>", "'yes' is not a valid value for the type xsd:boolean"),
        ("<MruHeader><nope/></MruHeader>", "Element {urn:partner.soap.sforce.com}nope invalid at this location"),
    ],
)  # fmt: skip
def test_a_header_has_values_of_its_types(soap: Soap, header: str, message: str) -> None:
    assert soap.fault(WHO, header) == ("soapenv:Client", message)


def test_each_call_is_counted_and_says_so(soap: Soap) -> None:
    used = [
        etree.fromstring(soap.send(WHO).content).findtext(f".//{soap.ns}LimitInfoHeader//{soap.ns}current")
        for _ in range(2)
    ]
    assert int(str(used[1])) == int(str(used[0])) + 1
    assert soap.client.get("limits").json()["DailyApiRequests"]["Remaining"] == 15_000 - int(str(used[1])) - 1


def test_records_are_among_the_recent_ones_only_where_a_header_asks_for_it(soap: Soap) -> None:
    def recent() -> list[str]:
        return [one["Name"] for one in soap.client.get("recent").json()]

    header = "<MruHeader><updateMru>true</updateMru></MruHeader>"
    soap.call(f"<create>{soap.record('Account', Name='A')}</create>")
    assert recent() == []
    soap.call(f"<create>{soap.record('Account', Name='B')}</create>", header)
    assert recent() == ["B"]
    soql = "<query><queryString>SELECT Name FROM Account WHERE Name {}</queryString></query>"
    soap.call(soql.format("!= null"), header)
    assert recent() == ["B"]
    soap.call(soql.format("= 'A'"), header)
    assert sorted(recent()) == ["A", "B"]


def test_a_call_beyond_the_daily_limit_is_a_fault(soap: Soap) -> None:
    soap.client.org.org.limits.set({"DailyApiRequests": 0})
    assert soap.fault(WHO) == ("sf:REQUEST_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.")


@pytest.mark.parametrize(
    "header", ["", "<SessionHeader/>", "<SessionHeader><sessionId>nonsense</sessionId></SessionHeader>"]
)
@pytest.mark.parametrize("name", sorted(set(api().operations) - {"login"}))
def test_every_call_but_a_login_needs_a_session(soap: Soap, header: str, name: str) -> None:
    data = soap.envelope(f"<{name}/>", header, session=False)
    answer = soap.client.post("/services/Soap/u/59.0", data=data)
    assert answer.status_code == 500
    # jsforce looks for it in these very words
    assert re.search(r"<faultcode>[a-zA-Z]+:INVALID_SESSION_ID</faultcode>", answer.text)


@pytest.mark.parametrize("name", ["merge", "convertLead", "process", "sendEmail", "findDuplicates", "executeListView"])
def test_what_is_not_emulated_is_refused_in_the_words_for_an_unknown_operation(either: Soap, name: str) -> None:
    namespace = f"urn:{either.word}.soap.sforce.com"
    message = f"No operation available for request {{{namespace}}}{name}, please check the WSDL for the service."
    assert either.fault(f"<{name}/>") == ("soapenv:Client", message)


def test_an_envelope_of_another_soap_is_a_mismatch(soap: Soap) -> None:
    data = soap.envelope(WHO).replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    )
    answer = soap.client.post("/services/Soap/u/59.0", data=data)
    assert (answer.status_code, "<faultcode>soapenv:VersionMismatch</faultcode>" in answer.text) == (500, True)


def test_bodies_may_be_gzip_both_ways(live: LiveOrg) -> None:
    session, place = live.session(), f"{live.http}/services/Soap/u/59.0"
    data = gzip.compress(envelope("partner", "<describeGlobal/>", session_header(live.org)))
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
    answer = session.post(place, data=data, headers=headers, timeout=10)
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert b"<describeGlobalResponse>" in answer.content
    plain = session.post(place, data=data, headers=headers | {"Accept-Encoding": "identity"}, timeout=10)
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("body", [b"plain", gzip.compress(b"<a/>")[:-9], b""], ids=["plain", "cut off", "empty"])
def test_what_is_no_gzip_is_a_clients_fault(soap: Soap, body: bytes) -> None:
    answer = soap.client.post("/services/Soap/u/59.0", data=body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, "<faultcode>soapenv:Client</faultcode>" in answer.text) == (500, True)


def test_gzip_is_read_up_to_its_bound() -> None:
    bomb = gzip.compress(b" " * 1_000_000)
    assert unzipped(bomb, 999_999) is None
    assert unzipped(bomb, 1_000_000) == b" " * 1_000_000


def test_a_request_of_more_than_50_mb_is_refused_in_the_platforms_words(soap: Soap) -> None:
    bomb = gzip.compress(b"<a>" + b" " * 52_428_800, compresslevel=1)
    answer = soap.client.post("/services/Soap/u/59.0", data=bomb, headers={"Content-Encoding": "gzip"})
    assert "Maximum size of request reached. Maximum size of request is 52428800 bytes." in answer.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_other_encodings_are_read(soap: Soap, encoding: str) -> None:
    record = soap.record("Contact", LastName="Müller")
    text = soap.envelope(f"<create>{record}</create>").decode()
    said = {"Content-Type": f"text/xml; charset={encoding}"}
    assert soap.client.post("/services/Soap/u/59.0", data=text.encode(encoding), headers=said).status_code == 200
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
    assert soap.client.post("/services/Soap/u/59.0", data=declared).status_code == 200
    names = soap.call("<query><queryString>SELECT LastName FROM Contact</queryString></query>")
    assert [one.text for one in names.iter(f"{soap.sf}LastName")] == ["Müller", "Müller"]


def test_the_answer_has_the_bare_names_that_clients_search(live: LiveOrg) -> None:
    """The whole of an answer over a socket, as jsforce and simple-salesforce read it by text."""
    session: requests.Session = live.session()
    body = (
        "<p:login xmlns:p='urn:partner.soap.sforce.com'><p:username>u</p:username><p:password>p</p:password></p:login>"
    )
    answer = session.post(f"{live.http}/services/Soap/u/59.0", data=envelope("partner", body), timeout=10)
    assert answer.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert "<soapenv:Header>" not in answer.text
    for name in ("sessionId", "serverUrl", "userId", "organizationId", "passwordExpired"):
        assert re.search(rf"<{name}>([^<]+)</{name}>", answer.text)
