"""References to earlier results: ``@{refAccount.id}``, ``@{query.records[0].Id}``.

REST guide, "Composite Request Body": ``.`` names a field and ``[n]`` a place in an array of the result's body, as often as it
makes sense; names are case-sensitive.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from ....errors import OrgError

REFERENCE: Final = re.compile(r"@\{([^{}]*)\}")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9})\]")
_ABSENT: Final = object()
NULL_IS_A_VALUE_SINCE: Final = 52.0
"""REST guide, "Behavior for References to Null Fields": before, a reference to an empty field failed."""


@dataclass(frozen=True, slots=True)
class References:
    """The bodies of the results so far, by reference id, and the version that the composite request came in."""

    bodies: Mapping[str, Any]
    version: float

    def in_url(self, url: str) -> str:
        """Return a URL with its references resolved; a value is escaped unless it is the beginning of the URL."""

        def resolve(match: re.Match[str]) -> str:
            found = as_text(self.value(match[1]))
            return found if match.start() == 0 else quote(found, safe="")

        return REFERENCE.sub(resolve, url)

    def in_body(self, value: Any) -> Any:
        """Return a JSON value with its references resolved; a text that is nothing but a reference becomes its value."""
        if isinstance(value, str):
            whole = REFERENCE.fullmatch(value)
            if whole is not None:
                return self.value(whole[1])
            return REFERENCE.sub(lambda match: as_text(self.value(match[1])), value)
        if isinstance(value, list):
            return [self.in_body(one) for one in value]
        if isinstance(value, dict):
            return {name: self.in_body(one) for name, one in value.items()}
        return value

    def value(self, path: str) -> Any:
        """Return the scalar that a path leads to. Raises PROCESSING_HALTED."""
        name = re.split(r"[.\[]", path, maxsplit=1)[0]
        found = follow(self.bodies.get(name, _ABSENT), path[len(name) :])
        if found is _ABSENT or isinstance(found, (dict, list)):
            raise unknown(path, name)
        if found is None and self.version < NULL_IS_A_VALUE_SINCE:
            raise unknown(path, name)
        return found


def follow(value: Any, steps: str) -> Any:
    """Return what steps such as ``.records[0].Id`` lead to, or `_ABSENT`."""
    at = 0
    while at < len(steps) and value is not _ABSENT:
        step = _STEP.match(steps, at)
        if step is None:
            return _ABSENT
        if step[1] is not None:
            value = value.get(step[1], _ABSENT) if isinstance(value, dict) else _ABSENT
        elif isinstance(value, list) and int(step[2]) < len(value):
            value = value[int(step[2])]
        else:
            value = _ABSENT
        at = step.end()
    return value


def as_text(value: Any) -> str:
    """Return a JSON scalar inside a text; an empty value leaves nothing."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def unknown(path: str, name: str) -> OrgError:
    """Say that a reference leads nowhere (recorded in the tests of CumulusCI, cumulusci/tests/test_composite.py).

    Some answers go on with a sentence on what a reference id may hold (REST guide, "Composite Subrequest Result").
    """
    return OrgError("PROCESSING_HALTED", f"Invalid reference specified. No value for {path} found in {name}")
