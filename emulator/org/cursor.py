"""Query cursors: what a query found, kept so that its further pages stay the same.

A cursor is a row of the store: the query, and the numbers of the rows it found, in order. Reading a page twice gives the
same rows, a page can be read out of turn, and a restart or another worker goes on where the first one stopped. A row that
has left the database since is missing from its page.

A child subquery of a record that has more rows than a page leaves a cursor too. It belongs to the cursor of its query: they
close together.
"""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ...schemas.ids import compose
from ...schemas.values import datetime_text
from ..errors import OrgError
from ..store import Store, Transaction
from ..store.base import Row

PREFIX: Final = "01g"
"""Key prefix of query locators (recorded answers; REST API guide, "Query more results")."""
INSTANCE: Final = "00"
LIFETIME: Final = timedelta(days=2)
"""REST API guide, "Query": a locator lives two days."""
OPEN_CURSORS: Final = 10
"""Cursors that a user may have open; one more closes the oldest (SOAP API guide, "queryMore()")."""

_LOCATOR: Final = re.compile(r"(01g[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?)-(\d{1,9})", re.ASCII)
_COLUMNS: Final = "id, user_id, soql, version, all_rows, total, root, part, parent"
_WIDTH: Final = 8
"""Bytes of a row number."""


def invalid_locator() -> OrgError:
    """Return the answer to a locator that is malformed, unknown or too old (restforce/restforce#67)."""
    return OrgError("INVALID_QUERY_LOCATOR", "invalid query locator")


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a query found."""

    id: str
    user_id: str
    soql: str
    version: str
    all_rows: bool
    total: int
    root: str
    """The id of the cursor of the whole query; its own for that cursor itself."""
    part: str = ""
    """Of a child subquery, its place among those of its query, and within them: ``0.2``."""
    parent: str = ""
    """Of a child subquery, the id of the record whose children it has."""

    def locator(self, offset: int) -> str:
        """Return the locator of the page that begins at an offset."""
        return f"{self.id}-{offset}"


class Cursors:
    """The cursors of an org."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(
        self, now: datetime, user_id: str, soql: str, version: str, all_rows: bool, row_keys: Sequence[int]
    ) -> Cursor:
        """Keep what a query found; the user's oldest cursors close if there are too many."""
        with self._store.write() as transaction:
            id_ = compose(PREFIX, INSTANCE, transaction.next_number(f"id:{PREFIX}"))
            cursor = Cursor(id_, user_id, soql, version, all_rows, len(row_keys), id_)
            self._insert(transaction, now, cursor, row_keys)
            self._close_old(transaction, now, user_id)
        return cursor

    def open_child(self, now: datetime, root: Cursor, part: str, parent: str, row_keys: Sequence[int]) -> Cursor:
        """Keep the children of one record; a cursor that was opened for them before stays as it is."""
        with self._store.write() as transaction:
            place = transaction.placeholder
            known = transaction.one(
                f'SELECT {_COLUMNS} FROM "_cursor" WHERE root = {place} AND part = {place} AND parent = {place}',
                [root.id, part, parent],
            )
            if known is not None:
                return _cursor(known)
            id_ = compose(PREFIX, INSTANCE, transaction.next_number(f"id:{PREFIX}"))
            cursor = replace(root, id=id_, total=len(row_keys), part=part, parent=parent)
            self._insert(transaction, now, cursor, row_keys)
        return cursor

    def find(self, now: datetime, user_id: str, locator: str) -> tuple[Cursor, int]:
        """Return the cursor and the offset that a locator means. Raises INVALID_QUERY_LOCATOR."""
        match = _LOCATOR.fullmatch(locator)
        if match is None:
            raise invalid_locator()
        place = self._store.placeholder
        with self._store.read() as rows:
            # 15 characters of the id are enough, as everywhere.
            found = rows.one(
                f'SELECT {_COLUMNS} FROM "_cursor" WHERE substr(id, 1, 15) = {place} AND user_id = {place}'
                f" AND created_at > {place}",
                [match[1][:15], user_id, datetime_text(now - LIFETIME)],
            )
        if found is None:
            raise invalid_locator()
        offset = int(match[2])
        cursor = _cursor(found)
        if offset > cursor.total:
            raise invalid_locator()
        return cursor, offset

    def row_keys(self, cursor: Cursor, offset: int, count: int) -> Sequence[int]:
        """Return the numbers of rows from an offset on; only their part of the cursor is read."""
        place = self._store.placeholder
        cut = f"substr(row_keys, {offset * _WIDTH + 1}, {count * _WIDTH})"
        found = self._store.select(f'SELECT {cut} FROM "_cursor" WHERE id = {place}', [cursor.id])
        if not found:  # it closed this very moment
            raise invalid_locator()
        row_keys: array[int] = array("q")
        row_keys.frombytes(found[0][0])
        return row_keys

    def _insert(self, transaction: Transaction, now: datetime, cursor: Cursor, row_keys: Sequence[int]) -> None:
        places = ", ".join([transaction.placeholder] * 11)
        values = [
            cursor.id, cursor.user_id, cursor.soql, cursor.version, int(cursor.all_rows), datetime_text(now), cursor.total,
            array("q", row_keys).tobytes(), cursor.root, cursor.part, cursor.parent,
        ]  # fmt: skip
        transaction.run(
            'INSERT INTO "_cursor" (id, user_id, soql, version, all_rows, created_at, total, row_keys, root, part, parent)'
            f" VALUES ({places})",
            values,
        )

    def _close_old(self, transaction: Transaction, now: datetime, user_id: str) -> None:
        place = transaction.placeholder
        transaction.run(f'DELETE FROM "_cursor" WHERE created_at <= {place}', [datetime_text(now - LIFETIME)])
        # Ids of cursors grow, so the highest are the youngest; the clock may have been set back.
        transaction.run(
            f'DELETE FROM "_cursor" WHERE user_id = {place} AND root NOT IN'
            f' (SELECT id FROM "_cursor" WHERE user_id = {place} AND id = root ORDER BY id DESC LIMIT {OPEN_CURSORS})',
            [user_id, user_id],
        )


def _cursor(row: Row) -> Cursor:
    id_, user_id, soql, version, all_rows, total, root, part, parent = row
    return Cursor(id_, user_id, soql, version, bool(all_rows), total, root, part, parent)
