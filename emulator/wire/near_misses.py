"""What somebody may have meant who asked for something that is not there, and why it is not what he asked for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import Final

from ..org.org import Org
from .api_versions import FIRST, LAST, NUMBERS
from .coverage.document import surfaces

MOST: Final = 3
LEAST_LIKE: Final = 0.75
"""How alike a path and an address must be."""
NEXT_LIKE: Final = 0.1
"""How much less alike than the best one another address may be."""
VERY_LIKE: Final = 0.92
GUESSED: Final = 0.03
"""What each segment takes away that may be anything."""
LONGEST_PATH: Final = 300
NAMES_IN_ERRORS: Final = frozenset({"INVALID_FIELD", "INVALID_TYPE", "InvalidBatch", "INVALIDENTITY"})
"""Codes whose messages name something that is not there."""
_VERSION: Final = re.compile(r"v?[0-9]{1,3}\.[0-9]")
_GIVEN_VERSION: Final = re.compile(r"/services/(?:data/(?P<rest>v?[0-9.]{1,8})|async/(?P<bulk>v?[0-9.]{1,8}))(?=/|\Z)")
_OBJECT: Final = re.compile(r"/services/data/v[0-9.]+/(?:tooling/)?(?:sobjects|composite/(?:tree|sobjects))/(\w+)")
_COLUMN: Final = re.compile(r"No such column '([\w.]{1,255})' on (?:entity '|sobject of type )(\w{1,80})")
_TYPE: Final = re.compile(r"[sS][oO]bject type '(\w{1,80})' is not supported")


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a protocol of the platform's. since: the first API version that has it, 0 when all have."""

    segments: tuple[str, ...]
    methods: tuple[str, ...]
    since: float


def near_misses(org: Org, method: str, path: str) -> list[str]:
    """Return what is there and much alike: addresses, the methods that an address takes, the names of types; with the reason
    where it is no mere slip of the pen. Nothing for an address that is right, whose record is not there.
    """
    if len(path) > LONGEST_PATH:
        return []
    path = "/" + path.strip("/")
    other_version = _of_another_version(method, path)
    if other_version:
        return [other_version]
    named = _OBJECT.match(path)
    if named:
        found = _of_another_object(org, method, path, named)
        if found:
            return found
    segments = tuple(path.strip("/").split("/"))
    exact = [address for address in _addresses() if _is(address, segments)]
    if exact:
        # A word that an address takes for anything may be a slip of one that it knows.
        return _of_an_address(method, path, exact) or _alike(path, segments, VERY_LIKE)
    return _alike(path, segments, LEAST_LIKE)


def names_alike(org: Org, code: str, message: str) -> list[str]:
    """Return the types or fields that are much like the one that an error says is not there."""
    if code not in NAMES_IN_ERRORS:
        return []
    column = _COLUMN.search(message)
    if column:
        sobject = org.catalog.find(column[2])
        names = () if sobject is None else tuple(field.name for field in sobject.fields)
        return [f"{column[2]}.{name}" for name in _like(column[1], names)]
    type_ = _TYPE.search(message)
    return _like(type_[1], org.catalog.names()) if type_ else []


def _like(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are like one, in whatever case."""
    by_lower = {one.lower(): one for one in names}
    return [by_lower[one] for one in get_close_matches(name.lower(), by_lower, MOST, LEAST_LIKE)]


def _of_another_version(method: str, path: str) -> str:
    found = _GIVEN_VERSION.match(path)
    if found is None:
        return ""
    group, prefix = ("rest", "v") if found["rest"] else ("bulk", "")
    given = found[group]
    number = re.match(r"v?([0-9]+)", given)
    if number is None or (f"v{given.removeprefix('v')}" in NUMBERS and given.startswith("v") == bool(prefix)):
        return ""
    version = min(max(int(number[1][:4]), FIRST), LAST)
    meant = f"{path[: found.start(group)]}{prefix}{version}.0{path[found.end(group) :]}"
    return f"{method} {meant} (versions are {prefix}{FIRST}.0 to {prefix}{LAST}.0)"


def _of_another_object(org: Org, method: str, path: str, named: re.Match[str]) -> list[str]:
    sobject = org.catalog.find(named[1])
    if sobject is None:
        like = _like(named[1], org.catalog.names())
        return [f"{method} {path[: named.start(1)]}{name}{path[named.end(1) :]}" for name in like]
    if sobject.since is not None and _version_of(path) < sobject.since:
        newer = re.sub(r"/v[0-9.]+/", f"/v{sobject.since:.1f}/", path, count=1)
        return [f"{method} {newer} ({sobject.name} is there from version {sobject.since:.1f} on)"]
    return []


def _of_an_address(method: str, path: str, exact: list[Address]) -> list[str]:
    """Return why an address that is there does not answer: its version, or the method."""
    taking = [address for address in exact if not address.methods or method in address.methods]
    if not taking:
        methods = ",".join(dict.fromkeys(one for address in exact for one in address.methods))
        return [f"{methods} {path}"]
    since = min(address.since for address in taking)
    if since > _version_of(path) > 0:
        newer = re.sub(
            r"/v?[0-9.]+/", lambda found: found[0].replace(found[0].strip("/v"), f"{since:.1f}"), path, count=1
        )
        return [f"{method} {newer} (it is there from version {since:.1f} on)"]
    return []


def _version_of(path: str) -> float:
    found = _GIVEN_VERSION.match(path)
    try:
        return float((found["rest"] or found["bulk"]).removeprefix("v")) if found else 0.0
    except ValueError:
        return 0.0


def _is(address: Address, segments: tuple[str, ...]) -> bool:
    """Tell whether a path is at an address."""
    return len(address.segments) == len(segments) and all(
        wanted == given
        or (wanted in ("vNN.0", "NN.0") and _VERSION.fullmatch(given))
        or (wanted.startswith("{") and given)
        for wanted, given in zip(address.segments, segments, strict=True)
    )


def _alike(path: str, segments: tuple[str, ...], least: float) -> list[str]:
    found: dict[str, float] = {}
    matcher = SequenceMatcher(None, b=path, autojunk=False)
    for address in _addresses():
        filled = "/" + "/".join(_filled(address.segments, segments))
        matcher.set_seq1(filled)
        if filled == path or matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
            continue
        guessed = sum(segment.startswith("{") for segment in address.segments[: len(segments)])
        if 2 * guessed > len(segments):
            continue
        # Another case of a letter is less than another letter.
        alike = 1.0 if filled.lower() == path.lower() else matcher.ratio() - GUESSED * guessed
        if alike >= least:
            told = f"{','.join(address.methods)} {filled}".strip()
            found[told] = max(alike, found.get(told, 0.0))
    best = max(found.values(), default=0.0)
    near = [told for told, alike in found.items() if alike >= best - NEXT_LIKE]
    return sorted(near, key=lambda told: -found[told])[:MOST]


@lru_cache(maxsize=1)
def _addresses() -> tuple[Address, ...]:
    """Return everything that the platform's protocols offer."""
    return tuple(_all())


def _all() -> Iterator[Address]:
    for surface in surfaces():
        if surface.base.startswith("/_chatlift"):
            continue
        if surface.base and not all(
            resource.methods for resource in surface.resources
        ):  # what is posted to one address
            for base in surface.base.split(", "):
                yield Address(tuple(base.strip("/").split("/")), ("POST",), 0.0)
        for resource in surface.resources:
            if resource.methods and not resource.error:
                path = resource.name if resource.name.startswith("/") else f"{surface.base}/{resource.name}"
                yield Address(tuple(path.strip("/").split("/")), resource.methods, resource.since)


def _filled(template: tuple[str, ...], segments: tuple[str, ...]) -> Iterator[str]:
    """Yield the segments of an address, with those of a path where it names none itself."""
    for place, wanted in enumerate(template):
        given = segments[place] if place < len(segments) else ""
        if wanted in ("vNN.0", "NN.0"):
            yield given if _VERSION.fullmatch(given) else wanted.replace("NN", "59")
        elif wanted.startswith("{") and given:
            yield given
        else:
            yield wanted
