"""Salesforce's published SOQL parser in a node process: npm @salesforce/soql-common, BSD-3, used as a black box."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache"
INSTALL_SECONDS = 120
PINNED = ("package.json", "package-lock.json")

Judge = Callable[[list[str]], list[str | None]]
"""Queries to verdicts: None for accepted, else the parser's first complaint."""


@pytest.fixture(scope="session")
def modules() -> Path:
    """The folder with the pinned npm packages; fetched once and kept below .cache. Skips where that cannot be."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("no node and npm: the published SOQL parser cannot run")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()[:12]
    folder = CACHE / f"published-soql-parser-{digest}"
    if not folder.exists():
        _install(npm, folder)
    return folder / "node_modules"


def _install(npm: str, folder: Path) -> None:
    """Fetch beside the folder and rename: two test processes at once do not meet, and no half of it stays behind."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="npm-") as name:
        fresh = Path(name) / "fresh"
        fresh.mkdir()
        for pinned in PINNED:
            shutil.copy(HERE / pinned, fresh)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--prefer-offline"]
        try:
            done = subprocess.run(
                command, cwd=fresh, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not answer in time: the published SOQL parser is not there")
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("npm error")][:2]
            pytest.skip(f"npm could not fetch the published SOQL parser: {' '.join(said)}")
        try:
            fresh.rename(folder)
        except OSError:
            assert folder.exists()  # another test process was first


@pytest.fixture(scope="session")
def judge(modules: Path) -> Iterator[Judge]:
    """The published parser's verdict on queries."""
    node = shutil.which("node")
    assert node
    with subprocess.Popen(
        [node, str(HERE / "published-parser.js")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={"NODE_PATH": str(modules)},
    ) as process:
        asked, answered = process.stdin, process.stdout
        assert asked
        assert answered

        def verdict(query: str) -> str | None:
            asked.write(json.dumps(query) + "\n")
            asked.flush()
            said: str | None = json.loads(answered.readline())
            return said

        yield lambda queries: [verdict(query) for query in queries]
        asked.close()
