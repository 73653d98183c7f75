"""``delete``, ``undelete`` and ``emptyRecycleBin``: up to 200 ids in one call, of several types."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ...errors import OrgError
from ...org.many import any_id, delete_one, gone, type_of_id
from ...org.together import write_each
from .call import Call
from .results import check_number, saved


def delete(call: Call) -> list[dict[str, Any]]:
    """``delete``: into the recycle bin."""
    return _each(call, partial(delete_one, call.org, call.caller))


def undelete(call: Call) -> list[dict[str, Any]]:
    """``undelete``: out of the recycle bin."""

    def bring_back(given: str) -> str:
        id18 = any_id(given)
        sobject = type_of_id(call.org, call.caller, id18)
        if not sobject.supports("undelete"):
            # Recorded in question 138077 of salesforce.stackexchange.com.
            raise OrgError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Entity type is not undeletable", ())
        try:
            call.org.records.undelete(call.caller, sobject.name, id18)
        except OrgError as error:
            raise gone(error) from None
        return id18

    return _each(call, bring_back)


def empty_recycle_bin(call: Call) -> list[dict[str, Any]]:
    """``emptyRecycleBin``: never to be undeleted; ``queryAll`` still shows the records, as the platform does for a day or so."""

    def purge(given: str) -> str:
        id18 = any_id(given)
        sobject = type_of_id(call.org, call.caller, id18)
        try:
            call.org.records.purge(call.caller, sobject.name, id18)
        except OrgError as error:
            raise gone(error) from None
        return id18

    return _each(call, purge)


def _each(call: Call, write: Callable[[str], str]) -> list[dict[str, Any]]:
    ids: list[str] = call.arguments["ids"]
    check_number(ids)
    outcomes = write_each(call.org, [partial(write, one) for one in ids], call.headers.all_or_none)
    return [saved(outcome, id_) for outcome, id_ in zip(outcomes, ids, strict=True)]
