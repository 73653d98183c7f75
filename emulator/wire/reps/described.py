"""What the rep API's calls take and answer, for its OpenAPI document."""

from typing import Final

from ...messaging.options import OPTIONS
from ..openapi import Described, Descriptions, Named, Shape

WORK: Final = Named(
    "Work",
    {
        "agentWorkId": "text",
        "kind": "=session|transfer|conference",
        "messagingSessionId": "text",
        "conversationId": "text",
        "endUserName": "text?",
        "channel": "text",
        "waitSeconds": "number",
        "fromRepId": "text?",
        "fromName": "text?",
        "preview": "text?",
        "weight": "number",
        "assignedAt": "time",
        "expiresAt": "time?",
    },
)
ENTRY: Final = Named(
    "Entry",
    {
        "entryId": "text",
        "entryType": "text",
        "role": "text",
        "name": "text?",
        "text": "text?",
        "time": "time",
        "messagingSessionId": "text?",
        "isHidden": "boolean",
        "files": ["any"],
        "payload": "any",
    },
)
FLAG: Final = {"messagingSessionId": "text", "repId": "text", "message": "text", "raisedAt": "time"}
PARTICIPANT: Final = {"role": "text", "name": "text?", "repId": "text?", "joinedAt": "time?"}
SESSION_HEAD: Final = {
    "messagingSessionId": "text",
    "conversationId": "text",
    "status": "text",
    "origin": "text",
    "ownerId": "text?",
    "bot": "any",
    "endedBy": "text?",
    "isConversationOpen": "boolean",
    "participants": [PARTICIPANT],
    "flags": ["any"],
    "preview": "text?",
    "startedAt": "time?",
    "acceptedAt": "time?",
    "endedAt": "time?",
    "durationSeconds": "number?",
}
SESSION: Final = Named(
    "Session",
    {
        **SESSION_HEAD,
        "agentWorkId": "text?",
        "isOwner": "boolean",
        "conversationEndedAt": "time?",
        "isTyping": "boolean",
        "deliveredMessageId": "text?",
        "readMessageId": "text?",
        "channel": {
            "channelId": "text",
            "developerName": "text",
            "label": "text",
            "type": "text",
            "deployment": "text?",
            "sessionBased": "boolean",
        },
        "endUser": {
            "messagingEndUserId": "text",
            "name": "text?",
            "subject": "text?",
            "isVerified": "boolean",
            "platform": "text?",
            "language": "text?",
            "consent": "text?",
            "prechat": [{"name": "text", "value": "any"}],
        },
        "entries": [ENTRY],
        "earlier": ["any"],
    },
)
CONSOLE: Final = Named(
    "Console",
    {
        "repId": "text",
        "name": "text",
        "status": "text",
        "presenceId": "text?",
        "isAvailable": "boolean",
        "capacity": "number",
        "load": "number",
        "work": [WORK],
        "sessions": [SESSION],
    },
)
SUPERVISOR: Final = Named(
    "Supervisor",
    {
        "reps": [
            {
                "repId": "text",
                "name": "text",
                "status": "text",
                "isAvailable": "boolean",
                "presenceId": "text?",
                "since": "time?",
                "capacity": "number",
                "load": "number",
                "work": "integer",
                "sessions": "integer",
                "skills": ["text"],
            }
        ],
        "queues": [
            {
                "queueId": "text?",
                "skillIds": ["text"],
                "repId": "text?",
                "name": "text?",
                "length": "integer",
                "longestWaitSeconds": "number",
                "waiting": [
                    {
                        "messagingSessionId": "text",
                        "conversationId": "text",
                        "endUserName": "text?",
                        "waitSeconds": "number",
                        "position": "integer",
                        "offeredTo": "any",
                    }
                ],
            }
        ],
        "sessions": [{**SESSION_HEAD, "channel": "text", "endUserName": "text?"}],
        "flags": [FLAG],
    },
)
CHANNEL: Final = Named(
    "Channel",
    {
        "id": "text",
        "developerName": "text",
        "type": "text",
        "platformType": "text?",
        "address": "text?",
        **dict.fromkeys(OPTIONS, "any"),
        "published": "any",
        "publishDue": "boolean",
        "deployments": ["text"],
    },
)
DEPLOYMENT: Final = Named(
    "Deployment",
    {
        "id": "text",
        "name": "text",
        "label": "text?",
        "platform": "text?",
        "channel": "text?",
        "publishedDate": "time?",
        "publishDue": "boolean",
        "published": "any",
    },
)
CAPACITY: Final = {"capacity": "number"}
BEGUN: Final = {"messagingSessionId": "text", "conversationId": "text"}
TO: Final = {"repId?": "text", "queueId?": "text", "skillIds?": ["text"]}
REP: Final = {"repId": "text"}


def by_rep(does: str, answer: Shape = None, **more: Shape) -> Described:
    """Describe a call of a rep, with what he says besides."""
    return Described(does, {"...": "any"} if answer is None else answer, body={**REP, **more})


def by_rep_or_bot(does: str, **more: Shape) -> Described:
    """Describe a call of a rep, or of the bot that leads the session."""
    return Described(does, {"...": "any"}, body={"repId?": "text", "as?": "=Bot", **more})


DESCRIBED: Final[Descriptions] = {
    ("GET", "openapi"): Described("Return this document.", {"...": "any"}),
    ("GET", "reps/{userId}"): Described("Show a rep's console.", CONSOLE),
    ("POST", "reps/{userId}/login"): Described(
        "Log a rep in, online unless told otherwise.",
        {"status": "text", "presenceId": "text"},
        body={"status?": "text"},
    ),
    ("POST", "reps/{userId}/logout"): Described("Log a rep out; his open sessions stay his.", {"...": "any"}),
    ("PUT", "reps/{userId}/status"): Described("Change a rep's status.", {"...": "any"}, body={"status": "text"}),
    ("GET", "reps/{userId}/capacity"): Described("Tell how much work a rep takes at once.", CAPACITY),
    ("PUT", "reps/{userId}/capacity"): Described("Set how much work a rep takes at once.", CAPACITY, body=CAPACITY),
    ("POST", "reps/{userId}/sessions"): Described(
        "Begin a session in an open conversation.",
        {**BEGUN, "messageId": "text?"},
        body={"conversationId?": "text", "messagingEndUserId?": "text", "text?": "text", "message?": {"...": "any"}},
    ),
    ("POST", "work/{agentWorkId}/accept"): by_rep("Accept work.", BEGUN),
    ("POST", "work/{agentWorkId}/decline"): by_rep("Decline work.", **{"reason?": "text"}),
    ("POST", "sessions/{messagingSessionId}/messages"): by_rep_or_bot(
        "Say something.", **{"text?": "text", "message?": {"...": "any"}}
    ),
    ("POST", "sessions/{messagingSessionId}/typing"): by_rep("Begin or stop typing.", **{"typing?": "boolean"}),
    ("POST", "sessions/{messagingSessionId}/acknowledge"): by_rep(
        "Acknowledge a message of the end user.", **{"messageId": "text", "kind?": "=Read|Delivery"}
    ),
    ("POST", "sessions/{messagingSessionId}/inactive"): by_rep("Mark the end user inactive."),
    ("POST", "sessions/{messagingSessionId}/pause"): by_rep("Pause a session."),
    ("POST", "sessions/{messagingSessionId}/resume"): by_rep("Go on with a session."),
    ("POST", "sessions/{messagingSessionId}/transfer"): by_rep_or_bot("Hand a session on.", to=TO),
    ("POST", "sessions/{messagingSessionId}/conference"): by_rep("Invite reps into a session.", to=TO),
    ("POST", "sessions/{messagingSessionId}/leave"): by_rep("Leave a conference."),
    ("POST", "sessions/{messagingSessionId}/end"): Described(
        "End a session.", {"...": "any"}, body={"repId?": "text", "as?": "=Bot|System"}
    ),
    ("POST", "sessions/{messagingSessionId}/close"): by_rep("Close a tab; its capacity returns.", {"load": "number"}),
    ("POST", "sessions/{messagingSessionId}/fail"): Described(
        "Let a session fail technically.", {"...": "any"}, body={"message?": "text"}
    ),
    ("POST", "sessions/{messagingSessionId}/flag"): by_rep("Ask for a supervisor.", **{"message?": "text"}),
    ("DELETE", "sessions/{messagingSessionId}/flag"): Described("Lower a flag.", {"...": "any"}, body={"by": "text"}),
    ("POST", "sessions/{messagingSessionId}/whisper"): Described(
        "Whisper to the rep of a session.", {"...": "any"}, body={"supervisorId": "text", "text": "text"}
    ),
    ("GET", "supervisor"): Described("Show who is there, who waits and what runs.", SUPERVISOR),
    ("GET", "channels/{developerName}"): Described("Tell a channel's settings, and which of them act.", CHANNEL),
    ("PUT", "channels/{developerName}"): Described(
        "Change a channel's settings, all or none; they act once a deployment is published.",
        CHANNEL,
        body={f"{key}?": "any" for key in OPTIONS} | {"...": "any"},
    ),
    ("GET", "deployments/{name}"): Described("Show a deployment.", DEPLOYMENT),
    ("PUT", "deployments/{name}"): Described(
        "Make or change a deployment.", DEPLOYMENT, body={"channel?": "text", "label?": "text", "platform?": "text"}
    ),
    ("POST", "deployments/{name}/publish"): Described("Publish a deployment.", DEPLOYMENT),
}
