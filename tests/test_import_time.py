"""What a user's pytest start pays for: the plugin is loaded into every run, so it may load nothing heavy."""

import subprocess
import sys
from pathlib import Path

HEAVY = (
    "flask",
    "sqlalchemy",
    "marshmallow",
    "requests",
    "lxml",
    "chatlift.emulator",
    "chatlift.migrate",
    "chatlift.schemas",
)


def test_a_run_that_uses_none_of_our_fixtures_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_users_own.py").write_text(
        "import sys\n"
        "def test_nothing_heavy_is_loaded(request):\n"
        "    assert 'chatlift.fixtures.pytest_plugin' in sys.modules\n"
        "    assert any(name == 'chatlift' for name, _ in request.config.pluginmanager.list_name_plugin())\n"
        f"    assert sorted(set({HEAVY!r}) & set(sys.modules)) == []\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_itself_loads_nothing() -> None:
    look = "import sys; before = set(sys.modules); import chatlift; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['chatlift']"
