"""Write conditions in SQL.

What SQL leaves unknown does not hold: a comparison with null is false, and its inverse (``!=``, NOT IN, NOT) is true.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from ...schemas.folding import fold
from .dialect import Dialect
from .paths import kind_of
from .resolved import (
    AllOf,
    AnyOf,
    Constant,
    DateRange,
    Expression,
    Filter,
    Found,
    Inverse,
    Kind,
    Membership,
    Operand,
    OwnedByUser,
    Pattern,
    Test,
)
from .sql import Form, FoundRows, Lifted, RangeEdge, RunningUser, Sql, joined

LONG_LIST: Final = 500
"""Values of IN that are written one by one; a longer list goes as one parameter."""

_FORMS: Final = {Kind.ID: Form.ID, Kind.DATE: Form.DATE, Kind.DATETIME: Form.DATETIME}

_INVERSE: Final = {"!=": "=", "NOT IN": "IN", "EXCLUDES": "INCLUDES"}


class Values(Protocol):
    """What gives the SQL of a value: the rows of a query, or its groups."""

    def value(self, expression: Expression) -> str:
        """Return the SQL of a value."""
        ...


class Predicates:
    """The conditions over one query's rows or groups."""

    def __init__(self, rows: Values, dialect: Dialect, subselect: Callable[[Membership], Sql]) -> None:
        """Take the rows, and what writes the sub-select of a semi-join."""
        self._rows = rows
        self._dialect = dialect
        self._subselect = subselect

    def condition(self, filter_: Filter) -> Sql:
        """Return a condition in SQL."""
        if isinstance(filter_, AllOf):
            return joined([self.condition(part) for part in filter_.parts], "AND")
        if isinstance(filter_, AnyOf):
            return joined([self.condition(part) for part in filter_.parts], "OR")
        if isinstance(filter_, Inverse):
            return _not(self.condition(filter_.part))
        if isinstance(filter_, OwnedByUser):
            return self._owned(filter_)
        if isinstance(filter_, Found):
            return Sql(self._dialect.among(self._rows.value(filter_.column)), (FoundRows(),))
        if isinstance(filter_, Membership):
            found = self._subselect(filter_).wrapped(f"{self._rows.value(filter_.column)} IN (", ")")
            return _not(found) if filter_.negated else found
        return self._test(filter_)

    def _owned(self, owned: OwnedByUser) -> Sql:
        """Return the condition that the user owns the row, or a group he is in, itself or through groups in it."""
        owner, place = self._rows.value(owned.column), self._dialect.placeholder
        own = f"{owner} = {place}"
        if owned.members is None:
            return Sql(own, (RunningUser(),))
        groups = (
            f'WITH RECURSIVE mine(id) AS (SELECT "GroupId" FROM "GroupMember" WHERE "UserOrGroupId" = {place} UNION'
            ' SELECT outer_."GroupId" FROM "GroupMember" AS outer_ JOIN mine ON outer_."UserOrGroupId" = mine.id)'
            " SELECT id FROM mine"
        )
        return Sql(f"({own} OR {owner} IN ({groups}))", (RunningUser(), RunningUser()))

    def _test(self, test: Test) -> Sql:
        operator = _INVERSE.get(test.operator, test.operator)
        found = self._positive(test.left, operator, test.operands)
        return found if operator == test.operator else _not(found)

    def _positive(self, left: Expression, operator: str, operands: tuple[Operand, ...]) -> Sql:
        if operator == "LIKE":
            return self._like(left, operands[0])
        if operator == "INCLUDES":
            return joined([self._includes(left, operand) for operand in operands], "OR")
        if operator == "IN":
            return self._in(left, operands)
        operand = operands[0]
        if isinstance(operand, DateRange):
            return self._in_range(left, operator, operand)
        if isinstance(operand, Constant) and operand.value is None:
            return self._is_null(left)
        assert isinstance(operand, Constant)
        return self._compare(left, operator, operand)

    # --- one value ------------------------------------------------------------------------------------------------------

    def _is_null(self, left: Expression) -> Sql:
        """Return the condition that a value is null; of a boolean, that it is false (guide, "Filter on Boolean fields")."""
        value = self._rows.value(left)
        return Sql(f"NOT {value}" if kind_of(left.field) is Kind.BOOLEAN else f"{value} IS NULL")

    def _compare(self, left: Expression, operator: str, constant: Constant) -> Sql:
        value_sql, right = self._sides(left, [constant])
        return Sql(f"{value_sql} {operator} {self._dialect.placeholder}", (right[0],))

    def _sides(self, left: Expression, constants: Sequence[Constant]) -> tuple[str, list[Any]]:
        """Return both sides of a comparison, text without its case unless the field counts case."""
        sql = self._rows.value(left)
        kind = kind_of(left.field)
        if kind not in (Kind.TEXT, Kind.MULTIPICKLIST):
            form = _FORMS.get(kind)
            return sql, [_lifted(constant.value, constant.at, form) for constant in constants]
        if left.field.case_sensitive:
            return sql, [_lifted(constant.value, constant.at, Form.TEXT) for constant in constants]
        ascii_only = all(constant.value.isascii() for constant in constants)
        right = [
            _lifted(self._dialect.text_without_case(constant.value), constant.at, Form.FOLDED) for constant in constants
        ]
        return self._dialect.without_case(sql, ascii_only), right

    def _like(self, left: Expression, operand: Operand) -> Sql:
        assert isinstance(operand, Pattern)
        counts_case = left.field.case_sensitive
        condition, parameter = self._dialect.like(self._rows.value(left), operand.text, counts_case)
        return Sql(condition, (_lifted(parameter, None if counts_case else operand.at, Form.PATTERN),))

    def _in_range(self, left: Expression, operator: str, range_: DateRange) -> Sql:
        """Compare with a range of days: ``<`` is before its start, ``>`` from its end on."""
        as_moment = kind_of(left.field) is Kind.DATETIME
        start, end = RangeEdge(range_, False, as_moment), RangeEdge(range_, True, as_moment)
        sql, place = self._rows.value(left), self._dialect.placeholder
        if operator == "=":
            return Sql(f"({sql} >= {place} AND {sql} < {place})", (start, end))
        edge = start if operator in ("<", ">=") else end
        return Sql(f"{sql} {'<' if operator in ('<', '<=') else '>='} {place}", (edge,))

    # --- lists ----------------------------------------------------------------------------------------------------------

    def _in(self, left: Expression, operands: tuple[Operand, ...]) -> Sql:
        constants = [operand for operand in operands if isinstance(operand, Constant)]
        values = [constant for constant in constants if constant.value is not None]
        parts = [self._in_range(left, "=", operand) for operand in operands if isinstance(operand, DateRange)]
        if values:
            # An ASCII list may use the index, so the others do not spoil it.
            groups = (
                [constant for constant in values if _is_ascii(constant.value)],
                [constant for constant in values if not _is_ascii(constant.value)],
            )
            parts += [self._in_values(left, group) for group in groups if group]
        if len(values) < len(constants):
            parts.append(self._is_null(left))
        return joined(parts, "OR")

    def _in_values(self, left: Expression, values: list[Constant]) -> Sql:
        sql, right = self._sides(left, values)
        if len(right) > LONG_LIST:
            right = [value.value if isinstance(value, Lifted) else value for value in right]
            if kind_of(left.field) is Kind.NUMBER:
                right = [float(value) for value in right]
            return Sql(self._dialect.among(sql), (self._dialect.list_parameter(right),))
        places = ", ".join([self._dialect.placeholder] * len(right))
        return Sql(f"{sql} IN ({places})", tuple(right))

    def _includes(self, left: Expression, operand: Operand) -> Sql:
        """Return the condition that a multipicklist has all the values of one item: ``'a;b'`` is a and b."""
        value = operand.value if isinstance(operand, Constant) else None
        if value is None:
            return self._is_null(left)
        own = f"(';' || {self._dialect.folded(self._rows.value(left))} || ';')"
        parts = [part for part in value.split(";") if part]
        conditions = [Sql(self._dialect.contains(own), (f";{fold(part)};",)) for part in parts]
        return joined(conditions, "AND") if conditions else self._is_null(left)


def _lifted(value: Any, at: int | None, form: Form | None) -> Any:
    return value if at is None or form is None else Lifted(value, at, form)


def _is_ascii(value: Any) -> bool:
    return not isinstance(value, str) or value.isascii()


def _not(condition: Sql) -> Sql:
    return condition.wrapped("(", ") IS NOT TRUE")
