"""Resolve conditions: each comparison gets its column, its operator is allowed there, its values have the right type."""

from typing import Final, Protocol

from ...schemas.field import Field
from ...schemas.ids import InvalidId, normalize
from ...schemas.values import InvalidValue, parse_date, parse_datetime, parse_time
from .errors import malformed, not_emulated, refused, unexpected
from .literals import pattern_value, text_value
from .paths import Paths, kind_of
from .resolved import (
    AllOf,
    AnyOf,
    Column,
    Constant,
    DateRange,
    Filter,
    Inverse,
    Kind,
    Membership,
    Operand,
    Pattern,
    Test,
)
from .tree import (
    And,
    Boolean,
    Call,
    Comparison,
    Condition,
    Currency,
    Date,
    DateTime,
    Distance,
    Literal,
    NamedDate,
    Not,
    Null,
    Number,
    Or,
    Path,
    Query,
    Text,
    Time,
)

MAXIMUM_TEXT: Final = 4000
"""Characters of one string in a condition (Salesforce developer limits, "SOQL and SOSL limits"); the wording is a guess."""

_ORDER: Final = frozenset({"<", "<=", ">", ">="})
_SETS: Final = frozenset({"INCLUDES", "EXCLUDES"})
_QUOTED: Final = frozenset({Kind.TEXT, Kind.MULTIPICKLIST, Kind.ID})
_LARGEST_INTEGER: Final = 2**63


class Subselects(Protocol):
    """What resolves the sub-selects of semi- and anti-joins."""

    def membership(self, column: Column, path: Path, negated: bool, query: Query, inside: str) -> Membership:
        """Return the semi- or anti-join of a column; ``inside`` as in `Filters._condition`."""
        ...


class Filters:
    """The conditions of one query."""

    def __init__(self, query: str, paths: Paths, subselect: Subselects) -> None:
        """Take the text, for the place of errors, the paths, and the resolver of sub-selects."""
        self._query = query
        self._paths = paths
        self._subselect = subselect
        self._top: Condition | None = None

    def resolve(self, condition: Condition) -> Filter:
        """Resolve the condition of WHERE."""
        self._top = condition
        return self._condition(condition, "")

    def _condition(self, condition: Condition, inside: str) -> Filter:
        """Resolve a condition; ``inside`` tells where it stands, for semi-joins.

        Empty where only ANDs are around it, OR in a top-level OR, NESTED in an OR or NOT further in.
        """
        if isinstance(condition, And):
            return AllOf(tuple(self._condition(part, inside) for part in condition.parts))
        if isinstance(condition, Or):
            around = "OR" if not inside and self._top is condition else "NESTED"
            return AnyOf(tuple(self._condition(part, around) for part in condition.parts))
        if isinstance(condition, Not):
            return Inverse(self._condition(condition.part, "NESTED"))
        return self._comparison(condition, inside)

    # --- one comparison -------------------------------------------------------------------------------------------------

    def _comparison(self, comparison: Comparison, inside: str) -> Filter:
        left = comparison.left
        if isinstance(left, Call):
            raise not_emulated(self._query, left.at, f"The function {left.name} in WHERE")
        if isinstance(left, Distance):
            raise not_emulated(self._query, left.at, "The function DISTANCE")
        column = self._paths.column(left)
        kind = kind_of(column.field)
        self._check_filterable(column, kind, left)
        value = comparison.value
        if isinstance(value, Query):
            return self._subselect.membership(column, left, comparison.operator == "NOT IN", value, inside)
        self._check_operator(comparison, column.field, kind)
        literals = value if isinstance(value, tuple) else (value,)
        operands = tuple(self._operand(literal, comparison.operator, left, column.field, kind) for literal in literals)
        return Test(column, comparison.operator, operands)

    def _check_filterable(self, column: Column, kind: Kind, path: Path) -> None:
        if kind is Kind.ADDRESS:
            raise refused(
                "INVALID_FIELD", self._query, path.at, "Address fields can only be filtered using Distance expressions"
            )
        stored_long = any(field is not None and field.is_long for field in column.stored)
        if not column.field.filterable or stored_long or kind is Kind.BINARY:
            raise refused(
                "INVALID_FIELD",
                self._query,
                path.at,
                f"field '{column.field.name}' can not be filtered in a query call",
            )

    def _check_operator(self, comparison: Comparison, field: Field, kind: Kind) -> None:
        """Refuse an operator that the type does not have. The code is public, most of the wordings are guesses."""
        operator = comparison.operator
        wrong = (
            (operator == "LIKE" and kind is not Kind.TEXT)
            or (operator in _ORDER and kind in (Kind.BOOLEAN, Kind.MULTIPICKLIST))
            or (operator in _SETS and kind is not Kind.MULTIPICKLIST)
        )
        if wrong:
            type_name = "id" if kind is Kind.ID else field.type
            raise refused(
                "INVALID_QUERY_FILTER_OPERATOR", self._query, comparison.at, f"invalid operator on {type_name} field"
            )

    # --- values ---------------------------------------------------------------------------------------------------------

    def _operand(self, literal: Literal, operator: str, path: Path, field: Field, kind: Kind) -> Operand:
        if isinstance(literal, Null):
            if operator in _ORDER or operator == "LIKE":
                raise refused(
                    "INVALID_QUERY_FILTER_OPERATOR", self._query, path.at, f"null can not be compared with {operator}"
                )
            return Constant(None)
        if isinstance(literal, Currency):
            # The grammar has currency literals only in an org with several currencies.
            raise unexpected(self._query, literal.at, "name", literal.text)
        if kind in _QUOTED:
            if not isinstance(literal, Text):
                raise self._mistyped(path, field, "string and should be enclosed in quotes")
            return self._quoted(literal, operator, path, kind)
        return self._bare(literal, path, field, kind)

    def _quoted(self, literal: Text, operator: str, path: Path, kind: Kind) -> Operand:
        if operator == "LIKE":
            pattern = pattern_value(literal.raw)
            self._check_text(literal, pattern)
            return Pattern(pattern)
        text = text_value(literal.raw)
        self._check_text(literal, text)
        if kind is Kind.ID and text:
            try:
                return Constant(normalize(text))
            except InvalidId:
                raise refused(
                    "INVALID_QUERY_FILTER_OPERATOR", self._query, path.at, f"invalid ID field: {text}"
                ) from None
        # Empty text is null; only an order comparison takes it as the text before all others.
        return Constant(text if text or operator in _ORDER else None)

    def _check_text(self, literal: Text, text: str) -> None:
        if len(text) > MAXIMUM_TEXT:
            raise malformed(
                self._query, literal.at, f"String literals can not be longer than {MAXIMUM_TEXT} characters"
            )
        if "\0" in text:
            raise malformed(self._query, literal.at, "String literals can not hold the character U+0000")

    def _bare(self, literal: Literal, path: Path, field: Field, kind: Kind) -> Operand:
        """Return the operand of a type that is not quoted: boolean, number, date, datetime, time."""
        if isinstance(literal, NamedDate) and kind in (Kind.DATE, Kind.DATETIME):
            return DateRange(literal.name, literal.count)
        try:
            if isinstance(literal, Boolean) and kind is Kind.BOOLEAN:
                return Constant(literal.value)
            if isinstance(literal, Number) and kind is Kind.NUMBER:
                return Constant(_number(literal.text))
            if isinstance(literal, Date) and kind is Kind.DATE:
                return Constant(parse_date(literal.text))
            if isinstance(literal, DateTime) and kind is Kind.DATETIME:
                return Constant(parse_datetime(literal.text.upper()))
            if isinstance(literal, Time) and kind is Kind.TIME:
                return Constant(parse_time(literal.text.upper()))
        except InvalidValue:
            raise malformed(self._query, literal.at, f"Invalid {kind.value}: {getattr(literal, 'text', '')}") from None
        type_name = "int" if field.type == "int" else kind.value
        raise self._mistyped(path, field, f"{type_name} and should not be enclosed in quotes")

    def _mistyped(self, path: Path, field: Field, wanted: str) -> Exception:
        """Return the error for a value of another type (roblesterjr04/EloquentSalesForce#68, jetstreamapp/jetstream#270)."""
        sentence = f"value of filter criterion for field '{field.name}' must be of type {wanted}"
        return refused("INVALID_FIELD", self._query, path.at, sentence)


def _number(text: str) -> int | float:
    if "." in text:
        return float(text)
    number = int(text)
    return number if -_LARGEST_INTEGER <= number < _LARGEST_INTEGER else float(number)
