"""What chats leave in the org: sessions, visitors, transcripts, events, blocking rules. The one room of records writes them."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from ..errors import OrgError
from ..org.blank import AUTOMATED_PROCESS_USERNAME
from ..org.org import Org
from ..store import Transaction
from .effects import BlockAddress, KeepSession, MakeTranscript
from .session import session_values
from .setup import Desk
from .state import Chat
from .transcript import event_values, moment, owner_of, transcript_values

LOG: Final = logging.getLogger(__name__)
AGENT_RULE: Final = "Agent"
"""LiveChatBlockingRule.OwnerType of a rule that an agent's block made (R41; what the values mean is a guess)."""


class RecordsOut:
    """Writes the records of one org's chats, as of a moment of the machine."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def begin_session(self, agent_id: str, at: int) -> str:
        """Make the LiveAgentSession of a login; return its id (R3)."""
        values = {"AgentId": agent_id, "OwnerId": agent_id, "LoginTime": moment(at), "LogoutTime": moment(at)}
        return self.create(agent_id, "LiveAgentSession", values, at)

    def keep_session(self, effect: KeepSession, at: int) -> None:
        """Write an agent's session as it is now; one that somebody has deleted stays deleted (R6)."""
        self.update(effect.agent.id, "LiveAgentSession", effect.agent.session_id, session_values(effect), at)

    def transcribe(self, effect: MakeTranscript, desk: Desk, transaction: Transaction, at: int) -> str:
        """Write the transcript of a chat and then its events; return the transcript's id (R56, R60)."""
        chat = effect.chat
        user_id = owner_of(chat) or self.automated_process
        values = self.transcript_values(chat, desk, transaction, at)
        transcript_id = self.create(user_id, "LiveChatTranscript", values, at)
        for event in event_values(chat):
            self.create(user_id, "LiveChatTranscriptEvent", event | {"LiveChatTranscriptId": transcript_id}, at)
        return transcript_id

    def transcript_values(self, chat: Chat, desk: Desk, transaction: Transaction, at: int) -> dict[str, Any]:
        """Return all fields of a chat's transcript, as a row holds them."""
        values = transcript_values(chat, desk)
        values |= {record.transcript_field: record.record_id for record in chat.attached if record.transcript_field}
        values |= self._prechat_values(chat, values)
        values["OwnerId"] = owner_of(chat) or self.automated_process
        values["LiveChatVisitorId"] = self.visitor(chat.visitor.session_key, transaction, at)
        return {name: value for name, value in values.items() if value is not None}

    def _prechat_values(self, chat: Chat, computed: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers of the pre-chat form that go into fields of the transcript; what a field cannot hold stays out."""
        sobject = self._org.catalog.get("LiveChatTranscript")
        found: dict[str, Any] = {}
        for detail in chat.visitor.details:
            for name in detail.transcript_fields:
                field = sobject.field(_custom_name(name))
                if field is None or not field.createable or computed.get(field.name) is not None:
                    LOG.info("the pre-chat answer %s has no field %s to go to", detail.label, name)
                    continue
                try:
                    found[field.name] = self._org.records.load_value(sobject, field.name, detail.value)
                except OrgError as error:
                    LOG.info("the pre-chat answer %s does not fit %s: %s", detail.label, name, error.message)
        return found

    def visitor(self, session_key: str, transaction: Transaction, at: int) -> str:
        """Return the LiveChatVisitor of a visitor's computer; the first chat makes it (R59)."""
        self._org.store.ensure(self._org.catalog.get("LiveChatVisitor"))
        sql = f'SELECT "Id" FROM "LiveChatVisitor" WHERE "SessionKey" = {transaction.placeholder}'
        live = ' AND "IsDeleted" = 0' if self._org.store.dialect == "sqlite" else ' AND NOT "IsDeleted"'
        found = transaction.one(f'{sql}{live} ORDER BY "Id"', [session_key])
        if found is not None:
            return str(found[0])
        return self.create(self.automated_process, "LiveChatVisitor", {"SessionKey": session_key}, at)

    def block(self, effect: BlockAddress, at: int) -> None:
        """Write the rule that keeps a visitor's address out (R41)."""
        name = "Blocked_" + "".join(letter if letter.isalnum() else "_" for letter in effect.address) + f"_{at}"
        values = {
            "DeveloperName": name,
            "MasterLabel": effect.address,
            "Language": "en_US",
            "FromIpAddress": effect.address,
            "Description": effect.comment[:1000] or None,
            "OwnerType": AGENT_RULE,
        }
        self.create(effect.agent_id, "LiveChatBlockingRule", values, at)

    @property
    def automated_process(self) -> str:
        """The user to whom belongs what no agent had: missed requests, visitors (R71, a guess)."""
        user = self._org.users.by_username(AUTOMATED_PROCESS_USERNAME)
        return str(user["Id"]) if user else self._org.users.administrator_id

    def create(self, user_id: str, sobject: str, values: Mapping[str, Any], at: int) -> str:
        """Create a record as of a moment of the machine."""
        return self._org.records.create_by_system(
            user_id, sobject, {**values, "CreatedDate": moment(at)} | _modified(at)
        )

    def update(self, user_id: str, sobject: str, id_: str, values: Mapping[str, Any], at: int) -> None:
        """Change a record as of a moment of the machine; one that is gone stays gone."""
        self._org.records.update_by_system(user_id, sobject, id_, {**values} | _modified(at))


def _modified(at: int) -> dict[str, Any]:
    return {"LastModifiedDate": moment(at), "SystemModstamp": moment(at)}


def _custom_name(name: str) -> str:
    """Return the API name of a field that the pre-chat form writes ``c__Email`` (Chat REST API guide; the rule is a guess)."""
    return f"{name[3:]}__c" if name.startswith("c__") else name
