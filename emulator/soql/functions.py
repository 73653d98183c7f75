"""Resolve functions: which there are, what they take, what they give."""

from typing import Final

from ...schemas.field import Field
from ..errors import OrgError
from .errors import malformed, refused
from .paths import Paths, kind_of
from .resolved import Aggregate, Column, Distance, Formatted, Function, Kind
from .tree import Call, Expression, Path
from .tree import Distance as WrittenDistance

DATE_FUNCTIONS: Final = frozenset(
    "CALENDAR_YEAR CALENDAR_QUARTER CALENDAR_MONTH FISCAL_YEAR FISCAL_QUARTER FISCAL_MONTH DAY_IN_MONTH DAY_IN_WEEK "
    "DAY_IN_YEAR WEEK_IN_MONTH WEEK_IN_YEAR HOUR_IN_DAY DAY_ONLY".split()
)
"""Guide, "Date functions"."""
AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
"""Guide, "Aggregate functions"."""
MOMENTS_ONLY: Final = frozenset({"HOUR_IN_DAY", "DAY_ONLY"})
RADII: Final = {"mi": 3959.0, "km": 6371.0}
"""The mean radius of the earth in each unit; what the platform takes is not documented."""
KNOWN: Final = DATE_FUNCTIONS | AGGREGATES | {"GROUPING", "CONVERTTIMEZONE", "FIELDS", "TOLABEL", "FORMAT", "DISTANCE"}
FORMATTED: Final = frozenset({"NUMBER", "DATE", "DATETIME", "TIME"})
"""Names of the kinds that FORMAT takes (guide, "FORMAT()": number, date, time and currency fields)."""

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
        if isinstance(written, WrittenDistance) or written.name.upper() not in DATE_FUNCTIONS:
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

    def formatted(self, call: Call) -> tuple[Path, Formatted]:
        """Return FORMAT of a field, and the field's path."""
        path = self._argument_of_format(call)
        if not isinstance(path, Path):
            raise self.refusal(call)
        column = self._paths.column(path)
        return path, self.format_of(call, column)

    def format_of(self, call: Call, value: Column | Aggregate) -> Formatted:
        """Return FORMAT of a value. Raises MALFORMED_QUERY for one that has no localized form."""
        field = value.field
        if isinstance(value, Aggregate) and value.name in ("SUM", "AVG"):
            field = value.argument.field  # a sum of amounts is an amount
        if kind_of(field).name not in FORMATTED:
            raise self._wrong_argument(call, field)
        return Formatted(value, field)

    def _argument_of_format(self, call: Call) -> Expression | None:
        """Return the argument of FORMAT; convertCurrency in it is refused as anywhere."""
        if isinstance(call.argument, Call) and call.argument.name.upper() == "CONVERTCURRENCY":
            raise self.refusal(call.argument)
        return call.argument

    def distance(self, written: WrittenDistance) -> Distance:
        """Return DISTANCE of a location or an address from a point (guide, "Location-based SOQL queries").

        The words of the refusals are guesses.
        """
        column = self._paths.column(written.path)
        parts = self._paths.parts(column.place, column.field) if kind_of(column.field) is Kind.ADDRESS else {}
        if "latitude" not in parts or "longitude" not in parts:
            sentence = f"DISTANCE takes a location or address field, cannot use: '{column.field.name}'"
            raise refused("INVALID_FIELD", self._query, written.path.at, sentence)
        unit = RADII.get(written.unit.raw)
        if unit is None:
            sentence = f"Invalid distance unit: {written.unit.raw}. Valid units are 'mi' and 'km'"
            raise malformed(self._query, written.unit.at, sentence)
        point = float(written.latitude.text), float(written.longitude.text)
        for name, number, degrees, bound in (
            ("latitude", written.latitude, point[0], 90), ("longitude", written.longitude, point[1], 180)
        ):  # fmt: skip
            if not -bound <= degrees <= bound:
                raise malformed(
                    self._query, number.at, f"Invalid {name}: {number.text}. It must be within {bound} degrees"
                )
        return Distance(
            parts["latitude"], parts["longitude"], point, unit, Field("DISTANCE", "DISTANCE", "double", nillable=True)
        )

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

    def refusal(self, written: Call | WrittenDistance) -> OrgError:
        """Return the error for a function that does not stand here, or is none."""
        name = "DISTANCE" if isinstance(written, WrittenDistance) else written.name
        if name.upper() == "CONVERTCURRENCY":
            # Guide, "convertCurrency()": for orgs with several currencies. The code and the words are guesses.
            sentence = "convertCurrency is available only if the organization uses multiple currencies"
            return refused("INVALID_FIELD", self._query, written.at, sentence)
        if name.upper() in KNOWN:
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
