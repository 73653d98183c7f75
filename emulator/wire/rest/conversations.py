"""Conversation entries by the Connect REST API: texts read, and other words put in their place.

Connect REST API Developer Guide, "Conversation Entries"; limits and what is left out: Salesforce Help,
access_conv_data_using_conversation_entries ("1,000 calls per application per user per hour", text alone, no bots).
"""

from html import escape
from typing import Any, Final

from ...errors import OrgError
from ...messaging.effects import Entry
from ...messaging.offplatform import OffPlatform, Part, Redaction
from ...org.org import Org
from ...org.pace import Pace
from .body import document
from .call import Answer, Call
from .errors import TooOften
from .list_views import number

CALLS_AN_HOUR: Final = 1000
USUAL_LIMIT: Final = 25
MOST: Final = 1000
LONGEST_TEXT: Final = 131_072
DIRECTIONS: Final = ("FromEnd", "FromStart")
LATEST: Final = 10**18 - 1
"""Milliseconds that no entry comes after."""
UPDATES: Final = "conversationEntriesUpdates"


def read(org: Org, call: Call) -> Answer:
    """``GET connect/conversation/{identifier}/entries``: messages of a conversation, the newest first unless asked otherwise."""
    entries = _admitted(org, call)
    direction = call.parameters.get("queryDirection", DIRECTIONS[0])
    if direction not in DIRECTIONS:
        sentence = f"Value of parameter queryDirection must be one of {', '.join(DIRECTIONS)}: {direction[:80]}"
        raise OrgError("ILLEGAL_QUERY_PARAMETER_VALUE", sentence)
    part = Part(
        number(call, "recordLimit", USUAL_LIMIT, least=1, most=MOST),
        number(call, "startTimestamp", 0, most=LATEST),
        number(call, "endTimestamp", LATEST, most=LATEST),
        direction == DIRECTIONS[0],
    )
    found = entries.texts(call.segments[-2], part)
    shown = [_shown(one, is_escaped=call.header("X-Chatter-Entity-Encoding").lower() != "false") for one in found]
    return Answer(200, {"conversationEntries": shown})


def redact(org: Org, call: Call) -> Answer:
    """``PATCH connect/conversation/{identifier}/entries``: put other words in the place of messages'.

    The shape of the answer is not documented: one result for each update is a guess.
    """
    entries = _admitted(org, call)
    wanted = _updates(document(call))
    done = entries.redact(call.segments[-2], wanted)
    results = [{"identifier": one.entry_id, "success": is_done} for one, is_done in zip(wanted, done, strict=True)]
    return Answer(200, {"conversationEntriesUpdateResults": results})


def _admitted(org: Org, call: Call) -> OffPlatform:
    """Return the entries for a caller who may access them, and has calls left. Beyond them the answer is a 503 ("Rate Limits")."""
    entries = OffPlatform(org)
    entries.check_access(call.caller)
    token = call.header("Authorization").strip().partition(" ")[2].strip()
    name = f"connect/{org.sessions.client_id(token) or ''}/{call.caller.user_id}"
    if not Pace(org.store, org.clock).spend(name, CALLS_AN_HOUR, minutes=60):
        raise TooOften("REQUEST_LIMIT_EXCEEDED", "You have exceeded the hourly number of requests for this resource.")
    return entries


def _updates(body: dict[str, Any]) -> list[Redaction]:
    given = body.get(UPDATES)
    if not isinstance(given, list) or not given:
        raise OrgError("REQUIRED_FIELD_MISSING", f"{UPDATES} is a list of identifier and messageText")
    found: list[Redaction] = []
    for one in given:
        identifier = one.get("identifier") if isinstance(one, dict) else None
        text = one.get("messageText") if isinstance(one, dict) else None
        if not isinstance(identifier, str) or not isinstance(text, str):
            raise OrgError("REQUIRED_FIELD_MISSING", "each update has an identifier and a messageText")
        if len(text) > LONGEST_TEXT:
            raise OrgError("STRING_TOO_LONG", f"messageText has more than {LONGEST_TEXT} characters")
        found.append(Redaction(identifier, text))
    return found


def _shown(entry: Entry, *, is_escaped: bool) -> dict[str, Any]:
    """Return an entry as Connect shows it; strings are escaped for HTML, as all of Connect's are ("Response Body Encoding")."""

    def encoded(text: str) -> str:
        return escape(text).replace("&#x27;", "&#39;") if is_escaped else text

    return {
        "clientTimestamp": entry.client_time,
        "identifier": entry.id,
        "messageText": encoded(entry.text),
        "relatedRecords": list(entry.related),
        "sender": {"appType": entry.app_type, "role": str(entry.role), "subject": encoded(entry.subject)},
        "serverReceivedTimestamp": entry.time,
    }
