"""What reps and supervisors see of enhanced chat: values of JSON, made of a state and the time."""

from typing import Any, Final

from ..running.moments import moment
from .effects import Entry
from .setup import Channel, Deployment, Setup
from .state import Conversation, Flag, Kind, Participant, Rep, Role, Session, State, Target, Work

OFFLINE: Final = "Offline"
TYPING_MILLISECONDS: Final = 5_000
"""How long a sign that somebody types is shown, as Salesforce's own sample client shows it."""
Json = dict[str, Any]


def rep_view(setup: Setup, state: State, now: int, rep_id: str) -> Json:
    """Return a rep's console: his status, what is offered to him oldest first, and the sessions whose tabs he has open.

    The sessions have no entries yet. A rep who is logged out is Offline; his tabs stay open.
    """
    rep = state.reps.get(rep_id)
    own = sorted((work for work in state.work.values() if work.rep_id == rep_id), key=lambda work: work.number)
    return {
        "repId": rep_id,
        "name": setup.name(rep_id),
        "status": rep.status if rep else OFFLINE,
        "presenceId": rep.presence_id if rep else None,
        "isAvailable": rep is not None and rep.is_available,
        "capacity": setup.capacity(rep_id),
        "load": load_of(state, rep_id),
        "work": [work_view(setup, state, now, work) for work in own if not work.is_open],
        "sessions": [
            session_view(setup, state, now, state.sessions[work.session_id], work) for work in own if work.is_open
        ],
    }


def load_of(state: State, rep_id: str) -> float:
    """Return how much of a rep's capacity is in use."""
    return sum((work.weight for work in state.work.values() if work.rep_id == rep_id), 0.0)


def work_view(setup: Setup, state: State, now: int, work: Work) -> Json:
    """Return what a rep is told of work that he is offered."""
    session = state.sessions[work.session_id]
    conversation = state.conversations[session.conversation_id]
    routing = session.routing
    asked_by = work.invited_by or (routing.transferred_by if routing is not None else None)
    requested = work.assigned if work.kind is Kind.CONFERENCE or routing is None else routing.requested
    return {
        "agentWorkId": work.id,
        "kind": str(work.kind),
        "messagingSessionId": session.id,
        "conversationId": conversation.id,
        "endUserName": conversation.end_user_name,
        "channel": deployment_of(setup, conversation).channel.developer_name,
        "waitSeconds": seconds(now - requested),
        "fromRepId": asked_by,
        "fromName": setup.name(asked_by) if asked_by else None,
        "preview": session.preview,
        "weight": work.weight,
        "assignedAt": time_text(work.assigned),
        "expiresAt": time_text(work.expires),
    }


def session_view(setup: Setup, state: State, now: int, session: Session, work: Work) -> Json:
    """Return a session as a rep sees it whose tab is open."""
    conversation = state.conversations[session.conversation_id]
    return {
        "agentWorkId": work.id,
        **_running(setup, state, now, session),
        "channel": channel_view(deployment_of(setup, conversation)),
        "endUser": end_user_view(conversation),
        "isOwner": session.owner_id == work.rep_id,
        "conversationEndedAt": time_text(conversation.ended),
        "isTyping": conversation.typing_since is not None and now - conversation.typing_since < TYPING_MILLISECONDS,
        "deliveredMessageId": conversation.delivered,
        "readMessageId": conversation.read,
    }


def _running(setup: Setup, state: State, now: int, session: Session) -> Json:
    """Return what reps and supervisors see alike."""
    conversation = state.conversations[session.conversation_id]
    until = session.ended if session.ended is not None else now
    return {
        "messagingSessionId": session.id,
        "conversationId": conversation.id,
        "status": str(session.status),
        "origin": session.origin,
        "ownerId": session.owner_id,
        "bot": session.bot,
        "endedBy": str(session.ended_by) if session.ended_by else None,
        "isConversationOpen": conversation.is_open,
        "participants": [participant_view(one) for one in session.present],
        "flags": [flag_view(session, flag) for flag in session.flags],
        "preview": session.preview,
        "startedAt": time_text(session.started),
        "acceptedAt": time_text(session.accepted),
        "endedAt": time_text(session.ended),
        "durationSeconds": seconds(until - session.started),
    }


def deployment_of(setup: Setup, conversation: Conversation) -> Deployment:
    """Return the deployment of a conversation, as the machine takes it: one that is published no longer has an empty channel."""
    found = setup.deployments.get(conversation.deployment)
    return found or Deployment(conversation.deployment, "", Channel(conversation.channel_id, "", ""))


def channel_view(deployment: Deployment) -> Json:
    channel = deployment.channel
    return {
        "channelId": channel.id,
        "developerName": channel.developer_name,
        "label": channel.label,
        "type": channel.type,
        "deployment": deployment.name,
        "sessionBased": channel.session_based,
    }


def end_user_view(conversation: Conversation) -> Json:
    """Return who writes; prechat: what he gave in the form, in order."""
    return {
        "messagingEndUserId": conversation.end_user_id,
        "name": conversation.end_user_name,
        "subject": conversation.subject,
        "isVerified": conversation.is_verified,
        "platform": conversation.platform,
        "language": conversation.language,
        "consent": conversation.consent,
        "prechat": [{"name": name, "value": value} for name, value in conversation.attributes],
    }


def participant_view(participant: Participant) -> Json:
    """Return somebody who is in a session; repId is given for reps alone."""
    return {
        "role": str(participant.role),
        "name": participant.name,
        "repId": participant.key if participant.role is Role.AGENT else None,
        "joinedAt": time_text(participant.joined),
    }


def entry_view(entry: Entry) -> Json:
    """Return an entry as reps see it."""
    return {
        "entryId": entry.id,
        "entryType": entry.type,
        "role": str(entry.role),
        "name": entry.name,
        "text": entry.text,
        "time": time_text(entry.time),
        "messagingSessionId": entry.session_id,
        "isHidden": entry.is_hidden,
        "files": list(entry.files),
        "payload": entry.payload,
    }


def flag_view(session: Session, flag: Flag) -> Json:
    return {
        "messagingSessionId": session.id,
        "repId": flag.rep_id,
        "message": flag.message,
        "raisedAt": time_text(flag.time),
    }


# --- supervisors --------------------------------------------------------------------------------------------------------


def supervisor_view(setup: Setup, state: State, now: int) -> Json:
    """Return who is there, who waits where, what runs, and the flags that are up."""
    return {
        "reps": [_rep_at_work(setup, state, rep) for rep in state.reps.values()],
        "queues": _queues(setup, state, now),
        "sessions": [
            {
                **_running(setup, state, now, session),
                "channel": deployment_of(setup, state.conversations[session.conversation_id]).channel.developer_name,
                "endUserName": state.conversations[session.conversation_id].end_user_name,
            }
            for session in state.sessions.values()
            if session.is_running
        ],
        "flags": [flag_view(session, flag) for session in state.sessions.values() for flag in session.flags],
    }


def _rep_at_work(setup: Setup, state: State, rep: Rep) -> Json:
    own = [work for work in state.work.values() if work.rep_id == rep.id]
    return {
        "repId": rep.id,
        "name": setup.name(rep.id),
        "status": rep.status,
        "isAvailable": rep.is_available,
        "presenceId": rep.presence_id,
        "since": time_text(rep.since),
        "capacity": setup.capacity(rep.id),
        "load": load_of(state, rep.id),
        "work": sum(not work.is_open for work in own),
        "sessions": sum(work.is_open for work in own),
        "skills": sorted(setup.skills.get(rep.id, ())),
    }


def _queues(setup: Setup, state: State, now: int) -> list[Json]:
    """Return where sessions wait: every queue that a channel or a waiting session names, then sets of skills, then single reps."""
    waiting = sorted(
        (
            (session.routing.requested, session.number, session)
            for session in state.sessions.values()
            if session.routing
        ),
        key=lambda entry: entry[:2],
    )
    places: dict[Target, list[tuple[int, Session]]] = {}
    for deployment in setup.deployments.values():
        channel = deployment.channel
        if channel.skill_ids:
            places[Target(skill_ids=channel.skill_ids)] = []
        elif queue_id := channel.queue_id or channel.fallback_queue_id:
            places[Target(queue_id=queue_id)] = []
    for requested, _, session in waiting:
        assert session.routing is not None
        places.setdefault(session.routing.target, []).append((requested, session))
    offered = {work.session_id: work.rep_id for work in state.work.values() if not work.is_open and work.routing_id}
    return [
        {
            "queueId": target.queue_id,
            "skillIds": list(target.skill_ids),
            "repId": target.rep_id,
            "name": setup.queue_names.get(target.queue_id or "", ""),
            "length": len(found),
            "longestWaitSeconds": max((seconds(now - requested) for requested, _ in found), default=0),
            "waiting": [
                {
                    "messagingSessionId": session.id,
                    "conversationId": session.conversation_id,
                    "endUserName": state.conversations[session.conversation_id].end_user_name,
                    "waitSeconds": seconds(now - requested),
                    "position": place,
                    "offeredTo": offered.get(session.id),
                }
                for place, (requested, session) in enumerate(found, 1)
            ],
        }
        for target, found in places.items()
    ]


# --- times --------------------------------------------------------------------------------------------------------------


def time_text(milliseconds: int | None) -> str | None:
    """Return a time of the machine as ISO 8601."""
    return None if milliseconds is None else moment(milliseconds / 1000)


def seconds(milliseconds: int) -> int:
    return max(0, milliseconds // 1000)
