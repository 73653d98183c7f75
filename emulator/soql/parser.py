"""Parse a whole statement by recursive descent.

Clauses come in one order only (guide, "SOQL SELECT syntax")::

    SELECT items FROM sources [USING SCOPE s] [WHERE c] [WITH w]... [GROUP BY ... [HAVING c]] [ORDER BY ...]
    [LIMIT n] [OFFSET n] [FOR VIEW | FOR REFERENCE] [UPDATE TRACKING | VIEWSTAT, ...] [FOR UPDATE]

FOR UPDATE is in the guide and not in Salesforce's published parser; the guide decides.
"""

from typing import Final

from ..errors import OrgError
from .expressions import (
    parse_alias,
    parse_condition,
    parse_expression,
    parse_number,
    parse_path,
    parse_scope,
    parse_sources,
    parse_text,
    take_clause_word,
)
from .reader import Reader
from .tokens import END, NAME, NUMBER, TEXT
from .tree import (
    Branch,
    Call,
    Children,
    Expression,
    GroupBy,
    Item,
    OrderItem,
    Path,
    Query,
    SelectItem,
    TypeOf,
    With,
    Word,
)

MAXIMUM_LENGTH: Final = 100_000
"""Characters of a statement (Salesforce developer limits, "SOQL and SOSL limits")."""

_RELATIONS: Final = frozenset({"AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"})


def parse(query: str) -> Query:
    """Return the syntax tree of a query. Raises MALFORMED_QUERY."""
    if len(query) > MAXIMUM_LENGTH:
        raise OrgError("MALFORMED_QUERY", f"SOQL statements can not be longer than {MAXIMUM_LENGTH} characters")
    if not query.strip():
        raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
    reader = Reader(query)
    tree = _statement(reader)
    if reader.token.kind != END:
        raise reader.refusal()
    return tree


def _statement(reader: Reader) -> Query:
    reader.expect("SELECT")
    items = _items(reader)
    reader.expect("FROM")
    return Query(
        items=items,
        sources=parse_sources(reader),
        scope=parse_scope(reader),
        where=parse_condition(reader) if reader.accept("WHERE") else None,
        withs=_withs(reader),
        group_by=_group_by(reader),
        order_by=parse_order_by(reader),
        limit=parse_number(reader, whole=True) if reader.accept("LIMIT") else None,
        offset=parse_number(reader, whole=True) if reader.accept("OFFSET") else None,
        purposes=_purposes(reader),
    )


# --- SELECT -----------------------------------------------------------------------------------------------------------


def _items(reader: Reader) -> tuple[SelectItem, ...]:
    if reader.is_word("COUNT", "(", ")"):
        at = reader.take().at
        reader.accept("(", ")")
        return (Item(Call("COUNT", None, at), None),)
    items = [_item(reader)]
    while reader.accept(","):
        items.append(_item(reader))
    return tuple(items)


def _item(reader: Reader) -> SelectItem:
    token = reader.token
    if reader.accept("("):
        with reader.deeper():
            query = _statement(reader)
        reader.expect(")")
        return Children(query, parse_alias(reader), token.at)
    # Without WHEN the word TYPEOF is a field's name.
    if token.kind == NAME and token.word == "TYPEOF" and reader.ahead(2).word == "WHEN":
        return _typeof(reader)
    expression = parse_expression(reader)
    return Item(expression, parse_alias(reader))


def _typeof(reader: Reader) -> TypeOf:
    at = reader.take().at
    path = parse_path(reader)
    branches: list[Branch] = []
    while reader.accept("WHEN"):
        type_ = parse_path(reader)
        reader.expect("THEN")
        branches.append(Branch(type_, _paths(reader)))
    otherwise = _paths(reader) if reader.accept("ELSE") else ()
    reader.expect("END")
    return TypeOf(path, tuple(branches), otherwise, parse_alias(reader), at)


def _paths(reader: Reader) -> tuple[Path, ...]:
    paths = [parse_path(reader)]
    while reader.accept(","):
        paths.append(parse_path(reader))
    return tuple(paths)


# --- the clauses after WHERE ------------------------------------------------------------------------------------------


def _withs(reader: Reader) -> tuple[With, ...]:
    withs: list[With] = []
    while reader.is_word("WITH"):
        at = reader.take().at
        withs.append(_with_clause(reader, at, first=not withs))
    return tuple(withs)


def _with_clause(reader: Reader, at: int, first: bool) -> With:
    """Parse what follows WITH. Data categories may only be the first WITH."""
    if first and reader.accept("DATA", "CATEGORY"):
        groups = [_category(reader)]
        while reader.accept("AND"):
            groups.append(_category(reader))
        return With("DATA CATEGORY", at, tuple(groups))
    name = reader.take_name()
    if reader.accept("("):
        _pair(reader)
        while reader.accept(","):
            _pair(reader)
        reader.expect(")")
    elif first and reader.accept("="):
        if reader.token.kind != TEXT:
            raise reader.refusal()
        parse_text(reader)
    return With(name.word, at)


def _category(reader: Reader) -> Path:
    group = parse_path(reader)
    if reader.token.word not in _RELATIONS:
        raise reader.refusal()
    reader.take()
    if reader.accept("("):
        _paths(reader)
        reader.expect(")")
    else:
        parse_path(reader)
    return group


def _pair(reader: Reader) -> None:
    reader.take_name()
    reader.expect("=")
    token = reader.token
    if token.kind == TEXT:
        parse_text(reader)
    elif token.word in ("TRUE", "FALSE") or (token.kind == NUMBER and token.text.isdigit()):
        reader.take()
    else:
        raise reader.refusal()


def _group_by(reader: Reader) -> GroupBy | None:
    at = reader.token.at
    if not reader.accept("GROUP", "BY"):
        return None
    kind = reader.take().word if reader.is_word("ROLLUP") or reader.is_word("CUBE") else ""
    if kind:
        reader.expect("(")
    expressions = [_group_key(reader)]
    while reader.accept(","):
        expressions.append(_group_key(reader))
    if kind:
        reader.expect(")")
    return GroupBy(kind, tuple(expressions), parse_condition(reader) if reader.accept("HAVING") else None, at)


def _group_key(reader: Reader) -> Expression:
    return parse_expression(reader, distance=False)


def parse_order_by(reader: Reader) -> tuple[OrderItem, ...]:
    """Parse ORDER BY and its keys if it is next."""
    if not reader.accept("ORDER", "BY"):
        return ()
    items = [_order_item(reader)]
    while reader.accept(","):
        items.append(_order_item(reader))
    return tuple(items)


def _order_item(reader: Reader) -> OrderItem:
    expression = parse_expression(reader)
    descending = reader.accept("DESC")
    if not descending:
        reader.accept("ASC")
    last = False
    if reader.accept("NULLS"):
        last = reader.accept("LAST")
        if not last:
            reader.expect("FIRST")
    return OrderItem(expression, descending, last)


def _purposes(reader: Reader) -> tuple[Word, ...]:
    purposes: list[Word] = []
    for view in ("VIEW", "REFERENCE"):
        at = reader.token.at
        if not purposes and reader.accept("FOR", view):
            purposes.append(Word(f"FOR {view}", at))
    if reader.is_word("UPDATE"):
        reader.take()
        purposes.append(_update(reader))
        while reader.accept(","):
            purposes.append(_update(reader))
    at = reader.token.at
    if reader.accept("FOR", "UPDATE"):
        purposes.append(Word("FOR UPDATE", at))
    return tuple(purposes)


def _update(reader: Reader) -> Word:
    token = take_clause_word(reader)
    return Word(f"UPDATE {token.word}", token.at)
