"""What was said before a conversation came here: entries of a bot elsewhere and an end user, taken over into a messaging session.

Interaction Service API, "Send Historical Conversation Entries": up to five entries of up to three participants in a call. Numbers and words of
the refusals: github.com/salesforce-misc/interaction-service-apis, ERRORCODES.md. Which of them comes first is a guess.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import OrgError

MOST_ENTRIES: Final = 5
MOST_PARTICIPANTS: Final = 3
LONGEST_KEY: Final = 240
LONGEST_SUBJECT: Final = 255
LONGEST_TEXT: Final = 131_072
DEEPEST: Final = 20
"""Levels of objects and lists in a message. A guess."""
END_USER: Final = "EndUser"
CHATBOT: Final = "Chatbot"
APP_TYPES: Final[Mapping[str, tuple[str, ...]]] = {END_USER: ("iamessage", "custom"), CHATBOT: ("custom", "chatbot")}
"""``iamessage`` is an end user's of Enhanced Web Chat (Messaging API guide, "Invoke the Conversation History API")."""
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
STATIC: Final = "StaticContentMessage"
CONTENTS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    STATIC: ("staticContent", frozenset({"Text", "RichLink", "Attachments", "Media", "Links", "WebView"})),
    "ChoicesMessage": ("choices", frozenset({"Buttons", "QuickReplies", "Carousel", "ListPicker", "TimePicker"})),
    "ChoicesResponseMessage": ("choicesResponse", frozenset({"Selections"})),
    "FormMessage": ("form", frozenset({"Inputs", "Application"})),
    "FormResponseMessage": ("formResponse", frozenset({"Inputs", "Result"})),
}
"""Message type -> the key of its content, and the formats that it can have."""
FORMATS: Final = frozenset().union(*(formats for _, formats in CONTENTS.values()))
OF_END_USERS: Final = (STATIC, "ChoicesResponseMessage", "FormResponseMessage")
PROBLEMS: Final[Mapping[int, str]] = {
    10018: "The conversation identifier is not valid.",
    10037: "The AppType provided is not supported.",
    10039: "Add participants to your conversation.",
    10042: "Include one end user participant in the conversation.",
    10043: "Invalid participant role. Specify a Chatbot or EndUser role for all participants.",
    10044: "Include only one end user participant in the conversation.",
    10045: "Provide a valid message entry format.",
    10046: "Invalid clientTimestamp. Send messages within the allowed response time frame.",
    10047: "Specified Message Type is invalid.",
    10048: "Specified Format Type is invalid.",
    10049: "Specified Message Type and Format Type combination is invalid.",
    10052: 'The "channelAddressIdentifier" field set in post conversation request isn\'t valid.',
    10054: "Invalid subject of participant in conversation request.",
    10061: "The StartTime provided for messaging session is invalid.",
    10062: "Invalid message type. Only StaticContentMessage, ChoicesResponseMessage, and FormResponseMessage types are supported"
    " for messages sent from an end user.",
    10065: "Invalid end-user participant details. Conversations with end-users remain open and don't have a leftTime.",
    10067: "Invalid joinedTime. Specify a joinedTime that is earlier than the leftTime.",
    10068: "Invalid participant. The message isn't from an approved participant.",
    10073: "Invalid message ID. Provide a unique ID for each message entry.",
    10074: "Invalid message timestamp. The message Timestamp must occur while the sender is in the conversation.",
    10078: "An error occurred due to an invalid payload parameter. Check the parameters and try again. For help, see Send"
    " Historical Conversation Entries.",
}  # fmt: skip
Json = Mapping[str, Any]


class InteractionRefused(OrgError):
    """A refusal with the platform's number for it."""

    def __init__(self, number: int, message: str | None = None) -> None:
        super().__init__(str(number), message or PROBLEMS[number])
        self.number = number


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who took part. Times are milliseconds; left: None while he is there."""

    role: str
    subject: str
    app_type: str
    name: str
    joined: int
    left: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """A message that was sent at a time, milliseconds. abstract: ``abstractMessage``, whole; text: what there is to read in it."""

    id: str
    sender: Member
    time: int
    abstract: Json
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """What one call brings. conversation_id: of the conversation that it belongs to, where the call names one."""

    address: str
    end_user: Member
    entries: tuple[Past, ...]
    conversation_id: str | None = None


def history(body: Json, now: int) -> History:
    """Return what a call brings, read from JSON, its entries by time. now: milliseconds. Raises `InteractionRefused`."""
    address = body.get("channelAddressIdentifier")
    if not isinstance(address, str) or not 0 < len(address) <= LONGEST_KEY:
        raise InteractionRefused(10052)
    conversation_id = body.get("conversationIdentifier")
    if conversation_id is not None and not (
        isinstance(conversation_id, str) and 0 < len(conversation_id) <= LONGEST_KEY
    ):
        raise InteractionRefused(10018)
    members = _members(body.get("conversationParticipants"))
    end_users = [one for one in members if one.role == END_USER]
    if len(end_users) != 1:
        raise InteractionRefused(10042 if not end_users else 10044)
    _check_session(body.get("messagingSession"))
    return History(address, end_users[0], _entries(body.get("conversationEntries"), members, now), conversation_id)


def _members(given: Any) -> tuple[Member, ...]:
    if not isinstance(given, list) or not given:
        raise InteractionRefused(10039)
    if len(given) > MOST_PARTICIPANTS:
        raise InteractionRefused(10078)
    return tuple(map(_member, given))


def _member(given: Any) -> Member:
    participant = given.get("participant") if isinstance(given, dict) else None
    if not isinstance(participant, dict):
        raise InteractionRefused(10078)
    role, subject, app_type = (participant.get(key) for key in ("role", "subject", "appType"))
    if role not in (END_USER, CHATBOT):
        raise InteractionRefused(10043)
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise InteractionRefused(10054)
    if app_type not in APP_TYPES[role]:
        raise InteractionRefused(10037)
    joined, left = whole(given.get("joinedTime")), whole(given.get("leftTime"))
    name = given.get("displayName")
    if joined is None or (name is not None and not isinstance(name, str)):
        raise InteractionRefused(10078)
    if given.get("leftTime") is not None:
        if role == END_USER:
            raise InteractionRefused(10065)
        if left is None or left <= joined:
            raise InteractionRefused(10067)
    return Member(role, subject, app_type, name or "", joined, left)


def _check_session(given: Any) -> None:
    """Refuse what is said about the messaging session, unless it is to be established; its end is not documented well enough."""
    if given is None:
        return
    payload = given.get("payload") if isinstance(given, dict) else None
    if not isinstance(payload, dict) or given.get("messagingSessionRequestType") != "EstablishMessagingSession":
        raise InteractionRefused(10078)
    if whole(payload.get("startTime")) is None:
        raise InteractionRefused(10061)


def _entries(given: Any, members: Iterable[Member], now: int) -> tuple[Past, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ENTRIES:
        raise InteractionRefused(10078)
    known = {(one.role, one.subject): one for one in members}
    found = [_entry(one, known, now) for one in given]
    if len({one.id.lower() for one in found}) < len(found):
        raise InteractionRefused(10073)
    found.reverse()  # the newest are sent first
    return tuple(sorted(found, key=lambda one: one.time))


def _entry(given: Any, known: Mapping[tuple[Any, Any], Member], now: int) -> Past:
    sender = given.get("sender") if isinstance(given, dict) else None
    payload = given.get("entryPayload") if isinstance(given, dict) else None
    if not isinstance(sender, dict) or not isinstance(payload, dict) or payload.get("entryType") != "Message":
        raise InteractionRefused(10045)
    role, subject = sender.get("role"), sender.get("subject")
    member = known.get((role, subject)) if isinstance(role, str) and isinstance(subject, str) else None
    if member is None:
        raise InteractionRefused(10068)
    time = whole(given.get("clientTimestamp"))
    if time is None or time > now:
        raise InteractionRefused(10046)
    if time < member.joined or (member.left is not None and time > member.left):
        raise InteractionRefused(10074)
    id_, abstract = payload.get("id"), payload.get("abstractMessage")
    if not isinstance(abstract, dict) or _is_deep(abstract, DEEPEST):
        raise InteractionRefused(10045)
    if not isinstance(id_, str) or UUID.fullmatch(id_) is None or abstract.get("id", id_) != id_:
        raise InteractionRefused(10073)
    return Past(
        id_, member, time, {"references": [], "inReplyToMessageId": None, **abstract}, _words(abstract, member.role)
    )


def _words(abstract: Json, role: str) -> str:
    """Return what there is to read in a message; check its type and format."""
    type_ = abstract.get("messageType")
    if not isinstance(type_, str) or type_ not in CONTENTS:
        raise InteractionRefused(10047)
    if role == END_USER and type_ not in OF_END_USERS:
        raise InteractionRefused(10062)
    key, formats = CONTENTS[type_]
    content = abstract.get(key)
    if not isinstance(content, dict):
        raise InteractionRefused(10045)
    format_ = content.get("formatType")
    if not isinstance(format_, str) or format_ not in FORMATS:
        raise InteractionRefused(10048)
    if format_ not in formats:
        raise InteractionRefused(10049)
    text = content.get("text", "")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT or (format_ == "Text" and not text):
        raise InteractionRefused(10045)
    return text or ", ".join(_titles(content))


def _titles(content: Json) -> Iterable[str]:
    """Yield the titles of what was chosen, or of a link."""
    chosen = content.get("selectedOptions")
    for one in (*(chosen if isinstance(chosen, list) else ()), content.get("linkItem"), content):
        for key in ("optionTitle", "titleItem", "title"):
            item = one.get(key) if isinstance(one, dict) else None
            title = item.get("title") if isinstance(item, dict) else None
            if isinstance(title, str):
                yield title


def _is_deep(value: Any, levels: int) -> bool:
    """Tell whether objects and lists lie in each other deeper than so many levels."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deep(one, levels - 1) for one in inside)


def whole(given: Any) -> int | None:
    """Return a time that came as a number or as text, None for what is none: clients send both."""
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) <= 15:
        return int(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 10**15:
        return given
    return None
