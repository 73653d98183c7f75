"""How sessions begin and are served: consent, the bot, the reps."""

from . import bots, entries, handing, routing
from .draft import Draft
from .effects import KeepConsent, KeepConversation, KeepSession, KeepWork
from .events import OpenConversation, StartOutbound
from .refusals import RuleRefused, Unknown
from .setup import Channel
from .state import EXPLICIT, OPTED_OUT, PREVIEW, Conversation, Kind, Replies, Role, Session, Status, Work

INBOUND = "InboundInitiated"
OUTBOUND = "AgentInitiated"
DOUBLE = "DoublyOptedIn"


def open_conversation(draft: Draft, event: OpenConversation) -> None:
    """An end user begins a conversation; its first session begins with it."""
    deployment = draft.setup.deployments.get(event.deployment)
    if deployment is None:
        raise Unknown(f"there is no published deployment {event.deployment}")
    if event.conversation_id in draft.conversations:
        raise RuleRefused(f"there is a conversation {event.conversation_id} already")
    conversation = Conversation(
        event.conversation_id, draft.ids.record("Conversation"), draft.number(), deployment.name, deployment.channel.id,
        event.subject, event.end_user_id, event.end_user_name, event.platform, draft.now, event.is_verified,
        event.language, event.attributes, consent=event.consent,
    )  # fmt: skip
    draft.conversations[conversation.id] = conversation
    draft.emit(KeepConversation(conversation, is_new=True))
    if conversation.is_opted_out:
        conversation = consents_by_writing(draft, conversation)
    serve(draft, begin(draft, conversation))


def begin(draft: Draft, conversation: Conversation, origin: str = INBOUND, owner_id: str | None = None) -> Session:
    """Begin a session in a conversation; it is not served yet."""
    channel = draft.channel(conversation)
    target = routing.target_of(channel)
    owner = owner_id or (target.queue_id if target else None) or draft.setup.default_owner
    status = Status.NEW if origin == OUTBOUND else Status.WAITING
    session = Session(
        draft.ids.record("MessagingSession"), conversation.id, draft.number(), status, origin, owner, draft.now
    )
    draft.sessions[session.id] = session
    conversation = draft.note_conversation(conversation, session_id=session.id)
    draft.emit(KeepSession(session, conversation, is_new=True))
    session = draft.come_in(session, Role.END_USER, conversation.subject, conversation.end_user_name)
    if conversation.attributes:
        id_ = draft.ids.uuid()
        payload = entries.context(id_, dict(conversation.attributes))
        draft.add(session, Role.SYSTEM, "SessionContext", payload, id_)
    return session


def serve(draft: Draft, session: Session) -> None:
    """Look for somebody who serves a session: consent first where the channel asks for it, then the bot, then reps."""
    conversation = draft.conversations[session.conversation_id]
    channel = draft.channel(conversation)
    if lacks_consent(channel, conversation):
        session = draft.change_status(session, Status.CONSENT)
        ask_for_consent(draft, session)
        return
    if channel.initial_response:
        draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, channel.label, channel.initial_response)
    if channel.bot is not None:
        bots.join(draft, session, channel.bot)
    else:
        handing.to_reps(draft, session)


def lacks_consent(channel: Channel, conversation: Conversation) -> bool:
    """Tell whether an end user has still to say that he may be written to."""
    return channel.needs_explicit_consent and conversation.consent not in (EXPLICIT, DOUBLE)


def ask_for_consent(draft: Draft, session: Session) -> None:
    channel = draft.channel_of(session)
    if channel.opt_in_prompt:
        draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, channel.label, channel.opt_in_prompt)


def set_consent(draft: Draft, conversation: Conversation, consent: str) -> Conversation:
    """Note whether an end user may be written to, in all his conversations of the channel."""
    for other in list(draft.conversations.values()):
        if other.end_user_id == conversation.end_user_id:
            draft.note_conversation(other, consent=consent)
    draft.emit(KeepConsent(conversation.end_user_id, consent))
    return draft.conversations[conversation.id]


def consents_by_writing(draft: Draft, conversation: Conversation) -> Conversation:
    """An end user who had opted out writes again: where consent is implicit that is consent.

    "By sending your company a message, the customer indicates that they consent" (Salesforce Help, messaging_consent_status);
    that it holds after an opt-out too is a guess.
    """
    from_implicit = not draft.channel(conversation).needs_explicit_consent
    return set_consent(draft, conversation, "ImplicitlyOptedIn") if from_implicit else conversation


def start_outbound(draft: Draft, event: StartOutbound) -> None:
    """A rep begins a session with a message that waits for an answer."""
    rep = draft.rep(event.rep_id)
    conversation = draft.open_conversation(event.conversation_id)
    if conversation.session_id is not None:
        raise RuleRefused("a messaging session runs in this conversation already")
    if conversation.consent == OPTED_OUT:
        raise RuleRefused("the end user has opted out: no messages go out to him")
    if lacks_consent(draft.channel(conversation), conversation):
        raise RuleRefused("the end user has not opted in: no messages go out to him")
    weight = draft.channel(conversation).capacity_weight
    if not rep.is_available or not draft.has_room(rep.id, weight):
        raise RuleRefused("the rep is not available, or has no room for another session")
    session = begin(draft, conversation, OUTBOUND, rep.id)
    work = Work(
        draft.ids.record("AgentWork"), session.id, rep.id, Kind.SESSION, draft.number(), draft.now, accepted=draft.now,
        weight=weight,
    )  # fmt: skip
    draft.work[work.id] = work
    draft.emit(KeepWork(work, session, "Opened"))
    session = draft.come_in(session, Role.AGENT, rep.id, draft.setup.name(rep.id))
    session = draft.put_session(session, agent_type="Agent")
    message = event.message
    draft.add(
        session, Role.AGENT, "Message", entries.message(message.id, message.abstract, None), message.id, subject=rep.id,
        name=draft.setup.name(rep.id), text=message.text, client_time=message.client_time, files=message.files,
    )  # fmt: skip
    draft.note_session(
        draft.sessions[session.id],
        preview=message.text[:PREVIEW],
        replies=Replies(messages=1),
        answers=Replies(waiting_since=draft.now),
    )
