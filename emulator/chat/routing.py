"""How a request finds an agent: who is asked, in which order, and what becomes of a request that nobody takes (R12 to R30).

A chat that waits is tried by its attempts, one after the other: an agent, a button, or an agent and then a button.
"""

from dataclasses import replace
from typing import Final

from . import chatbots, endings, notices
from .draft import Draft
from .events import AskForChat
from .setup import Button, Routing
from .state import Agent, Attempt, Chat, Kind, Queueing, Request, Stage

UNAVAILABLE: Final = "Unavailable"
BLOCKED: Final = "Blocked"


def ask(draft: Draft, event: AskForChat) -> None:
    """A visitor asks for a chat: he is refused, queued, or an agent is asked at once."""
    chat = draft.put(
        Chat(
            event.chat_key,
            event.visitor,
            event.deployment_id,
            next((attempt.button_id for attempt in event.attempts if attempt.button_id), None),
            requested=draft.now,
            number=draft.number(),
            queueing=Queueing(event.attempts),
            connected_at=draft.now,
        )
    )
    chat = _placed(draft, chat, event.attempts)
    chat = draft.note(chat, "ChatRequest")
    if draft.desk.is_blocked(event.visitor.ip_address):
        endings.refuse(draft, chat, BLOCKED, "CancelBlocked", "Blocked")
        return
    if chatbots.takes(draft, chat):
        return
    taken, reason = _taken(draft, chat)
    if taken is None:
        endings.refuse(draft, chat, UNAVAILABLE, reason, "Missed")
        return
    taken = draft.put(taken, queueing=replace(taken.queueing or Queueing(()), position=place_of(draft, taken)))
    draft.tell(taken, "ChatRequestSuccess", **notices.request_success(draft, taken))
    notices.tell_sensitive_rules(draft, taken)
    draft.omni(taken)
    _route(draft, taken)


def _taken(draft: Draft, chat: Chat) -> tuple[Chat | None, str]:
    """Return the chat with the attempts that are left, the first of which takes it; or None and the event that says why."""
    reason = "CancelNoAgent"
    attempts = chat.queueing.attempts if chat.queueing else ()
    for place, attempt in enumerate(attempts):
        left = _placed(draft, chat, attempts[place:])
        if attempt.agent_id is not None and draft.is_available(attempt.agent_id):
            return left, ""
        if attempt.button_id is not None:
            refused = refusal(draft, attempt.button_id, chat.key)
            if refused is None:
                return left, ""
            reason = refused
    return None, reason


def _placed(draft: Draft, chat: Chat, attempts: tuple[Attempt, ...]) -> Chat:
    button_id = (attempts[0].button_id if attempts else None) or chat.button_id
    return draft.put(
        chat,
        queueing=replace(chat.queueing or Queueing(()), attempts=attempts),
        button_id=button_id,
        by_omni=chat.by_omni or is_omni(draft, button_id),
    )


def is_omni(draft: Draft, button_id: str | None) -> bool:
    """Tell whether Omni-Channel routes a button's chats."""
    button = draft.desk.buttons.get(button_id or "")
    return button is not None and button.routing.is_omni


def refusal(draft: Draft, button_id: str, chat_key: str = "", without: str | None = None) -> str | None:
    """Return the event of a request that a button would refuse now, or None when it would take it (R17 to R20).

    The chat `chat_key` does not count as one that waits already, and the agent `without` not as one who could take it.
    """
    button = draft.desk.buttons.get(button_id)
    if button is None or not button.is_active:
        return "CancelNoAgent"
    online = [agent.id for agent in qualified(draft, button) if agent.id != without]
    if not online:
        return "CancelNoAgent"
    if button.has_queue:
        waiting = sum(1 for chat in waiting_at(draft, button_id) if chat.key != chat_key)
        per_agent = button.queue_limit_per_agent * len(online)
        limits = [limit for limit in (per_agent, button.queue_limit) if limit > 0]
        has_free = button.routing.is_pushed and any(map(draft.is_available, online))
        return "CancelNoQueue" if limits and waiting >= min(limits) and not has_free else None
    return None if any(map(draft.is_available, online)) else "CancelNoAgent"


def qualified(draft: Draft, button: Button) -> list[Agent]:
    """Return the agents who are Online and may get a button's chats."""
    return [
        agent
        for agent in draft.agents.values()
        if draft.is_online(agent.id) and draft.desk.is_qualified(agent.id, button)
    ]


def waiting_at(draft: Draft, button_id: str | None) -> list[Chat]:
    """Return the chats that wait at a button, the oldest request first (R22)."""
    return [chat for chat in waiting(draft) if chat.button_id == button_id]


def waiting(draft: Draft) -> list[Chat]:
    """Return all chats that wait, the oldest request first."""
    found = [chat for chat in draft.chats.values() if chat.stage is Stage.WAITING]
    return sorted(found, key=lambda chat: (chat.requested, chat.number))


def dispatch(draft: Draft) -> None:
    """Ask agents for whatever waits, the oldest request first: somebody came, or has room again (R23)."""
    for chat in waiting(draft):
        if chat.key in draft.chats and not draft.requests_of(chat.key) and not _must_wait(draft, chat):
            _route(draft, draft.chats[chat.key])


def _must_wait(draft: Draft, chat: Chat) -> bool:
    """Tell whether a chat is in a button's queue and nobody whom it could be pushed to has room."""
    queueing, button = chat.queueing, draft.button(chat)
    if queueing is None or not queueing.is_queued or queueing.refused_by or button.routing is Routing.CHOICE:
        return False
    if not queueing.attempts or queueing.attempts[0].agent_id is not None or not button.has_queue:
        return False
    return not any(
        draft.is_available(agent.id) and draft.desk.is_qualified(agent.id, button) for agent in draft.agents.values()
    )


def _route(draft: Draft, chat: Chat) -> None:
    """Ask whoever is next for a chat that waits; where nobody can be, it waits on or goes."""
    attempt = draft.attempt_of(chat)
    if attempt is None:
        give_up(draft, chat)
        return
    if attempt.agent_id is not None:
        refused_by = chat.queueing.refused_by if chat.queueing else ()
        if attempt.agent_id not in refused_by and draft.is_available(attempt.agent_id):
            _push(draft, chat, attempt.agent_id)
        else:
            _next_attempt(draft, chat)
        return
    button = draft.desk.buttons.get(attempt.button_id or "")
    if button is None:
        _next_attempt(draft, chat)
    elif button.routing is Routing.CHOICE:
        _list(draft, chat)
    else:
        _push_by(draft, chat, button)


def _push_by(draft: Draft, chat: Chat, button: Button) -> None:
    queueing = chat.queueing or Queueing(())
    online = [agent for agent in qualified(draft, button) if agent.id != queueing.transferred_by]
    candidates = [agent for agent in online if agent.id not in queueing.refused_by]
    chosen = best(draft, [agent for agent in candidates if draft.free(agent.id) > 0], button.routing)
    if chosen is not None:
        _push(draft, chat, chosen.id)
    elif online and not candidates:
        _next_round(draft, chat, button)
    elif button.has_queue:
        _queue(draft, chat)
    else:
        _next_attempt(draft, chat)


def best(draft: Draft, agents: list[Agent], routing: Routing) -> Agent | None:
    """Return the agent who is pushed a request: the least active or the most available one (R14, R15).

    Of equals it is the one whose last request is longest ago, then who logged in first (R16, a guess).
    """

    def order(agent: Agent) -> tuple[int, int, int]:
        active = draft.load(agent.id)
        load = -(draft.settings(agent.id).capacity - active) if routing is Routing.MOST_AVAILABLE else active
        return load, agent.last_assigned if agent.last_assigned is not None else -1, agent.order

    return min(agents, key=order, default=None)


def _push(draft: Draft, chat: Chat, agent_id: str) -> None:
    """Ask one agent; he has the button's push time-out to answer (R24). Auto-accept answers for him (R26)."""
    button = draft.button(chat)
    chat = draft.note(chat, "PushAssignment", agent_id)
    expires = draft.now + button.push_timeout if button.push_timeout else None
    message = chat.queueing.message if chat.queueing else ""
    request = Request(new_id(draft), Kind.CHAT, chat.key, draft.now, (agent_id,), expires=expires, message=message)
    draft.requests[request.id] = request
    assigned(draft, chat, agent_id)
    draft.omni(chat, agent_id, "Assigned")
    if button.auto_accept and button.routing.is_pushed:
        draft.accepted.append((request.id, agent_id))


def assigned(draft: Draft, chat: Chat, agent_id: str) -> None:
    """Count a request that an agent is asked (R64)."""
    agent = draft.agents.get(agent_id)
    if agent is not None:
        draft.change_agent(agent, last_assigned=draft.now)
        draft.count(agent_id, assigned=draft.counts(chat))


def new_id(draft: Draft) -> str:
    """Return the id of the next request."""
    return f"r{draft.number()}"


def _list(draft: Draft, chat: Chat) -> None:
    """Show a chat to everybody who is qualified (R13)."""
    chat = draft.note(chat, "ChoiceRoute")
    message = chat.queueing.message if chat.queueing else ""
    request = Request(new_id(draft), Kind.CHAT, chat.key, draft.now, is_listed=True, message=message)
    draft.requests[request.id] = request
    _mark_queued(draft, chat)


def _queue(draft: Draft, chat: Chat) -> None:
    if chat.queueing is not None and not chat.queueing.is_queued:
        _mark_queued(draft, draft.note(chat, "Enqueue"))


def _mark_queued(draft: Draft, chat: Chat) -> None:
    draft.put(chat, queueing=replace(chat.queueing or Queueing(()), is_queued=True))


def _next_round(draft: Draft, chat: Chat, button: Button) -> None:
    """Everybody has refused: ask all of them once more, as often as the button says (R25)."""
    queueing = chat.queueing or Queueing(())
    if queueing.rounds < button.rerouting_attempts:
        _route(draft, draft.put(chat, queueing=replace(queueing, rounds=queueing.rounds + 1, refused_by=())))
    else:
        _next_attempt(draft, chat)


def _next_attempt(draft: Draft, chat: Chat) -> None:
    """This way leads nowhere: try the next one, or give up."""
    queueing = chat.queueing or Queueing(())
    left = queueing.attempts[1:]
    if not left:
        give_up(draft, chat)
        return
    chat = draft.put(chat, queueing=replace(queueing, attempts=left, rounds=0))
    _route(draft, _placed(draft, chat, left))


def give_up(draft: Draft, chat: Chat) -> None:
    """Nobody takes the chat: a transferred one goes back to who had it, a new one is missed (R25, R47).

    While who had it has no room, the transferred chat waits on: his capacity is kept to (a guess).
    """
    sender = chat.queueing.transferred_by if chat.queueing else None
    if sender is None and chat.members:  # his connection broke who had it
        last = chat.members[-1].agent_id
        endings.finish(draft, chat, "LeaveAgent", last, endings.SYSTEM, endings.COMPLETED, endings.GONE_REASON)
    elif sender is None:
        endings.refuse(draft, chat, UNAVAILABLE, "CancelNoAgent", "Missed")
    elif sender not in draft.agents or draft.free(sender) > 0:
        endings.resume(draft, draft.note(chat, "TransferToButtonFailed", sender), sender)
    else:
        _queue(draft, chat)


# --- answers to a request -----------------------------------------------------------------------------------------------


def unassign(draft: Draft, request: Request, agent_id: str) -> None:
    """Take a new chat back from an agent who went before he answered, and look for another (R27)."""
    draft.requests.pop(request.id, None)
    chat = draft.note(draft.chats[request.chat_key], "Unassigned", agent_id)
    draft.omni(chat, agent_id, "Unavailable")
    _route(draft, chat)


def refused(draft: Draft, request: Request, agent_id: str, *, again: bool) -> None:
    """An agent did not take a pushed chat: go on to somebody else if `again`, or else the request is missed (R24, R25)."""
    draft.requests.pop(request.id, None)
    chat = draft.chats[request.chat_key]
    attempt = draft.attempt_of(chat)
    queueing = chat.queueing or Queueing(())
    chat = draft.put(chat, queueing=replace(queueing, refused_by=(*queueing.refused_by, agent_id)))
    if attempt is not None and attempt.agent_id == agent_id:  # only he was asked for
        _next_attempt(draft, chat)
    elif again:
        _route(draft, chat)
    else:
        give_up(draft, chat)


def place_of(draft: Draft, chat: Chat) -> int:
    """Return a waiting chat's place in its button's queue, 1 for the first (R29)."""
    return next(
        place for place, other in enumerate(waiting_at(draft, chat.button_id), start=1) if other.key == chat.key
    )


def report_positions(draft: Draft) -> None:
    """Tell the visitors who wait their places, where these have changed (R29)."""
    places: dict[str | None, int] = {}
    for chat in waiting(draft):
        places[chat.button_id] = place = places.get(chat.button_id, 0) + 1
        if chat.queueing is not None and chat.queueing.position != place:
            chat = draft.put(chat, queueing=replace(chat.queueing, position=place))
            notices.queue_update(draft, chat, place)
