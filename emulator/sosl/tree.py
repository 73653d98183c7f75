"""The syntax tree of a search: what stands between the braces, and the clauses behind them."""

from dataclasses import dataclass

from ..soql.tree import Condition, Item, Number, OrderItem, Path, Word

# --- between the braces -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OneWord:
    """A word without its case; ``*`` stands for any letters, also none, ``?`` for one letter. It begins with a letter."""

    pattern: str

    @property
    def is_plain(self) -> bool:
        """Tell whether the word has no wildcards."""
        return self.pattern.isalnum()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one right after the other in one field."""

    words: tuple[OneWord, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """All parts are found in the record."""

    parts: tuple["Term", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One part is found in the record."""

    parts: tuple["Term", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """One part is found in the record, the other is not: AND NOT."""

    part: "Term"
    unwanted: "Term"


Term = OneWord | Phrase | Every | Either | Without

# --- the statement ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Returning:
    """One object of RETURNING with its clauses; without ``items`` only the Id is asked for."""

    path: Path
    items: tuple[Item, ...] = ()
    where: Condition | None = None
    list_view: Word | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: Number | None = None
    offset: Number | None = None


@dataclass(frozen=True, slots=True)
class With:
    """A WITH clause: its words in upper case (``DATA CATEGORY``), and its values without their quotes."""

    words: str
    values: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Search:
    """A whole search."""

    term: Term | None
    """None finds nothing: no words at all, or more than 10,000 characters."""
    scope: str
    """``ALL``, ``NAME``, ``EMAIL``, ``PHONE`` or ``SIDEBAR``."""
    returning: tuple[Returning, ...]
    withs: tuple[With, ...]
    limit: Number | None
    updates: tuple[Word, ...]
    """TRACKING and VIEWSTAT, in upper case."""
