"""Run by .ci/try-wheel with the built wheel, in a copy of the sample project of docs/examples: what the wheel holds, and what it does not."""

import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import chatlift

EXTRAS = {"psycopg", "anyio", "httpx", "pyarrow", "distributed", "granian"}  # not installed by default


def test_a_project_keeps_its_own_names(tmp_path: Path) -> None:
    for name in ("schemas", "migrate", "fixtures", "emulator"):
        (tmp_path / f"{name}.py").write_text("WHOSE = 'the project'\n")
    program = """
import emulator, fixtures, migrate, schemas
from chatlift.emulator import mock_salesforce
assert {schemas.WHOSE, migrate.WHOSE, fixtures.WHOSE, emulator.WHOSE} == {'the project'}
with mock_salesforce(seed="support-day") as org:
    assert org.administrator["Username"] == "admin@chatlift.test"
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)


def test_chatlift_comes_from_the_wheel_and_has_its_types_and_data() -> None:
    package = Path(str(chatlift.__file__)).parent
    assert "site-packages" in package.parts
    assert (package / "py.typed").is_file()
    assert (package / "fixtures" / "scenarios" / "support-day.json").is_file()
    assert version("chatlift") == chatlift.__version__


def test_every_room_of_the_wheel_can_be_imported() -> None:
    package = Path(str(chatlift.__file__)).parent
    for code in sorted(package.rglob("*.py")):
        if code.name != "__main__.py":
            parts = code.relative_to(package.parent).with_suffix("").parts
            try:
                importlib.import_module(".".join(parts).removesuffix(".__init__"))
            except ModuleNotFoundError as error:
                if error.name not in EXTRAS:
                    raise


def test_a_missing_extra_is_named() -> None:
    command = [sys.executable, "-m", "chatlift", "serve", "--db", "postgresql+psycopg://nobody@localhost/none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "chatlift[postgres]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_folder_of_tests_or_scripts_is_in_the_wheel() -> None:
    package = Path(str(chatlift.__file__)).parent
    assert {entry.name for entry in package.iterdir() if entry.is_dir()} - {"__pycache__"} == {
        "emulator",
        "fixtures",
        "migrate",
        "schemas",
    }
