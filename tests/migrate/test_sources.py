"""Data Export zips in one and more parts, and sources that mean no good."""

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chatlift.migrate import Plan, UsageError
from chatlift.migrate.report import write_report
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify


def export_files(export: Any) -> dict[str, bytes]:
    return {f"{name}.csv": export.csv_text(rows).encode() for name, rows in export.tables().items()}


def test_first_part_brings_the_other_parts_along(tmp_path: Path, export: Any) -> None:
    files = export_files(export)
    first = {name: files[name] for name in ("LiveChatTranscript.csv", "User.csv")}
    second = {name: content for name, content in files.items() if name not in first}
    source = export.zip(tmp_path / "WE_00D000000000001AAA_1.ZIP", first)
    export.zip(tmp_path / "WE_00D000000000001AAA_2.ZIP", second)
    outcome = run(source, tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    assert outcome.manifest["accounts"]["LiveChatTranscriptEvent"]["migrated"] == 16
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == files


@pytest.mark.parametrize("numbers", [(1, 3), (2,), (2, 3)])
def test_missing_part_of_an_export_is_told(tmp_path: Path, export: Any, numbers: tuple[int, ...]) -> None:
    files = export_files(export)
    folder = tmp_path / "parts"
    folder.mkdir()
    parts = [export.zip(folder / f"WE_00D000000000001AAA_{number}.ZIP", files) for number in numbers]
    for source in (parts[0], folder):
        with pytest.raises(UsageError, match=r"part \d of the export WE_00D000000000001AAA is missing beside"):
            run(source, tmp_path / "out", Plan())


def test_further_part_is_no_source_by_itself_and_years_are_no_parts(tmp_path: Path, export: Any) -> None:
    files = export_files(export)
    export.zip(tmp_path / "export_1.zip", files)
    second = export.zip(tmp_path / "export_2.zip", {"Other.csv": b"Id\n"})
    with pytest.raises(UsageError, match=r"name the first one, .*export_1\.zip"):
        run(second, tmp_path / "out", Plan())
    year = export.zip(tmp_path / "export_2026.zip", files)
    assert run(year, tmp_path / "out", Plan()).exit_code == 0
    second.unlink()
    assert run(tmp_path / "export_1.zip", tmp_path / "out2", Plan()).exit_code == 0


def test_source_without_chats_is_told(tmp_path: Path, export: Any) -> None:
    source = export.zip(tmp_path / "wrong.zip", {"LiveChatTranscript.csv": b"Id,Body\n"})
    outcome = run(source, tmp_path / "out", Plan())
    write_report(tmp_path / "out", outcome.manifest)
    report = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert report["verdict"] == {
        "level": "warn",
        "text": "No chats were in the source: see whether it is the right one.",
    }


def test_object_that_is_split_over_parts(tmp_path: Path, export: Any) -> None:
    tables = export.tables()
    rows = tables["LiveChatTranscript"]
    folder = tmp_path / "source"
    folder.mkdir()
    rest = {
        f"{name}.csv": export.csv_text(found).encode() for name, found in tables.items() if name != "LiveChatTranscript"
    }
    first = {"LiveChatTranscript.csv": export.csv_text(rows[:3]).encode()} | rest
    second = {"LiveChatTranscript.csv": export.csv_text(rows[3:], line_end="\n").encode()}
    export.zip(folder / "WE_1_1.ZIP", first)
    export.zip(folder / "WE_1_2.ZIP", second)
    outcome = run(folder, tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    assert outcome.manifest["accounts"]["LiveChatTranscript"]["read"] == 7
    assert verify(tmp_path / "out", folder) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    back = export.tree(tmp_path / "back")
    assert back["WE_1_1/LiveChatTranscript.csv"] == first["LiveChatTranscript.csv"]
    assert back["WE_1_2/LiveChatTranscript.csv"] == second["LiveChatTranscript.csv"]


def test_object_that_is_split_over_files_of_a_folder(tmp_path: Path, export: Any) -> None:
    rows = export.tables()["LiveChatTranscript"]
    tables = {"LiveChatTranscript": rows[:2], "LiveChatTranscript_2": rows[2:5], "LiveChatTranscript_10": rows[5:]}
    source = export.folder(tmp_path / "source", tables)
    run(source, tmp_path / "out", Plan())
    ids = [row["Legacy_Transcript_Id__c"] for row in export.rows(tmp_path / "out", "MessagingSession")]
    assert ids == sorted(ids)
    assert verify(tmp_path / "out", source) == []


def refused(source: Path, tmp_path: Path) -> str:
    with pytest.raises(UsageError) as error:
        run(source, tmp_path / "out", Plan())
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out" / "manifest.json").exists()
    return str(error.value)


def test_source_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no source" in refused(tmp_path / "nowhere", tmp_path)


def test_source_without_tables(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    assert "is empty" in refused(tmp_path / "source", tmp_path)
    (tmp_path / "source" / "readme.txt").write_text("hello")
    assert "holds no CSV file" in refused(tmp_path / "source", tmp_path)
    (tmp_path / "source" / "Account.csv").write_text("Id,Name\n")
    assert "no legacy chat records" in refused(tmp_path / "source", tmp_path)


def test_single_csv_file(source: Path, tmp_path: Path) -> None:
    assert "give the folder" in refused(source / "User.csv", tmp_path)


def test_file_that_is_no_zip(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"not a zip")
    assert "not a zip that can be read" in refused(tmp_path / "export.zip", tmp_path)


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "C:evil.csv"])
def test_zip_that_leads_out_of_itself(tmp_path: Path, export: Any, name: str) -> None:
    source = export.zip(tmp_path / "export.zip", export_files(export) | {name: b"Id\n"})
    assert "leads out" in refused(source, tmp_path)


def test_zip_bomb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("LiveChatTranscript.csv", b"0" * (80 * 2**20))
    assert "zip bomb" in refused(tmp_path / "export.zip", tmp_path)


def test_zip_that_declares_less_than_it_holds(tmp_path: Path, export: Any) -> None:
    source = export.zip(
        tmp_path / "export.zip", {"LiveChatTranscript.csv": export.csv_text([export.transcript(1)]).encode()}
    )
    content = bytearray(source.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 10)
    struct.pack_into("<I", content, 22, 10)
    source.write_bytes(bytes(content))
    assert "cannot be read" in refused(source, tmp_path)


def test_damaged_zip(tmp_path: Path, export: Any) -> None:
    source = export.zip(tmp_path / "export.zip", export_files(export))
    content = bytearray(source.read_bytes())
    content[60:90] = b"\xff" * 30
    source.write_bytes(bytes(content))
    assert "cannot be read" in refused(source, tmp_path)


def test_symbolic_link_in_a_folder(source: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (source / "Contact.csv").symlink_to(tmp_path / "secret")
    assert "symbolic link" in refused(source, tmp_path)


def test_quote_that_is_never_closed(source: Path, tmp_path: Path) -> None:
    with (source / "LiveChatVisitor.csv").open("ab") as stream:
        stream.write(b'"571000000000088AAA","0","never closed\r\n')
    assert "never closed" in refused(source, tmp_path)


def test_cell_without_end(source: Path, tmp_path: Path) -> None:
    with (source / "LiveChatVisitor.csv").open("ab") as stream:
        stream.write(b'"' + b"x" * 4_100_000 + b'"\r\n')
    assert "field larger than field limit" in refused(source, tmp_path)


def test_column_that_stands_twice(source: Path, tmp_path: Path) -> None:
    (source / "LiveChatVisitor.csv").write_bytes(b"Id,Id\n1,2\n")
    assert "twice" in refused(source, tmp_path)


def test_nul_in_a_cell_comes_back(tmp_path: Path, export: Any) -> None:
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": [export.transcript(1, Browser="a\0b")]})
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert verify(tmp_path / "out", source) == []


def test_formulas_are_left_alone(source: Path, tmp_path: Path, export: Any) -> None:
    run(source, tmp_path / "out", Plan())
    restore_to(tmp_path / "out", tmp_path / "back")
    assert b'"=1+1"' in (tmp_path / "back" / "Account.csv").read_bytes()
