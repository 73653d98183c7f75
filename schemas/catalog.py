"""Find sObjects by name in any case or by key prefix, as one API version knows them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

from .dependencies import check as check_dependencies
from .dependencies import named
from .describes import laid_over, refuse_computed
from .descriptor import DescriptorError, child_from, distinct, field_documents, field_from, sobject_from
from .field import DOUBLE_TYPES, ChildRelationship, Field, PicklistValue, SObject
from .ids import encode62
from .list_views import list_views_of
from .record_types import RECORD_TYPE_FIELD, record_types_of

GROUPS: Final = ("legacy", "enhanced", "platform", "definitions")
READING_CALLS: Final = frozenset({"describeSObjects", "query", "retrieve", "search"})
TOOLING: Final = "tooling"
"""The folder of the objects that only the Tooling API knows."""
FILES: Final = (
    ("Attachment", "ParentId", "Attachments"),
    ("ContentDocumentLink", "LinkedEntityId", "ContentDocumentLinks"),
    ("ContentVersion", "FirstPublishLocationId", None),
)
"""What can be kept at a record of any object: the type, its reference, and the record's relationship to it."""
_FOLDER: Final = Path(__file__).parent
_INDEX: Final = _FOLDER / "index.json"


class Catalog:
    """The sObjects of one org: the shipped ones and, in an extended catalog, the org's own.

    Descriptors are read from their files when they are first asked for. A catalog never changes; `extended` makes a
    new one, with another `revision`.
    """

    def __init__(
        self, index: Mapping[str, tuple[str, str, str | None]], loaded: Mapping[str, SObject] = {}, revision: int = 0
    ) -> None:
        """Take an index of lower-case name to (group, name, key prefix), and the objects that are not in a file."""
        self.revision = revision
        self._index = dict(index)
        self._objects: dict[str, SObject] = dict(loaded)
        self._prefixes: dict[str, str] | None = None
        self._references: dict[str, tuple[tuple[SObject, ChildRelationship], ...]] = {}

    @property
    def whole(self) -> "Catalog":
        """The catalog itself, where this is what one user sees of it."""
        return self

    def find(self, name: str, version: float | None = None) -> SObject | None:
        """Find an sObject by name in any case; None when there is none or the API version is older than the type."""
        key = name.lower()
        found = self._objects.get(key)
        if found is None:
            place = self._index.get(key)
            if place is None:
                return None
            document = json.loads((_FOLDER / place[0] / f"{place[1]}.json").read_bytes())
            found = self._objects[key] = _with_list_views(sobject_from(document, place[0]), document)
        if version is not None and found.since is not None and version < found.since:
            return None
        return found

    def get(self, name: str) -> SObject:
        """Return an sObject that is known to exist. Raises KeyError."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def by_prefix(self, prefix: str) -> SObject | None:
        """Find the sObject whose ids begin with a key prefix."""
        if self._prefixes is None:
            indexed = {given: name for _, name, given in self._index.values() if given}
            own = {sobject.key_prefix: sobject.name for sobject in self._objects.values() if sobject.key_prefix}
            self._prefixes = indexed | own
        name = self._prefixes.get(prefix)
        return self.find(name) if name else None

    def references_to(self, name: str) -> tuple[tuple[SObject, ChildRelationship], ...]:
        """Return every stored reference to a type: the type that has it, and what becomes of it when the parent goes.

        Where no child relationship is described, a guess: a record that must have its parent goes with it, but an owner
        cannot go while he owns anything.
        """
        found = self._references.get(name)
        if found is None:
            described = {(child.child_sobject, child.field): child for child in self.get(name).child_relationships}
            found = self._references[name] = tuple(
                (sobject, described.get((sobject.name, field.name)) or _undescribed(sobject, field))
                for sobject in map(self.get, self._names())
                for field in sobject.fields
                if field.type == "reference" and field.is_stored
                if name in field.reference_to or (sobject.name, field.name) in described
            )
        return found

    def with_record_types(self) -> tuple[SObject, ...]:
        """Return the sObjects to which the org's schema gives record types, by name; no shipped descriptor does."""
        found = [sobject for sobject in self._objects.values() if sobject.record_types]
        return tuple(sorted(found, key=lambda sobject: sobject.name))

    def names(self, version: float | None = None) -> tuple[str, ...]:
        """Return the names of all sObjects that an API version knows, in alphabetical order."""
        if version is None:
            return self._names()
        return tuple(name for name in self._names() if self.find(name, version))

    def _names(self) -> tuple[str, ...]:
        own = (self._objects[key].name for key in self._objects.keys() - self._index.keys())
        return tuple(sorted([*own, *(name for _, name, _ in self._index.values())]))

    def extended(self, documents: Iterable[Mapping[str, Any]]) -> "Catalog":
        """Return a catalog with more objects, or with more fields of the objects it has.

        A document that names a known object adds the fields that the object does not have and replaces those it has.
        A reference to an object gives that object a child relationship (``childRelationshipName`` of the field, else the
        plural label without blanks, with ``__r`` for custom fields), unless it has one for that field. Rows hold values already,
        so a field keeps its kind. A document that ``extends`` must name an object that is known, or that another one brings.
        Raises `DescriptorError`, and then nothing changed.
        """
        # What extends an object that another document brings comes after all others; the rest keeps its order: the last one counts.
        documents = sorted(
            documents, key=lambda one: bool(one.get("extends")) and self.find(str(one.get("name"))) is None
        )
        objects = dict(self._objects)
        draft = Catalog(self._index, objects, self.revision + 1)
        added: list[tuple[SObject, Mapping[str, Any]]] = []
        refuse_computed(documents, self.find)
        given = frozenset(str(document.get("keyPrefix")) for document in documents)
        for document in map(_with_record_type_field, documents):
            known = draft.find(str(document.get("name")))
            if known is None and document.get("extends") and _is_views_alone(document):
                continue  # list views of a type that the org does not have show nothing
            if known is None and document.get("extends"):
                problem = "is neither shipped nor described: give its describe too"
                raise DescriptorError(f"{document.get('name')} {problem}")
            document = named(document, known)
            if known is not None and document.get("described"):
                document = laid_over(document, known)
            merged = _merged(known, document) if known else sobject_from(document, key_prefix=draft._free_prefix(given))
            if document.get("recordTypes"):
                merged = replace(merged, record_types=record_types_of(document, merged.record_types))
                draft._allow_record_types(merged.name)
            merged = _with_list_views(merged, document)
            if not known and merged.key_prefix and draft.by_prefix(merged.key_prefix):
                raise DescriptorError(f"{merged.name}: the key prefix {merged.key_prefix} is another object's")
            draft._objects[merged.name.lower()] = merged
            draft._prefixes = None
            if not known and merged.custom:
                draft._take_files(merged.name)
            added += [(merged, field) for field in field_documents(document)]
        for sobject, document in added:
            draft._link(sobject, document)
        for sobject, document in added:
            draft._check_formula(sobject, document["name"])
        for name in {sobject.name for sobject, _ in added}:
            check_dependencies(draft.get(name))
        return draft

    def replacing(self, sobjects: Iterable[SObject]) -> "Catalog":
        """Return a catalog in which some types stand in the place of those of the same names."""
        objects = self._objects | {one.name.lower(): one for one in sobjects}
        return Catalog(self._index, objects, self.revision + 1)

    def _free_prefix(self, taken: frozenset[str]) -> str:
        """Return the next key prefix of custom objects that is not taken: a00, a01, and so on."""
        prefixes = ("a" + encode62(number, 2) for number in count())
        return next(prefix for prefix in prefixes if prefix not in taken and not self.by_prefix(prefix))

    def _allow_record_types(self, name: str) -> None:
        """Let rows of RecordType be of one more object."""
        sobject = self.get("RecordType")
        field = sobject.field("SobjectType")
        if field is None or any(value.value == name for value in field.picklist_values):
            return
        wider = replace(field, picklist_values=(*field.picklist_values, PicklistValue(name, name)))
        fields = tuple(wider if one is field else one for one in sobject.fields)
        self._objects["recordtype"] = replace(sobject, fields=fields)

    def _take_files(self, name: str) -> None:
        """Let attachments and files belong to records of an own object, as they do to those of every custom object."""
        for child_name, field_name, relationship in FILES:
            child = self.get(child_name)
            fields = tuple(
                replace(field, reference_to=tuple(sorted({*field.reference_to, name})))
                if field.name == field_name
                else field
                for field in child.fields
            )
            self._objects[child_name.lower()] = replace(child, fields=fields)
            parent = self.get(name)
            if relationship is not None and parent.child(relationship) is None:
                here = ChildRelationship(child_name, field_name, relationship, cascade_delete=True)
                widened = replace(parent, child_relationships=(*parent.child_relationships, here))
                self._objects[name.lower()] = widened

    def _link(self, sobject: SObject, document: Mapping[str, Any]) -> None:
        field = sobject.field(document["name"])
        if field is None or field.type != "reference" or document.get("childRelationship") is False:
            return
        given = document.get("childRelationshipName")
        if given is not None and not isinstance(given, str):
            raise DescriptorError(f"{sobject.name}.{field.name}: childRelationshipName is text, not {given!r}")
        for target in field.reference_to:
            parent = self.find(target)
            if parent is None:
                raise DescriptorError(f"{sobject.name}.{field.name}: there is no object {target} to refer to")
            here = (sobject.name, field.name)
            known = [child for child in parent.child_relationships if (child.child_sobject, child.field) == here]
            others = [child for child in parent.child_relationships if (child.child_sobject, child.field) != here]
            taken = {child.relationship_name.lower() for child in others if child.relationship_name}
            if given and given.lower() in taken:
                raise DescriptorError(f"{sobject.name}.{field.name}: {target} has a child relationship {given} already")
            before = known[0] if known else ChildRelationship(*here, _free_child_name(sobject, field, taken))
            child = ChildRelationship(
                *here,
                before.relationship_name if given is None else given or None,
                bool(document.get("cascadeDelete", before.cascade_delete)),
                bool(document.get("restrictedDelete", before.restricted_delete)),
            )
            self._objects[parent.name.lower()] = replace(parent, child_relationships=(*others, child))

    def _check_formula(self, sobject: SObject, name: str) -> None:
        """See to it that a formula leads over references to a stored field."""
        field = sobject.field(name)
        if field is None or field.formula is None:
            return
        *steps, last = field.formula.split(".")
        place: SObject | None = self.get(sobject.name)
        for step in steps:
            reference = place.relationship(step) if place else None
            single = reference is not None and len(reference.reference_to) == 1
            place = self.find(reference.reference_to[0]) if reference is not None and single else None
        end = place.field(last) if place else None
        if end is None or not end.is_stored or end.is_long:
            raise DescriptorError(f"{sobject.name}.{field.name}: the formula {field.formula} leads to no stored field")


def _undescribed(sobject: SObject, field: Field) -> ChildRelationship:
    goes_along = not field.nillable and field.name != "OwnerId"
    return ChildRelationship(sobject.name, field.name, None, cascade_delete=goes_along)


def _free_child_name(sobject: SObject, field: Field, taken: set[str]) -> str:
    """Return a name for a child relationship that has none: a guess, after what the platform's setup proposes."""
    plural, ending = "".join(sobject.label_plural.split()), "__r" if field.custom else ""
    names = (f"{plural}{number or ''}{ending}" for number in count())
    return next(name for name in names if name.lower() not in taken)


def _merged(known: SObject, document: Mapping[str, Any]) -> SObject:
    fields: dict[str, Field] = {field.name.lower(): field for field in known.fields}
    added = distinct([field_from(field, known.name) for field in field_documents(document)], known.name)
    for read in added:
        before = fields.get(read.name.lower())
        if before is not None and before.name in ("Id", "IsDeleted"):
            raise DescriptorError(f"{known.name}.{before.name} cannot be changed")
        if before is not None and _kind(before) != _kind(read):
            was, wanted = (
                "a formula" if field.formula else f"{field.type} of length {field.length}" for field in (before, read)
            )
            raise DescriptorError(f"{known.name}.{before.name} is {was}: it cannot be changed into {wanted}")
        fields[read.name.lower()] = read if before is None else replace(read, name=before.name)
    merged = replace(known, fields=distinct(fields.values(), known.name))
    if not document.get("described"):
        return merged
    children = {(child.child_sobject, child.field): child for child in known.child_relationships}
    for entry in document.get("childRelationships") or []:
        child = child_from(entry, known.name)
        children[(child.child_sobject, child.field)] = child
    return replace(
        merged,
        label=str(document.get("label") or known.label),
        label_plural=str(document.get("labelPlural") or known.label_plural),
        child_relationships=tuple(children.values()),
    )


def _is_views_alone(document: Mapping[str, Any]) -> bool:
    return bool(document.get("listViews")) and not document.get("fields") and not document.get("recordTypes")


def _with_list_views(sobject: SObject, document: Mapping[str, Any]) -> SObject:
    """Return an object with the list views that its document brings."""
    if not document.get("listViews"):
        return sobject
    return replace(sobject, list_views=list_views_of(document, sobject.list_views))


def _with_record_type_field(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose object has a field for its record types."""
    fields = field_documents(document)
    if not document.get("recordTypes") or document.get("described"):
        return document
    if any(isinstance(field, Mapping) and str(field.get("name")).lower() == "recordtypeid" for field in fields):
        return document
    return {**document, "fields": [*fields, RECORD_TYPE_FIELD]}


def _kind(field: Field) -> tuple[str, bool, bool]:
    """Return what must stay as it is when a field is described anew, since rows already hold its values."""
    kind = "text" if field.is_text else "double" if field.type in DOUBLE_TYPES else field.type
    return kind, field.is_long, field.is_stored


@cache
def shipped() -> Catalog:
    """Return the catalog of the objects that ship with the product."""
    index = json.loads(_INDEX.read_bytes())
    return Catalog(
        {name.lower(): (group, name, prefix) for group, names in index.items() for name, prefix in names.items()}
    )


@cache
def tooling_names() -> tuple[str, ...]:
    """Return the names of the objects that only the Tooling API knows, in alphabetical order."""
    return tuple(sorted(path.stem for path in (_FOLDER / TOOLING).glob("*.json")))


def tooling(catalog: Catalog, shared: Iterable[str]) -> Catalog:
    """Return what the Tooling API of an org knows: its own objects, and those that it shares with the org's catalog.

    The shared ones are only read there, and have no pages (Tooling API guide: "Query, GET" of User, Profile and others).
    """
    found = [sobject for name in shared if (sobject := catalog.find(name)) is not None]
    names = {sobject.name for sobject in found} | set(tooling_names())
    loaded = {
        sobject.name.lower(): replace(
            sobject,
            calls=sobject.calls & READING_CALLS,
            child_relationships=tuple(one for one in sobject.child_relationships if one.child_sobject in names),
            narrowed_from=sobject.whole,
        )
        for sobject in found
    }
    index = {name.lower(): (TOOLING, name, _prefix(TOOLING, name)) for name in tooling_names()}
    return Catalog(index, loaded, catalog.revision)


def folder_index() -> dict[str, dict[str, str | None]]:
    """Return the index that the descriptor files ask for; ``schemas/index.json`` must hold the same."""
    return {
        group: {name: _prefix(group, name) for name in sorted(path.stem for path in (_FOLDER / group).glob("*.json"))}
        for group in GROUPS
    }


def _prefix(group: str, name: str) -> str | None:
    """Return the key prefix of an object as its file gives it."""
    found: str | None = json.loads((_FOLDER / group / f"{name}.json").read_bytes())["keyPrefix"]
    return found
