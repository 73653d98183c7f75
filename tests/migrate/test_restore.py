"""The way back follows the structures: an edit there shows here, in its place and nowhere else."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from chatlift.migrate import Plan, UsageError
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify

GOLDEN = sorted((Path(__file__).parent.parent / "golden" / "bodies").glob("*.txt"))


def edit(folder: Path, kind: str, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / f"{kind}.jsonl"
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    for row in rows:
        change(row)
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def restored(folder: Path, into: Path) -> dict[str, bytes]:
    restore_to(folder, into)
    return {path.name: path.read_bytes() for path in into.iterdir()}


def test_changed_message_changes_the_body_in_that_place_alone(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())

    def change(row: dict[str, Any]) -> None:
        if row["Message"] == "Two things:\n- a\n- b & c":
            row["Message"] = 'Only <one> "thing"'

    edit(tmp_path / "out", "ConversationEntry", change)
    after = restored(tmp_path / "out", tmp_path / "back")
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    expected = before["LiveChatTranscript.csv"].replace(
        b"Two things:<br>- a<br>- b &amp; c", b"Only &lt;one&gt; &quot;thing&quot;"
    )
    assert expected != before["LiveChatTranscript.csv"]
    assert after == before | {"LiveChatTranscript.csv": expected}


def test_changed_message_with_residue_keeps_the_rest_of_the_body(tmp_path: Path, export: Any) -> None:
    body = export.HEAD + "( 4s )\nDana K: caf&eacute; one<br>\n( 5s ) Visitor: caf&eacute; two<br>"
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": [export.transcript(1, Body=body)]})
    run(source, tmp_path / "out", Plan())

    def change(row: dict[str, Any]) -> None:
        if row["Message"] == "café one":
            row["Message"] = "tea"

    edit(tmp_path / "out", "ConversationEntry", change)
    after = restored(tmp_path / "out", tmp_path / "back")["LiveChatTranscript.csv"].decode()
    before = (source / "LiveChatTranscript.csv").read_bytes().decode()
    assert after == before.replace("caf&eacute; one", "tea")


def test_changed_session_changes_its_cells(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())

    def change(row: dict[str, Any]) -> None:
        if row["Legacy_Transcript_Id__c"] == "570000000000003AAA":
            row["EndTime"] = "2026-03-02T10:30:00.000Z"
            row["EndedByType"] = "EndUser"
            row["Rating__c"] = "1"

    edit(tmp_path / "out", "MessagingSession", change)
    after = restored(tmp_path / "out", tmp_path / "back")["LiveChatTranscript.csv"]
    before = (source / "LiveChatTranscript.csv").read_bytes()
    start = before.index(b'"570000000000003AAA"')
    end = before.index(b'"570000000000004AAA"')
    row = before[start:end].replace(b'"2026-03-02 09:06:00"', b'"2026-03-02 10:30:00"')
    row = row.replace(b'"Completed","Agent"', b'"Completed","Visitor"').replace(b'"0","5"', b'"0","1"')
    assert after == before[:start] + row + before[end:]


def test_changed_event_visitor_metric_and_agent_session_show(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())

    def of_event(row: dict[str, Any]) -> None:
        if row.get("SourceId") == "57E000000001003AAA":
            row["Payload"]["detail"] = "changed"

    edit(tmp_path / "out", "OffPlatformEntry", of_event)
    edit(tmp_path / "out", "Legacy_Agent_Session__c", lambda row: row.update(ChatReqAssigned__c=99))
    after = restored(tmp_path / "out", tmp_path / "back")
    assert after["LiveChatTranscriptEvent.csv"].count(b'"changed"') == 1
    assert after["LiveAgentSession.csv"].count(b'"99"') == 2
    assert after["LiveChatTranscript.csv"] == (source / "LiveChatTranscript.csv").read_bytes()


def test_entry_taken_out_is_a_line_taken_out(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())
    path = tmp_path / "out" / "ConversationEntry.jsonl"
    kept = [line for line in path.read_bytes().splitlines(keepends=True) if b"Hello Eve" not in line]
    path.write_bytes(b"".join(kept))
    after = restored(tmp_path / "out", tmp_path / "back")["LiveChatTranscript.csv"].decode()
    before = (source / "LiveChatTranscript.csv").read_bytes().decode()
    assert after == before.replace("( 4s ) Acme Support: Hello Eve 😀<br>", "")


def test_rows_in_another_order_give_the_same_files(source: Path, tmp_path: Path, export: Any) -> None:
    run(source, tmp_path / "out", Plan())
    for path in (tmp_path / "out").glob("*.jsonl"):
        path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)


def test_golden_bodies_leave_little_residue(tmp_path: Path, export: Any) -> None:
    bodies = [path.read_bytes().decode() for path in GOLDEN]
    rows = [export.transcript(number, Body=body) for number, body in enumerate(bodies, 1)]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    outcome = run(source, tmp_path / "out", Plan())
    share = outcome.manifest["share"]["bodyBytes"]
    assert share["total"] == sum(len(body.encode()) for body in bodies)
    assert 0 < share["residuePercent"] < 5
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)


def test_zip_is_restored_as_a_zip_with_the_same_files(tmp_path: Path, export: Any) -> None:
    files = {f"{name}.csv": export.csv_text(rows).encode() for name, rows in export.tables().items()}
    source = export.zip(tmp_path / "WE_00D000000000001AAA_1.ZIP", files)
    run(source, tmp_path / "out", Plan())
    restore_to(tmp_path / "out", tmp_path / "legacy.zip")
    with zipfile.ZipFile(tmp_path / "legacy.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_destination_that_exists_is_left_alone(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())
    (tmp_path / "mine.zip").write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        restore_to(tmp_path / "out", tmp_path / "mine.zip")
    with pytest.raises(UsageError, match="not an empty folder"):
        restore_to(tmp_path / "out", source)
    assert (tmp_path / "mine.zip").read_bytes() == b"mine"


def test_manifest_that_leads_out_of_the_destination_is_refused(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())
    manifest = tmp_path / "out" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"User.csv"', b'"../evil.csv"'))
    with pytest.raises(UsageError, match="leads out"):
        restore_to(tmp_path / "out", tmp_path / "back")
    assert not (tmp_path / "evil.csv").exists()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("MessagingSession", {"MessagingEndUserId": "nobody"}),
        ("MessagingSession", {"Legacy_Source_Row__c": "one"}),
        ("ConversationEntry", {"EntryTime": "soon"}),
        ("OffPlatformEntry", {"Payload": []}),
        ("skipped", {"file": "Nothing.csv"}),
        ("skipped", {"rowNumber": {}}),
        ("skipped", {"rowNumber": "x"}),
        ("MessagingSession", {"Legacy_Source_Row__c": 1.5}),
    ],
)
def test_folder_that_does_not_hold_together_is_one_line(source: Path, tmp_path: Path, kind: str, change: Any) -> None:
    run(source, tmp_path / "out", Plan())
    edit(tmp_path / "out", kind, lambda row: row.update(change))
    with pytest.raises(UsageError) as refused:
        restore_to(tmp_path / "out", tmp_path / "back.zip")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "back.zip").exists()
    assert verify(tmp_path / "out")
