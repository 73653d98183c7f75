"""What goes to whoever does the work of the second look, and what comes back: settings, parts, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .accounts import Books
from .cells import Value
from .errors import RecordError
from .extract.blocks import Block, read_block
from .extract.tables import SourceRow, Table
from .intake import BUTTON, LABELLED, NAMED, USER
from .pieces import Piece, stowed
from .plan import Plan
from .residue import Share
from .transform.structures import Filed, Links, Person, Row

DELETED = ("deleted in the source", "undelete it in the source if it should be carried over")
"""Why a row is skipped, and what to do."""

READ_FOR_NAMES = frozenset({USER, BUTTON, *NAMED.values(), *LABELLED.values()})


@dataclass(frozen=True, slots=True)
class Setting:
    """What all parts share. first_rows: by table and block the number of the block's first row. people, buttons, labels: by id."""

    tables: tuple[Table, ...]
    plan: Plan
    first_rows: tuple[tuple[int, ...], ...]
    people: Mapping[str, Person] = field(default_factory=dict)
    buttons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def loaded(self) -> Setting:
        """Return the setting: nothing of it lies in files."""
        return self


@dataclass(frozen=True, slots=True)
class Part:
    """One task: a block of a table, or none, and the rows that were sorted to it.

    links: by row what other chats decide. doubles: by object the rows whose id came before. crossing: who has chats in
    other parts too. files: by row those of the chat.
    """

    block: Block | None
    pieces: tuple[Piece, ...] = ()
    links: Mapping[int, Links] = field(default_factory=dict)
    doubles: Mapping[str, frozenset[int]] = field(default_factory=dict)
    crossing: frozenset[str] = frozenset()
    files: Mapping[int, Sequence[Filed]] = field(default_factory=dict)

    def loaded(self) -> Part:
        """Return the part with all its bytes at hand."""
        block = self.block.loaded() if self.block else None
        return replace(self, block=block, pieces=tuple(piece.loaded() for piece in self.pieces))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that waits for its transcript, or a visitor for his chats.

    parts: how many parts have it. is_plain: the spelling of the values gives the row again.
    """

    table: int
    row: SourceRow
    values: Mapping[str, Value]
    parts: int = 1
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """What a part says of something that other parts have, too: a messaging user, or a visitor.

    rebuilt: the values that a visitor's messaging user gives back, None where no migrated chat of the part has him; error says
    why his row cannot be migrated at all, with the remedy. together: kind, start of the latest chat, and row of a conversation or
    a participant of it.
    """

    waiting: Waiting | None = None
    rebuilt: Mapping[str, Value] | None = None
    error: tuple[str, str] | None = None
    end_user: Row | None = None
    together: tuple[str, str, Row] | None = None


@dataclass(slots=True)
class Made:
    """What became of a part: the rows of each file, and its share of the books."""

    pieces: dict[str, Piece]
    rows: Mapping[str, int]
    books: Books
    share: Share
    own_fields: dict[str, set[str]]
    channels: dict[str, Row] = field(default_factory=dict)
    shared: list[Shared] = field(default_factory=list)

    def stow(self, path: Path) -> Made:
        """Return the same with its rows in a file."""
        return replace(self, pieces=stowed(self.pieces, path))


def numbered(setting: Setting, block: Block) -> list[SourceRow]:
    """Return the rows of a block under their numbers among all rows of the object."""
    rows = read_block(block, setting.tables[block.table]).rows
    first = setting.first_rows[block.table][block.number]
    for row in rows:
        row.number += first
    return rows


def second(id_: Value) -> RecordError:
    """Return the refusal of a row whose id came before."""
    return RecordError(f"Id {id_} a second time", "export each record once")
