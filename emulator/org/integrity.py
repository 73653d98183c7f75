"""Whether a record fits the others: what it refers to exists, and what must be unique is."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...schemas.catalog import Catalog
from ...schemas.field import Field, SObject
from ...schemas.ids import MASTER_RECORD_TYPE
from ..errors import OrgError
from ..store import Reader, Store
from ..store.layout import quoted

_ALWAYS_THERE: Final = frozenset({MASTER_RECORD_TYPE})


def check_references(rows: Reader, store: Store, catalog: Catalog, sobject: SObject, values: Mapping[str, Any]) -> None:
    """Refuse a reference to a record that is not there or is deleted, and an owner that is a group but no queue."""
    refuse_references(
        catalog, sobject, values, lambda *key: is_live(rows, store, *key), lambda group_id: _is_queue(rows, group_id)
    )


def refuse_references(
    catalog: Catalog,
    sobject: SObject,
    values: Mapping[str, Any],
    is_there: Callable[[SObject, str], bool],
    is_queue: Callable[[str], bool],
) -> None:
    """Refuse what `check_references` refuses, by what is known of the records referred to."""
    for name, value in values.items():
        field = sobject.field(name)
        if value is None or field is None or field.type != "reference" or value in _ALWAYS_THERE:
            continue
        target = catalog.by_prefix(value[:3])
        if target is None or not is_there(target, value):
            raise OrgError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())
        if name == "OwnerId" and target.name == "Group" and not is_queue(value):
            # Recorded: mshanemc/roundRobinProcessBuilder#24.
            problem = f"{field.label}: id value of incorrect type: {value}"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", problem, (name,))


def _is_queue(rows: Reader, group_id: str) -> bool:
    found = rows.one(f'SELECT "Type" FROM "Group" WHERE "Id" = {rows.placeholder}', [group_id])
    return found is not None and found[0] == "Queue"


def is_live(rows: Reader, store: Store, sobject: SObject, id_: str) -> bool:
    """Tell whether a record exists and is not deleted."""
    store.ensure(sobject)
    sql = f'SELECT 1 FROM {quoted(sobject.name)} WHERE "Id" = {rows.placeholder}'
    return rows.one(sql + live_condition(store, sobject), [id_]) is not None


def live_condition(store: Store, sobject: SObject) -> str:
    """Return the SQL that leaves out deleted rows, to be put behind a condition."""
    if sobject.field("IsDeleted") is None:
        return ""
    return ' AND "IsDeleted" = 0' if store.dialect == "sqlite" else ' AND NOT "IsDeleted"'


def deleted_condition(store: Store) -> str:
    """Return the SQL that leaves out live rows of a type with IsDeleted, to be put behind a condition."""
    return ' AND "IsDeleted" = 1' if store.dialect == "sqlite" else ' AND "IsDeleted"'


def equal_condition(store: Store, field: Field) -> str:
    """Return the SQL by which a field equals a parameter as the platform compares: text without regard to case."""
    column = quoted(field.name)
    if not field.is_text or field.case_sensitive:
        return f"{column} = {store.placeholder}"
    if store.dialect == "sqlite":
        return f"{column} = {store.placeholder} COLLATE NOCASE"
    return f"lower({column}) = lower({store.placeholder})"


def check_unique(
    rows: Reader, store: Store, sobject: SObject, values: Mapping[str, Any], own_id: str | None = None
) -> None:
    """Refuse a value of a unique field that another live record has."""
    for field in sobject.unique_fields:
        value = values.get(field.name)
        if value is None or not field.is_stored:
            continue
        sql = f'SELECT "Id" FROM {quoted(sobject.name)} WHERE {equal_condition(store, field)}'
        for (found,) in rows.execute(sql + live_condition(store, sobject), [value]):
            if found != own_id:
                raise _duplicate(sobject, field, found)


def _duplicate(sobject: SObject, field: Field, found: str) -> OrgError:
    if (sobject.name, field.name) == ("User", "Username"):
        return OrgError(
            "DUPLICATE_USERNAME",
            "Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames "
            "must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need "
            "to match the user's email address). ",
            ("Username",),
        )
    # Recorded: k-capehart/go-salesforce#133; the id in its 15 character form.
    problem = f"duplicate value found: {field.name} duplicates value on record with id: {found[:15]}"
    return OrgError("DUPLICATE_VALUE", problem, ())
