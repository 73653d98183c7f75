"""Addresses below a row: parents, children, and the contents of files."""

import base64
import json
from typing import Any

import pytest

from ..conftest import Client

NOT_FOUND = [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]


def make(client: Client, name: str, **values: Any) -> str:
    answer = client.post(f"sobjects/{name}", json=values)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


# --- relationships


def test_a_parent_is_read_changed_and_deleted_through_its_child(client: Client) -> None:
    account = make(client, "Account", Name="A")
    contact = make(client, "Contact", LastName="C", AccountId=account)
    read = client.get(f"sobjects/Contact/{contact}/account?fields=Name")
    assert (read.status_code, list(read.json())) == (200, ["attributes", "Name", "Id"])
    assert read.json()["attributes"] == {"type": "Account", "url": f"/services/data/v59.0/sobjects/Account/{account}"}
    changed = client.send("PATCH", f"sobjects/Contact/{contact}/Account", json={"Name": "B"})
    assert (changed.status_code, changed.content) == (204, b"")
    assert client.get(f"sobjects/Account/{account}").json()["Name"] == "B"
    assert client.send("DELETE", f"sobjects/Contact/{contact}/Owner").status_code == 400  # users are not deleted
    case = make(client, "Case", ContactId=contact)
    assert client.send("DELETE", f"sobjects/Case/{case}/Contact").status_code == 204


def test_an_address_may_lead_over_five_parents(client: Client) -> None:
    ids = [make(client, "Account", Name="0")]
    for number in range(1, 7):
        ids.append(make(client, "Account", Name=str(number), ParentId=ids[-1]))
    assert client.get(f"sobjects/Account/{ids[6]}" + "/Parent" * 5).json()["Name"] == "1"
    assert client.get(f"sobjects/Account/{ids[6]}" + "/Parent" * 6).json() == NOT_FOUND


def test_where_there_is_no_parent_nothing_is_found(client: Client) -> None:
    contact = make(client, "Contact", LastName="C")
    for path in ("Account", "Account/Owner", "Nonsense"):
        answer = client.get(f"sobjects/Contact/{contact}/{path}")
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_children_come_as_a_query_does(client: Client) -> None:
    account = make(client, "Account", Name="A")
    empty = client.get(f"sobjects/Account/{account}/Contacts")
    assert (empty.status_code, empty.json()) == (200, {"totalSize": 0, "done": True, "records": []})
    contacts = [make(client, "Contact", LastName=name, AccountId=account) for name in "ab"]
    found = client.get(f"sobjects/Account/{account}/contacts?fields=LastName").json()
    assert (found["totalSize"], found["done"]) == (2, True)
    assert [row["LastName"] for row in found["records"]] == ["a", "b"]
    whole = client.get(f"sobjects/Account/{account}/Contacts").json()["records"][0]
    assert whole == client.get(f"sobjects/Contact/{contacts[0]}").json()
    unknown = client.get(f"sobjects/Account/{account}/Contacts?fields=Nonsense")
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert client.get("sobjects/Account/001000000000000AAA/Contacts").status_code == 404
    assert client.send("PATCH", f"sobjects/Account/{account}/Contacts", json={}).status_code == 405


def test_relationships_work_inside_a_composite(client: Client) -> None:
    account = make(client, "Account", Name="A")
    contact = make(client, "Contact", LastName="C", AccountId=account)
    url = f"/services/data/v59.0/sobjects/Contact/{contact}/Account"
    parts = [{"method": "GET", "url": url, "referenceId": "r"}]
    (found,) = client.post("composite", json={"compositeRequest": parts}).json()["compositeResponse"]
    assert found["body"]["Id"] == account


# --- keys


def test_a_post_to_the_field_id_creates(client: Client) -> None:
    answer = client.post("sobjects/Account/Id", json={"Name": "A"})
    assert (answer.status_code, answer.json()["success"]) == (201, True)
    # recorded: restforce#263
    refused = client.send("PATCH", "sobjects/Account/Id", json={"Name": "A"})
    assert refused.json()[0]["message"] == "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST"
    assert client.post(f"sobjects/Account/{answer.json()['id']}", json={"Name": "A"}).status_code == 405


def test_a_lookup_is_given_by_another_key_of_its_record(client: Client) -> None:
    body = {"Subject": "s", "Owner": {"attributes": {"type": "User"}, "Username": "admin@chatlift.test"}}
    case = make(client, "Case", **body)
    assert client.get(f"sobjects/Case/{case}").json()["OwnerId"] == client.org.administrator["Id"]


# --- files

DATA = bytes(range(256))


def test_the_bytes_of_a_file_are_at_the_path_in_its_row(client: Client) -> None:
    made = make(client, "ContentVersion", PathOnClient="a.png", VersionData=base64.b64encode(DATA).decode())
    row = client.get(f"sobjects/ContentVersion/{made}").json()
    assert row["VersionData"] == f"/services/data/v59.0/sobjects/ContentVersion/{made}/VersionData"
    answer = client.get(row["VersionData"])
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, DATA, "image/png")
    account = make(client, "Account", Name="A")
    body = {"Name": "b", "ParentId": account, "Body": "eA==", "ContentType": "text/x-own"}
    attached = make(client, "Attachment", **body)
    answer = client.get(f"sobjects/Attachment/{attached}/body")
    assert (answer.content, answer.headers["Content-Type"]) == (b"x", "text/x-own")
    plain = make(client, "Attachment", Name="b", ParentId=account, Body="eA==")
    assert client.get(f"sobjects/Attachment/{plain}/Body").headers["Content-Type"] == "application/octet-stream"
    parts = [{"method": "GET", "url": row["VersionData"], "referenceId": "r"}]
    (found,) = client.post("composite", json={"compositeRequest": parts}).json()["compositeResponse"]
    assert found["httpStatusCode"] == 404
    assert client.get("sobjects/ContentVersion/068000000000000AAA/VersionData").status_code == 404


@pytest.mark.parametrize("name", ["entity_document", "entity_content", "anything"])
@pytest.mark.parametrize("filename", [None, "record.json"])
def test_a_file_is_uploaded_beside_its_record(client: Client, name: str, filename: str | None) -> None:
    document = json.dumps({"PathOnClient": "ü.bin", "Title": "t"})
    files = {
        name: (filename, document, "application/json"),
        "VersionData": ("x.bin", DATA, "application/octet-stream"),
    }
    answer = client.post("sobjects/ContentVersion", files=files)
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    assert client.get(f"sobjects/ContentVersion/{made}/VersionData").content == DATA
    assert client.get(f"sobjects/ContentVersion/{made}").json()["PathOnClient"] == "ü.bin"


def test_a_file_is_replaced_beside_its_record(client: Client) -> None:
    account = make(client, "Account", Name="A")
    made = make(client, "Attachment", Name="b", ParentId=account, Body="eA==")
    files = {"entity_document": (None, '{"Name":"c"}', "application/json"), "Body": ("c", DATA, "x/y")}
    assert client.send("PATCH", f"sobjects/Attachment/{made}", files=files).status_code == 204
    assert client.get(f"sobjects/Attachment/{made}/Body").content == DATA
    assert client.get(f"sobjects/Attachment/{made}").json()["BodyLength"] == 256


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "INVALID_MULTIPART_REQUEST"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{\r\n--x--\r\n', "JSON_PARSER_ERROR"),
        (b"nonsense", "INVALID_MULTIPART_REQUEST"),
    ],
)
def test_a_multipart_body_that_cannot_be_read_is_refused(client: Client, body: bytes, code: str) -> None:
    answer = client.post("sobjects/Attachment", data=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


# --- headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sforce-Auto-Assign", "FALSE"),
        ("Sforce-Auto-Assign", "01Q5e0000000001AAA"),
        ("Sforce-Duplicate-Rule-Header", "allowSave=true"),
        ("Sforce-Mru", "updateMru=true"),
        ("Sforce-Call-Options", "client=me, defaultNamespace=ns"),
        ("x-sfdc-packageversion-ns", "2.0"),
    ],
)
def test_headers_about_rules_that_an_org_lacks_are_taken(client: Client, name: str, value: str) -> None:
    answer = client.post("sobjects/Case", json={"Subject": "s"}, headers={name: value})
    assert answer.status_code == 201
