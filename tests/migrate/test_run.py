"""Whole migrations of files: what comes out, that the accounts close, and that it is the same each time."""

import codecs
import csv
import resource
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from chatlift.migrate import Plan, UsageError
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify
from chatlift.schemas.catalog import shipped


def test_support_day_closes_and_comes_back(source: Path, tmp_path: Path, export: Any) -> None:
    before = export.tree(source)
    outcome = run(source, tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    assert export.tree(source) == before
    restored = restore_to(tmp_path / "out", tmp_path / "back")
    assert all(file.is_equal for file in restored)
    assert export.tree(tmp_path / "back") == before
    assert verify(tmp_path / "out", source) == []


def test_accounts_of_the_support_day(source: Path, tmp_path: Path) -> None:
    accounts = run(source, tmp_path / "out", Plan()).manifest["accounts"]
    told = {
        name: tuple(account[key] for key in ("read", "migrated", "skipped", "rejected"))
        for name, account in accounts.items()
    }
    assert told == {
        "Account": (1, 0, 1, 0),
        "ConversationContextEntry": (3, 3, 0, 0),
        "LiveAgentSession": (2, 2, 0, 0),
        "LiveChatButton": (1, 0, 1, 0),
        "LiveChatTranscript": (7, 6, 1, 0),
        "LiveChatTranscriptEvent": (17, 16, 1, 0),
        "LiveChatVisitor": (5, 4, 1, 0),
        "User": (2, 0, 2, 0),
    }


def test_messages_are_accounted_for(source: Path, tmp_path: Path) -> None:
    messages = run(source, tmp_path / "out", Plan()).manifest["messages"]
    assert messages == {"read": 19, "migrated": 16, "skipped": 3, "rejected": 0, "closed": True}


def test_same_source_and_plan_give_the_same_bytes(source: Path, tmp_path: Path, export: Any) -> None:
    run(source, tmp_path / "one", Plan())
    run(source, tmp_path / "two", Plan())
    assert export.tree(tmp_path / "one") == export.tree(tmp_path / "two")
    run(source, tmp_path / "one", Plan())
    assert export.tree(tmp_path / "one") == export.tree(tmp_path / "two")


def test_every_row_is_valid_for_its_sobject(source: Path, tmp_path: Path, export: Any) -> None:
    out = tmp_path / "out"
    run(source, out, Plan(agent_work=True))
    catalog = shipped().extended(orjson.loads((out / "objects.json").read_bytes()))
    kinds = [path.stem for path in out.glob("*.jsonl") if catalog.find(path.stem)]
    assert len(kinds) == 10
    ids = {kind: {row["Id"] for row in export.rows(out, kind)} for kind in kinds}
    for kind in kinds:
        sobject = catalog.get(kind)
        assert export.rows(out, kind) or kind == "ContentVersion"  # no visitor sent a file
        for row in export.rows(out, kind):
            assert row["Id"].startswith(str(sobject.key_prefix))
            for name, value in row.items():
                field = sobject.field(name)
                assert field is not None, f"{kind}.{name}"
                assert field.name == name
                if value is None:
                    assert field.nillable, f"{kind}.{name}"
                    continue
                if field.restricted_picklist:
                    assert value in {choice.value for choice in field.picklist_values}, f"{kind}.{name}"
                elif isinstance(value, str) and field.length:
                    assert len(value) <= field.length, f"{kind}.{name}"
                if field.type == "reference" and set(field.reference_to) <= set(kinds):
                    assert any(value in ids[target] for target in field.reference_to), f"{kind}.{name}"
            standard = {name for name in row if not name.endswith("__c")}
            shipped_names = {field.name for field in (shipped().find(kind) or sobject).fields}
            assert standard <= shipped_names


def test_visitor_with_two_chats_is_one_end_user_of_a_channel(source: Path, tmp_path: Path, export: Any) -> None:
    run(source, tmp_path / "out", Plan())
    sessions = {row["Legacy_Transcript_Id__c"][-6:-3]: row for row in export.rows(tmp_path / "out", "MessagingSession")}
    assert sessions["001"]["MessagingEndUserId"] == sessions["005"]["MessagingEndUserId"]
    assert sessions["006"]["MessagingChannelId"] != sessions["001"]["MessagingChannelId"]


def test_visitor_with_several_contacts_is_split(tmp_path: Path, export: Any) -> None:
    visitor = {"LiveChatVisitorId": "571000000000001AAA"}
    contacts = ["", "003000000000001AAA", "003000000000002AAA", "003000000000001AAA"]
    tables = {
        "LiveChatTranscript": [
            export.transcript(number, ContactId=contact, **visitor) for number, contact in enumerate(contacts, 1)
        ],
        "LiveChatVisitor": [{"Id": "571000000000001AAA", "SessionKey": "key"}],
    }
    source = export.folder(tmp_path / "source", tables)
    run(source, tmp_path / "out", Plan())
    users = {row["Id"]: row for row in export.rows(tmp_path / "out", "MessagingEndUser")}
    of_sessions = [users[row["MessagingEndUserId"]] for row in export.rows(tmp_path / "out", "MessagingSession")]
    assert [user["ContactId"] for user in of_sessions] == [contacts[1], contacts[1], contacts[2], contacts[1]]
    assert [user["MessagingPlatformKey"] for user in of_sessions] == ["key", "key", f"key:{contacts[2]}", "key"]
    assert verify(tmp_path / "out", source) == []


def test_rejected_rows_tell_why_and_come_back(tmp_path: Path, export: Any) -> None:
    tables = export.tables()
    tables["LiveChatTranscript"] += [
        export.transcript(8, RequestTime="soon"),
        export.transcript(1, Name="again"),
        export.transcript(9, Status="Strange"),
    ]
    tables["LiveChatTranscriptEvent"] += [
        export.event(1, 8, "ChatRequest"),
        export.event(1, 99, "ChatRequest"),
        export.event(7, 1, "Accept", Time="never"),
    ]
    source = export.folder(tmp_path / "source", tables)
    outcome = run(source, tmp_path / "out", Plan())
    assert outcome.exit_code == 3
    rejected = export.rows(tmp_path / "out", "rejected")
    told = [(row["object"], row["id"], row["reason"]) for row in rejected]
    assert sorted(told) == sorted(
        [
            ("LiveChatTranscript", "570000000000008AAA", "RequestTime 'soon' is not a date and time"),
            ("LiveChatTranscript", "570000000000001AAA", "Id 570000000000001AAA a second time"),
            ("LiveChatTranscript", "570000000000009AAA", "Status 'Strange' is not a value of this field"),
            ("LiveChatTranscriptEvent", "57E000000008001AAA", "its transcript 570000000000008AAA was rejected"),
            ("LiveChatTranscriptEvent", "57E000000099001AAA", "its transcript 570000000000099AAA is not in the source"),
            ("LiveChatTranscriptEvent", "57E000000001007AAA", "Time 'never' is not a date and time"),
        ]
    )
    assert all(row["remedy"] for row in rejected)
    assert rejected[0]["row"]["Name"] or rejected[0]["row"]["Type"]
    assert verify(tmp_path / "out", source) == []


def test_row_with_too_many_cells_is_rejected_and_comes_back(source: Path, tmp_path: Path, export: Any) -> None:
    path = source / "LiveChatVisitor.csv"
    path.write_bytes(path.read_bytes() + b'"571000000000077AAA","0"\r\n"a","b","c","d","e","f","g"\r\n')
    outcome = run(source, tmp_path / "out", Plan())
    assert outcome.exit_code == 3
    assert [row["raw"] for row in export.rows(tmp_path / "out", "rejected")][1] == '"a","b","c","d","e","f","g"\r\n'
    assert verify(tmp_path / "out", source) == []


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: codecs.BOM_UTF8 + text.encode("utf-8"),
        lambda text: text.replace("😀", "ü").encode("iso-8859-1"),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    ],
    ids=["utf-8", "utf-8 with mark", "iso-8859-1", "utf-16"],
)
@pytest.mark.parametrize(
    "spelling",
    [
        {"line_end": "\r\n", "quoting": csv.QUOTE_ALL},
        {"line_end": "\n", "quoting": csv.QUOTE_MINIMAL},
        {"line_end": "\n", "quoting": csv.QUOTE_NONNUMERIC},
    ],
    ids=["all quoted", "minimal", "text quoted"],
)
def test_spelling_of_the_files_comes_back(tmp_path: Path, export: Any, encode: Any, spelling: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name, rows in export.tables().items():
        (source / f"{name}.csv").write_bytes(encode(export.csv_text(rows, **spelling)))
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)
    residue = export.rows(tmp_path / "out", "residue")
    assert not [row for row in residue if "line" in row]


@pytest.mark.parametrize(
    ("times", "booleans"),
    [
        (lambda text: text.replace(" ", "T") + ".000Z", ("false", "true")),
        (lambda text: text.replace(" ", "T") + ".000+0000", ("0", "1")),
        (lambda text: text.replace(" ", "T") + "Z", ("FALSE", "TRUE")),
        (lambda text: text, ("0", "1")),
    ],
)
def test_forms_of_times_and_booleans_come_from_structure(
    tmp_path: Path, export: Any, times: Any, booleans: tuple[str, str]
) -> None:
    tables = export.tables()
    for rows in tables.values():
        for row in rows:
            for name, value in row.items():
                if value and name.endswith(("Date", "Time", "Modstamp")) and len(value) == 19:
                    row[name] = times(value)
                elif name.startswith("Is"):
                    row[name] = booleans[int(value)]
    source = export.folder(tmp_path / "source", tables)
    outcome = run(source, tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    session = export.rows(tmp_path / "out", "MessagingSession")[0]
    assert session["StartTime"] == "2026-03-02T08:05:00.000Z"
    assert session["IsDeleted"] is False
    assert outcome.manifest["share"]["cells"]["fromResidue"] == 0
    assert verify(tmp_path / "out", source) == []


def test_odd_lines_of_a_file_come_back(source: Path, tmp_path: Path) -> None:
    path = source / "LiveChatVisitor.csv"
    lines = path.read_bytes().split(b"\r\n")
    lines[1] = lines[1].replace(b'"', b"")
    lines[2] += b"\n"
    path.write_bytes(b"\r\n".join(lines).removesuffix(b"\r\n"))
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert verify(tmp_path / "out", source) == []


def test_unused_columns_and_cells_of_another_form_are_residue(tmp_path: Path, export: Any) -> None:
    rows = [export.transcript(1, Unknown="kept"), export.transcript(2, Unknown="", RequestTime="2026-03-02T08:05:00Z")]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    outcome = run(source, tmp_path / "out", Plan())
    assert [sorted(row["cells"]) for row in export.rows(tmp_path / "out", "residue")] == [["Unknown"], ["RequestTime"]]
    assert outcome.manifest["share"]["cells"]["fromResidue"] == 2
    assert verify(tmp_path / "out", source) == []


def test_ids_of_fifteen_characters(tmp_path: Path, export: Any) -> None:
    rows = [{name: value[:15] if name.endswith("Id") else value for name, value in export.transcript(1).items()}]
    events = [
        {name: value[:15] if name.endswith("Id") else value for name, value in row.items()}
        for row in export.usual_events(1)
    ]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows, "LiveChatTranscriptEvent": events})
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert export.rows(tmp_path / "out", "MessagingSession")[0]["Legacy_Transcript_Id__c"] == "570000000000001AAA"
    assert verify(tmp_path / "out", source) == []


def test_headers_in_capitals_as_the_data_loader_writes_them(tmp_path: Path, export: Any) -> None:
    rows = [{name.upper(): value for name, value in row.items()} for row in export.tables()["LiveChatTranscript"]]
    source = export.folder(tmp_path / "source", {"extract": rows})
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert len(export.rows(tmp_path / "out", "MessagingSession")) == 6
    assert verify(tmp_path / "out", source) == []


def test_files_that_are_no_tables_are_carried(source: Path, tmp_path: Path, export: Any) -> None:
    (source / "Attachments").mkdir()
    (source / "Attachments" / "00P000000000001AAA").write_bytes(bytes(range(256)))
    (source / "Empty.csv").write_bytes(b"")
    run(source, tmp_path / "out", Plan())
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)


def test_plan_may_carry_running_chats_over(source: Path, tmp_path: Path) -> None:
    outcome = run(source, tmp_path / "out", Plan(skip_statuses=()))
    assert outcome.manifest["accounts"]["LiveChatTranscript"]["migrated"] == 7
    assert verify(tmp_path / "out", source) == []


def test_deleted_rows_are_skipped(tmp_path: Path, export: Any) -> None:
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": [export.transcript(1, IsDeleted="1")]})
    outcome = run(source, tmp_path / "out", Plan())
    assert outcome.manifest["accounts"]["LiveChatTranscript"]["skipped"] == 1


def test_target_that_is_not_ours_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("do not touch")
    with pytest.raises(UsageError, match="not empty and not ours"):
        run(source, tmp_path / "out", Plan())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_target_with_a_work_folder_of_somebody_else_is_refused(source: Path, tmp_path: Path, export: Any) -> None:
    (tmp_path / "out" / ".chatlift").mkdir(parents=True)
    (tmp_path / "out" / ".chatlift" / "diary").write_text("mine")
    (tmp_path / "out" / "thesis.txt").write_text("do not touch")
    before = export.tree(tmp_path / "out")
    with pytest.raises(UsageError, match="not ours"):
        run(source, tmp_path / "out", Plan())
    assert export.tree(tmp_path / "out") == before


def test_what_an_interrupted_run_left_is_taken_over(source: Path, tmp_path: Path) -> None:
    work = tmp_path / "out" / ".chatlift"
    work.mkdir(parents=True)
    (work / "run.db").write_bytes(b"half")
    (work / "Conversation.part").write_bytes(b"half")
    (tmp_path / "out" / "Conversation.jsonl").write_bytes(b"{}\n")
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert list(work.iterdir()) == []


def test_run_that_fails_leaves_no_result(source: Path, tmp_path: Path) -> None:
    text = "Id,Name\r\n" + "".join(f"{number},x\r\n" for number in range(20_000))
    (source / "Zebra.csv").write_bytes(codecs.BOM_UTF16_LE + text.encode("utf-16-le") + b"\x00\xdc\r\x00\n\x00")
    with pytest.raises(UsageError, match=r"Zebra.csv is not all text"):
        run(source, tmp_path / "out", Plan())
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_target_within_the_source_is_refused(source: Path) -> None:
    for target in (source, source / "out", source.parent):
        with pytest.raises(UsageError, match="within each other"):
            run(source, target, Plan())


def test_no_copy_of_the_source_stays_in_the_work_folder(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())
    verify(tmp_path / "out")
    restore_to(tmp_path / "out", tmp_path / "back.zip")
    assert list((tmp_path / "out" / ".chatlift").iterdir()) == []


@pytest.mark.proof
def test_memory_does_not_grow_with_the_source(tmp_path: Path, export: Any, sized: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()

    def peak(transcripts: int) -> int:
        header = ",".join(export.transcript(1))
        with (source / "LiveChatTranscript.csv").open("w", encoding="utf-8", newline="") as stream:
            stream.write(header + "\n")
            for number in range(transcripts):
                row = export.transcript(1, Id=f"570{number:012}AAA", LiveChatVisitorId=f"571{number % 997:012}AAA")
                stream.write(",".join('"' + value.replace('"', '""') + '"' for value in row.values()) + "\n")
        run(source, tmp_path / "out", Plan())
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    few = peak(sized(10_000))
    many = peak(10 * sized(10_000))
    assert many - few < 40 * 2**20
    assert len(export.rows(tmp_path / "out", "MessagingSession")) == 10 * sized(10_000)
