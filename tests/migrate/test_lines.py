"""Files of JSON lines as a source."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate.extract.members import Members
from chatlift.migrate.extract.source import Source
from chatlift.migrate.plan import Plan
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Hands, run
from chatlift.migrate.verify import verify

NUMBERS = ("WaitTime", "ChatDuration", "OperatorMessageCount", "VisitorMessageCount")


def as_rest(row: dict[str, str]) -> dict[str, Any]:
    """A row as REST gives it: null, numbers and truth values."""
    document: dict[str, Any] = {}
    for name, cell in row.items():
        if not cell:
            document[name] = None
        elif name in NUMBERS:
            document[name] = int(cell)
        elif name.startswith("Is"):
            document[name] = cell == "1"
        else:
            document[name] = cell.replace(" ", "T") + ".000+0000" if name.endswith(("Date", "Time", "stamp")) else cell
    return document


def write(folder: Path, tables: dict[str, list[dict[str, str]]], **spelling: Any) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        lines = [json.dumps(as_rest(row), **spelling) + "\n" for row in rows]
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return folder


@pytest.mark.parametrize(
    "spelling",
    [{}, {"ensure_ascii": False}, {"separators": (",", ":")}, {"separators": (",", ":"), "ensure_ascii": False}],
)
def test_json_lines_come_back(spelling: dict[str, Any], tmp_path: Path, export: Any) -> None:
    source = write(tmp_path / "source", export.tables(), **spelling)
    outcome = run(source, tmp_path / "out", Plan(), hands=Hands(block_size=1500))
    assert outcome.books.is_closed
    assert outcome.manifest["accounts"]["LiveChatTranscript"]["migrated"] == 6
    assert outcome.manifest["share"]["cells"]["residuePercent"] < 1
    assert verify(tmp_path / "out", source) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)
    assert export.rows(tmp_path / "out", "residue") == []


def test_lines_and_tables_give_the_same_structures(source: Path, tmp_path: Path, export: Any) -> None:
    lines = write(tmp_path / "lines", export.tables())
    for name, given_ in (("csv", source), ("lines", lines)):
        run(given_, tmp_path / f"out-{name}", Plan())
    for kind in (
        "MessagingSession",
        "ConversationEntry",
        "ConversationParticipant",
        "MessagingEndUser",
        "OffPlatformEntry",
    ):
        assert export.rows(tmp_path / "out-csv", kind) == export.rows(tmp_path / "out-lines", kind)


def test_odd_lines_are_kept(tmp_path: Path, export: Any) -> None:
    chat = as_rest(export.transcript(1))
    texts = [
        json.dumps(chat | {"attributes": {"type": "LiveChatTranscript", "url": "/x"}}),
        "",
        json.dumps(as_rest(export.transcript(2)) | {"Late__c": 1.50, "Name": ""}).replace(": ", " :  "),
        '{"Id": "570000000000003AAA", "Id": "570000000000004AAA"}',
        "[1, 2]",
        '{"Id": "5700000000000',
        '{"Late__c": "x"}',
    ]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "chats.ndjson").write_bytes("\r\n".join(texts).encode())
    outcome = run(tmp_path / "source", tmp_path / "out", Plan())
    account = outcome.manifest["accounts"]["LiveChatTranscript"]
    assert (account["read"], account["migrated"], account["rejected"]) == (6, 2, 4)
    assert export.rows(tmp_path / "out", "MessagingSession")[1]["Late__c"] == "1.5"
    assert verify(tmp_path / "out", tmp_path / "source") == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(tmp_path / "source")


def test_other_json_is_carried_along(source: Path, tmp_path: Path, export: Any) -> None:
    (source / "settings.jsonl").write_text("[1]\n[2]\n")
    (source / "empty.jsonl").write_text("")
    run(source, tmp_path / "out", Plan())
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)


def test_a_single_file_is_one_line(tmp_path: Path, chatlift: Callable[..., Any]) -> None:
    (tmp_path / "chats.jsonl").write_text("{}\n")
    status, _, err = chatlift("migrate", tmp_path / "chats.jsonl", tmp_path / "out")
    assert (status, "is a single file of JSON lines" in err) == (2, True)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)


@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["Id", "Body", "ChatKey", "A__c", "é"]), VALUES), min_size=1, max_size=8
    ),
    spaced=st.booleans(),
)
def test_every_line_is_given_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], spaced: bool
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    text = "".join(json.dumps(row, separators=None if spaced else (",", ":")) + "\n" for row in rows)
    (folder / "LiveChatTranscript.jsonl").write_text(text)
    with Members(folder) as members:
        source = Source.survey(members) if any(rows) else None
        if source is not None:
            assert "".join(row.raw for row in source.first_pass(0)) == text
