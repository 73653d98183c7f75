"""Write an aggregate query in SQL.

An inner statement has the rows: a column for each key and each argument. The outer one groups them, once, or for each set
of keys that ROLLUP or CUBE asks for; then the sets stand one under the other. Groups without an order of their own come in
the order of their keys.
"""

from itertools import combinations
from typing import Final

from .dialect import Dialect
from .order import direction, has_ranked_text, rank_text, sort_keys
from .paths import kind_of
from .predicates import Predicates
from .resolved import (
    Aggregate,
    Column,
    Expression,
    Formatted,
    Function,
    Grouping,
    Groups,
    Kind,
    Membership,
    Output,
    ResolvedQuery,
)
from .rows import Rows
from .shape import BuildRecords, formatted, function_of
from .sql import Sql, check_columns

MARK: Final = "\x01"
"""Within MIN and MAX, between what text is ordered by and the text itself."""

Row = Column | Function


class GroupWriter:
    """The statement of one aggregate query, and the function that makes records of its rows."""

    def __init__(self, query: ResolvedQuery, groups: Groups, rows: Rows, dialect: Dialect) -> None:
        self._query = query
        self._groups = groups
        self._rows = rows
        self._dialect = dialect
        self._inner: dict[str, Sql] = {}

    def statement(self, where: Sql, window: Sql) -> Sql:
        """Return the whole statement; ``where`` is the inner one's, written before."""
        check_columns(len(self._groups.outputs) + 2 * len(self._groups.keys) + len(self._query.order))
        sets = [self._set(keys) for keys in self._key_sets()]
        check_columns(len(self._inner))
        columns = ", ".join(f"{sql.text} AS {name}" for name, sql in self._inner.items()) or "1 AS b0"
        base = f"WITH base AS (SELECT {columns} FROM {self._rows.sources()} {where.text})"
        outputs = ", ".join(f"o{number}" for number in range(len(self._groups.outputs)))
        union = " UNION ALL ".join(sql.text for sql in sets)
        order = self._order()
        text = f"{base} SELECT {outputs} FROM ({union}) AS grouped{order.text} {window.text}"
        pieces = [*self._inner.values(), where, *sets, order, window]
        return Sql(text, tuple(parameter for piece in pieces for parameter in piece.parameters))

    def build(self) -> BuildRecords:
        """Return the function from rows to records."""
        names = ", ".join(f"c{number}" for number in range(len(self._groups.outputs)))
        entries = "".join(
            f", {output.key!r}: {_converted(output, f'c{number}')}"
            for number, output in enumerate(self._groups.outputs)
        )
        source = f"lambda rows, kin, forms: [{{'attributes': {{'type': 'AggregateResult'}}{entries}}} for ({names},) in rows]"
        return function_of(source)

    # --- sets of keys ---------------------------------------------------------------------------------------------------

    def _key_sets(self) -> list[tuple[Row, ...]]:
        """Return the sets to group by, the whole one first: it gives the columns their types."""
        keys = self._groups.keys
        if self._groups.kind == "ROLLUP":
            return [keys[:length] for length in range(len(keys), -1, -1)]
        if self._groups.kind == "CUBE":
            return [chosen for length in range(len(keys), -1, -1) for chosen in combinations(keys, length)]
        return [keys]

    def _set(self, keys: tuple[Row, ...]) -> Sql:
        """Return the groups by some of the keys; the others are null."""
        values = _SetValues(self, keys)
        groups = self._groups
        columns = [f"{values.shown(output.expression)} AS o{number}" for number, output in enumerate(groups.outputs)]
        for number, key in enumerate(groups.keys):
            columns += [f"{values.shown(key)} AS k{number}", f"{int(key not in keys)} AS g{number}"]
        columns += [f"{values.shown(key.expression)} AS s{number}" for number, key in enumerate(self._query.order)]
        if groups.kind:
            columns.append("COUNT(*) AS n")  # the grand total is one row, even where nothing else is an aggregate
        text = f"SELECT {', '.join(columns)} FROM base"
        if keys:
            text += " GROUP BY " + ", ".join(self.inner(key) for key in keys)
        if groups.having is None:
            return Sql(text)
        having = Predicates(values, self._dialect, _no_sub_select).condition(groups.having)
        return having.wrapped(f"{text} HAVING ", "")

    def _order(self) -> Sql:
        parts: list[Sql] = []
        for number, key in enumerate(self._query.order):
            words = direction(key.descending, key.nulls_last)
            if isinstance(key.expression, Aggregate):
                parts.append(Sql(f"s{number}{words}"))  # text of MIN and MAX begins with what it is ordered by
            else:
                parts += sort_keys(self._dialect, key.expression.field, f"s{number}", words)
        for number, row in enumerate(self._groups.keys):
            parts.append(Sql(f"g{number}"))
            parts += sort_keys(self._dialect, row.field, f"k{number}", direction(False, False))
        if not parts:
            return Sql("")
        text = ", ".join(part.text for part in parts)
        return Sql(f" ORDER BY {text}", tuple(parameter for part in parts for parameter in part.parameters))

    # --- columns of the inner statement -----------------------------------------------------------------------------------

    def inner(self, row: Row) -> str:
        """Return the name of the inner column of a row's value."""
        return self._named(Sql(self._rows.value(row)))

    def inner_folded(self, row: Row) -> str:
        """Return the name of the inner column of a row's text, folded."""
        return self._named(Sql(self._dialect.folded(self._rows.value(row))))

    def inner_ranked(self, row: Row) -> str:
        """Return the name of the inner column of a row's text, what it is ordered by in front."""
        value = self._rows.value(row)
        ranked = rank_text(self._dialect, row.field, value)
        return self._named(ranked.wrapped("(", f" || '{MARK}' || {value})"))

    def _named(self, sql: Sql) -> str:
        for name, known in self._inner.items():
            if known == sql:
                return name
        name = f"b{len(self._inner)}"
        self._inner[name] = sql
        return name


class _SetValues:
    """The values of the groups by one set of keys, as HAVING compares them and as they are shown."""

    def __init__(self, writer: GroupWriter, keys: tuple[Row, ...]) -> None:
        self._writer = writer
        self._keys = keys

    def value(self, expression: Expression) -> str:
        """Return the SQL of a value for a comparison."""
        if isinstance(expression, Aggregate) and _is_ranked(expression):
            return f"{expression.name}({self._writer.inner_folded(expression.argument)})"
        return self.shown(expression)

    def shown(self, expression: Expression) -> str:
        """Return the SQL of a value; text of MIN and MAX has in front what it is ordered by."""
        if isinstance(expression, Aggregate):
            return self._aggregate(expression)
        if isinstance(expression, Formatted):
            return self.shown(expression.argument)
        if isinstance(expression, Column | Function):
            return self._writer.inner(expression) if expression in self._keys else "NULL"
        assert isinstance(expression, Grouping)
        return str(int(expression.argument not in self._keys))

    def _aggregate(self, aggregate: Aggregate) -> str:
        name, argument = aggregate.name, aggregate.argument
        if name == "COUNT" and isinstance(argument, Column) and argument.field.type == "id" and not argument.place:
            return "COUNT(*)"
        if _is_ranked(aggregate):
            return f"{name}({self._writer.inner_ranked(argument)})"
        column = self._writer.inner(argument)
        if name == "COUNT_DISTINCT":
            return f"COUNT(DISTINCT {column})"
        if name in ("SUM", "AVG"):
            return f"{name}(CAST({column} AS double precision))"
        return f"{name}({column})"


def _is_ranked(aggregate: Aggregate) -> bool:
    return aggregate.name in ("MIN", "MAX") and has_ranked_text(aggregate.argument.field)


def _converted(output: Output, name: str) -> str:
    """Return the Python of a value of the answer."""
    expression = output.expression
    if isinstance(expression, Formatted):
        return formatted(expression, name)
    if isinstance(expression, Aggregate):
        return f"{name} and {name}.split({MARK!r}, 1)[1]" if _is_ranked(expression) else name
    return f"None if {name} is None else {name} == 1" if kind_of(expression.field) is Kind.BOOLEAN else name


def _no_sub_select(membership: Membership) -> Sql:
    raise AssertionError(f"HAVING has no sub-select: {membership}")
