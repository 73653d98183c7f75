"""Write a resolved query in SQL.

A plan depends on the text, the API version, the catalog and the dialect, and neither on the time nor on the user: their
values are put in when it runs. Identifiers are quoted, values are parameters.
"""

from collections.abc import Iterator
from typing import Final

from ...schemas.field import SObject
from .aggregates import GroupWriter
from .dialect import Dialect
from .order import direction, sort_keys
from .plan import AnyPlan, ChildPlan, CountPlan, GroupPlan, Marks, Plan
from .predicates import Predicates
from .resolved import (
    AllOf,
    AnyOf,
    Column,
    Filter,
    Formatted,
    Groups,
    Inverse,
    Membership,
    OwnedByUser,
    ResolvedQuery,
    Test,
)
from .rows import Rows
from .shape import BuildRecords, ShapeWriter
from .sql import Sql, Statement, joined

UNBOUNDED: Final = 2**62
"""A LIMIT beyond any table, that both databases take."""


def compile_query(query: ResolvedQuery, dialect: Dialect, version: str, all_rows: bool) -> AnyPlan:
    """Return the plan of a query; ``all_rows`` shows deleted rows (queryAll)."""
    sobjects = tuple({sobject.name: sobject for sobject in _read_objects(query)}.values())
    writer = QueryWriter(query, dialect, version, all_rows)
    if query.groups is not None:
        return writer.group_plan(query.groups, sobjects)
    return CountPlan(query.sobject, sobjects, writer.count()) if query.shape is None else writer.plan(sobjects)


def _read_objects(query: ResolvedQuery) -> Iterator[SObject]:
    yield query.sobject
    for join in query.joins:
        yield from join.targets
    for part in _parts(query.filter):
        if isinstance(part, Membership):
            yield from _read_objects(part.query)
        elif isinstance(part, OwnedByUser) and part.members is not None:
            yield part.members
    for child in query.children:
        yield from _read_objects(child.query)


def _parts(filter_: Filter | None) -> Iterator[Filter]:
    if isinstance(filter_, AllOf | AnyOf):
        for part in filter_.parts:
            yield from _parts(part)
    elif isinstance(filter_, Inverse):
        yield from _parts(filter_.part)
    elif filter_ is not None:
        yield filter_


class QueryWriter:
    """The statements of one SELECT.

    Each statement has `Rows` of its own: a parent is joined only where that statement reads it.
    """

    def __init__(
        self,
        query: ResolvedQuery,
        dialect: Dialect,
        version: str,
        all_rows: bool,
        prefix: str = "",
        reference: Column | None = None,
    ) -> None:
        self._query = query
        self._dialect = dialect
        self._version = version
        self._all_rows = all_rows
        self._prefix = prefix
        self._reference = reference
        """Of a child subquery, the column that points to the parent."""
        self._start()

    def _start(self) -> None:
        self._rows = Rows(self._query, self._dialect, self._all_rows, self._prefix)
        self._sub_selects = 0

    # --- plans ----------------------------------------------------------------------------------------------------------

    def plan(self, sobjects: tuple[SObject, ...]) -> Plan:
        """Return the plan of a query of records."""
        query, children = self._query, self._children()
        where, order = self._where(), self._order()
        writer, build = self._shape()
        select = f"SELECT {', '.join(writer.columns)} FROM {self._rows.sources()}"
        single = _gives_one(query)
        first = _statement(select, where) if single else _statement(select, where, order, self._window())
        localized = writer.localized or any(child.localized for child in children)
        marks = Marks(query.seen, query.counted) if query.seen or query.counted else None
        return Plan(
            self, query.sobject, build, children, query.limit, query.offset, localized, sobjects, first, single, marks
        )

    def child_plan(self) -> ChildPlan:
        """Return the plan of a child subquery."""
        query, children = self._query, self._children()
        writer, build = self._shape()
        columns = [f"{sql} AS k{slot}" for slot, sql in enumerate(writer.columns)]
        rows = self._of_parents(columns, f" AND n <= {self._dialect.placeholder}")
        statement = Statement.of(Sql(rows.text, (*rows.parameters, 0)))
        localized = writer.localized or any(child.localized for child in children)
        return ChildPlan(self, query.sobject, build, children, query.limit, query.offset, localized, statement)

    def group_plan(self, groups: Groups, sobjects: tuple[SObject, ...]) -> GroupPlan:
        """Return the plan of an aggregate query."""
        query, place = self._query, self._dialect.placeholder
        writer = GroupWriter(query, groups, self._rows, self._dialect)
        sql = writer.statement(self._where(), Sql(f"LIMIT {place} OFFSET {place}"))
        localized = any(isinstance(output.expression, Formatted) for output in groups.outputs)
        statement = Statement.of(sql)
        return GroupPlan(query.sobject, sobjects, statement, writer.build(), query.limit, query.offset, localized)

    def _shape(self) -> tuple[ShapeWriter, BuildRecords]:
        assert self._query.shape is not None
        writer = ShapeWriter(self._rows, self._version)
        return writer, writer.function(self._query.shape)

    def _children(self) -> tuple[ChildPlan, ...]:
        return tuple(
            QueryWriter(
                child.query, self._dialect, self._version, self._all_rows, reference=child.reference
            ).child_plan()
            for child in self._query.children
        )

    # --- whole statements -----------------------------------------------------------------------------------------------

    def keys(self) -> Statement:
        """The row numbers of all rows in order; takes LIMIT and OFFSET."""
        self._start()
        where, order = self._where(), self._order()
        return _statement(f'SELECT {self._rows.main}."_row" FROM {self._rows.sources()}', where, order, self._window())

    def page(self) -> Statement:
        """Rows by a list of row numbers, in any order, the number last; takes the list."""
        self._start()
        writer, _ = self._shape()
        row = f'{self._rows.main}."_row"'
        select = f"SELECT {', '.join(writer.columns)}, {row} FROM {self._rows.sources()}"
        return _statement(select, Sql(f"WHERE {self._dialect.among(row)}"))

    def by_id(self) -> Statement:
        """Rows by a list of ids, in any order; takes the list first."""
        self._start()
        where = self._where(Sql(self._dialect.among(f'{self._rows.main}."Id"')))
        writer, _ = self._shape()
        return _statement(f"SELECT {', '.join(writer.columns)} FROM {self._rows.sources()}", where)

    def _window(self) -> Sql:
        return Sql(f"LIMIT {self._dialect.placeholder} OFFSET {self._dialect.placeholder}")

    def count(self) -> Statement:
        """Return the statement of COUNT()."""
        query = self._query
        where = self._where()
        sources = self._rows.sources()
        if query.limit is None and not query.offset:
            return _statement(f"SELECT COUNT(*) FROM {sources}", where)
        limit = "" if query.limit is None else f" LIMIT {_bounded(query.limit)}"
        if query.limit is None and query.offset:
            limit = f" LIMIT {_bounded(None)}"
        inner = _statement(f"SELECT 1 FROM {sources}", where).text
        text = f"SELECT COUNT(*) FROM ({inner}{limit} OFFSET {query.offset}) AS counted"
        return Statement.of(Sql(text, where.parameters))

    def sub_select(self, selected: Column) -> Sql:
        """Return the sub-select of a semi-join; nulls in it count for nothing."""
        value = self._rows.value(selected)
        where = self._where(Sql(f"{value} IS NOT NULL"))
        return Sql(f"SELECT {value} FROM {self._rows.sources()} {where.text}", where.parameters)

    def child_keys(self) -> Statement:
        """Each parent's id with the row numbers of its rows, in order."""
        self._start()
        return Statement.of(self._of_parents([f'{self._rows.main}."_row" AS k0'], ""))

    def _of_parents(self, columns: list[str], more: str) -> Sql:
        """Return the statement of columns named k0, k1 and so on, for rows whose parents are in a list of ids."""
        assert self._reference is not None
        query, rows = self._query, self._rows
        parent = rows.value(self._reference)
        where = self._where(Sql(self._dialect.among(parent), (None,)))
        order = self._order()
        number = order.wrapped(f"ROW_NUMBER() OVER (PARTITION BY {parent} ", ")")
        names = ", ".join(f"k{slot}" for slot in range(len(columns)))
        window = f"n > {query.offset}"
        if query.limit is not None:
            window += f" AND n <= {min(query.offset + query.limit, _bounded(None))}"
        inner = (
            f"SELECT {parent} AS parent, {', '.join(columns)}, {number.text} AS n FROM {rows.sources()} {where.text}"
        )
        text = f"SELECT parent, {names} FROM ({inner}) AS child WHERE {window}{more} ORDER BY n"
        return Sql(text, (*number.parameters, *where.parameters))

    # --- clauses --------------------------------------------------------------------------------------------------------

    def _where(self, also: Sql | None = None) -> Sql:
        hidden = self._rows.hidden()
        parts = [Sql(hidden)] if hidden else []
        if also:
            parts.append(also)
        if self._query.filter:
            parts.append(Predicates(self._rows, self._dialect, self._membership).condition(self._query.filter))
        if not parts:
            return Sql("")
        return joined(parts, "AND").wrapped("WHERE ", "")

    def _membership(self, membership: Membership) -> Sql:
        self._sub_selects += 1
        prefix = f"{self._prefix}s{self._sub_selects}"
        # A sub-select sees live rows only, in queryAll too; a guess.
        writer = QueryWriter(membership.query, self._dialect, self._version, all_rows=False, prefix=prefix)
        return writer.sub_select(membership.selected)

    def _order(self) -> Sql:
        parts: list[Sql] = []
        id_ = f'{self._rows.main}."Id"'
        for key in self._query.order:
            value = self._rows.value(key.expression)
            field, place = key.expression.field, getattr(key.expression, "place", ())
            words = direction(key.descending, key.nulls_last, field.nillable or bool(place))
            parts += sort_keys(self._dialect, field, value, words)
            if value == id_:
                break
        else:
            parts.append(Sql(id_))  # rows that are equal come in the order of their ids, so that pages are stable
        text = ", ".join(part.text for part in parts)
        return Sql(f"ORDER BY {text}", tuple(parameter for part in parts for parameter in part.parameters))


def _gives_one(query: ResolvedQuery) -> bool:
    """Tell whether a query names one id and so gives one row or none: order, LIMIT and OFFSET then change nothing."""
    parts = query.filter.parts if isinstance(query.filter, AllOf) else (query.filter,)
    return (
        not query.offset
        and query.limit != 0
        and any(
            isinstance(part, Test)
            and part.operator == "="
            and isinstance(part.left, Column)
            and part.left.field.type == "id"
            and not part.left.place
            for part in parts
        )
    )


def _statement(select: str, *clauses: Sql) -> Statement:
    text = " ".join([select, *(clause.text for clause in clauses if clause.text)])
    return Statement.of(Sql(text, tuple(parameter for clause in clauses for parameter in clause.parameters)))


def _bounded(limit: int | None) -> int:
    """Return a LIMIT that both databases take; none is a number beyond any table."""
    return UNBOUNDED if limit is None else min(limit, UNBOUNDED)
