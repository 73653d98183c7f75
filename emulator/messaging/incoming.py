"""What end users send: messages of the types and formats that they may, read from JSON and bounded.

Types and formats: Messaging API, "Message Types and Message Format Types". That an end user sends StaticContentMessage,
ChoicesResponseMessage and FormResponseMessage alone is documented with error 10062 of the Interaction Service API. The keys of a form's
response are a guess.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from . import links
from .tokens import BadRequest

UUID_V4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""The version's and the variant's digit are looked at (recorded)."""
ANY_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WRONG_UUID: Final = "Specify the {name} in UUID format."
UPPER_UUID: Final = WRONG_UUID + " The UUID must be in lowercase."
"""Recorded for conversationId."""
WRONG_TYPE: Final = (
    "Invalid message type. Only StaticContentMessage, ChoicesResponseMessage, and FormResponseMessage types are supported for messages"
    " sent from an end user."
)
LONGEST_TEXT: Final = 131_072
"""Characters of one text: the length of ConversationEntry.Message."""
LONGEST_NAME: Final = 255
MOST_ITEMS: Final = 100
"""Attachments, options or inputs of one message. A guess."""
MOST_ATTRIBUTES: Final = 100
LONGEST_VALUE: Final = 5000
"""Characters of one routing attribute. A guess."""
LONGEST_LANGUAGE: Final = 20
DEEPEST: Final = 20
"""Levels of objects and lists in a message. A guess."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One message, whole. text: what there is to read in it."""

    id: str
    abstract: Json
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What one call sends: messages in order, and what goes with the first.

    is_new_session, attributes: what the pre-chat form gave, where it was shown before.
    """

    said: tuple[Said, ...]
    is_new_session: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    language: str | None = None


def uuid(given: Any, name: str) -> str:
    """Return an id that a client made: a UUID of version 4 in lower case. Raises `BadRequest`."""
    if isinstance(given, str):
        if UUID_V4.fullmatch(given):
            return given
        if UUID_V4.fullmatch(given.lower()):
            raise BadRequest(UPPER_UUID.format(name=name))
    raise BadRequest(WRONG_UUID.format(name=name))


def entry_id(given: Any, name: str) -> str:
    """Return the id of an entry that the client was told of: a UUID of any version. Raises `BadRequest`."""
    if not isinstance(given, str) or ANY_UUID.fullmatch(given) is None:
        raise BadRequest(WRONG_UUID.format(name=name))
    return given


def letter(body: Json) -> Letter:
    """Return what a call sends: ``message``, and what stands beside it. Raises `BadRequest`."""
    message = body.get("message")
    if not isinstance(message, Mapping):
        raise BadRequest("message is required")
    return beside(body, messages(message))


def beside(body: Json, said: tuple[Said, ...]) -> Letter:
    """Return messages with what stands beside them in a body."""
    is_new = body.get("isNewMessagingSession")
    if is_new is not None and not isinstance(is_new, bool):
        raise BadRequest("isNewMessagingSession is true or false")
    return Letter(said, bool(is_new), attributes(body.get("routingAttributes")), language(body.get("language")))


def attributes(given: Any) -> tuple[tuple[str, str], ...]:
    """Return the routing attributes, in order: a map of texts. Raises `BadRequest`."""
    if given is None:
        return ()
    if not isinstance(given, Mapping) or len(given) > MOST_ATTRIBUTES:
        raise BadRequest(f"routingAttributes is an object of up to {MOST_ATTRIBUTES} texts")
    return tuple((_text(name, "routingAttributes", LONGEST_NAME), _value(name, value)) for name, value in given.items())


def _value(name: str, value: Any) -> str:
    return _text(value, f"routingAttributes.{name[:LONGEST_NAME]}", LONGEST_VALUE, may_be_empty=True)


def language(given: Any) -> str | None:
    """Return the language of a client, None where it says none."""
    return _text(given, "language", LONGEST_LANGUAGE, may_be_empty=True) if given else None


def messages(message: Json) -> tuple[Said, ...]:
    """Return the messages that one is kept as. Raises `BadRequest` for what is of no known type or format, or not whole."""
    id_ = uuid(message.get("id"), "message id")
    if _depth(message) > DEEPEST:
        raise BadRequest(f"message goes deeper than {DEEPEST} levels")
    type_ = message.get("messageType")
    if not isinstance(type_, str) or type_ not in _TYPES:
        raise BadRequest(WRONG_TYPE)
    key, read = _TYPES[type_]
    head = {"messageType": type_}
    answered = {"inReplyToMessageId": reply_to(message), "references": _references(message)}
    return tuple(
        Said(own, head | {"id": own} | answered | {key: content}, text)
        for own, (content, text) in ((nth_id(id_, place), found) for place, found in enumerate(read(message)))
    )


def _depth(value: Any) -> int:
    """Return how many objects and lists stand in each other, at most one more than may."""
    level, inside = [value], 0
    while inside <= DEEPEST:
        level = [
            child
            for one in level
            if isinstance(one, Mapping | list)
            for child in (one.values() if isinstance(one, Mapping) else one)
        ]
        if not level:
            break
        inside += 1
    return inside


def reply_to(message: Json) -> str | None:
    """Return the id of the message that one answers. Clients send all kinds of ids there: it is not looked up."""
    given = message.get("inReplyToMessageId")
    return _text(given, "inReplyToMessageId", LONGEST_NAME) if given else None


def _references(message: Json) -> list[Any]:
    given = message.get("references") or []
    if not isinstance(given, list) or len(given) > MOST_ITEMS:
        raise BadRequest(f"references is a list of up to {MOST_ITEMS}")
    return given


def nth_id(id_: str, place: int) -> str:
    """Return the id of a part of a message that was split: the first one keeps the message's own, the same call gives the same ids."""
    if place == 0:
        return id_
    return str(UUID(bytes=hashlib.sha256(f"{id_}/{place}".encode()).digest()[:16], version=4))


# --- static contents ----------------------------------------------------------------------------------------------------

Contents = Iterator[tuple[dict[str, Any], str]]


def _static(message: Json) -> Contents:
    content = _object(message.get("staticContent"), "staticContent")
    read = _FORMATS.get(_format(content, "staticContent", _FORMATS))
    return read(content) if read else iter(())


def _plain(content: Json) -> Contents:
    return links.contents_of(_text(content.get("text"), "text", LONGEST_TEXT))


def _rich_link(content: Json) -> Contents:
    item = _object(content.get("linkItem"), "linkItem")
    title = _text(
        _object(item.get("titleItem"), "linkItem.titleItem").get("title"), "linkItem.titleItem.title", LONGEST_TEXT
    )
    url = _url(item.get("url"), "linkItem.url")
    image = content.get("image")
    if image is not None:
        image = _object(image, "image")
    yield {"formatType": "RichLink", "linkItem": {"titleItem": {"title": title}, "url": url}, "image": image}, title


def _web_view(content: Json) -> Contents:
    title = _text(_object(content.get("title"), "title").get("title"), "title.title", LONGEST_TEXT)
    yield {"formatType": "WebView", "title": {"title": title}, "url": _url(content.get("url"), "url")}, title


def _attachments(content: Json) -> Contents:
    text = _text(content.get("text") or "", "text", LONGEST_TEXT, may_be_empty=True)
    found = []
    for one in _list(content.get("attachments"), "attachments"):
        attachment = _object(one, "attachments")
        _text(attachment.get("name"), "attachments.name", LONGEST_NAME)
        _url(attachment.get("url"), "attachments.url")
        found.append(attachment)
    yield {"formatType": content["formatType"], "text": text, "attachments": found}, text


# --- responses ----------------------------------------------------------------------------------------------------------


def _choices(message: Json) -> Contents:
    """``choicesResponse`` with its ``selectedOptions``, or the short form that has one ``optionIdentifier`` alone."""
    content = _object(message.get("choicesResponse", message), "choicesResponse")
    if content.get("formatType", "Selections") != "Selections":
        raise BadRequest("formatType of choicesResponse is one of Selections")
    short = content.get("optionIdentifier")
    given = [{"optionIdentifier": short}] if short is not None else content.get("selectedOptions")
    options, titles = [], []
    for one in _list(given, "choicesResponse.selectedOptions"):
        option = _object(one, "choicesResponse.selectedOptions")
        identifier = _text(option.get("optionIdentifier"), "optionIdentifier", LONGEST_NAME)
        item = option.get("titleItem")
        title = _object(item, "titleItem").get("title") if item is not None else None
        options.append(option)
        titles.append(_text(title, "titleItem.title", LONGEST_TEXT) if title is not None else identifier)
    yield {"formatType": "Selections", "selectedOptions": options}, ", ".join(titles)[:LONGEST_TEXT]


def _form(message: Json) -> Contents:
    content = _object(message.get("formResponse"), "formResponse")
    format_ = _format(content, "formResponse", ("Inputs", "Result"))
    inputs = [_object(one, "formResponse.inputs") for one in _list(content.get("inputs"), "formResponse.inputs")]
    values = (one.get("value", one.get("title")) for one in inputs)
    text = ", ".join(value for value in values if isinstance(value, str))
    yield {**content, "formatType": format_, "inputs": inputs}, text[:LONGEST_TEXT]


_FORMATS: Final[Mapping[str, Callable[[Json], Contents]]] = {
    "Text": _plain,
    "RichLink": _rich_link,
    "WebView": _web_view,
    "Attachments": _attachments,
    "ExternalAttachments": _attachments,
}
_TYPES: Final[Mapping[str, tuple[str, Callable[[Json], Contents]]]] = {
    "StaticContentMessage": ("staticContent", _static),
    "ChoicesResponseMessage": ("choicesResponse", _choices),
    "FormResponseMessage": ("formResponse", _form),
}


# --- values -------------------------------------------------------------------------------------------------------------


def _text(given: Any, name: str, longest: int, *, may_be_empty: bool = False) -> str:
    if not isinstance(given, str) or not (may_be_empty or given.strip()):
        raise BadRequest(f"{name} is required, a text")
    if len(given) > longest:
        raise BadRequest(f"{name} has {len(given)} characters; {longest} are allowed")
    return given


def _url(given: Any, name: str) -> str:
    url = _text(given, name, links.LONGEST_URL)
    if not url.lower().startswith(("https://", "http://")):
        raise BadRequest(f"{name} is a URL of https or http")
    return url


def _object(given: Any, name: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise BadRequest(f"{name} is required, an object")
    return dict(given)


def _list(given: Any, name: str) -> list[Any]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ITEMS:
        raise BadRequest(f"{name} is a list of 1 to {MOST_ITEMS}")
    return given


def _format(content: Json, name: str, known: Any) -> str:
    format_ = content.get("formatType")
    if not isinstance(format_, str) or format_ not in known:
        raise BadRequest(f"formatType of {name} is one of {', '.join(known)}")
    return format_
