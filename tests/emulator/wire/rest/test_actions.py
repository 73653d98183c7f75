"""Actions, processes and app menus of an org that has none of its own, and what surrounds a search."""

from typing import Any

import pytest

from ..conftest import Client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("actions", {"standard": "/services/data/v59.0/actions/standard", "custom": "/services/data/v59.0/actions/custom"}),
        ("actions/custom/flow", {"actions": []}),
        ("process/approvals", {"approvals": {}}),
        ("process/rules/", {"rules": {}}),
        ("appMenu/AppSwitcher", {"appMenuItems": []}),
    ],
)  # fmt: skip
def test_what_an_org_without_any_answers(client: Client, path: str, body: Any) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, body)


@pytest.mark.parametrize(
    "path", ["actions/standard/chatterPost", "actions/custom/nope", "process/nope", "actions/standard/emailSimple/x"]
)
def test_unknown_actions_are_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, json={"inputs": [{}]}).status_code in (404, 405)


def test_standard_actions_are_listed_and_described(client: Client) -> None:
    listed = client.get("actions/standard").json()["actions"]
    assert listed[0] == {
        "label": "Send Email", "name": "emailSimple", "type": "EMAILSIMPLE",
        "url": "/services/data/v59.0/actions/standard/emailSimple",
    }  # fmt: skip
    assert "url" not in client.get("/services/data/v45.0/actions/standard").json()["actions"][0]
    described = client.get("actions/standard/emailSimple").json()
    assert [one["name"] for one in described["inputs"] if one["required"]] == ["emailSubject", "emailBody"]


def test_an_action_that_cannot_be_run_says_so_for_each_input(client: Client) -> None:
    answer = client.post("actions/standard/submit", json={"inputs": [{"objectId": "500000000000001AAA"}, {}]})
    assert answer.status_code == 400
    assert [(one["isSuccess"], one["errors"][0]["statusCode"], one["outputValues"]) for one in answer.json()] == [
        (False, "NO_APPLICABLE_PROCESS", None),
        (False, "REQUIRED_FIELD_MISSING", None),
    ]
    mail = {"emailSubject": "s", "emailBody": "b", "emailAddresses": "a@b.test"}
    sent = client.post("actions/standard/emailSimple", json={"inputs": [mail]})
    assert sent.json()[0]["errors"][0]["statusCode"] == "NO_MASS_MAIL_PERMISSION"


@pytest.mark.parametrize("body", [{}, {"inputs": {}}, {"inputs": []}, {"inputs": [1]}])
def test_an_action_without_inputs_is_refused(client: Client, body: Any) -> None:
    answer = client.post("actions/standard/submit", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_the_scope_of_a_search_begins_with_what_was_seen_last(client: Client) -> None:
    client.agent_session()
    before = [one["type"] for one in client.get("search/scopeOrder").json()]
    assert before[0] == "Account" and "LiveAgentSession" in before
    client.get("query", params={"q": "SELECT Id FROM LiveAgentSession FOR VIEW"})
    assert client.get("search/scopeOrder").json()[0] == {
        "type": "LiveAgentSession", "url": "/services/data/v59.0/sobjects/LiveAgentSession/describe",
    }  # fmt: skip


def test_the_layout_of_results_names_columns(client: Client) -> None:
    found = client.get("search/layout?q=Account,LiveChatTranscript").json()
    assert [one["objectType"] for one in found] == ["Account", "LiveChatTranscript"]
    assert found[0]["searchColumns"][1] == {
        "field": "User.Alias", "format": None, "label": "Account Owner Alias", "name": "Owner.Alias",
    }  # fmt: skip
    assert client.get("search/layout").status_code == 400
    assert client.get("search/layout?q=Nope").status_code == 404


def test_records_are_proposed_by_the_words_of_their_names(client: Client) -> None:
    for name in ("Acme", "New Acme", "Macme", "Ac_e"):
        client.post("sobjects/Account", json={"Name": name})
    found = client.get("search/suggestions?q=acm&sobject=Account").json()
    assert [one["Name"] for one in found["autoSuggestResults"]] == ["Acme", "New Acme"]
    assert (found["hasMoreResults"], found["meta"]["nameFields"]) == (
        False, [{"entityApiName": "Account", "fieldApiName": "Name"}],
    )  # fmt: skip
    assert client.get("search/suggestions?q=acm&sobject=Account&limit=1").json()["hasMoreResults"] is True
    literal = client.get("search/suggestions?q=Ac_&sobject=Account").json()["autoSuggestResults"]
    assert [one["Name"] for one in literal] == ["Ac_e"]


@pytest.mark.parametrize("path", ["suggestions?q=a&sobject=Account", "suggestions?q=acme", "suggestSearchQueries?q="])
def test_a_suggestion_needs_a_beginning_and_a_type(client: Client, path: str) -> None:
    assert client.get(f"search/{path}").status_code == 400


@pytest.mark.parametrize("text", ["O'Neil", "a\\", "%%", "a' OR Name LIKE '", "\u00e9\u00e8", "ac\nme", "ac\0x"])
def test_what_is_typed_is_never_a_query(client: Client, text: str) -> None:
    client.post("sobjects/Account", json={"Name": "Acme"})
    answer = client.get("search/suggestions", params={"q": text, "sobject": "Account"})
    assert (answer.status_code, answer.json()["autoSuggestResults"]) == (200, [])


def test_nobody_searched_before(client: Client) -> None:
    found = client.get("search/suggestSearchQueries?q=acme").json()
    assert found == {"autoSuggestResults": [], "hasMoreResults": False}


def test_the_root_names_these_resources(client: Client) -> None:
    found = client.get("/services/data/v59.0").json()
    assert {"actions", "appMenu", "limits", "process", "recent", "search"} <= found.keys()
    assert "actions" not in client.get("/services/data/v31.0").json()
