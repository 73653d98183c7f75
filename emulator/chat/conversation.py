"""What is said in a chat: messages, typing, whispers, flags (R32 to R38)."""

from dataclasses import replace
from typing import Final

from . import endings, notices
from .draft import Draft
from .events import (
    AgentSignals,
    AgentTypes,
    AgentWrites,
    LowerFlag,
    RaiseFlag,
    RulesApplied,
    SilenceWarned,
    VisitorBrowses,
    VisitorSeen,
    VisitorSignals,
    VisitorTypes,
    VisitorWrites,
    Whisper,
)
from .refusals import RuleRefused
from .sensitive import cleaned
from .setup import EnforcedOn
from .state import Chat, Flag, Message, Role, Stage

MOST_BREADCRUMBS: Final = 50
"""Pages that are remembered of a visitor, the last ones. A guess."""


def visitor_seen(draft: Draft, event: VisitorSeen) -> None:
    """The visitor's connection stands; a warning about it is over (R35)."""
    chat = draft.chat(event.chat_key)
    draft.put(chat, connected_at=draft.now, is_polling=event.is_polling, is_connection_warned=False)


def visitor_writes(draft: Draft, event: VisitorWrites) -> None:
    """The visitor says something to the agents who are in the chat, or to the next one while it is being transferred."""
    chat = _begun(draft, event.chat_key)
    text, rules = cleaned(draft.desk.sensitive, EnforcedOn.VISITOR, event.text)
    for rule in rules:
        chat = draft.note(chat, "SensitiveDataVisitor", detail=rule.name)
    if chat.is_idle_warned:
        chat = draft.note(chat, "ChasitorIdleTimeoutWarningCleared")
    draft.put(
        chat,
        messages=(*chat.messages, Message(Role.VISITOR, chat.visitor.name, text, draft.now)),
        idle_since=None,
        is_idle_warned=False,
        unanswered_since=draft.now if chat.unanswered_since is None else chat.unanswered_since,
        sneak_peek="",
    )


def _talking(draft: Draft, key: str) -> Chat:
    chat = draft.chat(key)
    if chat.stage is not Stage.ENGAGED:
        raise RuleRefused("R32", "nobody is in the chat" if chat.stage is Stage.WAITING else "the chat is over")
    return chat


def _begun(draft: Draft, key: str) -> Chat:
    """Return a chat that an agent or a bot has answered and that is not over; perhaps it waits for another agent now."""
    chat = draft.chat(key)
    if chat.started is None and chat.bot is None:
        raise RuleRefused("R32", "nobody is in the chat")
    if chat.stage is Stage.ENDED:
        raise RuleRefused("R32", "the chat is over")
    return chat


def visitor_types(draft: Draft, event: VisitorTypes) -> None:
    """What a visitor has typed so far is seen by agents with sneak peek, and never stored with the chat (R32)."""
    chat = draft.chat(event.chat_key)
    if chat.stage is Stage.ENGAGED and event.text is not None:
        seen = any(draft.settings(member.agent_id).sneak_peek for member in chat.talking)
        draft.put(chat, sneak_peek=event.text if seen else "")
    elif not event.is_typing and chat.sneak_peek:
        draft.put(chat, sneak_peek="")


def visitor_signals(draft: Draft, event: VisitorSignals) -> None:
    """A custom event of the visitor's page reaches the agents; the log of the chat tells of it."""
    draft.note(_begun(draft, event.chat_key), "Other", detail=f"{event.type}: {event.data}")


def visitor_browses(draft: Draft, event: VisitorBrowses) -> None:
    """The visitor opened another page: the agents see it, and his chat window is told.

    The Chat REST API guide has NewVisitorBreadcrumb among the messages of a chat; that each page brings one is a guess.
    """
    chat = draft.chat(event.chat_key)
    if chat.stage is Stage.ENDED:
        raise RuleRefused("R32", "the chat is over")
    visitor = replace(chat.visitor, breadcrumbs=(*chat.visitor.breadcrumbs, event.location)[-MOST_BREADCRUMBS:])
    draft.tell(draft.put(chat, visitor=visitor), "NewVisitorBreadcrumb", location=event.location)


def silence_warned(draft: Draft, event: SilenceWarned) -> None:
    """The client's own timer warned the silent visitor, or he stirred; a step of the chat, unless the org's timer was first.

    The guide has the call "so that a transcript event can be created". That the silence is counted anew once the warning is
    away is a guess.
    """
    chat = _talking(draft, event.chat_key)
    if chat.idle_since is None or event.is_shown == chat.is_idle_warned:
        return
    if event.is_shown:
        draft.note(draft.put(chat, is_idle_warned=True), "ChasitorIdleTimeoutWarningTriggered")
    else:
        chat = draft.put(chat, is_idle_warned=False, idle_since=draft.now)
        draft.note(chat, "ChasitorIdleTimeoutWarningCleared")


def rules_applied(draft: Draft, event: RulesApplied) -> None:
    """A client has applied rules itself: each that is one of its side's is a step of the chat (R38)."""
    chat = _begun(draft, event.chat_key)
    by_agent = event.said_by is EnforcedOn.AGENT
    agent_id = chat.talking[0].agent_id if by_agent and chat.talking else None
    for rule in draft.desk.sensitive:
        if event.said_by in rule.enforced_on and not event.rules.isdisjoint((rule.id, rule.name)):
            chat = draft.note(chat, "SensitiveDataAgent" if by_agent else "SensitiveDataVisitor", agent_id, rule.name)


def agent_writes(draft: Draft, event: AgentWrites) -> None:
    """An agent answers: his words go to the visitor, whose idle clock starts anew (R33, R34)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    text, rules = cleaned(draft.desk.sensitive, EnforcedOn.AGENT, event.text)
    for rule in rules:
        chat = draft.note(chat, "SensitiveDataAgent", event.agent_id, rule.name)
    if chat.is_critical:
        chat = draft.note(chat, "ClearCriticalWaitChat", event.agent_id)
    name = notices.shown_name(draft, chat, event.agent_id)
    chat = draft.put(
        chat,
        messages=(*chat.messages, Message(Role.AGENT, name, text, draft.now, event.agent_id)),
        idle_since=draft.now if draft.button(chat).idle_timeout else None,
        is_idle_warned=False,
        unanswered_since=None,
        is_critical=False,
        agent_typing=endings.typing_of_others(chat, event.agent_id),
    )
    notices.said(draft, chat, event.agent_id, text)
    if event.quick_text_id is not None:
        agent = draft.agents[event.agent_id]
        used = (event.quick_text_id, *(id_ for id_ in agent.quick_texts if id_ != event.quick_text_id))
        draft.change_agent(agent, quick_texts=used)


def agent_types(draft: Draft, event: AgentTypes) -> None:
    """The visitor sees that an agent types; what he has typed so far a supervisor may see (R32)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    typed = endings.typing_of_others(chat, event.agent_id)
    if event.is_typing and event.text:
        typed = (*typed, (event.agent_id, event.text))
    if typed != chat.agent_typing:
        draft.put(chat, agent_typing=typed)
    name = notices.shown_name(draft, chat, event.agent_id)
    session_id = draft.agents[event.agent_id].session_id
    draft.tell(chat, "AgentTyping" if event.is_typing else "AgentNotTyping", name=name, agentId=session_id)


def agent_signals(draft: Draft, event: AgentSignals) -> None:
    """A custom event of the agent's console reaches the visitor's page (Chat REST API guide, "CustomEvent")."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    draft.note(chat, "Other", event.agent_id, f"{event.type}: {event.data}")
    draft.tell(chat, "CustomEvent", type=event.type, data=event.data)


def whisper(draft: Draft, event: Whisper) -> None:
    """A supervisor says something that the agents alone see, if his own configuration lets him (R37).

    Whispers, monitoring and agents' sneak peek are the supervisor settings of a configuration ("Chat Agent Configuration
    Settings"), next to what his panel filters by: they are what the user may do to whom the configuration belongs.
    """
    chat = _talking(draft, event.chat_key)
    if not draft.settings(event.supervisor_id).whisper:
        raise RuleRefused("R37", "your configuration does not allow you to whisper")
    text, rules = cleaned(draft.desk.sensitive, EnforcedOn.SUPERVISOR, event.text)
    for rule in rules:
        chat = draft.note(chat, "SensitiveDataSupervisor", event.supervisor_id, rule.name)
    said = Message(Role.SUPERVISOR, event.name, text, draft.now, event.supervisor_id, is_whisper=True)
    draft.put(chat, messages=(*chat.messages, said))


def raise_flag(draft: Draft, event: RaiseFlag) -> None:
    """An agent asks his supervisor for help; he can do so once at a time in each chat (R36)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if not draft.settings(event.agent_id).assistance_flag:
        raise RuleRefused("R36", "your configuration does not allow you to raise flags")
    if any(flag.agent_id == event.agent_id for flag in chat.flags):
        raise RuleRefused("R36", "you have raised a flag in this chat already")
    chat = draft.note(chat, "FlagRaised", event.agent_id, event.message or None)
    draft.put(chat, flags=(*chat.flags, Flag(event.agent_id, event.message, draft.now)))
    draft.count(event.agent_id, flags_raised=draft.counts(chat))


def lower_flag(draft: Draft, event: LowerFlag) -> None:
    """The agent who raised a flag lowers it, or a supervisor does: the oldest one (R36)."""
    chat = draft.chat(event.chat_key)
    own = next((flag for flag in chat.flags if flag.agent_id == event.user_id), None)
    flag = own or next(iter(chat.flags), None)
    if flag is None:
        raise RuleRefused("R36", "no flag is raised in this chat")
    chat = draft.note(chat, "FlagLoweredAgent" if own else "FlagLoweredSupervisor", event.user_id)
    draft.put(chat, flags=tuple(other for other in chat.flags if other is not flag))
    one = draft.counts(chat)
    if own:
        draft.count(flag.agent_id, flags_lowered_by_agent=one)
    else:
        draft.count(flag.agent_id, flags_lowered_by_supervisor=one)
