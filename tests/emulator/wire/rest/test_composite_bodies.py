"""Batches, trees and collections with files beside them, and as XML; and the ten minutes of a batch."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from chatlift.emulator.wire.rest.composite import batch

from ..conftest import Client

XML = {"Content-Type": "application/xml"}
AS_XML = {"Accept": "application/xml"}
ANY_BYTES = bytes(range(256))


def multipart(document: Any, **files: bytes) -> dict[str, Any]:
    """Return a multipart request as the guide writes it: the document first, a part for each file."""
    named: dict[str, Any] = {"collection": (None, json.dumps(document), "application/json")}
    return {
        "files": named | {name: (f"{name}.bin", content, "application/octet-stream") for name, content in files.items()}
    }


def account(client: Client) -> str:
    found: str = client.post("sobjects/Account", json={"Name": "A"}).json()["id"]
    return found


def attachment(parent: str, name: str, part: str | None) -> dict[str, Any]:
    named = {"binaryPartName": part, "binaryPartNameAlias": "Body"} if part else {}
    return {"attributes": {"type": "Attachment", **named}, "Name": name, "ParentId": parent}


def content(client: Client, id_: str) -> bytes:
    return client.get(f"sobjects/Attachment/{id_}/Body").content


def test_records_of_a_collection_have_files_beside_them(client: Client) -> None:
    parent = account(client)
    body = {
        "allOrNone": False,
        "records": [attachment(parent, "one", "binaryPart1"), attachment(parent, "two", "binaryPart2")],
    }
    answer = client.post("composite/sobjects", **multipart(body, binaryPart1=ANY_BYTES, binaryPart2=b"two"))
    assert answer.status_code == 200, answer.text
    assert [one["success"] for one in answer.json()] == [True, True]
    assert [content(client, one["id"]) for one in answer.json()] == [ANY_BYTES, b"two"]


def test_files_of_records_are_replaced(client: Client) -> None:
    parent = account(client)
    made = client.post(
        "composite/sobjects", **multipart({"records": [attachment(parent, "one", "p")]}, p=b"old")
    ).json()[0]["id"]
    change = {"attributes": {"type": "Attachment", "binaryPartName": "p", "binaryPartNameAlias": "Body"}, "id": made}
    answer = client.send("PATCH", "composite/sobjects", **multipart({"records": [change]}, p=b"new"))
    assert answer.json()[0]["success"], answer.text
    assert content(client, made) == b"new"


def test_parts_of_a_batch_have_files_beside_them(client: Client) -> None:
    parent = account(client)
    parts = [
        {"method": "POST", "url": "v59.0/sobjects/Attachment", "richInput": {"Name": name, "ParentId": parent},
         "binaryPartName": name, "binaryPartNameAlias": "Body"}
        for name in ("one", "two")
    ]  # fmt: skip
    answer = client.post("composite/batch", **multipart({"batchRequests": parts}, one=ANY_BYTES, two=b"2"))
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["statusCode"] for one in results] == [201, 201]
    assert [content(client, one["result"]["id"]) for one in results] == [ANY_BYTES, b"2"]


@pytest.mark.parametrize(
    ("named", "code", "words"),
    [
        ({"binaryPartName": "p"}, "JSON_PARSER_ERROR", "'binaryPartName' and 'binaryPartNameAlias' must both be given"),
        ({"binaryPartNameAlias": "Body"}, "JSON_PARSER_ERROR", "must both be given"),
        ({"binaryPartName": "q", "binaryPartNameAlias": "Body"}, "INVALID_MULTIPART_REQUEST", "no binary part 'q'"),
    ],
)
def test_a_file_that_is_not_there_refuses_the_whole_request(
    client: Client, named: dict[str, str], code: str, words: str
) -> None:
    parent = account(client)
    record = attachment(parent, "one", None)
    record["attributes"] |= named
    part = {
        "method": "POST",
        "url": "v59.0/sobjects/Attachment",
        "richInput": {"Name": "x", "ParentId": parent},
        **named,
    }
    for path, body in (("composite/sobjects", {"records": [record]}), ("composite/batch", {"batchRequests": [part]})):
        answer = client.post(path, **multipart(body, p=b"x"))
        assert answer.status_code == 400
        assert answer.json()[0]["errorCode"] == code
        assert words in answer.json()[0]["message"]
    assert client.get("query", params={"q": "SELECT COUNT() FROM Attachment"}).json()["totalSize"] == 0


def test_a_value_that_cannot_be_read_is_placed_in_the_document_of_several_parts(client: Client) -> None:
    record = {"attributes": {"type": "Account"}, "Name": "x", "NumberOfEmployees": "many"}
    answer = client.post("composite/sobjects", **multipart({"records": [record]}, p=b"x"))
    assert answer.json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    assert "from VALUE_STRING value many" in answer.json()[0]["message"]
    assert "[line:1, column:" in answer.json()[0]["message"]


# --- XML


def test_a_tree_is_planted_from_xml_and_told_as_xml(client: Client) -> None:
    body = """<SObjectTreeRequest>
        <records type="Account" referenceId="ref1">
            <name>SampleAccount</name><phone>1234567890</phone><numberOfEmployees>100</numberOfEmployees>
            <Contacts>
                <records type="Contact" referenceId="ref2"><lastname>Smith</lastname><title>President</title></records>
                <records type="Contact" referenceId="ref3"><lastname>Evans</lastname></records>
            </Contacts>
        </records>
        <records type="Account" referenceId="ref4"><name>SampleAccount2</name></records>
    </SObjectTreeRequest>"""  # the guide's example
    answer = client.post("composite/tree/Account/", data=body, headers=XML | AS_XML)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"] == "application/xml;charset=UTF-8"
    root = etree.fromstring(answer.content)
    ids = [one.findtext("id") for one in root.findall("results")]
    written = "".join(
        f"<results><id>{id_}</id><referenceId>{ref}</referenceId></results>"
        for id_, ref in zip(ids, ("ref1", "ref4", "ref2", "ref3"), strict=True)
    )
    assert (
        answer.text
        == f'<?xml version="1.0" encoding="UTF-8"?><SObjectTreeResponse><hasErrors>false</hasErrors>{written}</SObjectTreeResponse>'
    )
    contacts = client.get(
        "query", params={"q": "SELECT LastName, Account.NumberOfEmployees FROM Contact ORDER BY LastName"}
    ).json()["records"]
    assert [(one["LastName"], one["Account"]["NumberOfEmployees"]) for one in contacts] == [
        ("Evans", 100),
        ("Smith", 100),
    ]


def test_a_tree_that_fails_is_told_as_xml(client: Client) -> None:
    body = '<SObjectTreeRequest><records type="Contact" referenceId="ref1"><Email>123</Email><LastName>x</LastName></records></SObjectTreeRequest>'
    answer = client.post("composite/tree/Contact", data=body, headers=XML | AS_XML)
    assert answer.status_code == 400
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8"?><SObjectTreeResponse><hasErrors>true</hasErrors><results><errors><fields>Email</fields>'
        "<message>Email: invalid email address: 123</message><statusCode>INVALID_EMAIL_ADDRESS</statusCode></errors>"
        "<referenceId>ref1</referenceId></results></SObjectTreeResponse>"
    )


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_batch_is_read_from_xml(client: Client, wrapped: bool) -> None:
    made = account(client)
    first = f"<method>PATCH</method><url>v59.0/sobjects/Account/{made}</url><richInput><Name>New</Name></richInput>"
    second = f"<method>GET</method><url>v59.0/sobjects/Account/{made}?fields=Name</url>"
    if wrapped:
        parts = f"<batchRequests><request>{first}</request><request>{second}</request></batchRequests>"
    else:
        parts = f"<batchRequests>{first}</batchRequests><batchRequests>{second}</batchRequests>"
    answer = client.post("composite/batch", data=f"<batch><haltOnError>true</haltOnError>{parts}</batch>", headers=XML)
    assert answer.status_code == 200, answer.text
    assert [one["statusCode"] for one in answer.json()["results"]] == [204, 200]
    assert answer.json()["results"][1]["result"]["Name"] == "New"
    answer = client.post("composite/batch", data=f"<batch>{parts}</batch>", headers=XML | AS_XML)
    root = etree.fromstring(answer.content)
    assert root.tag == "batchResults"
    assert [one.findtext("statusCode") for one in root.findall("results")] == ["204", "200"]
    assert root.findtext("results/result/Name") == "New"


def test_collections_are_read_from_xml(client: Client) -> None:
    body = '<request><records type="Account"><Name>A</Name></records><records type="Contact"><FirstName>x</FirstName></records></request>'
    answer = client.post("composite/sobjects", data=body, headers=XML)
    assert [one["success"] for one in answer.json()] == [True, False]
    made = answer.json()[0]["id"]
    body = (
        f'<request><allOrNone>true</allOrNone><records type="Account"><id>{made}</id><Name>B</Name></records></request>'
    )
    assert client.send("PATCH", "composite/sobjects", data=body, headers=XML).json()[0]["success"]
    answer = client.post(
        "composite/sobjects/Account",
        data=f"<request><ids>{made}</ids><fields>Name</fields></request>",
        headers=XML | AS_XML,
    )
    root = etree.fromstring(answer.content)
    assert (root.tag, root.findtext("Result/Name")) == ("Results", "B")


def test_composite_and_graph_are_json_alone(client: Client) -> None:
    for path in ("composite", "composite/graph"):
        answer = client.post(path, data="<x/>", headers=XML | AS_XML)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "body",
    [
        "<batch>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><batch><batchRequests>&e;</batchRequests></batch>',
        "<batch/>",
        "<batch><batchRequests>text</batchRequests></batch>",
        "<batch><batchRequests><request/></batchRequests></batch>",
    ],
)
def test_xml_that_is_no_document_of_a_batch_is_refused(client: Client, body: str) -> None:
    answer = client.post("composite/batch", data=body, headers=XML)
    assert answer.status_code == 400, answer.text
    assert answer.json()[0]["errorCode"] in ("XML_PARSER_ERROR", "JSON_PARSER_ERROR")


names = st.sampled_from(
    ["records", "batchRequests", "request", "attributes", "method", "url", "richInput", "Name", "allOrNone"]
)
elements = st.recursive(
    st.builds(
        lambda name, text: f"<{name}>{text}</{name}>",
        names,
        st.sampled_from(["", "true", "GET", "v59.0/sobjects", "x"]),
    ),
    lambda below: st.builds(
        lambda name, more: f'<{name} type="Account" referenceId="r">{"".join(more)}</{name}>',
        names,
        st.lists(below, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=elements, path=st.sampled_from(["batch", "tree/Account", "sobjects", "sobjects/Account"]))
def test_no_xml_is_an_unexpected_error(client: Client, body: str, path: str) -> None:
    answer = client.post(f"composite/{path}", data=body, headers=XML)
    assert answer.status_code in (200, 201, 400), (body, answer.text)


# --- ten minutes


def test_what_is_left_of_a_batch_after_ten_minutes_is_not_run(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(minutes=10) == batch.LONGEST
    parts = [{"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": name}} for name in "AB"]
    assert [
        one["statusCode"] for one in client.post("composite/batch", json={"batchRequests": parts}).json()["results"]
    ] == [201, 201]
    monkeypatch.setattr(batch, "LONGEST", timedelta(0))
    answer = client.post("composite/batch", json={"batchRequests": parts}).json()
    assert answer["hasErrors"]
    assert [one["statusCode"] for one in answer["results"]] == [201, 412]
    assert answer["results"][1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert client.get("query", params={"q": "SELECT COUNT() FROM Account"}).json()["totalSize"] == 3


def test_base64_in_json_and_a_part_of_bytes_are_the_same_file(client: Client) -> None:
    parent = account(client)
    plain = {**attachment(parent, "x", None), "Body": base64.b64encode(ANY_BYTES).decode()}
    first = client.post("composite/sobjects", json={"records": [plain]}).json()[0]["id"]
    second = client.post(
        "composite/sobjects", **multipart({"records": [attachment(parent, "x", "p")]}, p=ANY_BYTES)
    ).json()[0]["id"]
    assert content(client, first) == content(client, second) == ANY_BYTES
