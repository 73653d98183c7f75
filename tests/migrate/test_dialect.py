"""How CSV files are spelt, and that each row comes back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate.dialect import Dialect, detect, find_delimiter, records
from chatlift.migrate.residue import line_residue, spelt_line

CELLS = st.lists(st.sampled_from(["a", "é", '"', ",", ";", "\n", "\r\n", " ", "0", "\0"]), max_size=8).map("".join)


def read(text: str, delimiter: str = ",") -> list[tuple[list[str], str]]:
    return list(records(io.StringIO(text, newline=""), delimiter, "test.csv"))


def written(rows: list[list[str]], quoting: int, line_end: str, delimiter: str) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting, lineterminator=line_end, delimiter=delimiter).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_rows_come_back_as_the_file_had_them(
    rows: list[list[str]], quoting: int, line_end: str, delimiter: str
) -> None:
    header = "Id,A,B".replace(",", delimiter) + line_end
    text = written(rows, quoting, line_end, delimiter)
    found = read(header + text, delimiter)
    assert [cells for cells, _ in found] == [["Id", "A", "B"], *rows]
    assert "".join(raw for _, raw in found) == header + text
    dialect = detect(header, found[1:], "utf-8", False, delimiter)
    assert dialect.line_end == line_end
    for cells, raw in found[1:]:
        assert spelt_line(dialect, cells, line_residue(dialect, cells, raw)) == raw


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC])
def test_usual_writers_leave_no_residue(quoting: int) -> None:
    rows = [["a1", "", 'say "x"'], ["a2", "b,c", ""], ["a3", "d", "e\nf"], ["a4", "", "g"]]
    found = read(written(rows, quoting, "\r\n", ","))
    dialect = detect("Id,A,B\r\n", found, "utf-8", False, ",")
    assert [line_residue(dialect, cells, raw) for cells, raw in found] == [None] * 4


def test_columns_may_differ_in_their_quotes() -> None:
    found = read('"a",1,""\n"b",22,"x"\n')
    dialect = detect("Id,N,T\n", found, "utf-8", False, ",")
    assert dialect.quoting == "ama"
    assert dialect.write(["c", "3", ""]) == '"c",3,""\n'


def test_empty_lines_belong_to_the_row_before_them() -> None:
    assert [raw for _, raw in read("\nId\n\n\na\n\n")] == ["\nId\n\n\n", "a\n\n"]


@pytest.mark.parametrize(
    ("header", "delimiter"), [("Id,A", ","), ("Id;A", ";"), ("Id\tA", "\t"), ('"a;b;c",x', ","), ("Id", ",")]
)
def test_delimiter_of_a_header(header: str, delimiter: str) -> None:
    assert find_delimiter(header) == delimiter


def test_dialect_as_json() -> None:
    dialect = Dialect("iso-8859-1", True, ";", "\n", "am", '"Id";A\n', False)
    assert Dialect.from_json(dialect.to_json()) == dialect
