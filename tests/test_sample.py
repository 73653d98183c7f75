"""The sample project of the docs passes its own tests, as a user who copied it would run them."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "support-widget"


@pytest.mark.parametrize("mode", ["inprocess", "server"])
def test_the_sample_project_passes_in_both_modes(tmp_path: Path, mode: str) -> None:
    project = shutil.copytree(SAMPLE, tmp_path / "project")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", f"--salesforce-mode={mode}"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


def test_the_sample_project_names_its_modules_so_that_pip_can_install_it() -> None:
    """setuptools refuses to guess where several modules stand beside each other; `.ci/try-wheel` installs it for real."""
    project = tomllib.loads((SAMPLE / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["py-modules"] == sorted(path.stem for path in SAMPLE.glob("*.py"))
