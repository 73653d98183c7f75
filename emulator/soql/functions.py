"""Resolve functions: which there are, what they take, what they give."""

from typing import Final

from ...schemas.field import Field
from ..errors import OrgError
from .errors import malformed, not_emulated
from .paths import Paths, kind_of
from .resolved import Aggregate, Column, Function, Kind
from .tree import Call, Distance, Expression, Path

DATE_FUNCTIONS: Final = frozenset(
    "CALENDAR_YEAR CALENDAR_QUARTER CALENDAR_MONTH FISCAL_YEAR FISCAL_QUARTER FISCAL_MONTH DAY_IN_MONTH DAY_IN_WEEK "
    "DAY_IN_YEAR WEEK_IN_MONTH WEEK_IN_YEAR HOUR_IN_DAY DAY_ONLY".split()
)
"""Guide, "Date functions"."""
AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
"""Guide, "Aggregate functions"."""
MOMENTS_ONLY: Final = frozenset({"HOUR_IN_DAY", "DAY_ONLY"})
NOT_EMULATED: Final = frozenset({"FORMAT", "CONVERTCURRENCY", "DISTANCE", "GEOLOCATION"})

_NO_EXTREMES: Final = frozenset({Kind.BOOLEAN, Kind.TIME, Kind.BINARY, Kind.MULTIPICKLIST, Kind.ADDRESS})
"""Guide, "Support for field types in aggregate functions": what has neither MIN nor MAX."""


class Functions:
    """The functions of one query."""

    def __init__(self, query: str, paths: Paths) -> None:
        """Take the text, for the place of errors, and the paths of the query."""
        self._query = query
        self._paths = paths

    def of_row(self, written: Expression) -> Column | Function:
        """Return a field or date function of a row."""
        if isinstance(written, Path):
            return self._paths.column(written)
        if isinstance(written, Distance) or written.name.upper() not in DATE_FUNCTIONS:
            raise self.refusal(written)
        name = written.name.upper()
        argument = self._date_argument(written)
        kind = kind_of(argument.field)
        if kind is not Kind.DATETIME and (kind is not Kind.DATE or name in MOMENTS_ONLY):
            raise self._wrong_argument(written, argument.field)
        result = "date" if name == "DAY_ONLY" else "int"
        return Function(name, argument, Field(written.name, written.name, result, groupable=True))

    def label(self, call: Call) -> tuple[Path, Function]:
        """Return toLabel of a field, and the field's path. Only the SELECT list of records and WHERE take it."""
        path = call.argument
        if not isinstance(path, Path):
            raise self.refusal(call)
        column = self._paths.column(path)
        if kind_of(column.field) is not Kind.TEXT:
            raise self._wrong_argument(call, column.field)
        field = column.field
        return path, Function("TOLABEL", column, Field(field.name, field.label, "string", filterable=field.filterable))

    def of_group(self, call: Call) -> Aggregate:
        """Return an aggregate function; whether its argument may be grouped is not asked here."""
        name = call.name.upper()
        assert call.argument is not None
        argument = self.of_row(call.argument)
        kind = kind_of(argument.field)
        refused = (
            (name in ("SUM", "AVG") and kind is not Kind.NUMBER)
            or (name in ("MIN", "MAX") and kind in _NO_EXTREMES)
            or kind in (Kind.BINARY, Kind.ADDRESS)
            or (isinstance(argument, Column) and argument.is_long)
        )
        if refused:
            sentence = f"field {argument.field.name} does not support aggregate operator {name}"
            raise malformed(self._query, call.at, sentence)
        if name in ("MIN", "MAX"):
            return Aggregate(name, argument, argument.field)
        result = "int" if name.startswith("COUNT") else "double"
        return Aggregate(name, argument, Field(call.name, call.name, result))

    def refusal(self, written: Call | Distance) -> OrgError:
        """Return the error for a function that does not stand here, is not emulated, or is none."""
        name = "DISTANCE" if isinstance(written, Distance) else written.name
        if name.upper() in NOT_EMULATED:
            return not_emulated(self._query, written.at, f"The function {name}")
        if name.upper() in DATE_FUNCTIONS | AGGREGATES | {"GROUPING", "CONVERTTIMEZONE", "FIELDS", "TOLABEL"}:
            return malformed(self._query, written.at, f"The function {name} is not allowed here")
        return malformed(self._query, written.at, f"Unknown function: {name}")

    def _date_argument(self, call: Call) -> Column | Function:
        """Return the argument of a date function: a field, or one moved into the user's time zone."""
        inner = call.argument
        assert inner is not None
        if isinstance(inner, Call) and inner.name.upper() == "CONVERTTIMEZONE" and inner.argument is not None:
            moment = self.of_row(inner.argument)
            if kind_of(moment.field) is not Kind.DATETIME:
                raise self._wrong_argument(inner, moment.field)
            return Function("CONVERTTIMEZONE", moment, moment.field)
        return self.of_row(inner)

    def _wrong_argument(self, call: Call, field: Field) -> OrgError:
        return malformed(
            self._query, call.at, f"The function {call.name} does not take the {field.type} field {field.name}"
        )
