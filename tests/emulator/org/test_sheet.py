"""CSV of the Bulk APIs: whatever bytes come, rows or one refusal; what is written is read again."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.org.jobs.documents import records_of_json, records_of_xml
from chatlift.emulator.org.jobs.drafts import reader_of
from chatlift.emulator.org.jobs.errors import BadData
from chatlift.emulator.org.jobs.sheet import DELIMITERS, LINE_ENDINGS, read_rows, written
from chatlift.schemas.catalog import shipped

cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(
    rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from(sorted(DELIMITERS)),
    ending=st.sampled_from(sorted(LINE_ENDINGS)),
    size=st.integers(1, 9),
)
def test_what_is_written_is_read_again(rows: list[list[str]], delimiter: str, ending: str, size: int) -> None:
    rows = [["A", "B", "C"], *rows]
    text = "".join(written(row, DELIMITERS[delimiter]) + LINE_ENDINGS[ending] for row in rows)
    assert list(read_rows(cut(text.encode(), size), DELIMITERS[delimiter], ending)) == rows


pieces = st.sampled_from(
    [b"Name", b",", b'"', b"\n", b"\r\n", b"\r", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"A", b"=1"]
)


@given(parts=st.lists(pieces, max_size=30), size=st.integers(1, 5))
def test_any_bytes_are_rows_or_refused(parts: list[bytes], size: int) -> None:
    try:
        rows = list(read_rows(cut(b"".join(parts), size), ",", "LF"))
    except BadData:
        return
    assert len({len(row) for row in rows}) <= 1


@given(
    text=st.text(max_size=60) | st.lists(st.sampled_from(list('<>/&;"[]{}:sObjectsName&#0;')), max_size=40).map("".join)
)
def test_any_text_is_records_or_refused(text: str) -> None:
    sobject = shipped().get("Account")
    for read in (records_of_json, lambda given: records_of_xml(given, sobject)):
        try:
            records = read(text)
        except BadData:
            continue
        assert all(isinstance(record, dict) for record in records)


@given(name=st.text(max_size=20) | st.sampled_from(["Owner.", ".Name", "Owner..", "a:Owner.Name", ":", "\x00"]))
def test_a_column_is_known_or_refused_by_its_name(name: str) -> None:
    try:
        read = reader_of(shipped().get("Account"), "insert", [name])
    except BadData as bad:
        refused = str(bad)
    else:
        refused = ""
        assert (read([""]), list(read(["#N/A"]).values())) == ({}, [None])
    assert refused in ("", f"InvalidBatch : Field name not found : {name}")


@pytest.mark.parametrize("name", ["Id", "nAME", "Owner.Username", "User:Owner.Username", "OWNER.x"])
def test_columns_that_are_known(name: str) -> None:
    assert list(reader_of(shipped().get("Account"), "insert", [name])(["#N/A"]).values()) == [None]


def test_a_record_without_an_end_is_bounded() -> None:
    seen = 0

    def endless() -> Iterator[bytes]:
        nonlocal seen
        yield b"Name\n"
        while True:
            seen += 100_000
            yield b"x" * 100_000

    with pytest.raises(BadData, match="A record has more than 400000 characters"):
        list(read_rows(endless(), ",", "LF"))
    assert seen <= 1_000_000


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b'"' + b"x" * 131_073 + b'"', "field larger than field limit"),
        (b",".join([b"x" * 100_000] * 5), "A record has more than 400000 characters"),
    ],
)
def test_fields_and_records_are_bounded(row: bytes, message: str) -> None:
    header = b",".join(b"A%d" % number for number in range(row.count(b",") + 1))
    with pytest.raises(BadData, match=message):
        list(read_rows([header + b"\n" + row + b"\n"], ",", "LF"))
