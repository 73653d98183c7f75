"""The commands that pages show run as they stand against an org, and answer what the page says they answer.

The guide of the migration has its own test (tests/migrate/test_guide.py); what starts containers, other people's programs or orgs of
Salesforce is parsed only (tests/test_docs.py).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.scenario import read_scenario

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNS = re.compile(r"(curl|chatlift (soql|fixtures|env)|timeout|eval|kill)\b|chatlift serve .*&$")
ELSEWHERE = re.compile(r"docker|\.test\b|--cacert|fish")
WAITS = re.compile(r"chatlift serve (?!.*&$)")
"""A server that a reader leaves running: the org that these tests bring stands for it."""


def blocks() -> Iterator[Any]:
    for page in sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / "docs" / "migrate.md"}):
        for number, block in enumerate(BLOCK.findall(page.read_text()), 1):
            joined = re.sub(r"\\\n *", "", block)
            asked = [line[2:] for line in joined.splitlines() if line.startswith("$ ") and not WAITS.match(line[2:])]
            if asked and all(RUNS.match(line) for line in asked) and not ELSEWHERE.search(joined):
                yield pytest.param(joined, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(scenarios=(read_scenario("support-day"),))) as found:
        yield found


@pytest.fixture
def folder(live: LiveOrg, tmp_path: Path) -> Path:
    """A folder with the files that pages speak of, and an org as it was when it was ready."""
    live.org.reset()
    (tmp_path / "describes").mkdir()
    visit = {"name": "Visit__c", "label": "Visit", "fields": [{"name": "Note__c", "type": "string", "length": 40}]}
    (tmp_path / "describes" / "Visit__c.json").write_text(json.dumps(visit))
    (tmp_path / "missed.soql").write_text("SELECT Id FROM LiveChatTranscript WHERE Status = 'Missed'")
    live.session().get(f"{live.http}/services/data/v59.0/sobjects/Contct", headers=authorization(live))
    return tmp_path


def authorization(live: LiveOrg) -> dict[str, str]:
    return {"Authorization": f"Bearer {live.org.token()}"}


@pytest.mark.parametrize("block", list(blocks()))
def test_a_block_of_commands(block: str, live: LiveOrg, folder: Path) -> None:
    block = re.sub(r"https?://localhost:8(?:080|443)|https://northlight\.my\.salesforce\.com", live.http, block)
    block = block.replace("chatlift soql", f"chatlift soql --org {live.http}")
    block = re.sub(r"--transcripts \d+", "--transcripts 10", block)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TOKEN": live.org.token(),
        "NO_PROXY": "*",
    }
    lines = [line for line in block.splitlines() if not WAITS.match(line.removeprefix("$ "))]
    if any(line.endswith("&") for line in lines):
        script = "\n".join(line.removeprefix("$ ") for line in lines)
        subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=environment, check=True, timeout=120)
        return
    for line, after in zip(lines, [*lines[1:], "$ "], strict=True):
        if line.startswith("$ "):
            done = subprocess.run(
                ["bash", "-c", line[2:].replace("curl", "curl --silent --show-error --fail-with-body", 1)],
                cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            if not after.startswith("$ "):
                assert_like(json.loads(done.stdout), json.loads(after))


def assert_like(found: Any, shown: Any) -> None:
    """Check that an answer has all the keys that a page shows, with values of their kind."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            assert key in found
            assert_like(found[key], value)
    elif isinstance(shown, list):
        assert len(found) >= bool(shown)
        for value in shown[:1]:
            assert_like(found[0], value)
    else:
        assert type(found) is type(shown)
