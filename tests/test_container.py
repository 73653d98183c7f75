"""What the image and the pipelines of the docs start is what starts here: the same command, health check and script."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
WORKFLOW = (ROOT / "docs" / "snippets" / "github-actions.yml").read_text()
FREE_PORTS = ("--port", "0", "--http-port", "0")


def command_of(first: str) -> list[str]:
    """Return the command of the Dockerfile that begins with a word."""
    found = re.search(rf'^ *CMD (\["{first}".*\])$', DOCKERFILE, re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[1])
    return words


@pytest.fixture
def container(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Run the image's command as the image does: a folder for certificates and no home; token from the environment."""
    environment = {
        "CHATLIFT_HOME": str(tmp_path / "data"),
        "CHATLIFT_CONTROL_TOKEN": "mine-alone",
        "HOME": "/nonexistent",
    }
    (tmp_path / "data").mkdir()
    ready = tmp_path / "ready.json"
    command = [*command_of("serve"), *FREE_PORTS, "--ready-file", str(ready)]
    process = subprocess.Popen(
        [sys.executable, "-m", "chatlift", *command], env=os.environ | environment, cwd=tmp_path / "data"
    )
    try:
        wait_for(ready, process)
        yield json.loads(ready.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def wait_for(file: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_bytes():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_image_answers_its_health_check_and_takes_the_token_of_the_environment(container: dict[str, Any]) -> None:
    port = container["http"].rpartition(":")[2]
    check = [word.replace(":8080/", f":{port}/") for word in command_of("python")]
    assert check[2] != command_of("python")[2]
    subprocess.run([sys.executable, *check[1:]], check=True, timeout=20)
    health = f"http://127.0.0.1:{port}/_chatlift/health"
    assert requests.get(health, timeout=10).status_code == 401
    assert requests.get(health, headers={"X-Chatlift-Token": "mine-alone"}, timeout=10).status_code == 200


def test_image_holds_each_folder_of_the_package() -> None:
    copied = {word for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()}
    packages = re.findall(r'^    "chatlift\.(\w+)[."]', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert set(packages) <= copied
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed


def test_a_token_that_no_header_can_carry_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chatlift", "serve", *FREE_PORTS],
        env=os.environ | {"CHATLIFT_CONTROL_TOKEN": "two\nlines"}, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "CHATLIFT_CONTROL_TOKEN cannot be sent in a header" in done.stderr


def test_the_workflow_starts_an_org_that_its_later_steps_trust(tmp_path: Path) -> None:
    found = re.search(r"run: \|\n(.*?)^      - ", WORKFLOW, re.MULTILINE | re.DOTALL)
    assert found
    script = dedent(found[1]).replace("chatlift serve", f"chatlift serve {' '.join(FREE_PORTS)}")
    kept = tmp_path / "variables"
    environment = os.environ | {"GITHUB_ENV": str(kept), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, check=True, timeout=90)
    ready = json.loads((tmp_path / "ready.json").read_text())
    try:
        variables = dict(line.split("=", 1) for line in kept.read_text().splitlines())
        session = requests.Session()
        session.trust_env = False
        assert session.get(ready["https"] + "/services/data", verify=variables["SSL_CERT_FILE"], timeout=10).ok
        assert set(variables) == {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}
    finally:
        os.kill(ready["pid"], signal.SIGTERM)
