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
from .plan import AnyPlan, ChildPlan, CountPlan, GroupPlan, Plan
from .predicates import Predicates
from .resolved import AllOf, AnyOf, Children, Column, Filter, Groups, Inverse, Membership, ResolvedQuery
from .rows import Rows
from .shape import ShapeWriter
from .sql import Sql, Statement, joined

UNBOUNDED: Final = 2**62
"""A LIMIT beyond any table, that both databases take."""


def compile_query(query: ResolvedQuery, dialect: Dialect, version: str, all_rows: bool) -> AnyPlan:
    """Return the plan of a query; ``all_rows`` shows deleted rows (queryAll)."""
    sobjects = tuple({sobject.name: sobject for sobject in _read_objects(query)}.values())
    writer = _QueryWriter(query, dialect, version, all_rows)
    if query.groups is not None:
        return writer.group_plan(query.groups, sobjects)
    return CountPlan(sobjects, writer.count()) if query.shape is None else writer.plan(sobjects)


def _read_objects(query: ResolvedQuery) -> Iterator[SObject]:
    yield query.sobject
    for join in query.joins:
        yield from join.targets
    for membership in _memberships(query.filter):
        yield from _read_objects(membership.query)
    for child in query.children:
        yield from _read_objects(child.query)


def _memberships(filter_: Filter | None) -> Iterator[Membership]:
    if isinstance(filter_, Membership):
        yield filter_
    elif isinstance(filter_, AllOf | AnyOf):
        for part in filter_.parts:
            yield from _memberships(part)
    elif isinstance(filter_, Inverse):
        yield from _memberships(filter_.part)


class _QueryWriter:
    """The statements of one SELECT."""

    def __init__(self, query: ResolvedQuery, dialect: Dialect, version: str, all_rows: bool, prefix: str = "") -> None:
        self._query = query
        self._dialect = dialect
        self._version = version
        self._all_rows = all_rows
        self._prefix = prefix
        self._rows = Rows(query, dialect, all_rows, prefix)
        self._sub_selects = 0

    # --- whole statements -----------------------------------------------------------------------------------------------

    def plan(self, sobjects: tuple[SObject, ...]) -> Plan:
        """Return the plan of a query of records."""
        query, rows, place = self._query, self._rows, self._dialect.placeholder
        assert query.shape is not None
        window = Sql(f"LIMIT {place} OFFSET {place}")
        # The keys come first: they read only the parents that WHERE and ORDER BY need.
        where, order = self._where(), self._order()
        keys = _statement(f'SELECT {rows.main}."_row" FROM {rows.sources()}', where, order, window)
        writer = ShapeWriter(rows, self._version)
        build = writer.function(query.shape)
        columns = ", ".join(writer.columns)
        select = f"SELECT {columns} FROM {rows.sources()}"
        row = f'{rows.main}."_row"'
        numbered = f"SELECT {columns}, {row} FROM {rows.sources()}"
        return Plan(
            sobject=query.sobject,
            sobjects=sobjects,
            first=_statement(select, where, order, window),
            keys=keys,
            page=_statement(numbered, Sql(f"WHERE {self._dialect.among(row)}")),
            by_id=_statement(select, self._where(Sql(self._dialect.among(f'{rows.main}."Id"')))),
            build=build,
            children=self._children(),
            limit=query.limit,
            offset=query.offset,
        )

    def group_plan(self, groups: Groups, sobjects: tuple[SObject, ...]) -> GroupPlan:
        """Return the plan of an aggregate query."""
        place = self._dialect.placeholder
        writer = GroupWriter(self._query, groups, self._rows, self._dialect)
        sql = writer.statement(self._where(), Sql(f"LIMIT {place} OFFSET {place}"))
        return GroupPlan(sobjects, Statement.of(sql), writer.build(), self._query.limit, self._query.offset)

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

    def child_plan(self, reference: Column) -> ChildPlan:
        """Return the plan of a child subquery: rows of many parents in one statement, LIMIT counted for each parent."""
        query, rows = self._query, self._rows
        assert query.shape is not None
        parent = rows.value(reference)
        writer = ShapeWriter(rows, self._version)
        build = writer.function(query.shape)
        columns = ", ".join(f"{sql} AS k{slot}" for slot, sql in enumerate(writer.columns))
        where = self._where(Sql(self._dialect.among(parent), (None,)))
        order = self._order()
        names = ", ".join(f"k{slot}" for slot in range(len(writer.columns)))
        number = order.wrapped(f"ROW_NUMBER() OVER (PARTITION BY {parent} ", ")")
        window = [f"n > {query.offset}"] if query.offset else []
        if query.limit is not None:
            window.append(f"n <= {min(query.offset + query.limit, _bounded(None))}")
        inner = f"SELECT {parent} AS parent, {columns}, {number.text} AS n FROM {rows.sources()} {where.text}"
        outer = f"SELECT parent, {names} FROM ({inner}) AS child"
        if window:
            outer += f" WHERE {' AND '.join(window)}"
        parameters = (*number.parameters, *where.parameters)
        statement = Statement.of(Sql(f"{outer} ORDER BY n", parameters))
        # The list of parents is the only parameter that is None.
        return ChildPlan(statement, parameters.index(None), build, self._children())

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
        writer = _QueryWriter(membership.query, self._dialect, self._version, all_rows=False, prefix=prefix)
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

    def _children(self) -> tuple[ChildPlan, ...]:
        return tuple(self._child(child) for child in self._query.children)

    def _child(self, child: Children) -> ChildPlan:
        return _QueryWriter(child.query, self._dialect, self._version, self._all_rows).child_plan(child.reference)


def _statement(select: str, *clauses: Sql) -> Statement:
    text = " ".join([select, *(clause.text for clause in clauses if clause.text)])
    return Statement.of(Sql(text, tuple(parameter for clause in clauses for parameter in clause.parameters)))


def _bounded(limit: int | None) -> int:
    """Return a LIMIT that both databases take; none is a number beyond any table."""
    return UNBOUNDED if limit is None else min(limit, UNBOUNDED)
