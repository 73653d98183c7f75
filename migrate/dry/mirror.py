"""A target as a dry run has it: what a load looks up is read from the target, put into a private org, and looked up there.

So each lookup finds what it would find, and each write meets the records that it would meet. Parents of existing records that the load itself does not
touch come with their id alone: nobody's names are copied.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..load.lanes import FILES
from ..load.target import Result, Target, reserved_calls
from .allowances import BATCH_ROWS, CALLS, Allowances
from .child import Child, ControlRefused
from .schema import columns_to_bring

_KEYS: Final = 100
"""Keys of one question to the target: with the fields of a record a URL stays below 8,192 characters."""
_FIELD_CHARACTERS: Final = 3000
_SEEDED: Final = 200
_DOCUMENTS: Final = ("ContentDocumentId", "Title", "PathOnClient", "Checksum", "IsLatest", "VersionNumber")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    FILES: _DOCUMENTS,
    "ContentDocumentLink": ("LinkedEntityId", "ContentDocumentId", "ShareType", "Visibility"),
    "User": ("IsActive",),
}
"""Fields of existing records that are read besides their ids, where it is not the fields that a load writes."""
_PLACE: Final = re.compile(r"records\[\d+\] \(\w+\): ")
_PLACEHOLDERS: Final[Mapping[str, Any]] = {
    "boolean": False, "int": 0, "double": 0, "currency": 0, "percent": 0, "date": "2000-01-01",
    "datetime": "2000-01-01T00:00:00.000+0000", "time": "00:00:00.000Z", "email": "nobody@chatlift.test", "url": "http://chatlift.test",
}  # fmt: skip

Note = Callable[[str, str, str], None]
"""Notes what could not be rehearsed: object, id or field, reason."""


class Brought:
    """The ids that were put into the private org: a file, so that memory does not grow with the target."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
            "CREATE TABLE brought (id TEXT PRIMARY KEY, here TEXT) WITHOUT ROWID;"
        )

    def add(self, ids: Iterable[str]) -> list[str]:
        """Note ids, and return those that are new."""
        sql = "INSERT OR IGNORE INTO brought (id) VALUES (?)"
        return [id_ for id_ in dict.fromkeys(ids) if self._database.execute(sql, (id_,)).rowcount]

    def rename(self, id_: str, here: str) -> None:
        """Note that a record has another id here."""
        self._database.execute("UPDATE brought SET here = ? WHERE id = ?", (here, id_))

    def here(self, id_: str) -> str:
        """Return the id that a record has here."""
        found = self._database.execute("SELECT here FROM brought WHERE id = ? AND here IS NOT NULL", (id_,)).fetchone()
        return str(found[0]) if found else id_

    def close(self) -> None:
        self._database.close()


@dataclass(slots=True)
class Rehearsal(Target):
    """The private org as a target. `real` is the target itself, which is only read."""

    real: Target = field(kw_only=True)
    child: Child = field(kw_only=True)
    used: Allowances = field(kw_only=True)
    brought: Brought = field(kw_only=True)
    note: Note = field(kw_only=True)
    lanes: frozenset[str] = field(kw_only=True)
    is_loaded: bool = False
    """Whether the load is over: what is compared then is looked up here alone."""
    _described: dict[str, dict[str, Any]] = field(default_factory=dict)
    _prefixes: dict[str, str] = field(default_factory=dict)

    def see_to_limits(self) -> None:
        """Note where a load would stop to leave the org calls for others, and go on."""
        told = self.used.of(CALLS)
        if told is None or self.used.stops:
            return
        allowed, left = told[0], told[1] - self.used.calls
        if left < reserved_calls(allowed):
            self.lift()

    def lift(self) -> bool:
        """Note that a load would stop here for want of calls, and let the rehearsal go on without limits."""
        if not self.used.stops:
            self.used.stops.append(
                f"the load would stop after {self.used.calls} API calls, because the org has no more to spare today: "
                "it goes on with the same command on the next day"
            )
            self.child.control("PUT", "limits", {CALLS: None})
            return True
        return False

    def select(
        self, fields: Sequence[str], name: str, by: str, keys: Sequence[str], also: str = ""
    ) -> list[dict[str, Any]]:
        """Return the records of an object whose field has one of these values, after they were brought from the target."""
        if not self.is_loaded:
            self._bring(name, by, keys, also)
        return Target.select(self, fields, name, by, keys, also)

    def insert(self, name: str, records: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Insert records, and count what they take."""
        self.used.file_bytes += sum(len(record.get("VersionData") or "") * 3 // 4 for record in records)
        results = Target.insert(self, name, records)
        if name != FILES:
            self.used.records += sum(result.id is not None for result in results)
        return results

    def bulk(
        self, operation: str, name: str, records: Sequence[Mapping[str, Any]], keys: Sequence[str]
    ) -> list[Result]:
        """Insert or update records by Bulk API 2.0, and count what they take."""
        self.used.batches += -(-len(records) // BATCH_ROWS)
        results = Target.bulk(self, operation, name, records, keys)
        self.used.records += sum(result.id is not None for result in results) if operation == "insert" else 0
        return results

    # --- what the target has already ------------------------------------------------------------------------------------

    def _bring(self, name: str, by: str, keys: Sequence[str], also: str = "") -> None:
        """Put the records of the target that a look-up would find into the private org."""
        there = self.real.described(name)
        # What the target has no field for, because the package is assumed, nobody has there.
        if there is None or by not in there.columns or self.described(name) is None:
            return
        columns = self._columns(name)
        for first in range(0, len(keys), _KEYS):
            some = keys[first : first + _KEYS]
            head, *others = _portions(columns)
            found = {record["Id"]: record for record in self.real.select(["Id", *head], name, by, some, also)}
            new = self.brought.add(found)
            for more in others if new else ():
                for record in self.real.select(["Id", *more], name, "Id", new):
                    found[record["Id"]] |= record
            self._put(name, [found[id_] for id_ in new])

    def _columns(self, name: str) -> tuple[str, ...]:
        if name in _FIELDS:
            there = self.real.needed(name).columns
            return tuple(column for column in _FIELDS[name] if column in there)
        return columns_to_bring(self._whole(name), self.real.needed(name).columns) if name in self.lanes else ()

    def _whole(self, name: str) -> dict[str, Any]:
        """Return the describe of an object of the private org."""
        if name not in self._described:
            self._described[name] = self.org.describe(name) or {"fields": [], "keyPrefix": None}
        return self._described[name]

    def _put(self, name: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records into the private org, after the parents that they name."""
        columns = self.needed(name).columns
        kinds = {
            (record["Id"], key): self._kind(columns[key].reference_to, str(value))
            for record in records
            for key, value in record.items()
            if value and key in columns and columns[key].type == "reference"
        }
        parents: dict[str, list[str]] = {}
        for (id_, key), kind in kinds.items():
            if kind:
                parents.setdefault(kind, []).append(next(str(one[key]) for one in records if one["Id"] == id_))
        for kind, ids in parents.items():
            self._bring_parents(kind, ids)
        documents = []
        for record in records:
            values = {"Id": record["Id"]}
            for key, value in record.items():
                if value is None or key not in columns or key == "Id":
                    continue
                if columns[key].type != "reference":
                    values[key] = value
                elif kinds[record["Id"], key]:
                    values[key] = self.brought.here(str(value))
            documents.append((record["Id"], {"object": name, "fields": self._filled(name, values)}))
        for first in range(0, len(documents), _SEEDED):
            self._seed(documents[first : first + _SEEDED])

    def _bring_parents(self, kind: str, ids: Sequence[str]) -> None:
        if kind in self.lanes or kind in _FIELDS:
            self._bring(kind, "Id", list(dict.fromkeys(ids)))
        else:
            self._put(kind, [{"Id": id_} for id_ in self.brought.add(ids)])

    def _kind(self, targets: Sequence[str], value: str) -> str:
        """Return the object of the private org that an id belongs to, empty when there is none."""
        if not self._prefixes:
            for entry in self.org.patiently(lambda: self.org.send("GET", f"{self.path}/sobjects"))["sobjects"]:
                if entry.get("keyPrefix"):
                    self._prefixes[entry["keyPrefix"]] = entry["name"]
        kind = self._prefixes.get(value[:3], "")
        return kind if kind in targets else ""

    def _filled(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return a record with something in each field that must have a value."""
        for one in self._whole(name)["fields"]:
            if one["nillable"] or one["defaultedOnCreate"] or one["name"] in values or one.get("autoNumber"):
                continue
            if one["type"] in ("reference", "id") or (one["name"] == "Name" and not one["createable"]):
                continue
            picked = [value["value"] for value in one.get("picklistValues") or () if value["active"]]
            usual = f"{values['Id'].lower()}@chatlift.test" if one["name"] == "Username" else "-"
            values[one["name"]] = picked[0] if picked else _PLACEHOLDERS.get(one["type"], usual)
        return values

    def _seed(self, documents: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Put records into the private org; one that it refuses comes with what it must have, and is noted."""
        prefix = self._whole(documents[0][1]["object"]).get("keyPrefix")
        for id_, document in documents:
            if id_[:3] != prefix:  # a key prefix that is not public: the record gets an id of ours
                document["fields"].pop("Id", None)
        if not (problem := self._seeded(documents)):
            return
        if len(documents) > 1:
            half = len(documents) // 2
            self._seed(documents[:half])
            self._seed(documents[half:])
            return
        [(id_, document)] = documents
        name, values = document["object"], document["fields"]
        needed = {one["name"] for one in self._whole(name)["fields"] if not one["nillable"]}
        least = {key: value for key, value in values.items() if key in needed or key.startswith("Legacy_")}
        if not self._seeded([(id_, {"object": name, "fields": least})]):
            self.note(
                name, id_, f"the record that is there: {_PLACE.sub('', problem)}; its other fields were not compared"
            )
        else:
            self.note(name, id_, f"the record that is there could not be taken over: {_PLACE.sub('', problem)}")

    def _seeded(self, documents: Sequence[tuple[str, dict[str, Any]]]) -> str:
        """Put records into the private org, all or none. Returns why it refuses them, empty when it does not."""
        records = [{**document, "ref": id_} for id_, document in documents]
        try:
            refs = self.child.control("POST", "seed", {"records": records})["refs"]
        except ControlRefused as error:
            return error.message
        for id_, document in documents:
            if "Id" not in document["fields"]:
                self.brought.rename(id_, refs[id_])
        return ""


def _portions(columns: Sequence[str]) -> list[list[str]]:
    """Return fields in portions that a URL takes."""
    portions: list[list[str]] = [[]]
    size = 0
    for name in columns:
        if size + len(name) > _FIELD_CHARACTERS and portions[-1]:
            portions.append([])
            size = 0
        portions[-1].append(name)
        size += len(name) + 3
    return portions
