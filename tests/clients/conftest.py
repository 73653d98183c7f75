"""One real `chatlift serve` process for the suites of public clients.

These files import nothing of ChatLift: `make clients` (.ci/clients says how a client is added) runs each suite in a venv that
holds the client alone, and starts the server with the interpreter named in CHATLIFT_PYTHON. CHATLIFT_CLIENT is the client's
folder.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

START_SECONDS = 30
RUN_SECONDS = 300
PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
PYTHON = os.environ.get("CHATLIFT_PYTHON", sys.executable)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """The ready file of a server: `https` and `http` URLs, `ca` path, `pid`; besides, `log`, the path of what it says."""
    ready = folder / "ready.json"
    command = [
        PYTHON,
        "-m",
        "chatlift",
        "serve",
        "--port",
        "0",
        "--http-port",
        "0",
        "--ready-file",
        str(ready),
        *options,
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if not ready.exists():
            process.kill()
            pytest.fail(f"the server did not start:\n{(folder / 'log').read_text()}")
        try:
            yield json.loads(ready.read_text()) | {"log": str(folder / "log")}
            process.terminate()
            process.wait(10)
        finally:
            process.kill()
    assert process.returncode == 0, (folder / "log").read_text()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with serving(tmp_path_factory.mktemp("server")) as ready:
        yield ready


@pytest.fixture(scope="session")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server that checks passwords; the administrator's is `admin_password`."""
    with serving(tmp_path_factory.mktemp("strict"), "--strict-auth") as ready:
        yield ready


@pytest.fixture
def org(server: dict[str, Any]) -> dict[str, Any]:
    """The same server with a blank org whose clock stands at noon, 15 June 2026."""
    control(server, "POST", "reset")
    control(server, "PUT", "clock", {"now": "2026-06-15T12:00:00Z", "frozen": True})
    return server


@pytest.fixture
def external_ids(org: dict[str, Any]) -> None:
    """`Legacy_Id__c`, text of 40, an external id without duplicates, on Account and LiveChatTranscript."""
    key = {"name": "Legacy_Id__c", "type": "string", "length": 40, "externalId": True, "unique": True}
    objects = [{"name": name, "fields": [key]} for name in ("Account", "LiveChatTranscript")]
    control(org, "POST", "objects", {"objects": objects})


@pytest.fixture
def steer(org: dict[str, Any]) -> Callable[..., Any]:
    """A call of the control API, such as `steer("POST", "objects", {…})`."""
    return lambda method, path, body=None: control(org, method, path, body)


@pytest.fixture
def advance(org: dict[str, Any]) -> Any:
    """Moves the org's clock on by seconds."""
    return lambda seconds: control(org, "PUT", "clock", {"advance_seconds": seconds})


@pytest.fixture(scope="session")
def snippets(server: dict[str, Any]) -> Callable[[str, str], list[str]]:
    """The fenced blocks of a language in a client's section of docs/clients.md, with the addresses of this server."""
    addresses = {
        "https://localhost:8443": server["https"],
        "http://localhost:8080": server["http"],
        "localhost:8443": urlsplit(server["https"]).netloc,
    }

    def blocks(client: str, language: str) -> list[str]:
        (section,) = re.findall(rf"^## {re.escape(client)}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
        found = re.findall(rf"^```{language}\n(.*?)^```$", section, re.M | re.S)
        assert found, f"{PAGE.name} shows no {language} for {client}"
        for shown, real in addresses.items():
            found = [text.replace(shown, real) for text in found]
        return found

    return blocks


@pytest.fixture(scope="session")
def trust() -> dict[str, str]:
    """The environment of a program that trusts the server as `chatlift env` says, with no proxy between the two."""
    command = [PYTHON, "-m", "chatlift", "env", "--shell", "bash"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=START_SECONDS).stdout
    exported = dict(shlex.split(line)[1].split("=", 1) for line in said.splitlines())
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")} | exported


@pytest.fixture(scope="session")
def npm_client() -> Path:
    """The folder whose node_modules hold the client."""
    return Path(os.environ["CHATLIFT_CLIENT"])


@pytest.fixture
def node_tests(npm_client: Path, trust: dict[str, str]) -> Callable[[Path, dict[str, str], dict[str, str]], None]:
    """Runs a file of node:test within the client's folder, where node finds its modules.

    It is given files that stand beside it, by name (what the page shows), and more of an environment.
    """

    def run(suite: Path, shown: dict[str, str], environment: dict[str, str]) -> None:
        with tempfile.TemporaryDirectory(dir=npm_client, prefix="suite-") as name:
            for file in suite.parent.glob("*.mjs"):
                shutil.copy(file, name)
            for beside, text in shown.items():
                (Path(name) / beside).write_text(text)
            command = ["node", "--test", "--test-reporter=tap", str(Path(name) / suite.name)]
            told: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "timeout": RUN_SECONDS}
            done = subprocess.run(command, env=trust | environment, check=False, **told)
        wrong = "".join(re.findall(r"^ *not ok .*?^ *\.\.\.\n", done.stdout, re.M | re.S))
        assert done.returncode == 0, wrong or done.stdout
        counts = dict(re.findall(r"^# (pass|skipped|todo) (\d+)$", done.stdout, re.M))
        assert int(counts["pass"]) > 0 == int(counts["skipped"]) == int(counts["todo"]), done.stdout

    return run


def control(server: dict[str, Any], method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    import requests

    url = f"{server['https']}/_chatlift/{path}"
    answer = requests.request(method, url, json=body or {}, verify=server["ca"], timeout=30)
    assert answer.ok, answer.text
    return answer.json()


@pytest.fixture(autouse=True, scope="session")
def _only_the_client() -> Path:
    """Under `make clients` the interpreter cannot import ChatLift, so that nothing of ours can help the client."""
    if "CHATLIFT_PYTHON" in os.environ:
        assert "chatlift" not in sys.modules
    return Path()
