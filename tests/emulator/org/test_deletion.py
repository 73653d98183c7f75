"""Deleting, the recycle bin, undeleting, and what getDeleted, getUpdated and the queries say of it."""

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

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
