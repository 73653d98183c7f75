"""Run by .ci/try-wheel with the built wheel: a project with its own schemas, migrate and fixtures uses ChatLift."""

import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import chatlift
import fixtures
import migrate
import schemas

EXTRAS = {"psycopg"}  # not installed by default


def test_the_project_keeps_its_own_names() -> None:
    assert {schemas.WHOSE, migrate.WHOSE, fixtures.WHOSE} == {"the user's"}


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


def test_a_client_talks_to_an_org(salesforce: Any) -> None:
    made = salesforce.Account.create({"Name": "Northwind"})
    assert salesforce.query(f"SELECT Name FROM Account WHERE Id = '{made['id']}'")["records"][0]["Name"] == "Northwind"


def test_no_folder_of_tests_or_scripts_is_in_the_wheel() -> None:
    package = Path(str(chatlift.__file__)).parent
    assert {entry.name for entry in package.iterdir() if entry.is_dir()} - {"__pycache__"} == {
        "emulator",
        "fixtures",
        "migrate",
        "schemas",
    }
