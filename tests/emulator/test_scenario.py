"""A scenario is a shipped one or a file, whatever the file is called."""

from pathlib import Path

import pytest

from chatlift.emulator import mock_salesforce
from chatlift.emulator.errors import UsageError
from chatlift.emulator.scenario import read_scenario


@pytest.mark.parametrize("name", ["desk", "desk.json", "./desk", "desk.v2"])
def test_a_file_in_this_folder_needs_no_suffix(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text('{"description": "mine"}')
    assert read_scenario(name) == {"description": "mine"}


def test_a_shipped_scenario_goes_before_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("support-day").write_text("{}")
    assert read_scenario("support-day")["records"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "nope",
            "seed: there is no scenario nope; give a file, or one of: bot-front, empty-org, global-desk, messaging-desk, messaging-now, retirement, spam-night, support-day",
        ),
        ("nope/nope", "seed: there is no scenario nope/nope"),
        ("", "seed: cannot read : Is a directory"),
        ("text", "seed: text is no scenario, which is a JSON object: Expecting value"),
        ("list", "seed: list is no scenario, which is a JSON object"),
        ("x" * 300, "File name too long"),
        ("nul\0", "is no scenario"),
    ],
)
def test_what_is_no_scenario_says_so(name: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("# Read me")
    Path("list").write_text("[]")
    with pytest.raises(UsageError) as refused:
        read_scenario(name)
    assert problem in str(refused.value)


def test_a_problem_is_named_by_the_argument_in_python_too() -> None:
    with pytest.raises(UsageError, match=r"^seed: there is no scenario nope"), mock_salesforce(seed="nope"):
        pass
