"""The text of a transcript (R72, R37), and that the migration reads it back as it was said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.chat import events
from chatlift.emulator.chat.body import LONGEST, body, supervisor_body
from chatlift.emulator.chat.state import Attached
from chatlift.migrate.transform.body import Kind, parse, rebuild

from .conftest import NINE, Run, button, desk, settings

CASE = Attached("500000000000001AAA", "Case", "1", "CaseId")
AGENTS = {"a1": settings(capacity=2), "a2": settings(capacity=2)}
NAMES = {"a1": "Ada K", "a2": "Ben O'Neil & Co"}


def chat(**more: Any) -> Run:
    """Ada in a chat with a visitor."""
    at = desk(button(greeting="Welcome"), agents=AGENTS, zones={"a1": "Europe/Berlin", "a2": "Asia/Kolkata"}, **more)
    at = type(at)(**{name: getattr(at, name) for name in at.__dataclass_fields__} | {"names": NAMES})
    return Run(at).online("a1", "a2").later(7).engaged("c")


def text_of(run: Run) -> str:
    return body(run.chat("c"), run.desk) or ""


def test_r72_a_transcript_begins_with_headings_and_has_a_line_for_each_message() -> None:
    run = chat().later(4).says("c", "v", 'It\'s <b> & "so"').later(3_600).says("c", "a1", "Hello").over("a1", "c")
    assert text_of(run) == (
        '<p align="center">Chat Started: Monday, June 15, 2026, 11:00:07 (+0200)</p>'
        '<p align="center">Chat Origin: Button b</p><p align="center">Agent Ada K</p>'
        "( 0s ) Ada K: Welcome<br>"
        "( 4s ) Visitor: It&#39;s &lt;b&gt; &amp; &quot;so&quot;<br>"
        "( 1h 0m 4s ) Ada K: Hello<br>"
    )


def test_r72_a_transfer_begins_anew_with_the_receivers_time_zone() -> None:
    run = chat().later(10).says("c", "v", "one").do(events.Transfer("c", "a1", to_agent_id="a2"))
    run.later(60).accept("a2", "c").later(5).says("c", "a2", "two").over("a2", "c")
    assert text_of(run).split("one<br>")[1] == (
        '<p align="center">Chat Started: Monday, June 15, 2026, 14:31:17 (+0530)</p>'
        '<p align="center">Chat Origin: Button b</p>'
        '<p align="center">Chat Transferred From Ada K To Ben O&#39;Neil &amp; Co</p>'
        '<p align="center">Agent Ben O&#39;Neil &amp; Co</p>'
        "( 5s ) Ben O&#39;Neil &amp; Co: two<br>"
    )


def test_r37_whispers_are_told_apart() -> None:
    run = (
        chat().later(5).do(events.Whisper("c", "boss", "Boss", "Offer <10%>")).says("c", "a1", "Hello").over("a1", "c")
    )
    assert "Offer" not in text_of(run)
    assert supervisor_body(run.chat("c"), run.desk) == (
        '<p align="center">Chat Started: Monday, June 15, 2026, 11:00:07 (+0200)</p>( 5s ) Boss: Offer &lt;10%&gt;<br>'
    )


def test_r72_a_chat_that_nobody_answered_has_no_text() -> None:
    run = chat().do(events.LogOut("a1")).do(events.LogOut("a2")).ask("d")
    assert body(run.chat("d"), run.desk) is supervisor_body(run.chat("d"), run.desk) is None


@pytest.mark.parametrize("letters", ["x", "<", "\n", "'"])
def test_r72_what_does_not_fit_is_left_out_and_no_mark_is_cut(letters: str) -> None:
    run = chat()
    for number in range(40):
        run.says("c", "v", f"{number} {letters * 5_000}").do(events.Whisper("c", "boss", "Boss", letters * 9_000))
    run.over("a1", "c")
    for text in (text_of(run), supervisor_body(run.chat("c"), run.desk) or ""):
        assert LONGEST - 1_100 < len(text) <= LONGEST
        assert text.endswith("<br>")
        parsed = parse(text)
        assert rebuild(parsed) == text
        assert {piece.kind for piece in parsed.pieces} <= {Kind.STARTED, Kind.ORIGIN, Kind.AGENT, Kind.LINE}


def test_r72_one_message_that_alone_is_too_long_is_cut() -> None:
    run = chat().says("c", "v", "<" * LONGEST).over("a1", "c")
    text = text_of(run)
    assert LONGEST - 10 < len(text) <= LONGEST
    assert text.endswith("&lt;<br>")


# --- the other side ---------------------------------------------------------------------------------------------------


def lines(text: str, *names: str) -> list[tuple[str, str, int | None]]:
    parsed = parse(text, names)
    assert rebuild(parsed) == text
    assert not parsed.residue
    assert not parsed.lead
    return [(piece.name, piece.text, piece.offset) for piece in parsed.pieces if piece.kind is Kind.LINE]


def test_the_migration_reads_the_same_entries() -> None:
    run = chat().later(4).says("c", "v", "Hi: there").later(2).says("c", "a1", "Hello").online()
    run.do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").later(1).says("c", "a2", "I know <this>")
    run.do(events.Leave("c", "a2")).later(70).do(events.VisitorEnds("c")).do(events.Close("c", "a1"))
    text = text_of(run)
    assert lines(text) == [
        ("Ada K", "Welcome", 0),
        ("Visitor", "Hi: there", 4),
        ("Ada K", "Hello", 6),
        ("Ben O'Neil & Co", "I know <this>", 7),
    ]
    [started] = [piece for piece in parse(text).pieces if piece.kind is Kind.STARTED]
    assert started.at == NINE + 7
    assert started.zone == 120


def test_the_migration_reads_files_and_transfers_as_notices() -> None:
    from_case = events.Attach("c", "a1", CASE)
    run = chat().do(from_case).do(events.RequestFile("c", "a1", CASE.record_id, "T", "u"))
    run.do(events.FileArrived("c", "T", "a.txt", None, "069")).do(events.Transfer("c", "a1", to_agent_id="a2"))
    run.accept("a2", "c").says("c", "a2", "Hello").over("a2", "c")
    text = text_of(run)
    kinds = [str(piece.kind) for piece in parse(text).pieces]
    assert "loose" not in kinds
    assert lines(text) == [("Ada K", "Welcome", 0), ("Ben O'Neil & Co", "Hello", 0)]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)


@given(st.lists(st.tuples(st.sampled_from(["v", "a1"]), WORDS, st.integers(0, 5_000)), max_size=8))
def test_whatever_is_said_is_read_back_word_for_word(said: list[tuple[str, str, int]]) -> None:
    run = chat()
    for who, text, wait in said:
        run.later(wait).says("c", who, text)
    run.over("a1", "c")
    names = {"v": "Visitor", "a1": "Ada K"}
    assert [line[:2] for line in lines(text_of(run))] == [
        ("Ada K", "Welcome"),
        *((names[who], text) for who, text, _ in said),
    ]


@pytest.mark.parametrize("text", ["one\ntwo", "\n", "one\n\ntwo\n", "one\r\ntwo", " spaced ", "( 5s ) Visitor: no<br>"])
def test_odd_texts_come_back_too(text: str) -> None:
    run = chat().later(9).says("c", "v", text).says("c", "a1", "after").over("a1", "c")
    assert [line[1] for line in lines(text_of(run))] == [
        "Welcome",
        text.replace("\r\n", "\n"),
        "after",
    ]
