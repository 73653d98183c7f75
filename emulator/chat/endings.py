"""How chats end, and what is left when their windows close (R2, R9, R21, R30, R41, R52, R54 to R58)."""

from dataclasses import replace
from typing import Final

from . import notices
from .draft import Draft
from .effects import BlockAddress, MakeTranscript
from .events import Block, Close, End, VisitorEnds, VisitorLost
from .refusals import RuleRefused
from .state import Attempt, Chat, Kind, Member, Queueing, Request, Stage

AGENT, VISITOR, SYSTEM = "Agent", "Visitor", "System"
COMPLETED: Final = "Completed"
MISSED: Final = "Missed"
LOST_STATUS: Final = "Dropped"
"""Status of a chat whose visitor was lost after an agent had accepted (R58; a guess: the value is documented, its use is not)."""
LOST_REASON: Final = "Unavailable"
"""What a waiting visitor is told who was out of reach, should he come back. A guess."""
LOST_DELAY: Final = 0
"""Seconds after which the transcript of a chat whose visitor was lost is made: at once. The platform may take 30 minutes
("Chat Transcripts"); any other value leaves it to the closing of the window."""
BLOCKED_STATUS: Final = "Blocked"
"""Status of a chat in which the agent blocks the visitor (R41; a guess)."""
GONE_REASON: Final = "agentsUnavailable"
"""What the visitor is told when the agent leaves Chat in mid-chat. A guess among the reasons of the mobile SDK."""


def refuse(draft: Draft, chat: Chat, reason: str, event: str, status: str) -> None:
    """Nobody will talk to the visitor: he is told why, and the request becomes a transcript at once (R21, R56)."""
    chat = draft.note(chat, event)
    draft.tell(chat, "ChatRequestFail", reason=reason, attachedRecords=[])
    _over_unanswered(draft, chat, SYSTEM, status)


def _over_unanswered(draft: Draft, chat: Chat, ended_by: str, status: str) -> None:
    withdraw(draft, chat)
    chat = draft.put(
        chat, stage=Stage.ENDED, queueing=None, ended=draft.now, ended_by=ended_by, status=status, is_polling=False
    )
    _transcribe(draft, chat)
    draft.drop(chat)


def withdraw(draft: Draft, chat: Chat, *kinds: Kind, sent_by: str | None = None) -> list[Request]:
    """Take back a chat's open requests, of some kinds or of one agent alone; whoever was asked is no longer."""
    taken_back = [
        request for request in draft.requests_of(chat.key, *kinds) if sent_by is None or request.sent_by == sent_by
    ]
    for request in taken_back:
        for agent_id in request.candidates:
            draft.count(agent_id, withdrawn=draft.counts(chat))
            draft.omni(chat, agent_id, "Canceled")
        draft.requests.pop(request.id)
    return taken_back


def visitor_ends(draft: Draft, event: VisitorEnds) -> None:
    """The visitor ends the chat for all, or gives up waiting (R30, R54, R55)."""
    chat = draft.chat(event.chat_key)
    if chat.stage is Stage.ENDED:
        return
    chat = begun_by_bot(draft, chat)
    if chat.started is None:
        chat = draft.note(chat, "CancelVisitor")
        draft.tell(chat, "ChatEnded", reason="client", attachedRecords=[])
        _over_unanswered(draft, chat, VISITOR, MISSED)
    else:
        finish(draft, chat, "EndVisitor", None, VISITOR, COMPLETED, "client")


def visitor_lost(draft: Draft, event: VisitorLost) -> None:
    """The visitor is gone for good (R35)."""
    chat = draft.chat(event.chat_key)
    if chat.stage is not Stage.ENDED:
        lose(draft, chat)


def lose(draft: Draft, chat: Chat) -> None:
    """End a chat whose visitor is out of reach; its transcript does not wait for the agent (R56)."""
    chat = begun_by_bot(draft, chat)
    if chat.started is None:
        chat = draft.note(chat, "LeaveVisitor")
        draft.tell(chat, "ChatRequestFail", reason=LOST_REASON, attachedRecords=[])
        _over_unanswered(draft, chat, SYSTEM, MISSED)
        return
    chat = finish(draft, chat, "LeaveVisitor", None, SYSTEM, LOST_STATUS, "client")
    if chat.key in draft.chats and LOST_DELAY == 0 and not chat.by_omni:
        _transcribe(draft, draft.put(chat, is_transcribed=True))


def begun_by_bot(draft: Draft, chat: Chat) -> Chat:
    """Let a chat that ends while a bot leads it have begun with the bot: no agent ever accepts it. A guess."""
    return draft.put(chat, started=chat.bot_since) if chat.stage is Stage.BOT else chat


def agent_ends(draft: Draft, event: End) -> None:
    """An agent ends the chat; while others are in it he can only leave (R52, R55)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if len(chat.talking) > 1:
        raise RuleRefused("R52", "other agents are in the conversation: leave it, or let them leave first")
    finish(draft, chat, "EndAgent", event.agent_id, AGENT, COMPLETED, "agent")


def block(draft: Draft, event: Block) -> None:
    """An agent blocks the visitor's address: the chat ends at once, for all agents (R41)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if not draft.settings(event.agent_id).visitor_blocking:
        raise RuleRefused("R41", "your configuration does not allow you to block visitors")
    address = chat.visitor.ip_address
    if address is None:
        raise RuleRefused("R41", "the visitor's address is not known")
    draft.emit(BlockAddress(address, event.comment, event.agent_id))
    finish(draft, chat, "AgentBlocked", event.agent_id, AGENT, BLOCKED_STATUS, "agent")


def agent_gone(draft: Draft, chat: Chat, agent_id: str) -> Chat:
    """An agent leaves Chat in mid-chat: the chat ends, or in a conference goes on without him (R2)."""
    if len(chat.talking) > 1:
        return part(draft, chat, agent_id)
    return finish(draft, chat, "LeaveAgent", agent_id, SYSTEM, COMPLETED, GONE_REASON)


def abandon(draft: Draft, chat: Chat, agent_id: str) -> None:
    """Let the only agent of a chat out whose connection broke: it waits at its button again, by its age (R2, R22).

    That the step is Unassigned, and that a chat whom nobody can take ends as one whose agent left, is a guess.
    """
    withdraw(draft, chat)
    chat = draft.note(forget_part(draft, chat, agent_id), "Unassigned", agent_id)
    chat = draft.change_member(chat, agent_id, left=draft.now, closed=True)
    draft.tell(chat, "AgentDisconnect")
    draft.omni(chat, agent_id, "Closed")
    attempts = (Attempt(button_id=chat.button_id),) if chat.button_id else ()
    draft.put(chat, stage=Stage.WAITING, queueing=Queueing(attempts), idle_since=None, is_idle_warned=False)


def part(draft: Draft, chat: Chat, agent_id: str) -> Chat:
    """Let an agent out of a conference; his window closes (R51, R52)."""
    for request in withdraw(draft, chat, sent_by=agent_id):  # nobody else could take them back
        cancelled = "TransferCancelled" if request.kind is Kind.TRANSFER else "ConferenceRequestCanceled"
        chat = draft.note(chat, cancelled, agent_id)
    chat = forget_part(draft, chat, agent_id)
    chat = draft.note(chat, "OperatorLeftConference", agent_id)
    chat = draft.change_member(chat, agent_id, left=draft.now, closed=True)
    draft.tell(chat, "AgentLeftConference", name=notices.shown_name(draft, chat, agent_id))
    draft.omni(chat, agent_id, "Closed")
    return chat


def finish(draft: Draft, chat: Chat, event: str, agent_id: str | None, ended_by: str, status: str, reason: str) -> Chat:
    """End a chat that was answered. Its windows stay open until the agents close them (R9)."""
    withdraw(draft, chat)
    chat = draft.note(chat, event, agent_id)
    draft.tell(chat, "ChatEnded", reason=reason, attachedRecords=notices.attached_records(draft, chat))
    keeper = chat.talking[0].agent_id if chat.talking else None
    members = tuple(replace(member, left=draft.now) if member.is_talking else member for member in chat.members)
    chat = draft.put(
        chat,
        members=members,
        stage=Stage.ENDED,
        queueing=None,
        ended=draft.now,
        ended_by=ended_by,
        status=status,
        keeper_id=keeper,
        flags=(),
        file_request=None,
        idle_since=None,
        unanswered_since=None,
        is_polling=False,
        sneak_peek="",
        agent_typing=(),
    )
    if chat.by_omni:
        draft.omni(chat, is_over=True)
    if keeper is None:  # it waited at a button that it was transferred to: no window will close
        if not chat.by_omni:
            _transcribe(draft, chat)
        draft.drop(chat)
    return chat


def forget_part(draft: Draft, chat: Chat, agent_id: str) -> Chat:
    """Let go of what an agent who goes has typed and not sent, and of a flag that he raised: nothing is counted for it (R36)."""
    return draft.put(
        chat,
        agent_typing=typing_of_others(chat, agent_id),
        flags=tuple(flag for flag in chat.flags if flag.agent_id != agent_id),
    )


def typing_of_others(chat: Chat, agent_id: str) -> tuple[tuple[str, str], ...]:
    """Return what all agents but one have typed and not sent."""
    return tuple(entry for entry in chat.agent_typing if entry[0] != agent_id)


def resume(draft: Draft, chat: Chat, agent_id: str) -> None:
    """A transfer to a button came to nothing: the agent who sent it has the chat again (R47)."""
    if agent_id not in draft.agents:
        finish(draft, chat, "LeaveAgent", agent_id, SYSTEM, COMPLETED, GONE_REASON)
        return
    chat = draft.put(
        chat,
        stage=Stage.ENGAGED,
        queueing=None,
        members=(*chat.members, Member(agent_id, draft.now)),
    )
    chat = draft.note(chat, "ChatResumedAfterTransfer", agent_id)
    draft.tell(chat, "ChatResumedAfterTransfer", name=notices.shown_name(draft, chat, agent_id))


# --- the window ---------------------------------------------------------------------------------------------------------


def close(draft: Draft, event: Close) -> None:
    """An agent closes the window of a chat that is over (R9, R56)."""
    draft.agent(event.agent_id)
    chat = draft.chat(event.chat_key)
    member = chat.member(event.agent_id)
    if member is None or member.closed:
        raise RuleRefused("R9", "you have no window on this chat")
    if chat.stage is not Stage.ENDED:
        raise RuleRefused("R9", "the chat is not over: end it first")
    close_window(draft, chat, event.agent_id)


def close_window(draft: Draft, chat: Chat, agent_id: str) -> None:
    """Free the agent's capacity; the window of the one who kept the chat leaves the transcript behind."""
    chat = draft.change_member(chat, agent_id, closed=True)
    draft.omni(chat, agent_id, "Closed")
    if agent_id == chat.keeper_id and not chat.by_omni and not chat.is_transcribed:
        _transcribe(draft, chat)
    if chat.stage is Stage.ENDED and not chat.open_windows:
        draft.drop(chat)


def _transcribe(draft: Draft, chat: Chat) -> None:
    if chat.by_omni:
        draft.omni(chat, is_over=True)
    else:
        draft.emit(MakeTranscript(chat))
