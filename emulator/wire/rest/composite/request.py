"""The document of a composite request: what it must hold, and what is said when it does not.

A document that is malformed is refused whole, with 400, before anything runs (https://developer.salesforce.com/blogs/tech-pubs/
2017/02/handle-errors-with-composite-resources.html).
"""

from typing import Any, Final

from ....errors import OrgError

MISSING: Final = object()


def malformed(message: str) -> OrgError:
    return OrgError("JSON_PARSER_ERROR", message)


def required(document: dict[str, Any], name: str) -> Any:
    """Return a property. Its absence is told in the words of the REST team's article of February 2017."""
    found = document.get(name)
    if found is None:
        raise malformed(f"'{name}' is a required field.")
    return found


def text(document: dict[str, Any], name: str) -> str:
    """Return a required text."""
    found = required(document, name)
    if not isinstance(found, str):
        raise wrong_type(name, "a string")
    return found


def objects(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a required array of objects."""
    found = required(document, name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise wrong_type(name, "an array of objects")
    return found


def flag(document: dict[str, Any], name: str) -> bool:
    """Return a switch that is off unless it is given; text is read as Jackson reads it."""
    found = document.get(name)
    if found is None or found in ("", "false"):
        return False
    if found is True or found == "true":
        return True
    if found is False:
        return False
    raise wrong_type(name, "a boolean")


def wrong_type(name: str, expected: str) -> OrgError:
    """Say that a property is of another JSON type. A guess: the platform's words were not found."""
    return malformed(f"'{name}' must be {expected}.")


def item_error(error: OrgError) -> dict[str, Any]:
    """Return an error as collections and trees show it: `statusCode` in place of `errorCode`, and always `fields`."""
    return {"statusCode": error.code, "message": error.message, "fields": list(error.fields or ())}


def is_parse_error(error: OrgError) -> bool:
    """Tell whether a record could not even be read, which refuses the whole request.

    Recorded for unknown fields: `sf data import tree` shows the one sentence "No such column …" in place of its table of
    results (trailheadapps/ebikes-communities-lwc#3).
    """
    return error.fields is None and error.code in ("INVALID_FIELD", "JSON_PARSER_ERROR")
