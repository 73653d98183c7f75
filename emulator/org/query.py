"""Run queries: plan, execute, page.

The rows of a page come by one statement, and those of each child subquery by one more for the whole page. A result that
does not fit a page leaves a cursor.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from ..errors import OrgError
from ..soql.dates import Calendar
from ..soql.dialect import DIALECTS
from ..soql.plan import ChildPlan, CountPlan, GroupPlan, Plan
from ..soql.plans import Plans
from ..soql.shape import BuildRecords, Record
from ..soql.sql import FoundRows, Statement
from ..store import Store
from ..store.base import Reader
from .caller import Caller
from .clock import Clock
from .cursor import Cursors
from .users import Users

BATCH_SIZE: Final = 2000
MAXIMUM_GROUPS: Final = 2000
UNBOUNDED: Final = 2**62
"""A LIMIT beyond any table."""

Row = tuple[Any, ...]


class OrgRooms(Protocol):
    """What a query asks of the org."""

    store: Store
    clock: Clock
    users: Users

    @property
    def catalog(self) -> Catalog:
        """The types that the org knows."""
        ...


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A page of an answer. ``total_size`` counts all rows of the query, LIMIT applied."""

    total_size: int
    done: bool
    records: list[Record]
    next_locator: str | None = None


class Queries:
    """Answer SOQL as a caller. Raises `OrgError`.

    The rows of child subqueries come whole, ``done`` true, however many there are: they are not paged yet.
    """

    def __init__(self, org: OrgRooms) -> None:
        self._org = org
        self._plans = Plans(org.store.dialect)
        self._dialect = DIALECTS[org.store.dialect]
        self._cursors = Cursors(org.store)

    def run(self, caller: Caller, soql: str, all_rows: bool = False, batch_size: int = BATCH_SIZE) -> QueryResult:
        """Run a query and return its first page; ``all_rows`` shows deleted records (queryAll)."""
        plan = self._plans.plan(self._org.catalog, soql, caller.version, all_rows)
        self._org.store.ensure(*plan.sobjects)
        if isinstance(plan, CountPlan):
            with self._org.store.read() as reader:
                return QueryResult(int(self._rows(reader, caller, plan.statement)[0][0]), True, [])
        if isinstance(plan, GroupPlan):
            return self._groups(caller, plan)
        size = min(batch_size, UNBOUNDED if plan.limit is None else plan.limit)
        with self._org.store.read() as reader:
            # One row more than asked for tells whether there is a next page.
            wanted = size + 1 if plan.limit is None or plan.limit > size else size
            rows = self._rows(reader, caller, plan.first, wanted, plan.offset)
            more = len(rows) > size
            records = self._records(reader, caller, plan.build, plan.children, rows[:size] if more else rows)
            if not more:
                return QueryResult(len(records), True, records)
            limit = UNBOUNDED if plan.limit is None else min(plan.limit, UNBOUNDED)
            keys = array("q", [row[0] for row in self._rows(reader, caller, plan.keys, limit, plan.offset)])
        cursor = self._cursors.open(self._org.clock.now(), caller.user_id, soql, caller.version, all_rows, keys)
        return QueryResult(len(keys), False, records, cursor.locator(size))

    def _groups(self, caller: Caller, plan: GroupPlan) -> QueryResult:
        """Return all groups: an aggregate query has no pages (restforce/restforce#726)."""
        limit = MAXIMUM_GROUPS + 1 if plan.limit is None else min(plan.limit, MAXIMUM_GROUPS + 1)
        with self._org.store.read() as reader:
            rows = self._rows(reader, caller, plan.statement, limit, plan.offset)
        if len(rows) > MAXIMUM_GROUPS:
            sentence = (
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            )
            raise OrgError("EXCEEDED_ID_LIMIT", sentence)
        return QueryResult(len(rows), True, plan.build(rows, ()))

    def more(self, caller: Caller, locator: str, batch_size: int = BATCH_SIZE) -> QueryResult:
        """Return the page of a locator (``01g…-2000``); any offset within the result will do.

        Raises INVALID_QUERY_LOCATOR for a locator that is unknown, another user's, or too old.
        """
        cursor, offset = self._cursors.find(self._org.clock.now(), caller.user_id, locator)
        version = caller.version
        plan = self._plans.plan(self._org.catalog, cursor.soql, version, cursor.all_rows)
        assert isinstance(plan, Plan)
        self._org.store.ensure(*plan.sobjects)
        total = len(cursor.row_keys)
        keys = cursor.row_keys[offset : offset + batch_size].tolist()
        with self._org.store.read() as reader:
            found = {
                row[-1]: row[:-1] for row in self._rows(reader, caller, plan.page, self._dialect.list_parameter(keys))
            }
            rows = [found[key] for key in keys if key in found]
            records = self._records(reader, caller, plan.build, plan.children, rows)
        end = offset + len(keys)
        done = end >= total
        return QueryResult(total, done, records, None if done else cursor.locator(end))

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
        plan = self._plans.record_plan(self._org.catalog, sobject, names, caller.version, include_deleted)
        self._org.store.ensure(*plan.sobjects)
        with self._org.store.read() as reader:
            rows = self._rows(reader, caller, plan.by_id, self._dialect.list_parameter(ids))
        found = {row[0]: record for row, record in zip(rows, plan.build(rows, ()), strict=True)}
        return [found[id_] for id_ in ids if id_ in found]

    def found(
        self, reader: Reader, caller: Caller, plan: Plan, found: Sequence[Any], limit: int, offset: int
    ) -> list[Record]:
        """Return records of a plan whose filter asks for what a search found, in the plan's order."""
        calendar = self._calendar(caller) if plan.first.needs_calendar else None
        found_rows = self._dialect.list_parameter(found)
        bound = [
            found_rows if isinstance(parameter, FoundRows) else parameter
            for parameter in plan.first.bound(calendar, caller.user_id)
        ]
        rows = reader.execute(plan.first.text_for(calendar), [*bound, limit, offset])
        return self._records(reader, caller, plan.build, plan.children, rows)

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _rows(self, reader: Reader, caller: Caller, statement: Statement, *more: Any) -> list[Row]:
        calendar = self._calendar(caller) if statement.needs_calendar else None
        return reader.execute(statement.text_for(calendar), [*statement.bound(calendar, caller.user_id), *more])

    def _calendar(self, caller: Caller) -> Calendar:
        locale = self._org.users.locale_of(caller.user_id)
        named_by_start = bool(self._org.users.organization.get("UsesStartDateAsFiscalYearName"))
        now = self._org.clock.now()
        return Calendar(now, locale.time_zone, locale.first_weekday, locale.fiscal_start_month, named_by_start)

    def _records(
        self, reader: Reader, caller: Caller, build: BuildRecords, children: tuple[ChildPlan, ...], rows: Sequence[Row]
    ) -> list[Record]:
        """Make records of rows whose first column is their id, and fetch the rows of their child subqueries."""
        if not children or not rows:
            return build(rows, ({},) * len(children))
        ids = self._dialect.list_parameter([row[0] for row in rows])
        return build(rows, [self._children(reader, caller, child, ids) for child in children])

    def _children(self, reader: Reader, caller: Caller, plan: ChildPlan, parent_ids: Any) -> Mapping[str, Record]:
        calendar = self._calendar(caller) if plan.statement.needs_calendar else None
        parameters = plan.statement.bound(calendar, caller.user_id)
        parameters[plan.ids_at] = parent_ids
        rows = reader.execute(plan.statement.text_for(calendar), parameters)
        records = self._records(reader, caller, plan.build, plan.children, [row[1:] for row in rows])
        found: dict[str, Record] = {}
        for row, record in zip(rows, records, strict=True):
            result = found.get(row[0])
            if result is None:
                found[row[0]] = {"totalSize": 1, "done": True, "records": [record]}
            else:
                result["totalSize"] += 1
                result["records"].append(record)
        return found


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
