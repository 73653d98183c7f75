"""The table of .ci/clients: each client is pinned, has a suite, and a section in docs/clients.md with lines to point it here."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text()
SECTIONS = {
    title.lower().replace(" ", "-"): text
    for title, text in re.findall(r"^## (.*)\n([^#]*(?:#(?!# )[^#]*)*)", PAGE, re.M)
}


def table() -> Any:
    loader = SourceFileLoader("clients_table", str(ROOT / ".ci" / "clients"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


TABLE = table()


@pytest.mark.parametrize("client", TABLE.CLIENTS, ids=lambda client: client.name)
def test_a_client_is_pinned_has_a_suite_and_is_shown(client: Any) -> None:
    for requirement in client.requirements:
        assert re.fullmatch(r"[^=]+==\d[\w.]*" if client.kind == "pip" else r"@?[^@]+@\d[\w.]*", requirement), (
            requirement
        )
    assert client.suite.exists()
    assert re.search(r"^```\w+\n", SECTIONS[client.name], re.MULTILINE), client.name


def test_each_suite_is_in_the_table() -> None:
    suites = {path for path in TABLE.SUITES.glob("test_*.py") if path != Path(__file__)}
    assert suites == {client.suite for client in TABLE.CLIENTS}


def test_names_are_told_apart() -> None:
    assert len({client.name for client in TABLE.CLIENTS}) == len(TABLE.CLIENTS)
