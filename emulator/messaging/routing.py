"""How sessions come to reps: handed to Omni-Channel, offered to one rep after the other, least busy first."""

from dataclasses import replace
from typing import Final

from . import entries
from .draft import Draft
from .effects import DropRouting, KeepRouting, KeepWork
from .setup import Channel
from .state import Kind, Role, Routing, Session, Status, Target, Work

ASSIGNED: Final = "Assigned"
CANCELED: Final = "Canceled"
UNAVAILABLE: Final = "Unavailable"


def target_of(channel: Channel) -> Target | None:
    """Return where a channel's sessions go; None where nothing is set up."""
    if channel.skill_ids:
        return Target(skill_ids=channel.skill_ids)
    queue_id = channel.queue_id or channel.fallback_queue_id
    return Target(queue_id=queue_id) if queue_id else None


def hand_in(
    draft: Draft, session: Session, target: Target, *, is_transfer: bool = False, sent_by: str | None = None
) -> Session:
    """Hand a session to Omni-Channel: it waits until a rep takes it."""
    routing = Routing(draft.ids.record("PendingServiceRouting"), target, draft.now, is_transfer, sent_by)
    session = draft.note_session(session, routing=routing, idle_since=None, inactive_since=None)
    owner = target.queue_id or session.owner_id
    if session.status is Status.WAITING:
        session = draft.put_session(session, owner_id=owner)
    else:
        session = draft.change_status(session, Status.WAITING, owner_id=owner)
    _keep(draft, session, is_new=True)
    id_ = draft.ids.uuid()
    draft.add(session, Role.ROUTER, "RoutingResult", entries.routing_result(id_, session, routing), id_)
    return session


def dispatch(draft: Draft) -> None:
    """Offer what waits, the oldest first, to whoever may take it."""
    for session in waiting(draft):
        if draft.offered(session.id) is None and (routing := session.routing) is not None:
            rep_id = pick(draft, session, routing.target, routing.refused_by)
            if rep_id is not None:
                _offer(draft, session, rep_id)


def waiting(draft: Draft) -> list[Session]:
    """Return the sessions that wait for a rep, the oldest request first."""
    found = [(session.routing.requested, session.number, session)
             for session in draft.sessions.values() if session.routing is not None]  # fmt: skip
    return [session for _, _, session in sorted(found, key=lambda entry: entry[:2])]


def pick(draft: Draft, session: Session, target: Target, refused_by: tuple[str, ...] = ()) -> str | None:
    """Return the available rep with room who has the least to do, of these the one who was asked longest ago."""
    weight = draft.channel_of(session).capacity_weight
    free = [
        rep
        for rep in draft.reps.values()
        if rep.is_available
        and rep.id not in refused_by
        and is_meant(draft, target, rep.id)
        and session.participant(Role.AGENT, rep.id) is None
        and draft.has_room(rep.id, weight)
    ]
    free.sort(key=lambda rep: (draft.load(rep.id), rep.last_assigned or 0, rep.order))
    return free[0].id if free else None


def is_meant(draft: Draft, target: Target, rep_id: str) -> bool:
    """Tell whether work for a target may go to a rep."""
    if target.rep_id is not None:
        return target.rep_id == rep_id
    if target.queue_id is not None:
        return rep_id in draft.setup.members.get(target.queue_id, frozenset())
    return set(target.skill_ids) <= draft.setup.skills.get(rep_id, frozenset())


def _offer(draft: Draft, session: Session, rep_id: str) -> None:
    routing = session.routing
    assert routing is not None
    kind = Kind.TRANSFER if routing.is_transfer else Kind.SESSION
    work = ask(draft, session, rep_id, kind, routing.id)
    _keep(draft, session)
    id_ = draft.ids.uuid()
    payload = entries.work_result(id_, "Assigned", session, is_transfer=routing.is_transfer)
    draft.add(session, Role.ROUTER, "RoutingWorkResult", payload, id_)
    if draft.channel_of(session).auto_accept:
        draft.accepted.append(work.id)


def ask(
    draft: Draft,
    session: Session,
    rep_id: str,
    kind: Kind,
    routing_id: str | None = None,
    invited_by: str | None = None,
) -> Work:
    """Offer a piece of work to a rep."""
    channel = draft.channel_of(session)
    expires = draft.now + channel.push_timeout * 1000 if channel.push_timeout else None
    work = Work(
        draft.ids.record("AgentWork"), session.id, rep_id, kind, draft.number(), draft.now, routing_id,
        expires=expires, weight=channel.capacity_weight, invited_by=invited_by,
    )  # fmt: skip
    draft.work[work.id] = work
    draft.reps[rep_id] = replace(draft.reps[rep_id], last_assigned=draft.now)
    keep_work(draft, work, session, ASSIGNED)
    return work


def keep_work(draft: Draft, work: Work, session: Session, status: str, reason: str = "") -> None:
    """Let the AgentWork row follow."""
    target = target_of(draft.channel_of(session)) or Target()
    if session.routing is not None and session.routing.target.rep_id is None:
        target = session.routing.target
    draft.emit(KeepWork(work, session, status, reason, target.queue_id, bool(target.skill_ids)))


def take_back(draft: Draft, work: Work, status: str, reason: str = "") -> None:
    """Take an offer from a rep."""
    session = draft.sessions[work.session_id]
    draft.work.pop(work.id)
    keep_work(draft, work, session, status, reason)


def take_back_unanswered(draft: Draft, session: Session, status: str = CANCELED) -> None:
    """Take back whatever of a session is offered and not answered yet: the session itself, and invitations into it."""
    for work in draft.work_of(session.id):
        if not work.is_open:
            take_back(draft, work, status)


def refused(draft: Draft, work: Work, status: str, reason: str = "") -> None:
    """A rep has not taken what he was offered: he is not asked again, and a transfer to him alone goes to the channel's reps.

    Where such a transfer goes is a guess.
    """
    take_back(draft, work, status, reason)
    session = draft.sessions[work.session_id]
    routing = session.routing
    if work.kind is Kind.CONFERENCE or routing is None:
        return
    target = routing.target
    if target.rep_id is not None:
        target = target_of(draft.channel_of(session)) or target
    routing = replace(routing, target=target, refused_by=(*routing.refused_by, work.rep_id))
    session = draft.put_session(session, routing=routing, owner_id=target.queue_id or session.owner_id)
    _keep(draft, session)


def withdraw(draft: Draft, session: Session, status: str = CANCELED) -> Session:
    """Take a session out of routing: nobody is asked for it any longer, nor into it."""
    take_back_unanswered(draft, session, status)
    if session.routing is not None:
        draft.emit(DropRouting(session.routing.id))
    return draft.note_session(session, routing=None)


def ask_again(draft: Draft, rep_id: str) -> None:
    """Let a rep who has come, or is available again, be asked for what he refused. A guess."""
    for session in list(draft.sessions.values()):
        routing = session.routing
        if routing is not None and rep_id in routing.refused_by:
            left = tuple(one for one in routing.refused_by if one != rep_id)
            draft.note_session(session, routing=replace(routing, refused_by=left))


def report_positions(draft: Draft) -> None:
    """Tell the end users who wait their places in the queue, where these have changed."""
    places: dict[Target, int] = {}
    for session in waiting(draft):
        routing = session.routing
        if routing is None or draft.offered(session.id) is not None:
            continue
        place = places[routing.target] = places.get(routing.target, 0) + 1
        if place != routing.position:
            draft.note_session(session, routing=replace(routing, position=place))
            conversation = draft.conversations[session.conversation_id]
            if draft.channel(conversation).queue_position:
                id_ = draft.ids.uuid()
                payload = entries.queue_position(id_, place)
                draft.tell(conversation, Role.ROUTER, "QueuePosition", payload, id_, related=(session.id,))


def _keep(draft: Draft, session: Session, *, is_new: bool = False) -> None:
    assert session.routing is not None
    weight = draft.channel_of(session).capacity_weight
    draft.emit(KeepRouting(session.routing, session, weight, draft.offered(session.id) is not None, is_new))
