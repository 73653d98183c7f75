"""What stands around the rows: whose they are, and what reading them leaves behind."""

from collections.abc import Callable
from datetime import timedelta

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

Make = Callable[..., str]


def names(org: Org, caller: Caller, clauses: str) -> list[str]:
    return [record["Name"] for record in org.query.run(caller, f"SELECT Name FROM Thing__c {clauses}").records]


def test_mine_and_my_groups_holds_what_queues_and_groups_of_groups_own(org: Org, caller: Caller, things: Make) -> None:
    groups = [
        {"object": "Group", "ref": name, "fields": {"Name": name, "DeveloperName": name, "Type": type_}}
        for name, type_ in (("line", "Queue"), ("team", "Regular"), ("other", "Queue"))
    ]
    members = [
        {"object": "GroupMember", "ref": "m1", "fields": {"GroupId": "@team", "UserOrGroupId": caller.user_id}},
        {"object": "GroupMember", "ref": "m2", "fields": {"GroupId": "@line", "UserOrGroupId": "@team"}},
    ]
    refs = org.seed({"records": [*groups, *members]})
    user = {"Username": f"{refs['line']}@x.test", "LastName": "Else"}
    someone = org.seed({"records": [{"object": "User", "ref": "u", "fields": user}]})["u"]
    things(Name="my own", OwnerId=caller.user_id)
    things(Name="my line's", OwnerId=refs["line"])
    things(Name="another line's", OwnerId=refs["other"])
    things(Name="another user's", OwnerId=someone)
    assert names(org, caller, "USING SCOPE mine ORDER BY Name") == ["my own"]
    assert names(org, caller, "USING SCOPE MINE_AND_MY_GROUPS ORDER BY Name") == ["my line's", "my own"]
    assert names(org, Caller(someone, "62.0"), "USING SCOPE mine_and_my_groups") == ["another user's"]
    assert len(names(org, caller, "USING SCOPE everything")) == 4


def test_viewing_and_referencing_note_the_time_in_the_records_that_come(org: Org, caller: Caller, things: Make) -> None:
    """Guide, "FOR VIEW" and "FOR REFERENCE"."""
    ids = [org.records.create(caller, "Account", {"Name": name}) for name in "ab"]
    now = org.clock.now()
    before = org.query.run(caller, "SELECT SystemModstamp FROM Account").records
    org.clock.set(now + timedelta(hours=1))
    try:
        org.query.run(caller, "SELECT Id FROM Account WHERE Name = 'a' FOR VIEW")
        org.query.run(caller, "SELECT Id FROM Account WHERE Name = 'b' FOR REFERENCE")
    finally:
        org.clock.set(now)
    query = "SELECT Id, LastViewedDate, LastReferencedDate FROM Account ORDER BY Name"
    first, second = org.query.run(caller, query).records
    assert [first["Id"], second["Id"]] == ids
    assert (first["LastViewedDate"], first["LastReferencedDate"]) == ("2026-06-17T13:00:00.000+0000", None)
    assert (second["LastViewedDate"], second["LastReferencedDate"]) == (None, "2026-06-17T13:00:00.000+0000")
    after = org.query.run(caller, "SELECT SystemModstamp FROM Account").records
    assert after == before


def test_viewing_counts_on_further_pages_too(org: Org, caller: Caller, things: Make) -> None:
    for name in "abc":
        org.records.create(caller, "Account", {"Name": name})
    page = org.query.run(caller, "SELECT Name FROM Account ORDER BY Name FOR VIEW", batch_size=2)
    seen = "SELECT Name FROM Account WHERE LastViewedDate != null ORDER BY Name"
    assert [record["Name"] for record in org.query.run(caller, seen).records] == ["a", "b"]
    org.query.more(caller, page.next_locator or "")
    assert [record["Name"] for record in org.query.run(caller, seen).records] == ["a", "b", "c"]


def test_viewstat_counts_the_views_of_articles(org: Org, caller: Caller) -> None:
    fields = {"Title": "How", "UrlName": "how", "Language": "en_US"}
    article = org.seed({"records": [{"object": "Knowledge__kav", "ref": "k", "fields": fields}]})["k"]
    where = f"FROM Knowledge__kav WHERE Id = '{article}'"
    for clause, views in (("UPDATE VIEWSTAT", 1), ("UPDATE VIEWSTAT, TRACKING", 2), ("UPDATE TRACKING", 2)):
        org.query.run(caller, f"SELECT Title {where} {clause}")
        [record] = org.query.run(caller, f"SELECT ArticleTotalViewCount {where}").records
        assert record["ArticleTotalViewCount"] == views, clause


def test_for_update_shows_nothing(org: Org, caller: Caller, things: Make) -> None:
    things(Name="a")
    assert names(org, caller, "WITH USER_MODE LIMIT 1 FOR UPDATE") == ["a"]
