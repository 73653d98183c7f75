"""The time from starting `chatlift serve` to its first answer, against `import flask` in a fresh interpreter."""

import subprocess
import sys
import time
from statistics import median

import requests

from bench.timing import REPETITIONS, show
from chatlift.fixtures.serving import serving


def run() -> None:
    seconds = [(import_flask(), first_answer()) for _ in range(REPETITIONS + 1)][1:]
    flask, serve = (median(values) for values in zip(*seconds, strict=True))
    show(
        "first answer after start",
        "import flask, fresh interpreter (time)",
        serve / flask,
        "<= 3",
        f"{serve:.2f} s",
    )


def import_flask() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask"], check=True)
    return time.perf_counter() - begun


def first_answer() -> float:
    """Return the seconds to the answer; the end of the server does not count."""
    begun = time.perf_counter()
    with serving() as org:
        assert requests.get(f"{org.http}/services/data", timeout=30).ok
        return time.perf_counter() - begun
