"""The work in blocks: the result does not depend on who does it, and cutting loses nothing."""

import csv
import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate.errors import UsageError
from chatlift.migrate.extract.blocks import blocks, read_block, recut
from chatlift.migrate.extract.members import Members
from chatlift.migrate.extract.source import Source
from chatlift.migrate.plan import Plan
from chatlift.migrate.restore import restore_to
from chatlift.migrate.routing import Router, RouterDraft, number_of
from chatlift.migrate.run import Hands, run
from chatlift.migrate.verify import verify

SMALL = 2000
VISITOR = "571000000000001AAA"


def many(export: Any, count: int = 40) -> dict[str, list[dict[str, str]]]:
    """The support day with more chats: visitors who come again, shared keys, contacts, orphans, doubles."""
    tables: dict[str, list[dict[str, str]]] = export.tables()
    chats, events = tables["LiveChatTranscript"], tables["LiveChatTranscriptEvent"]
    for number in range(100, 100 + count):
        values: dict[str, str] = {}
        if number % 5 == 0:
            values = {"LiveChatVisitorId": VISITOR, "ContactId": f"00300000000000{number % 3}AAA" if number % 2 else ""}
        if number % 11 == 0:
            values["ChatKey"] = "the same key"
        if number % 13 == 0:
            values["Status"] = "Waiting"
        chats.append(export.transcript(number, **values))
        events += export.usual_events(number)
        tables["LiveChatVisitor"].append(
            {
                "Id": f"571000000000{number}AAA",
                "IsDeleted": "0",
                "Name": f"{number}",
                "CreatedDate": "2026-03-01 10:00:00",
                "SessionKey": f"c0ffee00-0000-4000-8000-{number % 30:012}",
            }
        )
    events += export.usual_events(999)
    return tables


def shuffled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [rows[(number * 17) % len(rows)] for number in range(len(rows))] if len(rows) % 17 else rows[::-1]


@pytest.fixture
def large(tmp_path: Path, export: Any) -> Path:
    folder: Path = export.folder(tmp_path / "large", many(export))
    return folder


def result(export: Any, source: Path, out: Path, **hands: Any) -> dict[str, bytes]:
    run(source, out, Plan(), origin="x", hands=Hands(block_size=SMALL, **hands))
    files: dict[str, bytes] = export.tree(out)
    return files


def test_many_parts_verify_and_come_back(large: Path, tmp_path: Path, export: Any) -> None:
    outcome = run(large, tmp_path / "out", Plan(), hands=Hands(block_size=SMALL))
    assert outcome.books.is_closed
    assert verify(tmp_path / "out", large) == []
    assert verify(tmp_path / "out", large, workers=2) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(large)


@pytest.mark.parametrize("session_based", [True, False])
def test_parts_hold_the_rows_that_one_part_holds(session_based: bool, large: Path, tmp_path: Path) -> None:
    one, several = tmp_path / "one", tmp_path / "several"
    plan = Plan(session_based=session_based)
    run(large, one, plan, origin="x")
    run(large, several, plan, origin="x", hands=Hands(block_size=SMALL))
    for path in one.glob("*.jsonl"):
        assert sorted(path.read_bytes().splitlines()) == sorted((several / path.name).read_bytes().splitlines()), path


def test_two_processes_give_the_same_bytes(large: Path, tmp_path: Path, export: Any) -> None:
    assert result(export, large, tmp_path / "one") == result(export, large, tmp_path / "two", workers=2)


def test_rows_in_any_order_with_doubles_come_back(tmp_path: Path, export: Any) -> None:
    tables = {name: shuffled([*rows, *rows[:3]]) for name, rows in many(export).items()}
    source = export.folder(tmp_path / "mixed", tables)
    outcome = run(source, tmp_path / "out", Plan(), hands=Hands(block_size=SMALL))
    accounts = outcome.manifest["accounts"]
    for name in ("LiveChatTranscript", "LiveChatTranscriptEvent", "LiveChatVisitor", "LiveAgentSession"):
        seconds = [row for row in export.rows(tmp_path / "out", "rejected") if "second time" in row["reason"]]
        assert sum(row["object"] == name for row in seconds) == (
            3 if name != "LiveAgentSession" else len(tables[name]) - 2
        )
        assert accounts[name]["closed"]
    assert verify(tmp_path / "out", source) == []


def test_an_export_beside_its_own_copy_is_all_doubles(large: Path, tmp_path: Path, export: Any) -> None:
    (large / "copy").mkdir()
    for path in list(large.glob("*.csv")):
        (large / "copy" / path.name).write_bytes(path.read_bytes())
    outcome = run(large, tmp_path / "out", Plan(), hands=Hands(block_size=SMALL))
    alone = len(export.tables()["LiveChatTranscript"]) + 40
    account = outcome.manifest["accounts"]["LiveChatTranscript"]
    assert (account["read"], account["rejected"]) == (2 * alone, alone)
    assert verify(tmp_path / "out", large) == []


def test_quotes_within_bare_cells_are_cut_again(tmp_path: Path, export: Any) -> None:
    tables = many(export)
    source = export.folder(tmp_path / "bare", tables)
    path = source / "LiveChatTranscriptEvent.csv"
    lines = path.read_bytes().decode().split("\r\n")
    odd = '57E000000001999AAA,0,1-9,2026-03-02 09:10:00,570000000000001AAA,Other,2026-03-02 08:05:09,5" pipe,'
    path.write_bytes("\r\n".join([*lines[:9], odd, *lines[9:]]).encode())
    assert run(source, tmp_path / "out", Plan(), hands=Hands(block_size=SMALL)).books.is_closed
    assert verify(tmp_path / "out", source) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)


CELLS = st.text(st.sampled_from('ab,"\r\n;é'), max_size=12)


@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=40), size=st.integers(1, 60))
def test_blocks_hold_all_rows(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], size: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["Id", "Body", "ChatKey"], *rows])
    (folder / "LiveChatTranscript.csv").write_bytes(stream.getvalue().encode())
    with Members(folder) as members:
        source = Source.survey(members, size)
        table = source.tables[0]
        cut = [read_block(block, table) for block in blocks(members, 0, table)]
        assert all(found.is_whole for found in cut)
        assert [row.cells for found in cut for row in found.rows] == rows
        again = recut(members, table, size)
        assert [row.raw for block in blocks(members, 0, again) for row in read_block(block, again).rows] == [
            row.raw for row in source.rows(table)
        ]


def test_a_router_knows_each_part_of_an_id() -> None:
    draft = RouterDraft()
    draft.add([number_of("a", 3), number_of("b", 1), number_of("a", 2), number_of("a", 3)])
    router = draft.router()
    assert (router.parts("a"), router.parts("b"), router.parts("c")) == ([2, 3], [1], [])
    assert Router(router.numbers, {"a": 2}).parts("a") == [2]
    assert router.ambiguous() == {number_of("a") >> 16}


def test_parts_of_an_export_are_cut_too(large: Path, tmp_path: Path, export: Any) -> None:
    """Two zips, one of another encoding: nothing can be sought in them, so their blocks travel whole."""
    files = {path.name: path.read_bytes() for path in large.glob("*.csv")}
    events = files.pop("LiveChatTranscriptEvent.csv").decode().replace("then left", "h\u00f6flich").encode("iso-8859-1")
    export.zip(tmp_path / "WE_00D_1.ZIP", files)
    export.zip(tmp_path / "WE_00D_2.ZIP", {"LiveChatTranscriptEvent.csv": events})
    trees = []
    for workers in (1, 2):
        out = tmp_path / f"out-{workers}"
        run(tmp_path / "WE_00D_1.ZIP", out, Plan(), hands=Hands(workers=workers, block_size=SMALL))
        trees.append(export.tree(out))
    assert trees[0] == trees[1]
    assert verify(tmp_path / "out-1", tmp_path / "WE_00D_1.ZIP") == []
    restore_to(tmp_path / "out-1", tmp_path / "back")
    assert export.tree(tmp_path / "back") == files | {"LiveChatTranscriptEvent.csv": events}


def test_workers_end_with_a_run_that_is_killed(tmp_path: Path, export: Any) -> None:
    source = export.folder(tmp_path / "source", many(export, 300))
    out = tmp_path / "out"
    code = (
        "from pathlib import Path\nfrom chatlift.migrate.plan import Plan\nfrom chatlift.migrate.run import Hands, run\n"
        f"if __name__ == '__main__':\n    run(Path({str(source)!r}), Path({str(out)!r}), Plan(), hands=Hands(2, '', {SMALL}))\n"
    )
    script = tmp_path / "go.py"
    script.write_text(code)
    going = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    parts = out / ".chatlift" / "parts"
    while going.poll() is None and not any(parts.glob("result-*")):
        time.sleep(0.01)
    assert going.poll() is None
    going.kill()
    going.communicate(timeout=60)  # the pipe is closed when no process holds it any more
    run(source, out, Plan(), hands=Hands(block_size=SMALL))
    run(source, tmp_path / "undisturbed", Plan(), hands=Hands(block_size=SMALL))
    assert export.tree(out) == export.tree(tmp_path / "undisturbed")


def test_processes_find_the_same_faults(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())
    entries = tmp_path / "out" / "ConversationEntry.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b"Bye", b"By!", 1))
    found = verify(tmp_path / "out", source)
    assert found
    assert verify(tmp_path / "out", source, workers=2) == found
    (tmp_path / "out" / "Conversation.jsonl").unlink()
    for workers in (1, 2):
        with pytest.raises(UsageError, match="is missing"):
            verify(tmp_path / "out", source, workers=workers)
