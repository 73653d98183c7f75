"""``create``, ``update`` and ``upsert``: up to 200 records in one call, of several types."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from ....schemas.field import SObject
from ...errors import OrgError
from ...org.many import any_id, check_mix, key_field, key_text, same_key, update_one, upsert_one
from ...org.together import write_each
from ...org.truncation import truncated
from .call import Call
from .records_in import Given, given, no_such_field
from .results import check_number, failed, saved, succeeded

ID_IN_CREATE: Final = "cannot specify Id in an insert call"


def create(call: Call) -> list[dict[str, Any]]:
    """``create``: a SaveResult for each record."""
    records = _records(call)

    def write(one: Given) -> str:
        if one.id is not None:  # the words of the room that writes records are those of a field
            raise OrgError("INVALID_FIELD_FOR_INSERT_UPDATE", ID_IN_CREATE, ("Id",))
        return call.org.records.create(call.caller, one.sobject.name, _values(call, one))

    outcomes = _run(call, [partial(write, one) for one in records])
    _note(call, records, outcomes)
    return [saved(one) for one in outcomes]


def update(call: Call) -> list[dict[str, Any]]:
    """``update``: a SaveResult for each record."""
    records = _records(call)
    writes = [partial(update_one, call.org, call.caller, one.sobject, one.id, _values(call, one)) for one in records]
    outcomes = _run(call, writes)
    _note(call, records, outcomes)
    return [saved(one, record.id) for one, record in zip(outcomes, records, strict=True)]


def upsert(call: Call) -> list[dict[str, Any]]:
    """``upsert``: an UpsertResult for each record; all are of one type, and have one of its keys."""
    records = _records(call)
    if not records:
        return []
    sobject = records[0].sobject
    if any(one.sobject is not sobject for one in records):
        raise OrgError("INVALID_TYPE", "Only one object type is allowed in an upsert call")  # the words are a guess
    try:
        field = key_field(sobject, call.text("externalIDFieldName").strip() or "Id")
    except OrgError:
        raise _no_key(sobject, call.text("externalIDFieldName")) from None
    keyed = [(one.id if field.name == "Id" else one.values.pop(field.name, None), one) for one in records]
    numbers = Counter(key_text(key) for key, _ in keyed)

    def write(key: Any, one: Given) -> tuple[str, bool]:
        if key_text(key) is not None and numbers[key_text(key)] > 1:
            raise same_key(field, key)
        if field.name != "Id" and one.id is not None:
            # A guess: that SOAP says what REST does (jesperfj/force-rest-api#69).
            raise OrgError("INVALID_FIELD", "The Id field should not be specified in the sobject data.", ("Id",))
        return upsert_one(call.org, call.caller, sobject, field, key, _values(call, one))

    outcomes = _run(call, [partial(write, key, one) for key, one in keyed])
    _note(call, records, [one if isinstance(one, OrgError) else one[0] for one in outcomes])
    return [
        failed(one, created=False) if isinstance(one, OrgError) else succeeded(one[0], created=one[1])
        for one in outcomes
    ]


def _records(call: Call) -> list[Given]:
    """Read the records of a call. Raises what refuses the call as a whole."""
    elements = call.arguments["sObjects"]
    check_number(elements)
    _check_rule(call)
    records = [given(call.org, call.caller, call.flavor, element) for element in elements]
    check_mix([one.sobject for one in records])
    return records


def _check_rule(call: Call) -> None:
    """Refuse an assignment rule: there is none here that could run. The words are a guess."""
    rule_id = call.headers.assignment_rule_id
    if rule_id is not None:
        raise OrgError("INVALID_CROSS_REFERENCE_KEY", f"there is no assignment rule {any_id(rule_id)}")


def _values(call: Call, one: Given) -> dict[str, Any]:
    return truncated(one.sobject, one.values) if call.headers.truncates else one.values


def _run(call: Call, writes: Sequence[Callable[[], Any]]) -> list[Any]:
    return write_each(call.org, writes, call.headers.all_or_none)


def _note(call: Call, records: Sequence[Given], outcomes: Sequence[str | OrgError]) -> None:
    """Let the records that were written be among those that the user saw last, where he asks for that."""
    if call.headers.updates_mru:
        for record, outcome in zip(records, outcomes, strict=True):
            if isinstance(outcome, str):
                call.org.query.viewed(call.caller, record.sobject, [outcome])


def _no_key(sobject: SObject, name: str) -> OrgError:
    """Return the fault of a key that is none (SOAP API guide, "upsert()"); the words for a known field are a guess."""
    if sobject.field(name) is None:
        return no_such_field(sobject, name)
    return OrgError(
        "INVALID_FIELD", f"Field name provided, {name} is not an External ID or indexed field for {sobject.name}"
    )
