"""List views over HTTP: listed, found, described, run, and what an org's own schema says of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.objects import read_objects

from ..conftest import SESSION, Client

GOLDEN = Path(__file__).parents[3] / "golden" / "list_views"
VIEWS = "sobjects/LiveAgentSession/listviews"
CUSTOM = {
    "name": "LiveAgentSession",
    "extends": True,
    "fields": [
        {"name": "Case__c", "label": "Case", "type": "reference", "referenceTo": ["Case"], "childRelationshipName": "Sessions__r"},
        {"name": "Mood__c", "label": "Mood", "type": "picklist", "picklistValues": [{"value": "good", "label": "Good"}, "bad"]},
        {"name": "Tags__c", "label": "Tags", "type": "multipicklist", "picklistValues": ["a", "b", "c"]},
        {"name": "Late__c", "label": "Late", "type": "boolean"},
    ],
}  # fmt: skip


def view(name: str, *filters: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """An object document with one list view."""
    entries = [{"field": field, "operation": operation, "value": value} for field, operation, value in filters]
    return CUSTOM | {"listViews": [{"developerName": name, "columns": ["Name"], "filters": entries, **more}]}


@pytest.fixture
def custom() -> Iterator[Client]:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True, objects=[CUSTOM]) as handle:
        yield Client(handle)


def names(client: Client, view_name: str, query: str = "") -> list[str]:
    """The names of the records that a view of LiveAgentSession shows."""
    answer = client.get(f"{VIEWS}/{view_name}/results{query}")
    assert answer.status_code == 200, answer.text
    return [record["columns"][0]["value"] for record in answer.json()["records"]]


def golden(name: str, found: Any) -> None:
    assert found == json.loads((GOLDEN / f"{name}.json").read_bytes()), json.dumps(found, indent=1)


# --- the views of an object


def test_the_views_of_an_object_are_listed(client: Client) -> None:
    golden("listing", client.get(VIEWS).json())


def test_a_view_is_found_by_id_and_by_api_name_in_any_case(client: Client) -> None:
    id_ = client.get(VIEWS).json()["listviews"][0]["id"]
    found = [client.get(f"{VIEWS}/{key}").json() for key in (id_, id_[:15], "TodaysSessions", "todayssessions")]
    assert found[0]["developerName"] == "TodaysSessions"
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize(
    "path", [f"{VIEWS}/Nope", f"{VIEWS}/00B000000000001AAA/results", "sobjects/Nope/listviews", f"{VIEWS}/x/y"]
)
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_older_versions_have_no_list_views(client: Client) -> None:
    assert client.get("/services/data/v31.0/sobjects/Account/listviews").status_code == 404


def test_a_long_list_comes_in_pages(client: Client) -> None:
    first = client.get(f"{VIEWS}?limit=2").json()
    assert (first["done"], first["size"]) == (False, 2)
    assert first["nextRecordsUrl"] == "/services/data/v59.0/sobjects/LiveAgentSession/listviews?limit=2&offset=2"
    second = client.get(first["nextRecordsUrl"]).json()
    assert (second["done"], second["nextRecordsUrl"], second["size"]) == (True, None, 1)
    seen = [one["developerName"] for one in first["listviews"] + second["listviews"]]
    assert seen == [one["developerName"] for one in client.get(VIEWS).json()["listviews"]]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "limit=99999999999999999999", "limit="])
def test_a_page_that_is_no_number_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"{VIEWS}?{query}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "ILLEGAL_QUERY_PARAMETER_VALUE")


@pytest.mark.parametrize("query", ["limit=2001", "offset=2001", "offset=-1", "offset=2147483648"])
def test_a_page_of_results_that_is_out_of_reach_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"{VIEWS}/TodaysSessions/results?{query}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "ILLEGAL_QUERY_PARAMETER_VALUE")
    assert client.get(f"{VIEWS}/TodaysSessions/results?limit=2000&offset=2000").json()["records"] == []


# --- describe and results


def test_a_view_is_described_with_its_columns_and_its_query(client: Client) -> None:
    golden("describe", client.get(f"{VIEWS}/TodaysSessions/describe").json())


def test_todays_sessions_are_those_whose_login_is_today(client: Client) -> None:
    today = client.agent_session()
    client.agent_session(LoginTime="2026-06-14T08:00:00Z", LogoutTime="2026-06-14T09:00:00Z")
    found = client.get(f"{VIEWS}/TodaysSessions/results").json()
    assert [one["columns"][8]["value"] for one in found["records"]] == [today]
    golden("results", found)


def test_a_column_that_a_user_may_not_see_is_left_out(org: OrgHandle, client: Client) -> None:
    org.seed(
        {
            "records": [{"object": "User", "ref": "ada", "fields": {"Username": "ada@x.test", "LastName": "Ada"}}],
            "permissions": [{"profile": "Chat Agent", "users": ["@ada"], "objects": {"LiveAgentSession": "R"}}],
        }
    )
    client.agent_session()
    path = "sobjects/LiveAgentSession/listviews/TodaysSessions"
    hidden = client.get("sobjects/Contact/listviews/AllContacts").json()["id"]
    explained = client.get(f"query?explain={hidden}", headers={"Authorization": f"Bearer {org.token('ada@x.test')}"})
    assert (explained.status_code, explained.json()[0]["errorCode"]) == (400, "INVALID_ID")
    whole = {one["fieldNameOrPath"] for one in client.get(f"{path}/describe").json()["columns"]}
    headers = {"Authorization": f"Bearer {org.token('ada@x.test')}"}
    described = client.get(f"{path}/describe", headers=headers)
    assert described.status_code == 200, described.text
    seen = {one["fieldNameOrPath"] for one in described.json()["columns"]}
    assert "Name" in seen < whole
    assert not (whole - seen) & set(described.json()["query"].replace(",", " ").split())
    results = client.get(f"{path}/results", headers=headers).json()
    assert [one["fieldNameOrPath"] for one in results["records"][0]["columns"]] == [
        one["fieldNameOrPath"] for one in results["columns"]
    ]


def test_results_come_in_pages_of_25(client: Client) -> None:
    for _ in range(30):
        client.agent_session()
    first, rest = client.get(f"{VIEWS}/AllChatSessions/results").json(), names(client, "AllChatSessions", "?offset=25")
    assert (first["size"], first["done"], len(rest)) == (25, False, 5)
    whole = client.get(f"{VIEWS}/AllChatSessions/results?limit=30").json()
    assert (whole["size"], whole["done"]) == (30, True)
    assert [one["columns"][0]["value"] for one in whole["records"]][25:] == rest
    assert client.get(f"{VIEWS}/AllChatSessions/results?limit=2001").status_code == 400


def test_a_view_that_was_run_is_a_recent_one(client: Client) -> None:
    assert client.get(f"{VIEWS}/recent").json()["listviews"] == []
    for name in ("AllChatSessions", "TodaysSessions"):
        client.get(f"{VIEWS}/{name}/results")
        client.org.clock.advance(seconds=1)
    found = client.get(f"{VIEWS}/recent").json()
    assert [one["developerName"] for one in found["listviews"]] == ["TodaysSessions", "AllChatSessions"]
    assert client.get("recent").json() == [], "list views have a list of their own"


def test_recently_viewed_records_are_the_callers_own(client: Client) -> None:
    session = client.agent_session()
    client.agent_session()
    assert names(client, "RecentlyViewedChatSessions") == []
    client.get("query", params={"q": f"SELECT Id FROM LiveAgentSession WHERE Id = '{session}' FOR VIEW"})
    assert len(names(client, "RecentlyViewedChatSessions")) == 1
    assert "USING SCOPE mru" in client.get(f"{VIEWS}/RecentlyViewedChatSessions/describe").json()["query"]


def test_a_view_is_explained_as_its_query_is(client: Client) -> None:
    id_ = client.get(f"{VIEWS}/TodaysSessions").json()["id"]
    explained = client.get("query", params={"explain": id_}).json()
    assert explained["sourceQuery"] == client.get(f"{VIEWS}/TodaysSessions/describe").json()["query"]
    assert explained["plans"][0]["sobjectType"] == "LiveAgentSession"
    unknown = client.get("query", params={"explain": "00B000000000001AAA"})
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (400, "INVALID_ID")


def test_list_views_are_rows(client: Client) -> None:
    soql = "SELECT Name, SobjectType, IsSoqlCompatible FROM ListView WHERE DeveloperName = 'TodaysSessions'"
    found = client.get("query", params={"q": soql}).json()["records"]
    assert [(one["Name"], one["SobjectType"], one["IsSoqlCompatible"]) for one in found] == [
        ("Today's Sessions", "LiveAgentSession", True)
    ]


def test_a_reset_keeps_the_views(client: Client) -> None:
    before = client.get(VIEWS).json()
    client.org.reset()
    assert client.get(VIEWS).json() == before


def test_list_views_in_xml(client: Client) -> None:
    assert "<developerName>TodaysSessions</developerName>" in client.get(f"{VIEWS}.xml").text
    assert "<sobjectType>LiveAgentSession</sobjectType>" in client.get(f"{VIEWS}/TodaysSessions/describe.xml").text


# --- what a schema says of them


@pytest.mark.parametrize(
    ("filters", "logic", "where"),
    [
        ([("Mood__c", "equals", "good,bad")], None, "(Mood__c = 'good' OR Mood__c = 'bad')"),
        ([("Mood__c", "notEqual", "good,bad")], None, "(Mood__c != 'good' AND Mood__c != 'bad')"),
        ([("Mood__c", "equals", "")], None, "Mood__c = null"),
        ([("Name", "contains", "50%_")], None, "Name LIKE '%50\\%\\_%'"),
        ([("Name", "startsWith", "O'N")], None, "Name LIKE 'O\\'N%'"),
        ([("Name", "notContain", "x")], None, "(NOT Name LIKE '%x%')"),
        ([("TimeInChats", "greaterOrEqual", "5")], None, "TimeInChats >= 5"),
        ([("Late__c", "equals", "1")], None, "Late__c = TRUE"),
        ([("Tags__c", "includes", "a,b")], None, "Tags__c INCLUDES ('a', 'b')"),
        ([("CREATED_DATE", "lessThan", "LAST_N_DAYS:7")], None, "CreatedDate < LAST_N_DAYS:7"),
        ([("Case__c", "equals", "00001000")], None, "Case__r.CaseNumber = '00001000'"),
        (
            [("Mood__c", "equals", "good"), ("TimeInChats", "lessThan", "5"), ("Late__c", "equals", "0")],
            "1 AND (2 OR NOT 3)",
            "(Mood__c = 'good' AND (TimeInChats < 5 OR (NOT Late__c = FALSE)))",
        ),
    ],
)
def test_filters_become_soql(
    custom: Client, filters: list[tuple[str, str, str]], logic: str | None, where: str
) -> None:
    custom.org.seed({"objects": [view("Mine", *filters, booleanFilter=logic)]})
    described = custom.get(f"{VIEWS}/Mine/describe")
    assert described.status_code == 200, described.text
    assert f" WHERE {where} ORDER BY Name ASC NULLS FIRST, Id ASC NULLS FIRST" in described.json()["query"]
    assert custom.get(f"{VIEWS}/Mine").json()["soqlCompatible"] is True
    names(custom, "Mine")


def test_the_condition_of_a_view_is_a_tree(custom: Client) -> None:
    filters = (("Mood__c", "equals", "good"), ("TimeInChats", "lessThan", "5"))
    custom.org.seed({"objects": [view("Mine", *filters, booleanFilter="1 OR NOT 2")]})
    assert custom.get(f"{VIEWS}/Mine/describe").json()["whereCondition"] == {
        "conjunction": "or",
        "conditions": [
            {"field": "Mood__c", "operator": "equals", "values": ["'good'"]},
            {"condition": {"field": "TimeInChats", "operator": "lessThan", "values": ["5"]}},
        ],
    }


@pytest.mark.parametrize(
    "wanted",
    [
        view("Odd", ("Nope__c", "equals", "1")),
        view("Odd", ("Name", "within", "1")),
        view("Odd", ("TimeInChats", "equals", "many")),
        view("Odd", ("TimeInChats", "equals", "1"), booleanFilter="1 AND"),
        view("Odd", ("TimeInChats", "equals", "1"), booleanFilter="2"),
        view("Odd", ("TimeInChats", "equals", "1"), booleanFilter="(" * 900 + "1"),
        view("Odd", filterScope="Territory"),
        view("Odd", columns=["Nope__c"]),
        view("Odd", columns=[]),
        view("Odd", ("Mood__c", "includes", "good")),
    ],
)
def test_a_view_without_a_query_is_listed_and_cannot_be_run(custom: Client, wanted: dict[str, Any]) -> None:
    custom.org.seed({"objects": [wanted]})
    assert custom.get(f"{VIEWS}/Odd").json()["soqlCompatible"] is False
    for below in ("describe", "results"):
        refused = custom.get(f"{VIEWS}/Odd/{below}")
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_QUERY_FILTER_OPERATOR")


@pytest.mark.parametrize(
    "entry",
    [
        {"developerName": "a b"},
        {"developerName": "A", "columns": "Name"},
        {"developerName": "A", "columns": [1]},
        {"developerName": "A", "filters": [{"field": "Name"}]},
        {"developerName": "A", "surprise": 1},
        {"developerName": "A", "label": "x" * 81},
        {"developerName": "A", "columns": ["Name"] * 101},
        [],
    ],
)
def test_a_list_view_that_is_none_is_refused(client: Client, entry: Any) -> None:
    answer = client.send(
        "POST", "/_chatlift/objects", json={"name": "LiveAgentSession", "extends": True, "listViews": [entry]}
    )
    assert answer.status_code in (400, 404)
    with pytest.raises(Exception, match="LiveAgentSession"):
        client.org.seed({"objects": [{"name": "LiveAgentSession", "extends": True, "listViews": [entry]}]})


SOURCE = """<?xml version="1.0" encoding="UTF-8"?>
<ListView xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Cased</fullName>
    <booleanFilter>1 AND 2</booleanFilter>
    <columns>NAME</columns>
    <columns>Case__c</columns>
    <columns>OWNER.ALIAS</columns>
    <filterScope>Mine</filterScope>
    <filters><field>Case__c</field><operation>notEqual</operation></filters>
    <filters><field>LoginTime</field><operation>equals</operation><value>THIS_YEAR</value></filters>
    <label>With a case</label>
    <language>en_US</language>
</ListView>
"""
LOOKUP = """<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Case__c</fullName><label>Case</label><type>Lookup</type><referenceTo>Case</referenceTo>
    <relationshipLabel>Sessions</relationshipLabel><relationshipName>Sessions</relationshipName>
</CustomField>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An SFDX project with a custom lookup of LiveAgentSession and a list view that shows it."""
    top = tmp_path / "objects"
    for path, text in (
        ("LiveAgentSession/fields/Case__c.field-meta.xml", LOOKUP),
        ("LiveAgentSession/listViews/Cased.listView-meta.xml", SOURCE),
        ("Product2/listViews/All.listView-meta.xml", SOURCE.replace("Cased", "All")),
    ):
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_a_custom_lookup_of_a_session_works_everywhere(project: Path) -> None:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True, objects=read_objects(str(project))) as org:
        client = Client(org)
        case = client.post("sobjects/Case", json={"Subject": "S"}).json()["id"]
        number = client.get(f"sobjects/Case/{case}?fields=CaseNumber").json()["CaseNumber"]
        session = client.agent_session(Case__c=case)
        client.agent_session()

        def query(soql: str) -> Any:
            return client.get("query", params={"q": soql}).json()["records"]

        assert (
            query("SELECT Case__r.CaseNumber FROM LiveAgentSession WHERE Case__r.Subject = 'S'")[0]["Case__r"][
                "CaseNumber"
            ]
            == number
        )
        assert query("SELECT (SELECT Id FROM Sessions__r) FROM Case")[0]["Sessions__r"]["totalSize"] == 1
        assert client.get(f"sobjects/LiveAgentSession/{session}/Case__r?fields=Subject").json()["Subject"] == "S"
        assert client.get(f"sobjects/Case/{case}/Sessions__r").json()["totalSize"] == 1
        described = client.get(f"{VIEWS}/Cased/describe").json()
        shown = [(one["fieldNameOrPath"], one["label"], one["hidden"]) for one in described["columns"][:3]]
        assert shown == [
            ("Name", "Chat Session Name", False),
            ("Case__r.CaseNumber", "Case", False),
            ("Owner.Alias", "Chat Session Owner Alias", False),
        ]
        assert {"Case__r.Id", "Case__c", "Owner.Id", "OwnerId"} <= {
            one["fieldNameOrPath"] for one in described["columns"] if one["hidden"]
        }
        assert " USING SCOPE mine WHERE (Case__r.CaseNumber != null AND LoginTime = THIS_YEAR)" in described["query"]
        (record,) = client.get(f"{VIEWS}/Cased/results").json()["records"]
        assert record["columns"][1] == {"fieldNameOrPath": "Case__r.CaseNumber", "value": number}


def test_a_session_keeps_its_times(org: OrgHandle) -> None:
    client = Client(org)
    client.agent_session(**SESSION)
    found = client.get(f"{VIEWS}/TodaysSessions/results").json()["records"][0]["columns"]
    assert found[2] == {"fieldNameOrPath": "LoginTime", "value": "Mon Jun 15 08:00:00 GMT 2026"}
