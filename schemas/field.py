"""The descriptor of an sObject: its fields, its relationships, and the calls it supports."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

LONG_TEXT_LENGTH: Final = 4000
"""Text fields longer than this many characters are kept apart from the row, so that scans do not read them."""

TEXT_TYPES: Final = frozenset(
    {
        "string",
        "textarea",
        "phone",
        "email",
        "url",
        "picklist",
        "multipicklist",
        "combobox",
        "anyType",
        "encryptedstring",
    }
)
DOUBLE_TYPES: Final = frozenset({"double", "currency", "percent"})
COMPOUND_TYPES: Final = frozenset({"address", "location"})
"""Types whose values are put together from other fields, and which nobody writes."""
ID_TYPES: Final = frozenset({"id", "reference"})


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One value of a picklist, in its order."""

    value: str
    label: str
    active: bool = True
    default: bool = False
    valid_for: tuple[str, ...] | None = None
    """The values of the controlling field that it goes with; None where it depends on none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, in the words of a describe; numbers are 0 where they do not apply."""

    name: str
    label: str
    type: str
    length: int = 0
    digits: int = 0
    precision: int = 0
    scale: int = 0
    createable: bool = False
    updateable: bool = False
    nillable: bool = True
    filterable: bool = True
    groupable: bool = False
    sortable: bool = True
    id_lookup: bool = False
    auto_number: bool = False
    defaulted_on_create: bool = False
    restricted_picklist: bool = False
    picklist_values: tuple[PicklistValue, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    default_value: Any = None
    extra_type_info: str | None = None
    custom: bool = False
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    compound_field_name: str | None = None
    formula: str | None = None
    """A relationship path that is read in place of a stored value, such as ``MessagingEndUser.ContactId``."""
    display_format: str | None = None
    """How an auto-number is written, such as ``T-{YYYY}-{0000}``."""
    starting_number: int = 0
    """The first auto-number; 0 is as good as 1."""
    html_formatted: bool = False
    inline_help_text: str | None = None
    controller_name: str | None = None
    """The picklist or checkbox that decides which of this picklist's values can be picked."""
    inferred: tuple[str, ...] = ()
    """Keys of this descriptor that no source states."""

    @property
    def is_long(self) -> bool:
        """Tell whether the value is kept apart from the row: long text and base64."""
        if self.type == "multipicklist":  # longer than that, and yet filtered like short text
            return False
        return self.type == "base64" or (self.type in TEXT_TYPES and self.length > LONG_TEXT_LENGTH)

    @property
    def is_stored(self) -> bool:
        """Tell whether the field has a column: compound addresses and locations and formulas have none."""
        return self.type not in COMPOUND_TYPES and self.formula is None

    @property
    def initial_value(self) -> Any:
        """The value that a create which leaves the field out gives it: its default, or the picklist's."""
        if self.default_value is not None or not (self.createable or self.defaulted_on_create):
            return self.default_value
        return next((value.value for value in self.picklist_values if value.default), None)

    @property
    def is_polymorphic(self) -> bool:
        """Tell whether the reference may point to more than one type of record."""
        return len(self.reference_to) > 1

    @property
    def is_text(self) -> bool:
        """Tell whether values are text that a user types or picks."""
        return self.type in TEXT_TYPES


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    """A reference that points here from another sObject."""

    child_sobject: str
    field: str
    relationship_name: str | None
    cascade_delete: bool = False
    restricted_delete: bool = False


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record type that an org's schema gives an sObject."""

    developer_name: str
    name: str
    active: bool = True
    description: str | None = None
    id: str | None = None
    """The id that its row must have; None lets the org make one."""
    default: bool = False
    """Whether a record that names no record type gets this one."""
    picklists: tuple[tuple[str, tuple[PicklistValue, ...]], ...] = ()
    """Picklist fields that it narrows, and the values that are left."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """One condition of a list view, in Metadata's words: ``equals``, ``notEqual``, ``contains`` and so on."""

    field: str
    operation: str
    value: str


@dataclass(frozen=True, slots=True)
class ListView:
    """A list view as an org's schema describes it."""

    developer_name: str
    label: str
    columns: tuple[str, ...]
    scope: str = "everything"
    filters: tuple[ListFilter, ...] = ()
    boolean_filter: str | None = None


@dataclass(frozen=True, eq=False)
class SObject:
    """A type of record, equal to itself alone."""

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    since: float | None
    """The first API version that knows the type; None when every version does."""
    calls: frozenset[str]
    fields: tuple[Field, ...]
    child_relationships: tuple[ChildRelationship, ...] = ()
    group: str = "custom"
    """The folder of the descriptor: legacy, enhanced, platform; custom for an org's own."""
    record_types: tuple[RecordType, ...] = ()
    list_views: tuple[ListView, ...] = ()
    key_prefix_chosen: bool = False
    """The key prefix is ours: no source states the platform's."""
    narrowed_from: "SObject | None" = None
    """The type itself, where this is what one user may do with it."""

    @property
    def whole(self) -> "SObject":
        """The type itself, whatever this shows of it: what tables, checks and the platform's own writes go by."""
        return self.narrowed_from or self

    @property
    def custom(self) -> bool:
        """Tell whether an org added the type."""
        return self.name.endswith("__c")

    def supports(self, call: str) -> bool:
        """Tell whether the type supports an API call, named as in the object reference: ``create``, ``getUpdated``."""
        return call in self.calls

    def field(self, name: str) -> Field | None:
        """Find a field by its name in any case."""
        return self._by_name.get(name) or self._by_lower_name.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """Find the reference field whose parent relationship has this name, in any case."""
        return self._by_relationship.get(name.lower())

    def child(self, name: str) -> ChildRelationship | None:
        """Find a child relationship by its name in any case."""
        return self._by_child.get(name.lower())

    @cached_property
    def name_field(self) -> Field | None:
        """The field that names a record to people, if the type has one."""
        for name in ("Name", "CaseNumber", "Subject", "Title", "DeveloperName", f"{self.name}Name"):
            if found := self._by_name.get(name):
                return found
        return None

    @cached_property
    def short_fields(self) -> tuple[Field, ...]:
        """The fields that stand in the row itself."""
        return tuple(field for field in self.fields if field.is_stored and not field.is_long)

    @cached_property
    def long_fields(self) -> tuple[Field, ...]:
        """The fields that are kept apart from the row."""
        return tuple(field for field in self.fields if field.is_stored and field.is_long)

    @cached_property
    def long_names(self) -> frozenset[str]:
        """The names of the fields that are kept apart from the row."""
        return frozenset(field.name for field in self.long_fields)

    @cached_property
    def unique_fields(self) -> tuple[Field, ...]:
        """The fields of which no two live records may have the same value."""
        return tuple(field for field in self.fields if field.unique)

    @cached_property
    def auto_number_fields(self) -> tuple[Field, ...]:
        """The fields that the platform numbers."""
        return tuple(field for field in self.fields if field.auto_number)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def _by_lower_name(self) -> dict[str, Field]:
        return {field.name.lower(): field for field in self.fields}

    @cached_property
    def _by_relationship(self) -> dict[str, Field]:
        return {field.relationship_name.lower(): field for field in self.fields if field.relationship_name}

    @cached_property
    def _by_child(self) -> dict[str, ChildRelationship]:
        return {child.relationship_name.lower(): child for child in self.child_relationships if child.relationship_name}
