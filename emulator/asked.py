"""What a Python caller asks of an org in the arguments ``seed``, ``objects`` and ``now``."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from ..schemas.values import InvalidValue, read_datetime
from .errors import UsageError
from .scenario import read_scenario

Seed = Mapping[str, Any] | str | Path
"""A scenario: a document, the name of a shipped one, or a file."""
Seeds = Seed | Sequence[Seed] | None
Schema = Mapping[str, Any] | str | Path
"""More objects or fields: a descriptor or describe, or a file or folder of them or of SFDX source."""
Objects = Schema | Sequence[Schema] | None


def documents(seeds: Seeds) -> list[Mapping[str, Any]]:
    """Return the scenario documents that were meant by one seed, several, or none. Raises `UsageError`."""
    return [
        read_scenario(str(seed)) if isinstance(seed, str | Path) else seed
        for seed in _several("seed", seeds, "a scenario is its name, a file or a document")
    ]


def descriptors(objects: Objects) -> list[Mapping[str, Any]]:
    """Return the descriptor documents that were meant by one of `Schema`, several, or none. Raises `UsageError`."""
    found: list[Mapping[str, Any]] = []
    for given in _several("objects", objects, "an object is a descriptor, or a file or folder of them"):
        if isinstance(given, str | Path):
            # Loaded with the first such file: an org is there the sooner.
            found += import_module(".objects", __package__).read_objects(str(given))
        else:
            found.append(given)
    return found


def _several(argument: str, given: Any, what: str) -> list[Any]:
    """Return one, several or none of what an argument may be, as a list. Raises `UsageError`."""
    if given is None:
        return []
    one = [given] if isinstance(given, str | Path | Mapping) else given
    if not isinstance(one, Iterable):
        raise UsageError(f"{argument}: {what}, or several of them, not {given!r}")
    several = list(one)
    for entry in several:
        if not isinstance(entry, str | Path | Mapping):
            raise UsageError(f"{argument}: {what}, not {entry!r}")
    return several


def moment(when: datetime | str, argument: str = "now") -> datetime:
    """Return an aware datetime; text is ISO 8601 with a zone. Raises `UsageError`, which names the argument."""
    if isinstance(when, datetime):
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    with suppress(InvalidValue, AttributeError, TypeError):
        return read_datetime(when)
    raise UsageError(f"{argument}: {when!r} is no ISO 8601 date and time with a zone, such as 2026-06-15T12:00:00Z")
