"""The machine of legacy chat: one event in, the next state and what is to be done out. Pure: no clock, no store, no chance."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from . import (
    answers,
    attachments,
    chatbots,
    conferences,
    conversation,
    endings,
    events,
    presence,
    routing,
    timers,
    transfers,
)
from .draft import Draft
from .effects import Effect
from .setup import Desk
from .state import Presence, Stage, State


def step(desk: Desk, state: State, event: events.Event, now: int) -> tuple[State, tuple[tuple[int, Effect], ...]]:
    """Return the state after an event at a moment (seconds since 1970, UTC), and its effects in order, each with its time.

    What fell due before it happens first, each at its own time. Raises `RuleRefused` where a rule does not allow the event
    and `Unknown` for an agent, chat or request that is not there; nothing has happened then.
    """
    draft = Draft(desk, state, min(state.time, now))
    for _ in timers.run_due(draft, now):
        _settle(draft)
    draft.now = now
    _HANDLERS[type(event)](draft, event)
    if type(event) not in _QUIET:
        _settle(draft)
    after = draft.state()
    return after, tuple(draft.effects)


def _settle(draft: Draft) -> None:
    """Bring the desk to rest after a rule: waiting chats are routed, auto-accept answers, places are told."""
    routing.dispatch(draft)
    while draft.accepted:
        request_id, agent_id = draft.accepted.pop(0)
        request = draft.requests.get(request_id)
        if request is not None and request.concerns(agent_id):
            answers.take(draft, request, agent_id)
        if not draft.accepted:
            routing.dispatch(draft)
    routing.report_positions(draft)


def _time_passes(draft: Draft, event: events.TimePasses) -> None:
    """The time alone is the event."""


def _server_stopped(draft: Draft, event: events.ServerStopped) -> None:
    """End what ran when the server went away: every visitor and agent was cut off."""
    for agent_id in list(draft.agents):
        answers.change_presence(draft, agent_id, Presence.OFFLINE)
    for chat in list(draft.chats.values()):
        if chat.key in draft.chats and draft.chats[chat.key].stage is not Stage.ENDED:
            endings.lose(draft, draft.note(draft.chats[chat.key], "ConnectionTimeout"))
    for agent_id in list(draft.agents):
        presence.log_out(draft, events.LogOut(agent_id))


_QUIET: Final = frozenset(
    {
        events.VisitorSeen,
        events.VisitorWrites,
        events.VisitorTypes,
        events.VisitorSignals,
        events.VisitorBrowses,
        events.SilenceWarned,
        events.RulesApplied,
        events.AgentWrites,
        events.AgentTypes,
        events.AgentSignals,
        events.BotOpens,
        events.BotCloses,
        events.BotWrites,
        events.Whisper,
        events.RaiseFlag,
        events.LowerFlag,
        events.Attach,
        events.Detach,
        events.RequestFile,
        events.CancelFile,
        events.FileArrived,
    }
)
"""Events after which nobody has more room or is asked anything: waiting chats need not be looked through."""
_HANDLERS: Final[Mapping[type[Any], Callable[[Draft, Any], None]]] = {
    events.LogIn: presence.log_in,
    events.SetPresence: presence.set_presence,
    events.LogOut: presence.log_out,
    events.AgentLost: presence.lose,
    events.Accept: answers.accept,
    events.Decline: answers.decline,
    events.AskForChat: routing.ask,
    events.VisitorSeen: conversation.visitor_seen,
    events.VisitorWrites: conversation.visitor_writes,
    events.VisitorTypes: conversation.visitor_types,
    events.VisitorSignals: conversation.visitor_signals,
    events.VisitorBrowses: conversation.visitor_browses,
    events.SilenceWarned: conversation.silence_warned,
    events.RulesApplied: conversation.rules_applied,
    events.VisitorEnds: endings.visitor_ends,
    events.VisitorLost: endings.visitor_lost,
    events.AgentWrites: conversation.agent_writes,
    events.AgentTypes: conversation.agent_types,
    events.AgentSignals: conversation.agent_signals,
    events.Whisper: conversation.whisper,
    events.RaiseFlag: conversation.raise_flag,
    events.LowerFlag: conversation.lower_flag,
    events.End: endings.agent_ends,
    events.Close: endings.close,
    events.Block: endings.block,
    events.BotOpens: chatbots.opens,
    events.BotCloses: chatbots.closes,
    events.BotWrites: chatbots.writes,
    events.BotTransfers: chatbots.transfers,
    events.BotEnds: chatbots.ends,
    events.Attach: attachments.attach,
    events.Detach: attachments.detach,
    events.RequestFile: attachments.request_file,
    events.CancelFile: attachments.cancel_file,
    events.FileArrived: attachments.file_arrived,
    events.Transfer: transfers.transfer,
    events.CancelTransfer: transfers.cancel,
    events.Invite: conferences.invite,
    events.CancelInvite: conferences.cancel,
    events.Leave: conferences.leave,
    events.TimePasses: _time_passes,
    events.ServerStopped: _server_stopped,
}
