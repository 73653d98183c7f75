"""What calls of the end-user API say in their headers, queries and bodies."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Request

from ...messaging import incoming
from ...messaging.endusers import Page
from ...messaging.incoming import Said
from ...messaging.tokens import BadRequest

DEFAULT_LIMIT: Final = 20
MOST_LIMIT: Final = 50
"""Rows of one answer (Messaging API, "List Conversations", "List Conversation Entries")."""
LATEST_MILLISECONDS: Final = 99_999_999_999_999
MOST_TYPES: Final = 50
DIRECTIONS: Final = ("FromEnd", "FromStart")
LONGEST_EVENT_ID: Final = 18
ACKNOWLEDGEMENTS: Final = {
    "Delivery": "Delivery",
    "DeliveryAcknowledgement": "Delivery",
    "Read": "Read",
    "ReadAcknowledgement": "Read",
}


def client(body: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Return what a client says when it asks for a token; v1 names the deployment in two ways."""
    name = body.get("esDeveloperName", body.get("developerName"))
    return body.get("orgId"), name, body.get("platform"), body.get("capabilitiesVersion")


def limit(given: Mapping[str, str]) -> int:
    """Return how many rows are wanted. Raises `BadRequest`."""
    found = whole_number(given.get("limit"), "limit", DEFAULT_LIMIT, MOST_LIMIT)
    if found < 1:
        raise BadRequest(f"limit is a whole number from 1 to {MOST_LIMIT}")
    return found


def page(given: Mapping[str, str]) -> Page:
    """Return which entries are asked for. That those from the start on come in that order is a guess."""
    direction = given.get("direction") or DIRECTIONS[0]
    if direction not in DIRECTIONS:
        raise BadRequest(f"direction is one of {', '.join(DIRECTIONS)}")
    types = tuple(filter(None, (one.strip() for one in given.get("entryTypeFilter", "").split(","))))
    if len(types) > MOST_TYPES or not all(one.isascii() and one.isalnum() for one in types):
        raise BadRequest(f"entryTypeFilter has up to {MOST_TYPES} types, such as Message")
    start = whole_number(given.get("startTimestamp"), "startTimestamp", 0, LATEST_MILLISECONDS)
    end = whole_number(given.get("endTimestamp"), "endTimestamp", 0, LATEST_MILLISECONDS)
    return Page(limit(given), start, end or None, direction == "FromStart", types)


def whole_number(given: str | None, name: str, default: int, most: int) -> int:
    """Return a number of a query, from 0. Raises `BadRequest`."""
    if given is None or given == "":
        return default
    if not given.isascii() or not given.isdecimal() or len(given) > len(str(most)) or int(given) > most:
        raise BadRequest(f"{name} is a whole number up to {most}")
    return int(given)


def last_seen(request: Request) -> int | None:
    """Return the number of the last event that a client has seen. That another text is refused is a guess."""
    given = request.headers.get("Last-Event-Id", "").strip()
    if not given:
        return None
    if not given.isascii() or not given.isdecimal() or len(given) > LONGEST_EVENT_ID:
        raise BadRequest("Last-Event-Id is a whole number")
    return int(given)


def said_with_file(message: Mapping[str, Any]) -> Said:
    """Return the message that goes with a file; its text may be left out."""
    id_ = incoming.uuid(message.get("id"), "message id")
    text = message.get("text") or ""
    if not isinstance(text, str) or len(text) > incoming.LONGEST_TEXT:
        raise BadRequest(f"text has up to {incoming.LONGEST_TEXT} characters")
    abstract: dict[str, Any] = {
        "messageType": "StaticContentMessage",
        "id": id_,
        "inReplyToMessageId": incoming.reply_to(message),
        "references": [],
    }
    return Said(id_, abstract, text)


def acknowledgement(given: Any) -> tuple[str, str, str]:
    """Return an acknowledgement's own id, the message's, and its kind."""
    if not isinstance(given, Mapping):
        raise BadRequest("each of acks is an object")
    kind = given.get("entryType")
    if not isinstance(kind, str) or kind not in ACKNOWLEDGEMENTS:
        raise BadRequest(f"entryType is one of {', '.join(ACKNOWLEDGEMENTS)}")
    id_ = incoming.uuid(given.get("id"), "id")
    return id_, incoming.entry_id(given.get("conversationEntryId"), "conversationEntryId"), ACKNOWLEDGEMENTS[kind]
