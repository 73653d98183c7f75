"""SOQL text to tokens.

Keywords are contextual: a word is a name here, and the parser decides where it is a keyword. A name may hold dots, so a
whole field path is one token, as in Salesforce's own published parser (npm @salesforce/soql-common).
"""

import re
from typing import Final, NamedTuple

from .errors import malformed

NAME: Final = "name"
TEXT: Final = "text"
NUMBER: Final = "number"
DATE: Final = "date"
DATETIME: Final = "datetime"
TIME: Final = "time"
SYMBOL: Final = "symbol"
BROKEN: Final = "broken"
"""A datetime or a time without a zone: one word to the reader, no literal to the grammar."""
END: Final = "end"


class Token(NamedTuple):
    """One word of the query."""

    kind: str
    word: str
    """The word in upper case if it is a name, a symbol without its blanks, else the text."""
    text: str
    at: int
    """Offset of the first character, from 0."""


_TOKEN: Final = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<name>[A-Za-z][A-Za-z0-9_.\u0080-\U0010ffff]*)
  | (?P<text>'(?:[^'\\\n]|\\[^\n])*')
  | (?P<datetime>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
  | (?P<broken>\d{4}-\d\d-\d\d[Tt][\d:.+-]*)
  | (?P<date>\d{4}-\d\d-\d\d(?!\d))
  | (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
  | (?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)
  | (?P<number>\d*\.\d+|\d+)
  | (?P<symbol>[<>][ \t\r\n]*=|!=|<>|[=<>(),:+-])
  | (?P<stray>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def tokenize(query: str, start: int = 0) -> list[Token]:
    """Split a query, from an offset on, into tokens; the last one is the end.

    Raises MALFORMED_QUERY for a character outside the language.
    """
    tokens: list[Token] = []
    for found in _TOKEN.finditer(query, start):
        kind, text, at = found.lastgroup or BROKEN, found[0], found.start()
        word = text
        if kind == "blank":
            continue
        if kind == NAME:
            word = text.upper() if text.isascii() else text
        elif kind == SYMBOL and len(text) > 1:
            word = text[0] + text[-1]
        elif kind == "clock":
            kind = BROKEN
        elif kind == "stray":
            raise _stray(query, at)
        tokens.append(Token(kind, word, text, at))
    tokens.append(Token(END, "<EOF>", "<EOF>", len(query)))
    return tokens


def _stray(query: str, at: int) -> Exception:
    """Return the lexer's error, whose columns count from 0; an open string is reported at the end of the text.

    Recorded: ``ERROR at Row:1:Column:58`` and ``line 1:58 no viable alternative at character '"'`` for a double quote at
    offset 58 (forcedotcom/SalesforceMobileSDK-ReactNative#82), ``character '<EOF>'`` (jpmonette/q#25).
    """
    character = query[at]
    if character == "'":
        at, character = len(query), "<EOF>"
    line = query.count("\n", 0, at) + 1
    column = at - (query.rfind("\n", 0, at) + 1)
    return malformed(query, max(at - 1, 0), f"line {line}:{column} no viable alternative at character '{character}'")
