"""zeep, strict, on both WSDLs over a live socket: every operation of the table is called."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import zeep

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.wire.soap.api import api as table
from chatlift.emulator.wire.soap.operations import OPERATIONS

from .conftest import Zeep, zeep_on

DAY = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
Script = Callable[[Zeep], None]
SCRIPTS: dict[str, Script] = {}


def calls(*names: str) -> Callable[[Script], Script]:
    """Note that a script calls operations."""

    def note(script: Script) -> Script:
        for name in names:
            SCRIPTS[name] = script
        return script

    return note


def contact(api: Zeep, last_name: str = "Kern") -> str:
    [result] = api.call("create", [api.record("Contact", LastName=last_name)])
    assert (result.success, result.errors) == (True, [])
    id_: str = result.id
    return id_


@calls("login", "logout")
def sessions_begin_and_end(api: Zeep) -> None:
    result = api.client.service.login("admin@chatlift.test", "any")
    assert (result.userId, result.userInfo.userName) == (api.org.administrator["Id"], "admin@chatlift.test")
    assert result.serverUrl.startswith(f"{api.live.https}/services/Soap/{api.letter}/59.0/00D")
    headers = {"SessionHeader": {"sessionId": result.sessionId}}
    api.client.service.logout(_soapheaders=headers)
    with pytest.raises(zeep.exceptions.Fault) as caught:
        api.client.service.getUserInfo(_soapheaders=headers)
    assert caught.value.code == "sf:INVALID_SESSION_ID"


@calls("getUserInfo", "getServerTimestamp")
def who_and_when(api: Zeep) -> None:
    info = api.call("getUserInfo")
    assert (info.userId, info.organizationName) == (api.org.administrator["Id"], "ChatLift")
    assert api.call("getServerTimestamp").timestamp == DAY


@calls("setPassword", "resetPassword")
def passwords(api: Zeep) -> None:
    user_id = api.org.administrator["Id"]
    api.call("setPassword", user_id, "abcdefg1")
    assert len(api.call("resetPassword", user_id).password) >= 8
    with pytest.raises(zeep.exceptions.Fault) as caught:
        api.call("setPassword", user_id, "short1")
    assert caught.value.message.startswith("INVALID_NEW_PASSWORD: ")
    assert b"InvalidNewPasswordFault" in zeep.wsdl.utils.etree_to_string(caught.value.detail)


@calls("invalidateSessions")
def sessions_are_ended(api: Zeep) -> None:
    token = api.org.token()
    ended, unknown = api.call("invalidateSessions", [token, "nonsense"])
    assert (ended.success, unknown.success, unknown.errors[0].statusCode) == (True, False, "INVALID_SESSION_ID")
    assert api.org.org.sessions.find(token) is None


@calls("create", "retrieve", "update", "delete", "undelete", "emptyRecycleBin")
def the_life_of_a_record(api: Zeep) -> None:
    id_ = contact(api)
    [record, missing] = api.call("retrieve", "Id, LastName", "Contact", [id_, "003000000000000AAA"])
    assert (record.Id, api.text(record, "LastName")) == (id_, "Kern")
    assert missing is None or missing.Id is None  # zeep makes an empty record of a nil one
    [updated] = api.call("update", [api.record("Contact", Id=id_, FirstName="Dana")])
    assert updated.success
    [emptied] = api.call("update", [api.record("Contact", nulls=("FirstName",), Id=id_)])
    assert emptied.success
    assert api.org.org.records.retrieve(administrator(api), "Contact", id_)["FirstName"] is None
    [deleted] = api.call("delete", [id_])
    assert (deleted.success, deleted.id) == (True, id_)
    [back] = api.call("undelete", [id_])
    assert back.success
    api.call("delete", [id_])
    [purged] = api.call("emptyRecycleBin", [id_])
    assert purged.success
    [gone] = api.call("undelete", [id_])
    assert (gone.success, gone.id, gone.errors[0].statusCode) == (False, id_, "UNDELETE_FAILED")


@calls("upsert")
def records_are_found_by_their_key(api: Zeep) -> None:
    api.org.org.extend([EXTERNAL])
    first, second = (
        api.call("upsert", "Ext__c", [typed_or_open(api, "Contact", LastName=name, Ext__c="A1")])[0]
        for name in ("One", "Two")
    )
    assert (first.created, second.created, first.id) == (True, False, second.id)


@calls("query", "queryAll", "queryMore")
def pages_of_a_query(api: Zeep) -> None:
    api.org.seed({"records": [{"object": "Contact", "fields": {"LastName": f"C{n:03}"}} for n in range(250)]})
    headers = {"QueryOptions": {"batchSize": 200}}
    soql = "SELECT Id, LastName FROM Contact ORDER BY LastName"
    first = api.call("query", soql, headers=headers)
    assert (first.done, first.size, len(first.records)) == (False, 250, 200)
    second = api.call("queryMore", first.queryLocator, headers=headers)
    assert (second.done, second.size, second.queryLocator, len(second.records)) == (True, 250, None, 50)
    assert api.text(second.records[-1], "LastName") == "C249"
    api.call("delete", [second.records[-1].Id])
    counts = [api.call(name, "SELECT COUNT() FROM Contact").size for name in ("query", "queryAll")]
    assert counts == [249, 250]


@calls("search")
def records_are_searched(api: Zeep) -> None:
    id_ = contact(api, "Winterbottom")
    found = api.call("search", "FIND {winterbottom} RETURNING Contact(Id, LastName)")
    assert [one.record.Id for one in found.searchRecords] == [id_]


@calls("getUpdated", "getDeleted")
def changes_are_told(api: Zeep) -> None:
    kept, gone = contact(api), contact(api)
    api.call("delete", [gone])
    window = (datetime(2026, 6, 15, 11, tzinfo=UTC), datetime(2026, 6, 15, 12, 30, tzinfo=UTC))
    updated = api.call("getUpdated", "Contact", *window)
    assert (updated.ids, updated.latestDateCovered) == ([kept], DAY)
    deleted = api.call("getDeleted", "Contact", *window)
    assert [(one.id, one.deletedDate) for one in deleted.deletedRecords] == [(gone, DAY)]


@calls("describeGlobal", "describeSObject", "describeSObjects")
def types_are_described(api: Zeep) -> None:
    entries = {one.name: one for one in api.call("describeGlobal").sobjects}
    assert (entries["Contact"].keyPrefix, entries["Contact"].idEnabled) == ("003", True)
    described = api.call("describeSObject", "LiveChatTranscript")
    fields = {field.name: field for field in described.fields}
    assert (fields["Body"].type, fields["Body"].soapType, fields["OwnerId"].referenceTo) == (
        "textarea", "xsd:string", ["Group", "User"],
    )  # fmt: skip
    assert described.urlDetail == f"{api.live.https}/{{ID}}"
    assert [one.name for one in api.call("describeSObjects", ["Account", "Case"])] == ["Account", "Case"]


@calls("describeLayout", "describeCompactLayouts")
def pages_are_described(api: Zeep) -> None:
    result = api.call("describeLayout", "Contact")
    items = [
        component
        for section in result.layouts[0].detailLayoutSections
        for row in section.layoutRows
        for item in row.layoutItems
        for component in item.layoutComponents
    ]
    assert {component.type for component in items} >= {"Field"}
    assert any(getattr(component, "field", None) and component.field.name == "Email" for component in items)
    assert [one.master for one in result.recordTypeMappings][-1] is True
    assert result.recordTypeSelectorRequired is False
    compact = api.call("describeCompactLayouts", "Contact")
    assert compact.compactLayouts[0].name == "SYSTEM"


@calls("describeTabs", "describeAllTabs", "describeTheme", "describeGlobalTheme")
def apps_are_described(api: Zeep) -> None:
    [app] = api.call("describeTabs")
    assert app.selected
    assert "Contact" in {tab.sobjectName for tab in app.tabs}
    assert {tab.name for tab in api.call("describeAllTabs")} == {tab.name for tab in app.tabs}
    assert [item.name for item in api.call("describeTheme", ["Contact"]).themeItems] == ["Contact"]
    both = api.call("describeGlobalTheme")
    assert "global" in both
    assert both.theme.themeItems[0].colors


EXTERNAL = {
    "name": "Contact",
    "fields": [{"name": "Ext__c", "type": "string", "length": 20, "externalId": True, "custom": True}],
}


def typed_or_open(api: Zeep, type_name: str, **fields: Any) -> Any:
    """Return a record with a field that is younger than the WSDL in hand: the enterprise one is loaded again."""
    if api.letter == "c":
        return zeep_on(api.live, "c").record(type_name, **fields)
    return api.record(type_name, **fields)


def administrator(api: Zeep) -> Caller:
    return Caller(api.org.administrator["Id"], "59.0")


def test_the_table_the_functions_and_this_test_know_the_same_operations() -> None:
    assert set(table().operations) == set(OPERATIONS) == set(SCRIPTS)


@pytest.mark.parametrize("name", sorted(table().operations))
def test_zeep_calls_every_operation(api: Zeep, name: str) -> None:
    SCRIPTS[name](api)


def test_zeep_reads_every_type_with_all_its_fields_and_its_pages(api: Zeep) -> None:
    """Definitions ask for a filter, which is another test's; all else is read as the WSDL says, or zeep raises."""
    api.org.seed("support-day")
    described = [one for one in api.call("describeGlobal").sobjects if one.queryable]
    rows = 0
    for one in described:
        try:
            rows += len(api.call("query", f"SELECT FIELDS(ALL) FROM {one.name} LIMIT 3").records)
        except zeep.exceptions.Fault as fault:
            if "a filter on a reified column is required" not in fault.message:
                raise
        if one.layoutable:
            assert api.call("describeLayout", one.name).layouts
    assert rows > 60
