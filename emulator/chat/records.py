"""What chats leave in the org: sessions, visitors, transcripts, events, blocking rules. The one room of records writes them."""

from collections.abc import Iterator
from typing import Any, Final

from ...schemas.field import SObject
from ..running.moments import moment
from ..running.records import SystemRecords, fitted
from ..store import Transaction
from .desk import developer_name
from .effects import BlockAddress, KeepSession, MakeTranscript
from .fitting import answer_value, lookup_of
from .session import session_values
from .setup import Desk
from .state import Chat
from .transcript import event_values, owner_of, transcript_values

AGENT_RULE: Final = "Agent"
"""LiveChatBlockingRule.OwnerType of a rule that an agent's block made (R41; what the values mean is a guess)."""


class RecordsOut(SystemRecords):
    """Writes the records of one org's chats, as of a moment of the machine."""

    def begin_session(self, agent_id: str, transaction: Transaction, at: int) -> str:
        """Make the LiveAgentSession of a login; return its id (R3)."""
        values = {"AgentId": agent_id, "OwnerId": agent_id, "LoginTime": moment(at), "LogoutTime": moment(at)}
        return self.create(agent_id, "LiveAgentSession", values, transaction, at)

    def keep_session(self, effect: KeepSession, transaction: Transaction, at: int) -> None:
        """Write an agent's session as it is now; one that somebody has deleted stays deleted (R6)."""
        agent = effect.agent
        self.update(agent.id, "LiveAgentSession", agent.session_id, session_values(effect), transaction, at)

    def transcribe(self, effect: MakeTranscript, desk: Desk, transaction: Transaction, at: int) -> str:
        """Write the transcript of a chat and then its events; return the transcript's id (R56, R60)."""
        chat = effect.chat
        values = self.transcript_values(chat, desk, transaction, at)
        transcript_id = self.create(values["OwnerId"], "LiveChatTranscript", values, transaction, at)
        self.name_skills(transcript_id, chat, desk, values["OwnerId"], transaction, at)
        self.tell_events(transcript_id, chat, values["OwnerId"], transaction, at)
        return transcript_id

    def tell_events(self, transcript_id: str, chat: Chat, user_id: str, transaction: Transaction, at: int) -> None:
        """Write the steps of a chat, in their order (R60)."""
        for event in event_values(chat):
            values = event | {"LiveChatTranscriptId": transcript_id}
            self.create(user_id, "LiveChatTranscriptEvent", values, transaction, at)

    def name_skills(
        self, transcript_id: str, chat: Chat, desk: Desk, user_id: str, transaction: Transaction, at: int
    ) -> None:
        """Write the skills of a chat whose button asks for several; one alone stands in the transcript itself.

        LiveChatTranscriptSkill is documented as the junction of multi-skill routing; when rows are made is a guess.
        """
        button = desk.buttons.get(chat.button_id or "")
        if button is None or len(button.skills) < 2:
            return
        for skill_id in button.skills:
            values = {"TranscriptId": transcript_id, "SkillId": skill_id}
            self.create(user_id, "LiveChatTranscriptSkill", values, transaction, at)

    def transcript_values(self, chat: Chat, desk: Desk, transaction: Transaction, at: int) -> dict[str, Any]:
        """Return all fields of a chat's transcript, as a row holds them."""
        values = transcript_values(chat, desk)
        sobject = self._org.catalog.get("LiveChatTranscript")
        answers = dict(self._answers(chat, sobject))
        values = {name: value for name, value in answers.items() if name not in values} | values
        for record in chat.attached:
            field = lookup_of(sobject, record.transcript_field or "", record.sobject)
            if field is not None:
                values[field.name] = record.record_id
        values["OwnerId"] = owner_of(chat) or self.automated_process
        values["LiveChatVisitorId"] = self.visitor(chat.visitor.session_key, transaction, at)
        return {name: value for name, value in values.items() if value is not None}

    def _answers(self, chat: Chat, sobject: SObject) -> Iterator[tuple[str, Any]]:
        """Yield what the answers of the pre-chat form put into fields of the transcript."""
        for detail in chat.visitor.details:
            for name in detail.transcript_fields:
                found = answer_value(self._org, sobject, name, detail.value)
                if found is not None:
                    yield found

    def visitor(self, session_key: str, transaction: Transaction, at: int) -> str:
        """Return the LiveChatVisitor of a visitor's computer; the first chat makes it (R59)."""
        sobject = self._org.catalog.get("LiveChatVisitor")
        values = fitted(self._org, transaction, sobject, {"SessionKey": session_key})
        found = self.newest(transaction, "LiveChatVisitor", values)
        return found or self.create(self.automated_process, "LiveChatVisitor", values, transaction, at)

    def block(self, effect: BlockAddress, transaction: Transaction, at: int) -> None:
        """Write the rule that keeps a visitor's address out, if the same second has not made it already (R41)."""
        name = developer_name(f"Blocked {effect.address} {at}")
        if self.newest(transaction, "LiveChatBlockingRule", {"DeveloperName": name}) is not None:
            return
        values = {
            "DeveloperName": name,
            "MasterLabel": effect.address,
            "Language": "en_US",
            "FromIpAddress": effect.address,
            "Description": effect.comment or None,
            "OwnerType": AGENT_RULE,
        }
        self.create(effect.agent_id, "LiveChatBlockingRule", values, transaction, at)
