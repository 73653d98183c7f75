"""What agents and supervisors see of the desk: values of JSON, made of a state and the time."""

from collections.abc import Mapping
from typing import Any

from ..running.moments import moment
from .answers import may_answer
from .draft import Draft
from .notices import estimated_wait
from .setup import Desk
from .state import Chat, Message, Request, Stage, State

Json = dict[str, Any]
Earlier = tuple[list[Json], int]
"""A visitor's former transcripts, and how many more there are that the agent may not see."""


def agent_view(desk: Desk, state: State, now: int, agent_id: str, earlier: Mapping[str, Earlier]) -> Json:
    """Return an agent's console: his status, what he is asked, and the chats on which his windows are open.

    earlier: what came before, by chat key. Raises `Unknown` for an agent who is not logged in.
    """
    draft = Draft(desk, state, now)
    agent = draft.agent(agent_id)
    return {
        "status": str(agent.presence),
        "sessionId": agent.session_id,
        "capacity": draft.settings(agent_id).capacity,
        "requests": [
            request_view(draft, request) for request in state.requests.values() if may_answer(draft, request, agent_id)
        ],
        "chats": [
            chat_view(draft, chat, agent_id, earlier.get(chat.key, ([], 0)))
            for chat in state.chats.values()
            if (member := chat.member(agent_id)) is not None and not member.closed
        ],
    }


def request_view(draft: Draft, request: Request) -> Json:
    """Return what an agent is told of a chat that he is asked to take."""
    chat = draft.chats[request.chat_key]
    return {
        "requestId": request.id,
        "kind": str(request.kind),
        "chatKey": chat.key,
        "visitorName": chat.visitor.name,
        "deploymentName": draft.deployment(chat).label,
        "buttonId": chat.button_id,
        "waitSeconds": draft.now - chat.requested,
        "message": request.message,
        "fromAgentId": request.sent_by,
        "expiresAt": moment(request.expires),
    }


def chat_view(draft: Draft, chat: Chat, agent_id: str, earlier: Earlier) -> Json:
    """Return a chat as an agent who is in it sees it."""
    visitor = chat.visitor
    settings = draft.settings(agent_id)
    return {
        "chatKey": chat.key,
        "state": "ended" if chat.stage is Stage.ENDED else "engaged",
        "visitor": {
            "name": visitor.name,
            "ipAddress": visitor.ip_address,
            "userAgent": visitor.user_agent,
            "language": visitor.language,
            "screenResolution": visitor.screen_resolution,
            "referrer": visitor.referrer,
            "breadcrumbs": list(visitor.breadcrumbs),
            "prechat": [
                {"label": detail.label, "value": detail.value} for detail in visitor.details if detail.display_to_agent
            ],
        },
        "deploymentName": draft.deployment(chat).label,
        "siteId": draft.deployment(chat).site_id,
        "buttonId": chat.button_id,
        "sneakPeek": chat.sneak_peek if settings.sneak_peek else "",
        "participants": [
            {"agentId": member.agent_id, "name": draft.desk.name_of(member.agent_id)} for member in chat.talking
        ],
        "messages": [message_view(message) for message in chat.messages],
        "attached": [
            {
                "recordId": record.record_id,
                "object": record.sobject,
                "name": record.name,
                "transcriptField": record.transcript_field,
            }
            for record in chat.attached
        ],
        "fileRequest": chat.file_request.record_id if chat.file_request else None,
        "files": [{"name": file.name, "id": file.id} for file in chat.files],
        "flags": [{"agentId": flag.agent_id, "message": flag.message} for flag in chat.flags],
        "earlier": earlier[0],
        "hidden": earlier[1],
        "notices": [*_hidden(earlier[1]), *notices_of(draft, chat, agent_id)],
    }


def _hidden(number: int) -> list[str]:
    """Return the warning that an agent's permissions keep earlier chats from him (R54)."""
    return [f"Your permissions hide earlier conversations with this visitor: {number}."] if number else []


def message_view(message: Message) -> Json:
    """Return one line of a chat."""
    role = "System" if message.is_automatic and message.agent_id is None else str(message.role)
    return {"role": role, "name": message.name, "text": message.text, "time": moment(message.time)}


def notices_of(draft: Draft, chat: Chat, agent_id: str) -> list[str]:
    """Return what an agent's window says besides the messages; that a request was declined only who made it is told (R51)."""
    found = []
    if chat.is_connection_warned:
        found.append("The visitor's connection is interrupted.")
    if chat.is_critical:
        found.append("The visitor has been waiting for an answer for a long time.")
    if chat.is_idle_warned:
        found.append("The visitor has not answered.")
    asked_by = None
    for step in chat.happenings:
        name = draft.desk.name_of(step.agent_id) if step.agent_id else ""
        match step.type:
            case "OperatorJoinedConference":
                found.append(f"{name} joined the conversation.")
            case "OperatorLeftConference":
                found.append(f"{name} left the conversation.")
            case "ConferenceRequest" | "TransferRequest":
                asked_by = step.agent_id
            case "ConferenceRequestDeclined" if asked_by == agent_id:
                found.append(f"{name} declined to join the conversation.")
            case "TransferDeclined" if asked_by == agent_id:
                found.append(f"{name} declined the transfer.")
            case "TransferToButtonFailed":
                found.append("The chat could not be transferred to the button.")
            case "AgentBlocked":
                found.append(f"{name} blocked the visitor.")
            case "Other":
                found.append(f"Custom event {step.detail}")
            case "FileTransferSuccess" | "FileTransferFailure":
                found.append(f"{'Received' if step.type.endswith('Success') else 'Could not receive'} {step.detail}")
    return found


def supervisor_view(desk: Desk, state: State, now: int, supervisor_id: str | None = None) -> Json:
    """Return the whole desk: agents, the queue of each button with its waits, running chats, raised flags.

    With a supervisor, what his own configuration shows him: running chats where it has monitoring, and in them what agents
    type where it has their sneak peek (LiveChatUserConfig, "OptionsHasChatMonitoring", "OptionsHasAgentSneakPeek").
    """
    draft = Draft(desk, state, now)
    own = draft.settings(supervisor_id) if supervisor_id is not None else None
    monitors, peeks = (own is None or own.monitoring), (own is None or own.agent_sneak_peek)
    waiting = sorted(
        (chat for chat in state.chats.values() if chat.stage is Stage.WAITING),
        key=lambda chat: (chat.requested, chat.number),
    )
    return {
        "agents": [
            {
                "agentId": agent.id,
                "name": desk.name_of(agent.id),
                "status": str(agent.presence),
                "sessionId": agent.session_id,
                "capacity": draft.settings(agent.id).capacity,
                "chats": draft.windows(agent.id),
                "requests": sum(request.concerns(agent.id) for request in state.requests.values()),
                "skills": sorted(desk.skills.get(agent.id, ())),
                "loginTime": moment(agent.login_time),
            }
            for agent in state.agents.values()
        ],
        "queues": [
            {
                "buttonId": button.id,
                "name": button.label,
                "length": sum(chat.button_id == button.id for chat in waiting),
                "longestWaitSeconds": max(
                    (now - chat.requested for chat in waiting if chat.button_id == button.id), default=0
                ),
                "waiting": [
                    {
                        "chatKey": chat.key,
                        "visitorName": chat.visitor.name,
                        "waitSeconds": now - chat.requested,
                        "estimatedWaitSeconds": estimated_wait(draft, chat),
                    }
                    for chat in waiting
                    if chat.button_id == button.id
                ],
            }
            for button in desk.buttons.values()
        ],
        "chats": [
            {
                "chatKey": chat.key,
                "visitorName": chat.visitor.name,
                "buttonId": chat.button_id,
                "agentIds": [member.agent_id for member in chat.talking],
                "durationSeconds": now - (chat.started or chat.requested),
                "messages": [message_view(message) for message in chat.messages],
                "sneakPeek": chat.sneak_peek,
                "agentTyping": [{"agentId": agent_id, "text": text} for agent_id, text in chat.agent_typing if peeks],
            }
            for chat in state.chats.values()
            if monitors and chat.stage is Stage.ENGAGED
        ],
        "flags": [
            {"chatKey": chat.key, "agentId": flag.agent_id, "message": flag.message, "raisedAt": moment(flag.time)}
            for chat in state.chats.values()
            for flag in chat.flags
        ],
    }
