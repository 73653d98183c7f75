"""What reps answer to offers: accept, decline, or nothing until the time is up."""

from dataclasses import replace
from typing import Final

from . import entries, routing
from .draft import Draft
from .effects import DropRouting
from .events import Accept, Decline
from .refusals import Unknown
from .state import Kind, Role, Session, Status, Work

OPENED: Final = "Opened"
DECLINED: Final = "Declined"
TIMED_OUT: Final = "DeclinedOnPushTimeout"


def accept(draft: Draft, event: Accept) -> None:
    """A rep takes what he was offered."""
    draft.rep(event.rep_id)
    take(draft, _offered(draft, event.work_id, event.rep_id))


def decline(draft: Draft, event: Decline) -> None:
    """A rep does not take what he was offered."""
    work = _offered(draft, event.work_id, event.rep_id)
    _tell(draft, work, "Declined")
    routing.refused(draft, work, DECLINED, event.reason)


def expire(draft: Draft, work: Work) -> None:
    """A rep has not answered in time."""
    _tell(draft, work, "Declined")
    routing.refused(draft, work, TIMED_OUT)


def take(draft: Draft, work: Work) -> None:
    """Let a rep into the session that he accepts."""
    draft.work[work.id] = work = replace(work, accepted=draft.now, expires=None)
    session = draft.sessions[work.session_id]
    routing.keep_work(draft, work, session, OPENED)
    if work.kind is Kind.CONFERENCE:
        draft.come_in(session, Role.AGENT, work.rep_id, draft.setup.name(work.rep_id))
        return
    if session.routing is not None:
        draft.emit(DropRouting(session.routing.id))
    _tell(draft, work, "Accepted")
    _serve(draft, session, work.rep_id)


def _serve(draft: Draft, session: Session, rep_id: str) -> None:
    before = session.owner_id
    session = draft.note_session(session, routing=None)
    session = draft.come_in(session, Role.AGENT, rep_id, draft.setup.name(rep_id))
    session = draft.change_status(
        session,
        Status.ACTIVE,
        owner_id=rep_id,
        accepted=session.accepted if session.accepted is not None else draft.now,
        agent_type="BotToAgent" if session.agent_type in ("Bot", "BotToAgent") else "Agent",
    )
    if before != rep_id:
        id_ = draft.ids.uuid()
        draft.add(session, Role.SYSTEM, "SessionOwnerChanged", entries.owner_changed(id_, rep_id, before), id_)
    greeting = draft.channel_of(session).engaged_response
    if greeting:
        draft.say(session, Role.SYSTEM, entries.SYSTEM_SUBJECT, draft.channel_of(session).label, greeting)


def _offered(draft: Draft, work_id: str, rep_id: str) -> Work:
    """Return work that a rep may answer. Raises `Unknown`: also for work that was taken from him."""
    work = draft.work.get(work_id)
    if work is None or work.is_open or work.rep_id != rep_id:
        raise Unknown(f"there is no work {work_id} offered to the rep {rep_id}")
    return work


def _tell(draft: Draft, work: Work, work_type: str) -> None:
    if work.kind is Kind.CONFERENCE:
        return
    id_ = draft.ids.uuid()
    session = draft.sessions[work.session_id]
    payload = entries.work_result(id_, work_type, session, is_transfer=work.kind is Kind.TRANSFER)
    draft.add(session, Role.ROUTER, "RoutingWorkResult", payload, id_)
