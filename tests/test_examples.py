"""Each Python example of the docs runs as it stands, in a pytest of its own or as a program; an org takes each scenario and object."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator import mock_salesforce

ROOT = Path(__file__).parents[1]
NEEDS_A_SERVER = re.compile("localhost:8(443|080)")
"""Shown to a reader who has started one; the clients' suites run these."""
SCENARIO_KEYS = {"records", "chat", "messaging", "permissions", "passwords"}
OBJECT_KEYS = {"fields", "listViews"}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def examples() -> Iterator[Any]:
    for page in PAGES:
        for number, text in enumerate(
            re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL), 1
        ):
            if not NEEDS_A_SERVER.search(text):
                yield pytest.param(text, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("text", list(examples()))
def test_example(text: str, tmp_path: Path) -> None:
    for cassette in ROOT.glob("docs/examples/*.cassette"):
        (tmp_path / cassette.name).write_bytes(cassette.read_bytes())
    file = tmp_path / "test_example.py"
    file.write_text(text)
    is_test = "def test_" in text
    command = (
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
        if is_test
        else [sys.executable, str(file)]
    )
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def documents(keys: set[str]) -> Iterator[Any]:
    for page in PAGES:
        for number, text in enumerate(
            re.findall(r"^```json\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL), 1
        ):
            document = json.loads(text)
            if keys & document.keys():
                yield pytest.param(document, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("document", list(documents(SCENARIO_KEYS)))
def test_an_org_takes_a_scenario(document: dict[str, Any]) -> None:
    records = document.get("records", [])
    told = {str(record["ref"]) for record in records if "ref" in record}
    elsewhere = sorted(set(re.findall(r'"@(\w+)"', json.dumps(document))) - told)
    """What a part of a scenario speaks of, and another part has: users, by their names, and skills."""
    others = [
        {"object": "User", "ref": ref, "fields": {"Username": f"{ref}@x.test", "LastName": ref}}
        if ref.startswith("u_")
        else {"object": "Skill", "ref": ref, "fields": {"DeveloperName": ref, "MasterLabel": ref}}
        for ref in elsewhere
    ]
    with mock_salesforce() as org:
        refs = org.seed({**document, "records": [*others, *records]})
    assert told <= refs.keys()


@pytest.mark.parametrize("document", list(documents(OBJECT_KEYS)))
def test_an_org_takes_an_object(document: dict[str, Any]) -> None:
    with mock_salesforce(objects=[document]) as org:
        assert document["name"] in {one["name"] for one in org.coverage()["objects"]}
