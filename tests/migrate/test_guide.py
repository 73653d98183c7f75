"""Each command of the administrator's guide runs, in its order, against two emulated orgs that know nothing of the package at first."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects

GUIDE = (Path(__file__).parents[2] / "docs" / "migrate.md").read_text()
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"^```console\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
HOSTS = {
    "sandbox": "https://example--test.sandbox.my.salesforce.com",
    "production": "https://example.my.salesforce.com",
}


class Reader:
    """Does what the page says. What is not ours stands in for: pip, and the Salesforce CLI with its deployments."""

    def __init__(self, folder: Path, orgs: dict[str, LiveOrg]) -> None:
        self.folder = folder
        self.orgs = orgs
        self.told: dict[str, str] = {}

    def follow(self, line: str) -> None:
        if line.startswith(("pip ", "umask ")):
            return
        if line.startswith("sf "):
            self.salesforce_cli(line)
            return
        assert line.startswith("chatlift "), line
        words = line
        for name, host in HOSTS.items():
            words = words.replace(f"{host} ", f"{self.orgs[name].http} ")
        done = subprocess.run(
            [sys.executable, "-m", *words.split()], cwd=self.folder, capture_output=True, text=True, check=False, timeout=200,
            env=os.environ | {"NO_COLOR": "1"},
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.told[line] = done.stdout

    def salesforce_cli(self, line: str) -> None:
        named = re.search(r"--target-org (\w+)", line)
        assert named
        org = self.orgs[named[1]]
        if " deploy start " in line:
            package = {"objects": read_objects(str(self.folder / "package"))}
            assert org.session().post(f"{org.http}/_chatlift/objects", json=package).status_code == 200
        elif " display " in line:
            (self.folder / line.rpartition("> ")[2]).write_text(org.org.token())
        else:
            assert "assign permset --name ChatLift_Migration" in line


def sessions(live: LiveOrg) -> int:
    answer = live.session().get(
        f"{live.http}/services/data/v60.0/query",
        params={"q": "SELECT COUNT() FROM MessagingSession"},
        headers={"Authorization": f"Bearer {live.org.token()}"},
    )
    found: int = answer.json()["totalSize"]
    return found


def test_the_guide_from_the_export_to_the_sign_off(tmp_path: Path, export: Any) -> None:
    with live_org() as sandbox, live_org() as production:
        reader = Reader(tmp_path, {"sandbox": sandbox, "production": production})
        seen = []
        for line in COMMANDS:
            reader.follow(line)
            if "--work" in line or "--dry-run" in line:
                seen.append((sessions(sandbox), sessions(production)))
        assert seen == [(0, 0), (60, 0), (0, 0), (0, 0), (0, 60), (0, 60)]
        assert sum(row.startswith("MessagingSession ") for row in reader.told[COMMANDS[-2]].splitlines()) == 1
        assert "MessagingSession                  60         0         0        60" in reader.told[COMMANDS[-2]]
        assert reader.told[COMMANDS[-3]] == "verified: no finding\n"
        assert "differ" not in reader.told[COMMANDS[-1]]
    with zipfile.ZipFile(tmp_path / "export.zip") as file:
        content = {name: file.read(name) for name in file.namelist()}
    for there in ("again", "from-the-org"):
        assert export.tree(tmp_path / there) == content
