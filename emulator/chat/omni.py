"""Chats that Omni-Channel routes: the transcript from the request on, and an AgentWork for each agent who is asked (R5, R57)."""

from typing import Any, Final

from ..org.org import Org
from ..store import Transaction
from ..store.layout import quoted
from .effects import KeepOmniWork
from .records import RecordsOut
from .setup import Desk
from .state import Chat, Stage
from .transcript import event_values, moment

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


class OmniRecords:
    """Keeps the rows of chats that Omni-Channel routes."""

    def __init__(self, org: Org, records: RecordsOut) -> None:
        self._org = org
        self._records = records

    def keep(self, effect: KeepOmniWork, desk: Desk, transaction: Transaction, at: int) -> str:
        """Write the transcript as it is now, its new events, and an agent's work; return the transcript's id."""
        chat = effect.chat
        transcript_id = self._transcript(chat, desk, transaction, at)
        if effect.agent_id is not None and effect.status is not None:
            self._work(chat, transcript_id, effect.agent_id, effect.status, transaction, at)
        return transcript_id

    def _transcript(self, chat: Chat, desk: Desk, transaction: Transaction, at: int) -> str:
        values = self._records.transcript_values(chat, desk, transaction, at)
        values["IsChatbotSession"] = False
        found = self._find(transaction, "LiveChatTranscript", {"ChatKey": chat.key})
        if found is None:
            transcript_id = self._records.create(values["OwnerId"], "LiveChatTranscript", values, at)
        else:
            transcript_id = found
            self._records.update(values["OwnerId"], "LiveChatTranscript", transcript_id, values, at)
        if chat.stage is Stage.ENDED:
            for event in list(event_values(chat))[self._events(transaction, transcript_id) :]:
                link = {"LiveChatTranscriptId": transcript_id}
                self._records.create(values["OwnerId"], "LiveChatTranscriptEvent", event | link, at)
        return transcript_id

    def _events(self, transaction: Transaction, transcript_id: str) -> int:
        self._org.store.ensure(self._org.catalog.get("LiveChatTranscriptEvent"))
        sql = 'SELECT COUNT(*) FROM "LiveChatTranscriptEvent" WHERE "LiveChatTranscriptId" = '
        return int(transaction.execute(sql + transaction.placeholder, [transcript_id])[0][0])

    def _work(
        self, chat: Chat, transcript_id: str, agent_id: str, status: str, transaction: Transaction, at: int
    ) -> None:
        """Write an agent's work: a new row when he is asked, or his last one with its new status."""
        found = None
        if status != "Assigned":
            found = self._find(transaction, "AgentWork", {"WorkItemId": transcript_id, "UserId": agent_id})
        values: dict[str, Any] = {"Status": status, _TIMES[status]: moment(at)}
        if found is not None:
            self._records.update(agent_id, "AgentWork", found, values, at)
            return
        values |= {
            "UserId": agent_id,
            "OwnerId": agent_id,
            "WorkItemId": transcript_id,
            "ServiceChannelId": self._channel(transaction, at),
            "RequestDateTime": moment(chat.requested),
            "AssignedDateTime": moment(at),
        }
        self._records.create(agent_id, "AgentWork", values, at)

    def _channel(self, transaction: Transaction, at: int) -> str:
        found = self._find(transaction, "ServiceChannel", {"RelatedEntity": "LiveChatTranscript"})
        if found is not None:
            return found
        values = {
            "DeveloperName": CHANNEL,
            "MasterLabel": "Chat",
            "Language": "en_US",
            "RelatedEntity": "LiveChatTranscript",
        }
        return self._records.create(self._records.automated_process, "ServiceChannel", values, at)

    def _find(self, transaction: Transaction, name: str, wanted: dict[str, str]) -> str | None:
        """Return the newest row with some values, or None."""
        sobject = self._org.catalog.get(name)
        self._org.store.ensure(sobject)
        conditions = " AND ".join(f"{quoted(field)} = {transaction.placeholder}" for field in wanted)
        sql = f'SELECT "Id" FROM {quoted(name)} WHERE {conditions} ORDER BY "_row" DESC LIMIT 1'
        found = transaction.one(sql, list(wanted.values()))
        return None if found is None else str(found[0])
