"""How sessions and conversations end, and which conversations end with their session."""

from typing import Final

from . import entries, routing
from .draft import Draft
from .effects import CloseConversation, SessionClosed, SessionOver
from .events import CloseTab, End, EndUserCloses, EndUserEndsSession, Fail
from .refusals import RuleRefused, Unknown
from .setup import Channel
from .state import Conversation, Ender, Role, Session, Status

CLOSED: Final = "Closed"


def ends_conversation(channel: Channel, conversation: Conversation, by: Ender) -> bool:
    """Tell whether a conversation ends with its session.

    With Session-Based Chat it does, whoever ends (Salesforce Help, miaw_session_based_chat), but for verified users. Without,
    only an end user of the web who is not verified ends it (Salesforce Help, miaw_considerations_and_limitations).
    """
    if channel.ends_with_session and not conversation.is_verified:
        return True
    return by is Ender.END_USER and conversation.platform == "Web" and not conversation.is_verified


def end_user_ends(draft: Draft, event: EndUserEndsSession) -> None:
    """The end user ends the session that runs."""
    conversation = draft.open_conversation(event.conversation_id)
    finish(draft, _current(draft, conversation), Ender.END_USER)


def end_user_closes(draft: Draft, event: EndUserCloses) -> None:
    """The end user closes the conversation, and its session with it."""
    conversation = draft.open_conversation(event.conversation_id)
    if conversation.session_id is not None:
        finish(draft, draft.sessions[conversation.session_id], Ender.END_USER, ends=True)
    else:
        draft.put_conversation(conversation, ended=draft.now)
    id_ = draft.ids.uuid()
    draft.tell(conversation, Role.END_USER, "CloseConversation", entries.conversation_closed(id_), id_,
               subject=conversation.subject, name=conversation.end_user_name)  # fmt: skip
    settle(draft, conversation.id)


def end(draft: Draft, event: End) -> None:
    """A rep who owns the session ends it (Salesforce Help, livemessage_agent_end_session), or a bot or the system does."""
    session = draft.running(event.session_id)
    if event.by is Ender.AGENT:
        rep_id = event.rep_id or ""
        session = draft.held(event.session_id, rep_id)
        if session.owner_id != rep_id:
            raise RuleRefused("only the owner of a session ends it; leave the conference instead")
    finish(draft, session, event.by)


def fail(draft: Draft, event: Fail) -> None:
    """A technical failure ends a session."""
    finish(draft, draft.running(event.session_id), Ender.SYSTEM, Status.ERROR)


def _current(draft: Draft, conversation: Conversation) -> Session:
    if conversation.session_id is None:
        raise Unknown(f"no messaging session runs in the conversation {conversation.id}")
    return draft.sessions[conversation.session_id]


def finish(
    draft: Draft, session: Session, by: Ender, status: Status = Status.ENDED, *, ends: bool | None = None
) -> None:
    """End a session now; `ends` decides on its conversation where the rule does not."""
    conversation = draft.conversations[session.conversation_id]
    channel = draft.channel(conversation)
    if channel.end_response and by in (Ender.AGENT, Ender.BOT) and not conversation.is_opted_out:
        draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, channel.label, channel.end_response)
    session = routing.withdraw(draft, session)
    for participant in session.present:
        session = draft.go_out(session, participant)
    session = draft.note_session(session, bot=None, bot_idle_since=None, idle_since=None, inactive_since=None, flags=())
    session = draft.change_status(session, status, ended=draft.now, ended_by=by)
    conversation = draft.note_conversation(draft.conversations[conversation.id], session_id=None, typing_since=None)
    draft.emit(SessionOver(session, conversation))
    if ends if ends is not None else ends_conversation(channel, conversation, by):
        draft.put_conversation(conversation, ended=draft.now)
    leave_when_closed(draft, session)


def close_tab(draft: Draft, event: CloseTab) -> None:
    """A rep closes a session's tab: his capacity returns. One that is Active has to be ended, left or handed on first."""
    session = draft.session(event.session_id)
    work = draft.open_work(session.id, event.rep_id)
    if work is None:
        raise Unknown(f"the rep {event.rep_id} has no open tab of the session {session.id}")
    participant = session.participant(Role.AGENT, event.rep_id)
    if session.is_running and participant is not None:
        if session.status is not Status.INACTIVE:
            raise RuleRefused(
                f"the session is {session.status}: end it, hand it on, leave it or mark it inactive first"
            )
        session = draft.go_out(session, participant)
    draft.work.pop(work.id)
    routing.keep_work(draft, work, session, CLOSED)
    leave_when_closed(draft, session)


def leave_when_closed(draft: Draft, session: Session) -> None:
    """Let a session go that is over and has no tabs open."""
    if not session.is_running and not draft.work_of(session.id):
        draft.emit(SessionClosed(session, draft.conversations[session.conversation_id]))
        draft.sessions.pop(session.id)
        settle(draft, session.conversation_id)


def settle(draft: Draft, conversation_id: str) -> None:
    """Let a conversation go that has ended and of which no session is left."""
    conversation = draft.conversations.get(conversation_id)
    if conversation is None or conversation.is_open:
        return
    if all(session.conversation_id != conversation_id for session in draft.sessions.values()):
        draft.conversations.pop(conversation_id)
        draft.emit(CloseConversation(conversation))
