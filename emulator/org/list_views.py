"""The list views of an org: their rows in ListView, how they are found, described and run.

What a view shows is part of the org's schema (`schemas.list_views`): descriptors, SFDX source and scenarios bring it. Each view
has a row of ListView, written when first somebody asks. Every type with pages has the views that the platform makes by
itself: ``RecentlyViewed…`` and ``All…`` (recorded for Account; for a custom object ``All`` alone, which is a guess).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

from ...schemas.field import ListView, SObject
from ...schemas.ids import InvalidId, normalize
from ...schemas.values import read_datetime
from ..errors import OrgError, not_found
from ..store import Store, Transaction
from .caller import Caller
from .catalog import KEY as OBJECTS_KEY
from .catalog import OrgCatalog
from .clock import Clock
from .defaults import AUDIT_ON_CHANGE, AUDIT_ON_CREATE, defaults, stamps
from .ids import IdMaker
from .list_conditions import NotSoql
from .list_view_query import ListViewQuery
from .query import Queries
from .recent import Recent
from .records import Records
from .users import Users

TABLE: Final = "ListView"
USUAL_LIMIT: Final = 25
MOST: Final = 2000
"""Bounds of ``limit`` (REST guide, "List View Results")."""
_WRITTEN: Final = "list_views"
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class ListViewRow:
    """A list view of the org."""

    id: str
    view: ListView
    soql_compatible: bool


class ListViews:
    """Find, describe and run list views as a caller. Raises `OrgError`."""

    def __init__(
        self,
        store: Store,
        catalog: OrgCatalog,
        clock: Clock,
        ids: IdMaker,
        users: Users,
        queries: Queries,
        records: Records,
        recent: Recent,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._ids = ids
        self._users = users
        self._queries = queries
        self._records = records
        self._recent = recent

    def rows(self, caller: Caller, sobject: SObject) -> list[ListViewRow]:
        """Return the views of a type, oldest first."""
        views = {view.developer_name: view for view in views_of(sobject)}
        place = self._store.placeholder
        sql = f'SELECT "Id", "DeveloperName", "IsSoqlCompatible" FROM "ListView" WHERE "SobjectType" = {place} ORDER BY "Id"'
        with self._store.steady:  # a reset in between would take the rows away
            if self._store.meta(_WRITTEN) != self._signature():  # readers do not wait for who writes
                with self._store.write() as transaction:
                    self.refresh(caller, transaction)
            with self._store.read() as rows:
                found = rows.execute(sql, [sobject.name])
        return [ListViewRow(id_, views[name], bool(fits)) for id_, name, fits in found if name in views]

    def find(self, caller: Caller, sobject: SObject, key: str) -> ListViewRow:
        """Return a view of a type by its id or its API name. Raises NOT_FOUND."""
        try:
            id18 = normalize(key)
        except InvalidId:
            id18 = ""
        for row in self.rows(caller, sobject):
            if row.id == id18 or row.view.developer_name.lower() == key.lower():
                return row
        raise not_found()

    def recent(self, caller: Caller, sobject: SObject) -> list[ListViewRow]:
        """Return the views of a type that the caller ran last, the last one first."""
        rows = {row.id: row for row in self.rows(caller, sobject)}
        return [rows[seen.id] for seen in self._recent.seen(caller.user_id, TABLE) if seen.id in rows]

    def describe(self, caller: Caller, sobject: SObject, row: ListViewRow) -> dict[str, Any]:
        """Return columns, order, condition and query of a view."""
        return self._query(caller, sobject, row).describe(row.id)

    def soql(self, caller: Caller, id_: str) -> str:
        """Return the query of the view with an id. Raises INVALID_ID (the words are a guess)."""
        with self._store.write() as transaction:
            self.refresh(caller, transaction)
            found = transaction.one(
                f'SELECT "SobjectType" FROM "ListView" WHERE "Id" = {transaction.placeholder}', [normalize(id_)]
            )
        sobject = self._catalog.seen_by(caller).find(found[0], caller.number) if found else None
        if sobject is None:
            raise OrgError("INVALID_ID", f"invalid report or list view id: {id_}")
        query = self._query(caller, sobject, self.find(caller, sobject, id_))
        return self._to_run(caller, sobject, query)

    def results(
        self, caller: Caller, sobject: SObject, row: ListViewRow, limit: int = USUAL_LIMIT, offset: int = 0
    ) -> dict[str, Any]:
        """Run a view: its columns, and of each record the value of every column as text."""
        query = self._query(caller, sobject, row)
        soql = f"{self._to_run(caller, sobject, query)} LIMIT {limit + 1} OFFSET {offset}"
        found = self._queries.run(caller, soql, batch_size=MOST + 1)
        self._recent.note(caller.user_id, {TABLE: [row.id]}, viewed=True)
        columns = [(column.step.path, column.step.field.type) for column in query.columns]
        return {
            "columns": [column.shown() for column in query.columns],
            "developerName": row.view.developer_name,
            "done": len(found.records) <= limit,
            "id": row.id[:15],
            "label": row.view.label,
            "records": [
                {
                    "columns": [
                        {"fieldNameOrPath": path, "value": as_text(_at(record, path), type_)} for path, type_ in columns
                    ]
                }
                for record in found.records[:limit]
            ],
            "size": min(len(found.records), limit),
        }

    def refresh(self, caller: Caller, transaction: Transaction) -> None:
        """Write the rows of views that have none yet, and the labels that have changed."""
        signature = self._signature()
        if self._store.meta(_WRITTEN) == signature:
            return
        catalog, author = self._catalog.current, self._users.administrator_id
        table = catalog.get(TABLE)
        self._store.ensure(table)
        known = {
            (type_, name): (id_, label, bool(fits))
            for id_, type_, name, label, fits in transaction.execute(
                'SELECT "Id", "SobjectType", "DeveloperName", "Name", "IsSoqlCompatible" FROM "ListView"'
            )
        }
        whole = Caller(author, LATEST_VERSION, is_system=True)
        for sobject in map(catalog.get, catalog.names()):
            for view in views_of(sobject):
                fits = self._fits(whole, sobject, view)
                values = {"Name": view.label, "IsSoqlCompatible": fits}
                before = known.get((sobject.name, view.developer_name))
                if before is None:
                    row = defaults(table, author) | stamps(table, AUDIT_ON_CREATE, author, self._clock.stamp()) | values
                    row |= {"DeveloperName": view.developer_name, "SobjectType": sobject.name}
                    row["Id"] = self._ids.next_id(transaction, table.key_prefix or "")
                    transaction.insert(table, row)
                elif before[1:] != (view.label, fits):
                    changed = stamps(table, AUDIT_ON_CHANGE, author, self._clock.stamp())
                    transaction.update(table, before[0], values | changed)
        transaction.set_meta(_WRITTEN, signature)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _signature(self) -> str:
        """Return a text that changes with the org's own schema."""
        return hashlib.sha256((self._store.meta(OBJECTS_KEY) or "").encode()).hexdigest()

    def _query(self, caller: Caller, sobject: SObject, row: ListViewRow) -> ListViewQuery:
        try:
            query = self._made(caller, sobject, row.view, leaves_out=row.soql_compatible)
            query.soql()
        except NotSoql as error:
            # A guess: the code. Views that SOQL cannot say are listed with `soqlCompatible` false.
            raise OrgError("INVALID_QUERY_FILTER_OPERATOR", f"{row.view.developer_name}: {error}") from None
        return query

    def _made(self, caller: Caller, sobject: SObject, view: ListView, *, leaves_out: bool = False) -> ListViewQuery:
        def find(name: str) -> SObject | None:
            try:
                return self._records.sobject(caller, name)
            except OrgError:
                return None

        return ListViewQuery(sobject, view, find, leaves_out=leaves_out)

    def _to_run(self, caller: Caller, sobject: SObject, query: ListViewQuery) -> str:
        """Return the query as this org runs it: SOQL here does not know the scope ``mru``, so its ids are named."""
        if query.scope != "mru":
            return query.soql()
        ids = [seen.id for seen in self._recent.seen(caller.user_id, sobject.name)] or [
            f"{sobject.key_prefix}000000000000"
        ]
        return query.soql(f"Id IN ({', '.join(repr(id_) for id_ in ids)})", scope="everything")

    def _fits(self, caller: Caller, sobject: SObject, view: ListView) -> bool:
        """Tell whether a view can be said in SOQL that this org runs."""
        try:
            query = self._made(caller, sobject, view)
            self._queries.check(caller, query.soql(scope="everything" if query.scope == "mru" else ""))
        except (NotSoql, OrgError):
            return False
        return True


LATEST_VERSION: Final = "68.0"


def has_list_views(sobject: SObject) -> bool:
    """Tell whether a type has list views: it has pages, and a field that names its records. A guess."""
    named = sobject.name_field
    return sobject.supports("describeLayout") and sobject.supports("query") and bool(named and named.is_stored)


def views_of(sobject: SObject) -> tuple[ListView, ...]:
    """Return the views of a type: its own, and those that the platform makes unless its own have their names."""
    if not has_list_views(sobject):
        return sobject.list_views
    taken = {view.developer_name.lower() for view in sobject.list_views}
    return (*sobject.list_views, *(one for one in _usual(sobject) if one.developer_name.lower() not in taken))


def _usual(sobject: SObject) -> tuple[ListView, ...]:
    columns = tuple(
        path
        for path, field in (
            (sobject.name_field.name if sobject.name_field else "Id", None),
            ("Owner.Alias", "OwnerId"),
            ("CreatedDate", "CreatedDate"),
        )
        if field is None or sobject.field(field)
    )
    if sobject.custom:
        return (ListView("All", "All", columns),)
    plural = _NO_WORD.sub("", sobject.label_plural)
    return (
        ListView(f"RecentlyViewed{plural}", f"Recently Viewed {sobject.label_plural}", columns, "mru"),
        ListView(f"All{plural}", f"All {sobject.label_plural}", columns),
    )


def _at(record: Any, path: str) -> Any:
    for name in path.split("."):
        if record is None:
            return None
        record = record.get(name)
    return record


def as_text(value: Any, type_: str) -> str | None:
    """Return a value as results show it: text, moments as ``Fri Aug 01 21:15:46 GMT 2014`` (REST guide's example)."""
    if value is None or (isinstance(value, str) and type_ not in ("date", "datetime")):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if type_ == "datetime":
        return f"{read_datetime(value):%a %b %d %H:%M:%S GMT %Y}"
    return str(value)
