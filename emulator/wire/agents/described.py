"""What the agent API's calls take and answer, for its OpenAPI document."""

from typing import Final

from ..openapi import Described, Descriptions, Named, Shape

MESSAGE: Final = Named(
    "Message", {"role": "=Visitor|Agent|Bot|Supervisor|System", "name": "text?", "text": "text", "time": "time"}
)
REQUEST: Final = Named(
    "Request",
    {
        "requestId": "text",
        "kind": "=chat|transfer|conference",
        "chatKey": "text",
        "visitorName": "text?",
        "deploymentName": "text?",
        "buttonId": "text?",
        "waitSeconds": "number",
        "message": "text?",
        "fromAgentId": "text?",
        "expiresAt": "time?",
    },
)
VISITOR: Final = {
    "name": "text?",
    "ipAddress": "text?",
    "userAgent": "text?",
    "language": "text?",
    "screenResolution": "text?",
    "referrer": "text?",
    "breadcrumbs": ["any"],
    "prechat": [{"label": "text", "value": "any"}],
    "...": "any",
}
FLAG: Final = {"agentId": "text", "message": "text", "raisedAt": "time"}
CHAT: Final = Named(
    "Chat",
    {
        "chatKey": "text",
        "state": "=engaged|ended",
        "deploymentName": "text?",
        "siteId": "text?",
        "buttonId": "text?",
        "visitor": VISITOR,
        "sneakPeek": "text?",
        "participants": [{"agentId": "text", "name": "text"}],
        "messages": [MESSAGE],
        "attached": [{"recordId": "text", "object": "text", "name": "text?", "transcriptField": "text?"}],
        "fileRequest": "any",
        "files": [{"name": "text", "id": "text"}],
        "flags": ["any"],
        "earlier": ["any"],
        "hidden": "integer",
        "notices": ["text"],
    },
)
CONSOLE: Final = Named(
    "Console",
    {
        "status": "text",
        "sessionId": "text?",
        "capacity": "number?",
        "requests": [REQUEST],
        "chats": [CHAT],
    },
)
SUPERVISOR: Final = Named(
    "Supervisor",
    {
        "agents": [
            {
                "agentId": "text",
                "name": "text",
                "status": "text",
                "sessionId": "text?",
                "capacity": "number?",
                "chats": "integer",
                "requests": "integer",
                "skills": ["text"],
                "loginTime": "time?",
            }
        ],
        "queues": [
            {
                "buttonId": "text",
                "name": "text?",
                "length": "integer",
                "longestWaitSeconds": "number?",
                "waiting": [
                    {
                        "chatKey": "text",
                        "visitorName": "text?",
                        "waitSeconds": "number",
                        "estimatedWaitSeconds": "number",
                    }
                ],
            }
        ],
        "chats": [
            {
                "chatKey": "text",
                "visitorName": "text?",
                "buttonId": "text?",
                "agentIds": ["text"],
                "durationSeconds": "number",
                "messages": [MESSAGE],
                "sneakPeek": "text?",
                "agentTyping": [{"agentId": "text", "text": "text"}],
            }
        ],
        "flags": [{"chatKey": "text", **FLAG}],
    },
)
AGENT: Final = {"agentId": "text"}
TO: Final = {"agentId?": "text", "skillId?": "text", "buttonId?": "text"}
PRESENCE: Final = {"...": "any"}


def by_agent(does: str, answer: Shape = None, **more: Shape) -> Described:
    """Describe a call of an agent, with what he says besides."""
    return Described(does, {"...": "any"} if answer is None else answer, body={**AGENT, **more})


DESCRIBED: Final[Descriptions] = {
    ("GET", "openapi"): Described("Return this document.", {"...": "any"}),
    ("GET", "agents/{userId}"): Described("Show an agent's console.", CONSOLE),
    ("POST", "agents/{userId}/login"): Described(
        "Log an agent in, away unless told otherwise.", {"sessionId": "text"}, body={"status?": "=Online|Away"}
    ),
    ("POST", "agents/{userId}/logout"): Described("Log an agent out; his chats end.", PRESENCE),
    ("POST", "agents/{userId}/disconnect"): Described("Break an agent's connection.", PRESENCE),
    ("PUT", "agents/{userId}/status"): Described(
        "Change an agent's status.", PRESENCE, body={"status": "=Online|Away|Offline"}
    ),
    ("GET", "agents/{userId}/quick-texts"): Described(
        "Find quick texts, those last used first.",
        {"quickTexts": [{"id": "text", "name": "text", "message": "text", "category": "text?"}]},
        query={"q": "words that they hold"},
    ),
    ("GET", "agents/{userId}/articles"): Described(
        "Find articles.",
        {"articles": [{"id": "text", "title": "text", "summary": "text?", "canSend": "boolean"}]},
        query={"q": "words that they hold"},
    ),
    ("GET", "agents/{userId}/records"): Described(
        "Find records to attach.",
        {"records": [{"id": "text", "object": "text", "name": "text?"}]},
        query={"object": "the type of the records", "q": "words that their names hold"},
    ),
    ("POST", "requests/{requestId}/accept"): by_agent("Accept a request.", {"chatKey": "text"}),
    ("POST", "requests/{requestId}/decline"): by_agent("Decline a request."),
    ("POST", "chats/{chatKey}/messages"): by_agent("Say something.", text="text"),
    ("POST", "chats/{chatKey}/typing"): by_agent("Begin or stop typing.", **{"typing?": "boolean", "text?": "text"}),
    ("POST", "chats/{chatKey}/custom-event"): by_agent(
        "Send an event to the visitor's page.", **{"type": "text", "data?": "text"}
    ),
    ("POST", "chats/{chatKey}/reconnect"): Described(
        "Answer the visitor's calls with 503 until he reconnects.", {"...": "any"}, body={}
    ),
    ("POST", "chats/{chatKey}/quick-text"): by_agent("Send a quick text.", quickTextId="text"),
    ("POST", "chats/{chatKey}/articles"): by_agent("Send an article.", articleId="text"),
    ("POST", "chats/{chatKey}/transfer"): by_agent("Hand a chat on.", **{"to": TO, "message?": "text"}),
    ("DELETE", "chats/{chatKey}/transfer"): by_agent("Take a transfer back."),
    ("POST", "chats/{chatKey}/conference"): by_agent("Invite somebody into a chat.", **{"to": TO, "message?": "text"}),
    ("DELETE", "chats/{chatKey}/conference"): by_agent("Take an invitation back."),
    ("POST", "chats/{chatKey}/leave"): by_agent("Leave a conference."),
    ("POST", "chats/{chatKey}/flag"): by_agent("Ask for a supervisor.", **{"message?": "text"}),
    ("DELETE", "chats/{chatKey}/flag"): Described("Lower a flag.", {"...": "any"}, body={"by": "text"}),
    ("POST", "chats/{chatKey}/whisper"): Described(
        "Whisper to the agent of a chat.", {"...": "any"}, body={"supervisorId": "text", "text": "text"}
    ),
    ("POST", "chats/{chatKey}/attach"): by_agent(
        "Attach a record, or make one.",
        **{"recordId?": "text", "create?": {"object": "text", "fields?": {"...": "any"}}},
    ),
    ("DELETE", "chats/{chatKey}/attach"): by_agent("Detach a record.", recordId="text"),
    ("POST", "chats/{chatKey}/file-request"): by_agent("Ask the visitor for a file.", recordId="text"),
    ("DELETE", "chats/{chatKey}/file-request"): Described(
        "Take the request for a file back, or decline it.", {"...": "any"}, body={"agentId?": "text"}
    ),
    ("POST", "chats/{chatKey}/file"): Described(
        "Send the visitor's file.",
        {"success": "boolean", "id?": "text", "reason?": "text"},
        body={"file": "text", "...": "any"},
        query={"fileToken": "checked if given"},
        file="multipart/form-data",
    ),
    ("POST", "chats/{chatKey}/block"): by_agent("End a chat and keep its address out.", **{"comment?": "text"}),
    ("POST", "chats/{chatKey}/end"): by_agent("End a chat."),
    ("POST", "chats/{chatKey}/close"): by_agent("Close the window of an ended chat.", {"transcriptId": "text?"}),
    ("PUT", "bots/{buttonId}"): Described("Let a chatbot answer at a button.", {"...": "any"}, body={"name": "text"}),
    ("DELETE", "bots/{buttonId}"): Described("Take a chatbot away.", {"...": "any"}),
    ("POST", "chats/{chatKey}/bot/messages"): Described("Let the bot speak.", {"...": "any"}, body={"text": "text"}),
    ("POST", "chats/{chatKey}/bot/transfer"): Described(
        "Let the bot hand a chat on.", {"...": "any"}, body={"buttonId?": "text"}
    ),
    ("POST", "chats/{chatKey}/bot/end"): Described(
        "Let the bot end a chat.", {"...": "any"}, body={"byAction?": "boolean"}
    ),
    ("GET", "supervisor"): Described(
        "Show the whole desk.", SUPERVISOR, query={"supervisorId": "shows what this user's configuration lets him see"}
    ),
}
