"""A store keeps rows: whole transactions, consistent views, long text apart, new columns, images."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatlift.emulator.errors import UsageError
from chatlift.emulator.store import Store, open_store
from chatlift.emulator.store.sqlite import SqliteStore
from chatlift.schemas.catalog import shipped
from chatlift.schemas.ids import compose

TRANSCRIPT = shipped().get("LiveChatTranscript")
COUNT = 'SELECT count(*) FROM "LiveChatTranscript"'
LONG_COUNT = 'SELECT count(*) FROM "LiveChatTranscript__long"'


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    opened.ensure(TRANSCRIPT)
    yield opened
    opened.close()


def row(number: int, **values: object) -> dict[str, object]:
    return {"Id": compose("570", "5e", number), "Name": f"{number:08d}", "IsDeleted": False, **values}


def number_of(store: Store, sql: str = COUNT) -> int:
    with store.read() as rows:
        found = rows.one(sql)
    assert found is not None
    return int(found[0])


def test_a_row_comes_back_as_it_was_written(store: Store) -> None:
    values = row(1, Body="Grüße 😀\n", WaitTime=2**31, IsChatbotSession=True, Status=None)
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, values)
    with store.read() as rows:
        [found] = rows.execute(
            'SELECT r."Name", r."WaitTime", r."IsChatbotSession", r."Status", l."Body", l."SupervisorTranscriptBody"'
            ' FROM "LiveChatTranscript" r JOIN "LiveChatTranscript__long" l ON l."_row" = r."_row"'
        )
    assert found == ("00000001", 2**31, True, None, "Grüße 😀\n", None)


def test_long_text_takes_a_row_of_its_own_only_where_there_is_any(store: Store) -> None:
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(1, Body=None))
        transaction.insert(TRANSCRIPT, row(2, Body="x"))
    assert (number_of(store), number_of(store, LONG_COUNT)) == (2, 1)
    with store.write() as transaction:
        transaction.update(TRANSCRIPT, compose("570", "5e", 1), {"Body": "y", "Name": "n"})
    assert number_of(store, LONG_COUNT) == 2
    with store.write() as transaction:
        transaction.erase(TRANSCRIPT, compose("570", "5e", 1))
    assert (number_of(store), number_of(store, LONG_COUNT)) == (1, 1)


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.write() as transaction:
            transaction.insert(TRANSCRIPT, row(1))
            assert transaction.next_number("n") == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert number_of(store) == 0
    with store.write() as transaction:
        assert transaction.next_number("n") == 1


def test_a_table_made_in_a_failed_transaction_is_made_again(store: Store) -> None:
    case = shipped().get("Case")

    def fail() -> None:
        with store.write():
            store.ensure(case)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    store.ensure(case)
    assert number_of(store, 'SELECT count(*) FROM "Case"') == 0


def test_a_savepoint_undoes_its_part_alone(store: Store) -> None:
    def fail(transaction: object) -> None:
        with transaction.savepoint():  # type: ignore[attr-defined]
            transaction.insert(TRANSCRIPT, row(2))  # type: ignore[attr-defined]
            raise RuntimeError

    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(1))
        with pytest.raises(RuntimeError):
            fail(transaction)
        with transaction.savepoint():
            transaction.insert(TRANSCRIPT, row(3))
    assert number_of(store) == 2


def test_a_table_made_in_a_savepoint_that_failed_is_made_again(store: Store) -> None:
    case = shipped().get("Case")

    def fail(transaction: object) -> None:
        with transaction.savepoint():  # type: ignore[attr-defined]
            store.ensure(case)
            raise RuntimeError

    with store.write() as transaction:
        with pytest.raises(RuntimeError):
            fail(transaction)
        store.ensure(case)
        assert transaction.execute('SELECT count(*) FROM "Case"') == [(0,)]
    assert number_of(store, 'SELECT count(*) FROM "Case"') == 0


def test_a_transaction_sees_its_own_rows_and_a_nested_one_joins_it(store: Store) -> None:
    with store.write() as outer:
        outer.insert(TRANSCRIPT, row(1))
        with store.read() as rows:
            assert rows.execute(COUNT) == [(1,)]
        with store.write() as inner:
            assert inner is outer


def test_an_id_is_there_once(store: Store) -> None:
    def twice() -> None:
        with store.write() as transaction:
            transaction.insert(TRANSCRIPT, row(1))
            transaction.insert(TRANSCRIPT, row(1))

    with pytest.raises(Exception, match=r"(?i)unique"):
        twice()
    assert number_of(store) == 0


def test_rows_stream(store: Store) -> None:
    with store.write() as transaction:
        for number in range(1, 6):
            transaction.insert(TRANSCRIPT, row(number))
    with store.read() as rows:
        streamed = rows.stream('SELECT "Name" FROM "LiveChatTranscript" ORDER BY "Id"')
        assert [name for (name,) in streamed] == [f"{number:08d}" for number in range(1, 6)]


def test_writers_take_turns(store: Store) -> None:
    failures: list[BaseException] = []

    def write(first: int) -> None:
        try:
            for number in range(first, first + 25):
                with store.write() as transaction:
                    transaction.insert(TRANSCRIPT, row(number, Body="x"))
                    transaction.next_number("n")
        except BaseException as error:  # noqa: BLE001  # the thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=write, args=(100 * number + 1,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (number_of(store), number_of(store, LONG_COUNT)) == (100, 100)
    with store.write() as transaction:
        assert transaction.next_number("n") == 101


def test_a_table_gets_the_columns_of_new_fields(store: Store) -> None:
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(1))
    extended = shipped().extended(
        [
            {
                "name": "LiveChatTranscript",
                "fields": [
                    {"name": "Flag__c", "type": "boolean"},
                    {"name": "Score__c", "type": "double"},
                    {"name": "Notes__c", "type": "textarea", "length": 32000},
                ],
            }
        ]
    )
    store.ensure(extended.get("LiveChatTranscript"))
    with store.read() as rows:
        [(flag, score)] = rows.execute('SELECT "Flag__c", "Score__c" FROM "LiveChatTranscript"')
    assert (bool(flag), score) == (False, None)
    with store.write() as transaction:
        transaction.insert(extended.get("LiveChatTranscript"), row(2, Flag__c=True, Score__c=0.5, Notes__c="n"))
    assert number_of(store, LONG_COUNT) == 1


def test_an_object_that_had_no_long_text_gets_some(store: Store) -> None:
    before = shipped().get("MessagingSession")
    assert not before.long_fields
    store.ensure(before)
    field = {"name": "Notes__c", "type": "textarea", "length": 32000}
    after = shipped().extended([{"name": before.name, "fields": [field]}]).get(before.name)
    store.ensure(after)
    with store.write() as transaction:
        transaction.insert(after, {"Id": compose("0Mw", "5e", 1), "IsDeleted": False, "Notes__c": "n"})
    assert number_of(store, 'SELECT count(*) FROM "MessagingSession__long"') == 1


def test_settings_are_kept(store: Store) -> None:
    assert store.meta("zone") is None
    with store.write() as transaction:
        transaction.set_meta("zone", "UTC")
        transaction.set_meta("zone", "Asia/Tokyo")
    assert store.meta("zone") == "Asia/Tokyo"


def test_clear_drops_every_table(store: Store) -> None:
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(1, Body="x"))
        transaction.set_meta("zone", "UTC")
    store.clear()
    store.ensure(TRANSCRIPT)
    assert number_of(store) == 0
    assert store.meta("zone") is None


def test_an_image_brings_all_rows_back(store: Store) -> None:
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(1, Body="x" * 100_000))
    image = store.image()
    assert image is not None
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(2))
    store.ensure(shipped().get("Case"))
    store.load_image(image, lambda: shipped().find)
    assert (number_of(store), number_of(store, LONG_COUNT)) == (1, 1)
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(3))  # under a number that is still free
    assert number_of(store) == 2
    store.ensure(shipped().get("Case"))
    assert number_of(store, 'SELECT count(*) FROM "Case"') == 0


def test_an_image_that_postgresql_does_not_take_changes_nothing(postgresql_url: str) -> None:
    store = open_store(postgresql_url)
    try:
        store.ensure(TRANSCRIPT)
        with store.write() as transaction:
            transaction.insert(TRANSCRIPT, row(1))
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            copy.deserialize(store.image() or b"")
            copy.execute('ALTER TABLE "_meta" ADD COLUMN more TEXT')
            odd = copy.serialize()
        with pytest.raises(UsageError, match="PostgreSQL does not take the snapshot: column"):
            store.load_image(odd, lambda: shipped().find)
        assert number_of(store) == 1
    finally:
        store.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("oracle://x", "oracle: is no kind of database"),
        ("sqlite:////nowhere/org.db", "cannot open the database /nowhere/org.db"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "cannot open the PostgreSQL database"),
    ],
)
def test_a_database_that_cannot_be_opened_is_said_in_one_line(url: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)


def test_a_commit_that_fails_leaves_the_store_in_order(store: Store) -> None:
    if isinstance(store, SqliteStore):
        store._writer.execute("PRAGMA foreign_keys = ON")
    with store.write() as transaction:
        transaction.run(
            "CREATE TABLE link (id integer PRIMARY KEY, parent integer REFERENCES link DEFERRABLE INITIALLY DEFERRED)"
        )

    def fail() -> None:
        with store.write() as transaction:
            transaction.insert(TRANSCRIPT, row(1))
            transaction.run("INSERT INTO link VALUES (1, 7)")

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        fail()
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(2))
    assert number_of(store) == 1


def test_a_table_that_an_open_transaction_makes_is_not_yet_there_for_others(store: Store) -> None:
    case, reading = shipped().get("Case"), threading.Event()
    found: list[object] = []

    def look() -> None:
        reading.set()
        try:
            store.ensure(case)
            found.append(number_of(store, 'SELECT count(*) FROM "Case"'))
        except BaseException as error:  # noqa: BLE001  # the thread's failure is the test's
            found.append(error)

    thread = threading.Thread(target=look)

    def make_and_fail() -> None:
        with store.write():
            store.ensure(case)
            thread.start()
            reading.wait()
            thread.join(0.2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        make_and_fail()
    thread.join()
    assert found == [0]


def test_threads_that_are_gone_leave_no_connections(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "org.db"))
    store.ensure(TRANSCRIPT)
    for _ in range(5):
        thread = threading.Thread(target=number_of, args=(store,))
        thread.start()
        thread.join()
    assert len(store._idle) == 1
    store.close()


def test_a_view_that_is_open_when_the_store_closes_can_be_read_to_its_end(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "org.db"))
    store.ensure(TRANSCRIPT)
    with store.read() as rows:
        store.close()
        assert rows.execute(COUNT) == [(0,)]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        number_of(store)


def test_a_database_of_somebody_else_is_refused(store_url: str) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory is always empty")
    statement = "CREATE TABLE invoices (id integer)"
    if store_url.startswith("sqlite"):
        with sqlite3.connect(store_url.removeprefix("sqlite:///")) as theirs:
            theirs.execute(statement)
        theirs.close()
    else:
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(store_url.replace("+psycopg", "")) as theirs:
            theirs.execute(statement)
    with pytest.raises(UsageError, match="holds other tables, such as invoices"):
        open_store(store_url)
