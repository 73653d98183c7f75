"""Plain envelopes to an org in process, and zeep on both WSDLs of a live one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.transports import Transport

from chatlift.emulator import OrgHandle
from chatlift.emulator.live import LiveOrg, live_org

from ..conftest import Client

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
WORDS = {"u": "partner", "c": "enterprise"}


def envelope(word: str, body: str, header: str = "") -> bytes:
    return (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:{word}.soap.sforce.com"'
        f' xmlns:s="urn:sobject.{word}.soap.sforce.com" xmlns:xsi="{XSI[1:-1]}">'
        f"<e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


def session_header(org: OrgHandle) -> str:
    return f"<SessionHeader><sessionId>{org.token()}</sessionId></SessionHeader>"


@dataclass
class Soap:
    """Sends envelopes as the administrator and answers the parsed body; `letter` chooses the API."""

    client: Client
    letter: str = "u"
    version: str = "59.0"

    @property
    def word(self) -> str:
        return WORDS[self.letter]

    @property
    def ns(self) -> str:
        return f"{{urn:{self.word}.soap.sforce.com}}"

    @property
    def sf(self) -> str:
        return f"{{urn:sobject.{self.word}.soap.sforce.com}}"

    def envelope(self, body: str, header: str = "", session: bool = True) -> bytes:
        return envelope(self.word, body, (session_header(self.client.org) if session else "") + header)

    def send(self, body: str, header: str = "", **options: Any) -> Any:
        data = self.envelope(body, header)
        return self.client.post(f"/services/Soap/{self.letter}/{self.version}", data=data, **options)

    def call(self, body: str, header: str = "") -> etree._Element:
        """Return the response element of a call that must succeed."""
        answer = self.send(body, header)
        assert answer.status_code == 200, answer.text
        found = etree.fromstring(answer.content).find(f"{SOAP}Body")
        assert found is not None
        return found[0]

    def results(self, body: str, header: str = "") -> list[tuple[str | None, str | None]]:
        """Return the id, or the status code, of each result of a write."""
        return [
            (one.findtext(f"{self.ns}id") or None, one.findtext(f"{self.ns}errors/{self.ns}statusCode"))
            for one in self.call(body, header)
        ]

    def fault(self, body: str, header: str = "") -> tuple[str | None, str | None]:
        answer = self.send(body, header)
        assert answer.status_code == 500, answer.text
        element = etree.fromstring(answer.content).find(f".//{SOAP}Fault")
        assert element is not None
        return element.findtext("faultcode"), element.findtext("faultstring")

    def record(self, type_name: str, name: str = "sObjects", nulls: Sequence[str] = (), **fields: Any) -> str:
        """Return a record element of this API; values are XML."""
        emptied = "".join(f"<s:fieldsToNull>{one}</s:fieldsToNull>" for one in nulls)
        inner = emptied + "".join(f"<s:{field}>{value}</s:{field}>" for field, value in fields.items())
        if self.letter == "c":
            return f'<{name} xsi:type="s:{type_name}">{inner}</{name}>'
        return f"<{name}><s:type>{type_name}</s:type>{inner}</{name}>"


@pytest.fixture
def soap(client: Client) -> Soap:
    return Soap(client)


@pytest.fixture(params=["u", "c"], ids=["partner", "enterprise"])
def either(client: Client, request: pytest.FixtureRequest) -> Soap:
    return Soap(client, request.param)


@dataclass
class Zeep:
    """zeep, strict as it comes, on one WSDL of a live org, logged in through it."""

    client: zeep.Client
    live: LiveOrg
    letter: str
    token: str

    @property
    def org(self) -> OrgHandle:
        return self.live.org

    @property
    def sf(self) -> str:
        return f"urn:sobject.{WORDS[self.letter]}.soap.sforce.com"

    def headers(self, **more: Any) -> dict[str, Any]:
        return {"SessionHeader": {"sessionId": self.token}} | more

    def call(self, name: str, *arguments: Any, headers: dict[str, Any] | None = None, **named: Any) -> Any:
        """Return the result of a call; the limit of calls stands in the header of its answer."""
        answer = self.client.service[name](*arguments, **named, _soapheaders=self.headers(**headers or {}))
        assert answer.header.LimitInfoHeader.limitInfo[0].type == "API REQUESTS"
        return answer.body.result if hasattr(answer.body, "result") else answer.body

    def record(self, type_name: str, nulls: Sequence[str] = (), **fields: Any) -> Any:
        """Return a record as this API's types make it."""
        if self.letter == "c":
            return self.client.get_type(f"{{{self.sf}}}{type_name}")(fieldsToNull=list(nulls), **fields)
        elements = []
        for name, value in fields.items():
            element = etree.Element(f"{{{self.sf}}}{name}")
            element.text = str(value)
            elements.append(element)
        made = self.client.get_type(f"{{{self.sf}}}sObject")
        return made(type=type_name, fieldsToNull=list(nulls), Id=None, _value_1=elements)

    def text(self, record: Any, name: str) -> Any:
        """Return a field of a record of an answer."""
        if self.letter == "c":
            return getattr(record, name)
        return {etree.QName(one).localname: one.text for one in record._value_1 if hasattr(one, "tag")}[name]


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as running:
        yield running


def zeep_on(live: LiveOrg, letter: str) -> Zeep:
    transport = Transport(session=live.session(), timeout=20, operation_timeout=20)
    client = zeep.Client(f"{live.https}/services/Soap/{letter}/59.0?wsdl", transport=transport)
    result = client.service.login("admin@chatlift.test", "any")
    return Zeep(client, live, letter, result.sessionId)


@pytest.fixture(scope="module", params=["u", "c"], ids=["partner", "enterprise"])
def loaded(live: LiveOrg, request: pytest.FixtureRequest) -> Zeep:
    return zeep_on(live, request.param)


@pytest.fixture
def api(loaded: Zeep) -> Zeep:
    """zeep on an org of its own state, at noon."""
    loaded.org.prepare(now="2026-06-15T12:00:00Z", frozen=True)
    return loaded
