"""What the wheel holds: the package list, the version and the data files agree with the tree."""

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import chatlift

ROOT = Path(__file__).parents[1]
FLOORS = ("emulator", "fixtures", "migrate", "schemas")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def package_of(folder: Path) -> str:
    return ".".join(("chatlift", *folder.relative_to(ROOT).parts))


def test_every_folder_with_python_code_is_listed_and_no_other() -> None:
    folders = {code.parent for floor in FLOORS for code in (ROOT / floor).rglob("*.py")}
    listed = project()["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted({"chatlift"} | {package_of(folder) for folder in folders})


def test_every_folder_with_python_code_has_an_init_with_a_docstring() -> None:
    for folder in {code.parent for floor in FLOORS for code in (ROOT / floor).rglob("*.py")}:
        text = (folder / "__init__.py").read_text()
        assert text.startswith('"""'), f"{folder.relative_to(ROOT)}/__init__.py says nothing"


def test_only_init_and_main_are_python_files_at_the_root() -> None:
    assert {file.name for file in ROOT.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_data_files_of_the_tree_match_a_pattern_of_the_package_data() -> None:
    patterns = project()["tool"]["setuptools"]["package-data"]
    shipped = {
        file
        for package, globs in patterns.items()
        for pattern in globs
        for file in (ROOT / Path(*package.split(".")[1:])).glob(pattern)
    }
    data = {
        file
        for floor in FLOORS
        for file in (ROOT / floor).rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"}
    }
    assert sorted(str(file.relative_to(ROOT)) for file in data - shipped) == []
    assert ROOT / "py.typed" in shipped


def test_version_of_the_package_is_that_of_the_distribution() -> None:
    assert chatlift.__version__ == project()["project"]["version"] == version("chatlift")
