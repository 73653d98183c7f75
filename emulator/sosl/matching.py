"""Tell whether a document has what a search looks for.

A document is the words of a record in a few columns; in each, the words of its fields with blanks between and around them, and
`FIELD_BREAK` between fields. This is the exact rule; the database's index only leaves out what cannot match (`index_query`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ...schemas.words import words
from .tree import Either, Every, OneWord, Phrase, Term

FIELD_BREAK: Final = "\ue000"
"""A word that no text has, so that a phrase does not reach from one field into the next."""

Matcher = Callable[[Sequence[str]], bool]
"""Takes the columns of a document that are searched."""


def column_of(texts: Iterable[str | None]) -> str:
    """Return the words of several fields as one column of a document; empty when there are none."""
    runs = [" ".join(found) for text in texts if text and (found := words(text))]
    return f" {f' {FIELD_BREAK} '.join(runs)} " if runs else ""


def matcher(term: Term) -> Matcher:
    """Return the function that tells whether a document matches."""
    if isinstance(term, OneWord | Phrase):
        return _text_matcher(term)
    if isinstance(term, Every):
        parts = [matcher(part) for part in term.parts]
        return lambda columns: all(part(columns) for part in parts)
    if isinstance(term, Either):
        parts = [matcher(part) for part in term.parts]
        return lambda columns: any(part(columns) for part in parts)
    wanted, unwanted = matcher(term.part), matcher(term.unwanted)
    return lambda columns: wanted(columns) and not unwanted(columns)


def _text_matcher(term: OneWord | Phrase) -> Matcher:
    run = (term,) if isinstance(term, OneWord) else term.words
    if all(word.is_plain for word in run):
        text = f" {' '.join(word.pattern for word in run)} "
        return lambda columns: any(text in column for column in columns)
    expression = re.compile(f" {' '.join(_expression(word) for word in run)} ")
    return lambda columns: any(expression.search(column) for column in columns)


def _expression(word: OneWord) -> str:
    # A blank ends a word; nothing else in a pattern has a meaning to `re`, for it is letters and digits.
    return word.pattern.replace("*", "[^ ]*").replace("?", "[^ ]")
