"""The time from starting `chatlift serve` to its first answer, against `import flask` in a fresh interpreter."""

import subprocess
import sys

import requests

from bench.timing import medians, show
from chatlift.fixtures.serving import serving


def run() -> None:
    took = medians({"flask": import_flask, "serve": first_answer})
    show(
        "first answer after start",
        "import flask, fresh interpreter (time)",
        took["serve"] / took["flask"],
        "<= 3",
        f"{took['serve']:.2f} s",
    )


def import_flask() -> None:
    subprocess.run([sys.executable, "-c", "import flask"], check=True)


def first_answer() -> None:
    with serving() as org:
        assert requests.get(f"{org.http}/services/data", timeout=30).ok
