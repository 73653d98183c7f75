"""The words by which an end user opts in and out, or asks for help, and what becomes of his session."""

from . import endings, entries, sessions
from .draft import Draft
from .setup import Channel
from .state import EXPLICIT, OPTED_OUT, Conversation, Ender, Role, Session, Status


def is_keyword(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether a message is a keyword and nothing else, in any case (Salesforce Help, messaging_consent_status)."""
    said = " ".join(text.split()).casefold()
    return bool(said) and any(said == " ".join(word.split()).casefold() for word in words)


def opt_out(draft: Draft, conversation: Conversation, channel: Channel) -> None:
    """An end user opts out: his session ends, whatever the channel says; the conversation stays open.

    Salesforce Help, miaw_session_based_chat: "sending the keyword only ends the active messaging session, but the conversation
    remains open."
    """
    session = _session(draft, conversation)
    conversation = _consent(draft, conversation, session, OPTED_OUT)
    if session is not None:
        session = draft.sessions[session.id]
        if channel.opt_out_confirmation:
            draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, channel.label, channel.opt_out_confirmation)
        endings.finish(draft, session, Ender.END_USER, ends=False)


def opt_in(draft: Draft, conversation: Conversation, channel: Channel) -> None:
    """An end user opts in: a session that waited for it is served."""
    session = _session(draft, conversation)
    _consent(draft, conversation, session, EXPLICIT)
    if session is None:
        return
    session = draft.sessions[session.id]
    if channel.opt_in_confirmation:
        draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, channel.label, channel.opt_in_confirmation)
    if session.status is Status.CONSENT:
        sessions.serve(draft, session)


def help_(draft: Draft, conversation: Conversation, channel: Channel) -> None:
    """An end user asks what he can write."""
    session = _session(draft, conversation)
    if session is not None and channel.help_response:
        draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, channel.label, channel.help_response)


def _session(draft: Draft, conversation: Conversation) -> Session | None:
    session_id = draft.conversations[conversation.id].session_id
    return draft.sessions[session_id] if session_id else None


def _consent(draft: Draft, conversation: Conversation, session: Session | None, consent: str) -> Conversation:
    conversation = sessions.set_consent(draft, conversation, consent)
    id_ = draft.ids.uuid()
    payload = entries.consent_updated(id_, consent)
    session_id = session.id if session else None
    draft.add_to(conversation, Role.SYSTEM, "EndUserConsentUpdated", payload, id_, session_id=session_id)
    return draft.conversations[conversation.id]
