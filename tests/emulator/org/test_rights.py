"""Rights as values: who has which, when they change, and which view of the catalog they give."""

import threading
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org import rights
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.org.rights import Openness
from chatlift.emulator.scenario import open_org
from chatlift.schemas.descriptor import sobject_from


def user(name: str, **fields: Any) -> dict[str, Any]:
    return {"object": "User", "ref": name, "fields": {"Username": f"{name}@x.test", "LastName": name, **fields}}


def grant(**entry: Any) -> dict[str, Any]:
    """A scenario with one entry of permissions; `set_` names a permission set."""
    if "set_" in entry:
        entry["permissionSet"] = entry.pop("set_")
    return {"permissions": [entry]}


@pytest.fixture
def agent(org: Org) -> Caller:
    """A user with a profile of his own."""
    return Caller(org.seed({"records": [user("agent")], **grant(profile="Chat Agent", users=["@agent"])})["agent"])


def test_the_administrator_sees_the_catalog_itself(org: Org, me: Caller) -> None:
    assert org.rights.of(me.user_id).is_unrestricted
    assert org.seen_by(me) is org.catalog


def test_users_with_the_same_rights_share_a_view(org: Org, agent: Caller) -> None:
    other = Caller(org.seed({"records": [user("other")], **grant(profile="Chat Agent", users=["@other"])})["other"])
    assert org.rights.of(agent.user_id) == org.rights.of(other.user_id)
    assert org.seen_by(agent) is org.seen_by(other)
    assert org.seen_by(agent).get("User") is org.seen_by(other).get("User")


def test_a_type_of_which_nothing_is_hidden_is_the_type_itself(org: Org) -> None:
    standard = Caller(org.seed({"records": [user("u")], **grant(profile="Standard User", users=["@u"])})["u"])
    view = org.seen_by(standard)
    assert view is not org.catalog
    assert view.get("LiveChatTranscript") is org.catalog.get("LiveChatTranscript")
    narrowed = view.get("PermissionSet")
    assert narrowed is not org.catalog.get("PermissionSet")
    assert narrowed.whole is org.catalog.get("PermissionSet")


def test_a_new_profile_is_closed_and_may_call_the_api(org: Org, agent: Caller) -> None:
    found = org.rights.of(agent.user_id)
    assert (found.openness, found.is_active) == (Openness.CLOSED, True)
    assert org.rights.allows(agent, "ApiEnabled")
    assert not org.rights.allows(agent, "BulkApiHardDelete")
    assert org.seen_by(agent).find("LiveChatTranscript") is None


def test_nobody_may_do_nothing_and_the_platform_everything(org: Org) -> None:
    stranger = Caller("005000000000000AAA")
    assert not org.rights.of(stranger.user_id).is_active
    assert not org.rights.allows(stranger, "ApiEnabled")
    assert org.seen_by(stranger).find("Account") is None
    platform = Caller(stranger.user_id, is_system=True)
    assert org.rights.allows(platform, "ModifyAllData")
    assert org.seen_by(platform) is org.catalog


def test_permission_sets_add_up(org: Org, agent: Caller) -> None:
    org.seed(grant(set_="One", users=["agent@x.test"], objects={"Account": "R"}, fields={"Account.Industry": "read"}))
    org.seed(
        grant(
            set_="Two",
            users=["agent@x.test"],
            objects={"Account": "RE", "Contact": "RF"},
            fields={"Account.Industry": "edit", "Account.Site": "read"},
            system=["BulkApiHardDelete"],
        )
    )
    account, contact = org.seen_by(agent).get("Account"), org.seen_by(agent).get("Contact")
    assert (account.supports("update"), account.supports("create"), account.supports("delete")) == (True, False, False)
    industry, site = account.field("Industry"), account.field("Site")
    assert industry is not None
    assert site is not None
    assert (industry.updateable, site.updateable, site.createable) == (True, False, False)
    assert account.field("Phone") is None
    phone = contact.field("Phone")
    assert phone is not None  # "View All Fields"
    assert not phone.updateable
    assert org.rights.allows(agent, "BulkApiHardDelete")


def test_a_set_that_a_session_must_activate_gives_nothing(org: Org, me: Caller, agent: Caller) -> None:
    set_id = org.seed(grant(set_="Asleep", ref="s", users=["agent@x.test"], objects={"Account": "R"}))["s"]
    assert org.seen_by(agent).find("Account") is not None
    org.records.update(me, "PermissionSet", set_id, {"HasActivationRequired": True})
    assert org.seen_by(agent).find("Account") is None


def test_a_change_counts_inside_its_transaction_and_is_gone_with_it(org: Org, agent: Caller) -> None:
    assert org.seen_by(agent).find("Account") is None

    def undone() -> None:
        with org.transaction():
            org.seed(grant(profile="Chat Agent", objects={"Account": "R"}))
            assert org.seen_by(agent).find("Account") is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert org.seen_by(agent).find("Account") is None
    with org.transaction():
        org.seed(grant(profile="Chat Agent", objects={"Account": "R"}))
    assert org.seen_by(agent).find("Account") is not None


def test_other_threads_see_a_change_once_it_is_committed(org: Org, agent: Caller) -> None:
    def is_seen() -> bool:
        found: list[bool] = []
        thread = threading.Thread(target=lambda: found.append(org.seen_by(agent).find("Account") is not None))
        thread.start()
        thread.join(10)
        return found[0]

    assert not is_seen()
    org.seed(grant(profile="Chat Agent", objects={"Account": "R"}))
    assert is_seen()


def test_rows_outside_of_rights_leave_what_is_known_alone(org: Org, me: Caller, agent: Caller) -> None:
    before = org.rights.of(agent.user_id)
    org.records.create(me, "Account", {"Name": "A"})
    assert org.rights.of(agent.user_id) is before
    org.records.update(me, "User", agent.user_id, {"LastName": "New"})
    assert org.rights.of(agent.user_id) is before
    org.records.update(me, "User", agent.user_id, {"IsActive": False})
    assert not org.rights.of(agent.user_id).is_active


def test_rights_survive_the_process(store_url: str, agent: Caller, org: Org) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory is gone with the process")
    org.seed(grant(profile="Chat Agent", objects={"Account": "R"}))
    org.close()
    again = Org.open(OrgConfig(database=store_url))
    assert again.seen_by(agent).find("Account") is not None
    assert again.seen_by(agent).find("Contact") is None
    again.close()


def test_another_process_sees_a_change_in_a_shared_database(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "SHARED_SECONDS", 0.0)
    first, second = (Org.open(OrgConfig(database=postgresql_url)) for _ in range(2))
    scenario = {"records": [user("agent")], **grant(profile="Chat Agent", users=["@agent"])}
    caller = Caller(first.seed(scenario)["agent"])
    assert second.seen_by(caller).find("Account") is None
    first.seed(grant(profile="Chat Agent", objects={"Account": "R"}))
    assert second.seen_by(caller).find("Account") is not None
    first.close()
    second.close()


def test_an_org_of_before_there_were_rights_gets_them(store_url: str, org: Org, me: Caller) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory is gone with the process")
    with org.store.write() as transaction:
        for name in ("PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions"):
            cascade = " CASCADE" if org.store.dialect == "postgresql" else ""
            transaction.run(f'DROP TABLE "{name}"{cascade}')
        for table in ("User", "Profile"):
            for event in ("insert", "update", "delete"):
                where = f' ON "{table}"' if org.store.dialect == "postgresql" else ""
                transaction.run(f'DROP TRIGGER "{table}.rights.{event}"{where}')
        transaction.run('UPDATE "Profile" SET "PermissionsCanAccessCE" = NULL')
        transaction.run("DELETE FROM \"_meta\" WHERE key = 'rights'")
    org.close()
    again = Org.open(OrgConfig(database=store_url))
    assert again.seen_by(me) is again.catalog
    found = again.query.run(me, "SELECT COUNT() FROM PermissionSet WHERE IsOwnedByProfile = true")
    assert found.total_size == 8
    again.close()


def test_shared_fields_of_a_name_and_an_address_go_together(org: Org, agent: Caller) -> None:
    org.seed(grant(profile="Chat Agent", objects={"Contact": "R"}))
    contact = org.seen_by(agent).get("Contact")
    assert contact.field("LastName") is not None
    assert contact.field("MailingCity") is None
    assert contact.field("MailingAddress") is None
    org.seed(grant(profile="Chat Agent", fields={"Contact.MailingAddress": "read"}))
    contact = org.seen_by(agent).get("Contact")
    city = contact.field("MailingCity")
    assert city is not None
    assert not city.updateable
    assert contact.field("MailingAddress") is not None
    assert contact.field("OtherCity") is None


def test_a_formula_reads_what_its_user_may_not(org: Org, me: Caller, agent: Caller) -> None:
    """A formula field shows its value to who may read it, whatever he may read of its sources."""
    fields = [
        {"name": "Parent__c", "type": "reference", "referenceTo": ["Account"]},
        {"name": "Where__c", "type": "string", "formula": "Parent__r.Site"},
    ]
    org.seed({"objects": [{"name": "Thing__c", "fields": fields}]})
    account = org.records.create(me, "Account", {"Name": "A", "Site": "Hull"})
    thing = org.records.create(me, "Thing__c", {"Parent__c": account})
    org.seed(grant(profile="Chat Agent", objects={"Thing__c": "R"}, fields={"Thing__c.Where__c": "read"}))
    assert (
        org.query.run(agent, "SELECT Where__c FROM Thing__c WHERE Where__c = 'Hull'").records[0]["Where__c"] == "Hull"
    )
    assert org.records.retrieve(agent, "Thing__c", thing)["Where__c"] == "Hull"
    for soql in ("SELECT Parent__r.Site FROM Thing__c", "SELECT Where__c, Parent__r.Site FROM Thing__c"):
        with pytest.raises(OrgError, match="Didn't understand relationship"):
            org.query.run(agent, soql)


def test_lookups_by_another_key_go_by_what_the_user_sees(org: Org, me: Caller, agent: Caller) -> None:
    key = {"name": "Key__c", "type": "string", "length": 20, "externalId": True}
    org.seed({"objects": [{"name": "Account", "fields": [key]}]})
    org.records.create(me, "Account", {"Name": "A", "Key__c": "k"})
    org.seed(
        grant(
            profile="Chat Agent",
            objects={"Account": "R", "Contact": "CR"},
            fields={"Contact.AccountId": "edit"},
        )
    )
    values = {"LastName": "C", "Account": {"Key__c": "k"}}
    with pytest.raises(OrgError, match="No external id or id lookup field"):
        org.records.create(agent, "Contact", values)
    with pytest.raises(OrgError, match="Provided external ID field does not exist or is not accessible: Key__c"):
        org.records.find(agent, "Account", "Key__c", "k")
    org.seed(grant(profile="Chat Agent", fields={"Account.Key__c": "read"}))
    assert org.records.create(agent, "Contact", values)


def test_what_a_user_may_not_write_is_filled_in_all_the_same(org: Org, agent: Caller) -> None:
    fields = [
        {"name": "Kind__c", "type": "picklist", "picklistValues": [{"value": "a", "default": True}, "b"]},
        {"name": "Number__c", "type": "string", "autoNumber": True, "displayFormat": "N-{000}"},
    ]
    org.seed({"objects": [{"name": "Thing__c", "fields": fields}]})
    org.seed(grant(profile="Chat Agent", objects={"Thing__c": "CR"}))
    thing = org.records.create(agent, "Thing__c", {})
    shown = org.records.retrieve(Caller("", is_system=True), "Thing__c", thing, ["Kind__c", "Number__c", "OwnerId"])
    assert (shown["Kind__c"], shown["Number__c"], shown["OwnerId"]) == ("a", "N-001", agent.user_id)
    assert "Kind__c" not in org.records.retrieve(agent, "Thing__c", thing)


def test_deleting_a_profile_takes_its_set_along(org: Org, me: Caller) -> None:
    profile = org.seed(grant(profile="Short", ref="p", objects={"Account": "R"}))["p"]
    soql = f"SELECT COUNT() FROM ObjectPermissions WHERE Parent.ProfileId = '{profile}'"
    assert org.query.run(me, soql).total_size == 1
    org.records.delete(me, "Profile", profile)
    assert org.query.run(me, "SELECT COUNT() FROM ObjectPermissions").total_size == 0


def test_a_seed_may_write_the_rows_itself(org: Org) -> None:
    records = [
        {"object": "Profile", "ref": "p", "fields": {"Name": "Own"}},
        user("u", ProfileId="@p"),
        {"object": "PermissionSet", "ref": "s", "fields": {"Name": "Reads", "Label": "Reads"}},
        {"object": "PermissionSetAssignment", "fields": {"AssigneeId": "@u", "PermissionSetId": "@s"}},
        {
            "object": "ObjectPermissions",
            "fields": {"ParentId": "@s", "SobjectType": "livechatvisitor", "PermissionsRead": True},
        },
        {
            "object": "FieldPermissions",
            "fields": {"ParentId": "@s", "SobjectType": "Account", "Field": "account.site", "PermissionsRead": True},
        },
    ]
    caller = Caller(org.seed({"records": records})["u"])
    assert org.seen_by(caller).find("LiveChatVisitor") is not None
    assert org.seen_by(caller).find("Account") is None


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("text", "permissions[0]: an entry is an object with a profile or a permissionSet"),
        (
            {"profile": "A", "permissionSet": "B"},
            "permissions[0]: an entry is an object with a profile or a permissionSet",
        ),
        ({"profile": "A", "colour": "red"}, "permissions[0]: there is no key 'colour'"),
        ({"profile": 1}, "permissions[0]: a name is text"),
        ({"profile": "A", "users": ["@gone"]}, "permissions[0].users: there is no user '@gone'"),
        ({"profile": "A", "users": "ada"}, "permissions[0].users: must be a list"),
        (
            {"profile": "A", "objects": {"Account": "X"}},
            "permissions[0].objects: Account: rights are the letters CREDVMF",
        ),
        ({"profile": "A", "objects": ["Account"]}, "permissions[0].objects: must be an object"),
        (
            {"profile": "A", "objects": {"Account": "E"}},
            "Permission Edit Account depends on permission(s): Read Account",
        ),
        ({"profile": "A", "objects": {"Nothing": "R"}}, "bad value for restricted picklist field: Nothing"),
        (
            {"profile": "A", "fields": {"Account.Site": "write"}},
            "permissions[0].fields: Account.Site: a field's right is",
        ),
        (
            {"profile": "A", "fields": {"Account.Nothing": "read"}},
            "bad value for restricted picklist field: Account.Noth",
        ),
        ({"profile": "A", "fields": {"Account.Name": "read"}}, "bad value for restricted picklist field: Account.Name"),
        ({"profile": "A", "system": ["Fly"]}, "permissions[0].system: there is no permission 'Fly'"),
        ({"permissionSet": "a b"}, "The Permission Set API Name can only contain"),
    ],
)
def test_permissions_that_cannot_be_given_are_refused(org: Org, me: Caller, entry: Any, problem: str) -> None:
    with pytest.raises(OrgError) as refused:
        org.seed({"permissions": [entry]})
    assert problem in refused.value.message
    assert refused.value.message.startswith("permissions[0]")
    assert org.query.run(me, "SELECT COUNT() FROM Profile").total_size == 8


def test_permissions_are_a_list(org: Org) -> None:
    with pytest.raises(OrgError, match="permissions: must be a list"):
        org.seed({"permissions": {}})


def test_an_entry_changes_what_an_earlier_one_said(org: Org, agent: Caller) -> None:
    org.seed(grant(profile="chat agent", objects={"Account": "CRED"}, fields={"Account.Site": "edit"}))
    org.seed(grant(profile="Chat Agent", objects={"account": "R"}, fields={"account.site": "none"}))
    account = org.seen_by(agent).get("Account")
    assert not account.supports("update")
    assert account.field("Site") is None
    assert org.query.run(Caller("", is_system=True), "SELECT COUNT() FROM ObjectPermissions").total_size == 1


def test_a_standard_profile_is_open_until_a_row_says_otherwise(org: Org) -> None:
    caller = Caller(org.seed({"records": [user("u")], **grant(profile="Standard User", users=["@u"])})["u"])
    assert org.seen_by(caller).get("Account").supports("delete")
    org.seed(grant(profile="Standard User", objects={"Account": "R", "Contact": ""}, fields={"Lead.Phone": "none"}))
    view = org.seen_by(caller)
    assert not view.get("Account").supports("delete")
    assert view.find("Contact") is None
    assert view.get("Lead").field("Phone") is None
    assert view.get("Lead").field("MobilePhone") is not None
    assert view.get("Opportunity") is org.catalog.get("Opportunity")


def test_extending_the_schema_makes_new_views(org: Org, agent: Caller) -> None:
    before = org.seen_by(agent)
    org.seed({"objects": [{"name": "Thing__c", "fields": []}]})
    assert org.seen_by(agent) is not before
    assert org.seen_by(agent).find("Thing__c") is None
    org.seed(grant(profile="Chat Agent", objects={"Thing__c": "CRED"}))
    assert org.seen_by(agent).get("Thing__c").supports("delete")
    assert "Thing__c" in org.seen_by(agent).names()


def test_tables_of_narrowed_types_are_made_once(org: Org, me: Caller, agent: Caller) -> None:
    """A narrowed type and its whole have one table: neither makes the other's anew."""
    org.seed(grant(profile="Chat Agent", objects={"Account": "R"}))
    org.query.run(me, "SELECT Id FROM Account")
    commits = org.store.commits
    for caller in (agent, me, agent):
        org.query.run(caller, "SELECT Id FROM Account")
    assert org.store.commits == commits


def test_a_narrowed_type_knows_itself() -> None:
    whole = sobject_from({"name": "Thing__c", "fields": [{"name": "Id", "type": "id"}]}, key_prefix="a00")
    assert whole.whole is whole


def test_scenarios_of_the_command_line_may_give_rights() -> None:
    opened = open_org(OrgConfig(scenarios=({"records": [user("u")], **grant(profile="P", users=["@u"])},)))
    found = opened.users.by_username("u@x.test")
    assert found is not None
    assert opened.seen_by(Caller(found["Id"])).find("Account") is None
    opened.close()
