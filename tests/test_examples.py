"""Each Python example of the docs runs as it stands, in a pytest of its own or as a program."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NEEDS_A_SERVER = re.compile("localhost:8(443|080)")
"""Shown to a reader who has started one; the clients' suites run these."""


def examples() -> Iterator[Any]:
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]):
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
