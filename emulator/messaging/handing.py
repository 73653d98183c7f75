"""A session is handed to the reps of its channel."""

from . import endings, entries, routing
from .draft import Draft
from .state import Ender, Role, Session, Status


def to_reps(draft: Draft, session: Session, *, is_transfer: bool = False) -> None:
    """Hand a session to the channel's reps; one for which nobody is set up fails."""
    target = routing.target_of(draft.channel_of(session))
    if target is not None:
        routing.hand_in(draft, session, target, is_transfer=is_transfer)
        return
    id_ = draft.ids.uuid()
    payload = entries.routing_result(id_, session, None, "The channel has no queue and no skills to route to")
    draft.add(session, Role.ROUTER, "RoutingResult", payload, id_)
    endings.finish(draft, session, Ender.SYSTEM, Status.ERROR)
