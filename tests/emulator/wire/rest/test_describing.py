"""Layouts, compact layouts, quick actions, tabs, the theme and default values.

The answers under ``tests/golden/pages`` are compared as JSON, with the name of a field in place of its describe;
``CHATLIFT_WRITE_GOLDEN=1`` writes them anew.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from chatlift.emulator import mock_salesforce

from ..conftest import Client

GOLDEN = Path(__file__).parents[3] / "golden" / "pages"
MASTER = "012000000000000AAA"
AFTER = "Mon, 15 Jun 2026 12:00:01 GMT"
VISIT = {
    "name": "Visit__c",
    "label": "Visit",
    "labelPlural": "Visits",
    "fields": [
        {"name": "Name", "type": "string", "length": 80},
        {"name": "Chat__c", "label": "Chat", "type": "reference", "referenceTo": ["LiveChatTranscript"], "nillable": False},
        {"name": "Kind__c", "type": "picklist", "picklistValues": ["Call", "Mail", {"value": "Fax", "active": False}]},
        {"name": "Detail__c", "type": "picklist", "controllerName": "Kind__c",
         "picklistValues": [{"value": "Loud", "validFor": ["Call"]}, {"value": "Long", "validFor": ["Call", "Mail"]}]},
        {"name": "Notes__c", "type": "textarea", "length": 32000},
        {"name": "Place__c", "type": "location"},
        {"name": "Place__Latitude__s", "type": "double", "scale": 5, "precision": 8, "compoundFieldName": "Place__c"},
        {"name": "Place__Longitude__s", "type": "double", "scale": 5, "precision": 8, "compoundFieldName": "Place__c"},
    ],
    "recordTypes": [
        {"developerName": "Short", "name": "A short one", "id": "0125e0000000001AAA",
         "picklistValues": {"Kind__c": [{"value": "Mail", "default": True}]}},
        {"developerName": "Long", "name": "A long one", "id": "0125e0000000002AAA"},
        {"developerName": "Old", "name": "An old one", "id": "0125e0000000003AAA", "active": False},
    ],
}  # fmt: skip


@pytest.fixture
def visits() -> Iterator[Client]:
    """A client of an org with an object of its own."""
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True, objects=[VISIT]) as handle:
        yield Client(handle)


def short(found: Any) -> Any:
    """Return an answer with the name of a field in place of its describe."""
    if isinstance(found, list):
        return [short(one) for one in found]
    if not isinstance(found, dict):
        return found
    return {key: one["name"] if key == "details" and one else short(one) for key, one in found.items()}


def error(client: Client, path: str) -> tuple[int, str, str]:
    answer = client.get(path)
    [problem] = answer.json()
    return answer.status_code, problem["errorCode"], problem["message"]


NOT_FOUND = (404, "NOT_FOUND", "The requested resource does not exist")


# --- shapes


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("layouts", "sobjects/Visit__c/describe/layouts"),
        ("layout", "sobjects/Visit__c/describe/layouts/0125e0000000001AAA"),
        ("layouts-QuickText", "sobjects/QuickText/describe/layouts"),
        ("layouts-Global", "sobjects/Global/describe/layouts"),
        ("namedLayouts", "sobjects/User/describe/namedLayouts/UserAlt"),
        ("compactLayouts", "sobjects/Case/describe/compactLayouts"),
        ("compactLayouts-several", "compactLayouts?q=Visit__c"),
        ("quickActions", "quickActions"),
        ("quickAction", "quickActions/LogACall/describe"),
        ("tabs", "tabs"),
        ("theme", "theme"),
    ],
)
def test_an_answer_is_the_one_that_was_kept(visits: Client, name: str, path: str) -> None:
    answer = visits.get(path)
    assert answer.status_code == 200, answer.text
    found = short(answer.json())
    kept = GOLDEN / f"{name}.json"
    if os.environ.get("CHATLIFT_WRITE_GOLDEN") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(kept.read_bytes())


def test_an_item_holds_the_describe_of_its_field(client: Client) -> None:
    described = {field["name"]: field for field in client.get("sobjects/Contact/describe").json()["fields"]}
    [layout] = client.get("sobjects/Contact/describe/layouts").json()["layouts"]
    shown: dict[str, Any] = {}
    for section in layout["detailLayoutSections"]:
        for row in section["layoutRows"]:
            assert len(row["layoutItems"]) == row["numItems"] == section["columns"]
            for component in (one for item in row["layoutItems"] for one in item["layoutComponents"]):
                for one in [component, *component.get("components", [])]:
                    if one["type"] == "Field":
                        assert one["details"] == described[one["value"]]
                        shown[one["value"]] = one
                    else:
                        assert (one["type"], one["details"]) == ("Separator", None)
    assert described.keys() - shown.keys() == {
        "Id", "IsDeleted", "MasterRecordId", "LastViewedDate", "LastReferencedDate", "SystemModstamp",
    }  # fmt: skip
    assert shown["MailingAddress"]["fieldType"] == "address"
    assert [part["value"] for part in shown["Name"]["components"]] == ["LastName", "FirstName", "Salutation"]


def test_an_edit_page_shows_what_can_be_written_each_part_by_itself(client: Client) -> None:
    [layout] = client.get("sobjects/Contact/describe/layouts").json()["layouts"]
    items = {
        item["layoutComponents"][0]["value"]: item
        for section in layout["editLayoutSections"]
        for row in section["layoutRows"]
        for item in row["layoutItems"]
        if not item["placeholder"]
    }
    assert {"MailingCity", "LastName", "Description"} <= items.keys()
    assert not {"Name", "MailingAddress", "CreatedById", "OwnerId", "PhotoUrl"} & items.keys()
    flags = ("editableForNew", "editableForUpdate", "required")
    assert [items["LastName"][flag] for flag in flags] == [True, True, True]
    assert [items["Email"][flag] for flag in flags] == [True, True, False]
    assert all(item["editableForNew"] or item["editableForUpdate"] for item in items.values())


def test_a_field_of_the_orgs_own_and_a_child_of_its_own_are_on_the_page(visits: Client) -> None:
    [layout] = visits.get("sobjects/LiveChatTranscript/describe/layouts").json()["layouts"]
    [visit] = [one for one in layout["relatedLists"] if one["sobject"] == "Visit__c"]
    assert (visit["name"], visit["field"], visit["label"], visit["custom"]) == ("Visits__r", "Chat__c", "Visits", True)
    assert visit["columns"][0]["field"] == "Visit__c.Name" and visit["columns"][0]["lookupId"] == "Visit__c.Id"


def test_before_31_an_item_has_one_flag(client: Client) -> None:
    [layout] = client.get("/services/data/v30.0/sobjects/Case/describe/layouts").json()["layouts"]
    item = layout["editLayoutSections"][0]["layoutRows"][0]["layoutItems"][0]
    assert item["editable"] is True and "editableForNew" not in item


# --- record types


def test_each_record_type_has_its_layout_and_the_values_it_leaves(visits: Client) -> None:
    found = visits.get("sobjects/Visit__c/describe/layouts").json()
    assert found["layouts"] is None  # documented for objects with more than one record type
    assert found["recordTypeSelectorRequired"] == [True]
    mappings = {one["developerName"]: one for one in found["recordTypeMappings"]}
    assert list(mappings) == ["Short", "Long", "Old", "Master"]
    assert [one["available"] for one in mappings.values()] == [True, True, False, True]
    kinds = {
        name: [
            (value["value"], value["defaultValue"])
            for picklist in one["picklistsForRecordType"]
            if picklist["picklistName"] == "Kind__c"
            for value in picklist["picklistValues"]
        ]
        for name, one in mappings.items()
    }
    both = [("Call", False), ("Mail", False)]
    assert kinds == {"Short": [("Mail", True)], "Long": both, "Old": both, "Master": both}
    for one in mappings.values():
        assert visits.get(one["urls"]["layout"]).json()["id"] == one["layoutId"]
    infos = visits.get("sobjects/Visit__c/describe").json()["recordTypeInfos"]
    for info in infos:
        assert mappings[info["developerName"]].items() >= info.items()


def test_a_dependent_picklist_is_described_the_same_everywhere(visits: Client) -> None:
    [field] = [one for one in visits.get("sobjects/Visit__c/describe").json()["fields"] if one["name"] == "Detail__c"]
    assert (field["controllerName"], field["dependentPicklist"]) == ("Kind__c", True)
    assert [value["validFor"] for value in field["picklistValues"]] == ["gAAA", "wAAA"]
    mapping = visits.get("sobjects/Visit__c/describe/layouts").json()["recordTypeMappings"][0]
    assert field["picklistValues"] in [one["picklistValues"] for one in mapping["picklistsForRecordType"]]


def test_a_record_type_row_made_by_rest_dates_the_describes(client: Client) -> None:
    since = {"If-Modified-Since": client.get("sobjects/Case/describe").headers["Last-Modified"]}
    assert client.get("sobjects/Case/describe", headers=since).status_code == 304
    body = {"DeveloperName": "Bug", "Name": "Bug", "SobjectType": "Case"}
    answer = client.post("sobjects/RecordType", json=body)
    assert answer.status_code == 201, answer.text
    changed = client.get("sobjects/Case/describe", headers=since)
    assert changed.status_code == 200
    assert [info["developerName"] for info in changed.json()["recordTypeInfos"]] == ["Bug", "Master"]
    since = {"If-Modified-Since": changed.headers["Last-Modified"]}
    assert client.get("sobjects", headers=since).status_code == 304
    assert client.send("PATCH", f"sobjects/RecordType/{answer.json()['id']}", json={"Name": "Fault"}).status_code == 204
    assert client.get("sobjects/Case/describe", headers=since).status_code == 200  # although the clock stands still
    mapping = client.get("sobjects/Case/describe/layouts").json()["recordTypeMappings"][0]
    assert (mapping["name"], mapping["recordTypeId"]) == ("Fault", answer.json()["id"])


# --- refusals


@pytest.mark.parametrize(
    "path",
    [
        "sobjects/Nope/describe/layouts",
        "sobjects/Contact/describe/layouts/nonsense",
        "sobjects/Contact/describe/layouts/012000000000001AAA",
        "sobjects/Contact/describe/compactLayouts/012000000000001AAA",
        "sobjects/Contact/describe/approvalLayouts/Any",
        "sobjects/Contact/describe/namedLayouts/UserAlt",
        "sobjects/User/describe/namedLayouts/Other",
        "sobjects/Skill/quickActions",
        "sobjects/Nope/quickActions/NewTask",
        "quickActions/Nope",
        "quickActions/NewTask/nope",
        "quickActions/NewTask/defaultValues/nonsense",
        "quickActions/NewTask/defaultValues/5005e0000000001AAA",
        "compactLayouts?q=Account,Nope",
        "sobjects/Nope/defaultValues",
        "sobjects/Case/defaultValues?recordTypeId=nonsense",
        "/services/data/v30.0/tabs",
        "/services/data/v28.0/theme",
        "/services/data/v27.0/quickActions",
        "/services/data/v27.0/sobjects/Case/describe/layouts",
        "/services/data/v28.0/sobjects/Case/describe/compactLayouts",
        "/services/data/v29.0/sobjects/Case/describe/approvalLayouts",
        "/services/data/v30.0/sobjects/User/describe/namedLayouts/UserAlt",
        "/services/data/v30.0/compactLayouts?q=Case",
    ],
)
def test_what_there_is_not_is_not_found(client: Client, path: str) -> None:
    assert error(client, path) == NOT_FOUND


def test_a_type_without_pages_says_so(client: Client) -> None:
    # Chrome-Salesforce-inspector#61, SalesforceLabs/EnhancedLightningGrid#49
    problem = "Cannot get layout for non-layoutable entity"
    assert error(client, "sobjects/Skill/describe/layouts") == (400, "INVALID_ARGUMENT_TYPE", problem)
    problem = "sObject type 'Skill' is not supported in describeCompactLayouts"
    assert error(client, "sobjects/Skill/describe/compactLayouts") == (400, "INVALID_TYPE", problem)
    assert error(client, "compactLayouts?q=Case,Skill") == (400, "INVALID_TYPE", problem)


def test_a_list_of_types_is_asked_for_and_bounded(client: Client) -> None:
    assert error(client, "compactLayouts")[0] == 400
    assert error(client, "compactLayouts?q=" + ",".join(["Case"] * 101))[:2] == (400, "EXCEEDED_ID_LIMIT")
    assert client.get("compactLayouts?q=" + ",".join(["Case"] * 100)).json().keys() == {"Case"}


@pytest.mark.parametrize(
    "path", ["tabs", "theme", "quickActions", "quickActions/NewTask/describe", "sobjects/Case/describe/layouts"]
)
def test_nothing_is_written_here(client: Client, path: str) -> None:
    answer = client.post(path, json={})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert client.send("HEAD", path).status_code == 200


# --- addresses


@pytest.mark.parametrize("version", ["28.0", "29.0", "30.0", "31.0", "59.0", "68.0"])
def test_every_address_of_a_describe_leads_somewhere(client: Client, version: str) -> None:
    base = f"/services/data/v{version}"
    for name in ("User", "Case", "Skill"):
        urls = client.get(f"{base}/sobjects/{name}/describe").json()["urls"]
        for key in ("layouts", "compactLayouts", "approvalLayouts", "quickActions", "defaultValues", "namedLayouts"):
            if key in urls:
                place = urls[key].replace("{LayoutName}", "UserAlt")
                assert client.get(place).status_code == 200, (name, key)
        assert ("layouts" in urls) is (name != "Skill")


def test_what_is_listed_is_there(client: Client) -> None:
    for version in ("20.0", "28.0", "30.0", "31.0", "59.0"):
        base = f"/services/data/v{version}"
        listed = client.get(base).json()
        for name in ("tabs", "theme", "quickActions", "compactLayouts"):
            status = client.get(f"{base}/{name}?q=Case").status_code
            assert (name in listed) is (status == 200), (version, name)
        assert list(listed)[1:] == sorted(list(listed)[1:])


def test_global_is_written_in_any_case_and_has_no_type(client: Client) -> None:
    found = client.get("sobjects/global/describe/layouts").json()
    assert found == client.get("sobjects/Global/describe/layouts").json()
    assert client.get("sobjects/Global/describe").status_code == 404


def test_users_have_a_layout_by_name_and_a_password(client: Client) -> None:
    [info] = client.get("sobjects/User/describe").json()["namedLayoutInfos"]
    assert info["name"] == "UserAlt"
    place = client.get("sobjects/User/describe").json()["urls"]["passwordUtilities"]
    assert client.get(place.replace("{ID}", client.org.administrator["Id"])).status_code == 200
    assert client.get(info["urls"]["layout"]).status_code == 200


def test_the_theme_is_asked_for_with_a_date(client: Client) -> None:
    assert client.get("theme", headers={"If-Modified-Since": AFTER}).status_code == 304


# --- new records


def test_an_action_begins_with_its_defaults_and_where_it_is_called_from(client: Client) -> None:
    found = client.get("quickActions/LogACall/defaultValues").json()
    assert found == {
        "attributes": {"type": "Task"}, "Subject": "Call", "Description": None, "WhoId": None, "WhatId": None,
    }  # fmt: skip
    case = client.post("sobjects/Case", json={"Subject": "A"}).json()["id"]
    contact = client.post("sobjects/Contact", json={"LastName": "C"}).json()["id"]
    assert client.get(f"sobjects/Case/quickActions/LogACall/defaultValues/{case}").json()["WhatId"] == case
    found = client.get(f"quickActions/NewTask/defaultValues/{contact[:15]}").json()
    assert (found["WhoId"], found["WhatId"], found["OwnerId"]) == (contact, None, client.org.administrator["Id"])


def test_an_action_makes_its_record(client: Client) -> None:
    case = client.post("sobjects/Case", json={"Subject": "A"}).json()["id"]
    body = {"contextId": case[:15], "record": {"attributes": {"type": "Task"}, "description": "Rang"}}
    answer = client.post("sobjects/Case/quickActions/LogACall", json=body)
    assert answer.status_code == 201, answer.text
    result = answer.json()
    made = result.pop("id")
    assert result == {"contextId": case, "created": True, "errors": [], "feedItemIds": None, "success": True}
    task = client.get(f"sobjects/Task/{made}").json()
    wanted = {"Subject": "Call", "Description": "Rang", "WhatId": case, "Status": "Completed", "TaskSubtype": "Call"}
    assert {key: task[key] for key in wanted} == wanted
    answer = client.post("quickActions/NewContact", json={"record": {"LastName": "C"}})
    assert answer.json()["contextId"] is None
    assert client.get(f"sobjects/Contact/{answer.json()['id']}").json()["Name"] == "C"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"record": {}}, "REQUIRED_FIELD_MISSING"),
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"record": {"LastName": "C", "Nope": 1}}, "INVALID_FIELD"),
        ({"record": []}, "JSON_PARSER_ERROR"),
        ({"record": "x"}, "JSON_PARSER_ERROR"),
        ({"contextId": 1}, "JSON_PARSER_ERROR"),
        ({"contextId": "nope", "record": {"LastName": "C"}}, "NOT_FOUND"),
        ([], "JSON_PARSER_ERROR"),
    ],
)
def test_an_action_makes_no_odd_record(client: Client, body: Any, code: str) -> None:
    answer = client.post("quickActions/NewContact", json=body)
    assert answer.json()[0]["errorCode"] == code
    assert client.get("query?q=SELECT count() FROM Contact").json()["totalSize"] == 0


def test_a_new_record_begins_with_what_a_create_would_give_it(visits: Client) -> None:
    found = visits.get("sobjects/Visit__c/defaultValues?recordTypeId=0125e0000000001AAA&fields=Kind__c,name").json()
    assert found == {"attributes": {"type": "Visit__c"}, "Kind__c": "Mail", "Name": None}
    found = visits.get(
        "sobjects/Visit__c/defaultValues?recordTypeId=0125e0000000002&fields=RecordTypeId,Kind__c"
    ).json()
    assert (found["RecordTypeId"], found["Kind__c"]) == ("0125e0000000002AAA", None)
    everything = visits.get("sobjects/Case/defaultValues?recordTypeId&fields").json()
    case = visits.post("sobjects/Case", json={}).json()["id"]
    made = visits.get(f"sobjects/Case/{case}").json()
    assert {key: made[key] for key in everything if key != "attributes"} == {
        key: value for key, value in everything.items() if key != "attributes"
    }
    problem = "No such column 'Nope' on sobject of type Case"
    assert error(visits, "sobjects/Case/defaultValues?fields=Nope") == (400, "INVALID_FIELD", problem)


# --- XML


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("tabs.xml", "DescribeTabs"),
        ("theme.xml", "DescribeThemeResult"),
        ("quickActions.xml", "DescribeAvailableQuickActionResults"),
        ("sobjects/Case/describe/layouts.xml", "DescribeLayoutResult"),
        ("sobjects/Case/describe/compactLayouts.xml", "DescribeCompactLayoutsResult"),
        ("sobjects/Case/describe/approvalLayouts.xml", "DescribeApprovalLayoutResult"),
        ("sobjects/Case/describe.xml", "DescribeSobjectResult"),
    ],
)
def test_pages_are_described_in_xml_too(client: Client, path: str, root: str) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert etree.fromstring(answer.content).tag == root


def test_a_whole_layout_in_xml_says_what_the_json_says(client: Client) -> None:
    document = etree.fromstring(client.get("sobjects/Case/describe/layouts.xml").content)
    found = client.get("sobjects/Case/describe/layouts").json()
    values = [item for section in found["layouts"][0]["detailLayoutSections"] for item in _values(section)]
    assert [one.text for one in document.iterfind("layouts/detailLayoutSections//layoutComponents/value")] == values
    assert document.findtext("recordTypeSelectorRequired") == "false"


def _values(section: dict[str, Any]) -> list[str]:
    return [
        component["value"]
        for row in section["layoutRows"]
        for item in row["layoutItems"]
        for component in item["layoutComponents"]
    ]
