"""Refusals of the Chat REST API: a status and a line of plain text (Chat REST API guide, "Status Codes and Error Responses")."""

from typing import Final

from ...chat.prechat import BadBody
from ...chat.visitors import PolledTwice, Rerouted, SessionInvalid
from ...errors import Fault, OrgError
from ..exchange import TooManyWaiting

NO_VERSION: Final = "No version header found"
"""Recorded: yalochat's client."""
NO_AFFINITY: Final = "No affinity token found"
"""A guess after `NO_VERSION`: the guide says 400 for a missing header."""


class LiveChatRefused(OrgError):
    """A refusal with the status it is answered with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__("LIVE_CHAT", message)
        self.status = status


def status_of(error: OrgError) -> int:
    """Return the status that an error is answered with."""
    if isinstance(error, Fault):
        return error.status or 500
    if isinstance(error, LiveChatRefused):
        return error.status
    if isinstance(error, SessionInvalid):
        return 403
    if isinstance(error, PolledTwice):
        return 409
    if isinstance(error, BadBody):
        return 400
    if isinstance(error, TooManyWaiting | Rerouted):
        return 503
    return 500 if error.code == "UNKNOWN_EXCEPTION" else 400
