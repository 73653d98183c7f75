"""Give an org the records that a recording shows, so that it can be asked the same questions.

What a call answers about a record is what the record was like then: the first that is seen of each field counts. Records that the
recording itself made are left out, and so are users and what every org has of its own.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...schemas.field import Field
from ...schemas.ids import InvalidId, normalize
from ..cassette.file import Cassette
from ..errors import OrgError
from ..org.org import Org

OWN: Final = frozenset({
    "AggregateResult", "EntityDefinition", "FieldDefinition", "Group", "Name", "Organization", "PermissionSet",
    "PermissionSetAssignment", "Profile", "RecordType", "User", "UserLicense", "UserRole",
})  # fmt: skip
"""Types that an org has of its own, or that are no rows."""
MOST_TRIES: Final = 200
"""How many records may turn out to be none that this org takes."""
_PLACE: Final = re.compile(r"records\[(\d+)\]")
_URL_ID: Final = re.compile(r"/sobjects/\w+/(\w{15,18})\Z")


@dataclass(slots=True)
class Filled:
    """What was written: records by type; what was left out, and why."""

    written: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def fill(org: Org, cassette: Cassette) -> Filled:
    """Write the records that a recording shows; those that this org does not take are named."""
    filled = Filled()
    records = list(_records(org, shown(cassette), filled))
    for _ in range(MOST_TRIES):
        try:
            org.seed({"records": records})
            break
        except OrgError as error:
            place = _PLACE.search(error.message)
            if place is None:
                filled.left_out.append(f"all records: {error.message}")
                return filled
            bad = records.pop(int(place[1]))
            reason = error.message.partition(": ")[2]
            filled.left_out.append(f"{bad['object']} {bad['fields']['Id']}: {reason[:200]}")
            records = [_without(one, bad["fields"]["Id"]) for one in records]
    else:
        filled.left_out.append(f"all records: more than {MOST_TRIES} are none that this org takes")
        return filled
    for record in records:
        filled.written[record["object"]] = filled.written.get(record["object"], 0) + 1
    return filled


def _without(record: dict[str, Any], id_: str) -> dict[str, Any]:
    """Return a record that does not refer to one that is not there."""
    kept = {name: value for name, value in record["fields"].items() if name == "Id" or value != id_}
    return {**record, "fields": kept}


# --- what the recording shows -------------------------------------------------------------------------------------------


def shown(cassette: Cassette) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the records that were there before the recording: id -> type and fields."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    made: set[str] = set()
    for call in cassette.calls:
        body, is_post = call.answered.body, call.asked.method == "POST"
        try:
            loaded = json.loads(body)
        except (ValueError, RecursionError):
            made.update(_made_in_bulk(body) if call.answered.content_type.startswith("text/csv") else ())
            continue
        for one in _objects(loaded):
            if is_post and one.get("success") is True and isinstance(one.get("id"), str):
                made.add(_long(one["id"]))
            attributes = one.get("attributes")
            if isinstance(attributes, dict) and isinstance(attributes.get("type"), str):
                _note(found, made, attributes, one)
    return found


def _note(
    found: dict[str, tuple[str, dict[str, Any]]], made: set[str], attributes: Mapping[str, Any], row: Mapping[str, Any]
) -> None:
    in_url = _URL_ID.search(str(attributes.get("url", "")))
    id_ = _long(row["Id"] if isinstance(row.get("Id"), str) else in_url[1] if in_url else "")
    if not id_ or id_ in made:
        return
    _, fields = found.setdefault(id_, (str(attributes["type"]), {"Id": id_}))
    for name, value in row.items():
        if isinstance(value, str | int | float | bool) and name != "Id":
            fields.setdefault(name, value)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def _made_in_bulk(body: bytes) -> Iterator[str]:
    """Yield the ids that the results of a bulk job tell of as new."""
    try:
        for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")):
            if row.get("sf__Created") == "true":
                yield _long(row.get("sf__Id") or "")
    except (csv.Error, UnicodeDecodeError):
        return


def _long(id_: str) -> str:
    try:
        return normalize(id_)
    except InvalidId:
        return ""


# --- what an org takes of it --------------------------------------------------------------------------------------------


def _records(org: Org, found: Mapping[str, tuple[str, dict[str, Any]]], filled: Filled) -> Iterator[dict[str, Any]]:
    taken = {id_ for id_, (name, _) in found.items() if name not in OWN and org.catalog.find(name) is not None}
    unknown = sorted({name for name, _ in found.values() if name not in OWN and org.catalog.find(name) is None})
    filled.left_out += [f"{name}: the org does not know the type; give it by --objects" for name in unknown]
    for id_ in sorted(taken):
        name, fields = found[id_]
        sobject = org.catalog.get(name)
        if sobject.key_prefix != id_[:3] and not sobject.custom:
            filled.left_out.append(f"{name} {id_}: ids of {name} begin with {sobject.key_prefix}")
            continue
        kept: dict[str, Any] = {"Id": id_}
        for key, value in fields.items():
            known = sobject.field(key)
            if known is not None and known.is_stored and _is_taken(known, value, taken):
                kept[known.name] = _long(value) if known.type == "reference" else value
        yield {"object": sobject.name, "fields": kept}


def _is_taken(known: Field, value: Any, taken: set[str]) -> bool:
    return known.type != "reference" or _long(str(value)) in taken
