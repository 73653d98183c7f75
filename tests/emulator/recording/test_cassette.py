"""The file of a cassette: what comes back out of it, what is refused, and the commands that look at it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from chatlift.__main__ import main
from chatlift.emulator.cassette.file import CassetteWriter, read_cassette
from chatlift.emulator.cassette.form import (
    Answered,
    Asked,
    BadLine,
    Call,
    Event,
    Heading,
    call_document,
    opened,
    read_call,
    sealed,
)
from chatlift.emulator.errors import UsageError
from chatlift.emulator.live import LiveOrg

HEADING = Heading("chatlift 0.1.0", "2026-02-14T09:00:00.000Z")
lines = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30)
names = st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
headers = st.dictionaries(names, lines, max_size=3).map(lambda found: tuple(found.items()))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=60),
    texts.map(str.encode),
    json_values.map(lambda value: json.dumps(value).encode()),
    json_values.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()),
)
events = st.lists(st.builds(Event, st.integers(0, 99), st.floats(0, 1e6), texts), max_size=3).map(tuple)
queries = st.lists(st.tuples(texts, texts) | st.tuples(texts), max_size=3).map(tuple)
calls = st.builds(
    Call,
    number=st.integers(0, 10**6),
    at=st.just("2026-02-14T09:00:00.000Z"),
    ms=st.floats(0, 1e6),
    after=st.integers(0, 10**6),
    asked=st.builds(
        Asked, st.sampled_from(["GET", "POST"]), texts.map(lambda text: f"/{text}"), queries, headers, bodies
    ),
    answered=st.builds(Answered, st.integers(200, 599), headers, bodies, st.none() | events, st.integers(0, 99)),
    missing=st.integers(0, 99),
)


@given(calls)
def test_a_call_comes_back_as_it_was(call: Call) -> None:
    line = sealed(call_document(call))
    assert "\n" not in line
    assert read_call(opened(line)) == call


@given(calls, st.integers(0, 10**6), st.characters(exclude_categories=["Cs"]))
def test_a_line_that_was_changed_is_refused(call: Call, place: int, character: str) -> None:
    line = sealed(call_document(call))
    place %= len(line)
    if line[place] != character:
        with pytest.raises(BadLine):
            read_call(opened(line[:place] + character + line[place + 1 :]))


def written(path: Path, count: int = 2) -> list[str]:
    with CassetteWriter(path, HEADING) as writer:
        for number in range(1, count + 1):
            asked = Asked("GET", "/services/data", headers=(("Accept", "*/*"),))
            answered = Answered(200, (("Content-Type", "application/json"),), b'[{"version":"59.0"}]')
            writer.add(Call(number, "2026-02-14T09:00:00.000Z", 1.0, number, asked, answered))
    return path.read_text().splitlines()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="chatlift")


def resealed(line: str, **changes: object) -> str:
    return sealed({**{key: value for key, value in json.loads(line).items() if key != "sum"}, **changes})


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda lines: [*lines[:2], lines[2].replace("59.0", "60.0")], "line 3: it was changed or damaged"),
        (lambda lines: [lines[0], lines[1].partition(',"sum"')[0] + "}"], "line 2: it has no checksum"),
        (lambda lines: lines[1:], "line 1: it does not begin a cassette"),
        (lambda lines: ["# a plan", *lines], "is no cassette: it does not begin with a line of JSON"),
        (lambda lines: [resealed(lines[0], cassette=2)], "a later ChatLift"),
        (lambda lines: [resealed(lines[0], scrubbed=None)], "scrubbed is missing"),
        (lambda lines: [*lines, lines[1]], "line 4: there is another call 1"),
        (lambda lines: [lines[0], resealed(lines[1], call=-1)], "call is no whole number"),
        (lambda lines: [lines[0], resealed(lines[1], request=[])], "request is no object"),
        (lambda lines: [lines[0], resealed(lines[1], ms="long")], "ms is no number"),
        (lambda lines: [lines[0], "[" * 100_000], "no checksum"),
        (
            lambda lines: [
                lines[0],
                resealed(lines[1], request={"method": "GET", "path": "/", "headers": {"A b": "c"}}),
            ],
            "no header",
        ),
        (
            lambda lines: [
                lines[0],
                resealed(lines[1], request={"method": "GET", "path": "/", "headers": {"A": "b\nc"}}),
            ],
            "no header",
        ),
        (lambda lines: [lines[0], resealed(lines[1], response={"status": 100, "headers": {}})], "is no status"),
        (lambda lines: ["\ufeff"], "cassette"),
        (lambda lines: [], "is empty"),
    ],
)
def test_what_is_no_cassette_is_told_by_its_line(tmp_path: Path, spoil: object, why: str) -> None:
    file = tmp_path / "a.cassette"
    file.write_text("".join(f"{line}\n" for line in spoil(written(file))))  # type: ignore[operator]
    done = run("cassette", "check", file)
    assert done.exit_code == 2
    assert why in done.output
    assert done.output.count("\n") == 1


def test_an_edited_cassette_is_sealed_again(tmp_path: Path) -> None:
    file = tmp_path / "a.cassette"
    lines = written(file)
    file.write_text("\n".join([*lines[:2], lines[2].replace("59.0", "60.0"), ""]))
    assert "cassette seal" in run("cassette", "show", file).output
    assert run("cassette", "seal", file).exit_code == 0
    assert read_cassette(file).calls[1].answered.body == b'[{"version":"60.0"}]'


def test_a_cassette_whose_recorder_was_killed_is_read_to_its_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "a.cassette"
    whole = "\n".join(written(file))
    file.write_text(whole[:-20])
    found = read_cassette(file)
    assert (len(found.calls), found.cut) == (1, True)
    with CassetteWriter(file, HEADING, append=True) as writer:
        assert writer.first == 2
        writer.add(replace(found.calls[0], number=2))
    assert [call.number for call in read_cassette(file).calls] == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_a_cassette_has_one_recorder_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "a.cassette"
    with CassetteWriter(file, HEADING):
        with pytest.raises(UsageError, match="another recorder"):
            CassetteWriter(file, HEADING, force=True)
        assert len(file.read_text().splitlines()) == 1  # and nothing of it is gone


def test_a_cassette_is_for_its_user_alone(tmp_path: Path) -> None:
    written(tmp_path / "a.cassette")
    assert (tmp_path / "a.cassette").stat().st_mode & 0o077 == 0


def test_check_finds_what_was_missed(tmp_path: Path) -> None:
    file = tmp_path / "a.cassette"
    with CassetteWriter(file, HEADING) as writer:
        body = b'{"password":"hunter2hunter2","mail":"ada@x.test","at":"https://acme.my.salesforce.com/x"}'
        asked = Asked("POST", "/services/data", headers=(("Content-Type", "application/json"),), body=body)
        writer.add(Call(1, "2026-02-14T09:00:00.000Z", 1.0, 1, asked, Answered(204)))
    done = run("cassette", "check", file)
    assert done.exit_code == 1
    assert "#1: request body may hold a secret" in done.output
    assert "1 e-mail addresses" in done.output
    assert "acme.my.salesforce.com" in done.output
    assert "hunter2" not in done.output


def test_a_cassette_is_shown_in_lines_in_full_and_as_har(tmp_path: Path) -> None:
    file = tmp_path / "a.cassette"
    written(file)
    assert run("cassette", "show", file).output.splitlines()[1] == "#2 GET /services/data -> 200, 20 bytes, 1 ms"
    assert '"version": "59.0"' in run("cassette", "show", file, "--call", "2").output
    assert run("cassette", "show", file, "--call", "9").exit_code == 2
    entries = json.loads(run("cassette", "show", file, "--har").output)["log"]["entries"]
    assert [one["response"]["content"]["text"] for one in entries] == ['[{"version":"59.0"}]'] * 2


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--upstream", "https://login.salesforce.com"], "only logs in"),
        (["--upstream", "http://acme.my.salesforce.com"], "not encrypted"),
        (["--upstream", "https://ada:secret@acme.my.salesforce.com"], "holds credentials"),
        (["--upstream", "acme"], "the org's own address"),
        (["--upstream", "https://acme.my.salesforce.com/services"], "the org's own address"),
        (["--upstream", "https://acme.my.salesforce.com", "--append", "--force"], "exclude each other"),
    ],
)
def test_mistakes_in_options_are_one_line(tmp_path: Path, options: list[str], why: str) -> None:
    done = run("record", "--out", tmp_path / "a.cassette", *options)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert why in done.output
    assert "secret@" not in done.output


def test_the_command_records_until_it_is_killed(real_org: LiveOrg, tmp_path: Path) -> None:
    file, ready = tmp_path / "a.cassette", tmp_path / "ready.json"
    command = [sys.executable, "-m", "chatlift", "record", "--upstream", real_org.https, "--upstream-ca", real_org.ca]
    options = ["--out", str(file), "--port", "0", "--http-port", "0", "--ready-file", str(ready)]
    for end, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)):
        ready.unlink(missing_ok=True)
        append = ["--append"] if end == signal.SIGTERM else []
        running = subprocess.Popen([*command, *options, *append], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            while not ready.exists():  # nothing more is printed until the end: who reads on would wait for ever
                assert running.poll() is None, running.communicate()
                os.sched_yield()
            told = json.loads(ready.read_text())
            with requests.Session() as session:
                session.trust_env = False
                session.verify = told["ca"]
                secret = real_org.org.token()
                session.headers["Authorization"] = f"Bearer {secret}"
                assert session.get(f"{told['https']}/services/data/v59.0/limits").status_code == 200
            running.send_signal(end)
            out, err = running.communicate(timeout=20)
        finally:
            running.kill()
            running.communicate()
        assert running.returncode == code
        assert b"This is a real org" in out
        assert secret.encode() not in out + err
    assert [call.answered.status for call in read_cassette(file).calls] == [200, 200]
    assert not ready.exists()
