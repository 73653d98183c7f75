"""Resolve aggregate queries: what is grouped, what comes out, and that both fit."""

from typing import Final

from ...schemas.field import Field
from ..errors import OrgError
from .errors import malformed, refused
from .functions import AGGREGATES, Functions
from .paths import kind_of
from .resolved import Aggregate, Column, Expression, Function, Grouping, Kind, Output
from .tree import Call, Distance, GroupBy, Item, Path, Query
from .tree import Expression as Written

MAXIMUM_ROLLED: Final = 3
"""Fields of a ROLLUP or CUBE (guide, "GROUP BY ROLLUP", "GROUP BY CUBE")."""


def is_aggregate(query: Query) -> bool:
    """Tell whether a query gives groups and not records."""
    return query.group_by is not None or any(
        _has_aggregate(item.expression) for item in query.items if isinstance(item, Item)
    )


def _has_aggregate(written: Written) -> bool:
    if isinstance(written, Call) and written.name.upper() == "FORMAT" and isinstance(written.argument, Call):
        return _has_aggregate(written.argument)
    return isinstance(written, Call) and written.argument is not None and written.name.upper() in AGGREGATES


class GroupedValues:
    """The values that the groups of one query have."""

    def __init__(self, query: str, functions: Functions, group_by: GroupBy | None) -> None:
        """Resolve the keys of GROUP BY. Raises INVALID_FIELD for a field that cannot be grouped."""
        self._query = query
        self._functions = functions
        self.kind = group_by.kind if group_by else ""
        written = group_by.expressions if group_by else ()
        if self.kind and len(written) > MAXIMUM_ROLLED:
            sentence = f"GROUP BY {self.kind} takes at most {MAXIMUM_ROLLED} fields"
            raise malformed(query, written[MAXIMUM_ROLLED].at, sentence)
        self.keys = tuple(self._key(expression) for expression in written)

    def _key(self, written: Written) -> Column | Function:
        key = self._functions.of_row(written)
        ungroupable = isinstance(key, Column) and (key.is_long or kind_of(key.field) in (Kind.BINARY, Kind.ADDRESS))
        if ungroupable or not key.field.groupable:
            sentence = f"field '{key.field.name}' can not be grouped in a query call"
            raise refused("INVALID_FIELD", self._query, written.at, sentence)
        return key

    # --- SELECT ---------------------------------------------------------------------------------------------------------

    def outputs(self, items: tuple[Item, ...]) -> tuple[Output, ...]:
        """Return the values of the answer; functions without an alias are expr0, expr1 and so on."""
        outputs: list[Output] = []
        unnamed = 0
        for item in items:
            written = item.expression
            value = self._output(written)
            if isinstance(value, Aggregate) and value.argument in self.keys and value.name != "COUNT_DISTINCT":
                raise OrgError(
                    "MALFORMED_QUERY", f"Grouped field should not be aggregated: {value.argument.field.name}"
                )
            key = item.alias
            if key is None and isinstance(written, Path):
                key = value.field.name
            elif key is None:
                key, unnamed = f"expr{unnamed}", unnamed + 1
            if any(output.key.lower() == key.lower() for output in outputs):
                raise malformed(self._query, written.at, f"duplicate alias: {key}")
            outputs.append(Output(key, value))
        return tuple(outputs)

    def _output(self, written: Written) -> Expression:
        """Return a value of the SELECT list: what HAVING compares, or FORMAT of a field or an aggregate."""
        if not isinstance(written, Call) or written.name.upper() != "FORMAT" or written.argument is None:
            return self.value(written, "Field")
        if isinstance(written.argument, Call) and not _has_aggregate(written.argument):
            raise self._functions.refusal(
                written.argument if written.argument.name.upper() == "CONVERTCURRENCY" else written
            )
        value = self.value(written.argument, "Field")
        assert isinstance(value, Column | Aggregate)
        return self._functions.format_of(written, value)

    # --- HAVING and ORDER BY --------------------------------------------------------------------------------------------

    def left(self, written: Written) -> Expression:
        """Return what HAVING compares: an aggregate or a grouped field."""
        return self.value(written, "Field")

    def value(self, written: Written, what: str) -> Expression:
        """Return a value that a group has. Raises MALFORMED_QUERY for one that only its rows have."""
        if isinstance(written, Distance):
            raise self._functions.refusal(written)
        if isinstance(written, Call) and written.name.upper() in AGGREGATES and written.argument is not None:
            return self._functions.of_group(written)
        if isinstance(written, Call) and written.name.upper() == "GROUPING" and written.argument is not None:
            return self._grouping(written)
        value = self._functions.of_row(written)
        if value not in self.keys:
            raise OrgError("MALFORMED_QUERY", f"{what} must be grouped or aggregated: {value.field.name}")
        return value

    def _grouping(self, call: Call) -> Grouping:
        assert call.argument is not None
        argument = self._functions.of_row(call.argument)
        if not self.kind or argument not in self.keys:
            sentence = "GROUPING takes a field of GROUP BY ROLLUP or GROUP BY CUBE"
            raise malformed(self._query, call.at, sentence)
        return Grouping(argument, Field(call.name, call.name, "int"))
