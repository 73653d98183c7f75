"""Records are written by one room: what it fills in, what it refuses, and in which words."""

from typing import Any

import pytest

from chatlift.emulator.errors import BadValue, OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

LOGIN = {"LoginTime": "2026-02-14T08:00:00Z", "LogoutTime": "2026-02-14T08:30:00Z"}


def session(org: Org, me: Caller, **more: Any) -> str:
    return org.records.create(me, "LiveAgentSession", {"AgentId": me.user_id, **LOGIN, **more})


def transcript(org: Org, me: Caller, **more: Any) -> str:
    visitor = org.records.create(me, "LiveChatVisitor", {})
    return org.records.create(me, "LiveChatTranscript", {"LiveChatVisitorId": visitor, **more})


def refused(org: Org, me: Caller, sobject: str, values: dict[str, Any]) -> OrgError:
    with pytest.raises(OrgError) as caught:
        org.records.create(me, sobject, values)
    return caught.value


def test_a_record_gets_id_name_owner_stamps_and_defaults(org: Org, me: Caller) -> None:
    found = org.records.retrieve(me, "LiveAgentSession", session(org, me, ChatReqAssigned=3))
    assert found["attributes"] == {
        "type": "LiveAgentSession",
        "url": f"/services/data/v60.0/sobjects/LiveAgentSession/{found['Id']}",
    }
    assert found["Id"] == "0HK5e0000000001GAA"
    assert found["Name"] == "00000001"
    assert found["OwnerId"] == found["CreatedById"] == found["LastModifiedById"] == me.user_id
    stamp = "2026-02-14T09:00:00.000+0000"
    assert found["CreatedDate"] == found["LastModifiedDate"] == found["SystemModstamp"] == stamp
    assert found["IsDeleted"] is False
    assert found["LoginTime"] == "2026-02-14T08:00:00.000+0000"
    assert found["ChatReqAssigned"] == 3
    assert found["TimeIdle"] is None
    assert list(found)[1:] == [field.name for field in org.catalog.get("LiveAgentSession").fields]


def test_ids_and_auto_numbers_count_on(org: Org, me: Caller) -> None:
    ids = [session(org, me) for _ in range(3)]
    assert ids == sorted(ids)
    names = [org.records.retrieve(me, "LiveAgentSession", id_, ["Name"])["Name"] for id_ in ids]
    assert names == ["00000001", "00000002", "00000003"]


def test_long_text_is_kept_whole_and_can_be_emptied(org: Org, me: Caller) -> None:
    body = "<p>Grüße 😀</p>" * 9000
    id_ = transcript(org, me, Body=body, Browser="x")
    assert org.records.retrieve(me, "LiveChatTranscript", id_)["Body"] == body
    org.records.update(me, "LiveChatTranscript", id_, {"SupervisorTranscriptBody": "psst"})
    found = org.records.retrieve(me, "LiveChatTranscript", id_)
    assert (found["Body"], found["SupervisorTranscriptBody"]) == (body, "psst")
    org.records.update(me, "LiveChatTranscript", id_, {"Body": None, "Browser": ""})
    found = org.records.retrieve(me, "LiveChatTranscript", id_)
    assert (found["Body"], found["Browser"]) == (None, None)


def test_an_update_changes_the_named_fields_and_the_stamps_of_change(org: Org, me: Caller) -> None:
    id_ = session(org, me, TimeIdle=5)
    org.clock.advance(60)
    org.records.update(me, "liveagentsession", id_[:15], {"chatreqdeclined": "2"})
    found = org.records.retrieve(me, "LiveAgentSession", id_)
    assert (found["ChatReqDeclined"], found["TimeIdle"]) == (2, 5)
    assert found["CreatedDate"] == "2026-02-14T09:00:00.000+0000"
    assert found["LastModifiedDate"] == found["SystemModstamp"] == "2026-02-14T09:01:00.000+0000"


def test_a_persons_name_is_put_together(org: Org, me: Caller) -> None:
    id_ = org.records.create(me, "Contact", {"FirstName": "Ada", "LastName": "Lovelace"})
    assert org.records.retrieve(me, "Contact", id_, ["Name"])["Name"] == "Ada Lovelace"
    org.records.update(me, "Contact", id_, {"FirstName": None})
    assert org.records.retrieve(me, "Contact", id_, ["Name"])["Name"] == "Lovelace"


def test_missing_fields_are_named(org: Org, me: Caller) -> None:
    error = refused(org, me, "LiveAgentSession", {})
    assert error.code == "REQUIRED_FIELD_MISSING"
    assert error.fields == ("AgentId", "LoginTime", "LogoutTime")


def test_a_value_of_another_type_is_the_parsers_error(org: Org, me: Caller) -> None:
    error = refused(org, me, "LiveAgentSession", {"AgentId": me.user_id, **LOGIN, "ChatReqAssigned": "x"})
    assert isinstance(error, BadValue)
    assert (error.code, error.field, error.value, error.type_name) == (
        "JSON_PARSER_ERROR",
        "ChatReqAssigned",
        "x",
        "int",
    )


@pytest.mark.parametrize("agent", ["0055e0000009999", "0015e0000000001"])
def test_a_reference_must_point_to_a_live_record_of_its_type(org: Org, me: Caller, agent: str) -> None:
    error = refused(org, me, "LiveAgentSession", {"AgentId": agent, **LOGIN})
    assert error.code == ("INVALID_CROSS_REFERENCE_KEY" if agent.startswith("005") else "FIELD_INTEGRITY_EXCEPTION")


def test_a_deleted_record_cannot_be_referred_to(org: Org, me: Caller) -> None:
    case = org.records.create(me, "Case", {})
    org.records.delete(me, "Case", case)
    visitor = org.records.create(me, "LiveChatVisitor", {})
    error = refused(org, me, "LiveChatTranscript", {"LiveChatVisitorId": visitor, "CaseId": case})
    assert error.code == "INVALID_CROSS_REFERENCE_KEY"


def test_a_unique_field_is_unique_without_regard_to_case(org: Org, me: Caller) -> None:
    names = {"MasterLabel": "Sales", "DeveloperName": "Sales", "Language": "en_US"}
    first = org.records.create(me, "Skill", names)
    error = refused(org, me, "Skill", names | {"DeveloperName": "SALES"})
    assert error.code == "DUPLICATE_VALUE"
    assert error.message.endswith(f"with id: {first[:15]}")
    org.records.update(me, "Skill", first, {"DeveloperName": "SALES"})


def test_user_names_are_unique(org: Org, me: Caller) -> None:
    administrator = org.users.administrator
    values = {
        name: administrator[name]
        for name in ("Username", "LastName", "Email", "Alias", "CommunityNickname", "TimeZoneSidKey", "LocaleSidKey",
                     "EmailEncodingKey", "ProfileId", "LanguageLocaleKey")
    }  # fmt: skip
    error = refused(org, me, "User", values)
    assert (error.code, error.fields) == ("DUPLICATE_USERNAME", ("Username",))


def test_nothing_is_left_of_a_refused_record(org: Org, me: Caller) -> None:
    refused(org, me, "LiveAgentSession", {"AgentId": "0055e0000009999", **LOGIN})
    assert session(org, me) == "0HK5e0000000001GAA"


def test_several_calls_can_be_all_or_nothing(org: Org, me: Caller) -> None:
    def two_of_which_one_fails() -> None:
        with org.transaction():
            session(org, me)
            org.records.create(me, "LiveAgentSession", {})

    with pytest.raises(OrgError):
        two_of_which_one_fails()
    assert org.query.run(me, "SELECT COUNT() FROM LiveAgentSession").total_size == 0


def test_a_type_lacks_the_calls_that_it_is_not_documented_with(org: Org, me: Caller) -> None:
    error = refused(org, me, "Conversation", {})
    assert error.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert error.message == "entity type cannot be inserted: Conversation"
    names = {"MasterLabel": "Web", "DeveloperName": "Web", "Language": "en_US", "WindowTitle": "Chat"}
    deployment = org.records.create(me, "LiveChatDeployment", names)
    with pytest.raises(OrgError, match="cannot be deleted"):
        org.records.delete(me, "LiveChatDeployment", deployment)


def test_an_older_version_does_not_know_the_type(org: Org, me: Caller) -> None:
    error = refused(org, Caller(me.user_id, "27.0"), "LiveAgentSession", {})
    assert (error.code, error.message) == ("NOT_FOUND", "The requested resource does not exist")


@pytest.mark.parametrize(
    ("id_", "written"),
    [
        ("0HK5e0000000099", "INVALID_CROSS_REFERENCE_KEY"),
        ("nobody", "NOT_FOUND"),
        ("0015e0000000001AAA", "NOT_FOUND"),
        ("", "NOT_FOUND"),
        ("x" * 18, "NOT_FOUND"),
    ],
)
def test_an_unknown_id_is_not_found(org: Org, me: Caller, id_: str, written: str) -> None:
    for call, code in (
        (lambda: org.records.retrieve(me, "LiveAgentSession", id_), "NOT_FOUND"),
        (lambda: org.records.update(me, "LiveAgentSession", id_, {}), written),
        (lambda: org.records.delete(me, "LiveAgentSession", id_), written),
    ):
        with pytest.raises(OrgError) as caught:
            call()
        assert caught.value.code == code


def test_records_are_found_by_id_lookup_fields(org: Org, me: Caller) -> None:
    id_ = session(org, me)
    assert org.records.find(me, "LiveAgentSession", "Name", "00000001") == [id_]
    assert org.records.find(me, "LiveAgentSession", "name", "nope") == []
    assert org.records.find(me, "User", "Username", "ADMIN@chatlift.test") == [me.user_id]
    with pytest.raises(OrgError, match="Provided external ID field does not exist or is not accessible: TimeIdle"):
        org.records.find(me, "LiveAgentSession", "TimeIdle", "1")


def test_custom_objects_and_fields_work_like_the_shipped_ones(org: Org, me: Caller) -> None:
    org.seed(
        {
            "objects": [
                {"name": "Visit__c", "fields": [{"name": "Pages__c", "type": "int"}]},
                {"name": "LiveAgentSession", "fields": [
                    {"name": "Visit__c", "type": "reference", "referenceTo": ["Visit__c"]},
                    {"name": "Key__c", "type": "string", "length": 20, "externalId": True, "unique": True}]},
            ]
        }
    )  # fmt: skip
    visit = org.records.create(me, "visit__c", {"Name": "first", "Pages__c": 4})
    assert visit.startswith("a00")
    id_ = session(org, me, Visit__c=visit, Key__c="k1")
    [row] = org.query.run(me, "SELECT Visit__r.Pages__c, Key__c FROM LiveAgentSession").records
    assert (row["Visit__r"]["Pages__c"], row["Key__c"]) == (4, "k1")
    assert org.records.find(me, "LiveAgentSession", "Key__c", "K1") == [id_]
    with pytest.raises(OrgError, match="duplicate value found: Key__c"):
        session(org, me, Key__c="k1")


def test_no_owner_is_the_caller(org: Org, me: Caller) -> None:
    for owner in (None, ""):
        id_ = org.records.create(me, "Case", {"OwnerId": owner})
        assert org.records.retrieve(me, "Case", id_, ["OwnerId"])["OwnerId"] == me.user_id


def test_a_group_owns_records_only_as_a_queue(org: Org, me: Caller) -> None:
    queue, group = (
        org.records.create(me, "Group", {"Name": type_, "DeveloperName": type_, "Type": type_})
        for type_ in ("Queue", "Regular")
    )
    case = org.records.create(me, "Case", {"OwnerId": queue})
    with pytest.raises(OrgError) as caught:
        org.records.update(me, "Case", case, {"OwnerId": group})
    error = caught.value
    assert (error.code, error.fields) == ("FIELD_INTEGRITY_EXCEPTION", ("OwnerId",))
    assert error.message == f"Owner ID: id value of incorrect type: {group}"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Nope": 1}, "INVALID_FIELD"),
        ({"ChatReqAssigned": "x"}, "JSON_PARSER_ERROR"),
        ({"Name": "1"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"ChatReqAssigned": 10**9}, None),
        ({"AgentId": None}, None),
        ({"AgentId": "nobody"}, None),
    ],
)
def test_an_update_looks_for_its_record_before_it_looks_at_values(
    org: Org, me: Caller, values: dict[str, Any], code: str | None
) -> None:
    for id_, missing in (("0HK5e0000009999", "INVALID_CROSS_REFERENCE_KEY"), ("0055e0000009999", "NOT_FOUND")):
        with pytest.raises(OrgError) as caught:
            org.records.update(me, "LiveAgentSession", id_, values)
        assert caught.value.code == (code or missing)
    deleted = session(org, me)
    org.records.delete(me, "LiveAgentSession", deleted)
    with pytest.raises(OrgError) as caught:
        org.records.update(me, "LiveAgentSession", deleted, values)
    assert caught.value.code == (code or "ENTITY_IS_DELETED")


def test_a_type_that_comes_later_can_be_referred_to(org: Org, me: Caller) -> None:
    assert refused(org, me, "Lead", {"LastName": "x", "Company": "x", "IndividualId": "0PK5e0000000001"})
    org.seed({"objects": [{"name": "Individual", "keyPrefix": "0PK"}]})
    individual = org.records.create(me, "Individual", {"Name": "Ada"})
    assert org.records.create(me, "Lead", {"LastName": "x", "Company": "x", "IndividualId": individual})


def test_records_are_looked_up_by_text_of_any_kind(org: Org, me: Caller) -> None:
    for value in ("\x00", "\ud800", "😀", "'", "%", ""):
        assert org.records.find(me, "LiveAgentSession", "Name", value) == []
        assert org.records.find(me, "User", "Username", value) == []
        assert org.records.find(me, "Case", "Id", value) == []


@pytest.mark.parametrize("value", ["12", "12.0", "1.2e1"])
def test_a_number_that_is_an_external_id_is_found(org: Org, me: Caller, value: str) -> None:
    fields = [{"name": "Number__c", "type": "double", "externalId": True}]
    org.seed({"objects": [{"name": "Visit__c", "fields": fields}]})
    id_ = org.records.create(me, "Visit__c", {"Name": "x", "Number__c": 12})
    assert org.records.find(me, "Visit__c", "Number__c", value) == [id_]
    assert org.records.find(me, "Visit__c", "Number__c", "x") == []


def test_nobody_writes_a_formula(org: Org, me: Caller) -> None:
    fields = [{"name": "Agent__c", "type": "string", "formula": "CreatedBy.Name", "createable": True}]
    org.seed({"objects": [{"name": "Visit__c", "fields": fields}]})
    assert refused(org, me, "Visit__c", {"Name": "x", "Agent__c": "x"}).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    with pytest.raises(OrgError, match="INVALID_FIELD_FOR_INSERT_UPDATE"):
        org.seed({"records": [{"object": "Visit__c", "fields": {"Name": "x", "Agent__c": "x"}}]})
    id_ = org.records.create(me, "Visit__c", {"Name": "x"})
    assert org.records.retrieve(me, "Visit__c", id_)["Agent__c"] == "Admin User"
