"""Reps come, change their status and go."""

from dataclasses import replace

from . import routing
from .draft import Draft
from .effects import KeepPresence
from .events import LogOut, SetPresence
from .state import Rep


def set_presence(draft: Draft, event: SetPresence) -> None:
    """A rep logs in, or takes another status; what was offered to one who is no longer available goes to others."""
    before = draft.reps.get(event.rep_id)
    if before is not None and before.status_id == event.status_id:
        return
    if before is not None:
        draft.emit(KeepPresence(before, is_over=True, capacity=draft.setup.capacity(before.id)))
    order = before.order if before else draft.number()
    rep = Rep(
        event.rep_id, event.presence_id, event.status_id, event.status, event.is_available, order, draft.now,
        before.last_assigned if before else None,
    )  # fmt: skip
    draft.reps[rep.id] = rep
    draft.emit(KeepPresence(rep, capacity=draft.setup.capacity(rep.id)))
    if rep.is_available:
        routing.ask_again(draft, rep.id)
    else:
        _take_offers(draft, rep.id)


def log_out(draft: Draft, event: LogOut) -> None:
    """A rep goes. His sessions stay his: enhanced chat waits for him (a guess for what happens to open tabs)."""
    rep = draft.rep(event.rep_id)
    draft.reps[rep.id] = replace(rep, is_available=False)
    _take_offers(draft, rep.id)
    draft.reps.pop(rep.id)
    draft.emit(KeepPresence(rep, is_over=True, capacity=draft.setup.capacity(rep.id)))


def _take_offers(draft: Draft, rep_id: str) -> None:
    for work in list(draft.work.values()):
        if work.rep_id == rep_id and not work.is_open:
            routing.refused(draft, work, routing.UNAVAILABLE)
