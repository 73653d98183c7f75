"""PK chunking: a query batch becomes batches for ranges of ids (Bulk API Developer Guide, "PK Chunking")."""

from collections.abc import Sequence
from typing import Final

from ...soql.tokens import tokenize

USUAL_CHUNK: Final = 100_000
LARGEST_CHUNK: Final = 250_000
FIRST_ID: Final = "000000000000000AAA"
_BEHIND_WHERE: Final = frozenset({"WITH", "GROUP", "ORDER", "LIMIT", "OFFSET", "FOR", "UPDATE", "HAVING"})
_REFUSED: Final = frozenset({"GROUP", "ORDER", "LIMIT", "OFFSET"})
"""A query with one of these is not chunked: the guide names them as filters that PK chunking does not work with."""


def ranges(ids: Sequence[str], size: int, start: str) -> list[tuple[str, str | None]]:
    """Return the first id of each chunk of sorted ids, and the one before which it ends (None: none).

    Where there are no ids there is one chunk from `start` on, so that the query has a result (a guess).
    """
    starts = list(ids[::size]) or [start or FIRST_ID]
    return list(zip(starts, [*starts[1:], None], strict=True))


def narrowed(soql: str, first: str, end: str | None) -> str | None:
    """Return a query for a range of ids, or None for a query that cannot be chunked."""
    depth, where, behind = 0, None, len(soql)
    for token in tokenize(soql):
        if token.word == "(":
            depth += 1
        elif token.word == ")":
            depth -= 1
        elif depth == 0 and token.kind == "name":
            if token.word in _REFUSED:
                return None
            if token.word == "WHERE" and where is None:
                where = token.at
            elif token.word in _BEHIND_WHERE:
                behind = min(behind, token.at)
    condition = f"Id >= '{first}'" + (f" AND Id < '{end}'" if end else "")
    rest = soql[behind:]
    if where is None:
        return f"{soql[:behind].rstrip()} WHERE {condition} {rest}".rstrip()
    given = soql[where + len("WHERE") : behind].strip()
    return f"{soql[:where].rstrip()} WHERE ({given}) AND {condition} {rest}".rstrip()
