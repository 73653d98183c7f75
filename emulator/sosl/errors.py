"""What a refused search answers.

The place of a syntax error counts from 0, one less than in SOQL; the caret stands under that column. Recorded:
``FIND {John|jane_gray@uoa.edu}`` answers ``ERROR at Row:1:Column:10`` for the bar at offset 10 (restforce/restforce#688),
``FIND {name} IN ALL TYPE`` answers ``ERROR at Row:1:Column:19`` for TYPE at offset 19 (jesperfj/force-rest-api#92).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..errors import OrgError
from ..soql.errors import context

MALFORMED: Final = "MALFORMED_SEARCH"


def no_term() -> OrgError:
    """Return the answer to a search without braces, or with nothing in them."""
    return OrgError(MALFORMED, "No search term found. The search term must be enclosed in braces.")


def too_short(term: str) -> OrgError:
    """Return the answer to a search for a single letter (salesforcedictionary.com, "INVALID_SEARCH")."""
    return OrgError("INVALID_SEARCH", f"search term must be longer than one character: {term}")


def malformed(search: str, at: int, sentence: str) -> OrgError:
    """Return MALFORMED_SEARCH with the place of a syntax error."""
    return OrgError(MALFORMED, context(search, max(at - 1, 0)) + sentence)


def mismatched(search: str, at: int, expected: str) -> OrgError:
    """Return the refusal of a character that must be escaped, or of an open brace (restforce#688, simple-salesforce#415)."""
    character = search[at] if at < len(search) else "<EOF>"
    line = search.count("\n", 0, at) + 1
    column = at - (search.rfind("\n", 0, at) + 1)
    return malformed(search, at, f"line {line}:{column} mismatched character '{character}' expecting '{expected}'")


def unexpected(search: str, at: int, text: str) -> OrgError:
    """Return the refusal of a word that the grammar does not take there; the sentence is SOQL's, a guess here."""
    sentence = f"unexpected token: {text}" if text[:1].isalpha() else f"unexpected token: '{text}'"
    if not search[:at].strip():
        return OrgError(MALFORMED, sentence)
    return malformed(search, at, sentence)


def not_emulated(search: str, at: int, what: str) -> OrgError:
    """Return the refusal of a part of the language that is not emulated; it is named, and no rows are made up."""
    return malformed(search, at, f"{what} is not emulated yet")


@contextmanager
def as_search() -> Iterator[None]:
    """Give what the SOQL room calls a malformed query the code of a search."""
    try:
        yield
    except OrgError as error:
        if error.code != "MALFORMED_QUERY":
            raise
        raise OrgError(MALFORMED, error.message) from None
