"""Resolve conditions: their structure, and the two sides of each comparison."""

from typing import Protocol

from .errors import malformed, refused
from .functions import Functions
from .operands import Operands
from .paths import Paths, kind_of
from .resolved import AllOf, AnyOf, Column, Distance, Expression, Filter, Inverse, Kind, Membership, Test
from .tree import And, Call, Comparison, Condition, Not, Or, Path, Query
from .tree import Distance as WrittenDistance
from .tree import Expression as Written


class Subselects(Protocol):
    """What resolves the sub-selects of semi- and anti-joins."""

    def membership(self, left: Expression, written: Written, negated: bool, query: Query, inside: str) -> Membership:
        """Return the semi- or anti-join of an id; ``inside`` as in `Filters._condition`."""
        ...


class NoSubselects:
    """The refusal of sub-selects where there are none: in HAVING."""

    def __init__(self, query: str) -> None:
        """Take the text, for the place of errors."""
        self._query = query

    def membership(self, left: Expression, written: Written, negated: bool, query: Query, inside: str) -> Membership:
        """Refuse the sub-select."""
        raise malformed(self._query, written.at, "Semi join sub-selects are only allowed in WHERE expressions")


class LeftSides(Protocol):
    """What resolves the left sides of comparisons: fields of rows in WHERE, values of groups in HAVING."""

    def left(self, written: Written) -> Expression:
        """Return what is compared. Raises OrgError if it cannot be."""
        ...


class Filters:
    """The conditions of one query."""

    def __init__(self, query: str, left_sides: LeftSides, subselect: Subselects) -> None:
        """Take the text, for the place of errors, what resolves left sides, and what resolves sub-selects."""
        self._query = query
        self._left_sides = left_sides
        self._operands = Operands(query)
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

    def _comparison(self, comparison: Comparison, inside: str) -> Filter:
        left = self._left_sides.left(comparison.left)
        if isinstance(left, Distance) and comparison.operator not in ("<", ">"):
            # Guide, "Location-based SOQL queries": only > and <. The words are a guess.
            sentence = f"invalid operator on DISTANCE: {comparison.operator}"
            raise refused("INVALID_QUERY_FILTER_OPERATOR", self._query, comparison.at, sentence)
        if isinstance(comparison.value, Query):
            negated = comparison.operator == "NOT IN"
            return self._subselect.membership(left, comparison.left, negated, comparison.value, inside)
        return Test(left, comparison.operator, self._operands.resolve(comparison, left.field))


class RowLeftSides:
    """The left sides of WHERE: fields and date functions of rows."""

    def __init__(self, query: str, paths: Paths, functions: Functions) -> None:
        """Take the text, for the place of errors, the paths and the functions of the query."""
        self._query = query
        self._paths = paths
        self._functions = functions

    def left(self, written: Written) -> Expression:
        """Return the field or function. Raises INVALID_FIELD for a field that cannot be filtered."""
        if isinstance(written, Call) and written.name.upper() == "TOLABEL":
            path, labelled = self._functions.label(written)
            self._check(path)
            return labelled
        if isinstance(written, WrittenDistance):
            return self._functions.distance(written)
        return self._check(written) if isinstance(written, Path) else self._functions.of_row(written)

    def _check(self, path: Path) -> Column:
        column = self._paths.column(path)
        kind = kind_of(column.field)
        if kind is Kind.ADDRESS:
            kinds = "Address" if column.field.type == "address" else "Location"
            sentence = f"{kinds} fields can only be filtered using Distance expressions"
            raise refused("INVALID_FIELD", self._query, path.at, sentence)
        if not column.field.filterable or column.is_long or kind is Kind.BINARY:
            sentence = f"field '{column.field.name}' can not be filtered in a query call"
            raise refused("INVALID_FIELD", self._query, path.at, sentence)
        return column
