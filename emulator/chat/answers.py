"""What agents answer to requests: accept, decline, or nothing until the time is up (R7, R24 to R26, R44 to R46, R50, R51)."""

from dataclasses import replace
from typing import Final

from . import endings, notices, routing
from .draft import Draft
from .effects import FindOrCreate
from .events import Accept, Decline
from .refusals import RuleRefused, Unknown
from .state import Chat, Kind, Member, Presence, Queueing, Request, Stage

OLD_SHARE: Final = 0.9
"""Share of the average so far in a button's average wait; the new wait has the rest (Chat REST API guide, Availability)."""


def accept(draft: Draft, event: Accept) -> None:
    """An agent takes what he was asked."""
    draft.agent(event.agent_id)
    take(draft, asked(draft, event.request_id, event.agent_id), event.agent_id)


def asked(draft: Draft, request_id: str, agent_id: str) -> Request:
    """Return a request that an agent may answer. Raises `Unknown`: also for one that another agent has taken."""
    request = draft.requests.get(request_id)
    if request is None or not may_answer(draft, request, agent_id):
        raise Unknown(f"there is no request {request_id} for the agent {agent_id}")
    return request


def may_answer(draft: Draft, request: Request, agent_id: str) -> bool:
    """Tell whether a request is shown to an agent: it is his, or it is listed for whoever is qualified (R13)."""
    if not request.is_listed:
        return request.concerns(agent_id)
    chat = draft.chats[request.chat_key]
    queueing = chat.queueing or Queueing(())
    return (
        draft.is_online(agent_id)
        and agent_id not in (*queueing.refused_by, queueing.transferred_by)
        and draft.desk.is_qualified(agent_id, draft.button(chat))
    )


def take(draft: Draft, request: Request, agent_id: str) -> None:
    """Let an agent into the chat that he accepts."""
    chat = draft.chats[request.chat_key]
    if request.is_listed:
        if draft.free(agent_id) == 0:
            raise RuleRefused("R10", "you have no room for another chat: close one that is over first")
        routing.assigned(draft, chat, agent_id)
    draft.requests.pop(request.id)
    for other in request.candidates:
        if other != agent_id:  # an answered request disappears for all others (R44)
            draft.count(other, withdrawn=draft.counts(chat))
            draft.omni(chat, other, "Canceled")
    draft.count(agent_id, engaged=draft.counts(chat))
    chat = _come_in(draft, chat, agent_id)
    if request.kind is Kind.CHAT:
        _start(draft, chat, agent_id)
    elif request.kind is Kind.TRANSFER:
        _take_over(draft, chat, agent_id, request.sent_by)
    else:
        _join(draft, chat, agent_id)


def _come_in(draft: Draft, chat: Chat, agent_id: str) -> Chat:
    return draft.put(chat, members=(*chat.members, Member(agent_id, draft.now)))


def _start(draft: Draft, chat: Chat, agent_id: str) -> None:
    """The chat begins, or goes on with another agent after a transfer to a button (R31, R47)."""
    first = chat.started is None
    chat = draft.note(chat, "Accept", agent_id)
    wait = draft.now - chat.requested
    if first:
        button_id = chat.button_id or ""
        average = draft.waits.get(button_id)
        draft.waits[button_id] = wait if average is None else OLD_SHARE * average + (1 - OLD_SHARE) * wait
    chat = draft.put(
        chat,
        stage=Stage.ENGAGED,
        queueing=None,
        started=draft.now if first else chat.started,
        idle_since=None,
        is_idle_warned=False,
    )
    if first:
        notices.queue_update(draft, chat, 0)
    told = notices.established(draft, chat, agent_id)
    draft.tell(chat, "ChatEstablished" if first else "ChatTransferred", **told)
    if first or draft.settings(agent_id).greets_again:
        chat = notices.greet(draft, chat, agent_id)
    if first:
        draft.emit(FindOrCreate(chat.key, agent_id))
    draft.omni(chat, agent_id, "Opened")


def _take_over(draft: Draft, chat: Chat, agent_id: str, sender: str | None) -> None:
    """A transfer is accepted: the sender's part ends and his workspace closes (R46, R48)."""
    chat = draft.note(chat, "Transfer", agent_id)
    if sender is not None:
        chat = endings.forget_part(draft, chat, sender)
        chat = draft.change_member(chat, sender, left=draft.now, closed=True)
        draft.omni(chat, sender, "Transferred")
    draft.tell(chat, "ChatTransferred", **notices.established(draft, chat, agent_id))
    if draft.settings(agent_id).greets_again:
        chat = notices.greet(draft, chat, agent_id)
    draft.omni(chat, agent_id, "Opened")


def _join(draft: Draft, chat: Chat, agent_id: str) -> None:
    chat = draft.note(chat, "OperatorJoinedConference", agent_id)
    draft.tell(chat, "AgentJoinedConference", name=notices.shown_name(draft, chat, agent_id))
    if draft.settings(agent_id).greets_again:
        chat = notices.greet(draft, chat, agent_id)
    draft.omni(chat, agent_id, "Opened")


# --- no -----------------------------------------------------------------------------------------------------------------


def decline(draft: Draft, event: Decline) -> None:
    """An agent declines; he goes Away where his configuration says so (R7, R25)."""
    draft.agent(event.agent_id)
    request = asked(draft, event.request_id, event.agent_id)
    if request.is_listed:
        _pass_on_list(draft, request, event.agent_id)
        return
    chat = draft.chats[request.chat_key]
    draft.count(event.agent_id, declined=draft.counts(chat))
    if request.kind is Kind.CHAT:
        chat = draft.note(chat, "DeclineManual", event.agent_id)
    draft.omni(chat, event.agent_id, "Declined")
    goes_away = draft.settings(event.agent_id).away_on_decline
    _not_taken(draft, request, event.agent_id, goes_away, again=draft.button(chat).reroutes_declined)


def _pass_on_list(draft: Draft, request: Request, agent_id: str) -> None:
    """Who declines a listed chat no longer sees it; it stays with the others, and no counter moves. A guess."""
    chat = draft.note(draft.chats[request.chat_key], "DeclineManual", agent_id)
    if chat.queueing is not None:
        draft.put(chat, queueing=replace(chat.queueing, refused_by=(*chat.queueing.refused_by, agent_id)))


def expire(draft: Draft, request: Request) -> None:
    """Nobody answered in time: each one who was asked has timed out (R24, R45)."""
    for agent_id in request.candidates:
        current = draft.requests.get(request.id)
        if current is None:
            return
        chat = draft.chats[request.chat_key]
        draft.count(agent_id, timed_out=draft.counts(chat))
        if request.kind is Kind.CHAT:
            chat = draft.note(chat, "DeclineTimeout", agent_id)
        draft.omni(chat, agent_id, "DeclinedOnPushTimeout")
        _not_taken(draft, current, agent_id, draft.settings(agent_id).away_on_push_timeout, again=True)


def _not_taken(draft: Draft, request: Request, agent_id: str, goes_away: bool, *, again: bool) -> None:
    """Let a request go on without an agent, who may have gone Away over it (R7)."""
    if request.kind is Kind.CHAT:
        draft.requests.pop(request.id)
    else:
        pass_over(draft, request, agent_id)
    if goes_away and draft.is_online(agent_id):
        change_presence(draft, agent_id, Presence.AWAY)
    if request.kind is Kind.CHAT:
        routing.refused(draft, request, agent_id, again=again)


def change_presence(draft: Draft, agent_id: str, presence: Presence) -> None:
    """Give an agent a status. Away and Offline take back what he was asked and has not answered (R27)."""
    agent = draft.agents[agent_id]
    if agent.presence is presence:
        return
    draft.settle(agent_id)
    draft.change_agent(draft.agents[agent_id], presence=presence)
    if presence is not Presence.ONLINE:
        take_back_requests(draft, agent_id)


def take_back_requests(draft: Draft, agent_id: str) -> None:
    """Take back the requests that an agent has not answered: new chats go on to others, transfers count as declined."""
    for request in list(draft.requests.values()):
        if not request.concerns(agent_id) or request.id not in draft.requests:
            continue
        draft.count(agent_id, withdrawn=draft.counts(draft.chats[request.chat_key]))
        if request.kind is Kind.CHAT:
            routing.unassign(draft, request, agent_id)
        else:
            draft.omni(draft.chats[request.chat_key], agent_id, "Unavailable")
            pass_over(draft, request, agent_id)


def pass_over(draft: Draft, request: Request, agent_id: str) -> None:
    """An agent does not take a transfer or an invitation; when nobody is left who could, it is declined (R45, R51)."""
    left = tuple(candidate for candidate in request.candidates if candidate != agent_id)
    if left:
        draft.requests[request.id] = replace(request, candidates=left)
        return
    draft.requests.pop(request.id)
    declined = "TransferDeclined" if request.kind is Kind.TRANSFER else "ConferenceRequestDeclined"
    draft.note(draft.chats[request.chat_key], declined, agent_id)
