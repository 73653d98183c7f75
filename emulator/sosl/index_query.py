"""Write what a search looks for in the words of the database's index: FTS5 of SQLite, tsquery of PostgreSQL.

What the index cannot tell exactly is written wider, never narrower, and said to be inexact: then `matching` decides.

- FTS5 knows words, beginnings of words (``smi*``) and phrases, not wildcards within a word.
- tsquery stands here for words and beginnings of words only: a tsvector keeps no more than 256 places of a word and 16,383
  places of a text, so its phrases would fail in long transcripts.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from ..store.search import COLUMNS, INDEXED_LETTERS, letter_of
from .tree import Either, Every, OneWord, Phrase, Term, Without


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A query of the index; ``exact`` tells whether all that it finds match."""

    text: str
    exact: bool


class IndexLanguage(ABC):
    """Writes terms for one kind of index, over some columns of the documents."""

    and_: str
    or_: str
    not_: str

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def query(self, term: Term) -> IndexQuery:
        """Return the query for a term."""
        if isinstance(term, OneWord):
            return self._word(term)
        if isinstance(term, Phrase):
            return self._phrase(term)
        if isinstance(term, Every):
            return self._joined([self.query(part) for part in term.parts], self.and_)
        if isinstance(term, Either):
            return self._joined([self.query(part) for part in term.parts], self.or_)
        wanted, unwanted = self.query(term.part), self.query(term.unwanted)
        if not unwanted.exact:  # it finds too many, and would leave out too many
            return IndexQuery(wanted.text, exact=False)
        return IndexQuery(f"({wanted.text}{self.not_}{unwanted.text})", wanted.exact)

    def _joined(self, parts: Sequence[IndexQuery], operator: str) -> IndexQuery:
        # A row of many operators would be a deep tree to a database; halves of halves are flat.
        if len(parts) == 1:
            return parts[0]
        half = len(parts) // 2
        first, second = self._joined(parts[:half], operator), self._joined(parts[half:], operator)
        return IndexQuery(f"({first.text}{operator}{second.text})", first.exact and second.exact)

    def _word(self, word: OneWord) -> IndexQuery:
        letters, wild = _beginning(word)
        cut = letters[:INDEXED_LETTERS]
        is_long = len(letters) >= INDEXED_LETTERS
        exact = not is_long and (not wild or word.pattern == letters + "*")
        return IndexQuery(self._literal(cut, is_beginning=wild or is_long), exact)

    @abstractmethod
    def _literal(self, letters: str, is_beginning: bool) -> str:
        """Return the query for a word, or for all words with a beginning."""

    @abstractmethod
    def _phrase(self, phrase: Phrase) -> IndexQuery:
        """Return the query for a phrase."""


def _beginning(word: OneWord) -> tuple[str, bool]:
    """Return the letters before the first wildcard, and whether there is one."""
    for at, character in enumerate(word.pattern):
        if character in "*?":
            return word.pattern[:at], True
    return word.pattern, False


class Fts5(IndexLanguage):
    """SQLite: a column filter before the whole query, quoted words, ``*`` behind a beginning."""

    and_, or_, not_ = " AND ", " OR ", " NOT "

    def query_text(self, term: Term) -> IndexQuery:
        """Return the whole query, over the columns asked for."""
        inner = self.query(term)
        if tuple(self._columns) == COLUMNS:
            return inner
        return IndexQuery(f"{{{' '.join(self._columns)}}} : ({inner.text})", inner.exact)

    def _literal(self, letters: str, is_beginning: bool) -> str:
        return f'"{letters}" *' if is_beginning else f'"{letters}"'

    def _phrase(self, phrase: Phrase) -> IndexQuery:
        *before, last = phrase.words
        letters, wild = _beginning(last)
        exact = (
            all(word.is_plain for word in before)
            and (not wild or last.pattern == letters + "*")
            and all(len(word.pattern) < INDEXED_LETTERS for word in phrase.words)
        )
        if not exact:
            return IndexQuery(self._joined([self._word(word) for word in phrase.words], self.and_).text, exact=False)
        text = " ".join([*(word.pattern for word in before), letters])
        return IndexQuery(self._literal(text, is_beginning=wild), exact=True)


class TsQuery(IndexLanguage):
    """PostgreSQL: each word has the letter of its column in front, ``:*`` behind a beginning."""

    and_, or_, not_ = " & ", " | ", " & !"

    def query_text(self, term: Term) -> IndexQuery:
        """Return the whole query, over the columns asked for."""
        return self.query(term)

    def _literal(self, letters: str, is_beginning: bool) -> str:
        behind = ":*" if is_beginning else ""
        lexemes = [f"'{letter_of(column)}{letters}'{behind}" for column in self._columns]
        return f"({' | '.join(lexemes)})"

    def _phrase(self, phrase: Phrase) -> IndexQuery:
        return IndexQuery(self._joined([self._word(word) for word in phrase.words], self.and_).text, exact=False)


def wanted(term: Term) -> Term:
    """Return a term that finds no less, without what must not be found: AND NOT."""
    if isinstance(term, Every | Either):
        return type(term)(tuple(wanted(part) for part in term.parts))
    return wanted(term.part) if isinstance(term, Without) else term


def index_query(term: Term, columns: Sequence[str], dialect: str) -> IndexQuery:
    """Return the query of an index for a term over some columns of `COLUMNS`."""
    language = Fts5(columns) if dialect == "sqlite" else TsQuery(columns)
    return language.query_text(term)
