"""Chats that Omni-Channel routes: the transcript from the request on, and an AgentWork for each agent who is asked (R5, R57)."""

from typing import Any, Final

from ..running.moments import moment
from ..store import Transaction
from .effects import KeepOmniWork
from .records import RecordsOut
from .setup import Desk, Routing
from .state import Chat

CHANNEL: Final = "sfdc_liveagent"
"""DeveloperName of the service channel of chats (Omni-Channel guide, "Chat")."""
_TIMES: Final = {
    "Assigned": "AssignedDateTime",
    "Opened": "AcceptDateTime",
    "Declined": "DeclineDateTime",
    "DeclinedOnPushTimeout": "PushTimeoutDateTime",
    "Canceled": "CancelDateTime",
    "Unavailable": "CancelDateTime",
    "Closed": "CloseDateTime",
    "Transferred": "CloseDateTime",
}
"""The field of AgentWork that says when a status began."""
ASSIGNED: Final = "Assigned"
OPENED: Final = "Opened"
ENDS: Final = ("Closed", "Transferred")
_BEFORE: Final = dict.fromkeys((OPENED, "Declined", "DeclinedOnPushTimeout", "Canceled", "Unavailable"), ASSIGNED)
"""The status that a work must have for one of these to follow; what else there is follows Opened."""


class OmniRecords:
    """Keeps the rows of chats that Omni-Channel routes."""

    def __init__(self, records: RecordsOut) -> None:
        self._records = records

    def keep(self, effect: KeepOmniWork, desk: Desk, transaction: Transaction, at: int) -> str:
        """Write the transcript as it is now, an agent's work, and the events once the chat is over; return the transcript's id."""
        chat = effect.chat
        transcript_id, owner_id = self._transcript(chat, desk, transaction, at)
        if effect.agent_id is not None and effect.status is not None:
            self._work(effect, desk, transcript_id, transaction, at)
        if effect.is_over:
            self._records.tell_events(transcript_id, chat, owner_id, transaction, at)
        return transcript_id

    def _transcript(self, chat: Chat, desk: Desk, transaction: Transaction, at: int) -> tuple[str, str]:
        """Write the transcript; return its id and its owner's. One that somebody has deleted is made anew."""
        values = self._records.transcript_values(chat, desk, transaction, at)
        owner_id = str(values["OwnerId"])
        found = self._records.newest(transaction, "LiveChatTranscript", {"ChatKey": chat.key})
        if found is not None:
            self._records.update(owner_id, "LiveChatTranscript", found, values, transaction, at)
            return found, owner_id
        made = self._records.create(owner_id, "LiveChatTranscript", values, transaction, at)
        self._records.name_skills(made, chat, desk, owner_id, transaction, at)
        return made, owner_id

    def _work(self, effect: KeepOmniWork, desk: Desk, transcript_id: str, transaction: Transaction, at: int) -> None:
        """Write an agent's work: a new row when he is asked, or the one that is open with its new status."""
        chat, agent_id, status = effect.chat, effect.agent_id or "", effect.status or ""
        wanted = {"WorkItemId": transcript_id, "UserId": agent_id}
        found = self._records.newest(transaction, "AgentWork", wanted | {"Status": _BEFORE.get(status, OPENED)})
        values: dict[str, Any] = {"Status": status, _TIMES[status]: moment(at)}
        joined = next((member.joined for member in reversed(chat.members) if member.agent_id == agent_id), at)
        if status == OPENED:
            values["SpeedToAnswer"] = max(0, at - chat.requested)
        elif status in ENDS:
            values |= {"HandleTime": max(0, at - joined), "ActiveTime": max(0, at - joined)}
        if found is not None and status != ASSIGNED:
            self._records.update(agent_id, "AgentWork", found, values, transaction, at)
        elif status in (ASSIGNED, OPENED):
            values |= wanted | self._work_values(chat, desk, transaction, at)
            self._records.create(agent_id, "AgentWork", {**values, "OwnerId": agent_id}, transaction, at)

    def _work_values(self, chat: Chat, desk: Desk, transaction: Transaction, at: int) -> dict[str, Any]:
        """Return what a new work has from its chat and its button."""
        button = desk.buttons.get(chat.button_id or "")
        return {
            "ServiceChannelId": self._channel(transaction, at),
            "RequestDateTime": moment(chat.requested),
            "AssignedDateTime": moment(at),
            "PushTimeout": button.push_timeout if button else None,
            "OriginalQueueId": button.queue_id if button else None,
            "RoutingType": "SkillsBased" if button and button.routing is Routing.OMNI_SKILLS else "QueueBased",
        }

    def _channel(self, transaction: Transaction, at: int) -> str:
        found = self._records.newest(transaction, "ServiceChannel", {"RelatedEntity": "LiveChatTranscript"})
        if found is not None:
            return found
        values = {
            "DeveloperName": CHANNEL,
            "MasterLabel": "Chat",
            "Language": "en_US",
            "RelatedEntity": "LiveChatTranscript",
        }
        return self._records.create(self._records.automated_process, "ServiceChannel", values, transaction, at)
