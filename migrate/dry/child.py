"""A private `chatlift serve` for one dry run: a process of its own, on this machine, in memory, gone with the block.

It inherits no secrets: of the environment only what a Python process needs. It ends when its standard input ends, so that a dry run
that is killed leaves nothing behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import requests

from ..errors import MigrationError, TerminalError

_START_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 300
_SAID: Final = 400
_INHERITED: Final = (
    "PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT",
    "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
)  # fmt: skip
_BY_ITSELF: Final = """\
import os, runpy, signal, sys, threading
def watch():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
sys.argv = ["chatlift", *sys.argv[1:]]
runpy.run_module("chatlift", run_name="__main__")
"""
"""`python -m chatlift`, until standard input ends."""
USER: Final = "dry-run@chatlift.test"


class ControlRefused(MigrationError):
    """The private org does not take what it is given."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running org: its address, the certificate to trust, and the way to steer it."""

    url: str
    ca: str
    process: subprocess.Popen[bytes]
    _session: requests.Session
    _log: Path

    def control(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """Make a call of the control API and return its answer. Raises ControlRefused."""
        try:
            answer = self._session.request(
                method, f"{self.url}/_chatlift/{path}", data=orjson.dumps(body), timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise self.lost() or TerminalError(
                f"the private org did not answer ({type(error).__name__}):", "run the dry run again"
            ) from None
        if answer.ok:
            told: dict[str, Any] = answer.json()
            return told
        try:
            raise ControlRefused(str(answer.json()[0]["message"]))
        except (ValueError, LookupError, TypeError):
            raise ControlRefused(f"status {answer.status_code}") from None

    def token(self) -> str:
        """Return an access token of the user who loads."""
        form = {"grant_type": "password", "username": USER, "password": "-", "client_id": "-", "client_secret": "-"}
        answer = self._session.post(
            f"{self.url}/services/oauth2/token",
            data=form,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=_TIMEOUT_SECONDS,
        )
        return str(answer.json()["access_token"])

    def lost(self) -> TerminalError | None:
        """Return what to say of a process that has ended, None while it runs."""
        if self.process.poll() is None:
            return None
        return TerminalError(f"the private org ended ({_said(self._log)}):", "run the dry run again")


@contextmanager
def private_org(folder: Path, options: Sequence[str]) -> Iterator[Child]:
    """Serve an org with these options, with its files in a folder of its own, for as long as the block lasts."""
    ready, log = folder / "ready.json", folder / "log"
    words = ["serve", "--port", "0", "--http-port", "0", "--ready-file", str(ready), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BY_ITSELF, *words],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # Ctrl-C is for the dry run, which ends the org then.
            start_new_session=True,
        )
    try:
        told = _wait(process, ready, log)
        with requests.Session() as session:
            session.trust_env, session.verify = False, told["ca"]
            session.headers.update({"Content-Type": "application/json", "X-Chatlift-Token": told["control_token"]})
            yield Child(told["https"], told["ca"], process, session, log)
    finally:
        _end(process)


def _environment(folder: Path) -> dict[str, str]:
    """Return what the process inherits; its certificate authority is made for it, and goes with the folder."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    if "PYTHONPATH" in kept:
        kept["PYTHONPATH"] = os.pathsep.join(str(Path(part).resolve()) for part in kept["PYTHONPATH"].split(os.pathsep))
    return {**kept, "CHATLIFT_HOME": str(folder / "home")}


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TerminalError(f"the private org of the dry run did not start: {_said(log)}")
        time.sleep(0.01)
    told: dict[str, Any] = orjson.loads(ready.read_bytes())
    return told


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process at once: it has nothing to keep."""
    process.kill()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    process.wait()


def _said(log: Path) -> str:
    with suppress(OSError):
        return " ".join(log.read_text("utf-8", "replace").split())[-_SAID:] or "it said nothing"
    return "it said nothing"
