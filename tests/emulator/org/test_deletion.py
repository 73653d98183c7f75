"""Deleting, the recycle bin, undeleting, and what getDeleted, getUpdated and the queries say of it."""

from collections.abc import Callable

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.schemas.catalog import shipped

DAY = 86_400
WINDOW = ("2026-02-14T09:00:00Z", "2026-02-14T10:00:00Z")


def chat(org: Org) -> dict[str, str]:
    """A transcript with an event and a pre-chat detail, on a case."""
    return org.seed(
        {
            "records": [
                {"object": "LiveChatVisitor", "ref": "visitor", "fields": {}},
                {"object": "Case", "ref": "case", "fields": {}},
                {"object": "LiveChatTranscript", "ref": "transcript",
                 "fields": {"LiveChatVisitorId": "@visitor", "CaseId": "@case"}},
                {"object": "LiveChatTranscriptEvent", "ref": "event",
                 "fields": {"LiveChatTranscriptId": "@transcript", "Type": "Accept", "Time": "2026-02-14T08:00:00Z"}},
                {"object": "ConversationContextEntry", "ref": "detail",
                 "fields": {"ParentId": "@transcript", "CustomDetailContextKey": "Order"}},
            ]
        }
    )  # fmt: skip


def count(org: Org, me: Caller, sobject: str, *, all_rows: bool = False) -> int:
    return org.query.run(me, f"SELECT COUNT() FROM {sobject}", all_rows=all_rows).total_size


def test_deleted_queries_undelete_and_updated_agree(org: Org, me: Caller) -> None:
    id_ = chat(org)["transcript"]
    org.clock.advance(120)
    org.records.delete(me, "LiveChatTranscript", id_)
    org.clock.advance(60)
    gone = org.changes.deleted(me, "LiveChatTranscript", *WINDOW)
    assert gone["deletedRecords"] == [{"id": id_, "deletedDate": "2026-02-14T09:02:00.000+0000"}]
    assert org.changes.updated(me, "LiveChatTranscript", *WINDOW)["ids"] == []
    assert (count(org, me, "LiveChatTranscript"), count(org, me, "LiveChatTranscript", all_rows=True)) == (0, 1)
    [row] = org.query.run(me, "SELECT Id, IsDeleted FROM LiveChatTranscript", all_rows=True).records
    assert row["IsDeleted"] is True

    org.records.undelete(me, "LiveChatTranscript", id_)
    assert org.changes.deleted(me, "LiveChatTranscript", *WINDOW)["deletedRecords"] == []
    assert org.changes.updated(me, "LiveChatTranscript", *WINDOW)["ids"] == [id_]
    found = org.records.retrieve(me, "LiveChatTranscript", id_)
    assert found["IsDeleted"] is False
    assert found["SystemModstamp"] == "2026-02-14T09:03:00.000+0000"


def test_children_go_with_their_parent_and_come_back_with_it(org: Org, me: Caller) -> None:
    refs = chat(org)
    org.records.delete(me, "LiveChatTranscript", refs["transcript"])
    for sobject in ("LiveChatTranscriptEvent", "ConversationContextEntry"):
        assert (count(org, me, sobject), count(org, me, sobject, all_rows=True)) == (0, 1)
    with pytest.raises(OrgError) as caught:
        org.records.undelete(me, "LiveChatTranscriptEvent", refs["event"])
    assert caught.value.code == "UNDELETE_FAILED"
    org.records.undelete(me, "LiveChatTranscript", refs["transcript"])
    assert count(org, me, "LiveChatTranscriptEvent") == count(org, me, "ConversationContextEntry") == 1


def test_a_child_that_was_deleted_before_stays_deleted(org: Org, me: Caller) -> None:
    refs = chat(org)
    org.records.delete(me, "LiveChatTranscriptEvent", refs["event"])
    org.records.delete(me, "LiveChatTranscript", refs["transcript"])
    org.records.undelete(me, "LiveChatTranscript", refs["transcript"])
    assert count(org, me, "LiveChatTranscriptEvent") == 0
    assert count(org, me, "ConversationContextEntry") == 1


def test_a_lookup_loses_its_record_and_gets_it_back(org: Org, me: Caller) -> None:
    refs = chat(org)
    org.records.delete(me, "Case", refs["case"])
    assert org.records.retrieve(me, "LiveChatTranscript", refs["transcript"])["CaseId"] is None
    org.records.undelete(me, "Case", refs["case"])
    assert org.records.retrieve(me, "LiveChatTranscript", refs["transcript"])["CaseId"] == refs["case"]


def test_a_record_that_others_must_have_cannot_go(org: Org, me: Caller) -> None:
    refs = chat(org)
    with pytest.raises(OrgError) as caught:
        org.records.delete(me, "LiveChatVisitor", refs["visitor"])
    assert caught.value.code == "DELETE_FAILED"
    assert count(org, me, "LiveChatVisitor") == 1


def test_what_is_deleted_can_neither_be_read_nor_changed_nor_deleted(org: Org, me: Caller) -> None:
    id_ = chat(org)["transcript"]
    org.records.delete(me, "LiveChatTranscript", id_)
    for call in (
        lambda: org.records.retrieve(me, "LiveChatTranscript", id_),
        lambda: org.records.update(me, "LiveChatTranscript", id_, {}),
        lambda: org.records.delete(me, "LiveChatTranscript", id_),
    ):
        with pytest.raises(OrgError) as caught:
            call()
        assert (caught.value.code, caught.value.message) == ("ENTITY_IS_DELETED", "entity is deleted")


def test_the_recycle_bin_keeps_records_for_fifteen_days(org: Org, me: Caller) -> None:
    id_ = chat(org)["transcript"]
    org.records.delete(me, "LiveChatTranscript", id_)
    org.clock.advance(15 * DAY + 60)
    with pytest.raises(OrgError, match="Entity is not in the recycle bin"):
        org.records.undelete(me, "LiveChatTranscript", id_)


def test_what_is_purged_stays_deleted_with_all_that_went_along(org: Org, me: Caller) -> None:
    refs = chat(org)
    org.records.delete(me, "LiveChatTranscript", refs["transcript"])
    for name, sobject in (("event", "LiveChatTranscriptEvent"), ("case", "Case")):  # went along; is not deleted
        assert refused(org.records.purge, me, sobject, refs[name]).code == "UNDELETE_FAILED"
    org.records.purge(me, "LiveChatTranscript", refs["transcript"])
    for call in (org.records.purge, org.records.undelete):
        assert refused(call, me, "LiveChatTranscript", refs["transcript"]).code == "UNDELETE_FAILED"
    for sobject in ("LiveChatTranscript", "LiveChatTranscriptEvent"):
        assert (count(org, me, sobject), count(org, me, sobject, all_rows=True)) == (0, 1)


def test_a_type_without_undelete_is_gone_at_once(org: Org, me: Caller) -> None:
    group = org.records.create(me, "Group", {"Name": "Queue", "DeveloperName": "Queue", "Type": "Queue"})
    member = org.records.create(me, "GroupMember", {"GroupId": group, "UserOrGroupId": me.user_id})
    org.records.delete(me, "GroupMember", member)
    assert count(org, me, "GroupMember", all_rows=True) == 0
    with pytest.raises(OrgError) as caught:
        org.records.retrieve(me, "GroupMember", member)
    assert caught.value.code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-02-14T09:00:10Z", "2026-02-14T09:00:59Z", "startDate must be at least one minute greater than endDate"),
        ("2026-02-14T10:00:00Z", "2026-02-14T09:00:00Z", "startDate must be at least one minute greater than endDate"),
        ("2026-01-01T00:00:00Z", "2026-02-14T09:00:00Z", "startDate before org replication enabled date"),
        (None, "2026-02-14T09:00:00Z", "start date is not in the correct format: "),
        ("2026-02-14T09:00:00Z", "tomorrow", "end date is not in the correct format: tomorrow"),
    ],
)
@pytest.mark.parametrize("call", ["updated", "deleted"])
def test_a_window_that_the_platform_refuses(
    org: Org, me: Caller, call: str, start: str | None, end: str | None, message: str
) -> None:
    with pytest.raises(OrgError) as caught:
        getattr(org.changes, call)(me, "LiveChatTranscript", start, end)
    assert (caught.value.code, caught.value.message) == ("INVALID_REPLICATION_DATE", message)


def test_how_far_back_each_call_looks(org: Org, me: Caller) -> None:
    end = "2026-02-14T09:00:00Z"
    assert org.changes.updated(me, "Case", "2026-01-15T09:00:00Z", end)["ids"] == []
    assert org.changes.deleted(me, "Case", "2026-01-30T09:00:00Z", end)["deletedRecords"] == []
    with pytest.raises(OrgError):
        org.changes.updated(me, "Case", "2026-01-15T08:59:00Z", end)
    with pytest.raises(OrgError):
        org.changes.deleted(me, "Case", "2026-01-30T08:59:00Z", end)


def test_the_seconds_of_a_window_do_not_count_and_its_end_is_left_out(org: Org, me: Caller) -> None:
    id_ = chat(org)["case"]
    org.clock.advance(90)
    at = "2026-02-14T09:00:00Z"
    assert org.changes.updated(me, "Case", "2026-02-14T08:00:00Z", at)["ids"] == []
    answer = org.changes.updated(me, "Case", "2026-02-14T09:00:59 00:00", "2026-02-14T11:00:30+01:00")
    assert answer == {"ids": [id_], "latestDateCovered": "2026-02-14T09:01:00.000+0000"}


def test_a_type_that_is_not_replicated_has_no_changes(org: Org, me: Caller) -> None:
    with pytest.raises(OrgError) as caught:
        org.changes.updated(me, "Group", *WINDOW)
    assert caught.value.code == "NOT_FOUND"


def refused(call: Callable[..., None], *arguments: object) -> OrgError:
    with pytest.raises(OrgError) as caught:
        call(*arguments)
    return caught.value


def test_a_detail_that_went_before_its_master_is_gone_for_good(org: Org, me: Caller) -> None:
    # Salesforce Help, "Unable to Restore a Deleted Salesforce Record from the Recycle Bin", scenario 1.
    refs = chat(org)
    org.records.delete(me, "LiveChatTranscriptEvent", refs["event"])
    org.records.delete(me, "LiveChatTranscript", refs["transcript"])
    org.records.undelete(me, "LiveChatTranscript", refs["transcript"])
    error = refused(org.records.undelete, me, "LiveChatTranscriptEvent", refs["event"])
    assert (error.code, error.message) == ("UNDELETE_FAILED", "Entity is not in the recycle bin")
    assert count(org, me, "LiveChatTranscriptEvent", all_rows=True) == 1


def test_a_record_does_not_come_back_without_the_one_that_it_must_have(org: Org, me: Caller) -> None:
    refs = chat(org)
    org.records.delete(me, "LiveChatTranscript", refs["transcript"])
    org.records.delete(me, "LiveChatVisitor", refs["visitor"])
    assert refused(org.records.undelete, me, "LiveChatTranscript", refs["transcript"]).code == "UNDELETE_FAILED"
    assert (count(org, me, "LiveChatTranscript"), count(org, me, "LiveChatTranscriptEvent")) == (0, 0)
    org.records.undelete(me, "LiveChatVisitor", refs["visitor"])
    org.records.undelete(me, "LiveChatTranscript", refs["transcript"])
    assert (count(org, me, "LiveChatTranscript"), count(org, me, "LiveChatTranscriptEvent")) == (1, 1)


def test_a_record_comes_back_without_a_lookup_whose_record_is_gone(org: Org, me: Caller) -> None:
    refs = chat(org)
    org.records.delete(me, "LiveChatTranscript", refs["transcript"])
    org.records.delete(me, "Case", refs["case"])
    org.records.undelete(me, "LiveChatTranscript", refs["transcript"])
    assert org.records.retrieve(me, "LiveChatTranscript", refs["transcript"])["CaseId"] is None


def test_a_record_does_not_come_back_with_a_value_that_another_has_taken(org: Org, me: Caller) -> None:
    org.seed({"objects": [{"name": "Visit__c", "fields": [{"name": "Key__c", "type": "string", "unique": True}]}]})
    first = org.records.create(me, "Visit__c", {"Name": "1", "Key__c": "k"})
    org.records.delete(me, "Visit__c", first)
    second = org.records.create(me, "Visit__c", {"Name": "2", "Key__c": "K"})
    assert refused(org.records.undelete, me, "Visit__c", first).code == "DUPLICATE_VALUE"
    org.records.delete(me, "Visit__c", second)
    org.records.undelete(me, "Visit__c", first)
    assert count(org, me, "Visit__c") == 1


def test_a_lookup_that_no_child_relationship_describes_is_emptied_too(org: Org, me: Caller) -> None:
    manager = org.records.create(me, "Contact", {"LastName": "Manager"})
    contact = org.records.create(me, "Contact", {"LastName": "Ada", "ReportsToId": manager})
    org.records.delete(me, "Contact", manager)
    assert org.records.retrieve(me, "Contact", contact)["ReportsToId"] is None
    org.records.undelete(me, "Contact", manager)
    assert org.records.retrieve(me, "Contact", contact)["ReportsToId"] == manager


def test_a_queue_that_owns_records_cannot_go_and_its_members_go_with_it(org: Org, me: Caller) -> None:
    queue = org.records.create(me, "Group", {"Name": "Queue", "DeveloperName": "Queue", "Type": "Queue"})
    org.records.create(me, "GroupMember", {"GroupId": queue, "UserOrGroupId": me.user_id})
    case = org.records.create(me, "Case", {"OwnerId": queue})
    assert refused(org.records.delete, me, "Group", queue).code == "DELETE_FAILED"
    org.records.update(me, "Case", case, {"OwnerId": me.user_id})
    org.records.delete(me, "Group", queue)
    assert (count(org, me, "Group"), count(org, me, "GroupMember")) == (0, 0)


def test_a_refused_delete_leaves_nothing_behind_in_a_transaction_that_goes_on(org: Org, me: Caller) -> None:
    refs = chat(org)
    with org.transaction():
        assert refused(org.records.delete, me, "LiveChatVisitor", refs["visitor"]).code == "DELETE_FAILED"
    assert count(org, me, "LiveChatVisitor") == 1


@pytest.mark.parametrize("calls", [["create", "delete", "query"], ["create", "delete", "query", "undelete"]])
def test_records_that_go_in_circles_go_together(org: Org, me: Caller, calls: list[str]) -> None:
    parent = {"name": "Parent__c", "type": "reference", "referenceTo": ["Node__c"], "cascadeDelete": True}
    refs = org.seed(
        {
            "objects": [{"name": "Node__c", "calls": calls, "fields": [parent]}],
            "records": [
                {"object": "Node__c", "ref": name, "fields": {"Name": name, "Parent__c": f"@{above}"}}
                for name, above in (("self", "self"), ("a", "c"), ("b", "a"), ("c", "b"))
            ],
        }
    )
    org.records.delete(me, "Node__c", refs["self"])
    org.records.delete(me, "Node__c", refs["b"])
    soft = "undelete" in calls
    assert (count(org, me, "Node__c"), count(org, me, "Node__c", all_rows=True)) == (0, 4 if soft else 0)
    if soft:
        org.records.undelete(me, "Node__c", refs["b"])
        assert count(org, me, "Node__c") == 3


def test_a_parent_of_many_gives_its_children_back(org: Org, me: Caller) -> None:
    refs = chat(org)
    cases = [{"object": "Case", "fields": {"AccountId": "@a"}} for _ in range(30)]
    account = org.seed({"records": [{"object": "Account", "ref": "a", "fields": {"Name": "A"}}, *cases]})["a"]
    org.records.update(me, "LiveChatTranscript", refs["transcript"], {"AccountId": account})
    org.records.delete(me, "Account", account)
    org.records.undelete(me, "Account", account)
    assert org.query.run(me, f"SELECT COUNT() FROM Case WHERE AccountId = '{account}'").total_size == 30
    assert org.records.retrieve(me, "LiveChatTranscript", refs["transcript"])["AccountId"] == account


def test_every_replicated_type_answers(org: Org) -> None:
    me = Caller(org.users.administrator_id, "68.0")
    for name in org.catalog.names(68.0):
        if shipped().get(name).supports("getUpdated"):
            org.changes.updated(me, name, *WINDOW)
            org.changes.deleted(me, name, *WINDOW)


def test_a_history_row_changes_when_it_is_made(org: Org, me: Caller) -> None:
    row = {"LiveChatTranscriptId": chat(org)["transcript"], "Field": "created"}
    refs = org.seed({"records": [{"object": "LiveChatTranscriptHistory", "ref": "row", "fields": row}]})
    org.clock.advance(60)
    assert org.changes.updated(me, "LiveChatTranscriptHistory", *WINDOW)["ids"] == [refs["row"]]
