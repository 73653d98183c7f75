"""Resolve the right side of comparisons: the operator is allowed for the type, the values are of the type."""

from typing import Final

from ...schemas.field import Field
from ...schemas.ids import InvalidId, normalize
from ...schemas.values import InvalidValue, parse_date, parse_datetime, parse_time
from .errors import malformed, refused, unexpected
from .literals import MAXIMUM_TEXT, in_utc, is_plain, pattern_value, text_value
from .paths import kind_of
from .resolved import Constant, DateRange, Kind, Operand, Pattern
from .tree import Boolean, Comparison, Currency, Date, DateTime, Literal, NamedDate, Null, Number, Query, Text, Time

_ORDER: Final = frozenset({"<", "<=", ">", ">="})
_SETS: Final = frozenset({"INCLUDES", "EXCLUDES"})
_QUOTED: Final = frozenset({Kind.TEXT, Kind.MULTIPICKLIST, Kind.ID})
INTEGER_DIGITS: Final = 18
"""Longer numbers are compared as doubles: databases have integers of 64 bits."""


class Operands:
    """The values that one query compares with; errors point at the left side of their comparison."""

    def __init__(self, query: str) -> None:
        """Take the text, for the place of errors."""
        self._query = query

    def resolve(self, comparison: Comparison, field: Field) -> tuple[Operand, ...]:
        """Return the values of a comparison with a field, or with a result that is like a field."""
        kind = kind_of(field)
        self._check_operator(comparison, field, kind)
        value = comparison.value
        assert not isinstance(value, Query)
        literals = value if isinstance(value, tuple) else (value,)
        return tuple(self._operand(literal, comparison, field, kind) for literal in literals)

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

    def _operand(self, literal: Literal, comparison: Comparison, field: Field, kind: Kind) -> Operand:
        operator, at = comparison.operator, comparison.at
        if isinstance(literal, Null):
            if operator in _ORDER or operator == "LIKE":
                raise refused(
                    "INVALID_QUERY_FILTER_OPERATOR", self._query, at, f"null can not be compared with {operator}"
                )
            return Constant(None)
        if isinstance(literal, Currency):
            # The grammar has currency literals only in an org with several currencies.
            raise unexpected(self._query, literal.at, "name", literal.text)
        if kind in _QUOTED:
            if not isinstance(literal, Text):
                raise self._mistyped(at, field, "string and should be enclosed in quotes")
            return self._quoted(literal, operator, at, kind)
        return self._bare(literal, at, field, kind)

    def _quoted(self, literal: Text, operator: str, at: int, kind: Kind) -> Operand:
        at_if_plain = literal.at if is_plain(literal.raw) else None
        if operator == "LIKE":
            pattern = pattern_value(literal.raw)
            self._check_text(literal, pattern)
            return Pattern(pattern, at_if_plain)
        text = text_value(literal.raw)
        self._check_text(literal, text)
        if kind is Kind.ID and text:
            try:
                return Constant(normalize(text), at_if_plain)
            except InvalidId:
                raise refused("INVALID_QUERY_FILTER_OPERATOR", self._query, at, f"invalid ID field: {text}") from None
        # Empty text is null; only an order comparison takes it as the text before all others.
        return Constant(text if text or operator in _ORDER else None, at_if_plain)

    def _check_text(self, literal: Text, text: str) -> None:
        if len(text) > MAXIMUM_TEXT:
            raise malformed(
                self._query, literal.at, f"String literals can not be longer than {MAXIMUM_TEXT} characters"
            )
        if "\0" in text:
            raise malformed(self._query, literal.at, "String literals can not hold the character U+0000")

    def _bare(self, literal: Literal, at: int, field: Field, kind: Kind) -> Operand:
        """Return the operand of a type that is not quoted: boolean, number, date, datetime, time."""
        if isinstance(literal, NamedDate) and kind in (Kind.DATE, Kind.DATETIME):
            return DateRange(literal.name, literal.count)
        try:
            if isinstance(literal, Boolean) and kind is Kind.BOOLEAN:
                return Constant(literal.value)
            if isinstance(literal, Number) and kind is Kind.NUMBER:
                return Constant(_number(literal.text))
            if isinstance(literal, Date) and kind is Kind.DATE:
                return Constant(parse_date(literal.text), literal.at)
            if isinstance(literal, DateTime) and kind is Kind.DATETIME:
                return Constant(parse_datetime(literal.text.upper()), literal.at)
            if isinstance(literal, Time) and kind is Kind.TIME:
                return Constant(parse_time(in_utc(literal.text.upper())))
        except InvalidValue:
            raise malformed(self._query, literal.at, f"Invalid {kind.value}: {getattr(literal, 'text', '')}") from None
        type_name = "int" if field.type == "int" else kind.value
        raise self._mistyped(at, field, f"{type_name} and should not be enclosed in quotes")

    def _mistyped(self, at: int, field: Field, wanted: str) -> Exception:
        """Return the error for a value of another type (roblesterjr04/EloquentSalesForce#68, jetstreamapp/jetstream#270)."""
        sentence = f"value of filter criterion for field '{field.name}' must be of type {wanted}"
        return refused("INVALID_FIELD", self._query, at, sentence)


def _number(text: str) -> int | float:
    return float(text) if "." in text or len(text) > INTEGER_DIGITS else int(text)
