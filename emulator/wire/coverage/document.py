"""The coverage document: what is emulated, what is refused and what is missing, of each protocol and of the org's objects.

Resources come from the tables of the wires and objects from the org's catalog. Which headers are read and which error codes
answered was found in the sources when they were built (``found.json``, by `make coverage-page`); what the platform has
besides is a list with its sources (``platform.json``).
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import orjson

from .... import __version__
from ....schemas.field import SObject
from ...org.org import Org
from .surface import Resource, Surface

SURFACES: Final = ("rest", "bulk", "soap", "oauth", "livechat", "inapp", "interaction", "control", "agents", "reps")
"""The wires, in the order of the page; each has a module `surface`. They are loaded when somebody asks."""
EMULATED: Final = "emulated"
IGNORED: Final = "ignored"
REFUSED: Final = "refused"
MISSING: Final = "missing"
EVERY: Final = "every"
_FOLDER: Final = Path(__file__).parent


def coverage(org: Org) -> dict[str, Any]:
    """Return what the emulator has of the platform; the page docs/coverage.md shows the same."""
    had = platform()
    found = _read("found.json")
    return {
        "version": __version__,
        "objects": _objects(org, had["objects"]),
        "protocols": protocols(),
        "headers": _headers(found["headers"], had["headers"]),
        "errors": _errors(found["errors"], had["errors"]),
    }


def protocols() -> list[dict[str, Any]]:
    """Return each protocol with its resources, those that the platform alone has at the end."""
    had = platform()["resources"]
    offered = surfaces()
    names = dict.fromkeys([surface.protocol for surface in offered])
    absent = dict.fromkeys(group["protocol"] for group in had if group["protocol"] not in names)
    return [_protocol(surface, had) for surface in (*offered, *(Surface(name, "", ()) for name in absent))]


def platform() -> dict[str, Any]:
    """Return what the platform has by its guides."""
    return _read("platform.json")


def surfaces() -> tuple[Surface, ...]:
    """Return what every wire offers."""
    found: list[Surface] = []
    for name in SURFACES:
        offered: Callable[[], tuple[Surface, ...]] = import_module(f"..{name}.surface", __package__).surfaces
        found += offered()
    return tuple(found)


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads((_FOLDER / name).read_bytes())
    return document


def _objects(org: Org, platform: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    here = [_object(org.catalog.get(name)) for name in org.catalog.names()]
    known = {one["name"] for one in here}
    absent = [name for group in platform for name in group["names"] if name not in known]
    return here + [{"name": name, "state": MISSING} for name in sorted(absent)]


def _object(sobject: SObject) -> dict[str, Any]:
    told = {"name": sobject.name, "group": sobject.group, "fields": len(sobject.fields), "calls": sorted(sobject.calls)}
    return told | ({"since": sobject.since} if sobject.since else {}) | {"state": EMULATED}


def _protocol(surface: Surface, platform: list[Mapping[str, Any]]) -> dict[str, Any]:
    here = [_resource(one) for one in surface.resources]
    sources = []
    for group in platform:
        if group["protocol"] == surface.protocol:
            sources.append(group["source"])
            here += [
                {**_named(name), "state": REFUSED, "error": code} for name, code in group.get("refused", {}).items()
            ]
            here += [{**_named(name), "state": MISSING} for name in group["missing"]]
    return {"name": surface.protocol, "base": surface.base, "resources": here, "sources": sources}


def _resource(one: Resource) -> dict[str, Any]:
    since = {"since": one.since} if one.since else {}
    state = {"state": REFUSED, "error": one.error} if one.error else {"state": EMULATED}
    return {"name": one.name, "methods": list(one.methods), **since, **state}


def _named(text: str) -> dict[str, Any]:
    """Return the name and the method of a resource of the list: ``GET graphql``, or an operation without a method."""
    method, _, name = text.partition(" ")
    return {"name": name, "methods": [method]} if name else {"name": text, "methods": []}


def _headers(found: Mapping[str, Any], platform: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the headers of each API: a request's that nobody reads is ignored, an answer's that nobody sends is missing."""
    here = {(direction, name): set(apis) for direction, names in found.items() for name, apis in names.items()}
    told = [_header(direction, name, sorted(apis), EMULATED) for (direction, name), apis in here.items()]
    for group in platform:
        direction = group["direction"]
        state = IGNORED if direction == "request" else MISSING
        for name in group["names"]:
            if not here.get((direction, name), set()) & {group["api"], EVERY}:
                told.append(_header(direction, name, [group["api"]], state))
    return sorted(told, key=lambda one: (one["direction"], one["name"].lower(), one["apis"]))


def _header(direction: str, name: str, apis: list[str], state: str) -> dict[str, Any]:
    return {"name": name, "direction": direction, "apis": apis, "state": state}


def _errors(found: Mapping[str, list[str]], platform: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    told = [{"code": code, "apis": apis, "state": EMULATED} for code, apis in found.items()]
    told += [
        {"code": code, "apis": [group["api"]], "state": MISSING}
        for group in platform
        for code in group["codes"]
        if code not in found
    ]
    return sorted(told, key=_by_code)


def _by_code(entry: Mapping[str, Any]) -> tuple[str, str]:
    code: str = entry["code"]
    return code.lower(), code
