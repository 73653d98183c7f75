"""``/composite/sobjects``: many records in one request."""

from typing import Any

import pytest

from ..conftest import Client

ROLLED_BACK = {
    "success": False,
    "errors": [
        {
            "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
            "fields": [],
        }
    ],
}
MISSING_NAME = {
    "success": False,
    "errors": [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [Name]",
            "fields": ["Name"],
        }
    ],
}
KEYED = {
    "objects": [
        {
            "name": "Contact",
            "fields": [{"name": "Key__c", "type": "string", "length": 40, "externalId": True, "custom": True}],
        }
    ]
}


def record(type_name: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": type_name}, **fields}


def send(client: Client, method: str, path: str, records: list[Any], **options: Any) -> list[dict[str, Any]]:
    answer = client.send(method, path, json={"records": records, **options})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def count(client: Client, name: str = "Account") -> int:
    found: int = client.get("query", params={"q": f"SELECT COUNT() FROM {name}"}).json()["totalSize"]
    return found


# --- create


def test_records_of_several_types_are_created_in_order(client: Client) -> None:
    account, contact = send(
        client, "POST", "composite/sobjects/", [record("Account", Name="x"), record("contact", LastName="Johnson")]
    )
    assert list(account) == ["id", "success", "errors"]
    assert account == {"id": account["id"], "success": True, "errors": []}
    assert (account["id"][:3], contact["id"][:3]) == ("001", "003")


def test_what_fails_fails_alone_unless_all_or_none_is_asked_for(client: Client) -> None:
    records = [record("Account", Name="a"), record("Account"), record("Account", Name="c")]
    first, second, third = send(client, "POST", "composite/sobjects", records, allOrNone=False)
    assert (first["success"], second, third["success"]) == (True, MISSING_NAME, True)
    assert send(client, "POST", "composite/sobjects", records, allOrNone=True) == [
        ROLLED_BACK,
        MISSING_NAME,
        ROLLED_BACK,
    ]
    assert count(client) == 2


def test_200_records_are_the_most(client: Client) -> None:
    answer = client.post("composite/sobjects", json={"records": [record("Account", Name="x")] * 201})
    message = (
        "record limit reached. cannot submit more than 200 records into this call"  # recorded: django-salesforce#328
    )
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "EXCEEDED_ID_LIMIT"}])
    made = send(client, "POST", "composite/sobjects", [record("Account", Name="x")] * 200)
    assert len({one["id"] for one in made}) == 200


def test_ten_changes_of_type_are_the_most(client: Client) -> None:
    pair = [record("Account", Name="x"), record("Contact", LastName="x")]
    assert len(send(client, "POST", "composite/sobjects", pair * 5)) == 10
    answer = client.post("composite/sobjects", json={"records": [*pair * 5, pair[0]]})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")


def test_setup_objects_are_written_apart_from_others(client: Client) -> None:
    records = [record("Account", Name="x"), record("Group", Name="g")]
    answer = client.post("composite/sobjects", json={"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MIXED_DML_OPERATION")
    assert count(client) == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "JSON_PARSER_ERROR"),
        ({"records": "x"}, "JSON_PARSER_ERROR"),
        ({"records": [{"Name": "x"}]}, "JSON_PARSER_ERROR"),
        ({"records": [{"attributes": {}, "Name": "x"}]}, "JSON_PARSER_ERROR"),
        ({"records": [record("Nope__c", Name="x")]}, "INVALID_TYPE"),
        ({"records": [record("Account", Name="x")], "allOrNone": "perhaps"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_malformed_request_is_refused_whole(client: Client, body: dict[str, Any], code: str) -> None:
    answer = client.post("composite/sobjects", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_record_that_cannot_be_read_refuses_the_whole(client: Client) -> None:
    records = [record("Account", Name="x"), record("Account", Name="y", Nope__c=1)]
    answer = client.post("composite/sobjects", json={"records": records})
    message = "No such column 'Nope__c' on sobject of type Account"
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "INVALID_FIELD"}])
    body = (
        '{"records":[{"attributes":{"type":"Account"},"Name":"x"},'
        '{"attributes":{"type":"Account"},"Name":"y","NumberOfEmployees":"many"}]}'
    )
    answer = client.post("composite/sobjects", data=body, headers={"Content-Type": "application/json"})
    assert answer.json()[0]["message"].endswith(f"[line:1, column:{body.index(',' + chr(34) + 'NumberOf') + 1}]")
    assert count(client) == 0


def test_collections_came_with_version_42(client: Client) -> None:
    body = {"records": [record("Account", Name="x")]}
    assert client.post("/services/data/v41.0/composite/sobjects", json=body).status_code == 404
    assert client.post("/services/data/v42.0/composite/sobjects", json=body).status_code == 200


# --- update, delete


def test_records_are_updated_by_their_id(client: Client) -> None:
    account = client.post("sobjects/Account", json={"Name": "a"}).json()["id"]
    contact = client.post("sobjects/Contact", json={"LastName": "c"}).json()["id"]
    found = send(
        client,
        "PATCH",
        "composite/sobjects",
        [
            record("Account", id=account, NumberOfEmployees=27000),
            record("Contact", Id=contact[:15], Title="Lead"),
            record("Contact", Title="Nobody"),
            record("Contact", id="003000000000000AAA", Title="Gone"),
            record("Contact", id=account, Title="Other type"),
        ],
    )
    assert found[:2] == [{"id": one, "success": True, "errors": []} for one in (account, contact)]
    assert [one["errors"][0]["statusCode"] for one in found[2:]] == [
        "MISSING_ARGUMENT",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
    ]
    assert found[3]["id"] == "003000000000000AAA"
    assert client.get(f"sobjects/Account/{account}").json()["NumberOfEmployees"] == 27000
    assert client.get(f"sobjects/Contact/{contact}").json()["Title"] == "Lead"


def test_records_of_several_types_are_deleted_by_their_ids(client: Client) -> None:
    account = client.post("sobjects/Account", json={"Name": "a"}).json()["id"]
    contact = client.post("sobjects/Contact", json={"LastName": "c"}).json()["id"]
    path = f"composite/sobjects?ids={account},{contact},invalid,{account}"
    kept = client.send("DELETE", f"{path}&allOrNone=true")
    assert kept.status_code == 200
    codes = [one["errors"][0]["statusCode"] for one in kept.json()]
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes == [rolled_back, rolled_back, "MALFORMED_ID", "ENTITY_IS_DELETED"]
    assert count(client) == 1
    first, second, third, fourth = client.send("DELETE", path).json()
    assert [first, second] == [{"id": one, "success": True, "errors": []} for one in (account, contact)]
    # jsforce, test/connection-crud.test.ts
    assert (third["success"], third["errors"][0]["statusCode"]) == (False, "MALFORMED_ID")
    assert fourth["errors"] == [{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted", "fields": []}]
    assert (count(client), count(client, "Contact")) == (0, 0)


def test_a_delete_names_ids_and_at_most_200(client: Client) -> None:
    assert client.send("DELETE", "composite/sobjects").status_code == 400
    answer = client.send("DELETE", "composite/sobjects?ids=" + ",".join(["001"] * 201))
    assert answer.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"


# --- upsert


def test_an_upsert_creates_and_updates_by_a_key(client: Client) -> None:
    client.org.seed(KEYED)
    made = client.post("sobjects/Contact", json={"LastName": "old", "Key__c": "k1"}).json()["id"]
    for name in ("x", "y"):
        client.post("sobjects/Contact", json={"LastName": name, "Key__c": "twice"})
    found = send(
        client,
        "PATCH",
        "composite/sobjects/contact/KEY__C",
        [
            record("Contact", Key__c="k1", LastName="new"),
            record("Contact", Key__c="k2", LastName="made"),
            record("Contact", LastName="no key"),
            record("Contact", Key__c="twice", LastName="z"),
            record("Contact", Key__c="same", LastName="z"),
            record("Contact", Key__c="SAME", LastName="z"),
        ],
    )
    assert found[0] == {"id": made, "success": True, "errors": [], "created": False}
    assert list(found[0]) == ["id", "success", "errors", "created"]
    assert found[1] == {"id": found[1]["id"], "success": True, "errors": [], "created": True}
    assert [one["errors"][0]["statusCode"] for one in found[2:]] == [
        "MISSING_ARGUMENT",
        "DUPLICATE_EXTERNAL_ID",
        "DUPLICATE_VALUE",
        "DUPLICATE_VALUE",
    ]
    assert client.get(f"sobjects/Contact/{made}").json()["LastName"] == "new"
    assert client.get("sobjects/Contact/Key__c/k2").json()["LastName"] == "made"


def test_an_upsert_by_id_creates_where_there_is_none(client: Client) -> None:
    # recorded: CumulusCI, TestUpsert cassettes
    made = client.post("sobjects/Contact", json={"LastName": "old"}).json()["id"]
    records = [record("Contact", Id=None, LastName="new"), record("Contact", Id=made, LastName="changed")]
    first, second = send(client, "PATCH", "composite/sobjects/Contact/Id", records)
    assert (first["created"], second) == (True, {"id": made, "success": True, "errors": [], "created": False})


def test_an_upsert_is_of_one_type_by_a_known_key(client: Client) -> None:
    body = {"records": [record("Account", Name="x", Id=None)]}
    assert client.send("PATCH", "composite/sobjects/Contact/Id", json=body).status_code == 400
    assert client.send("PATCH", "composite/sobjects/Account/Name", json=body).status_code == 404
    assert client.send("PATCH", "/services/data/v45.0/composite/sobjects/Account/Id", json=body).status_code == 404


# --- retrieve


def test_a_retrieve_keeps_the_order_and_has_null_for_what_is_not_there(client: Client) -> None:
    a, b = (client.post("sobjects/Account", json={"Name": name}).json()["id"] for name in "ab")
    gone = "001000000000000AAA"
    expected = [
        {
            "attributes": {"type": "Account", "url": f"/services/data/v59.0/sobjects/Account/{one}"},
            "Id": one,
            "Name": name,
        }
        for one, name in ((b, "b"), (a, "a"))
    ]
    by_url = client.get(f"composite/sobjects/Account?ids={b},{a[:15]},{gone},nonsense&fields=id,name")
    assert (by_url.status_code, by_url.json()) == (200, [*expected, None, None])
    assert list(by_url.json()[0]) == ["attributes", "Id", "Name"]
    by_body = client.post("composite/sobjects/Account", json={"ids": [b, a, gone, b], "fields": ["id", "name"]})
    assert by_body.json() == [*expected, None, expected[0]]


def test_a_retrieve_needs_ids_and_known_fields(client: Client) -> None:
    assert client.get("composite/sobjects/Account?fields=Id").status_code == 400
    assert client.get("composite/sobjects/Account?ids=a").status_code == 400
    assert client.get("composite/sobjects/Nope?ids=a&fields=Id").status_code == 404
    unknown = client.post("composite/sobjects/Account", json={"ids": ["a"], "fields": ["Nope"]})
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    many = client.post("composite/sobjects/Account", json={"ids": ["a"] * 2001, "fields": ["Id"]})
    assert (many.status_code, many.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
