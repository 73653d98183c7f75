"""A store keeps rows: whole transactions, consistent views, long text apart, new columns, images."""

import threading
from collections.abc import Iterator

import pytest

from chatlift.emulator.errors import UsageError
from chatlift.emulator.store import Store, open_store
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
    with store.streaming('SELECT "Name" FROM "LiveChatTranscript" ORDER BY "Id"') as rows:
        assert [name for (name,) in rows] == [f"{number:08d}" for number in range(1, 6)]


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
    if image is None:
        with pytest.raises(UsageError, match="takes no images"):
            store.load_image(b"")
        return
    with store.write() as transaction:
        transaction.insert(TRANSCRIPT, row(2))
    store.ensure(shipped().get("Case"))
    store.load_image(image)
    assert (number_of(store), number_of(store, LONG_COUNT)) == (1, 1)
    store.ensure(shipped().get("Case"))
    assert number_of(store, 'SELECT count(*) FROM "Case"') == 0


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
