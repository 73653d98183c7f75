"""The records that a user saw last, as records: for ``recent``, ``recentItems`` and RecentlyViewed."""

from typing import Any, Final

from ..errors import OrgError
from ..store import Store, Transaction
from ..store.layout import quoted
from .caller import Caller
from .catalog import OrgCatalog
from .query import Queries
from .recent import Recent, Seen, recent_row
from .records import Records

TABLE: Final = "RecentlyViewed"
LIST_VIEW: Final = "ListView"
"""What was run through the API is in no list but that of recent list views; a guess."""


class RecentRecords:
    """What a caller saw last and may still see."""

    def __init__(self, store: Store, catalog: OrgCatalog, recent: Recent, queries: Queries, records: Records) -> None:
        self._store = store
        self._catalog = catalog
        self._recent = recent
        self._queries = queries
        self._records = records

    def items(self, caller: Caller, most: int, sobject_name: str | None = None) -> list[dict[str, Any]]:
        """Return the newest of them: ``attributes``, ``Id`` and the field that names them."""
        found: list[dict[str, Any]] = []
        for seen, record, name in self._records_of(caller, sobject_name):
            if len(found) >= most:
                break
            key = name if sobject_name and name else "Name"
            found.append({"attributes": record["attributes"], "Id": seen.id, key: record.get(name) if name else None})
        return found

    def refresh(self, caller: Caller, transaction: Transaction) -> None:
        """Let the rows of RecentlyViewed be what a caller saw; who reads them does so in the same transaction."""
        table = self._catalog.current.get(TABLE)
        self._store.ensure(table)
        transaction.run(f"DELETE FROM {quoted(TABLE)}")
        catalog = self._catalog.seen_by(caller)
        for seen in self._recent.seen(caller.user_id):
            sobject = catalog.find(seen.sobject, caller.number)
            if sobject is None or sobject.name == LIST_VIEW:
                continue
            wanted = [field.name for field in sobject.fields if table.field(field.name) and field.is_stored]
            named = [sobject.name_field.name] if sobject.name_field else []
            records = self._rows(caller, seen, [*wanted, *named])
            if records:
                transaction.insert(table, recent_row(table, sobject, records[0], seen))

    def _records_of(self, caller: Caller, sobject_name: str | None) -> Any:
        for seen in self._recent.seen(caller.user_id, sobject_name):
            if seen.sobject == LIST_VIEW and sobject_name is None:
                continue  # which have a list of their own
            sobject = self._catalog.seen_by(caller).find(seen.sobject, caller.number)
            name = sobject.name_field.name if sobject and sobject.name_field else None
            for record in self._rows(caller, seen, [name] if name else []):
                yield seen, record, name

    def _rows(self, caller: Caller, seen: Seen, names: list[str]) -> list[dict[str, Any]]:
        try:
            sobject = self._records.sobject(caller, seen.sobject)
            return self._queries.rows_by_id(caller, sobject, [seen.id], names)
        except OrgError:  # the caller no longer sees the type, or a field of it
            return []
