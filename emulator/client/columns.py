"""The columns of a result: a row for each record, parents as dotted names, child rows as their number.

A record alone does not tell them: a parent that is not there is `null` like an empty field. So the query is read too, with
the org's own parser; where it cannot be read, the first page decides.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import OrgError
from ..soql.parser import parse
from ..soql.tree import Call, Children, Item, Path, Query, TypeOf
from .errors import Failed

Cell = str | int | float | bool | None
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Selected:
    """What the text of a query says about its columns."""

    paths: tuple[str, ...] = ()
    """Fields as written, without the object's name or alias."""
    children: frozenset[str] = frozenset()
    """Relationship names of child subqueries, in lower case."""
    is_count: bool = False
    """SELECT COUNT(): no records, only a total."""


def selected(query: str) -> Selected:
    """Read a query. One that the parser refuses says nothing."""
    try:
        tree = parse(query)
    except OrgError:
        return Selected()
    aliases = _aliases(tree)
    paths: list[str] = []
    children: set[str] = set()
    is_count = False
    for item in tree.items:
        if isinstance(item, Children):
            children.add(item.query.sources[0].path.names[-1].lower())
            paths.append(item.query.sources[0].path.names[-1])
        elif isinstance(item, TypeOf):
            parent = _plain(item.path, aliases)
            for path in (*(path for branch in item.branches for path in branch.paths), *item.otherwise):
                paths.append(".".join((*parent, *path.names)))
        elif isinstance(item, Item) and isinstance(item.expression, Path):
            paths.append(item.alias or ".".join(_plain(item.expression, aliases)))
        elif isinstance(item.expression, Call):
            is_count = is_count or item.expression.argument is None
    return Selected(tuple(paths), frozenset(children), is_count)


def _aliases(tree: Query) -> dict[str, tuple[str, ...]]:
    """Return what each alias of FROM stands for, as a path from the main object."""
    first, *others = tree.sources
    aliases: dict[str, tuple[str, ...]] = {first.path.names[-1].lower(): ()}
    if first.alias:
        aliases[first.alias.lower()] = ()
    for source in others:
        if source.alias:
            aliases[source.alias.lower()] = _plain(source.path, aliases)
    return aliases


def _plain(path: Path, aliases: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    first = path.names[0].lower()
    return (*aliases[first], *path.names[1:]) if len(path.names) > 1 and first in aliases else path.names


def columns(query: Selected, records: Sequence[Record]) -> tuple[str, ...]:
    """Return the names of the columns from the query and the records of its first page, in the order of the records."""
    cells = [flat(record, query.children) for record in records]
    filled = {name for one in cells for name, cell in one.items() if cell is not None}
    names: dict[str, str] = {}
    for name in (name for one in cells for name in one):
        below = () if name in filled else [path for path in query.paths if _is_below(path, name)]
        for column in (name, *(name + path[len(name) :] for path in below)):
            names.setdefault(column.lower(), column)
    for path in query.paths:
        names.setdefault(path.lower(), path)
    # A name without a value is a parent that is not there, if there is a name below it.
    return tuple(
        name for name in names.values() if name in filled or not any(_is_below(other, name) for other in names.values())
    )


def _is_below(path: str, parent: str) -> bool:
    return path.lower().startswith(f"{parent.lower()}.")


def row(record: Record, names: Sequence[str], children: frozenset[str]) -> list[Cell]:
    """Return the cells of a record. Raises `Failed` for a value that no column takes: nothing is left out in silence."""
    cells = flat(record, children)
    places = {name.lower(): place for place, name in enumerate(names)}
    found: list[Cell] = [None] * len(places)
    for name, value in cells.items():
        place = places.get(name.lower())
        if place is not None:
            found[place] = value
        elif value is not None:
            raise Failed(f"{name} came on a later page and has no column; use --json")
    return found


def flat(record: Record, children: frozenset[str]) -> dict[str, Cell]:
    """Return the values of a record by their dotted names."""
    cells: dict[str, Cell] = {}
    for name, value in record.items():
        if name == "attributes":
            continue
        if isinstance(value, dict) and "attributes" in value:
            cells |= {f"{name}.{inner}": cell for inner, cell in flat(value, frozenset()).items()}
        elif isinstance(value, dict) and "records" in value:
            cells[name] = value["totalSize"]
        elif isinstance(value, dict | list):  # an address or a location
            cells[name] = json.dumps(value, ensure_ascii=False)
        elif value is None and name.lower() in children:
            cells[name] = 0
        else:
            cells[name] = value
    return cells
