"""``/composite/tree/X``: records with their children, created together or not at all.

Limits and forms: REST guide, "sObject Tree" and the pages of its request and response bodies.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from .....schemas.field import SObject
from ....errors import BadValue, OrgError, not_found
from ....org.org import Org
from ....org.together import write_each
from ..body import ATTRIBUTES, misfit
from ..call import Answer, Call
from ..jackson import Path
from .reading import read as read_body
from .request import is_parse_error, item_error, malformed, objects
from .subrequests import DUPLICATE_REFERENCE

MOST_RECORDS: Final = 200
MOST_TYPES: Final = 5
MOST_LEVELS: Final = 5
_REFERENCE_ID: Final = re.compile(r"[A-Za-z0-9].*", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Node:
    """A record of a tree.

    path: where it stands in the body; level: 0 for a root.
    parent: the reference id of the record above it; lookup: the field that shall hold that record's id.
    """

    sobject: SObject
    reference_id: str
    values: dict[str, Any]
    path: Path
    level: int = 0
    parent: str = ""
    lookup: str = ""


class _UnreadableError(Exception):
    """A record that cannot even be read refuses the whole request; not an `OrgError`, so that it undoes all."""

    def __init__(self, error: OrgError) -> None:
        super().__init__(str(error))
        self.error = error


class _TreeError(Exception):
    """The tree is no tree that may be created: what is told of which records."""

    def __init__(self, nodes: list[str], message: str) -> None:
        super().__init__(message)
        self.answer = refused([(name, OrgError("INVALID_INPUT", message)) for name in nodes])


def tree(org: Org, call: Call) -> Answer:
    """``POST composite/tree/X``: 201 with an id for each reference id, the roots first; 400 with what is wrong."""
    root = org.seen_by(call.caller).find(call.segments[2], call.caller.number)
    if root is None:
        raise not_found()
    call, asked, _ = read_body(call)
    try:
        nodes = [
            node
            for index, record in enumerate(objects(asked, "records"))
            for node in read(org, call, root, record, Node(root, "", {}, ("records", index)))
        ]
        check(nodes)
    except _TreeError as error:
        return error.answer
    return plant(org, call, sorted(nodes, key=lambda node: node.level))


def plant(org: Org, call: Call, nodes: list[Node]) -> Answer:
    """Create the records, level by level; all that are wrong are told, those below them are not tried."""
    ids: dict[str, str] = {}
    wrong: list[tuple[str, OrgError]] = []

    def grow(node: Node) -> None:
        if node.parent and node.parent not in ids:
            return
        values = node.values | {node.lookup: ids[node.parent]} if node.parent else node.values
        try:
            ids[node.reference_id] = org.records.create(call.caller, node.sobject.name, values)
        except BadValue as error:
            place = misfit(call.raw, error.field, error.value, error.type_name, node.path)
            raise _UnreadableError(OrgError(error.code, place, error.fields)) from None
        except OrgError as error:
            if is_parse_error(error):
                raise _UnreadableError(error) from None
            wrong.append((node.reference_id, error))
            raise

    try:
        write_each(org, [lambda node=node: grow(node) for node in nodes], all_or_none=True)  # type: ignore[misc]
    except _UnreadableError as unreadable:
        raise unreadable.error from None
    if wrong:
        return refused(wrong)
    return Answer(
        201,
        {
            "hasErrors": False,
            "results": [{"referenceId": node.reference_id, "id": ids[node.reference_id]} for node in nodes],
        },
    )


def refused(wrong: list[tuple[str, OrgError]]) -> Answer:
    results = [{"referenceId": name, "errors": [item_error(error)]} for name, error in wrong]
    return Answer(400, {"hasErrors": True, "results": results})


# --- reading


def read(org: Org, call: Call, sobject: SObject, record: dict[str, Any], place: Node) -> Iterator[Node]:
    """Yield a record and those below it."""
    attributes = record.get(ATTRIBUTES)
    if not isinstance(attributes, dict):
        raise malformed(f"'{ATTRIBUTES}' is a required field.")
    reference_id, type_name = attributes.get("referenceId"), attributes.get("type")
    if not isinstance(reference_id, str) or not _REFERENCE_ID.fullmatch(reference_id):
        raise _TreeError(
            [reference_id if isinstance(reference_id, str) else ""], "Include a reference ID for each record."
        )
    if not isinstance(type_name, str) or org.seen_by(call.caller).find(type_name, call.caller.number) is not sobject:
        # Recorded: forcedotcom/cli#3285.
        raise _TreeError([reference_id], f"Invalid entity type provided in the request: {type_name}")
    if place.level >= MOST_LEVELS:
        raise _TreeError([reference_id], f"A tree can have at most {MOST_LEVELS} levels.")
    children = {name: value for name, value in record.items() if is_collection(value) and sobject.child(name)}
    values = {name: value for name, value in record.items() if name != ATTRIBUTES and name not in children}
    yield replace(place, sobject=sobject, reference_id=reference_id, values=values)
    for name, value in children.items():
        relationship = sobject.child(name)
        assert relationship is not None
        child = org.seen_by(call.caller).find(relationship.child_sobject, call.caller.number)
        if child is None:
            raise _TreeError([reference_id], f"Invalid entity type provided in the request: {name}")
        for index, below in enumerate(objects(value, "records")):
            path = (*place.path, name, "records", index)
            at = Node(child, "", {}, path, place.level + 1, reference_id, relationship.field)
            yield from read(org, call, child, below, at)


def is_collection(value: Any) -> bool:
    return isinstance(value, dict) and "records" in value


def check(nodes: list[Node]) -> None:
    """Refuse reference ids that are given twice, and trees that are too large. A guess: the words."""
    counted = Counter(node.reference_id for node in nodes)
    twice = [node.reference_id for node in nodes if counted[node.reference_id] > 1]
    if twice:
        raise _TreeError(twice, DUPLICATE_REFERENCE)
    if len(nodes) > MOST_RECORDS:
        raise _TreeError([nodes[MOST_RECORDS].reference_id], f"A request can have at most {MOST_RECORDS} records.")
    types = list(dict.fromkeys(node.sobject.name for node in nodes))
    if len(types) > MOST_TYPES:
        first = next(node for node in nodes if node.sobject.name == types[MOST_TYPES])
        raise _TreeError([first.reference_id], f"A request can have at most {MOST_TYPES} types of records.")
