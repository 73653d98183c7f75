"""What each user looked at last: the rows behind ``recent``, RecentlyViewed and the scope ``mru``.

Object reference, "RecentlyViewed": a record is viewed when a page of it is opened and referenced when one of a related record
is; through the API, by FOR VIEW, FOR REFERENCE and the header Sforce-Mru. What is older than 90 days is forgotten, and so is
all but the newest 200 of a type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from ...schemas.values import datetime_text
from ..store import Store, Transaction
from .clock import Clock

KEPT_DAYS: Final = 90
KEPT_OF_TYPE: Final = 200
_COLUMNS: Final = "sobject, id, viewed_at, referenced_at"
LATEST: Final = "CASE WHEN viewed_at IS NULL OR referenced_at > viewed_at THEN referenced_at ELSE viewed_at END"


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that a user saw, and when; times are canonical text."""

    sobject: str
    id: str
    viewed_at: str | None
    referenced_at: str | None


class Recent:
    """Note what users see, and tell it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def note(self, user_id: str, ids: Mapping[str, Sequence[str]], *, viewed: bool) -> None:
        """Note that a user viewed records, or saw them referenced; ``ids`` has them by type. A view is a reference too."""
        now, place = datetime_text(self._clock.now()), self._store.placeholder
        kept = ["referenced_at", *(["viewed_at"] if viewed else [])]
        changes = ", ".join(f"{name} = excluded.{name}" for name in kept)
        sql = (
            f'INSERT INTO "_seen" (user_id, {_COLUMNS}) VALUES ({", ".join([place] * 5)})'
            f" ON CONFLICT (user_id, id) DO UPDATE SET {changes}"
        )
        with self._store.write() as transaction:
            for sobject, some in ids.items():
                for id_ in some:
                    transaction.run(sql, [user_id, sobject, id_, now if viewed else None, now])
                self._forget_old(transaction, user_id, sobject)

    def _forget_old(self, transaction: Transaction, user_id: str, sobject: str) -> None:
        place = transaction.placeholder
        mine = f"user_id = {place} AND sobject = {place}"
        transaction.run(
            f'DELETE FROM "_seen" WHERE {mine} AND id NOT IN'
            f' (SELECT id FROM "_seen" WHERE {mine} ORDER BY {LATEST} DESC, id LIMIT {KEPT_OF_TYPE})',
            [user_id, sobject, user_id, sobject],
        )

    def seen(self, user_id: str, sobject: str | None = None) -> list[Seen]:
        """Return what a user saw in the last 90 days, of one type or of all, the newest first."""
        place, since = self._store.placeholder, datetime_text(self._clock.now() - timedelta(days=KEPT_DAYS))
        of_type = f" AND sobject = {place}" if sobject else ""
        sql = (
            f'SELECT {_COLUMNS} FROM "_seen" WHERE user_id = {place} AND {LATEST} >= {place}{of_type}'
            f" ORDER BY {LATEST} DESC, id"
        )
        with self._store.read() as rows:
            return [Seen(*row) for row in rows.execute(sql, [user_id, since, *([sobject] if sobject else [])])]


def by_type(catalog: Catalog, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return ids by the name of their type."""
    found: dict[str, list[str]] = {}
    for id_ in ids:
        sobject = catalog.by_prefix(id_[:3])
        if sobject is not None:
            found.setdefault(sobject.name, []).append(id_)
    return found


def recent_row(table: SObject, sobject: SObject, record: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """Return the row of RecentlyViewed for a record: what both have, its type, and when it was seen."""
    named = sobject.name_field
    row = {
        field.name: record.get(field.name)
        for field in table.fields
        if (own := sobject.field(field.name)) and own.type == field.type
    }
    row |= {"Id": seen.id, "Type": sobject.name, "Name": record.get(named.name) if named else None}
    return row | {"LastViewedDate": seen.viewed_at, "LastReferencedDate": seen.referenced_at}
