"""Sources that are odd but not wrong come through; what cannot is refused in one line."""

from pathlib import Path
from typing import Any

import pytest

from chatlift.migrate import Plan, UsageError
from chatlift.migrate.plan import commented
from chatlift.migrate.prospect import look
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Outcome, run
from chatlift.migrate.verify import verify


def migrated(tmp_path: Path, export: Any, files: dict[str, bytes]) -> Outcome:
    """Migrate files, verify the result and compare what is restored with them."""
    source = tmp_path / "source"
    source.mkdir()
    for name, content in files.items():
        (source / name).write_bytes(content)
    outcome = run(source, tmp_path / "out", Plan())
    assert verify(tmp_path / "out", source) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == files
    return outcome


def test_part_with_a_header_alone_before_one_of_another_form(tmp_path: Path, export: Any) -> None:
    rows = export.csv_text([export.transcript(1)]).encode()
    migrated(tmp_path, export, {"LiveChatTranscript_1.csv": b"Id,Body\n", "LiveChatTranscript_2.csv": rows})


@pytest.mark.parametrize(
    "other",
    [b"a,A,b\n1,2,3\n", b'a,b\n1,"2\n', b"\xff\xfea\x00\x00\xdc\n\x00", b"", b"\n\n", b"a,a\n" * 60 + b'"'],
    ids=["columns twice", "open quote", "no text", "empty", "empty lines", "both"],
)
def test_other_file_that_is_no_table_is_carried(tmp_path: Path, export: Any, other: bytes) -> None:
    rows = export.csv_text([export.transcript(1)]).encode()
    assert migrated(tmp_path, export, {"LiveChatTranscript.csv": rows, "notes.csv": other}).exit_code == 0


@pytest.mark.parametrize("double", ["Status", "rating__c"])
def test_column_twice_in_a_chat_file_is_refused(tmp_path: Path, export: Any, double: str) -> None:
    text = export.csv_text([export.transcript(1, Other__c="1")]).replace('"Other__c"', f'"{double}"')
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "LiveChatTranscript.csv").write_text(text)
    with pytest.raises(UsageError, match=r"has the column '(Status|Rating__c)' twice"):
        run(tmp_path / "source", tmp_path / "out", Plan())


def test_file_name_that_is_no_text_is_refused(source: Path, tmp_path: Path) -> None:
    try:
        (source / "\udcff.txt").write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such name")
    with pytest.raises(UsageError, match="is not UTF-8"):
        run(source, tmp_path / "out", Plan())


def test_times_beyond_the_calendar_are_rejected(tmp_path: Path, export: Any) -> None:
    rows = [
        export.transcript(1, RequestTime="0001-01-01 00:00:00+0100"),
        export.transcript(2, EndTime="9999-12-31 23:59:59-0100"),
        export.transcript(3, StartTime="9999-12-31 23:59:59", EndTime="", Body="( 9s ) A: b<br>"),
        export.transcript(4),
    ]
    outcome = migrated(tmp_path, export, {"LiveChatTranscript.csv": export.csv_text(rows).encode()})
    assert outcome.books.of("LiveChatTranscript").rejected == 3


@pytest.mark.parametrize("date", ["December 31, 9999, 23:59:59 (-0800)", "January 01, 0001, 00:00:00 (+0800)"])
def test_heading_dates_beyond_the_calendar_stay_text(tmp_path: Path, export: Any, date: str) -> None:
    body = f'<p align="center">Chat Started: Monday, {date}</p>( 9999h 0m 4s ) Dana K: a<br>'
    files = {"LiveChatTranscript.csv": export.csv_text([export.transcript(1, Body=body)]).encode()}
    outcome = migrated(tmp_path, export, files)
    assert outcome.books.warning_counts["heading date: the date of Chat Started could not be read"] == 1


def test_custom_fields_that_look_like_ours(tmp_path: Path, export: Any) -> None:
    own = {"Legacy_Foo__c": "z", "Own_Legacy_Foo__c": "q", "Own__c": "r"}
    rows = export.csv_text([export.transcript(1, **own)]).encode()
    outcome = migrated(tmp_path, export, {"LiveChatTranscript.csv": rows})
    assert outcome.manifest["share"]["cells"]["fromResidue"] == 0


def test_custom_fields_of_managed_packages_get_names_that_any_org_takes(tmp_path: Path, export: Any) -> None:
    own = {"acme__Flag__c": "z", "acme_pkg_Flag__c": "q", "My_pkg_Field__c": "r"}
    tables = {
        "LiveChatTranscript": [export.transcript(1, **own)],
        "LiveChatVisitor": [export.tables()["LiveChatVisitor"][0] | own],
        "LiveAgentSession": [export.tables()["LiveAgentSession"][0] | {"acme__Flag__c": "z"}],
    }
    files = {f"{name}.csv": export.csv_text(rows).encode() for name, rows in tables.items()}
    outcome = migrated(tmp_path, export, files)
    assert outcome.manifest["share"]["cells"]["fromResidue"] == 0
    proposal = commented(look(tmp_path / "source"))
    assert '# "LiveChatTranscript.acme__Flag__c" = "Chat_acme_Flag__c"' in proposal.splitlines()
    for kind, name in (
        ("MessagingSession", "acme_pkg_Flag__c"),
        ("MessagingEndUser", "acme_pkg_Flag__c"),
        ("Legacy_Agent_Session__c", "Own_acme_pkg_Flag__c"),
    ):
        [row] = export.rows(tmp_path / "out", kind)
        assert row[name] == "z"
        assert not [field for field in row if "__" in field.removesuffix("__c") and not field.startswith("Own_Own")]


def test_columns_without_a_field_are_told(tmp_path: Path, export: Any) -> None:
    rows = export.csv_text([export.transcript(1, **{"Owner.Name": "Dana Kern"})]).encode()
    books = migrated(tmp_path, export, {"LiveChatTranscript.csv": rows}).books
    assert books.warnings["column: LiveChatTranscript has no such field, kept for the restore alone"] == ["Owner.Name"]


def test_custom_text_that_no_field_takes_is_rejected(tmp_path: Path, export: Any) -> None:
    rows = export.csv_text([export.transcript(1, Rating__c="x" * 131_073)]).encode()
    assert migrated(tmp_path, export, {"LiveChatTranscript.csv": rows}).exit_code == 3


@pytest.mark.parametrize(
    ("quote", "codec", "told"), [("“5 €”", "cp1252", "windows-1252"), ("Å", "iso-8859-1", "ISO-8859-1")]
)
def test_single_byte_text_is_read_and_told(tmp_path: Path, export: Any, quote: str, codec: str, told: str) -> None:
    body = f"{export.HEAD}( 4s ) Dana K: {quote}<br>"
    files = {"LiveChatTranscript.csv": export.csv_text([export.transcript(1, Body=body)]).encode(codec)}
    books = migrated(tmp_path, export, files).books
    assert [row["Message"] for row in export.rows(tmp_path / "out", "ConversationEntry")] == [quote]
    assert books.warnings[f"encoding: not UTF-8, read as {told}"] == ["LiveChatTranscript.csv"]


def test_byte_order_mark_before_text_of_another_encoding_is_refused(tmp_path: Path, export: Any) -> None:
    (tmp_path / "source").mkdir()
    text = export.csv_text([export.transcript(1, Browser="Å")]).encode("iso-8859-1")
    (tmp_path / "source" / "LiveChatTranscript.csv").write_bytes(b"\xef\xbb\xbf" + text)
    with pytest.raises(UsageError, match="not all text"):
        run(tmp_path / "source", tmp_path / "out", Plan())


def test_rows_of_the_recycle_bin_are_skipped(tmp_path: Path, export: Any) -> None:
    visitor = {"LiveChatVisitorId": "571000000000009AAA"}
    files = {
        "LiveChatTranscript.csv": [
            export.transcript(1, IsDeleted="1", ContactId="003000000000001AAA", **visitor),
            export.transcript(2, ContactId="003000000000002AAA", **visitor),
        ],
        "LiveChatTranscriptEvent.csv": [export.event(1, 2, "Accept"), export.event(2, 2, "EndAgent", IsDeleted="1")],
        "LiveAgentSession.csv": [{"Id": "0HK000000000001AAA", "IsDeleted": "true", "LoginTime": "2026-03-02 08:00:00"}],
        "LiveChatVisitor.csv": [{"Id": visitor["LiveChatVisitorId"], "SessionKey": "key"}],
    }
    books = migrated(tmp_path, export, {name: export.csv_text(rows).encode() for name, rows in files.items()}).books
    assert {name: account.skipped for name, account in books.objects.items() if account.skipped} == {
        "LiveChatTranscript": 1,
        "LiveChatTranscriptEvent": 1,
        "LiveAgentSession": 1,
    }
    assert [row["MessagingPlatformKey"] for row in export.rows(tmp_path / "out", "MessagingEndUser")] == ["key"]


def test_run_after_one_that_failed_goes_through(source: Path, tmp_path: Path, export: Any) -> None:
    (source / "notes.txt").write_bytes(b"kept")
    good = (source / "LiveChatVisitor.csv").read_bytes()
    (source / "LiveChatVisitor.csv").write_bytes(good + good.split(b"\r\n")[1] * 60 + b'\r\n"open')
    with pytest.raises(UsageError, match="never closed"):
        run(source, tmp_path / "out", Plan())
    (source / "LiveChatVisitor.csv").write_bytes(good)
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    (tmp_path / "out" / "manifest.json").unlink()
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    (tmp_path / "out" / "manifest.json").unlink()
    (tmp_path / "out" / "mine.txt").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not ours"):
        run(source, tmp_path / "out", Plan())


def test_parts_with_equal_files_beside_a_folder_of_their_name(tmp_path: Path, export: Any) -> None:
    source = tmp_path / "source"
    (source / "A").mkdir(parents=True)
    (source / "A" / "x.txt").write_bytes(b"3")
    for number, part in enumerate("AB", 1):
        rows = export.csv_text([export.transcript(number)]).encode()
        export.zip(source / f"{part}.zip", {"LiveChatTranscript.csv": rows, "x.txt": b"%d" % number})
    run(source, tmp_path / "out", Plan())
    restore_to(tmp_path / "out", tmp_path / "back")
    files = export.tree(tmp_path / "back")
    assert {name: files[name] for name in files if name.endswith(".txt")} == {
        "A/x.txt": b"3",
        "A.zip/x.txt": b"1",
        "B/x.txt": b"2",
    }


@pytest.mark.parametrize("name", ["./x.txt", "a//x.txt", "a/./x.txt"])
def test_zip_path_with_a_second_spelling_is_refused(tmp_path: Path, export: Any, name: str) -> None:
    rows = export.csv_text([export.transcript(1)]).encode()
    source = export.zip(tmp_path / "export.zip", {"LiveChatTranscript.csv": rows, name: b"x"})
    with pytest.raises(UsageError, match="another may stand for"):
        run(source, tmp_path / "out", Plan())
