"""List views in descriptor documents, with the keys of the Metadata API's ListView.

``developerName``, ``label``, ``columns`` (names and paths of fields), and at will ``filterScope``, ``filters`` (each
``field``, ``operation``, ``value``) and ``booleanFilter``, such as ``1 AND (2 OR 3)``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .descriptor import DescriptorError
from .field import ListFilter, ListView

MOST_LIST_VIEWS: Final = 2000
MOST_COLUMNS: Final = 100
MOST_FILTERS: Final = 100
LONGEST_FILTER: Final = 2000
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")
_KEYS: Final = frozenset(
    {"developerName", "fullName", "label", "columns", "filterScope", "filters", "booleanFilter", "language"}
)


def list_views_of(document: Mapping[str, Any], known: Iterable[ListView] = ()) -> tuple[ListView, ...]:
    """Return the list views that an object has with a document's over those that it had. Raises `DescriptorError`."""
    entries, place = document.get("listViews") or [], str(document.get("name"))
    if not isinstance(entries, list):
        raise DescriptorError(f"{place}: listViews must be a list")
    found = {one.developer_name.lower(): one for one in known}
    for entry in entries:
        one = _list_view(entry, place)
        found[one.developer_name.lower()] = one
    if len(found) > MOST_LIST_VIEWS:
        raise DescriptorError(f"{place}: more than {MOST_LIST_VIEWS} list views")
    return tuple(found.values())


def _list_view(entry: Any, place: str) -> ListView:
    if not isinstance(entry, Mapping):
        raise DescriptorError(f"{place}: a list view is an object with a developerName, not {entry!r}")
    name = entry.get("developerName") or entry.get("fullName")
    if not isinstance(name, str) or not _NAME.match(name):
        raise DescriptorError(f"{place}: a list view needs a developerName, not {name!r}")
    place = f"{place}.{name}"
    for key in entry:
        if key not in _KEYS:
            raise DescriptorError(f"{place}: there is no key {key!r} in a list view")
    label, scope, boolean = entry.get("label") or name, entry.get("filterScope"), entry.get("booleanFilter")
    if not isinstance(label, str) or len(label) > 80:
        raise DescriptorError(f"{place}: label is text of at most 80 characters")
    if not isinstance(scope, str | None) or not isinstance(boolean, str | None):
        raise DescriptorError(f"{place}: filterScope and booleanFilter are text")
    if boolean is not None and len(boolean) > LONGEST_FILTER:
        raise DescriptorError(f"{place}: booleanFilter is longer than {LONGEST_FILTER} characters")
    filters, columns = _list(entry, "filters", place, MOST_FILTERS), _list(entry, "columns", place, MOST_COLUMNS)
    if not all(isinstance(one, str) for one in columns):
        raise DescriptorError(f"{place}: columns is a list of names of fields")
    return ListView(
        name,
        label,
        tuple(columns),
        (scope or "everything").lower(),
        tuple(_filter(one, place) for one in filters),
        boolean or None,
    )


def _list(entry: Mapping[str, Any], key: str, place: str, most: int) -> list[Any]:
    found = entry.get(key) or []
    if not isinstance(found, list) or len(found) > most:
        raise DescriptorError(f"{place}: {key} is a list of at most {most}")
    return found


def _filter(entry: Any, place: str) -> ListFilter:
    if not isinstance(entry, Mapping):
        raise DescriptorError(f"{place}: a filter is an object with field, operation and value, not {entry!r}")
    field, operation, value = entry.get("field"), entry.get("operation"), entry.get("value")
    if not isinstance(field, str) or not isinstance(operation, str) or not isinstance(value, str | None):
        raise DescriptorError(f"{place}: field, operation and value of a filter are text")
    return ListFilter(field, operation, value or "")
