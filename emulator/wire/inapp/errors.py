"""Refusals of the end-user API: a status, its reason phrase, and why.

The body is recorded for an expired token at the event stream (status, error, path); clients of the others read the status alone,
and `message` is a guess.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from ...errors import Fault, OrgError
from ...messaging.attachments import FileRefused, FileTooLarge
from ...messaging.endusers import NotOwner
from ...messaging.refusals import ConversationClosed, PrechatRequired, RuleRefused, Unknown
from ...messaging.tokens import TokenRefused
from ..exchange import TooManyWaiting

CLOSED_STATUS: Final = 409
"""Status of whatever is sent to a conversation that has ended. A guess: none is documented."""
RULE_STATUS: Final = 409
STATUSES: Final[Mapping[type[OrgError], int]] = {
    TokenRefused: 401,
    NotOwner: 403,
    Unknown: 404,
    ConversationClosed: CLOSED_STATUS,
    FileTooLarge: 413,
    FileRefused: 415,
    PrechatRequired: 417,
    TooManyWaiting: 503,
    RuleRefused: RULE_STATUS,
}
"""The status of each family; what is in none is 400."""

PHRASES: Final[Mapping[int, str]] = {status.value: status.phrase for status in HTTPStatus}


class InAppRefused(OrgError):
    """A refusal with the status it is answered with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__("IN_APP", message)
        self.status = status


def status_of(error: OrgError) -> int:
    """Return the status that an error is answered with."""
    if isinstance(error, Fault):
        return error.status or 500
    if isinstance(error, InAppRefused):
        return error.status
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return 500 if error.code == "UNKNOWN_EXCEPTION" else 400


def body_of(error: OrgError, path: str, with_message: bool) -> dict[str, Any]:
    status = status_of(error)
    phrase = PHRASES.get(status, "")
    said = {"message": error.message} if with_message else {}
    return {"status": status, "error": phrase, **said, "path": path}
