"""What REST offers, for the coverage page."""

from collections.abc import Mapping
from typing import Final

from ..coverage.surface import Resource, Surface
from . import actions
from .later import View
from .routes import ANY, BELOW, Route, table
from .routes import Resource as Answering

WORDS: Final = {
    "approvalLayouts": "name",
    "compactLayouts": "record type",
    "conversation": "identifier",
    "custom": "kind",
    "defaultValues": "id",
    "layouts": "record type",
    "listviews": "view",
    "namedLayouts": "name",
    "query": "locator",
    "queryAll": "locator",
    "quickActions": "action",
    "sobjects": "object",
    "standard": "action",
    "tree": "object",
}
"""What stands behind a segment, where that is whatever the caller names."""
BELOW_OBJECT: Final = {
    "composite": ("field",),
    "sobjects": ("id or field", "value, relationship or file", "relationship"),
    "tooling": ("id",),
}
"""What stands behind an object, by the beginning of the path: a row, what belongs to it, and parents of parents."""


REFUSED_BY: Final[Mapping[Answering, str]] = {
    View(".actions", "run"): actions.ACTIONS[0].status_code,
    View(".connect", "chatter"): "FUNCTIONALITY_NOT_ENABLED",
}
"""What is there to refuse, and its code."""


def surfaces() -> tuple[Surface, ...]:
    found = [Resource("", ("GET",))]
    found += [resource for route in table() if route.path for resource in resources(route)]
    versions = Resource("/services/data", ("GET",))
    return (Surface("REST", "/services/data/vNN.0", (versions, *found)),)


def resources(route: Route) -> list[Resource]:
    """Return a route as one resource, and as another where some of its methods are always refused."""
    by_code: dict[str, list[str]] = {}
    for method, view in route.methods.items():
        by_code.setdefault(REFUSED_BY.get(view, ""), []).append(method)
    return [Resource(address(route.path), tuple(methods), route.since, code) for code, methods in by_code.items()]


def address(path: tuple[str, ...]) -> str:
    """Return the path of a route with words in braces for what callers name."""
    named: list[str] = []
    for place, part in enumerate(path):
        if part == BELOW:
            named.append("{anything}")
        elif part != ANY:
            named.append(part)
        elif path[place - 1] == ANY:
            words, depth = BELOW_OBJECT[path[0]], sum(one == ANY for one in path[:place]) - 1
            named.append(f"{{{words[min(depth, len(words) - 1)]}}}")
        else:
            named.append(f"{{{WORDS.get(path[place - 1], 'name')}}}")
    return "/".join(named)
