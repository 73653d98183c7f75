"""What a row of the folder form is in the target: fields that it can write, references that lead somewhere there.

Ids of the folder form become those of the target's records by the journal. An id of the legacy org stays where the target has
that record (it is often the same org); else the field is left out, the id goes to a `Legacy_…_Id__c` field where there is
one, and the report names it. An owner who is missing or inactive gives way to the plan's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...schemas.ids import DERIVED_INSTANCE
from ..journal import Journal
from ..plan import Plan
from ..transform.names import SOURCE_ROW
from .target import Column, Described, Target

Row = Mapping[str, Any]

KINDS = {
    "0Mj": "MessagingChannel",
    "0PA": "MessagingEndUser",
    "0Mw": "MessagingSession",
    "0dw": "Conversation",
    "0ec": "ConversationParticipant",
    "0Zy": "ConversationEntry",
}
"""sObjects of the folder form by key prefix: their ids are ours, and mean nothing in the target."""

_PREFIXES = {
    "001": "Account",
    "003": "Contact",
    "005": "User",
    "006": "Opportunity",
    "00G": "Group",
    "00Q": "Lead",
    "500": "Case",
}
_KEPT_AS = {
    "OwnerId": "Legacy_Owner_Id__c",
    "CaseId": "Legacy_Case_Id__c",
    "LeadId": "Legacy_Lead_Id__c",
    "AccountId": "Legacy_Account_Id__c",
    "ContactId": "Legacy_Contact_Id__c",
    "AgentId__c": "Legacy_Agent_Id__c",
    "CreatedDate": "Legacy_Created_Date__c",
    "CreatedById": "Legacy_Created_By_Id__c",
    "LastModifiedDate": "Legacy_Last_Modified_Date__c",
    "LastModifiedById": "Legacy_Last_Modified_By_Id__c",
}
"""Where a value goes that its own field cannot take."""

NO_REFERENCE = "reference that the target does not have"
"""The note of a field that names a record which the target lacks; its detail is the field and the id."""

NOT_LOADED = frozenset({"Id", "IsDeleted", SOURCE_ROW})
"""Fields of the folder form that serve the restore alone: they travel in the files."""

_STAMPS = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})
"""Audit fields: an org that lets them be set lets it on insert, and writes them anew with each change."""

_REMEMBERED = 50_000


@dataclass(slots=True)
class Wanted:
    """A row as the target should have it. `waits_for` names a row that it needs and that is not there."""

    values: dict[str, Any]
    waits_for: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)


class Wants:
    """Makes rows of the folder form into rows of the target."""

    def __init__(self, target: Target, journal: Journal, plan: Plan) -> None:
        self.target = target
        self.journal = journal
        self.plan = plan
        self._sets_stamps = plan.audit_fields == "as permitted"
        self._there: dict[str, bool] = {}
        self._owner: str | None = None

    def of(self, name: str, rows: Sequence[Row]) -> list[Wanted]:
        """Return what is wanted of rows of an object, in their order."""
        told = self.target.needed(name)
        references = self._resolve(told, rows)
        self._look_up(told, rows)
        return [self._wanted(told, row, references) for row in rows]

    def is_loaded(self, kind: str) -> bool:
        """Tell whether rows of an object of the folder form go to the target: its describe decides."""
        told = self.target.described(kind)
        return told is not None and told.is_createable

    def _resolve(self, told: Described, rows: Sequence[Row]) -> dict[str, str]:
        """Return the target ids that ids of the folder form stand for."""
        by_kind: dict[str, set[str]] = {}
        for row in rows:
            for name, value in row.items():
                if name != "Id" and is_ours(value) and name in told.columns:
                    by_kind.setdefault(KINDS[value[:3]], set()).add(value)
        found: dict[str, str] = {}
        for kind, ids in by_kind.items():
            found |= self.journal.targets(kind, sorted(ids))
        return found

    def _look_up(self, told: Described, rows: Sequence[Row]) -> None:
        """Learn which records of the target the legacy ids of rows name."""
        asked: dict[str, set[str]] = {}
        for row in rows:
            for name, value in row.items():
                column = told.columns.get(name)
                if column is None or column.type != "reference" or not column.is_createable:
                    continue
                if value and not is_ours(value) and value not in self._there and (kind := _kind(column, value)):
                    asked.setdefault(kind, set()).add(value)
        if len(self._there) > _REMEMBERED:
            self._there.clear()
        for kind, ids in asked.items():
            self._ask(kind, ids)

    def _ask(self, kind: str, ids: Iterable[str]) -> None:
        wanted = sorted(ids)
        self._there.update(dict.fromkeys(wanted, False))
        if self.target.described(kind) is None:
            return
        fields = ["Id", "IsActive"] if kind == "User" else ["Id"]
        for record in self.target.select(fields, kind, "Id", wanted):
            self._there[record["Id"]] = bool(record.get("IsActive", True))

    def _wanted(self, told: Described, row: Row, references: Mapping[str, str]) -> Wanted:
        wanted = Wanted({})
        for name, value in row.items():
            column = told.columns.get(name)
            if name in NOT_LOADED:
                continue
            if column is None or not column.is_createable or (name in _STAMPS and not self._sets_stamps):
                self._keep(told, wanted, name, value)
            elif column.type == "boolean" and value is None:
                continue
            elif column.choices is not None and value is not None and value not in column.choices:
                wanted.notes.append(("value that the target's picklist does not have", f"{name} {value}"))
            elif column.type != "reference" or value is None:
                wanted.values[name] = value
            elif is_ours(value):
                self._link(wanted, name, value, references)
            elif name == "OwnerId":
                self._own(told, wanted, str(value))
            elif self._there.get(value):
                wanted.values[name] = value
            else:
                wanted.notes.append((NO_REFERENCE, f"{name} {value}"))
                self._keep(told, wanted, name, value)
        return wanted

    def _keep(self, told: Described, wanted: Wanted, name: str, value: Any) -> None:
        """Put a value that its own field cannot take where the package has a field for it."""
        kept = told.columns.get(_KEPT_AS.get(name, ""))
        if value is not None and kept is not None and kept.is_createable:
            wanted.values.setdefault(kept.name, value)

    def _link(self, wanted: Wanted, name: str, value: str, references: Mapping[str, str]) -> None:
        kind = KINDS[value[:3]]
        if value in references:
            wanted.values[name] = references[value]
        elif self.is_loaded(kind):
            wanted.waits_for = wanted.waits_for or f"{kind} {value}"

    def _own(self, told: Described, wanted: Wanted, legacy: str) -> None:
        if self._there.get(legacy):
            wanted.values["OwnerId"] = legacy
            return
        self._keep(told, wanted, "OwnerId", legacy)
        owner = self.default_owner()
        note = "owner inactive or not in the target"
        if self.plan.default_owner and not owner:
            note += ", and neither is the plan's default_owner there"
        wanted.notes.append((note, f"{legacy}, now {owner or 'the user who loads'}"))
        if owner:
            wanted.values["OwnerId"] = owner

    def default_owner(self) -> str:
        """Return the plan's owner where the target has him, else an empty text: the user who loads owns then."""
        if self._owner is None:
            self._owner = ""
            if self.plan.default_owner:
                self._ask(_PREFIXES.get(self.plan.default_owner[:3], "Group"), [self.plan.default_owner])
                self._owner = self.plan.default_owner if self._there.get(self.plan.default_owner) else ""
        return self._owner


def is_ours(value: Any) -> bool:
    """Tell whether a value is an id that the folder form made."""
    return isinstance(value, str) and len(value) == 18 and value[3:5] == DERIVED_INSTANCE and value[:3] in KINDS


def _kind(column: Column, value: str) -> str:
    """Return the object that an id is looked for in, empty when none fits."""
    if len(column.reference_to) == 1:
        return column.reference_to[0]
    known = _PREFIXES.get(value[:3], "")
    return known if known in column.reference_to else ""


def plain(kind: str, value: Any) -> Any:
    """Return a value so that two which mean the same on the platform are equal: it trims text and keeps whole seconds."""
    if value is None or value == "":
        return None
    if kind == "boolean":
        return bool(value)
    if kind == "datetime":
        return str(value)[:19]
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip() or None
    if isinstance(value, int | float):
        return float(value)
    return value


def differing(told: Described, wanted: Mapping[str, Any], found: Mapping[str, Any], clears: bool) -> list[str]:
    """Return the fields in which a record is not as wanted. Without `clears` what stands where nothing is wanted may stay."""
    return [
        name
        for name, value in wanted.items()
        if name not in _STAMPS
        and (clears or plain(told.columns[name].type, value) is not None)
        and plain(told.columns[name].type, value) != plain(told.columns[name].type, found.get(name))
    ]
