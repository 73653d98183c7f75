"""Pull an org's describes into a folder: one JSON file each, the same bytes for the same schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .errors import TerminalError, UsageError
from .port import Org

ORIGIN: Final = ".origin.json"
"""Names the org and the API version that a folder's describes are of, so that no two orgs are mixed."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What an import did; ``left_out`` are fields that are computed, as ``Object.Field``."""

    written: int
    kept: int
    left_out: tuple[str, ...]


def pull(
    org: Org,
    folder: Path,
    names: Sequence[str] = (),
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
    *,
    leave_out_formulas: bool = False,
) -> Pulled:
    """Write the describes of the named objects, or of all; those that are there already stay. Raises `MigrationError`."""
    _claim(folder, {"org": org.url, "version": org.version_path, "leftOutFormulas": leave_out_formulas})
    wanted = sorted(dict.fromkeys(names or org.names()), key=lambda name: (name.lower(), name))
    written = kept = 0
    left_out: list[str] = []
    for number, name in enumerate(wanted):
        progress("describes", number, len(wanted))
        if not _NAME.match(name):
            raise TerminalError(f"{name[:80]!r} is no name of an object:", "check --object and the URL")
        if _is_there(folder / f"{name}.json", name):
            kept += 1
            continue
        described = org.describe(name)
        if described is None:
            raise UsageError(f"the org has no object {name}:", "check --object and the rights of the token's user")
        proper = described.get("name")
        if (
            not isinstance(proper, str)
            or proper.lower() != name.lower()
            or not isinstance(described.get("fields"), list)
        ):
            raise TerminalError(f"{org.url} does not answer with a describe of {name}:", "check the URL")
        if leave_out_formulas:
            described, computed = without_formulas(described)
            left_out += computed
        _write(folder / f"{proper}.json", described)
        written += 1
    return Pulled(written, kept, tuple(left_out))


def without_formulas(described: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a describe without custom fields that are computed and without computed defaults, and the names of these."""
    fields: list[Any] = []
    named: list[str] = []
    for field in described["fields"]:
        place = f"{described['name']}.{field.get('name')}"
        if field.get("calculated") and field.get("custom"):
            named.append(place)
            continue
        formula = field.get("defaultValueFormula")
        if isinstance(formula, str) and not _is_literal(formula):
            named.append(f"{place} (default value)")
            field = {**field, "defaultValueFormula": None}
        fields.append(field)
    return {**described, "fields": fields}, named


def _is_literal(formula: str) -> bool:
    text = r'"([^"\\]|\\.)*"'
    return bool(re.fullmatch(rf"\s*({text}|[+-]?[0-9.]+|(?i:true|false)|[A-Z]+VALUE\(\s*{text}\s*\))\s*", formula))


def _claim(folder: Path, origin: dict[str, Any]) -> None:
    """See to it that a folder is new, empty, or of the same org."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / ORIGIN
    if not kept.exists():
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty and no import of describes:", "name a new folder")
        _write(kept, origin)
        return
    try:
        before = json.loads(kept.read_bytes())
    except ValueError:
        before = None
    if before != origin:
        raise UsageError(f"{folder} holds describes of another org, version or kind:", "name a new folder")


def _is_there(file: Path, name: str) -> bool:
    try:
        return bool(json.loads(file.read_bytes())["name"].lower() == name.lower())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _write(file: Path, content: Any) -> None:
    """Write JSON in one step, so that a broken import leaves no half file."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, "utf-8")
    part.replace(file)
