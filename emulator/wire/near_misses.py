"""What somebody may have meant who asked for something that is not there."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import Final

from ..org.org import Org
from .coverage.document import surfaces

MOST: Final = 3
LEAST_LIKE: Final = 0.75
"""How alike a path and an address must be."""
LONGEST_PATH: Final = 300
_VERSION: Final = re.compile(r"v?[0-9]{1,3}\.[0-9]")
_OBJECT: Final = re.compile(r"/services/data/v[0-9.]+/(?:tooling/)?(?:sobjects|composite/(?:tree|sobjects))/(\w+)")
Address = tuple[tuple[str, ...], tuple[str, ...]]


def near_misses(org: Org, method: str, path: str) -> list[str]:
    """Return what is there and much alike: addresses, the methods that an address takes, the names of types."""
    if len(path) > LONGEST_PATH:
        return []
    segments = tuple(path.strip("/").split("/"))
    named = _OBJECT.match(path)
    if named and org.catalog.find(named[1]) is None:
        like = get_close_matches(named[1], org.catalog.names(), MOST, LEAST_LIKE)
        if like:
            return [f"{method} {path[: named.start(1)]}{name}{path[named.end(1) :]}" for name in like]
    found: dict[str, float] = {}
    matcher = SequenceMatcher(None, b=path.rstrip("/"), autojunk=False)
    for template, methods in _addresses():
        filled = "/" + "/".join(_filled(template, segments))
        matcher.set_seq1(filled)
        if matcher.real_quick_ratio() < LEAST_LIKE or matcher.quick_ratio() < LEAST_LIKE:
            continue
        alike = matcher.ratio()
        # The same address is a near miss only when it does not take the method.
        if alike >= LEAST_LIKE and (alike < 1.0 or (methods and method not in methods)):
            told = f"{','.join(methods)} {filled}".strip()
            found[told] = max(alike, found.get(told, 0.0))
    return sorted(found, key=lambda told: -found[told])[:MOST]


@lru_cache(maxsize=1)
def _addresses() -> tuple[Address, ...]:
    """Return the address and the methods of everything that the platform's protocols offer."""
    return tuple(_all())


def _all() -> Iterator[Address]:
    for surface in surfaces():
        if surface.base.startswith("/_chatlift"):
            continue
        for resource in surface.resources:
            if resource.methods and not resource.error:
                path = resource.name if resource.name.startswith("/") else f"{surface.base}/{resource.name}"
                yield tuple(path.strip("/").split("/")), resource.methods


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
