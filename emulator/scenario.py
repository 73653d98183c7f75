"""Find what `--seed` and `--objects` name: a shipped scenario, a file, a folder of files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from .errors import UsageError

SHIPPED: Final = Path(__file__).parent.parent / "fixtures" / "scenarios"


def scenario(name_or_file: str) -> dict[str, Any]:
    """Return a scenario document by the name of a shipped one or the path of a file. Raises `UsageError`."""
    shipped = SHIPPED / f"{name_or_file}.json"
    if name_or_file in names():
        return _document(shipped)
    file = Path(name_or_file)
    if not file.exists():
        raise UsageError(
            f"there is no scenario and no file {name_or_file!r}; the shipped scenarios are: {', '.join(names())}"
        )
    return _document(file)


def names() -> list[str]:
    """Return the names of the shipped scenarios."""
    return sorted(file.stem for file in SHIPPED.glob("*.json"))


def objects(path: str) -> list[dict[str, Any]]:
    """Return the descriptor documents in a file (one, or a list of them) or in the JSON files of a folder."""
    place = Path(path)
    if not place.exists():
        raise UsageError(f"there is no file or folder {path!r} with objects")
    found: list[dict[str, Any]] = []
    for file in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        loaded = _load(file)
        entries: Iterable[Any] = loaded if isinstance(loaded, list) else [loaded]
        for entry in entries:
            if not isinstance(entry, dict):
                raise UsageError(f"{file} holds no descriptor of an object, nor a list of them")
            found.append(entry)
    return found


def _document(file: Path) -> dict[str, Any]:
    loaded = _load(file)
    if not isinstance(loaded, dict):
        raise UsageError(f"{file} holds no scenario: a scenario is a JSON object")
    return loaded


def _load(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{file} is no JSON: {error}") from None
