"""What a query selects, as ``columns=true`` of the query resource tells it.

The keys, and their values for fields, parents, child subqueries and aggregates, are recorded
(salesforcecli/plugin-data: test/test-files/queryFields.exemplars.ts). Guesses: the Apex types other than Id and String,
and that a function of a row is told like an aggregate.
"""

from typing import Any, Final

from ...schemas.field import DOUBLE_TYPES, Field
from .paths import kind_of
from .resolved import (
    Address,
    Aggregate,
    ChildRows,
    Column,
    Distance,
    Entry,
    Expression,
    Formatted,
    Function,
    Grouping,
    Join,
    Kind,
    Parent,
    ParentByType,
    ResolvedQuery,
    Shape,
    Value,
)

_APEX_TYPES: Final = {
    Kind.ID: "Id",
    Kind.BOOLEAN: "Boolean",
    Kind.DATE: "Date",
    Kind.DATETIME: "Datetime",
    Kind.TIME: "Time",
    Kind.BINARY: "Blob",
    Kind.ADDRESS: "Address",
    Kind.COMPLEX: "complexvaluetype",
}


def column_metadata(query: ResolvedQuery) -> dict[str, Any]:
    """Return the answer of ``columns=true``."""
    columns = _of_groups(query) if query.groups else _of_shape(query.shape, query) if query.shape else []
    return {
        "columnMetadata": columns,
        "entityName": query.sobject.name,
        "groupBy": bool(query.groups and query.groups.keys),
        "idSelected": any(column["columnName"] == "Id" for column in columns),
        "keyPrefix": query.sobject.key_prefix,
    }


def _of_groups(query: ResolvedQuery) -> list[dict[str, Any]]:
    assert query.groups is not None
    return [_value(output.key, output.expression) for output in query.groups.outputs]


def _of_shape(shape: Shape, query: ResolvedQuery) -> list[dict[str, Any]]:
    return [_entry(entry, query) for entry in shape.entries]


def _entry(entry: Entry, query: ResolvedQuery) -> dict[str, Any]:
    if isinstance(entry, Value):
        return _value(entry.key, entry.expression)
    if isinstance(entry, Address):
        return _column(entry.key) | {"apexType": _APEX_TYPES[Kind.ADDRESS]}
    if isinstance(entry, Parent):
        return _parent(entry.key, entry.shape, query)
    if isinstance(entry, ParentByType):
        return _parent(entry.key, entry.otherwise, query)
    return _children(entry, query)


def _children(entry: ChildRows, query: ResolvedQuery) -> dict[str, Any]:
    child = query.children[entry.index].query
    assert child.shape is not None
    return _column(entry.key) | {"aggregate": True, "joinColumns": _of_shape(child.shape, child)}


def _parent(key: str, shape: Shape, query: ResolvedQuery) -> dict[str, Any]:
    join = next(join for join in query.joins if join.place == shape.id.place)
    found = _column(key) | {"foreignKeyName": _foreign_key(join), "joinColumns": _of_shape(shape, query)}
    return found | {"custom": join.reference.field.custom}


def _foreign_key(join: Join) -> str:
    return join.reference.field.name


def _value(key: str, expression: Expression) -> dict[str, Any]:
    if isinstance(expression, Column):
        return _field(key, expression.field)
    kind = kind_of(expression.field)
    found = _column(key) | {"aggregate": True, "displayName": _words(expression), "numberType": kind is Kind.NUMBER}
    return found | {"textType": kind is Kind.TEXT, "booleanType": kind is Kind.BOOLEAN}


def _field(key: str, field: Field) -> dict[str, Any]:
    kind = kind_of(field)
    return _column(key) | {
        "apexType": _apex_type(field),
        "booleanType": kind is Kind.BOOLEAN,
        "custom": field.custom,
        "insertable": field.createable,
        "numberType": kind is Kind.NUMBER,
        "textType": kind in (Kind.TEXT, Kind.MULTIPICKLIST),
        "updatable": field.updateable,
    }


def _apex_type(field: Field) -> str:
    if field.type == "int":
        return "Integer"
    return "Double" if field.type in DOUBLE_TYPES else _APEX_TYPES.get(kind_of(field), "String")


def _words(expression: "Function | Aggregate | Grouping | Distance | Formatted | Column") -> str:
    """Return an expression as it is shown: ``avg(Amount)``."""
    if isinstance(expression, Column):
        return ".".join((*expression.place, expression.field.name))
    if isinstance(expression, Distance):
        return "distance"
    name = (
        "format"
        if isinstance(expression, Formatted)
        else "grouping"
        if isinstance(expression, Grouping)
        else expression.name.lower()
    )
    return f"{name}({_words(expression.argument)})"


def _column(name: str) -> dict[str, Any]:
    return {
        "aggregate": False,
        "apexType": None,
        "booleanType": False,
        "columnName": name,
        "custom": False,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": False,
        "textType": False,
        "updatable": False,
    }
