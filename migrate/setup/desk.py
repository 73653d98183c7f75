"""The set-up rows of legacy chat: buttons, deployments, skills, configurations and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ...schemas.ids import InvalidId, normalize
from ..cells import plain
from ..extract.members import Members
from ..extract.source import Source
from ..extract.tables import Reading
from ..masked import learn_names
from ..masking import RowMask
from ..port import Org

Record = Mapping[str, str]

OBJECTS: Final = (
    "LiveChatButton", "LiveChatDeployment", "LiveChatButtonDeployment", "LiveChatButtonSkill", "Skill", "SkillUser",
    "SkillProfile", "LiveChatUserConfig", "LiveChatUserConfigUser", "LiveChatUserConfigProfile", "LiveChatBlockingRule",
    "LiveChatSensitiveDataRule", "QuickText", "Group", "GroupMember", "QueueSobject", "Profile", "User",
)  # fmt: skip

_OF_ORG: Final = {
    "User": ("Id", "Username", "IsActive", "FirstName", "LastName", "Name"),
    "Profile": ("Id", "Name"),
    "Group": ("Id", "Name", "DeveloperName", "Type"),
}
"""Objects of which an org has more than is asked for, with the fields that serve."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The rows by object, each as its cells' texts; ids have 18 characters."""

    rows: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Record, ...]:
        """Return the rows of an object."""
        return self.rows.get(name, ())

    def find(self, name: str, id_: str) -> Record | None:
        """Return a row by its id."""
        return next((row for row in self.of(name) if row.get("Id") == id_), None)

    def linked(self, name: str, key: str, id_: str, other: str) -> list[str]:
        """Return the ids in the field `other` of the rows whose field `key` is an id."""
        return [row[other] for row in self.of(name) if row.get(key) == id_ and row.get(other)]

    def usernames(self, ids: Iterable[str]) -> list[str]:
        """Return the names of active users."""
        found = (self.find("User", id_) for id_ in dict.fromkeys(ids))
        return [row["Username"] for row in found if row and row.get("Username") and is_true(row.get("IsActive", "1"))]

    def profiles(self, ids: Iterable[str]) -> list[str]:
        """Return the names of profiles."""
        found = (self.find("Profile", id_) for id_ in dict.fromkeys(ids))
        return [row["Name"] for row in found if row and row.get("Name")]


def is_true(cell: str | None) -> bool:
    """Tell whether a cell says yes."""
    return cell in ("1", "true", "True", "TRUE")


def number(cell: str | None) -> int:
    """Return the number of a cell, 0 where there is none."""
    try:
        return int(float(cell or 0))
    except (ValueError, OverflowError):
        return 0


def read_desk(path: Path, mask: RowMask | None = None) -> Desk:
    """Return the set-up rows of a source's files, masked where a plan masks."""
    rows: dict[str, list[Record]] = {}
    with Members(path) as members:
        source = Source.survey(members)
        if mask is not None:
            learn_names(source, mask, lambda step, done, total: None)
        for table in source.tables:
            if table.object not in OBJECTS:
                continue
            for row in Reading(table, members).rows():
                if len(row.cells) == len(table.columns):
                    cells = mask.cells(table.object, table.columns, row.cells) if mask else None
                    record = dict(zip(table.columns, cells or row.cells, strict=True))
                    rows.setdefault(table.object, []).append(_normal(record))
    return _desk({name: tuple(found) for name, found in rows.items()}, mask)


def read_desk_of_org(org: Org, mask: RowMask | None = None) -> Desk:
    """Return the set-up rows of an org."""
    read: dict[str, tuple[list[str], list[list[str]]]] = {}
    for name in OBJECTS:
        known = org.fields(name)
        if known is None:
            continue
        fields = [field for field in known if field in _OF_ORG[name]] if name in _OF_ORG else known
        found = org.query(f"SELECT {', '.join(fields)} FROM {name} ORDER BY Id")
        read[name] = (fields, [[plain(record.get(field)) for field in fields] for record in found])
        if mask is not None:
            for cells in read[name][1]:
                mask.learn(name, tuple(fields), cells)
    rows: dict[str, tuple[Record, ...]] = {}
    for name, (fields, table) in read.items():
        shown = ((mask.cells(name, tuple(fields), cells) if mask else None) or cells for cells in table)
        rows[name] = tuple(_normal(dict(zip(fields, cells, strict=True))) for cells in shown)
    return _desk(rows, mask)


def _desk(rows: Mapping[str, tuple[Record, ...]], mask: RowMask | None) -> Desk:
    """Return the desk. Where names are replaced nobody can be assigned by his user name."""
    hides_users = mask is not None and mask.learns
    return Desk({name: found for name, found in rows.items() if not (hides_users and name == "User")})


def _normal(record: dict[str, str]) -> Record:
    for name, cell in record.items():
        if len(cell) == 15 and (name == "Id" or name.endswith("Id")):
            try:
                record[name] = normalize(cell)
            except InvalidId:
                continue
    return record
