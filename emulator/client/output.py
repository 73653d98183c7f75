"""A result as a table, as JSON or as CSV, page by page: what was written is forgotten."""

import csv
import io
import json
from collections.abc import Iterator
from typing import IO, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .columns import Cell, Record, Selected, columns, row
from .org import Page

COUNT: Final = "COUNT()"
WIDTH_OF_A_PIPE: Final = 100_000
"""Where no terminal says how wide a line may be, no line is broken."""
LONGEST_CELL: Final = 200
"""Characters of a cell in a table; the rest is an ellipsis. JSON and CSV have all of it."""


def write_json(out: IO[bytes], query: Selected, pages: Iterator[Page]) -> None:
    """Write an array of records as the org answers them, one a line."""
    before = "[\n"
    for page in pages:
        for record in _records(query, page):
            # What UTF-8 cannot hold, half of a surrogate pair, is written as JSON escapes it.
            out.write(f"{before}{json.dumps(record, ensure_ascii=False)}".encode(errors="backslashreplace"))
            before = ",\n"
    out.write(b"[]\n" if before == "[\n" else b"\n]\n")


def write_csv(out: IO[bytes], query: Selected, pages: Iterator[Page]) -> None:
    """Write CSV as of RFC 4180: a header, lines end with CR and LF, null is empty."""
    names: tuple[str, ...] | None = None
    for page in pages:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if names is None:
            names = _names(query, page)
            writer.writerow(names)
        for record in _records(query, page):
            writer.writerow([_text(cell) for cell in row(record, names, query.children)])
        out.write(text.getvalue().encode(errors="replace"))


def write_table(out: IO[bytes], query: Selected, pages: Iterator[Page]) -> None:
    """Write a table for each page, and how many records there are."""
    text = io.StringIO()
    is_terminal = out.isatty()
    width = Console().width if is_terminal else WIDTH_OF_A_PIPE
    console = Console(file=text, width=width, force_terminal=is_terminal, highlight=False)
    for page in pages:
        names = _names(query, page)
        rows = [row(record, names, query.children) for record in _records(query, page)]
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for place, name in enumerate(names):
            is_number = any(_is_number(cells[place]) for cells in rows)
            table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
        for cells in rows:
            table.add_row(*(Text(_shown(cell)) for cell in cells))
        if rows:
            console.print(table)
        out.write(text.getvalue().encode(errors="replace"))
        text.seek(0)
        text.truncate()
    if not query.is_count:
        out.write(f"{page.total} {'record' if page.total == 1 else 'records'}\n".encode())


def _records(query: Selected, page: Page) -> list[Record]:
    return [{COUNT: page.total}] if query.is_count else list(page.records)


def _names(query: Selected, page: Page) -> tuple[str, ...]:
    return (COUNT,) if query.is_count else columns(query, page.records)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell)


def _shown(cell: Cell) -> str:
    """Return a cell for a terminal: control characters are the terminal's own language, and are not passed on."""
    text = _text(cell)
    text = text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)
