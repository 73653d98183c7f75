"""Several agents in one chat (R50 to R54)."""

from . import endings, transfers
from .draft import Draft
from .events import CancelInvite, Invite, Leave
from .refusals import RuleRefused
from .state import Kind


def invite(draft: Draft, event: Invite) -> None:
    """An agent asks another one, or whoever has a skill, into the chat (R50)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if not draft.settings(event.agent_id).conferencing:
        raise RuleRefused("R50", "your configuration does not allow conferences")
    if (event.to_agent_id is None) == (event.to_skill_id is None):
        raise RuleRefused("R50", "an invitation goes to exactly one of: an agent, a skill")
    if draft.requests_of(chat.key):
        raise RuleRefused("R50", "other agents are asked for this chat already: requests are sent one by one")
    if event.to_agent_id is not None:
        asked = [event.to_agent_id] if draft.is_online(event.to_agent_id) else []
    else:
        asked = transfers.with_skill(draft, event.to_skill_id or "")
    here = {member.agent_id for member in chat.talking}
    candidates = tuple(agent_id for agent_id in asked if agent_id not in here)
    if not candidates:
        raise RuleRefused("R50", "nobody who could join is Online")
    chat = draft.note(chat, "ConferenceRequest", event.agent_id, event.message or None)
    transfers.ask_agents(draft, chat, Kind.CONFERENCE, candidates, event.agent_id, event.to_skill_id, event.message)


def cancel(draft: Draft, event: CancelInvite) -> None:
    """The inviter takes the invitation back."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if not any(request.sent_by == event.agent_id for request in draft.requests_of(chat.key, Kind.CONFERENCE)):
        raise RuleRefused("R50", "no invitation of yours waits for an answer")
    endings.withdraw(draft, chat, Kind.CONFERENCE)
    draft.note(chat, "ConferenceRequestCanceled", event.agent_id)


def leave(draft: Draft, event: Leave) -> None:
    """An agent leaves a conference; the last one has to end the chat (R52)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if len(chat.talking) == 1:
        raise RuleRefused("R52", "you are the last agent in the conversation: end it")
    endings.part(draft, chat, event.agent_id)
