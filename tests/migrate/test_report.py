"""The report: accounts of chats in each cell, messages against their counts, missing keys, samples, and a page that is safe to open."""

import csv
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest

from chatlift.migrate.counting import Lines
from chatlift.migrate.lists import safe_cell
from chatlift.migrate.plan import Plan
from chatlift.migrate.report.html import esc, plain
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify

Command = Callable[..., tuple[int, str, str]]
EVIL = "\u202eevil\x07"


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def cells(report: dict[str, Any], by: str) -> dict[Any, tuple[int, ...]]:
    names = ("read", "migrated", "target", "skipped", "rejected")
    return {cell["key"]: tuple(cell[name] for name in names) for cell in report["chats"][by]}


@pytest.fixture
def odd(tmp_path: Path, export: Any) -> Path:
    """Chats of several months and ends, rows that name what is missing, and texts that mean ill."""
    tables = export.tables()
    body = export.HEAD + f"( 4s ) Dana K: <script>alert(1)</script>{EVIL}<br>( 5s ) Visitor: =1+1<br>"
    tables["LiveChatTranscript"] += [
        export.transcript(20, RequestTime="2026-04-01T01:00:00.000+0200", Body=body, VisitorMessageCount="9"),
        export.transcript(21, RequestTime="soon"),
        export.transcript(22, RequestTime="", StartTime="2026-04-09 08:00:00", LiveChatButtonId="573000000000009AAA"),
        export.transcript(23, IsDeleted="1"),
    ]
    tables["LiveChatTranscriptEvent"] += [export.event(1, 800, "ChatRequest"), export.event(2, 800, "Accept")]
    folder: Path = export.folder(tmp_path / "odd", tables)
    with (folder / "LiveChatTranscript.csv").open("a") as stream:
        stream.write("too,few\r\n")
    return folder


def test_accounts_close_in_each_cell(chatlift: Command, odd: Path, tmp_path: Path, export: Any) -> None:
    out = tmp_path / "out"
    assert chatlift("migrate", odd, out)[0] == 3
    report = export.json(out / "report.json")
    assert cells(report, "months") == {
        "2026-03": (9, 7, 7, 2, 0),  # 01:00 in a zone two hours east is still March
        "2026-04": (1, 1, 1, 0, 0),
        "unreadable": (2, 0, 0, 0, 2),
    }
    assert cells(report, "statuses")["Completed"] == (7, 5, 5, 1, 1)
    assert cells(report, "statuses")["InProgress"] == (1, 0, 0, 1, 0)
    assert cells(report, "buttons") == {
        None: (1, 1, 1, 0, 0),
        "573000000000001AAA": (9, 6, 6, 2, 1),
        "573000000000009AAA": (1, 1, 1, 0, 0),
        "unreadable": (1, 0, 0, 0, 1),
    }
    assert {cell["key"]: cell["channel"] for cell in report["chats"]["buttons"]}["573000000000001AAA"] == "Shop Button"
    assert report["verdict"] == {"level": "warn", "text": "4 rows could not be carried over. Nothing else was lost."}


def test_cells_are_counted_anew(odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(odd, out, Plan())
    assert verify(out, odd) == []
    edit(out / "MessagingSession.jsonl", '"StartTime":"2026-04-09T', '"StartTime":"2026-05-09T')
    found = verify(out)
    assert "chats by month 2026-04: 0 migrated, the accounts say 1" in found
    assert "chats by month 2026-05: 1 migrated, the accounts say 0" in found


def test_reads_of_each_cell_are_held_against_the_source(odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(odd, out, Plan())
    edit(odd / "LiveChatTranscript.csv", "2026-04-09", "2026-06-09")
    assert "chats by month 2026-06: the source has 1, the accounts say otherwise" in verify(out, odd)


def test_messages_are_held_against_their_counts(odd: Path, tmp_path: Path, export: Any) -> None:
    out = tmp_path / "out"
    counts = run(odd, out, Plan()).manifest["counts"]
    assert counts["compared"] == counts["chats"] - 1  # the missed chat has no counts
    lines = listed(out / "deviations.csv")
    assert counts["differ"] == len(lines) == 2
    first = {name: lines[0][name] for name in ("transcript", "file", "row", "visitor lines", "VisitorMessageCount")}
    assert first == {
        "transcript": "570000000000020AAA",
        "file": "LiveChatTranscript.csv",
        "row": "8",
        "visitor lines": "1",
        "VisitorMessageCount": "9",
    }
    assert lines[0]["likely cause"].startswith("body has fewer lines than were counted")
    assert lines[1]["likely cause"] == "counts include the bot's lines"
    edit(out / "deviations.csv", "fewer lines", "more lines")
    assert verify(out) == ["deviations.csv: changed since it was written"]


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ({}, ""),
        ({"told_agent": None, "visitor": 9}, ""),
        ({"agent": 1, "visitor": 2}, "sum fits, sides differ: the role of an author may be wrong"),
        ({"agent": 1, "bot": 1}, "counts include the bot's lines"),
        ({"agent": 0, "visitor": 0, "is_empty": True}, "no body: its messages were not in the source"),
        ({"agent": 1, "is_truncated": True}, "body cut off at the field's length"),
        ({"agent": 1, "is_loose": True}, "body has text outside the known forms"),
        ({"agent": 3}, "one line of the agent more than counted: it may be an automatic greeting"),
        ({"agent": 3, "agents": 2}, "one line of the agent more than counted: it may be an automatic greeting"),
        ({"agent": 4, "agents": 2}, "several agents wrote: counts may be of one of them"),
        ({"agent": 4}, "body has more lines than were counted"),
        ({"agent": 2, "visitor": 2}, "body has more lines than were counted"),
    ],
)
def test_likely_causes(lines: dict[str, Any], cause: str) -> None:
    usual = {"agent": 2, "visitor": 1, "bot": 0, "agents": 1, "told_agent": 2, "told_visitor": 1}
    flags = {"is_empty": False, "is_truncated": False, "is_loose": False}
    assert Lines(**(usual | flags | lines)).cause() == cause


def test_what_is_missing_is_told_with_its_key(chatlift: Command, odd: Path, tmp_path: Path, export: Any) -> None:
    out = tmp_path / "out"
    _, told, _ = chatlift("migrate", odd, out)
    lines = listed(out / "orphans.csv")
    assert f"records are named and missing, by {len(lines)} rows: {out / 'orphans.csv'}" in told
    lost = [line for line in lines if line["outcome"] == "rejected"]
    assert [(line["missing object"], line["missing id"], line["of id"], line["row"]) for line in lost] == [
        ("LiveChatTranscript", "570000000000800AAA", "57E000000800001AAA", "18"),
        ("LiveChatTranscript", "570000000000800AAA", "57E000000800002AAA", "19"),
    ]
    assert {(line["missing object"], line["missing id"]) for line in lines} >= {
        ("LiveChatButton", "573000000000009AAA"),
        ("LiveChatVisitor", "571000000000020AAA"),
        ("User", export.ROBOT),
    }
    first = export.json(out / "report.json")["orphans"]["parents"]["first"][0]
    assert (first["id"], first["rows"], first["field"], first["byFile"], first["byRow"]) == (
        "570000000000800AAA",
        2,
        "LiveChatTranscriptId",
        "LiveChatTranscriptEvent.csv",
        18,
    )


def test_a_record_that_is_there_is_not_missing(odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(odd, out, Plan())
    edit(out / "rejected.jsonl", '"id":"570000000000800AAA"', '"id":"570000000000001AAA"')
    assert "transcript 570000000000001AAA is there, but rows were rejected for want of it" in verify(out)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"
    assert safe_cell("a=1") == "a=1"
    assert safe_cell(-3) == -3


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_page_is_safe_to_open_and_stands_alone(chatlift: Command, odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chatlift("migrate", odd, out)
    assert chatlift("migrate", "verify", out, "--source", odd, "--sample", "200", "--seed", "3")[0] == 0
    page = (out / "report.html").read_text("utf-8")
    parsed = _Tags()
    parsed.feed(page)
    assert {"svg", "rect", "table", "details"} <= parsed.tags
    assert not {"script", "img", "link", "iframe", "object", "form", "a", "b script"} & parsed.tags
    assert not {name for name in parsed.attributes if name.startswith("on") or name in ("style", "href", "src")}
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert "\u202e" not in page
    assert "\x07" not in page
    assert "&lt;script&gt;" in page
    assert '<span class="hid">U+202E</span>evil<span class="hid">U+0007</span>' in page
    assert not re.search(r"https?://|//[a-z]", page)


def test_hidden_characters_are_shown() -> None:
    assert esc("a\u200bb<\ud800") == 'a<span class="hid">U+200B</span>b&lt;<span class="hid">U+D800</span>'
    assert plain("x\x00\ufeff") == "x[U+0000][U+FEFF]"
    assert esc("مرحبا 👩‍💻\n\tok") == "مرحبا 👩‍💻\n\tok"


def test_same_source_same_report(chatlift: Command, odd: Path, tmp_path: Path, export: Any) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    chatlift("migrate", "run", odd, one, "--workers", "1")
    chatlift("migrate", "run", odd, two, "--workers", "2")
    assert export.tree(one) == export.tree(two)
    chatlift("migrate", "report", two)
    assert export.tree(one) == export.tree(two)


def test_sample_is_chosen_by_its_seed_and_stands_side_by_side(
    chatlift: Command, odd: Path, tmp_path: Path, export: Any
) -> None:
    out = tmp_path / "out"
    chatlift("migrate", "run", odd, out)
    chosen = []
    for seed in ("1", "1", "2"):
        assert chatlift("migrate", "verify", out, "--sample", "3", "--seed", seed)[0] == 0
        report = export.json(out / "report.json")
        chosen.append([sample["transcript"] for sample in report["samples"]])
    assert len(chosen[0]) == 3
    assert chosen[0] == chosen[1] != chosen[2]
    assert report["verification"]["sample"] == {"chats": 3, "seed": 2}
    assert chatlift("migrate", "verify", out, "--sample", "200", "--source", odd)[0] == 0
    samples = {sample["transcript"]: sample for sample in export.json(out / "report.json")["samples"]}
    first = samples["570000000000001AAA"]
    assert (first["legacyFrom"], first["body"], first["differences"]) == ("the source", export.BODY, [])
    said = [(line["role"], line["author"], line["text"]) for line in first["conversation"] if line["kind"] == "entry"]
    assert said[1] == ("EndUser", "Visitor", 'It\'s my "order"\nline two')
    assert {line["kind"] for line in first["conversation"]} == {"entry", "heading", "whisper", "event"}
    page = (out / "report.html").read_text("utf-8")
    assert '( 4s ) Dana K: Hello, how can I help?<span class="tag">&lt;br&gt;</span>\n' in page


def test_an_edited_conversation_shows_beside_the_source(chatlift: Command, odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chatlift("migrate", "run", odd, out)
    edit(out / "ConversationEntry.jsonl", "Hello, how can I help?", "Go away")
    status, _, err = chatlift("migrate", "verify", out, "--sample", "200", "--source", odd)
    assert status == 1
    assert "LiveChatTranscript.csv, row 1: the structures give another Body than the source has" in err
    report = orjson.loads((out / "report.json").read_bytes())
    assert report["verdict"]["level"] == "bad"
    assert "The structures give another Body than the source has." in (out / "report.html").read_text("utf-8")


def test_headline_says_whether_anything_was_lost(chatlift: Command, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chatlift("migrate", "run", source, out)
    page = (out / "report.html").read_text("utf-8")
    assert '<p class="verdict warn">Nothing was lost by the run&#x27;s own books. It is not verified yet.</p>' in page
    chatlift("migrate", "verify", out, "--source", source)
    assert '<p class="verdict good">Nothing was lost.</p>' in (out / "report.html").read_text("utf-8")


def test_keys_of_the_report_are_documented(chatlift: Command, source: Path, tmp_path: Path, export: Any) -> None:
    chatlift("migrate", source, tmp_path / "out")
    page = Path(__file__).parents[2] / "docs" / "migration.md"
    section = page.read_text("utf-8").partition("### report.json")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))
    report = export.json(tmp_path / "out" / "report.json")
    inner = [report[key] for key in ("chats", "counts", "deviations", "verification", "verdict")]
    assert {*report, *(key for one in inner for key in one)} <= named
