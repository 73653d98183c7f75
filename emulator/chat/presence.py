"""Agents come, change their status and go (R1 to R7)."""

from . import answers, endings
from .draft import Draft
from .effects import KeepSession
from .events import AgentLost, LogIn, LogOut, SetPresence
from .refusals import RuleRefused
from .state import Agent, Presence


def log_in(draft: Draft, event: LogIn) -> None:
    """An agent opens the console: each login has a session of its own; a second one is refused (R3)."""
    if event.agent_id in draft.agents:
        raise RuleRefused("R3", f"the agent {event.agent_id} is logged in to Chat already")
    agent = Agent(event.agent_id, event.session_id, event.presence, draft.now, draft.number(), draft.now)
    draft.agents[agent.id] = agent
    draft.emit(KeepSession(agent))


def set_presence(draft: Draft, event: SetPresence) -> None:
    """An agent changes his status; the one he has already changes nothing (R4)."""
    draft.agent(event.agent_id)
    answers.change_presence(draft, event.agent_id, event.presence)


def log_out(draft: Draft, event: LogOut) -> None:
    """An agent leaves: his chats end, his windows close, his session gets its LogoutTime (R2, R3)."""
    agent_id = draft.agent(event.agent_id).id
    answers.change_presence(draft, agent_id, Presence.OFFLINE)
    for chat in list(draft.chats.values()):
        member = chat.member(agent_id)
        if member is None or member.closed:
            continue
        if member.is_talking:
            chat = endings.agent_gone(draft, chat, agent_id)
        if chat.key in draft.chats and not all(part.closed for part in chat.members if part.agent_id == agent_id):
            endings.close_window(draft, chat, agent_id)
    draft.settle(agent_id)
    draft.emit(KeepSession(draft.agents.pop(agent_id), logout=draft.now))


def lose(draft: Draft, event: AgentLost) -> None:
    """An agent's connection broke: another one may take his chats up (Chat REST API guide, "AgentDisconnect"); he is logged out (R2)."""
    agent_id = draft.agent(event.agent_id).id
    answers.change_presence(draft, agent_id, Presence.OFFLINE)
    for chat in list(draft.chats.values()):
        if [member.agent_id for member in chat.talking] == [agent_id]:
            endings.abandon(draft, chat, agent_id)
    log_out(draft, LogOut(agent_id))
