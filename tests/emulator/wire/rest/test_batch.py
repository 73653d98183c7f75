"""``/composite/batch``: parts that know nothing of each other."""

from typing import Any

import pytest

from ..conftest import Client


def send(client: Client, *parts: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = client.post("composite/batch", json={"batchRequests": list(parts), **options})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def account(name: str = "A") -> dict[str, Any]:
    return {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": name}}


def test_each_part_is_committed_and_seen_by_the_next(client: Client) -> None:
    made = client.post("sobjects/Account", json={"Name": "Old"}).json()["id"]
    found = send(
        client,
        {"method": "PATCH", "url": f"v59.0/sobjects/account/{made}", "richInput": {"Name": "NewName"}},
        {"method": "Get", "url": f"/services/data/v34.0/sobjects/account/{made}?fields=Name,BillingPostalCode"},
    )
    assert found == {  # REST guide, "Batch Response Body"
        "hasErrors": False,
        "results": [
            {"statusCode": 204, "result": None},
            {
                "statusCode": 200,
                "result": {
                    "attributes": {"type": "Account", "url": f"/services/data/v34.0/sobjects/Account/{made}"},
                    "Name": "NewName",
                    "BillingPostalCode": None,
                    "Id": made,
                },
            },
        ],
    }


def test_a_failure_does_not_undo_what_went_before(client: Client) -> None:
    found = send(client, account(), {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {}}, account("B"))
    assert found["hasErrors"] is True
    assert [one["statusCode"] for one in found["results"]] == [201, 400, 201]
    assert found["results"][1]["result"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert client.get("query", params={"q": "SELECT COUNT() FROM Account"}).json()["totalSize"] == 2


def test_a_batch_may_halt_on_an_error(client: Client) -> None:
    wrong = {"method": "GET", "url": "v59.0/sobjects/Nonsense"}
    found = send(client, account(), wrong, account("B"), account("C"), haltOnError=True)
    assert [one["statusCode"] for one in found["results"]] == [201, 404, 412, 412]
    assert {one["result"][0]["errorCode"] for one in found["results"][2:]} == {"BATCH_PROCESSING_HALTED"}
    assert found["hasErrors"] is True
    assert client.get("query", params={"q": "SELECT COUNT() FROM Account"}).json()["totalSize"] == 1


@pytest.mark.parametrize(
    "part",
    [
        {"method": "FETCH", "url": "v59.0/limits"},
        {"url": "v59.0/limits"},
        {"method": "GET"},
        {"method": "GET", "url": "limits"},
        {"method": "GET", "url": "v33.0/limits"},
        {"method": "GET", "url": "v60.0/limits"},
        {"method": "POST", "url": "v59.0/composite/batch", "richInput": {"batchRequests": []}},
    ],
)
def test_a_wrong_method_or_url_refuses_the_whole(client: Client, part: dict[str, Any]) -> None:
    answer = client.post("composite/batch", json={"batchRequests": [account(), part]})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert client.get("query", params={"q": "SELECT COUNT() FROM Account"}).json()["totalSize"] == 0


def test_a_batch_has_at_most_25_parts_and_each_counts_as_a_call(client: Client) -> None:
    assert client.post("composite/batch", json={"batchRequests": [account()] * 26}).status_code == 400
    answer = client.post("composite/batch", json={"batchRequests": [account()] * 25})
    assert len(answer.json()["results"]) == 25
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=26/15000"
