"""The command as a user runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from chatlift.__main__ import COMMANDS


def chatlift(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatlift", *args], capture_output=True, text=True, check=False, timeout=60
    )


def test_help_lists_every_command() -> None:
    shown = chatlift("--help")
    assert shown.returncode == 0
    for name, (_, _, line) in COMMANDS.items():
        assert name in shown.stdout
        assert line.split()[0] in shown.stdout


def test_help_loads_no_room() -> None:
    look = "import sys, chatlift.__main__; print(sorted(m for m in sys.modules if m.startswith('chatlift.')))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['chatlift.__main__']"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_be_loaded_and_has_help(name: str) -> None:
    shown = chatlift(name, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"chatlift {name}" in shown.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nonsense"], "chatlift: No such command 'nonsense'. See `chatlift --help`."),
        (["fixtures", "show"], "chatlift fixtures show: Missing argument 'NAME'. See `chatlift fixtures show --help`."),
        (
            ["fixtures", "show", "nope"],
            "There is no scenario 'nope'; there are: bot-front, empty-org, global-desk, messaging-desk, messaging-now, retirement, spam-night, support-day.",
        ),
        (["fixtures", "show", "support-day", "--object", "Nope"], "Scenario 'support-day' has no records of 'Nope'."),
    ],
)
def test_an_error_of_use_is_one_line_and_exit_2(args: list[str], said: str) -> None:
    done = chatlift(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("group", [[], ["fixtures"]])
def test_a_group_without_a_command_is_one_line_and_exit_2(group: list[str]) -> None:
    done = chatlift(*group)
    path = " ".join(["chatlift", *group])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{path}: Missing command. See `{path} --help`.\n"


def test_the_version_is_printed() -> None:
    import chatlift as package

    assert chatlift("--version").stdout == f"chatlift, version {package.__version__}\n"


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    script = f'"{sys.executable}" -m chatlift fixtures show support-day 2>"{errors}" | head -c 1'
    subprocess.run(script, shell=True, check=True, capture_output=True)
    assert errors.read_text() == ""
