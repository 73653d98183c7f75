"""Read the descriptors that `--objects` names."""

import json
from pathlib import Path
from typing import Any

from .errors import UsageError


def read_objects(path: str) -> list[dict[str, Any]]:
    """Return the descriptor documents of a file (one, or a list of them) or of a folder's JSON files. Raises `UsageError`."""
    place = Path(path)
    if not place.exists():
        raise UsageError(f"--objects: there is no file or folder {path}")
    found: list[dict[str, Any]] = []
    for file in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        loaded = _load(file)
        for entry in loaded if isinstance(loaded, list) else [loaded]:
            if not isinstance(entry, dict):
                raise UsageError(f"--objects: {file} holds no descriptor of an object, nor a list of them")
            found.append(entry)
    return found


def _load(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"--objects: cannot read {file}: {error}") from None
