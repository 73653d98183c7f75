"""The compiled columns read what the field table reads, reject what it rejects, and know when a row comes back as it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate.cells import detect
from chatlift.migrate.columns import Columns
from chatlift.migrate.dialect import Dialect
from chatlift.migrate.errors import RecordError
from chatlift.migrate.extract.members import Member
from chatlift.migrate.extract.tables import Spelling, Table
from chatlift.migrate.transform.reading import fields_of, typed_cells

NAMES = (
    "Id",
    "IsDeleted",
    "CreatedDate",
    "LiveChatVisitorId",
    "Status",
    "WaitTime",
    "Browser",
    "Mine__c",
    "Owner.Name",
)
CELLS = st.sampled_from(
    ["", "0", "1", "true", "FALSE", "12", "012", "-3", "x" * 300, "Completed", "completed", "2026-03-02 08:05:07",
     "2026-03-02T08:05:07.000Z", "2026-03-02T10:05:07.000+0200", "2026-13-02 08:05:07", "570000000000001AAA",
     "570000000000001", "57000000000000é", "99999999999999999999"]
)  # fmt: skip


def outcome(function: Any, *words: Any) -> Any:
    try:
        return function(*words)
    except RecordError as error:
        return error.message


@given(
    first=st.lists(CELLS, min_size=9, max_size=9), rows=st.lists(st.lists(CELLS, min_size=9, max_size=9), max_size=6)
)
def test_columns_are_the_field_table(first: list[str], rows: list[list[str]]) -> None:
    known = fields_of("LiveChatTranscript")
    formats = tuple(detect(known.get(name), [cell]) for name, cell in zip(NAMES, first, strict=True))
    table = Table(Member("", "x.csv", 1), "LiveChatTranscript", NAMES, Dialect(quoting="a"), formats, "")
    spelling = Spelling.of(table)
    columns = Columns(spelling)
    for cells in [first, *rows, *rows]:
        expected = outcome(typed_cells, "LiveChatTranscript", NAMES, cells)
        found = outcome(columns.read, cells)
        if isinstance(expected, str):
            assert found == expected
        else:
            assert found == (expected, spelling.cells(expected) == cells)
            assert list(found[0]) == list(expected)


@pytest.mark.parametrize("name", ["LiveChatTranscriptEvent", "LiveChatVisitor", "ConversationContextEntry"])
def test_every_field_has_a_reader(name: str) -> None:
    names = tuple(fields_of(name))
    table = Table(Member("", "x.csv", 1), name, names, Dialect(quoting="a"), tuple(detect(None, []) for _ in names), "")
    assert Columns(Spelling.of(table)).read([""] * len(names)) == (dict.fromkeys(names), True)
