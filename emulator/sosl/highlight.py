"""WITH HIGHLIGHT: mark the words that were looked for in the fields of an answer.

A field with a match comes again as ``highlight.Name``, each word between ``<mark>`` tags; words with wildcards are not marked
(guide, "WITH HIGHLIGHT"). That a word is marked in every field of the answer, whatever the scope, is a guess.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ...schemas.field import SObject
from ...schemas.words import WORD, plain
from .tree import Either, Every, OneWord, Phrase, Term

MARKED_TYPES: Final = frozenset({"string", "textarea", "email"})
MARKED_OBJECTS: Final = frozenset({"Account", "Campaign", "Contact", "Lead", "Opportunity", "Quote", "User"})
"""The types whose records are marked, besides custom ones from API 40.0 on."""
CUSTOM_SINCE: Final = 40.0
MARKED_RECORDS: Final = 25
"""Records of one type that are marked in one answer."""


def plain_words(term: Term) -> Iterator[str]:
    """Yield the words without wildcards that a record should have."""
    if isinstance(term, OneWord):
        if term.is_plain:
            yield term.pattern
    elif isinstance(term, Phrase):
        for word in term.words:
            yield from plain_words(word)
    elif isinstance(term, Every | Either):
        for part in term.parts:
            yield from plain_words(part)
    else:
        yield from plain_words(term.part)


def highlight(sobject: SObject, version: float, term: Term, records: Sequence[dict[str, Any]]) -> None:
    """Add the marked fields to the first records of one type."""
    if sobject.name not in MARKED_OBJECTS and not (sobject.custom and version >= CUSTOM_SINCE):
        return
    wanted = frozenset(plain_words(term))
    names = [
        field.name
        for field in sobject.fields
        if field.type in MARKED_TYPES and field.extra_type_info != "richtextarea" and field.is_stored
    ]
    for record in records[:MARKED_RECORDS]:
        for name in sorted(names):
            text = record.get(name)
            marked = _marked(text, wanted) if isinstance(text, str) else None
            if marked is not None:
                record[f"highlight.{name}"] = marked


def _marked(text: str, wanted: frozenset[str]) -> str | None:
    """Return a text with its matches marked, or None without any."""
    pieces: list[str] = []
    after = 0
    for found in WORD.finditer(text):
        if plain(found[0]) in wanted:
            pieces += [text[after : found.start()], f"<mark>{found[0]}</mark>"]
            after = found.end()
    return "".join([*pieces, text[after:]]) if pieces else None
