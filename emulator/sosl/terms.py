"""Parse what stands between the braces of FIND.

Words side by side mean AND. The operators are AND, OR and AND NOT in any case, AND NOT and AND before OR, left to right (a
guess: the guide names no order). A reserved character must have a backslash before it, also between quotes (guide, "FIND
{SearchQuery}", "Reserved characters"); ``*``, ``?``, ``"`` and parentheses have a meaning without one. A wildcard at the
start of a word is left out: the guide forbids it, clients send it, and what the platform answers is not recorded.
"""

import re
from dataclasses import dataclass
from typing import Final

from ...schemas.words import plain
from .errors import malformed, mismatched, no_term, too_short, unexpected
from .tree import Either, Every, OneWord, Phrase, Term, Without

LONGEST_TERM: Final = 10_000
"""Characters between the braces; a longer search finds nothing (guide, "SOSL Syntax")."""
LONGEST_LOGICAL_TERM: Final = 4_000
"""A longer search loses its operators, and AND becomes OR (same page)."""
DEEPEST: Final = 100
"""Nested parentheses; the platform's number is not public."""

RESERVED: Final = frozenset("&|!{[]^~:'+-")
"""Refused without a backslash. The guide's list without those that have a meaning of their own."""

_ANY: Final = "\ue001"
_ONE: Final = "\ue002"
_WILDCARDS: Final = {"*": _ANY, "?": _ONE}
_TOKEN: Final = re.compile(rf"(?:[^\W_]|[{_ANY}{_ONE}])+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, a phrase or a parenthesis: the text with marks for wildcards, and its place."""

    kind: str
    """``word``, ``phrase``, ``(``, ``)``, ``AND``, ``OR``, ``NOT`` or ``}``."""
    text: str
    at: int


def parse_terms(search: str, at: int) -> tuple[Term | None, int]:
    """Parse from behind the opening brace; return what is looked for, and the offset behind the closing one.

    Raises MALFORMED_SEARCH, and INVALID_SEARCH for a single letter.
    """
    pieces, end = _pieces(search, at)
    written = search[at:end]
    if not written.strip():
        raise no_term()
    _check_length(pieces, written)
    if len(written) > LONGEST_TERM:
        return None, end + 1
    if len(written) > LONGEST_LOGICAL_TERM:
        return _either([_term(piece) for piece in pieces if piece.kind in ("word", "phrase")]), end + 1
    return _Parser(search, pieces).parsed(), end + 1


def _check_length(pieces: list[Piece], written: str) -> None:
    """Refuse a search for less than two letters. One letter outside ASCII will do: in Chinese it is a word (a guess)."""
    letters = "".join(
        word.pattern for piece in pieces if piece.kind in ("word", "phrase", "NOT") for word in _words(piece.text)
    )
    letters = letters.replace("*", "").replace("?", "")
    if len(letters) < 2 and letters.isascii():
        raise too_short(written.strip())


# --- characters to pieces -----------------------------------------------------------------------------------------------


def _pieces(search: str, at: int) -> tuple[list[Piece], int]:
    pieces: list[Piece] = []
    letters: list[str] = []
    begun = at
    is_literal = False

    def close() -> None:
        nonlocal is_literal
        text = "".join(letters)
        if text:
            operator = text.upper() if not is_literal else ""
            pieces.append(Piece(operator if operator in ("AND", "OR", "NOT") else "word", text, begun))
        letters.clear()
        is_literal = False

    while True:
        character = search[at : at + 1]
        if character == "}":
            close()
            pieces.append(Piece("}", "}", at))
            return pieces, at
        if character == "" or character in RESERVED:
            raise mismatched(search, at, "}")
        if character.isspace() or character in '()"':
            close()
            if character == '"':
                text, after = _quoted(search, at + 1)
                pieces.append(Piece("phrase", text, at))
                at = after
            elif character in "()":
                pieces.append(Piece(character, character, at))
            at += 1
            continue
        if not letters:
            begun = at
        if character == "\\":
            letter, at = _escaped(search, at)
            is_literal = True
        else:
            letter = _letter(character)
        letters.append(letter)
        at += 1


def _quoted(search: str, at: int) -> tuple[str, int]:
    """Return the text of a phrase and the offset of its closing quote."""
    letters: list[str] = []
    while True:
        character = search[at : at + 1]
        if character == '"':
            return "".join(letters), at
        if character in ("", "}"):
            raise mismatched(search, at, '"')
        if character in RESERVED or character in "()":
            raise mismatched(search, at, "}")
        if character == "\\":
            letter, at = _escaped(search, at)
        else:
            letter = _letter(character)
        letters.append(letter)
        at += 1


def _escaped(search: str, at: int) -> tuple[str, int]:
    """Return the character behind a backslash and its offset."""
    if at + 1 >= len(search):
        raise mismatched(search, at + 1, "}")
    character = search[at + 1]
    return (" " if character in (_ANY, _ONE) else character), at + 1


def _letter(character: str) -> str:
    return " " if character in (_ANY, _ONE) else _WILDCARDS.get(character, character)


# --- pieces to terms ----------------------------------------------------------------------------------------------------


def _words(text: str) -> list[OneWord]:
    """Return the words of a piece, each with its wildcards."""
    found = []
    for token in _TOKEN.findall(plain(text)):
        pattern = token.lstrip(_ANY + _ONE).replace(_ANY, "*").replace(_ONE, "?")
        if pattern:
            found.append(OneWord(pattern))
    return found


def _term(piece: Piece) -> Term | None:
    """Return what a piece looks for: punctuation within it makes it a phrase, nothing but punctuation looks for nothing."""
    found = _words(piece.text)
    if not found:
        return None
    return found[0] if len(found) == 1 else Phrase(tuple(found))


def _every(parts: list[Term | None]) -> Term | None:
    present = tuple(part for part in parts if part is not None)
    return Every(present) if len(present) > 1 else present[0] if present else None


def _either(parts: list[Term | None]) -> Term | None:
    present = tuple(part for part in parts if part is not None)
    return Either(present) if len(present) > 1 else present[0] if present else None


class _Parser:
    """The grammar of operators and parentheses."""

    def __init__(self, search: str, pieces: list[Piece]) -> None:
        self._search = search
        self._pieces = pieces
        self._position = 0
        self._depth = 0

    def parsed(self) -> Term | None:
        """Parse all pieces up to the closing brace."""
        term = self._alternatives()
        if self._next.kind != "}":
            raise self._refusal()
        return term

    @property
    def _next(self) -> Piece:
        return self._pieces[self._position]

    def _accept(self, kind: str) -> bool:
        if self._next.kind != kind:
            return False
        self._position += 1
        return True

    def _refusal(self) -> Exception:
        return unexpected(self._search, self._next.at, self._next.text)

    def _alternatives(self) -> Term | None:
        parts = [self._conjunction()]
        while self._accept("OR"):
            parts.append(self._conjunction())
        return _either(parts)

    def _conjunction(self) -> Term | None:
        parts = [self._unit()]
        while True:
            if self._accept("AND"):
                if self._accept("NOT"):
                    parts = [_without(_every(parts), self._unit())]
                else:
                    parts.append(self._unit())
            elif self._next.kind in ("word", "phrase", "(", "NOT"):
                parts.append(self._unit())
            else:
                return _every(parts)

    def _unit(self) -> Term | None:
        piece = self._next
        if piece.kind in ("word", "phrase", "NOT"):  # NOT is an operator only behind AND: "why not" has two words
            self._position += 1
            return _term(piece)
        if not self._accept("("):
            raise self._refusal()
        self._depth += 1
        if self._depth > DEEPEST:
            raise malformed(self._search, piece.at, "Search query is too complicated")
        term = self._alternatives()
        self._depth -= 1
        if not self._accept(")"):
            raise self._refusal()
        return term


def _without(part: Term | None, unwanted: Term | None) -> Term | None:
    return part if part is None or unwanted is None else Without(part, unwanted)
