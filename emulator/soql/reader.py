"""Read tokens one after another; the parser's eye on the text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..errors import OrgError
from .errors import malformed, refused, unexpected
from .tokens import NAME, SYMBOL, Token, tokenize

RESERVED: Final = frozenset(
    "AND AS ASC BIND BY CUBE DESC ELSE EXCLUDES FALSE FIRST FOR FROM HAVING IN INCLUDES LAST LIKE LIMIT NOT NULL NULLS OR "
    "ROLLUP SELECT TRUE UPDATE USING WHERE WITH".split()
)
"""Words that cannot be the name of a field, object, function or alias.

The guide's list ("Reserved keywords") and what Salesforce's published parser refuses beyond it. A path that has a dot is
never reserved.
"""


MAXIMUM_DEPTH: Final = 100
"""Nested parentheses and functions; deeper ones answer QUERY_TOO_COMPLICATED. The platform's number is not public."""


class Reader:
    """The tokens of one query and the place reached."""

    __slots__ = ("_depth", "_position", "_tokens", "query")

    def __init__(self, query: str, start: int = 0) -> None:
        """Split the query into tokens, from an offset on. Raises MALFORMED_QUERY."""
        self.query = query
        self._tokens = tokenize(query, start)
        self._position = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._position]

    def ahead(self, steps: int = 1) -> Token:
        """Return a token further on; past the end it is the end."""
        return self._tokens[min(self._position + steps, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Go on, and return the token that was next."""
        token = self._tokens[self._position]
        if self._position < len(self._tokens) - 1:
            self._position += 1
        return token

    def is_word(self, word: str, *more: str) -> bool:
        """Tell whether the next tokens are these names or symbols. No other kind of token reads like one."""
        if self._tokens[self._position].word != word:
            return False
        return all(self.ahead(step).word == other for step, other in enumerate(more, 1))

    def accept(self, word: str, *more: str) -> bool:
        """Go on past these words if they are next, all of them."""
        if not self.is_word(word, *more):
            return False
        self._position += 1 + len(more)
        return True

    def expect(self, word: str) -> Token:
        """Go on past this word. Raises MALFORMED_QUERY if another one is next."""
        token = self._tokens[self._position]
        if token.word != word:
            raise self.refusal()
        self._position += 1
        return token

    def is_name(self) -> bool:
        """Tell whether the next token can name something."""
        token = self._tokens[self._position]
        return token.kind == NAME and token.word not in RESERVED

    def take_name(self) -> Token:
        """Go on past a name. Raises MALFORMED_QUERY if a reserved word or something else is next."""
        token = self._tokens[self._position]
        if token.kind != NAME or token.word in RESERVED:
            raise self.refusal()
        self._position += 1
        return token

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Parse one level deeper. Raises QUERY_TOO_COMPLICATED when the parentheses never end."""
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise refused("QUERY_TOO_COMPLICATED", self.query, self.token.at, "Query is too complicated")
        yield
        self._depth -= 1

    def refusal(self) -> OrgError:
        """Return the error for a token that the grammar does not take here."""
        token = self.token
        if token.word == ":" and token.kind == SYMBOL:
            return malformed(self.query, token.at, "Bind variables only allowed in Apex code")
        return unexpected(self.query, token.at, token.kind, token.text)
