"""Search: by SOSL, and by parameters in the address or in the body."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from ...errors import OrgError, not_found
from ...org.org import Org
from ...org.search import SearchResult
from ...sosl.errors import no_term
from ...sosl.parameterized import ObjectParameters, SearchParameters, names_of, search_text
from .body import document, parser_error
from .call import Answer, Call

WRAPPED_SINCE: Final = 37.0
"""From this version on the records stand in an object; before, they were a bare array (REST guide 200.0, "Search")."""
PARAMETERIZED_SINCE: Final = 36.0

GLOBAL_KEYS: Final = frozenset(
    {
        "q", "in", "fields", "sobjects", "defaultLimit", "overallLimit", "offset", "metadata", "spellCorrection", "division",
        "dataCategories", "netIds", "pricebookId", "snippet", "updateTracking", "updateViewStat",
    }
)  # fmt: skip
OBJECT_KEYS: Final = frozenset({"name", "fields", "where", "orderBy", "limit"})
"""Keys of a body (REST guide, "Search with Parameters in the Request Body")."""


def search(org: Org, call: Call) -> Answer:
    """``GET search?q=``."""
    sosl = call.parameters.get("q", "")
    if not sosl.strip():
        raise no_term()
    return _answer(call, org.search.answer(call.caller, sosl))


def by_address(org: Org, call: Call) -> Answer:
    """``GET parameterizedSearch?q=``: clauses of one object stand under its name, ``Account.fields=Id,Name``."""
    _check_version(call)
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(call.query, keep_blank_values=True, errors="replace"):
        given.setdefault(name, []).append(value)
    last = {name: values_[-1] for name, values_ in given.items()}
    names = [name for text in given.get("sobject", ()) for name in names_of(text)]
    objects = tuple(
        ObjectParameters(
            name=name,
            fields=names_of(last.get(f"{name}.fields", "")),
            where=last.get(f"{name}.where", ""),
            order_by=last.get(f"{name}.orderBy", ""),
            limit=_number(last.get(f"{name}.limit"), f"{name}.limit"),
        )
        for name in names
    )
    return _parameterized(org, call, last, objects, names_of(last.get("fields", "")))


def by_body(org: Org, call: Call) -> Answer:
    """``POST parameterizedSearch``."""
    _check_version(call)
    given = document(call)
    _check_keys(given, GLOBAL_KEYS)
    objects = []
    for object_ in _list(given, "sobjects"):
        if isinstance(object_, str):
            object_ = {"name": object_}
        if not isinstance(object_, Mapping):
            raise _wrong("sobjects")
        _check_keys(object_, OBJECT_KEYS)
        objects.append(
            ObjectParameters(
                name=_text(object_, "name"),
                fields=_texts(object_, "fields"),
                where=_text(object_, "where"),
                order_by=_text(object_, "orderBy"),
                limit=_number(object_.get("limit"), "limit"),
            )
        )
    return _parameterized(org, call, given, tuple(objects), _texts(given, "fields"))


# --- inside -------------------------------------------------------------------------------------------------------------


def _parameterized(
    org: Org, call: Call, given: Mapping[str, Any], objects: tuple[ObjectParameters, ...], fields: tuple[str, ...]
) -> Answer:
    parameters = SearchParameters(
        q=_text(given, "q"),
        scope=_text(given, "in") or "ALL",
        objects=objects,
        fields=fields,
        # Without objects there is nothing to limit: clients send the default all the same.
        default_limit=_number(given.get("defaultLimit"), "defaultLimit"),
        overall_limit=_number(given.get("overallLimit"), "overallLimit"),
        offset=_number(given.get("offset"), "offset"),
        withs=tuple(_withs(given)),
    )
    return _answer(call, org.search.answer(call.caller, search_text(parameters)))


def _withs(given: Mapping[str, Any]) -> Sequence[str]:
    """Return the WITH clauses that parameters stand for; those that are not emulated are refused where SOSL is."""
    clauses = []
    if given.get("metadata"):
        clauses.append(f"METADATA = {_quoted(given['metadata'])}")
    if "spellCorrection" in given:
        correct = str(given["spellCorrection"]).lower()
        if correct not in ("true", "false"):
            raise _wrong("spellCorrection")
        clauses.append(f"SPELL_CORRECTION = {correct}")
    if given.get("division"):
        clauses.append(f"DIVISION = {_quoted(given['division'])}")
    for name, clause in (("dataCategory", "DATA CATEGORY"), ("dataCategories", "DATA CATEGORY"), ("netId", "NETWORK"),
                         ("netIds", "NETWORK"), ("pricebookId", "PricebookId"), ("snippet", "SNIPPET")):  # fmt: skip
        if given.get(name):
            raise OrgError("MALFORMED_SEARCH", f"WITH {clause} ({name}) is not emulated yet")
    return clauses


def _quoted(value: Any) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _answer(call: Call, result: SearchResult) -> Answer:
    if call.caller.number < WRAPPED_SINCE:
        return Answer(200, result.records)
    body: dict[str, Any] = {"searchRecords": result.records}
    if result.metadata is not None:
        body["metadata"] = result.metadata
    return Answer(200, body)


def _check_version(call: Call) -> None:
    if call.caller.number < PARAMETERIZED_SINCE:
        raise not_found()


def _check_keys(given: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in given:
        if key not in known:
            raise parser_error(f"Unrecognized field '{key}'")  # the words are a guess


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise _wrong(name)
    return found


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = _list(given, name)
    if not all(isinstance(text, str) for text in found):
        raise _wrong(name)
    return tuple(text.strip() for text in found)


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _wrong(name)
    return found


def _number(value: Any, name: str) -> int | None:
    """Return a number, which a client may send as text."""
    if value is None:
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    raise _wrong(name)


def _wrong(name: str) -> OrgError:
    return parser_error(f"The value of '{name}' is not of the right type")  # the words are a guess
