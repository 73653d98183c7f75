"""The search index follows the records: through every kind of write, resets, restores, restarts and other processes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org


class Desk:
    """An org, and searches for the accounts, contacts and notes in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.org = Org.open(OrgConfig(database=url))
        self.me = Caller(self.org.users.administrator_id)

    def create(self, name: str, **values: Any) -> str:
        return self.org.records.create(self.me, "Account", {"Name": name, **values})

    def update(self, id_: str, **values: Any) -> None:
        self.org.records.update(self.me, "Account", id_, values)

    def find(self, term: str, type_: str = "Account") -> list[str]:
        found = self.org.search.run(self.me, f"FIND {{{term}}} RETURNING {type_}(Name ORDER BY Name)")
        return [record["Name"] for record in found]

    def stale(self) -> int:
        with self.org.store.read() as rows:
            return int(rows.execute('SELECT count(*) FROM "_search_stale"')[0][0])

    def tables(self) -> frozenset[str]:
        with self.org.store.read() as rows:
            sql = "SELECT name FROM sqlite_master"
            if self.org.store.dialect == "postgresql":
                sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            return frozenset(name for (name,) in rows.execute(sql))


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    opened = Desk(store_url)
    yield opened
    opened.org.close()


def test_a_search_finds_what_was_created_after_the_last_one(desk: Desk) -> None:
    assert desk.find("acme") == []
    desk.create("Acme")
    assert desk.find("acme") == ["Acme"]
    desk.create("Acme Two", Description="long words")
    assert desk.find("acme") == ["Acme", "Acme Two"]
    assert desk.find("long") == ["Acme Two"]


def test_a_search_finds_what_is_there_now_and_not_what_was(desk: Desk) -> None:
    id_ = desk.create("Acme", Description="fox")
    assert desk.find("fox") == ["Acme"]
    desk.update(id_, Description="wolf")
    assert (desk.find("fox"), desk.find("wolf")) == ([], ["Acme"])
    desk.update(id_, Name="Globex")
    assert (desk.find("acme"), desk.find("globex AND wolf")) == ([], ["Globex"])
    desk.update(id_, Description=None)
    assert (desk.find("wolf"), desk.find("globex")) == ([], ["Globex"])
    desk.update(id_, Description="wolf again")
    assert desk.find("again") == ["Globex"]


def test_a_first_long_text_is_found(desk: Desk) -> None:
    id_ = desk.create("Acme")
    assert desk.find("fox") == []
    desk.update(id_, Description="fox")
    assert desk.find("fox") == ["Acme"]


def test_deleted_records_are_not_found_until_they_come_back(desk: Desk) -> None:
    id_ = desk.create("Acme")
    contact = desk.org.records.create(desk.me, "Contact", {"LastName": "Smith", "AccountId": id_})
    assert desk.find("acme") == ["Acme"]
    assert desk.find("smith", "Contact") == ["Smith"]
    desk.org.records.delete(desk.me, "Account", id_)
    assert (desk.find("acme"), desk.find("smith", "Contact")) == ([], [])
    desk.org.records.undelete(desk.me, "Account", id_)
    assert (desk.find("acme"), desk.find("smith", "Contact")) == (["Acme"], ["Smith"])
    desk.org.records.delete(desk.me, "Contact", contact)
    assert (desk.find("acme"), desk.find("smith", "Contact")) == (["Acme"], [])


def test_rows_erased_for_good_leave_the_index_and_their_numbers_may_come_again(desk: Desk) -> None:
    first, second = desk.create("Acme"), desk.create("Globex")
    assert desk.find("globex") == ["Globex"]
    account = desk.org.catalog.get("Account")
    with desk.org.store.write() as transaction:
        transaction.erase(account, second)
    desk.create("Initech")
    assert (desk.find("globex"), desk.find("initech")) == ([], ["Initech"])
    with desk.org.store.write() as transaction:
        transaction.erase(account, first)
    assert desk.find("acme OR initech") == ["Initech"]
    with desk.org.store.write() as transaction:
        transaction.run('DELETE FROM "Account"')
    assert desk.find("initech") == []
    desk.create("Umbrella")
    assert (desk.find("initech"), desk.find("umbrella")) == ([], ["Umbrella"])


def test_what_is_rolled_back_is_not_found(desk: Desk) -> None:
    id_ = desk.create("Acme")
    assert desk.find("acme") == ["Acme"]
    seen: list[list[str]] = []

    def write_and_fail() -> None:
        with desk.org.transaction():
            desk.update(id_, Name="Globex")
            seen.extend([desk.find("globex"), desk.find("acme")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert seen == [["Globex"], []]
    assert (desk.find("globex"), desk.find("acme")) == ([], ["Acme"])


def test_the_first_search_of_all_may_be_rolled_back(desk: Desk) -> None:
    desk.create("Acme")
    seen: list[str] = []

    def search_and_fail() -> None:
        with desk.org.transaction():
            seen.extend(desk.find("acme"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        search_and_fail()
    assert (seen, desk.find("acme")) == (["Acme"], ["Acme"])


def test_only_changes_of_searched_fields_are_indexed_anew(desk: Desk) -> None:
    id_ = desk.create("Acme")
    desk.update(id_, NumberOfEmployees=5)
    assert desk.find("acme") == ["Acme"]
    desk.update(id_, NumberOfEmployees=6)
    desk.org.records.delete(desk.me, "Account", id_)
    desk.org.records.undelete(desk.me, "Account", id_)
    desk.create("Globex", Description="new rows are known by their number")
    assert desk.stale() == 0
    desk.update(id_, Phone="123")
    desk.update(id_, Phone="456")
    assert desk.stale() == 1
    assert desk.find("456") == ["Acme"]
    assert desk.stale() == 0


def test_an_org_that_never_searches_has_no_index(desk: Desk) -> None:
    id_ = desk.create("Acme")
    desk.update(id_, Name="Globex")
    assert not {"_search_text", "_search_words"} & desk.tables()
    desk.find("acme")
    assert {"_search_text", "_search_words"} & desk.tables()


def test_a_reset_and_what_comes_after_it(desk: Desk) -> None:
    desk.create("Acme")
    assert desk.find("acme") == ["Acme"]
    desk.org.reset()
    assert desk.find("acme") == []
    desk.create("Acme again")
    assert desk.find("acme") == ["Acme again"]
    desk.org.reset()
    desk.create("Acme at last")
    assert desk.find("acme") == ["Acme at last"]


def test_clear_takes_the_index_along(desk: Desk) -> None:
    desk.create("Acme")
    desk.find("acme")
    desk.org.store.clear()
    assert not [name for name in desk.tables() if name.startswith("_search_t") or name == "_search_words"]


def test_a_snapshot_holds_its_index(desk: Desk) -> None:
    if desk.org.store.dialect == "postgresql":
        pytest.skip("no snapshots on PostgreSQL")
    id_ = desk.create("Acme")
    before = desk.org.snapshot()
    assert desk.find("acme") == ["Acme"]
    searched = desk.org.snapshot()
    desk.update(id_, Name="Globex")
    desk.create("Initech")
    assert desk.find("acme OR globex OR initech") == ["Globex", "Initech"]
    desk.org.restore(searched)
    assert desk.find("acme OR globex OR initech") == ["Acme"]
    desk.update(id_, Name="Umbrella")
    assert desk.find("acme OR umbrella") == ["Umbrella"]
    desk.org.restore(before)
    assert desk.find("acme OR umbrella OR globex") == ["Acme"]
    desk.org.restore(searched)
    assert desk.find("acme OR umbrella OR globex") == ["Acme"]


def test_an_org_opened_again_goes_on_where_it_was(store_url: str) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory does not outlive its org")
    first = Desk(store_url)
    id_ = first.create("Acme")
    assert first.find("acme") == ["Acme"]
    first.update(id_, Name="Globex")
    first.create("Initech")
    first.org.close()
    second = Desk(store_url)
    assert second.find("acme OR globex OR initech") == ["Globex", "Initech"]
    second.org.close()


def test_two_workers_share_an_index(store_url: str) -> None:
    if store_url.startswith("sqlite"):
        pytest.skip("memory is not shared, and a file has one owner")
    first, second = Desk(store_url), Desk(store_url)
    id_ = first.create("Acme")
    assert second.find("acme") == ["Acme"]
    first.update(id_, Name="Globex")
    assert (second.find("acme"), second.find("globex")) == ([], ["Globex"])
    second.create("Initech")
    assert (first.find("acme"), first.find("globex OR initech")) == ([], ["Globex", "Initech"])
    second.org.records.delete(second.me, "Account", id_)
    assert first.find("globex OR initech") == ["Initech"]
    first.org.close()
    second.org.close()


def test_new_fields_of_a_type_are_searched(desk: Desk) -> None:
    id_ = desk.create("Acme")
    assert desk.find("fox") == []
    field = {"name": "Motto__c", "type": "string"}
    desk.org.seed({"objects": [{"name": "Account", "fields": [field]}]})
    desk.update(id_, Motto__c="quick fox")
    assert desk.find("fox") == ["Acme"]
    desk.update(id_, Motto__c="lazy dog")
    assert (desk.find("fox"), desk.find("dog")) == ([], ["Acme"])


def test_a_large_table_is_indexed_in_parts(desk: Desk, make_accounts: Callable[[int], None]) -> None:
    make_accounts(1203)
    assert len(desk.org.search.run(desk.me, "FIND {bulk} RETURNING Account(Id ORDER BY Id)")) == 1203
    with desk.org.store.write() as transaction:
        transaction.run("""UPDATE "Account" SET "Name" = 'other' """)
    assert desk.find("bulk") == []
    assert len(desk.org.search.run(desk.me, "FIND {other} RETURNING Account(Id ORDER BY Id)")) == 1203


@pytest.fixture
def make_accounts(desk: Desk) -> Callable[[int], None]:
    def make(number: int) -> None:
        with desk.org.transaction():
            for _ in range(number):
                desk.create("bulk")

    return make
