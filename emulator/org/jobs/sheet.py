"""CSV as the Bulk APIs take and give it.

The first row names the columns. Cells are separated by the job's delimiter, quoted with ``"``, a quote in them doubled; an empty
cell is no value, ``#N/A`` is null. Nothing is trimmed. Read line by line from pieces of bytes, so that the data is never in
memory as a whole. Source: "Valid CSV Record Rows", Bulk API Developer Guide.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .errors import invalid_batch, wrong_line_ending

DELIMITERS: Final = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}
NULL: Final = "#N/A"
MOST_COLUMNS: Final = 5_000
MOST_RECORD_CHARACTERS: Final = 400_000
MOST_FIELD_CHARACTERS: Final = 131_072
""""Bulk API and Bulk API 2.0 Limits and Allocations"; the longest long text area has as many characters as a field."""


def read_rows(
    pieces: Iterable[bytes], delimiter: str, line_ending: str | None, charset: str = "utf-8"
) -> Iterator[list[str]]:
    """Yield the header and then each row that has a cell. ``line_ending`` names the one that the job was set to.

    Raises `BadData`: the wording for anything but the line ending is a guess.
    """
    width = 0
    reader = csv.reader(_lines(pieces, line_ending, charset), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if not row:
                continue
            if not width:
                width = len(row)
                if width > MOST_COLUMNS:
                    raise invalid_batch(f"Too many columns: {width}; a record has at most {MOST_COLUMNS} fields")
            elif len(row) != width:
                if len(row) > width:
                    raise invalid_batch(f"Row {reader.line_num} has {len(row)} columns, the header has {width}")
                row += [""] * (width - len(row))
            if sum(map(len, row)) > MOST_FIELD_CHARACTERS:
                _check_size(row)
            yield row
    except csv.Error as error:
        raise invalid_batch(f"Failed to parse CSV: {error}, line {reader.line_num}") from None


def _check_size(row: Sequence[str]) -> None:
    if max(map(len, row)) > MOST_FIELD_CHARACTERS:
        raise invalid_batch(f"A field has more than {MOST_FIELD_CHARACTERS} characters")
    if sum(map(len, row)) > MOST_RECORD_CHARACTERS:
        raise invalid_batch(f"A record has more than {MOST_RECORD_CHARACTERS} characters")


def _lines(pieces: Iterable[bytes], line_ending: str | None, charset: str) -> Iterator[str]:
    rest = ""
    checked = line_ending is None
    for text in _texts(pieces, charset):
        *whole, rest = (rest + text).split("\n")
        if whole and not checked:
            checked = True
            if whole[0].endswith("\r") != (line_ending == "CRLF"):
                raise wrong_line_ending(str(line_ending))
        for line in whole:
            yield line + "\n"
        if len(rest) > 2 * MOST_RECORD_CHARACTERS:
            raise invalid_batch(f"A record has more than {MOST_RECORD_CHARACTERS} characters")
    if rest:
        yield rest


def _texts(pieces: Iterable[bytes], charset: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if charset == "utf-8" else charset)()
    try:
        for piece in pieces:
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except UnicodeError:
        raise invalid_batch(f"The data is not encoded in {charset.upper()}") from None


def read_text(pieces: Iterable[bytes], charset: str) -> str:
    """Return the whole of data that is known to be short. Raises `BadData`."""
    return "".join(_texts(pieces, charset))


def written(cells: Iterable[str], delimiter: str = ",") -> str:
    """Return a line without its ending, all cells quoted."""
    return delimiter.join(['"' + cell.replace('"', '""') + '"' for cell in cells])
