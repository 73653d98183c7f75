"""Chats handed on: to an agent, to whoever has a skill, to a button (R43 to R49)."""

from . import endings, notices, routing
from .draft import Draft
from .events import CancelTransfer, Transfer
from .refusals import RuleRefused
from .setup import AgentSettings
from .state import Attempt, Chat, Kind, Queueing, Request, Stage


def transfer(draft: Draft, event: Transfer) -> None:
    """An agent hands a chat on; he keeps it until somebody takes it (R43 to R45)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    settings = draft.settings(event.agent_id)
    _check_switch(settings, event)
    if len(chat.talking) > 1 and not chat.by_omni:
        raise RuleRefused("R49", "a conference cannot be transferred: the other agents must leave first")
    if draft.requests_of(chat.key):
        raise RuleRefused("R45", "other agents are asked for this chat already: cancel that first")
    if event.to_button_id is not None:
        _to_button(draft, chat, event, event.to_button_id)
        return
    candidates = [agent_id for agent_id in _candidates(draft, event) if not _is_in(chat, agent_id)]
    if not candidates:
        raise RuleRefused("R44", "nobody who could take the chat is Online")
    chat = draft.note(chat, "TransferRequest", event.agent_id, event.message or None)
    ask_agents(draft, chat, Kind.TRANSFER, tuple(candidates), event.agent_id, event.to_skill_id, event.message)


def _check_switch(settings: AgentSettings, event: Transfer) -> None:
    allowed = {
        "an agent": (event.to_agent_id, settings.transfer_to_agent),
        "a skill": (event.to_skill_id, settings.transfer_to_skill),
        "a button": (event.to_button_id, settings.transfer_to_button),
    }
    if sum(target is not None for target, _ in allowed.values()) != 1:
        raise RuleRefused("R43", "a transfer goes to exactly one of: an agent, a skill, a button")
    for name, (target, is_allowed) in allowed.items():
        if target is not None and not is_allowed:
            raise RuleRefused("R43", f"your configuration does not allow transfers to {name}")


def _candidates(draft: Draft, event: Transfer) -> list[str]:
    if event.to_agent_id is not None:
        return [event.to_agent_id] if draft.is_online(event.to_agent_id) else []
    return with_skill(draft, event.to_skill_id or "")


def with_skill(draft: Draft, skill_id: str) -> list[str]:
    """Return the agents who are Online and have a skill, in the order of their logins."""
    return [
        agent_id
        for agent_id in draft.agents
        if draft.is_online(agent_id) and skill_id in draft.desk.skills.get(agent_id, frozenset())
    ]


def _is_in(chat: Chat, agent_id: str) -> bool:
    return any(member.agent_id == agent_id for member in chat.talking)


def ask_agents(
    draft: Draft, chat: Chat, kind: Kind, candidates: tuple[str, ...], sender: str, skill_id: str | None, message: str
) -> None:
    """Ask agents whatever room they have (R11); the first who accepts takes it. Auto-accept accepts for the first."""
    button = draft.button(chat)
    request = Request(
        routing.new_id(draft),
        kind,
        chat.key,
        draft.now,
        candidates,
        expires=draft.now + button.push_timeout if button.push_timeout else None,
        sent_by=sender,
        skill_id=skill_id,
        message=message,
    )
    draft.requests[request.id] = request
    for agent_id in candidates:
        routing.assigned(draft, chat, agent_id)
        draft.omni(chat, agent_id, "Assigned")
    if button.auto_accept and button.routing.is_pushed:
        draft.accepted.append((request.id, candidates[0]))


def _to_button(draft: Draft, chat: Chat, event: Transfer, button_id: str) -> None:
    """Put a chat into a button's queue by its age; without room or anybody there, it stays with the agent (R47)."""
    agent_id = event.agent_id
    if len(chat.talking) > 1:
        raise RuleRefused("R49", "a conference cannot be handed to a button: the other agents must leave first")
    if chat.by_omni != routing.is_omni(draft, button_id):
        raise RuleRefused("R43", "the button's chats are routed in another way than this one")
    chat = draft.note(chat, "TransferRequest", agent_id, event.message or None)
    draft.tell(chat, "TransferToButtonInitiated")
    if routing.refusal(draft, button_id, chat.key, without=agent_id) is not None:
        chat = draft.note(chat, "TransferToButtonFailed", agent_id)
        chat = draft.note(chat, "ChatResumedAfterTransfer", agent_id)
        draft.tell(chat, "ChatResumedAfterTransfer", name=notices.shown_name(draft, chat, agent_id))
        return
    chat = endings.forget_part(draft, chat, agent_id)
    chat = draft.note(chat, "TransferredToButton", agent_id)
    chat = draft.change_member(chat, agent_id, left=draft.now, closed=True)
    draft.omni(chat, agent_id, "Transferred")
    draft.put(
        chat,
        stage=Stage.WAITING,
        button_id=button_id,
        queueing=Queueing((Attempt(button_id=button_id),), transferred_by=agent_id, message=event.message),
        idle_since=None,
        is_idle_warned=False,
    )


def cancel(draft: Draft, event: CancelTransfer) -> None:
    """The sender takes the transfer back before anybody has accepted (R45)."""
    draft.agent(event.agent_id)
    chat = draft.chat(event.chat_key)
    if chat.stage is Stage.WAITING and chat.queueing and chat.queueing.transferred_by == event.agent_id:
        if draft.free(event.agent_id) == 0:
            raise RuleRefused("R10", "you have no room for this chat any more")
        endings.withdraw(draft, chat)
        chat = draft.note(chat, "TransferCancelled", event.agent_id)
        endings.resume(draft, chat, event.agent_id)
        return
    chat = draft.engaged(event.chat_key, event.agent_id)
    if not any(request.sent_by == event.agent_id for request in draft.requests_of(chat.key, Kind.TRANSFER)):
        raise RuleRefused("R45", "no transfer of yours waits for an answer")
    endings.withdraw(draft, chat, Kind.TRANSFER)
    draft.note(chat, "TransferCancelled", event.agent_id)
