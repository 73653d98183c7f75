"""List views and what users saw last, on each kind of store."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.list_conditions import Condition, NotSoql, combined
from chatlift.emulator.org.list_views import as_text
from chatlift.emulator.org.org import Org
from chatlift.schemas.catalog import shipped

LOGIC = st.text(alphabet="12 ()ANDORNTandor3", max_size=40)


def test_views_are_run_and_records_remembered(org: Org, me: Caller) -> None:
    first, second = (org.records.create(me, "Account", {"Name": name}) for name in "AB")
    sobject = org.records.sobject(me, "Account")
    assert [row.view.developer_name for row in org.list_views.rows(me, sobject)] == [
        "RecentlyViewedAccounts",
        "AllAccounts",
    ]
    found = org.list_views.results(me, sobject, org.list_views.find(me, sobject, "AllAccounts"), limit=1)
    assert (found["size"], found["done"], found["records"][0]["columns"][0]["value"]) == (1, False, "A")
    org.query.run(me, f"SELECT Id FROM Account WHERE Id = '{second}' FOR VIEW")
    org.clock.advance(1)
    org.query.run(me, f"SELECT Id FROM Account WHERE Id = '{first}' FOR REFERENCE")
    assert [one["Name"] for one in org.recent_records.items(me, 10)] == ["A", "B"]
    rows = org.query.run(me, "SELECT Name FROM RecentlyViewed WHERE LastViewedDate != null").records
    assert [one["Name"] for one in rows] == ["B"]
    mine = org.list_views.results(me, sobject, org.list_views.find(me, sobject, "RecentlyViewedAccounts"))
    assert mine["size"] == 2
    assert org.query.run(me, "SELECT COUNT() FROM ListView WHERE SobjectType = 'Account'").total_size == 2


def test_a_label_that_changes_keeps_the_id_of_the_view(org: Org, me: Caller) -> None:
    sobject = org.records.sobject(me, "LiveAgentSession")
    before = org.list_views.find(me, sobject, "TodaysSessions")
    changed: dict[str, Any] = {"developerName": "TodaysSessions", "label": "Today", "columns": ["Name"]}
    org.seed({"objects": [{"name": "LiveAgentSession", "extends": True, "listViews": [changed]}]})
    sobject = org.records.sobject(me, "LiveAgentSession")
    after = org.list_views.find(me, sobject, before.id)
    assert (after.id, after.view.label) == (before.id, "Today")
    (row,) = org.query.run(me, f"SELECT Name FROM ListView WHERE Id = '{before.id}'").records
    assert row["Name"] == "Today"


def test_a_view_that_changes_into_one_without_soql_is_said_so_and_back(org: Org, me: Caller) -> None:
    def fits(columns: list[str]) -> bool:
        view = {"developerName": "TodaysSessions", "label": "Today's Sessions", "columns": columns}
        org.seed({"objects": [{"name": "LiveAgentSession", "extends": True, "listViews": [view]}]})
        row = org.list_views.find(me, org.records.sobject(me, "LiveAgentSession"), "TodaysSessions")
        (kept,) = org.query.run(me, f"SELECT IsSoqlCompatible FROM ListView WHERE Id = '{row.id}'").records
        assert kept["IsSoqlCompatible"] == row.soql_compatible
        return row.soql_compatible

    assert [fits(["Name"]), fits(["Name", "NoSuchField"]), fits(["Name"])] == [True, False, True]


def test_values_are_shown_as_text() -> None:
    shown = [
        as_text(value, type_)
        for value, type_ in (
            (None, "string"), ("x", "string"), (True, "boolean"), (3, "int"), (1.5, "double"), ("2026-06-15", "date"),
            ("2026-06-15T08:00:00.000+0000", "datetime"),
        )
    ]  # fmt: skip
    assert shown == [None, "x", "true", "3", "1.5", "2026-06-15", "Mon Jun 15 08:00:00 GMT 2026"]


@given(LOGIC)
def test_filter_logic_is_read_or_refused(text: str) -> None:
    leaves = [Condition(f"F{number} = 1", {"field": f"F{number}"}) for number in (1, 2, 3)]
    try:
        found = combined(text, leaves)
    except NotSoql:
        return
    assert found.soql.count("(") == found.soql.count(")")


def test_the_last_description_counts_after_a_restart_too(org: Org, me: Caller) -> None:
    def view(label: str) -> dict[str, Any]:
        return {"developerName": "TodaysSessions", "label": label, "columns": ["Name"]}

    org.seed({"objects": [{"name": "LiveAgentSession", "extends": True, "listViews": [view("First")]}]})
    org.seed({"objects": [{"name": "LiveAgentSession", "listViews": [view("Second")]}]})
    documents = org.catalog_in_force._documents()
    for catalog in (org.catalog, shipped().extended(documents)):
        assert [one.label for one in catalog.get("LiveAgentSession").list_views] == ["Second"]


def test_a_schema_that_is_given_again_changes_nothing(org: Org) -> None:
    documents: list[dict[str, Any]] = [
        {"name": "Visit__c", "label": "Visit", "fields": [
            {"name": "T__c", "type": "reference", "referenceTo": ["LiveChatTranscript"], "childRelationshipName": "Visits"}]},
        {"name": "Visit__c", "extends": True, "recordTypes": [{"developerName": "X", "label": "X"}]},
        {"name": "LiveAgentSession", "extends": True, "fields": [
            {"name": "L__c", "type": "reference", "referenceTo": ["Visit__c"]}],
         "listViews": [{"developerName": "V", "label": "V", "columns": ["Name"]}]},
    ]  # fmt: skip
    org.seed({"objects": documents})
    before = org.catalog
    org.seed({"objects": documents})
    assert org.catalog is before
