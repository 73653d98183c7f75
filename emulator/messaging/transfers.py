"""Sessions handed on, and reps asked into them."""

from . import bots, entries, routing
from .draft import Draft
from .events import Invite, Leave, Transfer
from .refusals import RuleRefused, Unknown
from .state import Kind, Role, Session, Status, Target


def transfer(draft: Draft, event: Transfer) -> None:
    """A session is handed on: who hands it on leaves at once, and it waits for the next."""
    if event.rep_id is None:
        session = draft.running(event.session_id)
        if session.bot is None:
            raise RuleRefused("no bot leads this session")
        _check(draft, session, event.to)
        routing.hand_in(draft, bots.go(draft, session), event.to, is_transfer=True)
        return
    session = draft.held(event.session_id, event.rep_id)
    if session.owner_id != event.rep_id:
        raise RuleRefused("only the owner of a session hands it on")
    if session.status is not Status.ACTIVE:
        raise RuleRefused(f"the session is {session.status}: an Active one can be handed on")
    _check(draft, session, event.to)
    routing.take_back_unanswered(draft, session)
    session = _go(draft, session, event.rep_id, "Transferred")
    routing.hand_in(draft, session, event.to, is_transfer=True, sent_by=event.rep_id)


def _check(draft: Draft, session: Session, to: Target) -> None:
    """Refuse a target that is not there: a rep who is away, full or in the session, an unknown queue, no skill."""
    if sum((to.rep_id is not None, to.queue_id is not None, bool(to.skill_ids))) != 1:
        raise RuleRefused("name exactly one of a rep, a queue and skills")
    if to.rep_id is not None:
        _check_rep(draft, session, to.rep_id)
    elif to.queue_id is not None and to.queue_id not in draft.setup.queue_names:
        raise Unknown(f"there is no queue {to.queue_id}")


def _check_rep(draft: Draft, session: Session, rep_id: str) -> None:
    if not draft.is_available(rep_id):
        raise RuleRefused(f"the rep {rep_id} is not available")
    if session.participant(Role.AGENT, rep_id) is not None:
        raise RuleRefused(f"the rep {rep_id} is in this session")
    if not draft.has_room(rep_id, draft.channel_of(session).capacity_weight):
        raise RuleRefused(f"the rep {rep_id} has no room for another session")


def invite(draft: Draft, event: Invite) -> None:
    """A rep asks another into his session (Salesforce Help, livemessage_agent_conferencing_session)."""
    session = draft.held(event.session_id, event.rep_id)
    if session.status is not Status.ACTIVE:
        raise RuleRefused(f"the session is {session.status}: reps are asked into an Active one")
    if any(work.kind is Kind.CONFERENCE and not work.is_open for work in draft.work_of(session.id)):
        raise RuleRefused("a rep has been asked into this session already and has not answered yet")
    if event.to.queue_id is not None:
        raise RuleRefused("a conference asks a rep, or whoever has a skill")
    _check(draft, session, event.to)
    rep_id = event.to.rep_id or routing.pick(draft, session, event.to)
    if rep_id is None:
        raise RuleRefused("no available rep with room has these skills")
    routing.ask(draft, session, rep_id, Kind.CONFERENCE, invited_by=event.rep_id)


def leave(draft: Draft, event: Leave) -> None:
    """A rep leaves a conference. The session goes to whoever has been in it longest; the last one ends it instead.

    He may leave one that has been handed on and waits: there is nothing that he could end.
    """
    session = draft.held(event.session_id, event.rep_id)
    others = [one for one in session.present if one.role is Role.AGENT and one.key != event.rep_id]
    if not others and session.routing is None:
        raise RuleRefused("the last rep of a session ends it or hands it on")
    before = session.owner_id
    session = _go(draft, session, event.rep_id, "Closed")
    if before == event.rep_id:
        owner_id = others[0].key
        session = draft.put_session(session, owner_id=owner_id)
        id_ = draft.ids.uuid()
        draft.add(session, Role.SYSTEM, "SessionOwnerChanged", entries.owner_changed(id_, owner_id, before), id_)


def _go(draft: Draft, session: Session, rep_id: str, status: str) -> Session:
    """Let a rep leave a session, his tab with him."""
    participant = session.participant(Role.AGENT, rep_id)
    if participant is not None:
        session = draft.go_out(session, participant)
    work = draft.open_work(session.id, rep_id)
    if work is not None:
        draft.work.pop(work.id)
        routing.keep_work(draft, work, session, status)
    return session
