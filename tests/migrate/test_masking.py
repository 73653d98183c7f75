"""Privacy switches: masked before anything is written, the same for the same key, and nothing raw anywhere."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate.errors import UsageError
from chatlift.migrate.extract.members import Members
from chatlift.migrate.extract.source import Source
from chatlift.migrate.masked import copy_masked
from chatlift.migrate.masking import Key, RowMask
from chatlift.migrate.plan import Plan, from_mapping, read
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Outcome, run
from chatlift.migrate.verify import verify

KEY = Key(b"a key of thirty-two bytes, or so")
ALL = from_mapping(
    {
        "privacy": {
            "names": "pseudonymise",
            "mask": ["email", "phone", "card", "iban", "ip"],
            "fields": {"LiveChatTranscript.IpAddress": "hash", "LiveChatTranscript.Browser": "drop"},
            "patterns": {"order": r"ORD-\d{6}"},
        }
    }
)


class Seen:
    """Everything that a run writes below its target, the files that it removes again among them."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.gone: dict[str, bytes] = {}

    def note(self, path: Path) -> None:
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                self.gone[f"removed/{file}"] = file.read_bytes()

    @contextmanager
    def watching(self) -> Iterator[None]:
        unlink, rmtree = Path.unlink, shutil.rmtree

        def watched_unlink(path: Path, missing_ok: bool = False) -> None:
            self.note(path)
            unlink(path, missing_ok=missing_ok)

        def watched_rmtree(path: Any, *words: Any, **options: Any) -> None:
            self.note(Path(path))
            rmtree(path, *words, **options)

        with mock.patch.object(Path, "unlink", watched_unlink), mock.patch.object(shutil, "rmtree", watched_rmtree):
            yield

    def showing(self, values: list[str]) -> list[str]:
        """The raw values that stand in some file, with the file."""
        there = {str(path): path.read_bytes() for path in self.target.rglob("*") if path.is_file()}
        spellings = {
            value: {value.encode(), orjson.dumps(value)[1:-1], value.replace("'", "&#39;").encode()} for value in values
        }
        return [
            f"{value!r} in {name}"
            for name, content in (there | self.gone).items()
            for value, spelt in spellings.items()
            if any(re.search(rb"(?<![A-Za-z])" + re.escape(text) + rb"(?![A-Za-z])", content) for text in spelt)
        ]


def migrate(source: Path, target: Path, plan: Plan = ALL, key: Key = KEY) -> tuple[Outcome, Seen]:
    seen = Seen(target)
    with seen.watching():
        outcome = run(source, target, plan, key=key)
    return outcome, seen


def masked_files(source: Path, folder: Path, plan: Plan = ALL, key: Key = KEY) -> dict[str, bytes]:
    """mask(x): the files of the source with their personal data masked, without a migration."""
    mask = RowMask.of(plan, key)
    assert mask is not None
    with Members(source) as members:
        path, _ = copy_masked(Source.survey(members), folder, mask, lambda step, done, total: None)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_support_day_is_masked_and_comes_back_masked(source: Path, tmp_path: Path, export: Any) -> None:
    outcome, seen = migrate(source, tmp_path / "out")
    assert outcome.exit_code == 0
    assert seen.gone
    raw = ["192.0.2.7", "Firefox", "Dana", "Kern", "Eve", "Olin", "Sue", "Visor"]
    assert seen.showing(raw) == []
    assert verify(tmp_path / "out") == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == masked_files(source, tmp_path / "masked")
    manifest = outcome.manifest
    assert manifest["lossless"] is False
    told = {(item["field"], item["how"]): (item["cells"], item["plan"]) for item in manifest["masked"]}
    assert told["LiveChatTranscript.IpAddress", "hash"] == (7, "privacy.fields.LiveChatTranscript.IpAddress")
    assert told["LiveChatTranscript.Browser", "drop"][0] == 7
    assert told["LiveChatTranscript.Body", "pseudonymise"] == (6, "privacy.names")
    assert "a key of" not in (tmp_path / "out" / "manifest.json").read_text()


def test_roles_are_decided_as_without_pseudonyms(source: Path, tmp_path: Path, export: Any) -> None:
    plain, _ = migrate(source, tmp_path / "plain", Plan())
    hidden, _ = migrate(source, tmp_path / "hidden", from_mapping({"privacy": {"names": "pseudonymise"}}))
    assert hidden.manifest["roles"] == plain.manifest["roles"]
    assert hidden.manifest["accounts"] == plain.manifest["accounts"]
    assert hidden.manifest["messages"] == plain.manifest["messages"]
    told = [
        [(row["ActorType"], row["EntryTime"], row["Seq"]) for row in export.rows(tmp_path / name, "ConversationEntry")]
        for name in ("plain", "hidden")
    ]
    assert told[0] == told[1]
    texts = [row["Message"] for row in export.rows(tmp_path / "hidden", "ConversationEntry")]
    assert any("Hello" in text and "Eve" not in text for text in texts if text)


def test_same_key_gives_the_same_bytes_and_another_key_others(source: Path, tmp_path: Path, export: Any) -> None:
    migrate(source, tmp_path / "a")
    migrate(source, tmp_path / "b")
    migrate(source, tmp_path / "c", key=Key(b"another key of the same length.."))
    assert export.tree(tmp_path / "a") == export.tree(tmp_path / "b")
    assert (
        export.tree(tmp_path / "a")["MessagingSession.jsonl"] != export.tree(tmp_path / "c")["MessagingSession.jsonl"]
    )


def test_zip_stays_a_zip_and_other_files_are_left_out(tmp_path: Path, export: Any) -> None:
    files = {f"{name}.csv": export.csv_text(rows).encode() for name, rows in export.tables().items()}
    source = export.zip(tmp_path / "export_1.zip", files | {"Attachment/00P1": b"from Eve Olin"})
    outcome, seen = migrate(source, tmp_path / "out")
    assert outcome.manifest["leftOut"] == ["export_1.zip/Attachment/00P1"]
    assert seen.showing(["Olin"]) == []
    assert [item["container"] for item in outcome.manifest["source"]["tables"]] == ["export_1.zip"] * len(files)
    assert verify(tmp_path / "out", source, key=KEY) == []
    with pytest.raises(UsageError, match="not that of the migration"):
        verify(tmp_path / "out", source, key=Key(b"another key of the same length.."))
    with pytest.raises(UsageError, match="there is no privacy key"):
        verify(tmp_path / "out", source)


@pytest.mark.parametrize("is_ascii", [True, False])
def test_json_lines_are_masked(tmp_path: Path, export: Any, is_ascii: bool) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name, rows in export.tables().items():
        lines = [json.dumps({key: value or None for key, value in row.items()}, ensure_ascii=is_ascii) for row in rows]
        (source / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
    outcome, seen = migrate(source, tmp_path / "out")
    assert outcome.exit_code == 0
    assert outcome.books.objects["LiveChatTranscript"].migrated == 6
    assert seen.showing(["192.0.2.7", "Firefox", "Dana", "Kern", "Eve", "Olin", "Sue", "Visor"]) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert export.tree(tmp_path / "back") == masked_files(source, tmp_path / "masked")
    assert verify(tmp_path / "out", source, key=KEY) == []


def test_row_of_a_wrong_width_is_emptied(tmp_path: Path, export: Any) -> None:
    rows = export.csv_text(export.tables()["LiveChatTranscript"])
    source = tmp_path / "source"
    source.mkdir()
    (source / "LiveChatTranscript.csv").write_text(rows + '"192.0.2.77","Eve Olin"\r\n', newline="")
    outcome, seen = migrate(source, tmp_path / "out")
    assert outcome.exit_code == 3
    assert seen.showing(["192.0.2.77", "Olin"]) == []
    restore_to(tmp_path / "out", tmp_path / "back")
    assert (tmp_path / "back" / "LiveChatTranscript.csv").read_bytes().endswith(b'\r\n"",""\r\n')


def test_rejected_and_skipped_rows_are_masked(tmp_path: Path, export: Any) -> None:
    rows = [
        export.transcript(1, RequestTime="write to eve@x.test", IpAddress="203.0.113.9"),
        export.transcript(
            2, Status="Waiting", IpAddress="203.0.113.10", Body=export.HEAD + "( 1s ) Eve Olin: ORD-123456<br>"
        ),
    ]
    event = export.event(1, 9, "Other", Detail="Eve Olin called from 203.0.113.11")
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows, "LiveChatTranscriptEvent": [event]})
    outcome, seen = migrate(source, tmp_path / "out")
    assert outcome.books.rejected == 2
    assert seen.showing(["eve@x.test", "203.0.113", "Olin", "ORD-1"]) == []


def test_report_says_in_its_headline_that_data_was_masked(chatlift: Any, source: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[privacy]\nmask = ["ip"]\n[privacy.fields]\n"LiveChatTranscript.IpAddress" = "drop"\n')
    assert chatlift("migrate", source, tmp_path / "out", "--plan", plan)[0] == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h1>Migration of source, personal data masked: not lossless</h1>" in page
    assert "privacy.fields.LiveChatTranscript.IpAddress" in page
    assert orjson.loads((tmp_path / "out" / "report.json").read_bytes())["lossless"] is False


def test_key_comes_from_a_file_or_the_environment(
    chatlift: Any, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[privacy]\nnames = "pseudonymise"\n')
    monkeypatch.delenv("CHATLIFT_PRIVACY_KEY", raising=False)
    status, _, err = chatlift("migrate", source, tmp_path / "out", "--plan", plan)
    assert (status, err.count("\n")) == (2, 1)
    assert "--privacy-key-file" in err
    short = tmp_path / "short"
    short.write_text("secret")
    assert (
        "use at least 16"
        in chatlift("migrate", source, tmp_path / "out", "--plan", plan, "--privacy-key-file", short)[2]
    )
    assert not (tmp_path / "out").exists()
    file = tmp_path / "key"
    file.write_text("0123456789abcdef0123456789abcdef\n")
    assert chatlift("migrate", source, tmp_path / "a", "--plan", plan, "--privacy-key-file", file)[0] == 0
    monkeypatch.setenv("CHATLIFT_PRIVACY_KEY", "0123456789abcdef0123456789abcdef")
    assert chatlift("migrate", source, tmp_path / "b", "--plan", plan)[0] == 0
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()
    assert chatlift("migrate", "verify", tmp_path / "a", "--source", source, "--privacy-key-file", file)[0] == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to eve.olin+shop@mail.x.test, please", "write to [email], please"),
        ("call +49 (30) 901820-55 or 030/90182055", "call [phone] or [phone]"),
        ("on 2026-03-02 08:05 I ordered 12 of 1234567", "on 2026-03-02 08:05 I ordered 12 of 1234567"),
        ("card 4111 1111 1111 1111, not 4111 1111 1111 1112", "card [card], not 4111 1111 1111 1112"),
        ("DE89 3704 0044 0532 0130 00 and DE89370400440532013000", "[iban] and [iban]"),
        ("from 192.0.2.7, 2001:db8::7 and 300.1.2.3 at 09:05:07", "from [ip], [ip] and 300.1.2.3 at 09:05:07"),
        ("std::string", "std::string"),
        ("mailto:2001:db8:77::9, host:2001:db8:77::9.", "mailto:[ip], host:[ip]."),
    ],
)
def test_patterns(text: str, expected: str) -> None:
    plan = from_mapping({"privacy": {"mask": ["email", "card", "iban", "ip"] + ["phone"] * ("card" not in text)}})
    mask = RowMask.of(plan, None)
    assert mask is not None
    cells = mask.cells("LiveChatTranscriptEvent", ("Detail",), [text]) or [text]
    assert cells == [expected]


def test_custom_fields_are_texts_whatever_they_look_like() -> None:
    plan = from_mapping({"privacy": {"patterns": {"order": r"\b\d{6}\b"}, "mask": ["phone"], "names": "pseudonymise"}})
    mask = RowMask.of(plan, KEY)
    assert mask is not None
    mask.learn("Contact", ("LastName",), ["Wolfeschlegelst"])
    columns = ("Id", "Name", "CreatedDate", "WaitTime", "Order__c", "Who__c", "Moment__c", "Ref__c")
    cells = [
        "570000000000001AAA",
        "00123456",
        "2026-03-02 08:05:07",
        "123456",
        "123456",
        "Wolfeschlegelst",
        "2026-03-02T08:05:07.000+0000",
    ]
    masked = mask.cells("LiveChatTranscript", columns, [*cells, "500000000000001AAA"])
    assert masked is not None
    assert masked[:5] == [*cells[:4], "[order]"]
    assert masked[5] not in ("Wolfeschlegelst", "")
    assert masked[6:] == [cells[6], "500000000000001AAA"]


def test_numbers_that_the_org_gives_are_no_telephone_numbers() -> None:
    mask = RowMask.of(from_mapping({"privacy": {"mask": ["phone"]}}), None)
    assert mask is not None
    assert mask.cells(
        "Case", ("Id", "CaseNumber", "Subject"), ["500000000000001AAA", "00001001", "call 030 9018200"]
    ) == [
        "500000000000001AAA",
        "00001001",
        "call [phone]",
    ]
    assert mask.cells("LiveChatTranscript", ("Name",), ["00000001"]) is None


def test_hashed_pattern_keeps_what_tells_values_apart() -> None:
    mask = RowMask.of(from_mapping({"privacy": {"mask": ["email"], "patterns_as": "hash"}}), KEY)
    assert mask is not None
    cells = mask.cells("X", ("A__c", "B__c", "C__c"), ["a@x.test", "b@x.test", "a@x.test"])
    assert cells is not None
    assert cells[0] == cells[2] != cells[1]


def test_org_that_is_loaded_never_sees_a_raw_value(
    chatlift: Any, source: Path, tmp_path: Path, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATLIFT_PRIVACY_KEY", "0123456789abcdef0123456789abcdef")
    plan, work = tmp_path / "plan.toml", tmp_path / "work"
    plan.write_text('[privacy]\nnames = "pseudonymise"\n[privacy.fields]\n"LiveChatTranscript.IpAddress" = "hash"\n')
    assert chatlift("migrate", source, tmp_path / "out", "--plan", plan)[0] == 0
    assert chatlift("migrate", "package", tmp_path / "out", tmp_path / "package")[0] == 0
    seen = Seen(work)
    with live_org(OrgConfig(objects=tuple(read_objects(str(tmp_path / "package"))))) as live:
        form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
        answer = live.session().post(f"{live.http}/services/oauth2/token", data=form).json()
        (tmp_path / "token").write_text(answer["access_token"])
        token = ("--target-token-file", tmp_path / "token")
        with seen.watching():
            status, _, err = chatlift("migrate", source, live.http, "--work", work, "--plan", plan, *token)
        assert status == 0, err
        assert "personal data masked: not lossless</h1>" in (work / "load.html").read_text()
        assert chatlift("migrate", "restore", live.http, tmp_path / "back", *token)[0] == 0
        records = live.session().get(
            f"{live.http}/services/data/v64.0/query",
            params={"q": "SELECT FIELDS(ALL) FROM MessagingSession LIMIT 200"},
            headers={"Authorization": f"Bearer {answer['access_token']}"},
        )
    assert records.json()["totalSize"] == 6
    (work / "records-of-the-org").write_bytes(records.content)
    raw = ["192.0.2.7", "Dana", "Kern", "Eve", "Olin", "Sue", "Visor"]
    assert seen.showing(raw) == []
    assert export.tree(tmp_path / "back") == masked_files(
        source, tmp_path / "masked", read(plan), Key(b"0123456789abcdef0123456789abcdef")
    )


NAMES = st.sampled_from(
    [
        "Quentin Zarathu",
        "Björn Ygdrasson",
        "Ngọc Phượng",
        "O'Xavier Wolfram",
        "王小明",
        "Íñigo Montoyava",
        "ZOË QUILL",
        "Xenia Q",
    ]
)
SECRETS = st.sampled_from(["quark@zed.test", "198.51.100.23", "ORD-654321", "5555 5555 5555 4444", "2001:db8:77::9"])
FILLER = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=25)


@st.composite
def bodies(draw: st.DrawFn, agent: str, visitor: str) -> str:
    form = draw(st.sampled_from(["html", "div", "text", "iso", "odd"]))
    lines = []
    for _ in range(draw(st.integers(0, 4))):
        words = draw(
            st.lists(st.one_of(FILLER, SECRETS, st.sampled_from([agent, visitor, agent.split()[0]])), max_size=4)
        )
        author = draw(st.sampled_from([agent, visitor, "Visitor"]))
        message = " ".join(words)
        seconds = draw(st.integers(0, 4000))
        if form == "iso":
            lines.append(f"[2026-03-02T09:05:{seconds % 60:02}] {author} (Agent): {message}\n")
        elif form == "text":
            lines.append(f"( {seconds}s ) {author}: {message}\n")
        else:
            escaped = message.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;")
            lines.append(f"( {seconds}s ) {author.replace(chr(39), '&#39;')}: {escaped}<br>")
    joined = "".join(lines)
    if form in ("iso", "text"):
        return joined
    tag = "div" if form == "div" else "p"
    head = f'<{tag} align="center">Chat Started: Monday, March 02, 2026, 09:05:07 (+0100)</{tag}>'
    if draw(st.booleans()):
        head += f'<{tag} align="center">Chat Transferred From {agent} To {visitor}</{tag}>'
    if form == "odd":
        joined += f'<a href="mailto:{draw(SECRETS)}">link</a><i title="{agent}">x</i>'
    return f'{head}<{tag} align="center">Agent {agent}</{tag}>{joined}'


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_restore_of_a_masked_migration_is_the_masked_source_and_nothing_raw_is_left(
    data: st.DataObject, export: Any
) -> None:
    tables: dict[str, list[dict[str, str]]] = {
        "LiveChatTranscript": [],
        "LiveChatTranscriptEvent": [],
        "ConversationContextEntry": [],
    }
    people = data.draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    users = [
        {
            "Id": f"005000000000{n:03}AAA",
            "FirstName": name.split()[0],
            "LastName": name.split()[-1],
            "Name": name,
            "Email": "u@z.test",
        }
        for n, name in enumerate(people, 1)
    ]
    for number in range(1, data.draw(st.integers(1, 3)) + 1):
        agent, visitor = data.draw(st.sampled_from(people)), data.draw(NAMES)
        tables["LiveChatTranscript"].append(
            export.transcript(
                number,
                Body=data.draw(bodies(agent, visitor)),
                SupervisorTranscriptBody=data.draw(bodies(agent, visitor)),
                IpAddress=data.draw(st.sampled_from(["198.51.100.24", "2001:db8:77::a", ""])),
                Rating__c=data.draw(st.one_of(SECRETS, FILLER)),
                Status=data.draw(st.sampled_from(["Completed", "Waiting", "Odd", "Missed"])),
            )
        )
        tables["LiveChatTranscriptEvent"].append(
            export.event(
                1,
                data.draw(st.integers(1, 4)),
                "Other",
                Detail=f"{agent} wrote to {data.draw(SECRETS)}",
                Id=f"57E00000000000{number}AAA",
            )
        )
        tables["ConversationContextEntry"].append(
            {
                "Id": f"57700000000000{number}AAA",
                "ParentId": f"57000000000000{number}AAA",
                "CustomDetailContextKey": data.draw(st.sampled_from(["Name", "Topic"])),
                "CustomDetailContextValue": visitor,
            }
        )
    raw = ["quark@zed", "198.51.100", "ORD-654321", "5555 5555 5555 4444", "2001:db8:77", "u@z.test"]
    known = {word for user in users for word in (user["FirstName"], user["LastName"]) if len(word) > 1}
    raw += [word for word in known if "'" not in word]
    with tempfile.TemporaryDirectory() as place:
        source = export.folder(Path(place) / "source", tables | {"User": users})
        outcome, seen = migrate(source, Path(place) / "out")
        assert outcome.books.is_closed
        assert seen.showing(raw) == []
        assert verify(Path(place) / "out") == []
        restore_to(Path(place) / "out", Path(place) / "back")
        assert export.tree(Path(place) / "back") == masked_files(source, Path(place) / "masked")
