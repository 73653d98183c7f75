"""Write the rows a query reads: the main table, its parents' tables, and the values of their columns."""

from typing import Final

from ...schemas.field import SObject
from ..errors import OrgError
from .dialect import Dialect
from .paths import kind_of
from .resolved import Column, Distance, Expression, Formatted, Function, Join, Kind, Place, ResolvedQuery

MAXIMUM_TABLES: Final = 64
"""Tables that SQLite joins in one statement."""
QUEUE: Final = "Queue"
"""What ``Owner.Type`` says of a Group that owns records: only queues do. Widely seen, not documented."""


class Rows:
    """The FROM clause of one query, as its columns are asked for: parents that nobody asks for are not joined."""

    def __init__(self, query: ResolvedQuery, dialect: Dialect, all_rows: bool, prefix: str = "") -> None:
        """Start with the main row alone; ``prefix`` keeps the names of a sub-select's rows apart."""
        self._query = query
        self._dialect = dialect
        self._all_rows = all_rows
        self._prefix = prefix
        self._numbers: dict[Place, int] = {join.place: number for number, join in enumerate(query.joins)}
        self._joins: dict[Place, Join] = {join.place: join for join in query.joins}
        self._used: set[Place] = set()
        self._used_long: set[tuple[Place, int]] = set()
        self.main = f"{prefix}t"

    def value(self, expression: Expression) -> str:
        """Return the SQL of a value of a row."""
        if isinstance(expression, Function) and expression.name == "TOLABEL":
            labels = ((value.value, value.label) for value in expression.argument.field.picklist_values)
            return self._dialect.translated(self.value(expression.argument), labels)
        if isinstance(expression, Distance):
            latitude, longitude = self._column(expression.latitude), self._column(expression.longitude)
            return self._dialect.distance(latitude, longitude, expression.point, expression.radius)
        if isinstance(expression, Formatted):
            return self.value(expression.argument)
        if isinstance(expression, Function):
            return self._dialect.date_function(expression.name, self.value(expression.argument))
        assert isinstance(expression, Column)
        return self._column(expression)

    def _column(self, column: Column) -> str:
        """Return the SQL of a column's value; a boolean of a missing parent is false."""
        self._use(column.place)
        if column.is_type_name:
            return self._type_name(column.place, shown=True)
        values = [
            f"{self._long_row(column.place, number) if field.is_long else self._row(column.place, number)}{_name(field.name)}"
            for number, field in enumerate(column.stored)
            if field is not None
        ]
        if column.place and kind_of(column.field) is Kind.BOOLEAN:
            values.append("FALSE")
        return values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"

    def type_name(self, place: Place) -> str:
        """Return the SQL of the name of the object at a place, for its URL."""
        self._use(place)
        return self._type_name(place, shown=False)

    def sources(self) -> str:
        """Return the FROM clause for all columns asked for so far."""
        parts = [f"{_table(self._query.sobject.name)} AS {self.main}", *self._long_joins(())]
        for join in self._query.joins:
            if join.place in self._used:
                parts += self._parent_joins(join)
                parts += self._long_joins(join.place)
        if len(parts) > MAXIMUM_TABLES:
            raise OrgError("QUERY_TOO_COMPLICATED", "Query is too complicated")
        return " ".join(parts)

    def hidden(self) -> str | None:
        """Return the condition that the main row is not deleted, or None where there is nothing to hide."""
        return self._live(self._query.sobject, self.main)

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _use(self, place: Place) -> None:
        if place and (view_of := self._joins[place].view_of):
            place = view_of[0]
        if place and place not in self._used:
            self._used.add(place)
            self.value(self._joins[place].reference)

    def _row(self, place: Place, number: int) -> str:
        place, number = self._seen_from(place, number)
        return f"{self._prefix}p{self._numbers[place]}_{number}" if place else self.main

    def _long_row(self, place: Place, number: int) -> str:
        self._used_long.add(self._seen_from(place, number))
        return self._row(place, number) + "l"

    def _seen_from(self, place: Place, number: int) -> tuple[Place, int]:
        """Return the place and type of the row itself: a row seen as one type is that row."""
        view_of = self._joins[place].view_of if place else None
        return view_of or (place, number)

    def _live(self, sobject: SObject, row: str) -> str | None:
        return None if self._all_rows or sobject.field("IsDeleted") is None else self._dialect.live(row)

    def _parent_joins(self, join: Join) -> list[str]:
        reference = self.value(join.reference)
        parts = []
        for number, target in enumerate(join.targets):
            row = self._row(join.place, number)
            live = self._live(target, row)
            condition = f'{row}."Id" = {reference}' + (f" AND {live}" if live else "")
            parts.append(f"LEFT JOIN {_table(target.name)} AS {row} ON {condition}")
        return parts

    def _long_joins(self, place: Place) -> list[str]:
        targets = self._joins[place].targets if place else (self._query.sobject,)
        parts = []
        for number, target in enumerate(targets):
            if (place, number) in self._used_long:
                row = self._row(place, number)
                parts.append(f'LEFT JOIN {_table(target.name + "__long")} AS {row}l ON {row}l."_row" = {row}."_row"')
        return parts

    def _type_name(self, place: Place, shown: bool) -> str:
        cases = []
        for number, target in enumerate(self._joins[place].targets):
            name = QUEUE if shown and target.name == "Group" else target.name
            cases.append(f"""WHEN {self._row(place, number)}."Id" IS NOT NULL THEN '{name}'""")
        return f"CASE {' '.join(cases)} END"


def _table(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _name(field: str) -> str:
    return "." + _table(field)
