"""A snapshot of an emulated org as a source, and files that only look like one."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator import mock_salesforce
from chatlift.migrate import Plan, UsageError
from chatlift.migrate.masking import Key
from chatlift.migrate.plan import Privacy
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    with mock_salesforce(seed="support-day") as org:
        (tmp_path / "org.snapshot").write_bytes(org.snapshot())
    return tmp_path / "org.snapshot"


def a_database(path: Path, *statements: str) -> Path:
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


def test_snapshot_is_migrated(snapshot: Path, tmp_path: Path, export: Any) -> None:
    before = snapshot.read_bytes()
    outcome = run(snapshot, tmp_path / "out", Plan())
    account = outcome.manifest["accounts"]["LiveChatTranscript"]
    assert (account["read"], account["closed"], outcome.exit_code) == (17, True, 0)
    assert verify(tmp_path / "out") == []
    assert any("Hello" in (row["Message"] or "") for row in export.rows(tmp_path / "out", "ConversationEntry"))
    names = {row["Name"] for row in export.rows(tmp_path / "out", "MessagingEndUser")}
    assert any(not name.startswith("Visitor ") for name in names)
    assert list((tmp_path / "out" / ".chatlift").iterdir()) == []
    assert snapshot.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("org")] == ["org.snapshot"]


def test_verify_compares_with_the_snapshot(snapshot: Path, tmp_path: Path, chatlift: Command) -> None:
    run(snapshot, tmp_path / "out", Plan())
    assert chatlift("migrate", "verify", tmp_path / "out", "--source", snapshot)[:2] == (0, "verified: no finding\n")
    changed = tmp_path / "later.snapshot"
    changed.write_bytes(snapshot.read_bytes())
    database = sqlite3.connect(changed)
    database.execute(
        "UPDATE LiveChatTranscript SET Browser = 'Mosaic' WHERE Id = (SELECT min(Id) FROM LiveChatTranscript)"
    )
    database.execute("DELETE FROM LiveChatTranscriptEvent WHERE Id = (SELECT min(Id) FROM LiveChatTranscriptEvent)")
    database.commit()
    database.close()
    status, _, err = chatlift("migrate", "verify", tmp_path / "out", "--source", changed)
    assert status == 1
    assert "LiveChatTranscript.csv: what is restored is not what the source holds" in err
    assert "LiveChatTranscriptEvent: the source has" in err
    status, _, err = chatlift("migrate", "verify", tmp_path / "out", "--source", "https://example.my.salesforce.com")
    assert (status, err.count("\n")) == (2, 1) and "--source is a zip, a folder or a snapshot" in err


def test_verify_masks_a_snapshot_before_it_compares(snapshot: Path, tmp_path: Path) -> None:
    key = Key(b"k" * 32)
    plan = Plan(privacy=Privacy(names="pseudonymise", mask=("email",)))
    run(snapshot, tmp_path / "out", plan, key=key)
    assert verify(tmp_path / "out", snapshot, key=key) == []
    with pytest.raises(UsageError, match="not that of the migration"):
        verify(tmp_path / "out", snapshot, key=Key(b"other" * 8))


def test_plan_of_a_snapshot_names_its_buttons(snapshot: Path, chatlift: Command) -> None:
    status, out, _ = chatlift("migrate", "plan", snapshot)
    assert (status, "[channels]" in out, "573" in out) == (0, True, True)


@pytest.mark.parametrize(
    ("statements", "part"),
    [
        ((), "cannot be read|no legacy chat"),
        (("CREATE TABLE Other (a TEXT)",), "no legacy chat records"),
        (("CREATE VIEW LiveChatTranscript AS SELECT 1 AS Id, 2 AS Body",), "no legacy chat records"),
        (("CREATE TABLE LiveChatTranscript (Id TEXT, Body TEXT)", "INSERT INTO LiveChatTranscript VALUES (CAST(x'ff' AS TEXT), '')"), "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_snapshot_is_one_line(statements: tuple[str, ...], part: str, tmp_path: Path) -> None:
    path = a_database(tmp_path / "odd.db", "CREATE TABLE IF NOT EXISTS Another (a)", *statements)
    with pytest.raises(UsageError, match=part):
        run(path, tmp_path / "out", Plan())


def test_computed_columns_are_not_computed(tmp_path: Path) -> None:
    path = a_database(
        tmp_path / "odd.db",
        "CREATE TABLE LiveAgentSession (Id TEXT, AgentId TEXT, LoginTime TEXT)",
        "INSERT INTO LiveAgentSession VALUES ('0HK000000000001AAA', '005000000000001AAA', '2026-03-02T08:00:00.000+0000')",
        "CREATE TABLE User (Id TEXT, Name TEXT, Evil TEXT AS (hex(zeroblob(1000000))))",
    )
    outcome = run(path, tmp_path / "out", Plan())
    assert outcome.manifest["accounts"]["LiveAgentSession"]["migrated"] == 1


def test_a_database_in_use_is_refused(snapshot: Path, tmp_path: Path) -> None:
    snapshot.with_name("org.snapshot-wal").write_bytes(b"x")
    with pytest.raises(UsageError, match="in use"):
        run(snapshot, tmp_path / "out", Plan())


def test_bytes_that_are_cut_off_are_refused(snapshot: Path, tmp_path: Path) -> None:
    snapshot.write_bytes(snapshot.read_bytes()[:200_000])
    with pytest.raises(UsageError, match="cannot be read as a snapshot"):
        run(snapshot, tmp_path / "out", Plan())
