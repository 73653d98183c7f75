"""Text without regard to case, in every alphabet, the same in Python, SQLite and PostgreSQL.

One letter folds to one letter, so that `_` of a LIKE pattern still stands for one; a letter outside ASCII never folds into
it, so that an ASCII comparison may use the database's own. How the platform treats such letters (dotted I, long s, Kelvin)
is not public.
"""

from functools import cache
from typing import Final

_LAST: Final = 0x1EFFF
"""No letter beyond has a case."""


def fold(text: str) -> str:
    """Return text as it is compared."""
    return text.lower() if text.isascii() else text.translate(_table())


@cache
def _table() -> dict[int, str]:
    table = {ordinal: chr(ordinal + 32) for ordinal in range(ord("A"), ord("Z") + 1)}
    for ordinal in range(0x80, _LAST):
        letter = chr(ordinal)
        folded = letter.casefold()
        if len(folded) != 1:
            folded = letter.lower()
        if len(folded) == 1 and folded != letter and not folded.isascii():
            table[ordinal] = folded
    return table


def foreign_letters() -> tuple[str, str]:
    """Return the letters outside ASCII that fold, and what each folds to, as two texts of equal length."""
    pairs = [(chr(ordinal), folded) for ordinal, folded in _table().items() if ordinal >= 0x80]
    return "".join(letter for letter, _ in pairs), "".join(folded for _, folded in pairs)
