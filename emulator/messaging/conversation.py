"""What people say to each other, and the small signs beside it."""

from dataclasses import replace
from typing import Final

from . import bots, entries, handing, keywords, routing, sessions
from .draft import Draft
from .events import (
    AddHistory,
    EndUserAcknowledges,
    EndUserTypes,
    EndUserWrites,
    LowerFlag,
    MarkInactive,
    Message,
    Pause,
    RaiseFlag,
    RepAcknowledges,
    RepTypes,
    RepWrites,
    Resume,
    Whisper,
)
from .refusals import PrechatRequired, RuleRefused
from .setup import Channel
from .state import PREVIEW, Conversation, Flag, Replies, Role, Session, Status

_UNATTENDED: Final = frozenset({Status.INACTIVE, Status.PAUSED, Status.NEW})


def end_user_writes(draft: Draft, event: EndUserWrites) -> None:
    """The end user sends a message: in the session that runs, or in a new one."""
    conversation = draft.open_conversation(event.conversation_id)
    conversation = draft.note_conversation(conversation, typing_since=None)
    channel = draft.channel(conversation)
    text = event.message.text
    if keywords.is_keyword(text, channel.opt_out_keywords):
        _add(draft, conversation, event.message)
        keywords.opt_out(draft, draft.conversations[conversation.id], channel)
    elif keywords.is_keyword(text, channel.opt_in_keywords):
        _add(draft, conversation, event.message)
        keywords.opt_in(draft, draft.conversations[conversation.id], channel)
    elif keywords.is_keyword(text, channel.help_keywords):
        _add(draft, conversation, event.message)
        keywords.help_(draft, conversation, channel)
    elif conversation.session_id is None:
        _in_new_session(draft, conversation, channel, event)
    else:
        _in_session(draft, conversation, event.message)


def _in_new_session(draft: Draft, conversation: Conversation, channel: Channel, event: EndUserWrites) -> None:
    if channel.asks_per_session and not event.is_new_session:
        raise PrechatRequired
    if conversation.is_opted_out:
        conversation = sessions.consents_by_writing(draft, conversation)
        if conversation.is_opted_out:
            _add(draft, conversation, event.message)
            return
    if event.attributes:
        conversation = draft.note_conversation(conversation, attributes=event.attributes)
    session = sessions.begin(draft, conversation)
    session = _heard(draft, session, event.message)
    sessions.serve(draft, session)
    if draft.sessions.get(session.id) is not None and draft.sessions[session.id].bot is not None:
        bots.hear(draft, draft.sessions[session.id], event.message.text)


def _in_session(draft: Draft, conversation: Conversation, message: Message) -> None:
    session = draft.sessions[conversation.session_id or ""]
    session = _heard(draft, session, message)
    if session.status is Status.CONSENT:
        sessions.ask_for_consent(draft, session)
    elif session.status is Status.INACTIVE:
        _route_anew(draft, session)
    elif session.status in (Status.NEW, Status.PAUSED):
        accepted = session.accepted if session.accepted is not None else draft.now
        draft.change_status(session, Status.ACTIVE, paused_by=None, accepted=accepted)
    elif session.bot is not None:
        bots.hear(draft, session, message.text)


def _heard(draft: Draft, session: Session, message: Message) -> Session:
    """Add the end user's message to a session, and count it."""
    _add(draft, draft.conversations[session.conversation_id], message, session)
    session = draft.sessions[session.id]
    return draft.note_session(
        session,
        idle_since=None,
        preview=message.text[:PREVIEW],
        answers=_answered(session.answers, draft.now),
        replies=_asked(session.replies, draft.now),
    )


def _add(draft: Draft, conversation: Conversation, message: Message, session: Session | None = None) -> None:
    draft.add_to(
        conversation, Role.END_USER, "Message", entries.message(message.id, message.abstract, None), message.id,
        subject=conversation.subject, name=conversation.end_user_name, text=message.text, client_time=message.client_time,
        client=message.client, files=message.files, session_id=session.id if session else conversation.session_id,
    )  # fmt: skip


def _answered(side: Replies, now: int) -> Replies:
    """Count a message of one side, and the time it took if the other side was waiting for it."""
    if side.waiting_since is None:
        return replace(side, messages=side.messages + 1)
    took = now - side.waiting_since
    return Replies(side.messages + 1, side.answers + 1, side.total + took, max(side.longest, took))


def _asked(side: Replies, now: int) -> Replies:
    """Note that the other side waits for an answer, from its first message on."""
    return side if side.waiting_since is not None else replace(side, waiting_since=now)


def _route_anew(draft: Draft, session: Session) -> None:
    """The end user of an inactive session is back: its reps let go of it, and it is routed (Salesforce Help, messaging_auto_end)."""
    for participant in session.present:
        if participant.role is Role.AGENT:
            session = draft.go_out(session, participant)
    routing.take_back_unanswered(draft, session)
    for work in draft.work_of(session.id):
        draft.work.pop(work.id)
        routing.keep_work(draft, work, session, "Closed")
    handing.to_reps(draft, session)


def rep_writes(draft: Draft, event: RepWrites) -> None:
    """A rep sends a message. The first one after the end user's last begins the time in which he should answer."""
    session = draft.held(event.session_id, event.rep_id)
    conversation = draft.open_conversation(session.conversation_id)
    if conversation.is_opted_out:
        raise RuleRefused("the end user has opted out: no messages go out to him")
    if session.status not in (Status.ACTIVE, Status.NEW):
        raise RuleRefused(f"the session is {session.status}: messages go out while it is Active")
    message = event.message
    draft.add(
        session, Role.AGENT, "Message", entries.message(message.id, message.abstract, None), message.id,
        subject=event.rep_id, name=draft.setup.name(event.rep_id), text=message.text, client_time=message.client_time,
        client=message.client, files=message.files,
    )  # fmt: skip
    session = draft.sessions[session.id]
    draft.note_session(
        session,
        idle_since=draft.now if session.idle_since is None else session.idle_since,
        preview=message.text[:PREVIEW],
        replies=_answered(session.replies, draft.now),
        answers=_asked(session.answers, draft.now),
    )


def end_user_types(draft: Draft, event: EndUserTypes) -> None:
    conversation = draft.open_conversation(event.conversation_id)
    draft.note_conversation(conversation, typing_since=draft.now if event.is_typing else None)


def rep_types(draft: Draft, event: RepTypes) -> None:
    session = draft.held(event.session_id, event.rep_id)
    kind = "TypingStartedIndicator" if event.is_typing else "TypingStoppedIndicator"
    draft.tell(
        draft.open_conversation(session.conversation_id), Role.AGENT, kind,
        entries.typing(event.entry_id, draft.now, is_typing=event.is_typing), event.entry_id, subject=event.rep_id,
        name=draft.setup.name(event.rep_id), related=(session.id,),
    )  # fmt: skip


def end_user_acknowledges(draft: Draft, event: EndUserAcknowledges) -> None:
    """The end user's client has got, or shown, a message; the reps alone are told, and ask for it."""
    conversation = draft.open_conversation(event.conversation_id)
    if event.kind == "Read":
        draft.note_conversation(conversation, read=event.message_id)
    else:
        draft.note_conversation(conversation, delivered=event.message_id)


def rep_acknowledges(draft: Draft, event: RepAcknowledges) -> None:
    session = draft.held(event.session_id, event.rep_id)
    draft.tell(
        draft.open_conversation(session.conversation_id), Role.AGENT, f"{event.kind}Acknowledgement",
        entries.acknowledgement(event.entry_id, event.kind, event.message_id, draft.now), event.entry_id,
        subject=event.rep_id, name=draft.setup.name(event.rep_id), related=(event.message_id,),
    )  # fmt: skip


def mark_inactive(draft: Draft, event: MarkInactive) -> None:
    """The rep sets the status to Customer Inactive (Salesforce Help, livemessage_agent_inactivate_session)."""
    session = draft.held(event.session_id, event.rep_id)
    if session.status is not Status.ACTIVE:
        raise RuleRefused(f"the session is {session.status}: an Active one becomes Inactive")
    become_inactive(draft, session)


def become_inactive(draft: Draft, session: Session) -> None:
    draft.change_status(session, Status.INACTIVE, inactive_since=draft.now, idle_since=None)


def pause(draft: Draft, event: Pause) -> None:
    """A rep pauses his session. That the end user's next message resumes it is a guess."""
    session = draft.held(event.session_id, event.rep_id)
    if session.status is not Status.ACTIVE:
        raise RuleRefused(f"the session is {session.status}: an Active one can be paused")
    draft.change_status(session, Status.PAUSED, paused_by=event.rep_id, idle_since=None)


def resume(draft: Draft, event: Resume) -> None:
    session = draft.held(event.session_id, event.rep_id)
    if session.status is not Status.PAUSED:
        raise RuleRefused(f"the session is {session.status}: a Paused one can be resumed")
    draft.change_status(session, Status.ACTIVE, paused_by=None)


def raise_flag(draft: Draft, event: RaiseFlag) -> None:
    """A rep asks for a supervisor's help."""
    session = draft.held(event.session_id, event.rep_id)
    if any(flag.rep_id == event.rep_id for flag in session.flags):
        raise RuleRefused("the rep's flag is up already")
    session = draft.note_session(session, flags=(*session.flags, Flag(event.rep_id, event.message, draft.now)))
    id_ = draft.ids.uuid()
    draft.add(session, Role.AGENT, "FlagRaise", entries.flag(id_, event.message, is_raised=True), id_,
              subject=event.rep_id, name=draft.setup.name(event.rep_id))  # fmt: skip


def lower_flag(draft: Draft, event: LowerFlag) -> None:
    """A rep lowers his flag, or a supervisor the oldest."""
    session = draft.running(event.session_id)
    if not session.flags:
        raise RuleRefused("no flag is up in this session")
    own = next((flag for flag in session.flags if flag.rep_id == event.by), session.flags[0])
    session = draft.note_session(session, flags=tuple(flag for flag in session.flags if flag is not own))
    role = Role.AGENT if own.rep_id == event.by else Role.SUPERVISOR
    id_ = draft.ids.uuid()
    draft.add(session, role, "FlagLower", entries.flag(id_, own.message, is_raised=False), id_,
              subject=event.by, name=draft.setup.name(event.by))  # fmt: skip


def whisper(draft: Draft, event: Whisper) -> None:
    """A supervisor tells the reps something."""
    session = draft.running(event.session_id)
    id_ = draft.ids.uuid()
    draft.add(session, Role.SUPERVISOR, "Note", entries.note(id_, event.text), id_, subject=event.supervisor_id,
              name=draft.setup.name(event.supervisor_id), text=event.text)  # fmt: skip


def add_history(draft: Draft, event: AddHistory) -> None:
    """Entries come in that were made elsewhere before, into the session that runs, or into a new one."""
    conversation = draft.open_conversation(event.conversation_id)
    begun = sessions.begin(draft, conversation) if conversation.session_id is None else None
    for entry in event.entries:
        conversation = draft.conversations[conversation.id]
        role = Role(entry["role"])
        reason = entries.AUTOMATED if role is Role.BOT else None
        draft.add_to(
            conversation, role, "Message", entries.message(entry["id"], entry["abstract"], reason), entry["id"],
            subject=entry["subject"], name=entry["name"], text=entry["text"], client_time=entry["time"],
            time=entry["time"], app_type=entry["appType"], session_id=conversation.session_id,
        )  # fmt: skip
    if begun is not None:
        sessions.serve(draft, draft.sessions[begun.id])
