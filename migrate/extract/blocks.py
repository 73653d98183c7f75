"""Tables in blocks: stretches of whole rows, each read on its own, so that several processes can share a file.

Where a block may end is guessed while the file is looked over: behind a line end before which the quotes are even. The guess is
right for every file whose quotes stand around whole cells. Reading a block proves it: a line that follows the block has to be
read as a row of its own. By induction from the beginning of the file, blocks that pass are whole rows. A file with other quotes
is cut again by `recut`, which reads all rows one after another.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from .. import dialect as dialects
from ..errors import UsageError
from .cutting import SIZE
from .members import Members
from .tables import NEEDED, SourceRow, Table, mark_of, open_text, records

_GUARD = "\x00end of block"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a table. data are its bytes, empty for a file of a folder, which is read at `start` from `path`.

    number counts the blocks of the table; `is_last` tells that the file ends with it.
    """

    table: int
    number: int
    start: int
    size: int
    is_last: bool
    path: str = ""
    data: bytes = b""

    def loaded(self) -> Block:
        """Return the block with its bytes."""
        return self if not self.path else replace(self, path="", data=self.bytes())

    def bytes(self) -> bytes:
        """Return the bytes of the block."""
        if not self.path:
            return self.data
        try:
            with open(self.path, "rb") as stream:  # noqa: PTH123 - a text, because it goes to other processes by the thousand
                stream.seek(self.start)
                return stream.read(self.size)
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read ({error.strerror}):", "run the migration again") from None


@dataclass(slots=True)
class BlockRows:
    """The rows of a block, numbered from 0. is_whole: whether the block ends with a row."""

    rows: list[SourceRow]
    is_whole: bool
    final_line_end: bool


def blocks(members: Members, index: int, table: Table) -> Iterator[Block]:
    """Yield the blocks of a table."""
    member = table.member
    edges = (0, *table.cuts, member.size)
    if not member.container:
        path = str(members.root / member.path)
        for number, (start, end) in enumerate(pairwise(edges)):
            yield Block(index, number, start, end - start, end == member.size, path)
        return
    chunks = members.chunks(member)
    held = b""
    for number, (start, end) in enumerate(pairwise(edges)):
        parts, taken = [held], len(held)
        while taken < end - start:
            chunk = next(chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            taken += len(chunk)
        data = b"".join(parts)
        held = data[end - start :]
        yield Block(index, number, start, end - start, end == member.size, data=data[: end - start])


def read_block(block: Block, table: Table) -> BlockRows:
    """Return the rows of a block. UsageError when they are no text, or hold a cell above the limit."""
    dialect, name = table.dialect, table.member.name
    data = block.bytes()
    is_first = block.number == 0
    if is_first and dialect.bom:
        data = data[len(mark_of(dialect.encoding)) :]
    try:
        lines = list(io.StringIO(data.decode(dialect.encoding), newline=""))
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not all text:", "export it again as UTF-8") from None
    final_line_end = not lines or lines[-1].endswith(("\n", "\r"))
    if not final_line_end:
        lines[-1] += dialect.line_end
    if dialect.names:
        found = enumerate(records(lines, table))
        return BlockRows([SourceRow(number, *row) for number, row in found], True, final_line_end)
    lines.append(_GUARD + "\n")
    rows, is_whole = _rows(lines, table)
    if not is_whole and block.is_last and table.object not in NEEDED:
        lines.pop()  # a quote that is never closed: the last row takes all that follows it
        rows, _ = _rows(lines, table)
        is_whole = True
    if is_first and rows:
        del rows[0]
        for row in rows:
            row.number -= 1
    return BlockRows(rows, is_whole, final_line_end)


def _rows(lines: list[str], table: Table) -> tuple[list[SourceRow], bool]:
    """Return the rows, and whether the guard line was a row of its own; it is none of them."""
    if csv.field_size_limit() != dialects.FIELD_LIMIT:
        csv.field_size_limit(dialects.FIELD_LIMIT)
    reader = csv.reader(lines, delimiter=table.dialect.delimiter)
    rows: list[SourceRow] = []
    position = 0
    lead = ""
    is_whole = False
    try:
        for cells in reader:
            end = reader.line_num
            raw = lines[position] if end == position + 1 else "".join(lines[position:end])
            position = end
            if not cells:
                if rows:
                    rows[-1].raw += raw
                else:
                    lead += raw
                continue
            is_whole = end == len(lines) and cells == [_GUARD]
            if not is_whole:
                rows.append(SourceRow(len(rows), cells, lead + raw))
                lead = ""
    except csv.Error as error:
        line = f"line {reader.line_num}" if not table.cuts else "a row"
        raise UsageError(f"{table.member.name}, {line}: {error};", "check the quotes of the CSV file") from None
    return rows, is_whole


def recut(members: Members, table: Table, size: int = SIZE) -> Table:
    """Return the table cut where its rows end, found by reading them all. UsageError as for any reading of it."""
    dialect = table.dialect
    cuts: list[int] = []
    wanted = position = len(mark_of(dialect.encoding)) if dialect.bom else 0
    with open_text(members, table.member, dialect) as stream:
        for _, raw in records(stream, table):
            if position - wanted >= size:
                cuts.append(position)
                wanted = position
            position += len(raw.encode(dialect.encoding))
    return replace(table, cuts=tuple(cuts))
