"""The table of the SOAP APIs: operations, headers, types and faults, from which requests are read, answers written and WSDLs made.

The table itself is `api.json`; it has the names and the order of Salesforce's own WSDL (the partner WSDL that jsforce keeps as
src/api/soap/wsdl.xml; SOAP API guide, "Core Data Types", "Calls", "Headers").
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

SOBJECT: Final = "sObject"
_MARKS: Final = "~?*+"


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a type: how it is called, of what type it is, how often it comes and whether it may be nil."""

    name: str
    type: str
    nillable: bool = False
    optional: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """A complex type. ``parts`` are all elements in order, ``own`` those that its base does not have."""

    name: str
    parts: tuple[Part, ...]
    own: tuple[Part, ...]
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A call: the headers that it knows, its arguments, its result (None for nothing) and the faults it declares."""

    name: str
    headers: tuple[str, ...]
    takes: tuple[Part, ...]
    gives: Part | None
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Api:
    """The whole table. ``texts`` are the simple types that are text."""

    headers: Mapping[str, Type]
    operations: Mapping[str, Operation]
    types: Mapping[str, Type]
    faults: Mapping[str, Type]
    texts: tuple[str, ...]


@cache
def api() -> Api:
    """Return the table; it is read once."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("api.json").read_bytes())
    groups: dict[str, str] = document["header_groups"]
    return Api(
        headers=_types(document["headers"]),
        operations={name: _operation(name, one, groups) for name, one in document["operations"].items()},
        types=_types(document["types"]),
        faults=_types(document["faults"]),
        texts=tuple(document["texts"].split()),
    )


def _operation(name: str, described: Mapping[str, str], groups: Mapping[str, str]) -> Operation:
    headers = [header for group in described["headers"].split() for header in groups[group].split()]
    gives = [_part(f"result:{described['gives']}")] if described["gives"] else [None]
    return Operation(
        name,
        tuple(dict.fromkeys(headers)),
        _parts(described["takes"].split()),
        gives[0],
        tuple(described["faults"].split()),
    )


def _types(described: Mapping[str, str]) -> dict[str, Type]:
    found: dict[str, Type] = {}
    for heading, parts in described.items():
        name, _, base = heading.partition(" < ")
        own = _parts(parts.split())
        inherited = found[base].parts if base else ()
        found[name] = Type(name, (*inherited, *own), own, base or None)
    return found


def _parts(texts: Iterable[str]) -> tuple[Part, ...]:
    return tuple(map(_part, texts))


def _part(text: str) -> Part:
    name, _, marked = text.partition(":")
    type_name = marked.rstrip(_MARKS)
    marks = marked[len(type_name) :]
    return Part(name, type_name, "~" in marks, "?" in marks or "*" in marks, "*" in marks or "+" in marks)
