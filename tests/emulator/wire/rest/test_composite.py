"""``/composite``: references, roll-backs, limits, and the form of every answer."""

from typing import Any

import pytest

from ..conftest import Client

BASE = "/services/data/v59.0"
HALTED = [
    {
        "message": "The transaction was rolled back since another operation in the same transaction failed.",
        "errorCode": "PROCESSING_HALTED",
    }
]


def part(method: str, path: str, reference: str, body: Any = None, **more: Any) -> dict[str, Any]:
    found = {"method": method, "url": f"{BASE}/{path}", "referenceId": reference, **more}
    return found if body is None else found | {"body": body}


def send(client: Client, *parts: Any, version: str = "59.0", **options: Any) -> list[dict[str, Any]]:
    answer = client.post(f"/services/data/v{version}/composite", json={"compositeRequest": list(parts), **options})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["compositeResponse"]
    found: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return found


def count(client: Client, name: str = "Account") -> int:
    found: int = client.get("query", params={"q": f"SELECT COUNT() FROM {name}"}).json()["totalSize"]
    return found


ACCOUNT = part("POST", "sobjects/Account", "refAcc", {"Name": "Demo"})
BAD_CONTACT = part("POST", "sobjects/Contact", "badContact", {"LastName": "Roe", "Email": "Not a real email address"})


def test_the_other_resources_are_listed_as_far_as_the_version_knows_them(client: Client) -> None:
    listed = client.get("/services/data/v54.0/composite/").json()
    assert listed == {name: f"/services/data/v54.0/composite/{name}" for name in ("tree", "batch", "sobjects", "graph")}
    assert list(client.get("/services/data/v42.0/composite").json()) == ["tree", "batch", "sobjects"]
    assert client.get("/services/data/v37.0/composite").status_code == 404


def test_a_part_uses_what_an_earlier_one_made(client: Client) -> None:
    made, contact, read, changed, bad = send(
        client,
        ACCOUNT,
        part(
            "POST",
            "sobjects/Contact",
            "refCon",
            {"LastName": "Roe", "AccountId": "@{refAcc.id}", "Description": "of @{refAcc.id}, @{refAcc.success}"},
            httpHeaders={"Sforce-Auto-Assign": "FALSE"},
        ),
        part("GET", "sobjects/Contact/@{refCon.id}?fields=AccountId,Description", "getCon"),
        part("PATCH", "sobjects/Account/@{getCon.AccountId}", "upd", {"Name": "New"}),
        part("GET", "sobjects/Nonsense/x", "bad"),
    )
    account = made["body"]["id"]
    assert made == {
        "body": {"id": account, "success": True, "errors": []},
        "httpHeaders": {"Location": f"{BASE}/sobjects/Account/{account}"},
        "httpStatusCode": 201,
        "referenceId": "refAcc",
    }
    assert list(made) == ["body", "httpHeaders", "httpStatusCode", "referenceId"]
    assert contact["httpStatusCode"] == 201
    assert (read["httpStatusCode"], read["httpHeaders"]) == (200, {})
    assert (read["body"]["AccountId"], read["body"]["Description"]) == (account, f"of {account}, true")
    assert changed == {"body": None, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "upd"}
    assert bad["httpStatusCode"] == 404
    assert bad["body"] == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    assert client.get(f"sobjects/Account/{account}").json()["Name"] == "New"


def test_a_reference_reaches_into_a_query_sent_unescaped(client: Client) -> None:
    for name in ("A&B", "50% + 1"):
        client.post("sobjects/Account", json={"Name": name})
    query = "query?q=SELECT Id, Name FROM Account ORDER BY Name DESC LIMIT 2"
    found, again, contact = send(
        client,
        part("GET", query, "q"),
        part("GET", "query?q=SELECT Id FROM Account WHERE Name = '@{q.records[0].Name}'", "again"),
        part("POST", "sobjects/Contact", "con", {"LastName": "X", "AccountId": "@{q.records[1].Id}"}),
    )
    names = [row["Name"] for row in found["body"]["records"]]
    assert names == ["A&B", "50% + 1"]
    assert again["body"]["records"][0]["Id"] == found["body"]["records"][0]["Id"]
    assert contact["httpStatusCode"] == 201


@pytest.mark.parametrize(
    "path", ["q.records[7].Id", "q.records[0].id", "q.records", "nobody.id", "refCon.id", "q.records[0]x", "q", ""]
)
def test_a_reference_that_leads_nowhere_halts_its_part(client: Client, path: str) -> None:
    _, halted, after = send(
        client,
        part("GET", "query?q=SELECT+Id+FROM+User", "q"),
        part("POST", "sobjects/Contact", "refCon", {"LastName": "X", "OwnerId": f"@{{{path}}}"}),
        part("POST", "sobjects/Account", "after", {"Name": "B"}),
    )
    name = path.split(".")[0].split("[")[0]
    # recorded in the tests of CumulusCI
    message = f"Invalid reference specified. No value for {path} found in {name}"
    assert halted == {
        "body": [{"message": message, "errorCode": "PROCESSING_HALTED"}],
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": "refCon",
    }
    assert after["httpStatusCode"] == 201


@pytest.mark.parametrize(("version", "status"), [("51.0", 400), ("52.0", 201)])
def test_an_empty_field_is_a_value_since_version_52(client: Client, version: str, status: int) -> None:
    # REST guide, "Behavior for References to Null Fields"
    made = client.post("sobjects/Contact", json={"LastName": "Wong"}).json()["id"]
    _, contact = send(
        client,
        part("GET", f"sobjects/Contact/{made}?fields=FirstName,LastName", "refContact"),
        part(
            "POST",
            "sobjects/Contact",
            "new",
            {"FirstName": "@{refContact.FirstName}", "LastName": "@{refContact.LastName}"},
        ),
        version=version,
    )
    assert contact["httpStatusCode"] == status


def test_without_all_or_none_only_dependents_of_a_failure_fail(client: Client) -> None:
    made, bad, child, other = send(
        client,
        ACCOUNT,
        BAD_CONTACT,
        part("POST", "sobjects/Case", "child", {"ContactId": "@{badContact.id}"}),
        part("POST", "sobjects/Contact", "other", {"LastName": "Ok"}),
        allOrNone=False,
    )
    assert [made["httpStatusCode"], child["httpStatusCode"], other["httpStatusCode"]] == [201, 400, 201]
    assert bad == {  # REST guide, "Composite Subrequest Result"
        "body": [
            {
                "message": "Email: invalid email address: Not a real email address",
                "errorCode": "INVALID_EMAIL_ADDRESS",
                "fields": ["Email"],
            }
        ],
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": "badContact",
    }
    assert child["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert (count(client), count(client, "Contact")) == (1, 1)


def test_all_or_none_undoes_what_went_well_and_says_so(client: Client) -> None:
    results = send(
        client, ACCOUNT, BAD_CONTACT, part("POST", "sobjects/Account", "later", {"Name": "B"}), allOrNone=True
    )
    assert [one["httpStatusCode"] for one in results] == [400, 400, 400]
    assert [one["referenceId"] for one in results] == ["refAcc", "badContact", "later"]
    assert results[0]["body"] == results[2]["body"] == HALTED
    assert results[1]["body"][0]["errorCode"] == "INVALID_EMAIL_ADDRESS"
    assert count(client) == 0


def test_all_or_none_undoes_updates_and_deletions_too(client: Client) -> None:
    kept, gone = (client.post("sobjects/Account", json={"Name": name}).json()["id"] for name in ("kept", "gone"))
    send(
        client,
        part("PATCH", f"sobjects/Account/{kept}", "a", {"Name": "changed"}),
        part("DELETE", f"sobjects/Account/{gone}", "b"),
        BAD_CONTACT,
        allOrNone=True,
    )
    assert client.get(f"sobjects/Account/{kept}").json()["Name"] == "kept"
    assert client.get(f"sobjects/Account/{gone}").json()["Name"] == "gone"


@pytest.mark.parametrize("inner", [True, False])
@pytest.mark.parametrize("outer", [True, False])
def test_a_collection_keeps_its_own_rule_unless_the_whole_is_all_or_none(
    client: Client, outer: bool, inner: bool
) -> None:
    # REST guide, "allOrNone Parameters in Composite and Collections Requests": four cases
    records = [{"attributes": {"type": "Account"}, "Name": "A"}, {"attributes": {"type": "Account"}}]
    collection, contact = send(
        client,
        part("POST", "composite/sobjects", "newAccounts", {"allOrNone": inner, "records": records}),
        part("POST", "sobjects/Contact", "newContact", {"LastName": "Smith"}),
        allOrNone=outer,
    )
    assert collection["httpStatusCode"] == 200
    assert [item["success"] for item in collection["body"]] == [not inner, False]
    assert contact["httpStatusCode"] == (400 if outer else 201)
    if outer:
        assert contact["body"] == HALTED
    assert count(client) == (0 if outer or inner else 1)
    assert count(client, "Contact") == (0 if outer else 1)


def test_more_than_25_parts_are_told_in_one_result(client: Client) -> None:
    parts = [part("POST", "sobjects/Account", f"r{number}", {"Name": "x"}) for number in range(26)]
    message = (
        "The request can\u2019t contain more than 25 operations."  # recorded: guardian/support-service-lambdas#766
    )
    assert send(client, *parts) == [
        {
            "body": [{"message": message, "errorCode": "LIMIT_EXCEEDED"}],
            "httpHeaders": {},
            "httpStatusCode": 400,
            "referenceId": None,
        }
    ]
    assert count(client) == 0
    assert {one["httpStatusCode"] for one in send(client, *parts[:25])} == {201}


def test_at_most_five_parts_are_queries_or_collections(client: Client) -> None:
    parts = [part("GET", "query?q=SELECT+Id+FROM+User", f"q{number}") for number in range(5)]
    assert len(send(client, *parts, ACCOUNT)) == 6
    (refused,) = send(client, *parts, part("GET", "composite/sobjects/User?ids=a&fields=Id", "six"), ACCOUNT)
    assert refused["body"][0]["errorCode"] == "LIMIT_EXCEEDED"
    assert count(client) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"referenceId": None}, "'referenceId' is a required field."),
        ({"method": None}, "'method' is a required field."),
        ({"method": "post"}, "'post' is not a method of a subrequest: POST, PUT, PATCH, GET or DELETE."),
        ({"url": None}, "'url' is a required field."),
        ({"url": "v59.0/limits"}, "The URL of a subrequest must start with '/services/data/': v59.0/limits"),
        ({"httpHeaders": {"accept": "x"}}, "The header 'accept' cannot be set in a subrequest."),
        (
            {"referenceId": "X-1"},
            # recorded: guardian/support-service-lambdas#1512
            "Provided referenceId ('X-1') must start with a letter or a number, and it can contain only letters, "
            "numbers and underscores ('_').",
        ),
    ],
)
def test_a_malformed_part_refuses_the_whole(client: Client, change: dict[str, Any], message: str) -> None:
    parts = [ACCOUNT, part("GET", "limits", "second") | change]
    answer = client.post("composite", json={"compositeRequest": parts})
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "JSON_PARSER_ERROR"}])
    assert count(client) == 0


@pytest.mark.parametrize("body", [{}, {"compositeRequest": {}}, {"compositeRequest": [1]}, {"compositeRequest": None}])
def test_a_document_without_parts_is_malformed(client: Client, body: dict[str, Any]) -> None:
    answer = client.post("composite", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_a_reference_id_is_given_once(client: Client) -> None:
    answer = client.post("composite", json={"compositeRequest": [ACCOUNT, ACCOUNT]})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_INPUT")
    assert count(client) == 0


def test_odd_reference_ids_were_taken_before_version_52(client: Client) -> None:
    # REST guide, "Behavior and Responses If There Are Illegal Characters in Reference IDs"
    made, dependent = send(
        client,
        ACCOUNT | {"referenceId": "refNewAccount[1]"},
        part("POST", "sobjects/Contact", "con", {"LastName": "S", "AccountId": "@{refNewAccount[1].id}"}),
        version="51.0",
    )
    assert (made["httpStatusCode"], made["referenceId"]) == (201, "refNewAccount[1]")
    assert dependent["body"][0]["message"] == (
        "Invalid reference specified. No value for refNewAccount[1].id found in refNewAccount"
    )


@pytest.mark.parametrize("path", ["composite", "composite/batch", "composite/graph", "composite/tree/Account"])
def test_composite_resources_do_not_nest(client: Client, path: str) -> None:
    (found,) = send(client, part("POST", path, "inner", {"compositeRequest": []}))
    assert found["httpStatusCode"] == 404


def test_a_wrong_type_is_told_with_its_place_in_the_part(client: Client) -> None:
    (found,) = send(client, part("POST", "sobjects/Account", "a", {"Name": "x", "NumberOfEmployees": "many"}))
    assert found["body"][0]["message"] == (
        "Cannot deserialize instance of int from VALUE_STRING value many or request may be missing a required field "
        "at [line:1, column:12]"
    )


def test_a_composite_counts_as_one_call(client: Client) -> None:
    used = client.post("composite", json={"compositeRequest": [ACCOUNT]}).headers["Sforce-Limit-Info"]
    assert used == "api-usage=1/15000"
    assert client.get("limits").headers["Sforce-Limit-Info"] == "api-usage=2/15000"
