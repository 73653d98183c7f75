"""What reps and bots send: a message of any format, made whole as ``abstractMessage`` (Messaging API, "Message Types and Format Types")."""

from collections.abc import Mapping
from typing import Any, Final

from ..errors import OrgError
from . import entries
from .events import Message

LONGEST_MESSAGE: Final = 131_072
"""Characters of one message: the length of ConversationEntry.Message."""
CONTENTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "StaticContentMessage": ("staticContent", ("Text", "RichLink", "WebView", "Attachments", "ExternalAttachments")),
    "ChoicesMessage": ("choices", ("Buttons", "QuickReplies", "Carousel")),
    "FormMessage": ("form", ("Inputs",)),
}
"""Message type -> the key of its content, and the formats that this can have."""
FIRST_TYPE: Final = "StaticContentMessage"
Given = Mapping[str, Any]


def written(id_: str, text: str | None, content: Given | None) -> Message:
    """Return the message that a plain text means, or a content: exactly one of them is given. Raises `OrgError`.

    content: ``messageType``, the content under the type's key, and ``inReplyToMessageId`` where it is an answer.
    """
    if (text is None) == (content is None):
        raise _wrong("give either text, or a message with its content")
    if text is not None:
        return Message(id_, entries.text_message(id_, sayable(text)), text)
    return _of(id_, content or {})


def sayable(text: str) -> str:
    """Return a text that can be sent. Raises `OrgError` for one that is empty or too long."""
    if not text.strip():
        raise _wrong("text is empty")
    if len(text) > LONGEST_MESSAGE:
        raise _wrong(f"text has {len(text)} characters; {LONGEST_MESSAGE} are allowed")
    return text


def _of(id_: str, given: Given) -> Message:
    type_ = given.get("messageType", FIRST_TYPE)
    if not isinstance(type_, str) or type_ not in CONTENTS:
        raise _wrong(f"messageType is one of {', '.join(CONTENTS)}")
    key, formats = CONTENTS[type_]
    content = given.get(key)
    if not isinstance(content, Mapping):
        raise _wrong(f"a {type_} has its content under {key}")
    if content.get("formatType") not in formats:
        raise _wrong(f"formatType of a {type_} is one of {', '.join(formats)}")
    answers = given.get("inReplyToMessageId")
    if answers is not None and not isinstance(answers, str):
        raise _wrong("inReplyToMessageId is text")
    abstract: dict[str, Any] = {
        "messageType": type_,
        "id": id_,
        "inReplyToMessageId": answers,
        "references": [],
        key: dict(content),
    }
    return Message(id_, abstract, readable(content), files=_files(content))


def readable(content: Given) -> str:
    """Return what there is to read in a content: its text, or the title of a link, a page or a form. Raises `OrgError`."""
    match content:
        case {"formatType": "Text", "text": str(text)}:
            return sayable(text)
        case {"formatType": "Text"}:
            raise _wrong("a Text has its text")
        case {"formatType": "RichLink", "linkItem": {"titleItem": {"title": str(title)}, "url": str()}}:
            return sayable(title)
        case {"formatType": "RichLink"}:
            raise _wrong("a RichLink has linkItem with titleItem.title and url")
        case {"formatType": "WebView", "title": {"title": str(title)}, "url": str()}:
            return sayable(title)
        case {"formatType": "WebView"}:
            raise _wrong("a WebView has title.title and url")
        case {"formatType": "Attachments" | "ExternalAttachments", "attachments": list(attachments)} if attachments:
            return _optional(content.get("text"))
        case {"formatType": "Attachments" | "ExternalAttachments" as format_}:
            raise _wrong(f"{format_} have attachments, a list of at least one")
        case {"formatType": "Buttons" | "QuickReplies", "text": str(text), "optionItems": list(options)} if options:
            return sayable(text)
        case {"formatType": "Carousel", "items": list(items)} if items:
            return _optional(content.get("text"))
        case {"formatType": "Inputs", "formTitle": {"title": str(title)}, "sections": list(sections)} if sections:
            return sayable(title)
    raise _wrong(f"a content of format {content.get('formatType')} is not whole")


def _optional(text: Any) -> str:
    if text is None or text == "":
        return ""
    if not isinstance(text, str):
        raise _wrong("text is text")
    return sayable(text)


def _files(content: Given) -> tuple[str, ...]:
    """Return the ids of the ContentVersions that a message carries."""
    attachments = content.get("attachments")
    if content.get("formatType") != "Attachments" or not isinstance(attachments, list):
        return ()
    found = []
    for one in attachments:
        if not isinstance(one, Mapping) or not isinstance(one.get("id"), str):
            raise _wrong("each of the attachments has an id, that of a ContentVersion")
        found.append(one["id"])
    return tuple(found)


def _wrong(problem: str) -> OrgError:
    return OrgError("INVALID_ARGUMENT", problem)
