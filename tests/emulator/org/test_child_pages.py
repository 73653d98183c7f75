"""Children that do not fit a page: never cut, but continued by a locator of their own."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.cursor import OPEN_CURSORS
from chatlift.emulator.org.org import Org
from chatlift.emulator.store.base import Reader

QUERY = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name"
SIZES = {"empty": 0, "few": 3, "many": 7, "most": 9}
PAGE = 3


@pytest.fixture
def org(store_url: str) -> Iterator[Org]:
    """An org with four accounts of 0, 3, 7 and 9 contacts; each contact has two cases."""
    opened = Org.open(OrgConfig(database=store_url, now=datetime(2026, 6, 17, 12, tzinfo=UTC), frozen=True))
    caller = Caller(opened.users.administrator_id, "62.0")
    for name, size in SIZES.items():
        account = opened.records.create(caller, "Account", {"Name": name})
        for number in range(size):
            values = {"LastName": f"{name} {number}", "AccountId": account}
            contact = opened.records.create(caller, "Contact", values)
            for case in range(4 if number == 0 else 1):
                opened.records.create(caller, "Case", {"Subject": f"{name} {number}.{case}", "ContactId": contact})
    yield opened
    opened.close()


@pytest.fixture
def caller(org: Org) -> Caller:
    """The administrator."""
    return Caller(org.users.administrator_id, "62.0")


def locator_of(result: dict[str, Any]) -> str:
    """Return the locator in a result's ``nextRecordsUrl``."""
    path, _, locator = result["nextRecordsUrl"].rpartition("/")
    assert path == "/services/data/v62.0/query"
    return str(locator)


def followed(org: Org, caller: Caller, result: dict[str, Any], field: str, size: int = PAGE) -> list[str]:
    """Return a field of all rows of a child result, its further pages read."""
    values = [record[field] for record in result["records"]]
    if result["done"]:
        assert list(result) == ["totalSize", "done", "records"]
        return values
    assert list(result) == ["totalSize", "done", "nextRecordsUrl", "records"]
    locator: str | None = locator_of(result)
    while locator:
        page = org.query.more(caller, locator, batch_size=size)
        assert page.total_size == result["totalSize"]
        values += [record[field] for record in page.records]
        locator = page.next_locator
    return values


def test_every_child_comes_once_in_order(org: Org, caller: Caller) -> None:
    page = org.query.run(caller, QUERY, batch_size=2000)
    assert all(record["Contacts"] is None or record["Contacts"]["done"] for record in page.records)
    page = org.query.run(caller, QUERY, batch_size=PAGE + 1)
    assert page.done
    found = {record["Name"]: record["Contacts"] for record in page.records}
    assert found["empty"] is None
    assert [found[name]["done"] for name in ("few", "many", "most")] == [True, False, False]
    for name in ("few", "many", "most"):
        assert found[name]["totalSize"] == SIZES[name]
        assert followed(org, caller, found[name], "LastName", PAGE + 1) == [f"{name} {n}" for n in range(SIZES[name])]


def test_a_childs_limit_and_offset_hold_across_pages(org: Org, caller: Caller) -> None:
    query = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 5) FROM Account ORDER BY Name"
    record = org.query.run(caller, query, batch_size=3).records[2]
    assert followed(org, caller, record["Contacts"], "LastName") == [f"many {n}" for n in range(5)]
    query = (
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 5 OFFSET 3) FROM Account"
        " WHERE Name = 'most' LIMIT 1"
    )
    [record] = org.query.run(caller, query, batch_size=3).records
    assert followed(org, caller, record["Contacts"], "LastName") == [f"most {n}" for n in range(3, 8)]


def test_further_pages_of_parents_have_such_children_too_and_stay_the_same(org: Org, caller: Caller) -> None:
    page = org.query.run(caller, QUERY, batch_size=PAGE)
    assert page.next_locator is not None
    second = org.query.more(caller, page.next_locator, batch_size=PAGE)
    [record] = second.records
    assert followed(org, caller, record["Contacts"], "LastName") == [f"most {n}" for n in range(9)]
    assert org.query.more(caller, page.next_locator, batch_size=PAGE) == second
    locator = locator_of(record["Contacts"])
    assert org.query.more(caller, locator, batch_size=PAGE) == org.query.more(caller, locator, batch_size=PAGE)


def test_children_of_children_are_continued(org: Org, caller: Caller) -> None:
    query = (
        "SELECT Name, (SELECT LastName, (SELECT Subject FROM Cases ORDER BY Subject) FROM Contacts ORDER BY LastName)"
        " FROM Account WHERE Name = 'most'"
    )
    [record] = org.query.run(caller, query, batch_size=PAGE).records
    cases = record["Contacts"]["records"][0]["Cases"]
    assert (cases["totalSize"], cases["done"]) == (4, False)
    assert followed(org, caller, cases, "Subject") == [f"most 0.{n}" for n in range(4)]
    # The pages of contacts bring their cases along.
    page = org.query.more(caller, locator_of(record["Contacts"]), batch_size=PAGE)
    assert [contact["Cases"]["records"][0]["Subject"] for contact in page.records] == [f"most {n}.0" for n in (3, 4, 5)]


def test_children_are_continued_after_a_restart(store_url: str, org: Org, caller: Caller) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory is gone with the process")
    record = org.query.run(caller, QUERY, batch_size=PAGE).records[2]
    org.close()
    second = Org.open(OrgConfig(database=store_url))
    try:
        assert followed(second, caller, record["Contacts"], "LastName") == [f"many {n}" for n in range(7)]
    finally:
        second.close()


def test_children_close_with_their_query(org: Org, caller: Caller) -> None:
    locator = locator_of(org.query.run(caller, QUERY, batch_size=PAGE).records[2]["Contacts"])
    for _ in range(OPEN_CURSORS - 1):
        org.query.run(caller, QUERY, batch_size=PAGE)
    assert len(org.query.more(caller, locator, batch_size=PAGE).records) == PAGE
    org.query.run(caller, QUERY, batch_size=PAGE)
    with pytest.raises(OrgError, match="INVALID_QUERY_LOCATOR"):
        org.query.more(caller, locator)


def test_a_page_of_parents_takes_two_statements_however_many_have_more(
    org: Org, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    with org.store.read() as reader:
        kind = type(reader)
    execute = kind.execute

    def counted(self: Reader, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        statements.append(sql)
        return execute(self, sql, parameters)

    monkeypatch.setattr(kind, "execute", counted)
    org.query.run(caller, QUERY, batch_size=4)
    assert len([sql for sql in statements if 'FROM "Contact"' in sql]) == 2
