"""The body grammar: golden bodies, each pitfall, and the round trip of any text whatsoever."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatlift.migrate.transform.body import Kind, Labels, ParsedBody, Style, parse, rebuild

GOLDEN = Path(__file__).parent.parent / "golden" / "bodies"
HEAD = '<p align="center">Chat Started: Monday, March 02, 2026, 09:05:07 (+0100)</p><p align="center">Agent Dana K</p>'
START = 1772438707


def plain(parsed: ParsedBody) -> dict[str, Any]:
    pieces = []
    for piece in parsed.pieces:
        values = {name: getattr(piece, name) for name in ("kind", "text", "name", "offset", "at", "zone", "role")}
        pieces.append({name: value for name, value in values.items() if value not in ("", None)})
    return {
        "style": parsed.style.to_text(),
        "truncated": parsed.truncated,
        "lead": parsed.lead,
        "pieces": pieces,
        "residue": {str(index): residue.to_json() for index, residue in parsed.residue.items()},
    }


def lines(parsed: ParsedBody) -> list[tuple[str, str]]:
    return [(piece.name, piece.text) for piece in parsed.pieces if piece.kind is Kind.LINE]


def residue_bytes(parsed: ParsedBody) -> int:
    return len(parsed.lead) + sum(len(json.dumps(residue.to_json())) for residue in parsed.residue.values())


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_golden_body_parses_as_written_down_and_comes_back(name: str) -> None:
    body = (GOLDEN / f"{name}.txt").read_bytes().decode()
    parsed = parse(body)
    assert json.loads(json.dumps(plain(parsed))) == json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    assert rebuild(parsed) == body


def test_residue_of_the_golden_bodies_is_under_five_percent() -> None:
    bodies = [path.read_bytes() for path in GOLDEN.glob("*.txt")]
    assert len(bodies) >= 17
    residue = sum(residue_bytes(parse(body.decode())) for body in bodies)
    assert residue < 0.05 * sum(map(len, bodies))


# --- each pitfall -----------------------------------------------------------------------------------------------------


def test_author_ends_at_the_first_colon_of_the_line() -> None:
    assert lines(parse(HEAD + "( 4s ) Dana K: see: this: that<br>")) == [("Dana K", "see: this: that")]


def test_longest_known_author_wins_over_the_first_colon() -> None:
    body = HEAD.replace("Dana K", "Dr: Who") + "( 4s ) Dr: Who: hello: you<br>"
    assert lines(parse(body)) == [("Dr: Who", "hello: you")]
    assert lines(parse(HEAD + "( 4s ) Dr: No: hello<br>", known_authors=["Dr: No"])) == [("Dr: No", "hello")]
    assert lines(parse(HEAD + "( 4s ) Dr: No: hello<br>")) == [("Dr", "No: hello")]


def test_author_who_is_not_in_the_agent_heading_keeps_his_own_name() -> None:
    body = HEAD.replace("Dana K", "(UserFirstName)") + "( 4s ) Acme Support: hello<br>( 5s ) Visitor: hi<br>"
    assert lines(parse(body)) == [("Acme Support", "hello"), ("Visitor", "hi")]


def test_message_goes_on_over_lines_without_a_time() -> None:
    body = HEAD + "( 4s ) Dana K: first<br><br>refid: 1<br>- bullet<br>( 9s ) Visitor: ok<br>"
    parsed = parse(body)
    assert lines(parsed) == [("Dana K", "first\n\nrefid: 1\n- bullet"), ("Visitor", "ok")]
    assert not parsed.residue


def test_time_that_a_user_typed_belongs_to_the_message() -> None:
    in_text = HEAD + "( 9s ) Dana K: it took ( 5s ) in all<br>( 10s ) Visitor: ok<br>"
    assert lines(parse(in_text)) == [("Dana K", "it took ( 5s ) in all"), ("Visitor", "ok")]
    without_author = HEAD + "( 9s ) Dana K: log<br>( 5s ) starting<br>( 10s ) Visitor: ok<br>"
    assert lines(parse(without_author)) == [("Dana K", "log\n( 5s ) starting"), ("Visitor", "ok")]
    back_in_time = HEAD + "( 9s ) Dana K: log<br>( 5s ) worker: up<br>( 10s ) Visitor: ok<br>"
    assert lines(parse(back_in_time)) == [("Dana K", "log\n( 5s ) worker: up"), ("Visitor", "ok")]


def test_known_author_may_go_back_in_time_and_file_order_stays() -> None:
    body = HEAD + "( 9s ) Dana K: a<br>( 9s ) Visitor: b<br>( 7s ) Visitor: c<br>"
    assert lines(parse(body)) == [("Dana K", "a"), ("Visitor", "b"), ("Visitor", "c")]


def test_zone_of_the_heading_is_taken_off() -> None:
    for zone, shift in (("+0100", 3600), ("-0800", -28800), ("+0530", 19800), ("+0000", 0)):
        parsed = parse(HEAD.replace("+0100", zone))
        assert parsed.pieces[0].at == START + 3600 - shift


def test_offsets_restart_with_each_heading() -> None:
    body = (GOLDEN / "sample-2-bot-hand-over.txt").read_text("utf-8")
    parsed = parse(body)
    starts = [piece.at for piece in parsed.pieces if piece.kind is Kind.STARTED]
    assert starts == [1772445600, 1772445630]
    assert parsed.pieces[-1].offset == 12


def test_entities_are_undone_once() -> None:
    parsed = parse(HEAD + "( 4s ) Dana K: write &lt;br&gt; or &amp;lt; or &amp;#39;<br>")
    assert lines(parsed) == [("Dana K", "write <br> or &lt; or &#39;")]
    assert not parsed.residue


def test_numeric_and_named_entities_are_read_and_come_back_as_they_were() -> None:
    body = HEAD + "( 4s ) Dana K: caf&eacute; &#8364; &#x1F600; &nbsp;&bogus; &#0; it&#39;s<br>"
    parsed = parse(body)
    assert lines(parsed) == [("Dana K", "café € 😀 \xa0&bogus; &#0; it's")]
    assert rebuild(parsed) == body


def test_author_with_an_entity_is_decoded() -> None:
    parsed = parse(HEAD + "( 4s ) Pat O&#39;Neil: hi<br>")
    assert lines(parsed) == [("Pat O'Neil", "hi")]
    assert not parsed.residue


@pytest.mark.parametrize(
    ("tail", "last"),
    [
        ("( 3m 32s ) ", "whole"),
        ("( 3m 32", "whole"),
        ("( 9s ) Visitor: cut <b", "cut "),
        ("( 9s ) Visitor: cut &#3", "cut "),
        ("( 9s ) Visitor: cut<br", "cut"),
    ],
)
def test_end_that_was_cut_off_is_marked_and_comes_back(tail: str, last: str) -> None:
    body = HEAD + "( 4s ) Dana K: whole<br>" + tail
    parsed = parse(body)
    assert parsed.truncated
    assert lines(parsed)[-1][1] == last
    assert rebuild(parsed) == body


def test_body_of_the_field_limit_counts_as_cut_off() -> None:
    body = (HEAD + "( 4s ) Dana K: " + "x" * 140_000)[:131_072]
    assert parse(body).truncated
    assert not parse(HEAD).truncated


def test_empty_body_has_no_pieces() -> None:
    assert parse("").pieces == ()
    assert rebuild(parse("")) == ""


def test_headings_may_be_missing() -> None:
    parsed = parse('<p align="center">Chat Started: Monday, March 02, 2026, 09:05:07 (+0100)</p>( 2s ) Bot: hi<br>')
    assert [piece.kind for piece in parsed.pieces] == [Kind.STARTED, Kind.LINE]
    assert lines(parse("( 2s ) Bot: hi<br>")) == [("Bot", "hi")]


def test_notice_of_unknown_wording_stays_a_notice() -> None:
    parsed = parse(HEAD + '( 4s ) Dana K: hi<br><p align="center">Agent Ben J joined the conference</p>')
    assert parsed.pieces[-1].kind is Kind.NOTICE
    assert parsed.pieces[-1].text == "Agent Ben J joined the conference"


def test_edited_body_keeps_its_text_as_loose_pieces() -> None:
    body = "<p>Removed by the <b>privacy</b> tool</p>"
    parsed = parse(body)
    assert [piece.kind for piece in parsed.pieces] == [Kind.LOOSE]
    assert "Removed by the privacy tool" in parsed.pieces[0].text
    assert rebuild(parsed) == body


def test_links_are_read_as_text_with_their_address() -> None:
    same = parse(HEAD + '( 4s ) Dana K: go to <a href="https://x.test/a">https://x.test/a</a> now<br>')
    assert lines(same) == [("Dana K", "go to https://x.test/a now")]
    other = parse(HEAD + '( 4s ) Dana K: see <a target="_blank" href="https://x.test/a">the page</a><br>')
    assert lines(other) == [("Dana K", "see the page (https://x.test/a)")]


def test_odd_mark_up_is_read_too() -> None:
    body = "<P ALIGN=center>Chat Started: Monday, March 2, 2026, 09:05:07 (+0100)</P>\n( 75s ) Visitor: hi<BR/>( 80s )  Dana K: yes"
    parsed = parse(body)
    assert parsed.pieces[0].at == START
    assert lines(parsed)[0] == ("Visitor", "hi")
    assert parsed.pieces[1].offset == 75
    assert rebuild(parsed) == body


def test_date_is_read_by_its_shape_in_any_language() -> None:
    body = '<p align="center">Chat Started: Montag, 02. März 2026, 09:05:07 (+0100)</p>'
    assert parse(body).pieces[0].at == START
    unreadable = parse(HEAD.replace("March", "Floréal"))
    assert unreadable.pieces[0].kind is Kind.STARTED
    assert unreadable.pieces[0].at is None


def test_labels_can_be_extended() -> None:
    body = '<p align="center">Chat begonnen: Montag, 02. März 2026, 09:05:07 (+0100)</p>( 4s ) Besucher: hallo<br>'
    labels = Labels(started=("Chat begonnen",), visitor=("Besucher",))
    assert parse(body).pieces[0].kind is Kind.NOTICE
    assert parse(body, labels=labels).pieces[0].at == START
    assert labels.is_visitor("Besucher")


def test_long_body_of_odd_marks_is_read_in_time() -> None:
    for unit in (
        "( 1s ) ",
        "<p align=center>",
        "<br>",
        "&amp",
        "<a href='",
        "( 1s ) a: b<br>( 0s ) c: d<",
        "[2026-03-02T09:05:07] ",
    ):
        body = "x" + unit * (131_072 // len(unit))
        assert rebuild(parse(body)) == body


# --- any text ---------------------------------------------------------------------------------------------------------

_FRAGMENTS = st.sampled_from(
    [
        '<p align="center">',
        "</p>",
        '<div align="center">',
        "</div>",
        "<br>",
        "<br/>",
        "\n",
        "\r\n",
        "\r",
        "( 4s ) ",
        "( 1m 2s ) ",
        "( 1h 0m 3s )",
        "Dana K: ",
        "Visitor: ",
        "Agent Dana K",
        "Agente X",
        "Chat Origin: q",
        ": ",
        " ",
        "Chat Started: Monday, March 02, 2026, 09:05:07 (+0100)",
        "Chat Transferred From A To B",
        "&#39;",
        "&amp;",
        "&",
        "<",
        ">",
        '"',
        "'",
        "&lt;br&gt;",
        '<a href="u">',
        "</a>",
        "[2026-03-02T09:05:07] ",
        "A (B): ",
        "&#x110000;",
        "<!--",
        "-->",
        "Agent Chatbot successfully transferred the chat to skill",
    ]
)
_ANY_TEXT = st.one_of(
    st.text(), st.lists(st.one_of(_FRAGMENTS, st.text(max_size=5)), max_size=25).map("".join)
)  # fmt: skip


@given(_ANY_TEXT)
@settings(max_examples=500, deadline=None)
def test_rebuild_gives_any_text_back(text: str) -> None:
    parsed = parse(text)
    assert rebuild(parsed) == text
    assert Style.from_text(parsed.style.to_text()) == parsed.style


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)
_AUTHORS = st.sampled_from(["Visitor", "Dana K", "Pat O'Neil", "<Acme> & Co"])


@st.composite
def well_formed(draw: st.DrawFn) -> str:
    def spelt(text: str) -> str:
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
            text = text.replace(character, entity)
        return text.replace("\n", "<br>")

    parts = [HEAD]
    seconds = 0
    for author, text in draw(st.lists(st.tuples(_AUTHORS, _WORDS), max_size=8)):
        seconds += draw(st.integers(0, 5000))
        hours, rest = divmod(seconds, 3600)
        minutes, second = divmod(rest, 60)
        time = f"{hours}h {minutes}m {second}s" if hours else f"{minutes}m {second}s" if minutes else f"{second}s"
        parts.append(f"( {time} ) {spelt(author)}: {spelt(text)}<br>")
    return "".join(parts)


@given(well_formed())
@settings(max_examples=300, deadline=None)
def test_well_formed_body_leaves_no_residue(body: str) -> None:
    parsed = parse(body)
    assert not parsed.residue
    assert not parsed.lead
    assert rebuild(parsed) == body


@pytest.mark.parametrize("gap", ["\n", "\n\n- ", "<br>"])
def test_breaks_within_messages_are_read_without_residue(gap: str) -> None:
    body = f"( 4s ) Dana K: one{gap}two &amp; three<br>( 9s ) Visitor: ok<br>"
    parsed = parse(body)
    assert [piece.text for piece in parsed.pieces] == [f"one{gap}two & three".replace("<br>", "\n"), "ok"]
    assert not parsed.residue
    assert rebuild(parsed) == body


def test_breaks_of_both_kinds_come_back() -> None:
    body = "( 4s ) Dana K: one\ntwo<br>three<br>( 9s ) Visitor: ok\n<br>"
    parsed = parse(body)
    assert [piece.text for piece in parsed.pieces] == ["one\ntwo\nthree", "ok"]
    assert rebuild(parsed) == body


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("2026-03-02T09:05:07", "2026-03-02T08:05:07"),
        ("2026-07-02T09:05:07", "2026-07-02T07:05:07"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00"),  # clocks went forward an hour
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00"),  # the first of two
    ],
)
def test_bracketed_times_are_of_the_zone_that_the_plan_names(time: str, instant: str) -> None:
    body = f"[{time}] Dana (Agent): hi\n"
    parsed = parse(body, (), Labels(zone="Europe/Berlin"))
    at = parsed.pieces[0].at
    assert at is not None
    assert datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S") == instant
    assert not parsed.residue
    assert Style.from_text(parsed.style.to_text()) == parsed.style
    assert rebuild(parsed) == body


@pytest.mark.parametrize(
    "time", ["2026-03-29T02:30:00", "2026-13-29T02:30:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59"]
)
def test_bracketed_times_that_no_clock_shows_come_back_too(time: str) -> None:
    body = f"[{time}] Dana (Agent): hi\n[{time}] Visitor: ho"
    assert rebuild(parse(body, (), Labels(zone="Europe/Berlin"))) == body
    assert rebuild(parse(body)) == body
