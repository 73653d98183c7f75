"""A query as plain values for a reader: what was understood of it, clause by clause. Pure."""

from typing import Any

from .tree import (
    And,
    Boolean,
    Children,
    Comparison,
    Condition,
    Distance,
    Expression,
    Item,
    Literal,
    NamedDate,
    Not,
    Null,
    Path,
    Query,
    SelectItem,
    Text,
)


def outline(query: Query) -> dict[str, Any]:
    """Return the clauses that a query has; ``object`` and ``fields`` are always there."""
    told: dict[str, Any] = {"object": query.sources[0].path.text, "fields": [_item(item) for item in query.items]}
    if query.scope is not None:
        told["scope"] = query.scope.text
    if query.where is not None:
        told["where"] = _condition(query.where)
    if query.withs:
        told["with"] = [clause.words for clause in query.withs]
    if query.group_by is not None:
        told["groupBy"] = [_expression(one) for one in query.group_by.expressions]
        if query.group_by.having is not None:
            told["having"] = _condition(query.group_by.having)
    if query.order_by:
        told["orderBy"] = [_expression(key.expression) + " DESC" * key.descending for key in query.order_by]
    for name, number in (("limit", query.limit), ("offset", query.offset)):
        if number is not None:
            told[name] = int(number.text) if number.text.isdecimal() else number.text
    if query.purposes:
        told["purposes"] = [purpose.text for purpose in query.purposes]
    return told


def _item(item: SelectItem) -> Any:
    if isinstance(item, Children):
        return outline(item.query)
    if isinstance(item, Item):
        return _expression(item.expression) + (f" {item.alias}" if item.alias else "")
    return {
        "typeof": item.path.text,
        "when": {branch.type.text: [path.text for path in branch.paths] for branch in item.branches},
        "else": [path.text for path in item.otherwise],
    }


def _expression(expression: Expression) -> str:
    if isinstance(expression, Path):
        return expression.text
    if isinstance(expression, Distance):
        place = f"GEOLOCATION({expression.latitude.text}, {expression.longitude.text})"
        return f"DISTANCE({expression.path.text}, {place}, '{expression.unit.raw}')"
    return f"{expression.name}({'' if expression.argument is None else _expression(expression.argument)})"


def _condition(condition: Condition) -> Any:
    if isinstance(condition, Comparison):
        return [_expression(condition.left), condition.operator, _value(condition.value)]
    if isinstance(condition, Not):
        return {"not": _condition(condition.part)}
    kind = "and" if isinstance(condition, And) else "or"
    return {kind: [_condition(part) for part in condition.parts]}


def _value(value: "Literal | tuple[Literal, ...] | Query") -> Any:
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    if isinstance(value, Query):
        return outline(value)
    if isinstance(value, Text):
        return value.raw
    if isinstance(value, Boolean):
        return value.value
    if isinstance(value, Null):
        return None
    if isinstance(value, NamedDate):
        return value.name if value.count is None else f"{value.name}:{value.count}"
    return value.text
