"""Parse a whole search. Clauses come in one order only (guide, "SOSL Syntax")::

    FIND {terms} [IN scope FIELDS] [RETURNING Object [(fields [WHERE c] [USING ListView = name] [ORDER BY ...] [LIMIT n]
    [OFFSET n])], ...] [WITH ...]... [LIMIT n] [UPDATE TRACKING | VIEWSTAT, ...]

The clauses of an object are SOQL's.
"""

import re
from typing import Final

from ..errors import OrgError
from ..soql.expressions import parse_condition, parse_expression, parse_number, parse_path
from ..soql.parser import parse_order_by
from ..soql.reader import Reader
from ..soql.tokens import END, NUMBER, TEXT
from ..soql.tree import Item, Word
from .errors import as_search, malformed, no_term, unexpected
from .terms import parse_terms
from .tree import Returning, Search, With

SCOPES: Final = frozenset({"ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"})
UPDATES: Final = frozenset({"TRACKING", "VIEWSTAT"})

_FIND: Final = re.compile(r"\s*FIND\b\s*", re.IGNORECASE)
_FIRST_WORD: Final = re.compile(r"\s*(\w+|.)", re.DOTALL)
_RELATIONS: Final = frozenset({"AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"})


class SearchReader(Reader):
    """The tokens behind the braces; what the grammar does not take is MALFORMED_SEARCH."""

    __slots__ = ()

    def refusal(self) -> OrgError:
        token = self.token
        return unexpected(self.query, token.at, token.text)


def parse(search: str) -> Search:
    """Return the syntax tree of a search. Raises MALFORMED_SEARCH and INVALID_SEARCH."""
    find = _FIND.match(search)
    if find is None:
        first = _FIRST_WORD.match(search)
        raise unexpected(search, first.start(1), first[1]) if first else no_term()
    if search[find.end() : find.end() + 1] != "{":
        raise no_term()
    term, behind = parse_terms(search, find.end() + 1)
    with as_search():
        reader = SearchReader(search, behind)
        tree = Search(
            term=term,
            scope=_scope(reader),
            returning=_returning(reader),
            withs=_withs(reader),
            limit=parse_number(reader, whole=True) if reader.accept("LIMIT") else None,
            updates=_updates(reader),
        )
        if reader.token.kind != END:
            raise reader.refusal()
    return tree


def _scope(reader: Reader) -> str:
    if not reader.accept("IN"):
        return "ALL"
    token = reader.take_name()
    if token.word not in SCOPES:
        raise malformed(reader.query, token.at, f"Malformed search token: {token.text}")
    if not reader.is_word("FIELDS"):
        if not reader.is_name():
            raise reader.refusal()
        raise malformed(reader.query, reader.token.at, f"Malformed search token: {reader.token.text}")
    reader.take()
    return token.word


# --- RETURNING ----------------------------------------------------------------------------------------------------------


def _returning(reader: Reader) -> tuple[Returning, ...]:
    if not reader.accept("RETURNING"):
        return ()
    objects = [_object(reader)]
    while reader.accept(","):
        objects.append(_object(reader))
    return tuple(objects)


def _object(reader: Reader) -> Returning:
    path = parse_path(reader)
    if not reader.accept("("):
        return Returning(path)
    items = [_item(reader)]
    while reader.accept(","):
        items.append(_item(reader))
    returning = Returning(
        path=path,
        items=tuple(items),
        where=parse_condition(reader) if reader.accept("WHERE") else None,
        list_view=_list_view(reader),
        order_by=parse_order_by(reader),
        limit=parse_number(reader, whole=True) if reader.accept("LIMIT") else None,
        offset=parse_number(reader, whole=True) if reader.accept("OFFSET") else None,
    )
    reader.expect(")")
    return returning


def _item(reader: Reader) -> Item:
    expression = parse_expression(reader)
    return Item(expression, reader.take().text if _is_alias(reader) else None)


def _is_alias(reader: Reader) -> bool:
    """Tell whether the next name is an alias and not the start of a clause."""
    if not reader.is_name() or reader.is_word("ORDER", "BY"):
        return False
    return not (reader.is_word("OFFSET") and (reader.ahead().kind == NUMBER or reader.ahead().word in ("+", "-")))


def _list_view(reader: Reader) -> Word | None:
    if not reader.accept("USING"):
        return None
    reader.expect("LISTVIEW")
    reader.expect("=")
    token = reader.take() if reader.token.kind == TEXT else reader.take_name()
    return Word(token.text, token.at)


# --- the clauses behind it ----------------------------------------------------------------------------------------------


def _withs(reader: Reader) -> tuple[With, ...]:
    withs: list[With] = []
    while reader.is_word("WITH"):
        at = reader.take().at
        withs.append(_with(reader, at))
    return tuple(withs)


def _with(reader: Reader, at: int) -> With:
    word = reader.token.word
    if reader.accept("DATA", "CATEGORY"):
        return With("DATA CATEGORY", _categories(reader), at)
    if reader.accept("HIGHLIGHT"):
        return With(word, (), at)
    if reader.accept("SNIPPET"):
        return With(word, _target_length(reader), at)
    if reader.accept("SPELL_CORRECTION"):
        reader.expect("=")
        if not (reader.is_word("TRUE") or reader.is_word("FALSE")):
            raise reader.refusal()
        return With(word, (reader.take().word,), at)
    if word in ("DIVISION", "NETWORK", "PRICEBOOKID", "METADATA"):
        reader.take()
        if word == "NETWORK" and reader.accept("IN"):
            return With(word, _texts(reader), at)
        reader.expect("=")
        return With(word, (_text(reader),), at)
    raise reader.refusal()


def _text(reader: Reader) -> str:
    if reader.token.kind != TEXT:
        raise reader.refusal()
    return reader.take().text[1:-1]


def _texts(reader: Reader) -> tuple[str, ...]:
    reader.expect("(")
    texts = [_text(reader)]
    while reader.accept(","):
        texts.append(_text(reader))
    reader.expect(")")
    return tuple(texts)


def _target_length(reader: Reader) -> tuple[str, ...]:
    if not reader.accept("("):
        return ()
    reader.expect("TARGET_LENGTH")
    reader.expect("=")
    number = parse_number(reader, whole=True)
    reader.expect(")")
    return (number.text,)


def _categories(reader: Reader) -> tuple[str, ...]:
    texts: list[str] = []
    while True:
        group = parse_path(reader)
        if reader.token.word not in _RELATIONS:
            raise reader.refusal()
        relation = reader.take().word
        names = []
        if reader.accept("("):
            names.append(parse_path(reader).text)
            while reader.accept(","):
                names.append(parse_path(reader).text)
            reader.expect(")")
        else:
            names.append(parse_path(reader).text)
        texts.append(f"{group.text} {relation} {', '.join(names)}")
        if not reader.accept("AND"):
            return tuple(texts)


def _updates(reader: Reader) -> tuple[Word, ...]:
    updates: list[Word] = []
    while reader.accept("UPDATE"):
        while True:
            if reader.token.word not in UPDATES:
                raise reader.refusal()
            token = reader.take()
            updates.append(Word(token.word, token.at))
            if not reader.accept(","):
                break
    return tuple(updates)
