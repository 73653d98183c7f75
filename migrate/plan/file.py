"""Reading a plan from its file or from plain values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .decisions import Plan
from .privacy import Privacy


def read(path: Path) -> Plan:
    """Return the plan of a TOML file; UsageError says what is wrong with it."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot read the plan {path}: {error.strerror};", "write one with `chatlift migrate plan SOURCE`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is not TOML: {error};", "correct it or write a new one with `chatlift migrate plan`"
        ) from None
    return from_mapping(document, str(path))


def from_mapping(document: Mapping[str, Any], where: str = "plan") -> Plan:
    """Return the plan of plain values. UsageError for an unknown key or a value of the wrong type."""
    defaults = Plan()
    values = _values(document, defaults, where, "")
    if "privacy" in values:
        values["privacy"] = replace(defaults.privacy, **_values(values["privacy"], defaults.privacy, where, "privacy."))
    return replace(defaults, **values)


def _values(document: Mapping[str, Any], defaults: Plan | Privacy, where: str, prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    known = tuple(defaults.__dataclass_fields__)
    for key, value in document.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"Do you mean {prefix}{near[0]}?" if near else f"Known keys: {', '.join(known)}"
            raise UsageError(f"{where}: unknown key {prefix + key!r}.", hint)
        values[key] = _checked(f"{where}: {prefix}{key}", key, value, getattr(defaults, key))
    return values


def _checked(place: str, key: str, value: Any, expected: Any) -> Any:
    if isinstance(expected, tuple):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"{place} must be a list of texts.", f'For example {key} = ["..."]')
        return tuple(value)
    if isinstance(expected, bool):
        if not isinstance(value, bool):
            raise UsageError(f"{place} must be true or false.", f"For example {key} = true")
    elif isinstance(expected, str):
        if not isinstance(value, str):
            raise UsageError(f"{place} must be text.", f'For example {key} = "..."')
    elif not isinstance(value, dict):
        raise UsageError(f"{place} must be a table.", f'For example [{key}] "573..." = "Shop"')
    elif not isinstance(expected, Privacy) and key != "months" and not all(isinstance(v, str) for v in value.values()):
        raise UsageError(f"{place}: its values must be texts.", f'For example [{key}] "..." = "..."')
    return value
