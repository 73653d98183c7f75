"""Run queries: plan, execute, page.

The rows of a page come by one statement, and those of each child subquery by one more for the whole page. A result that
does not fit a page leaves a cursor, and so do the children of a record that do not.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Protocol

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from ...schemas.values import datetime_text
from ..errors import OrgError
from ..soql.columns import column_metadata
from ..soql.dialect import DIALECTS
from ..soql.plan import AnyPlan, GroupPlan, Marks, Plan, Selection
from ..soql.plans import Plans
from ..soql.resolved import ResolvedQuery
from ..soql.shape import Record
from ..soql.sql import FoundRows, Literals
from ..store import Store
from ..store.base import Reader, Transaction
from ..store.layout import quoted
from .caller import Caller
from .clock import Clock
from .cursor import Cursor, Cursors
from .definitions.plans import DefinitionPlans
from .definitions.rows import Described
from .definitions.store import Definitions, are_computed, no_more
from .explain import Explanation, refuse_ids
from .reading import Reading, keep_more
from .recent import Recent, by_type
from .users import Users

BATCH_SIZE: Final = 2000
MAXIMUM_GROUPS: Final = 2000
VIEWED: Final = "LastViewedDate"
UNBOUNDED: Final = 2**62
"""A LIMIT beyond any table."""


class OrgRooms(Protocol):
    """What a query asks of the org."""

    store: Store
    clock: Clock
    users: Users

    @property
    def catalog(self) -> Catalog:
        """The types that the org knows."""
        ...

    def seen_by(self, caller: Caller) -> Catalog:
        """Return what a caller may see of the types."""
        ...


@dataclass(slots=True)
class RowsOf:
    """What a query asks of a store other than the org's own, for the same users."""

    store: Store
    clock: Clock
    users: Users
    catalog: Catalog

    def seen_by(self, caller: Caller) -> Catalog:
        """Return all types: what these rows say of the org's depends on the caller already."""
        return self.catalog


class QueryResult(NamedTuple):
    """A page of an answer. ``total_size`` counts all rows of the query, LIMIT applied."""

    total_size: int
    done: bool
    records: list[Record]
    next_locator: str | None = None


class Queries:
    """Answer SOQL as a caller. Raises `OrgError`."""

    def __init__(
        self, org: OrgRooms, plans: Plans | None = None, described: Callable[[Caller], Catalog] | None = None
    ) -> None:
        """Take plans of another kind than usual, and where the catalog is that definitions describe: else the org's own."""
        self._org = org
        self._plans = plans or Plans(org.store.dialect)
        self._dialect = DIALECTS[org.store.dialect]
        self._cursors = Cursors(org.store)
        self._described = described or org.seen_by
        self._definitions: Definitions[Queries] | None = None if plans else Definitions(self._of_definitions)
        """Rows that are computed from the catalog; None where these are they."""
        self.refreshed: dict[str, Callable[[Caller, Transaction], None]] = {}
        """Types whose rows are brought up to date before they are read, in the transaction that reads them."""
        self.recent: Recent | None = None
        """Where it is noted who viewed which records."""

    def run(self, caller: Caller, soql: str, all_rows: bool = False, batch_size: int = BATCH_SIZE) -> QueryResult:
        """Run a query and return its first page; ``all_rows`` shows deleted records (queryAll)."""
        plan, literals = self._plans.plan(self._org.seen_by(caller), soql, caller.version, all_rows)
        if self._definitions is not None and are_computed(plan.sobject):
            return self._of_catalog(self._definitions, caller, plan, soql, all_rows)
        for sobject in plan.sobjects:
            if sobject.name in self.refreshed:
                with self._org.store.write() as transaction:
                    self._refresh(caller, plan, transaction)
                    return self._answer(caller, plan, literals, soql, all_rows, batch_size)
        with self._org.store.steady:  # a reset in between would take the tables away
            return self._answer(caller, plan, literals, soql, all_rows, batch_size)

    def _refresh(self, caller: Caller, plan: AnyPlan, transaction: Transaction) -> None:
        for sobject in plan.sobjects:
            if sobject.name in self.refreshed:
                self.refreshed[sobject.name](caller, transaction)

    def check(self, caller: Caller, soql: str) -> None:
        """Raise what `run` would say of a query before it runs."""
        self._plans.plan(self._org.seen_by(caller), soql, caller.version, False)

    def _answer(
        self, caller: Caller, plan: AnyPlan, literals: Literals | None, soql: str, all_rows: bool, batch_size: int
    ) -> QueryResult:
        store = self._org.store
        store.ensure(*plan.sobjects)
        if isinstance(plan, Plan):
            if plan.is_plain and not plan.overflowed:
                # The short way of most queries: one statement, nothing to keep.
                parameters = plan.first.bound(None, caller.user_id, literals)
                found = store.select(plan.first.text, (*parameters, *plan.window(batch_size)))
                if len(found) <= batch_size:
                    return QueryResult(len(found), True, plan.build(found, (), None))
            return self._first_page(caller, plan, literals, soql, all_rows, batch_size)
        if isinstance(plan, GroupPlan):
            return self._groups(caller, plan, literals)
        with store.read() as reader:
            rows = self._reading(reader, caller, literals).rows(plan.statement)
        return QueryResult(int(rows[0][0]), True, [])

    def _of_definitions(self, store: Store, types: Catalog, described: Described) -> "Queries":
        """Return what answers queries of the rows that describe a catalog."""
        rooms = RowsOf(store, self._org.clock, self._org.users, types)
        return Queries(rooms, DefinitionPlans(store.dialect, described))

    def _of_catalog(
        self, definitions: "Definitions[Queries]", caller: Caller, plan: AnyPlan, soql: str, all_rows: bool
    ) -> QueryResult:
        """Answer a query of definitions; there is no second page."""
        with definitions.of(
            self._org.catalog, Described(self._described(caller), caller.number), plan.sobjects
        ) as queries:
            result = queries.run(caller, soql, all_rows)
        if not result.done:
            raise OrgError("EXCEEDED_ID_LIMIT", no_more(plan.sobject.name))
        return result

    def close(self) -> None:
        """Let go of the rows that are computed from the catalog."""
        if self._definitions is not None:
            self._definitions.close()

    def _first_page(
        self, caller: Caller, plan: Plan, literals: Literals | None, soql: str, all_rows: bool, batch_size: int
    ) -> QueryResult:
        keys: list[int] | None = None
        with self._org.store.read() as reader:
            reading = self._reading(reader, caller, literals, batch_size)
            rows = reading.rows(plan.first, *plan.window(batch_size))
            plan.overflowed = len(rows) > batch_size
            if plan.overflowed:
                del rows[batch_size:]
                limit = UNBOUNDED if plan.limit is None else min(plan.limit, UNBOUNDED)
                keys = [row[0] for row in reading.rows(plan.keys, limit, plan.offset)]
            records = reading.records(plan, rows, "")
        if plan.marks:
            self._mark(caller, plan.sobject, plan.marks, [row[0] for row in rows])
        if keys is None and not reading.more:
            return QueryResult(len(records), True, records)
        now = self._org.clock.now()
        root = self._cursors.open(now, caller.user_id, soql, caller.version, all_rows, keys or ())
        keep_more(reading, self._cursors, now, root, caller.base)
        if keys is None:
            return QueryResult(len(records), True, records)
        return QueryResult(len(keys), False, records, root.locator(batch_size))

    def _groups(self, caller: Caller, plan: GroupPlan, literals: Literals | None) -> QueryResult:
        """Return all groups: an aggregate query has no pages (restforce/restforce#726)."""
        limit = MAXIMUM_GROUPS + 1 if plan.limit is None else min(plan.limit, MAXIMUM_GROUPS + 1)
        with self._org.store.read() as reader:
            reading = self._reading(reader, caller, literals)
            rows = reading.rows(plan.statement, limit, plan.offset)
            forms = reading.forms if plan.localized else None
        if len(rows) > MAXIMUM_GROUPS:
            sentence = (
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            )
            raise OrgError("EXCEEDED_ID_LIMIT", sentence)
        return QueryResult(len(rows), True, plan.build(rows, (), forms))

    def more(self, caller: Caller, locator: str, batch_size: int = BATCH_SIZE) -> QueryResult:
        """Return the page of a locator (``01g…-2000``); any offset within the result will do.

        Raises INVALID_QUERY_LOCATOR for a locator that is unknown, another user's, or too old.
        """
        now = self._org.clock.now()
        cursor, offset = self._cursors.find(now, caller.user_id, locator)
        plan, literals = self._plans.plan(self._org.seen_by(caller), cursor.soql, caller.version, cursor.all_rows)
        assert isinstance(plan, Plan)
        total = cursor.total
        keys = self._cursors.row_keys(cursor, offset, batch_size)
        with self._org.store.reading(*plan.sobjects) as reader:
            reading = self._reading(reader, caller, literals, batch_size)
            records = reading.page(_selection(plan, cursor), keys, cursor.part)
        if reading.more:
            keep_more(reading, self._cursors, now, replace(cursor, id=cursor.root), caller.base)
        if plan.marks and not cursor.part:
            self._mark(caller, plan.sobject, plan.marks, [_id_of(record) for record in records])
        end = offset + len(keys)
        done = end >= total
        return QueryResult(total, done, records, None if done else cursor.locator(end))

    def resolved(self, caller: Caller, soql: str) -> ResolvedQuery:
        """Return a query with its names resolved. Raises what `run` would."""
        return self._plans.resolved(self._org.seen_by(caller), soql, caller.version)

    def whole(self, caller: Caller, soql: str, all_rows: bool, size: int = BATCH_SIZE) -> Iterator[list[Record]]:
        """Yield all records of a query without subqueries, as many at a time as told; nothing is kept between two times.

        Which records they are is settled first; one that has left the database before its turn is left out.
        """
        plan, literals = self._plans.plan(self._org.seen_by(caller), soql, caller.version, all_rows)
        assert isinstance(plan, Plan)
        if self._definitions is not None and are_computed(plan.sobject):
            yield self._of_catalog(self._definitions, caller, plan, soql, all_rows).records
            return
        store = self._org.store
        if any(sobject.name in self.refreshed for sobject in plan.sobjects):
            with store.write() as transaction:
                self._refresh(caller, plan, transaction)
        limit = UNBOUNDED if plan.limit is None else min(plan.limit, UNBOUNDED)
        with store.reading(*plan.sobjects) as reader:
            keys = array("q", self._reading(reader, caller, literals).keys(plan.keys, limit, plan.offset))
        for start in range(0, len(keys), size):
            with store.reading(*plan.sobjects) as reader:
                records = self._reading(reader, caller, literals).page(plan, keys[start : start + size], "")
            yield records

    def explain(self, caller: Caller, soql: str) -> dict[str, Any]:
        """Return how a query would be run, and run it not (REST API guide, "Query Performance Feedback")."""
        refuse_ids(soql)
        plan, _ = self._plans.plan(self._org.seen_by(caller), soql, caller.version, False)
        if self._definitions is not None and are_computed(plan.sobject):
            described = Described(self._described(caller), caller.number)
            with self._definitions.of(self._org.catalog, described, plan.sobjects) as queries:
                return queries.explain(caller, soql)
        query = self._plans.resolved(self._org.seen_by(caller), soql, caller.version)
        with self._org.store.reading(*plan.sobjects) as reader:
            reading = self._reading(reader, caller)
            return Explanation(reading, self._plans, self._org.store.dialect, caller, query).document(soql)

    def columns(self, caller: Caller, soql: str) -> dict[str, Any]:
        """Return what a query selects, and run it not."""
        self._plans.plan(
            self._org.seen_by(caller), soql, caller.version, False
        )  # a query that cannot run has no columns
        return column_metadata(self._plans.resolved(self._org.seen_by(caller), soql, caller.version))

    def sobject(self, caller: Caller, soql: str) -> SObject:
        """Return the type whose rows a query reads."""
        return self._plans.plan(self._org.seen_by(caller), soql, caller.version, False)[0].sobject

    def rows_by_id(
        self,
        caller: Caller,
        sobject: SObject,
        ids: Sequence[str],
        fields: Sequence[str] | None = None,
        include_deleted: bool = False,
    ) -> list[Record]:
        """Return records by their 18 character ids, in the order of the ids; those that are not there are left out.

        All fields come in the order of a describe; named ones in the order given, each once, then ``Id``.
        """
        names = None if fields is None else _own_names(sobject, fields)
        plan = self._plans.record_plan(self._org.seen_by(caller), sobject, names, caller.version, include_deleted)
        with self._org.store.reading(*plan.sobjects) as reader:
            rows = self._reading(reader, caller).rows(plan.by_id, self._dialect.list_parameter(ids))
        found = {row[0]: record for row, record in zip(rows, plan.build(rows, (), None), strict=True)}
        return [found[id_] for id_ in ids if id_ in found]

    def found(
        self, reader: Reader, caller: Caller, plan: Plan, found: Sequence[Any], limit: int, offset: int
    ) -> list[Record]:
        """Return records of a plan whose filter asks for what a search found, in the plan's order."""
        rows = self._dialect.list_parameter(found)
        parameters = tuple(rows if isinstance(one, FoundRows) else one for one in plan.first.parameters)
        reading = self._reading(reader, caller)
        return reading.records(plan, reading.rows(replace(plan.first, parameters=parameters), limit, offset), "")

    def viewed(self, caller: Caller, sobject: SObject, ids: list[str]) -> None:
        """Note that the caller viewed records of a type that keeps this."""
        if sobject.field(VIEWED) is not None:
            self._mark(caller, sobject, Marks((VIEWED,), ()), ids)

    def mark(self, caller: Caller, plan: Plan, records: Sequence[Record]) -> None:
        """Note in records of a plan that they were read, where it asks for that."""
        if plan.marks and records:
            self._mark(caller, plan.sobject, plan.marks, [_id_of(record) for record in records])

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _reading(self, reader: Reader, caller: Caller, literals: Literals | None = None, size: int = 0) -> Reading:
        reading = Reading(reader, self._dialect, self._org.users, caller, self._org.clock, literals)
        reading.size = size
        return reading

    def _mark(self, caller: Caller, sobject: SObject, marks: Marks, ids: list[str]) -> None:
        """Note in records that they were viewed, referenced or counted. It is no change of theirs: no stamp moves."""
        store = self._org.store
        place = store.placeholder
        changes = [f"{quoted(name)} = {place}" for name in marks.seen]
        changes += [f"{quoted(name)} = COALESCE({quoted(name)}, 0) + 1" for name in marks.counted]
        now = datetime_text(self._org.clock.now())
        with store.write() as transaction:
            sql = f"UPDATE {quoted(sobject.name)} SET {', '.join(changes)} WHERE {self._dialect.among(quoted('Id'))}"
            transaction.run(sql, [*(now for _ in marks.seen), self._dialect.list_parameter(ids)])
            if self.recent is not None and marks.seen:
                known = by_type(self._org.catalog, ids)  # rows of RecentlyViewed stand for records of other types
                self.recent.note(caller.user_id, known, viewed=VIEWED in marks.seen)


def _selection(plan: Plan, cursor: Cursor) -> Selection:
    """Return what the rows of a cursor are: those of the query, or of a child subquery in it."""
    selection: Selection = plan
    for number in cursor.part.split(".") if cursor.part else ():
        selection = selection.children[int(number)]
    return selection


def _id_of(record: Record) -> str:
    """Return the id in the address of a record."""
    url: str = record["attributes"]["url"]
    return url.rsplit("/", 1)[1]


def _own_names(sobject: SObject, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of fields as the object spells them, ``Id`` last unless it is named. Raises INVALID_FIELD."""
    found: dict[str, None] = {}
    for name in names:
        field = sobject.field(name)
        if field is None:
            sentence = (
                f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a custom field, be sure to "
                "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
                "appropriate names."
            )
            raise OrgError("INVALID_FIELD", sentence)
        found[field.name] = None
    return (*found,) if "Id" in found else (*found, "Id")
