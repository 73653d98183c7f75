"""The payloads of conversation entries, by their types (Messaging API, "Server-Sent Event Structure")."""

from collections.abc import Mapping
from typing import Any, Final

from .state import Participant, Role, Routing, Session, Status

AUTOMATED: Final = "AutomatedResponse"
"""``messageReason`` of what bots and the channel itself say."""
APP_TYPES: Final[Mapping[Role, str]] = {
    Role.END_USER: "iamessage",
    Role.AGENT: "agent",
    Role.BOT: "chatbot",
    Role.SYSTEM: "conversation",
    Role.ROUTER: "conversation",
    Role.SUPERVISOR: "agent",
}
"""``appType`` of each role's senders; all but the first are guesses."""
SYSTEM_SUBJECT: Final = "system"
Payload = dict[str, Any]


def text_message(id_: str, text: str) -> Payload:
    """Return the ``abstractMessage`` of a plain text."""
    return {
        "messageType": "StaticContentMessage",
        "id": id_,
        "inReplyToMessageId": None,
        "references": [],
        "staticContent": {"formatType": "Text", "text": text},
    }


def message(id_: str, abstract: Mapping[str, Any], reason: str | None) -> Payload:
    return {"entryType": "Message", "id": id_, "messageReason": reason, "abstractMessage": dict(abstract)}


def participant_changed(id_: str, participant: Participant, subject: str, *, is_added: bool) -> Payload:
    who = {
        "role": str(participant.role),
        "appType": APP_TYPES[participant.role],
        "subject": subject,
        "clientIdentifier": subject,
    }
    change = {
        "operation": "add" if is_added else "remove",
        "participant": who,
        "displayName": participant.name,
        "menuMetadata": None,
    }
    return {"entryType": "ParticipantChanged", "id": id_, "entries": [change]}


def routing_result(id_: str, session: Session, routing: Routing | None, failure: str = "") -> Payload:
    """Return what says that a session was handed to routing, or why it could not be."""
    by_queue = routing is not None and routing.target.queue_id is not None
    return {
        "entryType": "RoutingResult",
        "id": id_,
        "recordId": session.id,
        "errorMessages": [failure] if failure else [],
        "pendingServiceRoutingId": routing.id if routing else None,
        "workOwnerId": None,
        "routingType": "Transfer" if routing is not None and routing.is_transfer else "Initial",
        "estimatedWaitTime": {"estimatedWaitTimeInSeconds": -1, "isEWTRequested": False},
        "failureType": "RoutingError" if failure else "None",
        "failureReason": failure or None,
        "isExternallyRouted": False,
        "cancelReason": None,
        "routingConfigurationDetails": {
            "routingConfigurationType": "Queue" if by_queue else "Skills",
            "queueId": routing.target.queue_id if routing else None,
        },
        "skipRouterCPRemovalIfNoRoutingFailures": False,
    }


def work_result(id_: str, work_type: str, session: Session, *, is_transfer: bool) -> Payload:
    return {
        "entryType": "RoutingWorkResult",
        "id": id_,
        "workType": work_type,
        "routingType": "Transfer" if is_transfer else "Initial",
        "recordId": session.id,
    }


def status_changed(id_: str, status: Status, before: Status, ended_by: Role | None) -> Payload:
    return {
        "entryType": "SessionStatusChanged",
        "id": id_,
        "sessionStatus": str(status),
        "sessionStatusPrev": str(before),
        "sessionEndedByRole": None if ended_by is None else str(ended_by),
    }


def typing(id_: str, time: int, *, is_typing: bool) -> Payload:
    kind = "TypingStartedIndicator" if is_typing else "TypingStoppedIndicator"
    return {"entryType": kind, "id": id_, "timestamp": time}


def acknowledgement(id_: str, kind: str, message_id: str, time: int) -> Payload:
    """kind: ``Delivery`` or ``Read``."""
    return {
        "entryType": f"{kind}Acknowledgement",
        "id": id_,
        "acknowledgementTimestamp": time,
        "acknowledgedConversationEntryIdentifier": message_id,
    }


def queue_position(id_: str, position: int) -> Payload:
    return {"entryType": "QueuePosition", "id": id_, "position": position}


def note(id_: str, text: str) -> Payload:
    """Return what reps and supervisors tell each other."""
    return {"entryType": "Note", "id": id_, "text": text}


def flag(id_: str, message_text: str, *, is_raised: bool) -> Payload:
    return {"entryType": "FlagRaise" if is_raised else "FlagLower", "id": id_, "text": message_text}


def owner_changed(id_: str, owner_id: str, before: str) -> Payload:
    return {"entryType": "SessionOwnerChanged", "id": id_, "ownerId": owner_id, "previousOwnerId": before}


def context(id_: str, attributes: Mapping[str, str]) -> Payload:
    """Return what the pre-chat form gave."""
    return {"entryType": "SessionContext", "id": id_, "attributes": dict(attributes)}


def consent_updated(id_: str, consent: str) -> Payload:
    return {"entryType": "EndUserConsentUpdated", "id": id_, "consentStatus": consent}


def conversation_closed(id_: str) -> Payload:
    return {"entryType": "CloseConversation", "id": id_}
