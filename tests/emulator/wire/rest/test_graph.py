"""``/composite/graph``: several composites, each all or none."""

from typing import Any

import pytest

from ..conftest import Client

BASE = "/services/data/v60.0"


def node(method: str, path: str, reference: str, body: Any = None) -> dict[str, Any]:
    found = {"method": method, "url": f"{BASE}/sobjects/{path}", "referenceId": reference}
    return found if body is None else found | {"body": body}


def graph(name: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    return {"graphId": name, "compositeRequest": list(nodes)}


def send(client: Client, *graphs: dict[str, Any]) -> Any:
    return client.post(f"{BASE}/composite/graph", json={"graphs": list(graphs)})


def family(number: int, contact: dict[str, Any]) -> dict[str, Any]:
    account = node("POST", "Account/", f"account_{number}", {"name": f"Consulting {number}"})
    below = node("POST", "Contact/", f"contact_{number}", {**contact, "AccountId": f"@{{account_{number}.id}}"})
    return graph(str(number), account, below)


def count(client: Client, name: str) -> int:
    found: int = client.get("query", params={"q": f"SELECT COUNT() FROM {name}"}).json()["totalSize"]
    return found


def test_a_graph_that_fails_leaves_the_others_alone(client: Client) -> None:
    answer = send(client, family(1, {"LastName": "Cashman"}), family(2, {"FirstName": "Charlie"}))
    assert answer.status_code == 200
    good, bad = answer.json()["graphs"]
    assert list(good) == ["graphId", "graphResponse", "isSuccessful"]
    assert (good["graphId"], good["isSuccessful"]) == ("1", True)
    account, contact = good["graphResponse"]["compositeResponse"]
    assert account == {
        "body": {"id": account["body"]["id"], "success": True, "errors": []},
        "httpHeaders": {"Location": f"{BASE}/sobjects/Account/{account['body']['id']}"},
        "httpStatusCode": 201,
        "referenceId": "account_1",
    }
    assert client.get(f"sobjects/Contact/{contact['body']['id']}").json()["AccountId"] == account["body"]["id"]
    assert (bad["graphId"], bad["isSuccessful"]) == ("2", False)
    halted, cause = bad["graphResponse"]["compositeResponse"]
    assert halted["body"] == [
        {
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
            "errorCode": "PROCESSING_HALTED",
        }
    ]
    assert cause["body"] == [
        {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }
    ]
    assert (count(client, "Account"), count(client, "Contact")) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "GET", "url": f"{BASE}/query?q=SELECT+Id+FROM+User", "referenceId": "q"},
        {"method": "GET", "url": f"{BASE}/sobjects/Account", "referenceId": "q"},
        {"method": "PUT", "url": f"{BASE}/sobjects/Account/x", "referenceId": "q"},
        {"method": "POST", "url": f"{BASE}/composite/sobjects", "referenceId": "q", "body": {"records": []}},
        {"method": "POST", "url": "/services/data/v49.0/sobjects/Account", "referenceId": "q", "body": {"Name": "x"}},
    ],
)
def test_a_graph_holds_rows_alone(client: Client, wrong: dict[str, Any]) -> None:
    answer = send(client, graph("1", node("POST", "Account", "a", {"Name": "x"}), wrong))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert count(client, "Account") == 0


def test_references_stay_inside_their_graph(client: Client) -> None:
    first = graph("1", node("POST", "Account", "a", {"Name": "x"}))
    second = graph("2", node("GET", "Account/@{a.id}", "read"))
    good, bad = send(client, first, second).json()["graphs"]
    assert (good["isSuccessful"], bad["isSuccessful"]) == (True, False)
    assert bad["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_a_node_may_be_read_changed_and_deleted(client: Client) -> None:
    nodes = (
        node("POST", "Account", "a", {"Name": "x"}),
        node("PATCH", "Account/@{a.id}", "b", {"Name": "y"}),
        node("GET", "Account/@{a.id}?fields=Name", "c"),
        node("DELETE", "Account/@{a.id}", "d"),
    )
    (found,) = send(client, graph("1", *nodes)).json()["graphs"]
    assert [one["httpStatusCode"] for one in found["graphResponse"]["compositeResponse"]] == [201, 204, 200, 204]


def chain(length: int) -> list[dict[str, Any]]:
    nodes = [node("POST", "Account", "r0", {"Name": "x"})]
    for number in range(1, length):
        nodes.append(node("POST", "Account", f"r{number}", {"Name": "x", "ParentId": f"@{{r{number - 1}.id}}"}))
    return nodes


@pytest.mark.parametrize(
    ("graphs", "status"),
    [
        ([graph("1", *chain(15))], 200),
        ([graph("1", *chain(16))], 400),
        ([graph(f"g{number}", node("POST", "Account", "a", {"Name": "x"})) for number in range(75)], 200),
        ([graph(f"g{number}", node("POST", "Account", "a", {"Name": "x"})) for number in range(76)], 400),
        ([graph("1", *(node("POST", "Account", f"r{number}", {"Name": "x"}) for number in range(500)))], 200),
        ([graph("1", *(node("POST", "Account", f"r{number}", {"Name": "x"}) for number in range(501)))], 400),
        ([graph("1", *(node("POST", f"Kind{number}", f"r{number}", {}) for number in range(16)))], 400),
    ],
)
def test_a_request_has_bounds(client: Client, graphs: list[dict[str, Any]], status: int) -> None:
    # REST guide, "Composite Graph Limits"
    answer = send(client, *graphs)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()[0]["errorCode"] == "LIMIT_EXCEEDED"
        assert count(client, "Account") == 0


def test_after_fourteen_failures_no_graph_is_run(client: Client) -> None:
    bad = [graph(f"b{number}", node("POST", "Account", "a", {})) for number in range(14)]
    last = graph("last", node("POST", "Account", "a", {"Name": "x"}))
    found = send(client, *bad, last).json()["graphs"][-1]
    assert found["isSuccessful"] is False
    assert found["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert count(client, "Account") == 0


@pytest.mark.parametrize("names", [("1", "1"), ("", "1"), ("-", "1")])
def test_a_graph_id_is_a_name_of_its_own(client: Client, names: tuple[str, str]) -> None:
    assert send(client, *(graph(name, node("GET", "Account/x", "a")) for name in names)).status_code == 400


def test_graphs_came_with_version_50(client: Client) -> None:
    assert client.post("/services/data/v49.0/composite/graph", json={"graphs": []}).status_code == 404
    assert client.post("/services/data/v50.0/composite/graph", json={"graphs": []}).json() == {"graphs": []}
