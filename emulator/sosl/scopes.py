"""Which fields a search reads, and in which column of a document each stands.

Text fields are read: text, text areas long and short, e-mail addresses, telephone numbers and URLs. Picklists are not (guide, "About
SOSL", "Search Scope": "picklists that are defined as not searchable"), nor encrypted text, ids, numbers and dates; which fields
of a standard object are searchable in an org is not public beyond that.
"""

from collections.abc import Mapping
from typing import Final

from ...schemas.field import Field, SObject
from ..store.search import COLUMNS

SEARCHED_TYPES: Final = frozenset({"string", "textarea", "email", "phone", "url"})

ALSO_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "Account": frozenset({"Website", "Site", "NameLocal"}),
    "Case": frozenset({"SuppliedName", "SuppliedCompany", "Subject"}),
    "Contact": frozenset({"AssistantName", "FirstNameLocal", "LastNameLocal", "AccountName"}),
    "Event": frozenset({"Subject"}),
    "Lead": frozenset({"Company", "CompanyLocal", "FirstNameLocal", "LastNameLocal"}),
    "Task": frozenset({"Subject"}),
    "User": frozenset({"CommunityNickname"}),
}
"""Fields that IN NAME FIELDS reads besides the name of a record (guide, "IN SearchGroup")."""

UNSCOPED: Final = frozenset({"ContentDocument", "ContentVersion"})
"""Files: like articles they are searched in all fields, whatever the scope (same page)."""

SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "ALL": COLUMNS,
    "NAME": ("name",),
    "EMAIL": ("email",),
    "PHONE": ("phone",),
    "SIDEBAR": ("name", "email", "phone"),
}
"""The columns of a scope. SIDEBAR is a guess: the sidebar of Salesforce Classic looked at "a limited subset of fields"."""


def is_searchable(sobject: SObject) -> bool:
    """Tell whether a type supports search()."""
    return sobject.supports("search")


def columns_searched(sobject: SObject, scope: str) -> tuple[str, ...]:
    """Return the columns that a scope means for a type."""
    if sobject.name in UNSCOPED or sobject.name.endswith("__kav"):
        return COLUMNS
    return SCOPES[scope]


def searched_fields(sobject: SObject) -> tuple[tuple[Field, ...], ...]:
    """Return the fields of a type for each of `COLUMNS`."""
    found: dict[str, list[Field]] = {column: [] for column in COLUMNS}
    for field in sobject.fields:
        if field.is_stored and field.type in SEARCHED_TYPES:
            found[_column(sobject, field)].append(field)
    return tuple(tuple(fields) for fields in found.values())


def _column(sobject: SObject, field: Field) -> str:
    if field is sobject.name_field or field.name in ALSO_NAMES.get(sobject.name, ()):
        return "name"
    return field.type if field.type in ("email", "phone") else "other"
