"""The WSDLs: where they are, what they promise, and that answers keep it."""

from collections.abc import Iterator
from io import BytesIO

import pytest
import zeep
from lxml import etree

from chatlift.emulator.wire.soap.api import SOBJECT, Part, api
from chatlift.emulator.wire.soap.wsdl import XSD_TYPES, qualified

from ..conftest import Client

XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"


@pytest.mark.parametrize(
    ("place", "word", "address"),
    [
        ("/services/wsdl/partner", "partner", "/services/Soap/u/68.0"),
        ("/services/wsdl/enterprise", "enterprise", "/services/Soap/c/68.0"),
        ("/services/Soap/u/59.0?wsdl", "partner", "/services/Soap/u/59.0"),
        ("/services/Soap/c/42.0?WSDL", "enterprise", "/services/Soap/c/42.0"),
    ],
)
def test_a_wsdl_needs_no_session_and_leads_to_its_api(client: Client, place: str, word: str, address: str) -> None:
    client.session.headers.pop("Authorization")
    answer = client.get(place)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml;charset=UTF-8")
    root = etree.fromstring(answer.content)
    assert root.get("targetNamespace") == f"urn:{word}.soap.sforce.com"
    found = root.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert found is not None
    assert found.get("location") == client.org.url + address


def test_other_wsdls_are_not_there(client: Client) -> None:
    for place in ("/services/wsdl/metadata", "/services/wsdl", "/services/Soap/u/19.0?wsdl"):
        assert client.get(place).status_code == 500


def test_the_enterprise_wsdl_has_the_orgs_own_types(client: Client) -> None:
    thing = {"name": "Thing__c", "label": "Thing", "keyPrefix": "a0T", "fields": [
        {"name": "Score__c", "type": "double", "precision": 18, "scale": 2, "custom": True},
        {"name": "Contact__c", "type": "reference", "referenceTo": ["Contact"], "relationshipName": "Contact__r", "custom": True},
    ]}  # fmt: skip
    before = client.get("/services/Soap/c/59.0?wsdl").text
    client.org.org.extend([thing])
    root = etree.fromstring(client.get("/services/Soap/c/59.0?wsdl").content)
    [found] = root.findall(f".//{XSD}complexType[@name='Thing__c']")
    types = {one.get("name"): one.get("type") for one in found.iter(f"{XSD}element")}
    assert 'name="Thing__c"' not in before
    assert (types["Score__c"], types["Contact__c"], types["Contact__r"]) == ("xsd:double", "tns:ID", "ens:Contact")


def test_a_version_has_the_types_that_it_knows(client: Client) -> None:
    old, new = (client.get(f"/services/Soap/c/{version}?wsdl").text for version in ("40.0", "60.0"))
    assert ('complexType name="MessagingSession"' in old, 'complexType name="MessagingSession"' in new) == (False, True)


def test_names_in_an_enterprise_type_are_there_once_and_in_order(client: Client) -> None:
    root = etree.fromstring(client.get("/services/wsdl/enterprise").content)
    for found in root.findall(f".//{XSD}schema/{XSD}complexType"):
        names = [str(one.get("name")) for one in found.iter(f"{XSD}element")]
        assert len(names) == len(set(names)), found.get("name")
        if found.find(f".//{XSD}extension[@base='ens:sObject']") is not None:
            assert names == sorted(names, key=lambda name: (name.lower(), name))


@pytest.mark.parametrize("word", ["partner", "enterprise"])
def test_every_type_and_message_that_is_named_is_there(client: Client, word: str) -> None:
    raw = client.get(f"/services/wsdl/{word}").content
    document = zeep.Client(BytesIO(raw), transport=zeep.Transport())
    [service] = document.wsdl.services.values()
    [port] = service.ports.values()
    assert (service.name, port.name) == ("SforceService", "Soap")
    assert set(port.binding._operations) == set(api().operations)
    root = etree.fromstring(raw)
    messages = {one.get("name") for one in root.findall(f"{WSDL}message")}
    used = {str(one.get("message")).partition(":")[2] for one in root.iter() if one.get("message")}
    assert used <= messages


def parts() -> Iterator[Part]:
    for type_ in (*api().types.values(), *api().headers.values(), *api().faults.values()):
        yield from type_.own
    for operation in api().operations.values():
        yield from operation.takes
        if operation.gives:
            yield operation.gives


def test_the_table_names_no_type_that_it_does_not_have() -> None:
    known = {*api().types, *api().texts, *XSD_TYPES, SOBJECT}
    assert {part.type for part in parts()} <= known
    assert qualified("int") == "xsd:int"
    assert {name for one in api().operations.values() for name in one.headers} <= set(api().headers)
    assert {name for one in api().operations.values() for name in one.faults} <= set(api().faults)
