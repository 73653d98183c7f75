"""The command: steps, exit statuses, and one line for what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Command = Callable[..., tuple[int, str, str]]


def test_whole_migration_ends_well(chatlift: Command, source: Path, tmp_path: Path) -> None:
    status, out, err = chatlift("migrate", source, tmp_path / "out")
    assert (status, err) == (0, "")
    assert "verified: no finding" in out
    report = orjson.loads((tmp_path / "out" / "report.json").read_bytes())
    assert report["closed"] is True
    assert report["verification"] == {
        "passed": True,
        "findings": [],
        "comparedWithSource": False,
        "sample": None,
    }


def test_rejects_end_with_three(chatlift: Command, tmp_path: Path, export: Any) -> None:
    tables = {"LiveChatTranscript": [export.transcript(1), export.transcript(2, RequestTime="soon")]}
    status, out, _ = chatlift("migrate", export.folder(tmp_path / "source", tables), tmp_path / "out")
    assert status == 3
    assert "LiveChatTranscript                 2         1         0         1" in out


def test_steps_one_by_one(chatlift: Command, source: Path, tmp_path: Path, export: Any) -> None:
    out = tmp_path / "out"
    assert chatlift("migrate", "run", source, out)[0] == 0
    assert orjson.loads((out / "report.json").read_bytes())["verification"] is None
    assert chatlift("migrate", "verify", out)[:2] == (0, "verified: no finding\n")
    assert chatlift("migrate", "verify", out, "--source", source)[0] == 0
    assert chatlift("migrate", "restore", out, tmp_path / "back")[0] == 0
    assert export.tree(tmp_path / "back") == export.tree(source)
    assert chatlift("migrate", "restore", out, tmp_path / "new" / "folder" / "back.zip")[0] == 0
    assert (tmp_path / "new" / "folder" / "back.zip").is_file()
    (out / "report.html").unlink()
    assert chatlift("migrate", "report", out)[0] == 0
    assert (out / "report.html").exists()


def test_help_names_the_steps(chatlift: Command) -> None:
    out = chatlift("migrate", "--help")[1]
    assert {"package", "plan", "report", "restore", "retry", "rollback", "run", "verify"} <= set(out.split())


def test_verify_with_another_source_says_so_before_all_else(
    chatlift: Command, source: Path, tmp_path: Path, export: Any
) -> None:
    out = tmp_path / "out"
    assert chatlift("migrate", source, out)[0] == 0
    assert chatlift("migrate", "verify", out, "--source", source)[0] == 0
    tables = export.tables()
    tables["LiveChatTranscript"].append(export.transcript(40))
    del tables["LiveAgentSession"]
    other = export.folder(tmp_path / "other", tables)
    (other / "more.txt").write_text("x")
    status, _, told = chatlift("migrate", "verify", out, "--source", other)
    files = len(list(other.iterdir()))
    assert status == 1
    assert told.startswith(f"the source is not as it was read: 3 of {files + 1} files are others; see whether")
    assert "LiveChatTranscript: the source has 8 rows, the accounts say 7" in told


def test_plan_is_written_and_used(chatlift: Command, source: Path, tmp_path: Path, export: Any) -> None:
    plan = tmp_path / "plan.toml"
    assert chatlift("migrate", "plan", source, "--out", plan)[0] == 0
    text = plan.read_text("utf-8")
    assert '# "573000000000001AAA" = "Shop_Button"' in text
    plan.write_text(text.replace('# "573000000000001AAA"', '"573000000000001AAA"'), "utf-8")
    status, told, _ = chatlift("migrate", source, tmp_path / "out", "--plan", plan)
    assert (status, "[channels]" in told) == (0, False)
    names = {row["DeveloperName"] for row in export.rows(tmp_path / "out", "MessagingChannel")}
    assert names == {"Shop_Button", "Legacy_Chat"}
    assert chatlift("migrate", "plan", source)[1] == text
    plan.write_text(text.replace('# "573000000000001AAA"', '"573000000000009AAA"'), "utf-8")
    told = chatlift("migrate", source, tmp_path / "typo", "--plan", plan)[1]
    assert "the plan's [channels] name buttons that no chat has: 573000000000009AAA\n" in told


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("skip_statuses = 'Waiting'", "must be a list"),
        ("default_channel = 'no spaces please'", "is not a DeveloperName"),
        ("consent_status = 'Maybe'", "is not possible"),
        ("[channels]\n'573' = 'Shop'", "is not a button id"),
        ("default_channel = ", "is not TOML: Invalid value (at end of document); correct it"),
    ],
)
def test_plan_that_cannot_be_used(chatlift: Command, source: Path, tmp_path: Path, text: str, part: str) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(text, "utf-8")
    status, _, err = chatlift("migrate", source, tmp_path / "out", "--plan", plan)
    assert status == 2
    assert part in err
    assert err.count("\n") == 1


def test_errors_of_use_are_one_line(chatlift: Command, source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("x")
    (tmp_path / "plain.txt").write_text("x")
    for words in (
        (),
        (source,),
        (tmp_path / "nowhere", tmp_path / "out"),
        (tmp_path / "plain.txt", tmp_path / "out"),
        (source, tmp_path / "mine"),
        (source, tmp_path / "plain.txt"),
        (source, source / "out"),
        ("verify", tmp_path / "mine"),
        ("restore", tmp_path / "mine", tmp_path / "back"),
        ("report", tmp_path / "nowhere"),
        ("plan", tmp_path / "nowhere"),
        (source, tmp_path / "out", "--plan", tmp_path / "no-plan.toml"),
        (source, tmp_path / "out", "--source-token-file", tmp_path / "plain.txt"),
        ("--nonsense", source, tmp_path / "out"),
        (source, "https://example.my.salesforce.com"),
        ("run", source, "HTTPS://example.my.salesforce.com"),
        ("restore", tmp_path / "mine", "https://example.my.salesforce.com"),
        ("plan", source, "--out", tmp_path / "no" / "such" / "plan.toml"),
        ("plan", source, "--out", tmp_path),
        ("plan", source, "--source-token-file", tmp_path / "plain.txt"),
    ):
        status, _, err = chatlift("migrate", *words)
        assert status == 2, words
        assert err.count("\n") == 1, err
        assert err.startswith("chatlift migrate")


def test_folder_named_like_a_step_is_a_source_with_a_dot(
    chatlift: Command, tmp_path: Path, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    export.folder(tmp_path / "plan", export.tables())
    monkeypatch.chdir(tmp_path)
    assert chatlift("migrate", "./plan", "out")[0] == 0


def test_verification_finds_what_was_changed(chatlift: Command, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chatlift("migrate", "run", source, out)
    entries = out / "ConversationEntry.jsonl"
    good = entries.read_bytes()
    for old, new, part in (
        (b"Hello, how", b"Hullo, how", "what is restored is not what was read"),
        (b'"EntryType":"Text"', b'"EntryType":"Song"', "'Song' is not a value of the field"),
        (b'"Seq":1,', b'"Seq":1,"Colour":"red",', "there is no field Colour"),
        (b'"ConversationId":"0dw', b'"ConversationId":"0dX', "is no row of Conversation"),
    ):
        entries.write_bytes(good.replace(old, new, 1))
        status, _, err = chatlift("migrate", "verify", out)
        assert status == 1
        assert part in err
        assert "ConversationEntry.jsonl: changed since it was written" in err
    entries.write_bytes(good.split(b"\n", 1)[1])
    assert "messages: 15 migrated, the accounts say 16" in chatlift("migrate", "verify", out)[2]


def test_verification_does_not_believe_the_manifest(chatlift: Command, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chatlift("migrate", "run", source, out)
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    manifest["accounts"]["LiveChatVisitor"]["migrated"] += 1
    (out / "manifest.json").write_bytes(orjson.dumps(manifest))
    status, _, err = chatlift("migrate", "verify", out)
    assert status == 1
    assert "LiveChatVisitor: 4 migrated, the accounts say 5" in err


def test_verification_against_another_source(chatlift: Command, source: Path, tmp_path: Path, export: Any) -> None:
    chatlift("migrate", "run", source, tmp_path / "out")
    tables = export.tables()
    tables["LiveChatTranscript"].pop()
    other = export.folder(tmp_path / "other", tables)
    status, _, err = chatlift("migrate", "verify", tmp_path / "out", "--source", other)
    assert status == 1
    assert "LiveChatTranscript.csv: what is restored is not what the source holds" in err
    assert "chats by status InProgress: the source has 0" in err


def test_report_escapes_what_comes_from_data(chatlift: Command, tmp_path: Path, export: Any) -> None:
    evil = "<script>alert(1)<"
    tables = {"LiveChatTranscript": [export.transcript(1), export.transcript(2, Id="")], evil: [{"Id": "1"}]}
    chatlift("migrate", export.folder(tmp_path / evil, tables), tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3
