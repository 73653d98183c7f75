"""Pages of answers: sizes, locators, their lifetime, and records read by id."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.cursor import LIFETIME, OPEN_CURSORS
from chatlift.emulator.org.org import Org
from chatlift.emulator.store.base import Reader

ACCOUNTS = 7
NAMES = [f"Account {number}" for number in range(ACCOUNTS)]
QUERY = "SELECT Name FROM Account ORDER BY Name"


@pytest.fixture
def org(store_url: str) -> Iterator[Org]:
    """An org with seven accounts, its clock standing."""
    opened = Org.open(OrgConfig(database=store_url, now=datetime(2026, 6, 17, 12, tzinfo=UTC), frozen=True))
    caller = Caller(opened.users.administrator_id)
    for name in NAMES:
        opened.records.create(caller, "Account", {"Name": name})
    yield opened
    opened.close()


@pytest.fixture
def caller(org: Org) -> Caller:
    """The administrator."""
    return Caller(org.users.administrator_id, "62.0")


def test_pages_hold_every_row_once_in_order(org: Org, caller: Caller) -> None:
    page = org.query.run(caller, QUERY, batch_size=3)
    assert (page.total_size, page.done) == (ACCOUNTS, False)
    assert page.next_locator is not None
    assert page.next_locator.startswith("01g")
    assert page.next_locator.endswith("-3")
    assert len(page.next_locator) == 20
    names = [record["Name"] for record in page.records]
    sizes = []
    while page.next_locator:
        page = org.query.more(caller, page.next_locator, batch_size=3)
        sizes.append((page.total_size, page.done, len(page.records)))
        names += [record["Name"] for record in page.records]
    assert sizes == [(ACCOUNTS, False, 3), (ACCOUNTS, True, 1)]
    assert names == NAMES


@pytest.mark.parametrize("size", [ACCOUNTS, ACCOUNTS + 1, 2000])
def test_what_fits_a_page_leaves_no_cursor(org: Org, caller: Caller, size: int) -> None:
    page = org.query.run(caller, QUERY, batch_size=size)
    assert (page.total_size, page.done, page.next_locator) == (ACCOUNTS, True, None)
    with org.store.read() as reader:
        assert reader.execute('SELECT COUNT(*) FROM "_cursor"') == [(0,)]


def test_limit_and_offset_hold_across_pages(org: Org, caller: Caller) -> None:
    page = org.query.run(caller, f"{QUERY} LIMIT 5 OFFSET 1", batch_size=2)
    assert page.total_size == 5
    names = [record["Name"] for record in page.records]
    while page.next_locator:
        page = org.query.more(caller, page.next_locator, batch_size=2)
        names += [record["Name"] for record in page.records]
    assert names == NAMES[1:6]
    assert org.query.run(caller, f"{QUERY} LIMIT 2", batch_size=2).done


def test_a_page_is_the_same_each_time_whatever_happens_to_the_rows(org: Org, caller: Caller) -> None:
    locator = org.query.run(caller, QUERY, batch_size=3).next_locator
    assert locator is not None
    before = org.query.more(caller, locator, batch_size=3)
    org.records.create(caller, "Account", {"Name": "Account 0 and a half"})
    org.records.delete(caller, "Account", before.records[0]["attributes"]["url"].rsplit("/")[-1])
    assert org.query.more(caller, locator, batch_size=3) == before


def test_pages_can_be_read_out_of_turn(org: Org, caller: Caller) -> None:
    locator = org.query.run(caller, QUERY, batch_size=3).next_locator
    assert locator is not None
    cursor = locator.partition("-")[0]
    assert [record["Name"] for record in org.query.more(caller, f"{cursor}-5", batch_size=1).records] == NAMES[5:6]
    assert [record["Name"] for record in org.query.more(caller, f"{cursor}-0", batch_size=2).records] == NAMES[:2]
    assert [record["Name"] for record in org.query.more(caller, f"{cursor[:15]}-6").records] == NAMES[6:]
    end = org.query.more(caller, f"{cursor}-{ACCOUNTS}")
    assert (end.records, end.done, end.total_size) == ([], True, ACCOUNTS)


@pytest.mark.parametrize(
    "locator", ["", "x", "01g000000000001AAA", "01g000000000001AAA-x", "01g000000000099AAA-3", "001000000000001AAA-3"]
)
def test_an_unknown_locator_is_invalid(org: Org, caller: Caller, locator: str) -> None:
    with pytest.raises(OrgError) as refusal:
        org.query.more(caller, locator)
    assert (refusal.value.code, refusal.value.message) == ("INVALID_QUERY_LOCATOR", "invalid query locator")


def test_an_offset_beyond_the_result_is_invalid(org: Org, caller: Caller) -> None:
    locator = org.query.run(caller, QUERY, batch_size=3).next_locator
    assert locator is not None
    with pytest.raises(OrgError, match="INVALID_QUERY_LOCATOR"):
        org.query.more(caller, f"{locator.partition('-')[0]}-{ACCOUNTS + 1}")


def test_a_locator_is_its_users_own(org: Org, caller: Caller) -> None:
    locator = org.query.run(caller, QUERY, batch_size=3).next_locator
    assert locator is not None
    records = [{"object": "User", "ref": "u", "fields": {"Username": "o@x.test", "LastName": "O"}}]
    other = Caller(org.seed({"records": records})["u"])
    with pytest.raises(OrgError, match="INVALID_QUERY_LOCATOR"):
        org.query.more(other, locator)


def test_a_locator_lives_two_days(org: Org, caller: Caller) -> None:
    locator = org.query.run(caller, QUERY, batch_size=3).next_locator
    assert locator is not None
    org.clock.advance(LIFETIME.total_seconds() - 1)
    assert len(org.query.more(caller, locator, batch_size=3).records) == 3
    org.clock.advance(1)
    with pytest.raises(OrgError, match="INVALID_QUERY_LOCATOR"):
        org.query.more(caller, locator)


def test_the_eleventh_cursor_closes_the_first(org: Org, caller: Caller) -> None:
    locators = [org.query.run(caller, QUERY, batch_size=3).next_locator or "" for _ in range(OPEN_CURSORS + 1)]
    with pytest.raises(OrgError, match="INVALID_QUERY_LOCATOR"):
        org.query.more(caller, locators[0])
    for locator in locators[1:]:
        assert org.query.more(caller, locator, batch_size=3).total_size == ACCOUNTS


def test_a_locator_outlives_the_process(store_url: str, org: Org, caller: Caller) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory is gone with the process")
    locator = org.query.run(caller, QUERY, batch_size=3).next_locator
    assert locator is not None
    org.close()
    second = Org.open(OrgConfig(database=store_url))
    try:
        assert [record["Name"] for record in second.query.more(caller, locator, batch_size=3).records] == NAMES[3:6]
    finally:
        second.close()


def test_query_all_pages_keep_deleted_rows(org: Org, caller: Caller) -> None:
    for record in org.query.run(caller, "SELECT Id FROM Account ORDER BY Name LIMIT 4").records:
        org.records.delete(caller, "Account", record["Id"])
    query = "SELECT Name, IsDeleted FROM Account ORDER BY Name"
    assert org.query.run(caller, query).total_size == 3
    page = org.query.run(caller, query, all_rows=True, batch_size=5)
    assert page.total_size == ACCOUNTS
    assert page.next_locator is not None
    rest = org.query.more(caller, page.next_locator)
    assert [record["IsDeleted"] for record in [*page.records, *rest.records]] == [True] * 4 + [False] * 3


def test_children_come_with_every_page(org: Org, caller: Caller) -> None:
    for record in org.query.run(caller, "SELECT Id, Name FROM Account").records:
        for number in range(3):
            org.records.create(caller, "Contact", {"LastName": f"{record['Name']}.{number}", "AccountId": record["Id"]})
    query = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name"
    page = org.query.run(caller, query, batch_size=5)
    assert page.next_locator is not None
    for record in [*page.records, *org.query.more(caller, page.next_locator).records]:
        assert [child["LastName"] for child in record["Contacts"]["records"]] == [
            f"{record['Name']}.{n}" for n in range(3)
        ]


def test_a_page_of_parents_takes_one_statement_for_each_subquery(
    org: Org, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for record in org.query.run(caller, "SELECT Id FROM Account").records:
        org.records.create(caller, "Contact", {"LastName": "x", "AccountId": record["Id"]})
    statements: list[str] = []
    with org.store.read() as reader:
        kind = type(reader)
    execute = kind.execute

    def counted(self: Reader, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        statements.append(sql)
        return execute(self, sql, parameters)

    monkeypatch.setattr(kind, "execute", counted)
    records = org.query.run(caller, "SELECT Id, (SELECT Id FROM Contacts), (SELECT Id FROM Cases) FROM Account").records
    assert [len(record["Contacts"]["records"]) for record in records] == [1] * ACCOUNTS
    assert len([sql for sql in statements if 'FROM "Contact"' in sql]) == 1
    assert len([sql for sql in statements if 'FROM "Case"' in sql]) == 1


def test_records_are_read_by_id_in_the_order_asked(org: Org, caller: Caller) -> None:
    account = org.catalog.get("Account")
    ids = [record["Id"] for record in org.query.run(caller, QUERY.replace("Name FROM", "Id FROM")).records]
    wanted = [ids[4], "001000000000000AAA", ids[1]]
    records = org.query.rows_by_id(caller, account, wanted, ["name", "BillingCity", "NAME"])
    assert [list(record) for record in records] == [["attributes", "Name", "BillingCity", "Id"]] * 2
    assert [record["Id"] for record in records] == [ids[4], ids[1]]
    [whole] = org.query.rows_by_id(caller, account, ids[:1])
    assert list(whole)[1:] == [field.name for field in account.fields]
    org.records.delete(caller, "Account", ids[0])
    assert org.query.rows_by_id(caller, account, ids[:1]) == []
    assert len(org.query.rows_by_id(caller, account, ids[:1], include_deleted=True)) == 1


def test_an_unknown_field_is_refused_by_name(org: Org, caller: Caller) -> None:
    with pytest.raises(OrgError, match="No such column 'Nope' on entity 'Account'"):
        org.query.rows_by_id(caller, org.catalog.get("Account"), [], ["Nope"])


def test_a_query_sees_its_own_transaction(org: Org, caller: Caller) -> None:
    with org.transaction():
        org.records.create(caller, "Account", {"Name": "new"})
        assert org.query.run(caller, "SELECT COUNT() FROM Account").total_size == ACCOUNTS + 1
        page = org.query.run(caller, QUERY, batch_size=3)
    assert page.next_locator is not None
    assert org.query.more(caller, page.next_locator).total_size == ACCOUNTS + 1
