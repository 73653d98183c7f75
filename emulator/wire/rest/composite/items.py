"""What all collections share: how records are read, how they are written in one go, and how each one's result looks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from .....schemas.field import SObject
from ....errors import BadValue, OrgError
from ....org.org import Org
from ....org.together import write_each
from ..body import ATTRIBUTES, misfit
from ..call import Answer, Call
from .request import is_parse_error, item_error, malformed, objects, required, wrong_type

MOST_RECORDS: Final = 200
TOO_MANY_RECORDS: Final = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
"""Recorded: Chrome-Salesforce-inspector#134, django-salesforce#328."""

Result = dict[str, Any]


class _UnreadableError(Exception):
    """A record that cannot even be read refuses the whole request; not an `OrgError`, so that it undoes all."""

    def __init__(self, error: OrgError) -> None:
        super().__init__(str(error))
        self.error = error


def write(org: Org, call: Call, writes: Sequence[Callable[[], Any]], all_or_none: bool) -> list[Any]:
    """Run the writes of the records of a body. Raises for a record that cannot even be read; then nothing is written."""

    def checked(index: int, one: Callable[[], Any]) -> Any:
        try:
            return one()
        except BadValue as error:
            place = misfit(call.raw, error.field, error.value, error.type_name, ("records", index))
            raise _UnreadableError(OrgError(error.code, place, error.fields)) from None
        except OrgError as error:
            if is_parse_error(error):
                raise _UnreadableError(error) from None
            raise

    try:
        return write_each(org, [partial(checked, index, one) for index, one in enumerate(writes)], all_or_none)
    except _UnreadableError as unreadable:
        raise unreadable.error from None


def answer(results: list[Result]) -> Answer:
    return Answer(200, results, is_failure=not all(one["success"] for one in results))


def succeeded(id_: str, **more: Any) -> Result:
    return {"id": id_, "success": True, "errors": [], **more}


def failed(error: OrgError, id_: Any = None) -> Result:
    """Return the result of a record that was refused; one that was there before bears its id (a guess)."""
    named = {"id": id_} if id_ is not None else {}
    return {**named, "success": False, "errors": [item_error(error)]}


def read_records(asked: dict[str, Any]) -> list[dict[str, Any]]:
    records = objects(asked, "records")
    check_number(records)
    return records


def check_number(records: list[Any]) -> None:
    if len(records) > MOST_RECORDS:
        raise OrgError("EXCEEDED_ID_LIMIT", TOO_MANY_RECORDS)


def type_of(org: Org, call: Call, record: dict[str, Any]) -> SObject:
    """Return the type that a record says it is of. Raises INVALID_TYPE; the words are those of a query."""
    attributes = record.get(ATTRIBUTES)
    name = required(attributes, "type") if isinstance(attributes, dict) else required(record, ATTRIBUTES)
    if not isinstance(name, str):
        raise wrong_type("type", "a string")
    found = org.seen_by(call.caller).find(name, call.caller.number)
    if found is None:
        raise OrgError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != ATTRIBUTES}


def taken(record: dict[str, Any], name: str) -> tuple[Any, dict[str, Any]]:
    """Return the value of a field, named in any case, and the record without it."""
    rest = {given: value for given, value in record.items() if given.lower() != name.lower()}
    found = [value for given, value in record.items() if given.lower() == name.lower()]
    return (found[-1] if found else None), rest


def parameter(call: Call, name: str) -> str:
    """Return a parameter that must be there."""
    found = call.parameters.get(name, "").strip()
    if not found:
        raise malformed(f"'{name}' is a required parameter.")
    return found
