"""A scenario document is written whole, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError, UsageError
from chatlift.emulator.org import clock
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org


def test_references_go_in_any_order_and_in_circles(org: Org, me: Caller) -> None:
    refs = org.seed(
        {
            "records": [
                {"object": "Contact", "ref": "ada", "fields": {"LastName": "Ada", "ReportsToId": "@bob"}},
                {"object": "Contact", "ref": "bob", "fields": {"LastName": "Bob", "ReportsToId": "@ada"}},
            ]
        }
    )
    assert org.records.retrieve(me, "Contact", refs["ada"])["ReportsToId"] == refs["bob"]
    assert org.records.retrieve(me, "Contact", refs["bob"])["ReportsToId"] == refs["ada"]


def test_a_seed_may_fix_ids_names_and_audit_fields_and_later_ones_go_on_from_there(org: Org, me: Caller) -> None:
    refs = org.seed(
        {
            "records": [
                {"object": "LiveChatVisitor", "ref": "v", "fields": {"Id": "5715e0000000007", "Name": "00000041"}},
                {"object": "LiveChatTranscript", "ref": "t",
                 "fields": {"LiveChatVisitorId": "@v", "WaitTime": 12, "CreatedDate": "2020-01-01T00:00:00Z"}},
            ]
        }
    )  # fmt: skip
    assert refs["v"] == "5715e0000000007AAA"
    found = org.records.retrieve(me, "LiveChatTranscript", refs["t"])
    assert found["WaitTime"] == 12
    assert found["CreatedDate"] == found["SystemModstamp"] == "2020-01-01T00:00:00.000+0000"
    later = org.records.create(me, "LiveChatVisitor", {})
    assert later == "5715e0000000008AAA"
    assert org.records.retrieve(me, "LiveChatVisitor", later)["Name"] == "00000042"


def test_objects_that_the_api_cannot_create_can_be_seeded(org: Org, me: Caller) -> None:
    fields = {"ConversationIdentifier": "c-1", "StartTime": "2026-01-01T00:00:00Z"}
    refs = org.seed({"records": [{"object": "Conversation", "ref": "c", "fields": fields}]})
    assert org.records.retrieve(me, "Conversation", refs["c"])["ConversationIdentifier"] == "c-1"


def test_a_user_needs_no_more_than_a_name(org: Org, me: Caller) -> None:
    refs = org.seed(
        {"records": [{"object": "User", "ref": "u", "fields": {"Username": "ada@x.test", "LastName": "Ada"}}]}
    )
    user = org.records.retrieve(me, "User", refs["u"])
    assert (user["Name"], user["Alias"], user["Email"], user["IsActive"]) == ("Ada", "ada", "ada@x.test", True)
    assert user["ProfileId"] == org.users.administrator["ProfileId"]


def test_a_deleted_record_is_in_the_recycle_bin(org: Org, me: Caller) -> None:
    refs = org.seed({"records": [{"object": "Case", "ref": "c", "fields": {}, "deleted": True}]})
    assert org.query.run(me, "SELECT COUNT() FROM Case").total_size == 0
    org.records.undelete(me, "Case", refs["c"])
    assert org.query.run(me, "SELECT COUNT() FROM Case").total_size == 1


def test_the_orgs_settings_are_the_organizations_and_the_administrators(org: Org, me: Caller) -> None:
    org.seed(
        {
            "now": "2026-06-15T12:00:00Z",
            "org": {"timezone": "Asia/Tokyo", "locale": "de_DE", "fiscal_year_start_month": 4},
        }
    )
    assert org.clock.now() == datetime(2026, 6, 15, 12, tzinfo=UTC)
    locale = org.users.locale_of(me.user_id)
    assert (str(locale.time_zone), locale.locale, locale.first_weekday) == ("Asia/Tokyo", "de_DE", 0)
    assert locale.fiscal_start_month == 4
    assert org.users.organization["TimeZoneSidKey"] == org.users.administrator["TimeZoneSidKey"] == "Asia/Tokyo"


def test_ids_and_numbers_that_a_seed_fixes_are_never_made_for_its_other_records(org: Org, me: Caller) -> None:
    fixed = {"Id": "5715e0000000001", "Name": "00000001"}
    refs = org.seed(
        {
            "records": [
                {"object": "LiveChatVisitor", "ref": "made"},
                {"object": "LiveChatVisitor", "ref": "fixed", "fields": fixed},
            ]
        }
    )
    assert refs == {"made": "5715e0000000002AAA", "fixed": "5715e0000000001AAA"}
    assert org.records.retrieve(me, "LiveChatVisitor", refs["made"], ["Name"])["Name"] == "00000002"


def test_the_last_of_all_ids_leaves_room_for_others(org: Org, me: Caller) -> None:
    org.seed({"records": [{"object": "Case", "fields": {"Id": "5005e0zzzzzzzzz"}}]})
    assert org.records.create(me, "Case", {}) == "5005e0000000001AAA"


def test_a_record_may_say_by_its_fields_that_it_is_deleted_when_and_by_whom(org: Org, me: Caller) -> None:
    stamp = "2026-02-10T10:00:00.000+0000"
    fields = {"IsDeleted": True, "LastModifiedDate": stamp, "LastModifiedById": "@ada"}
    ada = {"object": "User", "ref": "ada", "fields": {"Username": "ada@x.test", "LastName": "Ada"}}
    refs = org.seed({"records": [{"object": "Case", "ref": "c", "fields": fields}, ada]})
    [row] = org.query.run(me, "SELECT IsDeleted, LastModifiedDate, LastModifiedById FROM Case", all_rows=True).records
    assert (row["IsDeleted"], row["LastModifiedDate"], row["LastModifiedById"]) == (True, stamp, refs["ada"])
    gone = org.changes.deleted(me, "Case", "2026-02-10T10:00:00Z", "2026-02-10T10:01:00Z")["deletedRecords"]
    assert gone == [{"id": refs["c"], "deletedDate": stamp}]
    org.records.undelete(me, "Case", refs["c"])
    assert org.query.run(me, "SELECT COUNT() FROM Case").total_size == 1


def test_a_deleted_child_goes_with_its_deleted_parent(org: Org, me: Caller) -> None:
    event = {"LiveChatTranscriptId": "@t", "Type": "Accept", "Time": "2026-02-14T08:00:00Z"}
    refs = org.seed(
        {
            "records": [
                {"object": "LiveChatVisitor", "ref": "v"},
                {"object": "LiveChatTranscript", "ref": "t", "fields": {"LiveChatVisitorId": "@v"}, "deleted": True},
                {"object": "LiveChatTranscriptEvent", "fields": event, "deleted": True},
            ]
        }
    )
    org.records.undelete(me, "LiveChatTranscript", refs["t"])
    assert org.query.run(me, "SELECT COUNT() FROM LiveChatTranscriptEvent").total_size == 1


def test_what_a_transaction_seeded_goes_with_it(org: Org) -> None:
    before = org.clock.now()

    def fail() -> None:
        with org.transaction():
            org.clock.advance(3600)
            org.seed({"objects": [{"name": "Visit__c"}], "records": [{"object": "Visit__c", "fields": {"Name": "x"}}]})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert org.clock.now() == before
    assert org.catalog.find("Visit__c") is None


BROKEN: list[tuple[Any, str]] = [
    ([], "a scenario is a JSON object"),
    (
        {"reccords": []},
        "there is no key 'reccords' in a scenario; the keys are chat, connected_apps, description, now,",
    ),
    ({"records": {}}, "records: must be a list"),
    ({"records": [1]}, r"records\[0\]: a record is an object"),
    ({"records": [{"object": "Case", "field": {}}]}, "there is no key 'field' in a record"),
    ({"records": [{"object": "Nope"}]}, "there is no object 'Nope'"),
    ({"records": [{"object": "Case", "ref": "c", "fields": {"Nope": 1}}]}, r"records\[0\] \(Case c\): No such column"),
    ({"records": [{"object": "Case", "fields": {"AccountId": "@nope"}}]}, "no record has the ref '@nope'"),
    ({"records": [{"object": "Case", "fields": {"AccountId": "0015e0000009999"}}]}, "invalid cross reference id"),
    ({"records": [{"object": "Case", "fields": {"Id": "0015e0000000001"}}]}, "id value of incorrect type"),
    ({"records": [{"object": "Case", "fields": {"Id": "5005e0000000001"}}] * 2}, "another record's"),
    ({"records": [{"object": "Case", "ref": "c"}] * 2}, "the ref 'c' is another record's"),
    ({"records": [{"object": "LiveChatTranscript", "fields": {}}]}, "Required fields are missing"),
    ({"now": "soon"}, "no ISO 8601"),
    ({"now": "1950-01-01T00:00:00Z"}, "the clock goes from"),
    ({"org": {"timezone": "Mars/Olympus"}}, "there is no time zone"),
    ({"org": {"fiscal_year_start_month": 13}}, "from 1 to 12"),
    ({"org": {"name": "x"}}, "there is no key 'name'"),
    ({"objects": {}}, "objects: must be a list"),
    ({"objects": [{"name": "A__c", "fields": [{"name": "F", "type": "blob"}]}]}, "no field type"),
    ({"passwords": {"nobody@x.test": "x"}}, "there is no user"),
    ({"org": {"timezone": ["UTC"]}}, "there is no time zone"),
    ({"org": {"locale": "\ud800"}}, "there is no locale"),
    ({"records": [{"object": "Case", "fields": {5: 1}}]}, "the name of a field is text"),
    ({"records": [{"object": "Case", "deleted": "false"}]}, "deleted is true or false"),
    ({"records": [{"object": "Case", "deleted": False, "fields": {"IsDeleted": True}}]}, "the same as IsDeleted"),
    (
        {
            "records": [
                {"object": "LiveChatVisitor", "ref": "v", "deleted": True},
                {"object": "LiveChatTranscript", "fields": {"LiveChatVisitorId": "@v"}},
            ]
        },
        r"records\[0\] \(LiveChatVisitor v\): Your attempt to delete",
    ),
]


@pytest.mark.parametrize(("document", "problem"), BROKEN)
def test_a_broken_document_says_where_and_changes_nothing(document: Any, problem: str) -> None:
    start = datetime(2026, 2, 14, 9, tzinfo=UTC)
    org = Org.open(OrgConfig(now=start, frozen=True))
    me = Caller(org.users.administrator_id)
    if isinstance(document, dict):
        # What comes before the fault is undone with it.
        document = {"objects": [{"name": "Before__c"}], **document}
        good = {"object": "Account", "fields": {"Name": "Before"}}
        if isinstance(document.get("records", []), list):
            document["records"] = [*document.get("records", []), good]
    with pytest.raises(OrgError, match=problem):
        org.seed(document)
    assert org.query.run(me, "SELECT COUNT() FROM Account").total_size == 0
    assert org.catalog.find("Before__c") is None
    assert org.clock.now() == start
    org.close()


def test_a_reset_goes_back_to_the_configured_scenarios_and_keeps_sessions(store_url: str) -> None:
    scenario = {"records": [{"object": "Account", "fields": {"Name": "Acme"}}], "now": "2026-06-15T12:00:00Z"}
    org = Org.open(OrgConfig(database=store_url, scenarios=(scenario,), objects=({"name": "Visit__c"},), frozen=True))
    me = Caller(org.users.administrator_id)
    session = org.sessions.login("anybody", "x")
    assert session is not None
    org.records.create(me, "Account", {"Name": "More"})
    org.seed({"objects": [{"name": "Later__c"}]})
    org.records.create(me, "Later__c", {"Name": "x"})
    org.clock.advance(3600)
    org.reset()
    rows = org.query.run(me, "SELECT Name FROM Account").records
    assert [row["Name"] for row in rows] == ["Acme"]
    assert org.catalog.find("Later__c") is None
    assert org.catalog.find("Visit__c") is not None
    assert org.clock.now() == datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert org.sessions.find(session.token) is not None
    assert org.records.create(me, "Account", {"Name": "Again"}) == "0015e0000000002AAA"
    org.close()


def test_a_reset_turns_a_running_clock_back(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    org = Org.open(OrgConfig(database=store_url, now=datetime(2026, 2, 14, 9, tzinfo=UTC)))

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:
            return cls.fromtimestamp(datetime.now(tz).timestamp() + 3600, tz)

    monkeypatch.setattr(clock, "datetime", Later)
    assert org.clock.now() >= datetime(2026, 2, 14, 10, tzinfo=UTC)
    org.reset()
    assert org.clock.now() < datetime(2026, 2, 14, 9, 30, tzinfo=UTC)
    org.close()


def test_a_reset_that_fails_changes_nothing(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if store_url == "sqlite://":
        pytest.skip("a reset in memory loads an image")
    org = Org.open(OrgConfig(database=store_url))
    me = Caller(org.users.administrator_id)
    session = org.sessions.begin(me.user_id)
    org.seed({"objects": [{"name": "Visit__c"}], "records": [{"object": "Visit__c", "fields": {"Name": "x"}}]})
    monkeypatch.setattr(org, "_populate", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        org.reset()
    assert org.query.run(me, "SELECT COUNT() FROM Visit__c").total_size == 1
    assert org.sessions.find(session.token) is not None
    org.close()


def test_a_file_keeps_the_org(tmp_path: Path) -> None:
    config = OrgConfig(database=f"sqlite:///{tmp_path / 'org.db'}", objects=({"name": "Visit__c"},))
    org = Org.open(config)
    me = Caller(org.users.administrator_id)
    visit = org.records.create(me, "Visit__c", {"Name": "x"})
    session = org.sessions.begin(me.user_id)
    org.close()
    again = Org.open(OrgConfig(database=config.database))
    assert again.records.retrieve(me, "Visit__c", visit)["Name"] == "x"
    assert again.sessions.find(session.token) is not None
    assert again.records.create(me, "Visit__c", {"Name": "y"}) > visit
    again.close()


def test_an_org_that_is_opened_again_gets_more_objects(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'org.db'}"
    visit: dict[str, Any] = {"name": "Visit__c", "fields": [{"name": "Key__c", "type": "string"}]}
    for objects in ((visit,), (visit, {"name": "Stay__c"}), ()):
        org = Org.open(OrgConfig(database=database, objects=objects))
        known = org.catalog.find("Visit__c"), org.catalog.find("Stay__c")
        org.close()
    assert all(known)
    with pytest.raises(UsageError, match="objects: an object needs a name"):
        Org.open(OrgConfig(database=database, objects=({"name": 1},)))


def test_a_snapshot_goes_into_an_org_on_another_kind_of_store(tmp_path: Path) -> None:
    source = Org.open(OrgConfig())
    source.records.create(Caller(source.users.administrator_id), "Account", {"Name": "Acme"})
    image = source.snapshot()
    source.close()
    target = Org.open(OrgConfig(database=f"sqlite:///{tmp_path / 'org.db'}"))
    target.restore(image)
    me = Caller(target.users.administrator_id)
    assert target.query.run(me, "SELECT COUNT() FROM Account").total_size == 1
    target.records.create(me, "Account", {"Name": "More"})
    target.close()


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (OrgConfig(database="mysql://x"), "is no kind of database"),
        (OrgConfig(database="sqlite:////nowhere/at/all.db"), "cannot open the database"),
        (OrgConfig(scenarios=({"records": 1},)), "seed: records: must be a list"),
        (OrgConfig(objects=({"name": 1},)), "objects: an object needs a name"),
        (OrgConfig(now=datetime(1950, 1, 1, tzinfo=UTC)), "now: the clock goes from"),
    ],
)
def test_a_wrong_set_up_is_said_in_one_line(config: OrgConfig, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        Org.open(config)
    assert "\n" not in str(caught.value)


def test_a_snapshot_brings_everything_back() -> None:
    org = Org.open(OrgConfig(frozen=True))
    me = Caller(org.users.administrator_id)
    org.seed({"objects": [{"name": "Visit__c"}], "records": [{"object": "Account", "fields": {"Name": "Acme"}}]})
    image, before = org.snapshot(), org.clock.now()
    org.records.create(me, "Account", {"Name": "More"})
    org.reset()
    assert org.catalog.find("Visit__c") is None
    org.restore(image)
    assert org.catalog.find("Visit__c") is not None
    assert org.clock.now() == before
    assert org.query.run(me, "SELECT COUNT() FROM Account").total_size == 1
    org.close()
