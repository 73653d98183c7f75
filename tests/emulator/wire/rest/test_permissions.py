"""Users with fewer rights than the administrator, over live sockets."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce, SalesforceMalformedRequest
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from chatlift.emulator.live import LiveOrg, live_org

VERSION = "60.0"
SCENARIO: dict[str, Any] = {
    "now": "2026-06-15T12:00:00Z",
    "objects": [
        {
            "name": "Note__c",
            "label": "Note",
            "fields": [
                {"name": "Secret__c", "type": "string", "length": 40},
                {"name": "Text__c", "type": "string", "length": 40},
                {"name": "Chat__c", "type": "reference", "referenceTo": ["LiveChatTranscript"]},
            ],
        }
    ],
    "records": [
        {"object": "User", "ref": "agent", "fields": {"Username": "agent@x.test", "LastName": "Agent"}},
        {"object": "User", "ref": "reader", "fields": {"Username": "reader@x.test", "LastName": "Reader"}},
        {"object": "User", "ref": "nobody", "fields": {"Username": "nobody@x.test", "LastName": "Nobody"}},
        {"object": "LiveChatVisitor", "ref": "v"},
        {
            "object": "LiveChatTranscript",
            "ref": "t",
            "fields": {"LiveChatVisitorId": "@v", "Body": "a hidden text", "Location": "Oslo", "Browser": "Lynx"},
        },
        {"object": "LiveChatTranscriptEvent", "ref": "e", "fields": {
            "LiveChatTranscriptId": "@t", "Type": "ChatRequest", "Time": "2026-06-15T11:00:00Z"}},
        {"object": "Account", "ref": "a", "fields": {"Name": "Acme"}},
    ],
    "permissions": [
        {
            "profile": "Chat Agent",
            "users": ["@agent"],
            "objects": {"LiveChatTranscript": "R", "LiveChatVisitor": "CRED", "Note__c": "CR"},
            "fields": {
                "LiveChatTranscript.Location": "read",
                "Note__c.Text__c": "edit",
                "LiveChatTranscript.Browser": "none",
            },
        },
        {"profile": "Read Only", "users": ["@reader"]},
        {"profile": "Minimum Access - Salesforce", "users": ["nobody@x.test"]},
        {"permissionSet": "Chat_Editor", "label": "Chat editor", "ref": "editor",
         "objects": {"LiveChatTranscript": "RED", "Note__c": "CRED"},
         "fields": {"LiveChatTranscript.Body": "edit", "Note__c.Secret__c": "edit"}},
    ],
}  # fmt: skip
NOT_FOUND = [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]


class Person:
    """A user with a session of his own."""

    def __init__(self, live: LiveOrg, username: str | None = None) -> None:
        self._url = live.http
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {live.org.token(username)}"

    def send(self, method: str, path: str, version: str = VERSION, **options: Any) -> requests.Response:
        return self._session.request(method, f"{self._url}/services/data/v{version}/{path}", timeout=10, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def query(self, soql: str, **options: Any) -> requests.Response:
        return self.get("query", params={"q": soql}, **options)

    def error(self, method: str, path: str, **options: Any) -> tuple[int, str, str]:
        """Send what is refused; return status, code and message."""
        answer = self.send(method, path, **options)
        [entry] = answer.json()
        return answer.status_code, entry["errorCode"], entry["message"]


@pytest.fixture(scope="module")
def shared() -> Iterator[LiveOrg]:
    with live_org() as live:
        yield live


@pytest.fixture
def live(shared: LiveOrg) -> LiveOrg:
    shared.org.prepare()
    return shared


@pytest.fixture
def refs(live: LiveOrg) -> dict[str, str]:
    return live.org.seed(SCENARIO)


@pytest.fixture
def agent(live: LiveOrg, refs: dict[str, str]) -> Person:
    return Person(live, "agent@x.test")


@pytest.fixture
def admin(live: LiveOrg) -> Person:
    return Person(live)


# --- objects


def test_a_type_that_may_not_be_read_is_not_there(agent: Person, refs: dict[str, str]) -> None:
    for path in ("sobjects/Account", "sobjects/Account/describe", f"sobjects/Account/{refs['a']}"):
        answer = agent.get(path)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND), path
    status, code, message = agent.error("GET", "query", params={"q": "SELECT Id FROM Account"})
    assert (status, code) == (400, "INVALID_TYPE")
    assert "sObject type 'Account' is not supported." in message
    names = [entry["name"] for entry in agent.get("sobjects").json()["sobjects"]]
    assert "Account" not in names
    assert {"LiveChatTranscript", "LiveChatVisitor", "User", "Organization", "Note__c"} <= set(names)
    assert agent.error("POST", "sobjects/Account", json={"Name": "B"})[:2] == (404, "NOT_FOUND")


def test_types_of_a_parent_that_may_not_be_read_go_with_it(live: LiveOrg, refs: dict[str, str]) -> None:
    nobody = Person(live, "nobody@x.test")
    assert nobody.error("GET", "query", params={"q": "SELECT Id FROM LiveChatTranscriptEvent"})[1] == "INVALID_TYPE"
    assert nobody.query("SELECT Id FROM User").status_code == 200
    assert nobody.query("SELECT Name FROM Organization").json()["totalSize"] == 1
    reader = Person(live, "agent@x.test")
    assert reader.query("SELECT Id FROM LiveChatTranscriptEvent").json()["totalSize"] == 1


def test_calls_without_the_right_to_them_are_refused(agent: Person, refs: dict[str, str]) -> None:
    transcript = f"sobjects/LiveChatTranscript/{refs['t']}"
    assert agent.get(transcript).status_code == 200
    assert agent.error("POST", "sobjects/LiveChatTranscript", json={"LiveChatVisitorId": refs["v"]}) == (
        400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Chat Transcript",
    )  # fmt: skip
    assert agent.error("PATCH", transcript, json={"Location": "Rome"}) == (
        400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be updated: Chat Transcript",
    )  # fmt: skip
    assert agent.error("DELETE", transcript) == (
        403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id",
    )  # fmt: skip
    described = agent.get("sobjects/LiveChatTranscript/describe").json()
    flags = {name: described[name] for name in ("createable", "updateable", "deletable", "undeletable", "queryable")}
    assert flags == {
        "createable": False, "updateable": False, "deletable": False, "undeletable": False, "queryable": True,
    }  # fmt: skip


def test_a_record_may_be_created_that_may_not_be_changed(agent: Person) -> None:
    made = agent.send("POST", "sobjects/Note__c", json={"Text__c": "new"})
    assert made.status_code == 201, made.text
    note = f"sobjects/Note__c/{made.json()['id']}"
    assert agent.error("PATCH", note, json={"Text__c": "newer"})[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert agent.get(note).json()["Text__c"] == "new"


def test_read_only_reads_everything_and_writes_nothing(live: LiveOrg, refs: dict[str, str]) -> None:
    reader = Person(live, "reader@x.test")
    assert reader.get(f"sobjects/LiveChatTranscript/{refs['t']}").json()["Body"] == "a hidden text"
    assert reader.error("POST", "sobjects/Account", json={"Name": "B"})[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert reader.error("DELETE", f"sobjects/Account/{refs['a']}")[1] == "INSUFFICIENT_ACCESS_OR_READONLY"


# --- fields


def test_a_hidden_field_is_nowhere(agent: Person, refs: dict[str, str]) -> None:
    transcript = f"sobjects/LiveChatTranscript/{refs['t']}"
    record = agent.get(transcript).json()
    assert "Body" not in record
    assert "Browser" not in record
    assert record["Location"] == "Oslo"
    names = {field["name"] for field in agent.get("sobjects/LiveChatTranscript/describe").json()["fields"]}
    assert names.isdisjoint({"Body", "Browser"})
    assert {"Id", "Location", "LiveChatVisitorId", "OwnerId", "CreatedDate", "Name"} <= names
    status, code, message = agent.error("GET", "query", params={"q": "SELECT Body FROM LiveChatTranscript"})
    assert (status, code) == (400, "INVALID_FIELD")
    assert "No such column 'Body' on entity 'LiveChatTranscript'." in message
    assert agent.error("GET", f"{transcript}?fields=Id,Body")[1] == "INVALID_FIELD"
    everything = agent.query("SELECT FIELDS(ALL) FROM LiveChatTranscript LIMIT 1").json()["records"][0]
    assert "Body" not in everything
    assert everything["Location"] == "Oslo"


def test_what_is_written_to_hidden_and_read_only_fields_is_refused(
    live: LiveOrg, agent: Person, refs: dict[str, str]
) -> None:
    assert agent.error("POST", "sobjects/Note__c", json={"Secret__c": "s"}) == (
        400, "INVALID_FIELD", "No such column 'Secret__c' on sobject of type Note__c",
    )  # fmt: skip
    live.org.seed({"permissions": [{"profile": "Chat Agent", "objects": {"LiveChatTranscript": "RE"}}]})
    status, code, message = agent.error(
        "PATCH", f"sobjects/LiveChatTranscript/{refs['t']}", json={"Location": "Rome", "OwnerId": refs["agent"]}
    )
    assert (status, code) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert message == (
        "Unable to create/update fields: Location. Please check the security settings of this field and verify that it is "
        "read/write for your profile or permission set."
    )
    fields = {field["name"]: field for field in agent.get("sobjects/LiveChatTranscript/describe").json()["fields"]}
    assert (fields["Location"]["createable"], fields["Location"]["updateable"]) == (False, False)
    assert fields["OwnerId"]["updateable"] is True


def test_children_of_a_hidden_type_are_not_described_or_queried(agent: Person) -> None:
    described = agent.get("sobjects/LiveChatVisitor/describe").json()
    children = {child["childSObject"] for child in described["childRelationships"]}
    assert "LiveChatTranscript" in children
    user = agent.get("sobjects/User/describe").json()
    assert "Account" not in {child["childSObject"] for child in user["childRelationships"]}
    answer = agent.error("GET", "query", params={"q": "SELECT Id, (SELECT Id FROM Note__r) FROM LiveChatTranscript"})
    assert answer[1] == "INVALID_FIELD"  # Note__c.Chat__c is hidden, and so is the relationship


def test_a_search_finds_nothing_in_hidden_fields(live: LiveOrg, refs: dict[str, str]) -> None:
    live.org.seed(
        {
            "records": [
                {"object": "Contact", "fields": {"LastName": "Seen", "Department": "Treasury", "Title": "Keeper"}},
                {"object": "Contact", "fields": {"LastName": "Other", "Title": "Keeper"}},
            ],
            "permissions": [
                {"profile": "Chat Agent", "objects": {"Contact": "R"}, "fields": {"Contact.Title": "read"}},
            ],
        }
    )
    agent, admin = Person(live, "agent@x.test"), Person(live)

    def found(who: Person, sosl: str) -> list[str]:
        answer = who.get("search", params={"q": sosl})
        assert answer.status_code == 200, answer.text
        return sorted(record["LastName"] for record in answer.json()["searchRecords"])

    assert found(admin, "FIND {treasury} RETURNING Contact(LastName)") == ["Seen"]
    assert found(agent, "FIND {treasury} RETURNING Contact(LastName)") == []
    assert found(agent, "FIND {keeper} RETURNING Contact(LastName)") == ["Other", "Seen"]
    # Nor does what a hidden field has leave anything out.
    assert found(admin, "FIND {keeper AND NOT treasury} RETURNING Contact(LastName)") == ["Other"]
    assert found(agent, "FIND {keeper AND NOT treasury} RETURNING Contact(LastName)") == ["Other", "Seen"]
    assert agent.error("GET", "search", params={"q": "FIND {keeper} RETURNING Account"})[1] == "INVALID_TYPE"


# --- permission sets


def test_a_permission_set_adds_rights_at_once_and_takes_them_along(
    live: LiveOrg, admin: Person, agent: Person, refs: dict[str, str]
) -> None:
    soql = "SELECT Body FROM LiveChatTranscript"
    assert agent.error("GET", "query", params={"q": soql})[1] == "INVALID_FIELD"
    made = admin.send(
        "POST",
        "sobjects/PermissionSetAssignment",
        json={"AssigneeId": refs["agent"], "PermissionSetId": refs["editor"]},
    )
    assert made.status_code == 201, made.text
    assert agent.query(soql).json()["records"][0]["Body"] == "a hidden text"
    transcript = f"sobjects/LiveChatTranscript/{refs['t']}"
    assert agent.send("PATCH", transcript, json={"Body": "changed"}).status_code == 204
    assignment = f"sobjects/PermissionSetAssignment/{made.json()['id']}"
    assert admin.send("DELETE", assignment).status_code == 204
    assert agent.error("GET", "query", params={"q": soql})[1] == "INVALID_FIELD"


def test_rights_are_given_and_taken_by_rows(admin: Person, agent: Person, refs: dict[str, str]) -> None:
    own = admin.query(
        "SELECT Id, IsOwnedByProfile, IsCustom FROM PermissionSet WHERE Profile.Name = 'Chat Agent'"
    ).json()["records"][0]
    assert (own["IsOwnedByProfile"], own["IsCustom"]) == (True, True)
    row = {"ParentId": own["Id"], "SobjectType": "account", "PermissionsRead": True}
    made = admin.send("POST", "sobjects/ObjectPermissions", json=row)
    assert made.status_code == 201, made.text
    assert agent.query("SELECT Name FROM Account").json()["totalSize"] == 1
    assert agent.error("GET", "query", params={"q": "SELECT Industry FROM Account"})[1] == "INVALID_FIELD"
    field = {"ParentId": own["Id"], "SobjectType": "Account", "Field": "Account.Industry", "PermissionsRead": True}
    assert admin.send("POST", "sobjects/FieldPermissions", json=field).status_code == 201
    assert agent.query("SELECT Industry FROM Account").status_code == 200
    parent = {"ParentId": own["Id"], "SobjectType": "Account", "Field": "Account.Parent", "PermissionsRead": True}
    assert admin.send("POST", "sobjects/FieldPermissions", json=parent).status_code == 201
    assert agent.query("SELECT ParentId FROM Account").status_code == 200  # a lookup may leave off its Id
    path = f"sobjects/ObjectPermissions/{made.json()['id']}"
    assert admin.send("PATCH", path, json={"PermissionsRead": False}).status_code == 204
    assert agent.error("GET", "query", params={"q": "SELECT Name FROM Account"})[1] == "INVALID_TYPE"
    assert admin.get(path).status_code == 404  # a row that gives nothing is deleted


@pytest.mark.parametrize(
    ("sobject", "row", "code", "message"),
    [
        (
            "ObjectPermissions", {"SobjectType": "Account", "PermissionsEdit": True}, "FIELD_INTEGRITY_EXCEPTION",
            "Permission Edit Account depends on permission(s): Read Account",
        ),
        (
            "ObjectPermissions", {"SobjectType": "Account", "PermissionsRead": True, "PermissionsModifyAllRecords": True},
            "FIELD_INTEGRITY_EXCEPTION",
            "Permission Modify All Account depends on permission(s): Edit Account, Delete Account, View All Account",
        ),
        (
            "ObjectPermissions", {"SobjectType": "Nonsense", "PermissionsRead": True},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Sobject Type Name: bad value for restricted picklist field: Nonsense",
        ),
        (
            "FieldPermissions", {"SobjectType": "Account", "Field": "Account.Name", "PermissionsRead": True},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Field Name: bad value for restricted picklist field: Account.Name",
        ),
        (
            "FieldPermissions", {"SobjectType": "Account", "Field": "Account.Industry", "PermissionsEdit": True},
            "FIELD_INTEGRITY_EXCEPTION",
            "Permission Edit Account.Industry depends on permission(s): Read Account.Industry",
        ),
        (
            "ObjectPermissions", {"SobjectType": "LiveChatTranscript", "PermissionsRead": True}, "DUPLICATE_VALUE",
            "duplicate value found: SobjectType duplicates value on record with id: ",
        ),
    ],
)  # fmt: skip
def test_rows_that_break_the_rules_are_refused(
    admin: Person, refs: dict[str, str], sobject: str, row: dict[str, Any], code: str, message: str
) -> None:
    status, found, text = admin.error("POST", f"sobjects/{sobject}", json={"ParentId": refs["editor"], **row})
    assert (status, found) == (400, code)
    assert text.startswith(message)


def test_permission_sets_themselves_have_rules(admin: Person, refs: dict[str, str]) -> None:
    assert admin.error("POST", "sobjects/PermissionSet", json={"Name": "a b", "Label": "x"})[1] == (
        "FIELD_INTEGRITY_EXCEPTION"
    )
    assert admin.error("POST", "sobjects/PermissionSet", json={"Name": "chat_editor", "Label": "x"})[1] == (
        "DUPLICATE_DEVELOPER_NAME"
    )
    row = {"AssigneeId": refs["agent"], "PermissionSetId": refs["editor"]}
    assert admin.send("POST", "sobjects/PermissionSetAssignment", json=row).status_code == 201
    status, code, message = admin.error("POST", "sobjects/PermissionSetAssignment", json=row)
    assert (status, code) == (400, "DUPLICATE_VALUE")
    assert message == (
        f"Duplicate PermissionSetAssignment. Assignee: {refs['agent'][:15]}; Permission Set: {refs['editor'][:15]}"
    )
    assert admin.error("DELETE", f"sobjects/PermissionSet/{refs['editor']}")[1] == "DELETE_FAILED"
    own = admin.query("SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true LIMIT 1").json()["records"][0]["Id"]
    assert admin.error("DELETE", f"sobjects/PermissionSet/{own}")[1] == "INSUFFICIENT_ACCESS_OR_READONLY"
    reader = {"AssigneeId": refs["reader"], "PermissionSetId": own}
    assert admin.error("POST", "sobjects/PermissionSetAssignment", json=reader)[1] == "FIELD_INTEGRITY_EXCEPTION"


def test_each_user_has_the_set_of_his_profile(admin: Person, refs: dict[str, str]) -> None:
    soql = (
        "SELECT PermissionSet.Profile.Name FROM PermissionSetAssignment"
        f" WHERE AssigneeId = '{refs['agent']}' AND PermissionSet.IsOwnedByProfile = true"
    )

    def profiles() -> list[str]:
        return [row["PermissionSet"]["Profile"]["Name"] for row in admin.query(soql).json()["records"]]

    assert profiles() == ["Chat Agent"]
    standard = admin.query("SELECT Id FROM Profile WHERE Name = 'Standard User'").json()["records"][0]["Id"]
    assert admin.send("PATCH", f"sobjects/User/{refs['agent']}", json={"ProfileId": standard}).status_code == 204
    assert profiles() == ["Standard User"]


def test_rights_are_out_of_reach_of_those_who_have_them(live: LiveOrg, agent: Person, refs: dict[str, str]) -> None:
    for name in ("PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions"):
        assert agent.error("GET", "query", params={"q": f"SELECT Id FROM {name}"})[1] == "INVALID_TYPE"
    live.org.seed({"permissions": [{"profile": "Standard User", "users": ["agent@x.test"]}]})
    assert agent.query("SELECT Id FROM PermissionSet").status_code == 200
    row = {"AssigneeId": refs["agent"], "PermissionSetId": refs["editor"]}
    assert (
        agent.error("POST", "sobjects/PermissionSetAssignment", json=row)[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    )


# --- system permissions


def test_conversation_entries_need_their_permission(live: LiveOrg, admin: Person, agent: Person) -> None:
    soql = "SELECT Id FROM ConversationEntry"
    assert agent.error("GET", "query", params={"q": soql})[1] == "INVALID_TYPE"
    assert agent.query(soql, version="49.0").status_code == 200  # "Earlier versions do not require permissions."
    assert agent.get("sobjects/ConversationEntry/describe").status_code == 404
    assert admin.query(soql).status_code == 200
    live.org.seed({"permissions": [{"profile": "Chat Agent", "system": ["CanAccessCE"]}]})
    assert agent.query(soql).status_code == 200
    live.org.seed({"permissions": [{"profile": "System Administrator", "system": ["-CanAccessCE"]}]})
    assert admin.error("GET", "query", params={"q": soql})[1] == "INVALID_TYPE"
    assert "ConversationEntry" not in {one["name"] for one in admin.get("sobjects").json()["sobjects"]}


def test_audit_fields_are_set_by_who_is_permitted_to(live: LiveOrg, admin: Person, refs: dict[str, str]) -> None:
    row = {"Name": "Old", "CreatedDate": "2019-01-02T03:04:05.000Z", "CreatedById": refs["agent"]}
    assert admin.error("POST", "sobjects/Account", json=row)[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    live.org.seed({"permissions": [{"profile": "System Administrator", "system": ["CreateAuditFields"]}]})
    fields = {one["name"]: one for one in admin.get("sobjects/Account/describe").json()["fields"]}
    assert (fields["CreatedDate"]["createable"], fields["CreatedDate"]["updateable"]) == (True, False)
    assert fields["SystemModstamp"]["createable"] is False
    last = {"LastModifiedDate": "2020-01-02T03:04:05.000Z", "LastModifiedById": refs["agent"]}
    made = admin.send("POST", "sobjects/Account", json=row | last)
    assert made.status_code == 201, made.text
    account = f"sobjects/Account/{made.json()['id']}"
    record = admin.get(account).json()
    assert record["CreatedDate"] == "2019-01-02T03:04:05.000+0000"
    assert record["LastModifiedDate"] == "2020-01-02T03:04:05.000+0000"
    assert (record["CreatedById"], record["LastModifiedById"]) == (refs["agent"], refs["agent"])
    assert record["SystemModstamp"] > "2026"
    assert admin.error("PATCH", account, json={"CreatedDate": "2018-01-02T03:04:05.000Z"})[1] == (
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    )
    plain = admin.send("POST", "sobjects/Account", json={"Name": "New", "CreatedDate": None}).json()["id"]
    assert admin.get(f"sobjects/Account/{plain}").json()["CreatedDate"] > "2026"
    session = {"AgentId": refs["agent"], "LoginTime": "2026-06-15T08:00:00Z", "LogoutTime": "2026-06-15T11:00:00Z"}
    late = session | {"CreatedDate": "2018-01-02T03:04:05.000Z"}
    assert admin.error("POST", "sobjects/LiveAgentSession", json=late)[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_user_without_the_api_can_call_nothing(live: LiveOrg, agent: Person) -> None:
    live.org.seed({"permissions": [{"profile": "Chat Agent", "system": ["-ApiEnabled"]}]})
    assert agent.error("GET", "sobjects") == (
        403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.",
    )  # fmt: skip
    with pytest.raises(SalesforceAuthenticationFailed, match="API is disabled for this User"):
        Salesforce(
            username="agent@x.test", password="p", security_token="t", domain=live.login_domain, session=live.session()
        )


def test_a_session_ends_when_its_user_is_deactivated(admin: Person, agent: Person, refs: dict[str, str]) -> None:
    assert agent.get("sobjects").status_code == 200
    assert admin.send("PATCH", f"sobjects/User/{refs['agent']}", json={"IsActive": False}).status_code == 204
    assert agent.error("GET", "sobjects") == (401, "INVALID_SESSION_ID", "Session expired or invalid")


def test_modify_all_data_opens_types_and_not_fields(live: LiveOrg, agent: Person) -> None:
    live.org.seed({"permissions": [{"profile": "Chat Agent", "system": ["ModifyAllData", "ViewAllData"]}]})
    assert agent.send("POST", "sobjects/Account", json={"Name": "B"}).status_code == 201
    assert agent.error("GET", "query", params={"q": "SELECT Industry FROM Account"})[1] == "INVALID_FIELD"


def test_a_profile_and_its_set_have_the_same_permissions(admin: Person, refs: dict[str, str]) -> None:
    soql = "SELECT Id, PermissionsRunFlow FROM {} WHERE {} = 'Chat Agent'"
    profile = admin.query(soql.format("Profile", "Name")).json()["records"][0]
    own = admin.query(soql.format("PermissionSet", "Profile.Name")).json()["records"][0]
    assert (
        admin.send("PATCH", f"sobjects/Profile/{profile['Id']}", json={"PermissionsRunFlow": True}).status_code == 204
    )
    assert admin.get(f"sobjects/PermissionSet/{own['Id']}").json()["PermissionsRunFlow"] is True
    assert admin.send("PATCH", f"sobjects/PermissionSet/{own['Id']}", json={"PermissionsRunFlow": False}).ok
    assert admin.get(f"sobjects/Profile/{profile['Id']}").json()["PermissionsRunFlow"] is False


# --- everywhere else


def test_composites_ask_for_the_same_rights(agent: Person, refs: dict[str, str]) -> None:
    records = [
        {"attributes": {"type": "LiveChatVisitor"}},
        {"attributes": {"type": "Note__c"}, "Secret__c": "s"},
    ]
    answer = agent.send("POST", "composite/sobjects", json={"allOrNone": False, "records": records[:1]})
    assert answer.json()[0]["success"] is True
    answer = agent.send("POST", "composite/sobjects", json={"allOrNone": False, "records": records[1:]})
    assert answer.status_code == 400
    assert "No such column 'Secret__c'" in answer.text
    hidden = {"records": [{"attributes": {"type": "Account"}, "Name": "x"}]}
    assert agent.error("POST", "composite/sobjects", json=hidden)[1] == "INVALID_TYPE"
    [result] = agent.send("DELETE", f"composite/sobjects?ids={refs['t']}").json()
    assert result["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    [result] = agent.send("DELETE", f"composite/sobjects?ids={refs['a']}").json()
    assert result["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    tree = {"records": [{"attributes": {"type": "Account", "referenceId": "r"}, "Name": "x"}]}
    assert agent.send("POST", "composite/tree/Account", json=tree).status_code == 404


def test_replication_and_relationships_see_what_the_user_sees(agent: Person, refs: dict[str, str]) -> None:
    window = "start=2026-06-15T00:00:00Z&end=2026-06-15T12:30:00Z"
    assert agent.get(f"sobjects/Account/updated/?{window}").status_code == 404
    assert agent.get(f"sobjects/Account/deleted/?{window}").status_code == 404
    assert agent.get(f"sobjects/LiveChatTranscript/updated/?{window}").json()["ids"] == [refs["t"]]
    assert agent.get(f"sobjects/LiveChatTranscript/{refs['t']}/LiveChatVisitor").json()["Id"] == refs["v"]
    assert agent.get(f"sobjects/LiveChatTranscript/{refs['t']}/Account").status_code == 404


def test_describes_change_with_rights(admin: Person, live: LiveOrg) -> None:
    before = admin.get("sobjects/Account/describe").headers["Last-Modified"]
    headers = {"If-Modified-Since": before}
    assert admin.get("sobjects/Account/describe", headers=headers).status_code == 304
    live.org.seed({"permissions": [{"profile": "System Administrator", "fields": {"Account.Industry": "none"}}]})
    answer = admin.get("sobjects/Account/describe", headers=headers)
    assert answer.status_code == 200
    assert "Industry" not in {field["name"] for field in answer.json()["fields"]}


def test_a_reset_brings_rights_back(live: LiveOrg) -> None:
    before = live.org.snapshot()
    live.org.seed({"permissions": [{"profile": "System Administrator", "fields": {"Account.Industry": "none"}}]})
    admin = Person(live)
    assert admin.error("GET", "query", params={"q": "SELECT Industry FROM Account"})[1] == "INVALID_FIELD"
    live.org.restore(before)
    assert Person(live).query("SELECT Industry FROM Account").status_code == 200


def test_public_clients_meet_the_errors_of_the_platform(live: LiveOrg, refs: dict[str, str]) -> None:
    client = Salesforce(
        username="agent@x.test", password="p", security_token="t", domain=live.login_domain, session=live.session()
    )
    assert client.query("SELECT Location FROM LiveChatTranscript")["records"][0]["Location"] == "Oslo"
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.query("SELECT Body FROM LiveChatTranscript")
    assert refused.value.content[0]["errorCode"] == "INVALID_FIELD"
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.LiveChatTranscript.create({"LiveChatVisitorId": refs["v"]})
    assert refused.value.content[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    names = {field["name"] for field in client.LiveChatTranscript.describe()["fields"]}
    assert "Body" not in names


def test_an_upsert_asks_for_what_it_does(live: LiveOrg, admin: Person, agent: Person) -> None:
    key = {"name": "Key__c", "type": "string", "length": 20, "externalId": True}
    live.org.seed({"objects": [{"name": "Note__c", "fields": [key]}]})
    path = "sobjects/Note__c/Key__c/k"
    status, code, message = agent.error("PATCH", path, json={"Text__c": "x"})
    assert (status, code) == (404, "NOT_FOUND")
    assert message == "Provided external ID field does not exist or is not accessible: Key__c"
    live.org.seed({"permissions": [{"profile": "Chat Agent", "fields": {"Note__c.Key__c": "read"}}]})
    assert (
        agent.error("PATCH", path, json={"Text__c": "x"})[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )  # the key is written
    live.org.seed({"permissions": [{"profile": "Chat Agent", "fields": {"Note__c.Key__c": "edit"}}]})
    assert agent.send("PATCH", path, json={"Text__c": "x"}).status_code == 201
    assert agent.error("PATCH", path, json={"Text__c": "y"})[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_an_upsert_of_many_tells_each_row_that_it_may_not_be_written(live: LiveOrg, refs: dict[str, str]) -> None:
    reader = Person(live, "reader@x.test")
    rows = [{"attributes": {"type": "Account"}, "Id": refs["a"], "Name": "x"},
            {"attributes": {"type": "Account"}, "Id": None, "Name": "y"}]  # fmt: skip
    answer = reader.send("PATCH", "composite/sobjects/Account/Id", json={"records": rows})
    assert answer.status_code == 200, answer.text
    assert [one["errors"][0]["message"] for one in answer.json()] == [
        "entity type cannot be updated: Account",
        "entity type cannot be inserted: Account",
    ]
    assert reader.error("PATCH", "composite/sobjects/Account/Nope", json={"records": rows})[1] == "NOT_FOUND"


def test_a_page_is_read_with_the_rights_of_its_own_time(live: LiveOrg, admin: Person, agent: Person) -> None:
    records = [{"object": "LiveChatVisitor"} for _ in range(201)]
    live.org.seed({"records": records})
    first = agent.query("SELECT Id FROM LiveChatVisitor", headers={"Sforce-Query-Options": "batchSize=200"}).json()
    assert (first["done"], len(first["records"])) == (False, 200)
    locator = first["nextRecordsUrl"].rsplit("/", 1)[1]
    live.org.seed({"permissions": [{"profile": "Chat Agent", "objects": {"LiveChatVisitor": ""}}]})
    assert agent.error("GET", f"query/{locator}")[1] == "INVALID_TYPE"


def test_a_file_that_may_not_be_read_is_not_there(live: LiveOrg, admin: Person, refs: dict[str, str]) -> None:
    body = {"ParentId": refs["a"], "Name": "a.txt", "Body": "aGVsbG8="}
    made = admin.send("POST", "sobjects/Attachment", json=body)
    assert made.status_code == 201, made.text
    path = f"sobjects/Attachment/{made.json()['id']}/Body"
    reader = Person(live, "reader@x.test")
    assert reader.get(path).content == b"hello"
    live.org.seed({"permissions": [{"profile": "Read Only", "objects": {"Attachment": ""}}]})
    assert reader.get(path).status_code == 404


def test_a_new_user_by_the_api_has_his_rights_at_once(admin: Person, live: LiveOrg, refs: dict[str, str]) -> None:
    profile = admin.query("SELECT Id FROM Profile WHERE Name = 'Read Only'").json()["records"][0]["Id"]
    values = {
        "Username": "new@x.test", "LastName": "New", "Alias": "new", "Email": "new@x.test", "CommunityNickname": "new",
        "TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
        "ProfileId": profile, "IsActive": True,
    }  # fmt: skip
    made = admin.send("POST", "sobjects/User", json=values)
    assert made.status_code == 201, made.text
    new = Person(live, "new@x.test")
    assert new.query("SELECT Id FROM Account").json()["totalSize"] == 1
    assert new.error("POST", "sobjects/Account", json={"Name": "x"})[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
