"""How REST shows an error: the HTTP status that belongs to a code, and the array of errors."""

from typing import Any, Final

from ...errors import Fault, NoRecord, OrgError

BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
STATUS: Final = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "API_CURRENTLY_DISABLED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "FORBIDDEN": 403,
    "FUNCTIONALITY_NOT_ENABLED": 403,
    "INSUFFICIENT_ACCESS": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": 403,
    "OPERATION_TOO_LARGE": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "ENTITY_IS_DELETED": 404,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}
"""Every other code is a 400 (REST API Developer Guide, "Status Codes and Error Responses")."""


class TooOften(OrgError):
    """A resource was asked for more often than one may: Connect answers 503 (Connect REST API Developer Guide, "Rate Limits")."""


def status(error: OrgError) -> int:
    if isinstance(error, TooOften):
        return 503
    if isinstance(error, Fault) and error.status is not None:
        return error.status
    return NOT_FOUND if isinstance(error, NoRecord) else STATUS.get(error.code, BAD_REQUEST)


def body(error: OrgError) -> list[dict[str, Any]]:
    """Return the array that REST answers for an error; `fields` is there only where the platform sends it."""
    entry: dict[str, Any] = {"message": error.message, "errorCode": error.code}
    if error.fields is not None:
        entry["fields"] = list(error.fields)
    return [entry]


class MethodNotAllowed(OrgError):
    """The 405 of a resource; `allowed` is its list in the platform's order, such as ``HEAD,GET,POST``."""

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")
        self.allowed = allowed


def headers(error: OrgError) -> tuple[tuple[str, str], ...]:
    """Return the headers that belong to an error."""
    if isinstance(error, MethodNotAllowed):
        return (("Allow", error.allowed),)
    if error.code == "INVALID_AUTH_HEADER":
        return (("WWW-Authenticate", "Token"),)
    return ()
