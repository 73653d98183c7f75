"""The machine of enhanced chat: one event in, the next state and what is to be done out. Pure: no clock, no store, no chance."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from . import answers, bots, conversation, endings, events, presence, routing, sessions, timers, transfers
from .draft import Draft, Ids
from .effects import Effect
from .setup import Setup
from .state import State


def step(
    setup: Setup, state: State, event: events.Event, now: int, ids: Ids
) -> tuple[State, tuple[tuple[int, Effect], ...]]:
    """Return the state after an event at a moment (milliseconds since 1970, UTC), and its effects in order, each with its time.

    What fell due before it happens first, each at its own time. Raises `RuleRefused` where a rule does not allow the event and
    `Unknown` for a rep, conversation, session or work that is not there; nothing has happened then.
    """
    draft = Draft(setup, state, min(state.time, now), ids)
    for _ in timers.run_due(draft, now):
        _settle(draft)
    draft.now = now
    _HANDLERS[type(event)](draft, event)
    if type(event) not in _QUIET:
        _settle(draft)
    return draft.state(), tuple(draft.effects)


def next_due(setup: Setup, state: State, ids: Ids) -> int | None:
    """Return when something falls due next, in milliseconds since 1970; None when nothing will."""
    return timers.next_due(Draft(setup, state, 0, ids))


def _settle(draft: Draft) -> None:
    """Bring everything to rest after a rule: what waits is offered, auto-accept answers, places are told."""
    routing.dispatch(draft)
    while draft.accepted:
        work = draft.work.get(draft.accepted.pop(0))
        if work is not None and not work.is_open:
            answers.take(draft, work)
        if not draft.accepted:
            routing.dispatch(draft)
    routing.report_positions(draft)


def _time_passes(draft: Draft, event: events.TimePasses) -> None:
    """The time alone is the event."""


_QUIET: Final = frozenset(
    {
        events.EndUserTypes,
        events.EndUserAcknowledges,
        events.RepWrites,
        events.RepTypes,
        events.RepAcknowledges,
        events.BotSays,
        events.RaiseFlag,
        events.LowerFlag,
        events.Whisper,
    }
)
"""Events after which nobody has more room or is asked anything: what waits need not be looked through."""
_HANDLERS: Final[Mapping[type[Any], Callable[[Draft, Any], None]]] = {
    events.SetPresence: presence.set_presence,
    events.LogOut: presence.log_out,
    events.OpenConversation: sessions.open_conversation,
    events.EndUserWrites: conversation.end_user_writes,
    events.EndUserTypes: conversation.end_user_types,
    events.EndUserAcknowledges: conversation.end_user_acknowledges,
    events.EndUserEndsSession: endings.end_user_ends,
    events.EndUserCloses: endings.end_user_closes,
    events.Accept: answers.accept,
    events.Decline: answers.decline,
    events.RepWrites: conversation.rep_writes,
    events.RepTypes: conversation.rep_types,
    events.RepAcknowledges: conversation.rep_acknowledges,
    events.MarkInactive: conversation.mark_inactive,
    events.Pause: conversation.pause,
    events.Resume: conversation.resume,
    events.Transfer: transfers.transfer,
    events.Invite: transfers.invite,
    events.Leave: transfers.leave,
    events.End: endings.end,
    events.Fail: endings.fail,
    events.CloseTab: endings.close_tab,
    events.StartOutbound: sessions.start_outbound,
    events.BotSays: bots.speak,
    events.RaiseFlag: conversation.raise_flag,
    events.LowerFlag: conversation.lower_flag,
    events.Whisper: conversation.whisper,
    events.AddHistory: conversation.add_history,
    events.TimePasses: _time_passes,
}
