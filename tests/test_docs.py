"""What can be used is documented: commands, options, control calls, variables, fixtures; and links lead somewhere."""

import json
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

from chatlift.__main__ import main
from chatlift.emulator.chat import AgentDesk, Visitor
from chatlift.emulator.messaging import EndUser, EventStream, RepDesk
from chatlift.emulator.messaging.desk import OWN_KEYS
from chatlift.emulator.messaging.options import OPTIONS
from chatlift.emulator.wire.agents.wire import CALLS as AGENT_CALLS
from chatlift.emulator.wire.control.wire import CALLS, UPLOADS
from chatlift.emulator.wire.inapp.wire import CALLS as END_USER_CALLS
from chatlift.emulator.wire.inapp.wire import V1, V2
from chatlift.emulator.wire.livechat.wire import NOUNS
from chatlift.emulator.wire.reps.wire import CALLS as REP_CALLS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXT = "\n".join(page.read_text() for page in PAGES)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command, name
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def options() -> Iterator[tuple[str, str]]:
    for path, command in commands(main, "chatlift"):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                yield path, max(parameter.opts, key=len)


@pytest.mark.parametrize("path", [path for path, command in commands(main, "chatlift") if not command.hidden])
def test_each_command_is_in_the_docs(path: str) -> None:
    assert f"`{path}" in TEXT or f"$ {path}" in TEXT


@pytest.mark.parametrize(("path", "option"), list(options()))
def test_each_option_is_in_the_docs(path: str, option: str) -> None:
    assert re.search(rf"{option}(?![\w-])", TEXT), f"{path} {option}"


@pytest.mark.parametrize("path", [path for path, _ in commands(main, "chatlift")])
def test_each_command_and_option_says_what_it_does(path: str) -> None:
    command = dict(commands(main, "chatlift"))[path]
    assert command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, f"{path} {parameter.name}"


@pytest.mark.parametrize(
    "call",
    [f"{method} /_chatlift/{name}" for name, methods in [*CALLS.items(), *UPLOADS.items()] for method in methods],
)
def test_each_control_call_is_in_the_docs(call: str) -> None:
    assert f"`{call}`" in TEXT


CHAT = (ROOT / "docs" / "chat.md").read_text()


@pytest.mark.parametrize("call", [f"{method} {path}" for path, methods in AGENT_CALLS.items() for method in methods])
def test_each_call_of_agents_is_in_the_docs(call: str) -> None:
    assert f"`{call}`" in CHAT


MESSAGING = (ROOT / "docs" / "messaging.md").read_text()


@pytest.mark.parametrize("key", [*OPTIONS, *OWN_KEYS])
def test_each_setting_of_a_channel_is_in_the_docs(key: str) -> None:
    assert f"`{key}`" in MESSAGING


@pytest.mark.parametrize("call", [f"{method} {path}" for path, methods in REP_CALLS.items() for method in methods])
def test_each_call_of_reps_is_in_the_docs(call: str) -> None:
    assert f"`{call}`" in MESSAGING


@pytest.mark.parametrize("name", [name for name in vars(RepDesk) if not name.startswith("_")])
def test_each_method_of_the_reps_client_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in MESSAGING


@pytest.mark.parametrize(
    "call",
    sorted(
        {
            f"{method} {path}"
            for base in (V1, V2)
            for path, methods in END_USER_CALLS[base].items()
            for method in methods
        }
    ),
)
def test_each_call_of_end_users_is_in_the_docs(call: str) -> None:
    assert f"`{call}`" in MESSAGING


@pytest.mark.parametrize(
    "name", sorted({name for kind in (EndUser, EventStream) for name in vars(kind) if not name.startswith("_")})
)
def test_each_method_of_the_end_users_client_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in MESSAGING


@pytest.mark.parametrize("call", [f"{method} {noun}" for noun, methods in NOUNS.items() for method in methods])
def test_each_call_of_visitors_is_in_the_docs(call: str) -> None:
    assert re.search(rf"`{call}[`?/]", CHAT)


@pytest.mark.parametrize(
    "name", [name for kind in (AgentDesk, Visitor) for name in vars(kind) if not name.startswith("_")]
)
def test_each_method_of_the_chat_clients_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in CHAT


def variables() -> set[str]:
    files = [
        file
        for floor in ("emulator", "fixtures", "migrate", "schemas", "tests", ".ci")
        for file in (ROOT / floor).rglob("*")
    ]
    texts = [
        file.read_text() for file in [*files, ROOT / "Makefile"] if file.is_file() and file.suffix in {".py", ".sh", ""}
    ]
    return {name for text in texts for name in re.findall(r"\bCHATLIFT_[A-Z][A-Z_]*[A-Z]\b", text)}


@pytest.mark.parametrize("name", sorted(variables()))
def test_each_environment_variable_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in TEXT or f"`{name}=" in TEXT


def test_each_pytest_fixture_option_and_marker_is_in_the_docs(pytestconfig: pytest.Config) -> None:
    plugin = import_module("chatlift.fixtures.pytest_plugin")
    offered = [name for name in vars(plugin) if name.startswith("salesforce")]
    assert offered
    for name in offered:
        assert f"`{name}`" in TEXT
    assert "--salesforce-mode" in TEXT
    assert any(str(marker).startswith("salesforce(") for marker in pytestconfig.getini("markers"))
    assert "@pytest.mark.salesforce(" in TEXT


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if "://" not in target:
                yield page, target


@pytest.mark.parametrize(("page", "target"), list(links()), ids=lambda value: str(value).removeprefix(str(ROOT)))
def test_links_lead_to_files_and_headings(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    assert file.exists()
    if anchor:
        headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def fenced(language: str) -> Iterator[Any]:
    for page in PAGES:
        for number, (found, text) in enumerate(FENCE.findall(page.read_text()), 1):
            if found == language:
                yield pytest.param(text, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("text", list(fenced("json")))
def test_json_in_the_docs_is_json(text: str) -> None:
    json.loads(text)


def shown_commands() -> Iterator[Any]:
    for page in PAGES:
        for language, block in FENCE.findall(page.read_text()):
            if language in ("console", "sh", "bash"):
                for line in re.sub(r"\\\n *", "", block).splitlines():
                    line = re.sub(r'^eval "\$\((.*)\)"', r"\1", line.removeprefix("$ "))
                    words = shlex.split(line, comments=True)
                    while words and re.match(r"[A-Z_]+=", words[0]):
                        words.pop(0)
                    if words[:1] == ["chatlift"] and "…" not in words:
                        ends = [words.index(end) for end in ("|", "<", ">", "&", ">>") if end in words]
                        yield pytest.param(words[1 : min(ends, default=None)], id=f"{page.name}: {line}")


@pytest.mark.parametrize("words", list(shown_commands()))
def test_each_command_that_a_page_shows_is_one_that_we_take(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in words:
        if re.fullmatch(r"[\w-]+\.\w+", word):
            (tmp_path / word).touch()
    command: click.Command = main
    context = command.make_context("chatlift", list(words))
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found
        command, context = found, found.make_context(name, rest, parent=context)
    context.close()  # and with it the files that it has opened
