"""What enhanced chat leaves in the org: conversations, sessions, participants, consent, measures. The one room of records writes them."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from ..org.org import Org
from ..running.moments import moment
from ..running.records import SystemRecords
from ..store import Transaction
from . import effects
from .entries import APP_TYPES
from .entry_rows import entry_rows
from .kept import Entries
from .omni import OmniRecords
from .setup import Channel, Setup
from .state import OPTED_OUT, Conversation, Participant, Replies, Role, Session

OPT_INS: Final = ("ImplicitlyOptedIn", "ExplicitlyOptedIn", "DoublyOptedIn")
"""MessagingEndUser.MessagingConsentStatus from the weakest consent to the strongest."""
NEEDED: Final = {"ImplicitOptIn": 0, "ExplicitOptIn": 1, "DoubleOptIn": 2}
"""MessagingChannel.ConsentType, and the first consent that is enough for it."""


class MessagingRecords(SystemRecords):
    """Writes the records of one org's enhanced chat, as of moments of the machine in milliseconds."""

    def __init__(self, org: Org) -> None:
        super().__init__(org)
        self._entries = Entries(org.store)
        self._omni = OmniRecords(org)

    def carry_out(self, effect: effects.Effect, setup: Setup, transaction: Transaction, at_ms: int) -> None:
        """Write the rows that an effect asks for; effects that ask for none do nothing here."""
        at = at_ms // 1000
        match effect:
            case effects.AddEntry():
                self._preview(effect, transaction, at)
            case effects.KeepConversation():
                self._conversation(effect, transaction, at)
            case effects.KeepSession():
                self._session(effect, transaction, at)
            case effects.KeepParticipant():
                self._participant(effect, transaction, at)
            case effects.KeepConsent():
                self._consent(effect, setup, transaction, at)
            case effects.SessionOver():
                self._metrics(effect, transaction, at)
            case effects.SessionClosed():
                self._entry_rows(effect, setup, transaction, at)
            case effects.KeepRouting():
                self._omni.keep_routing(effect, setup, transaction, at)
            case effects.DropRouting():
                self._omni.drop_routing(effect, at)
            case effects.KeepWork():
                self._omni.keep_work(effect, transaction, at_ms)
            case effects.KeepPresence():
                self._omni.keep_presence(effect, transaction, at_ms)

    def _keep(
        self, sobject: str, id_: str, values: dict[str, Any], transaction: Transaction, at: float, *, is_new: bool
    ) -> None:
        """Write a row that belongs to the platform, under the id that the machine has for it."""
        if is_new:
            self.create_unless_orphaned(self.automated_process, sobject, values, transaction, at, id_)
        else:
            self.update(self.automated_process, sobject, id_, values, transaction, at)

    def _conversation(self, effect: effects.KeepConversation, transaction: Transaction, at: float) -> None:
        conversation = effect.conversation
        values = {
            "ConversationIdentifier": conversation.id,
            "ConversationChannelId": conversation.channel_id,
            "StartTime": _moment(conversation.started),
            "EndTime": _moment(conversation.ended),
        }
        self._keep("Conversation", conversation.record_id, values, transaction, at, is_new=effect.is_new)

    def _session(self, effect: effects.KeepSession, transaction: Transaction, at: float) -> None:
        values = session_values(effect.session, effect.conversation)
        self._keep("MessagingSession", effect.session.id, values, transaction, at, is_new=effect.is_new)

    def _preview(self, effect: effects.AddEntry, transaction: Transaction, at: float) -> None:
        """Show a message as the session's preview: what was said last."""
        entry = effect.entry
        if entry.type == "Message" and entry.session_id is not None and entry.text:
            values = {"PreviewDetails": entry.text}
            self.update(self.automated_process, "MessagingSession", entry.session_id, values, transaction, at)

    def _participant(self, effect: effects.KeepParticipant, transaction: Transaction, at: float) -> None:
        values = participant_values(effect.participant, effect.conversation)
        self._keep("ConversationParticipant", effect.participant.id, values, transaction, at, is_new=effect.is_new)

    def _consent(self, effect: effects.KeepConsent, setup: Setup, transaction: Transaction, at: float) -> None:
        place = transaction.placeholder
        self._org.store.ensure(self._org.catalog.get("MessagingEndUser"))
        found = transaction.one(
            f'SELECT "MessagingChannelId" FROM "MessagingEndUser" WHERE "Id" = {place}', [effect.end_user_id]
        )
        channel_id = found[0] if found else None
        channels = (deployment.channel for deployment in setup.deployments.values())
        channel = next((one for one in channels if one.id == channel_id), None)
        values = {
            "MessagingConsentStatus": effect.consent,
            "IsFullyOptedIn": is_fully_opted_in(effect.consent, channel.consent_type if channel else "ImplicitOptIn"),
        }
        self.update(self.automated_process, "MessagingEndUser", effect.end_user_id, values, transaction, at)

    def _metrics(self, effect: effects.SessionOver, transaction: Transaction, at: float) -> None:
        for kind, number in metrics(effect.session):
            values = {
                "MessagingSessionId": effect.session.id,
                "MessagingSessionMetricType": kind,
                "MessagingSessionMetricValue": number,
            }
            self.create_unless_orphaned(self.automated_process, "MessagingSessionMetrics", values, transaction, at)

    def _entry_rows(self, effect: effects.SessionClosed, setup: Setup, transaction: Transaction, at: float) -> None:
        conversation = effect.conversation
        deployment = setup.deployments.get(conversation.deployment)
        channel = deployment.channel if deployment else Channel(conversation.channel_id, "", "")
        kept = self._entries.of_session(transaction, effect.session.id)
        before = self.count(transaction, "ConversationEntry", {"ConversationId": conversation.record_id})
        rows = entry_rows(effect.session, conversation, kept, before=before, with_text=channel.entries_on_platform)
        for values in rows:
            self.create_unless_orphaned(self.automated_process, "ConversationEntry", values, transaction, at)


def session_values(session: Session, conversation: Conversation) -> dict[str, Any]:
    """Return the fields of a MessagingSession. Counts of messages stay empty: enhanced sessions have MessagingSessionMetrics.

    SessionKey is an identifier of the session for systems outside; that it is a GUID of its own is a guess.
    """
    return {
        "OwnerId": session.owner_id,
        "MessagingChannelId": conversation.channel_id,
        "MessagingEndUserId": conversation.end_user_id,
        "ConversationId": conversation.record_id,
        "SessionKey": str(uuid5(NAMESPACE_URL, f"chatlift:session:{session.id}")),
        "Status": str(session.status),
        "Origin": session.origin,
        "AgentType": session.agent_type,
        "StartTime": _moment(session.started),
        "AcceptTime": _moment(session.accepted),
        "EndTime": _moment(session.ended),
        "EndedByType": None if session.ended_by is None else str(session.ended_by),
        "EndUserLanguage": conversation.language,
        "PreviewDetails": session.preview or None,
    }


def participant_values(participant: Participant, conversation: Conversation) -> dict[str, Any]:
    """Return the fields of a ConversationParticipant: one row for each time that somebody comes in.

    LastActiveTime is that of his coming or going; that his messages do not move it is a guess.
    """
    entity = {
        Role.END_USER: conversation.end_user_id,
        Role.AGENT: participant.key,
        Role.SUPERVISOR: participant.key,
    }
    return {
        "ConversationId": conversation.record_id,
        "AppType": APP_TYPES[participant.role],
        "ParticipantEntityId": entity.get(participant.role),
        "ParticipantKey": participant.key,
        "ParticipantRole": str(participant.role),
        "ParticipantDisplayName": participant.name,
        "JoinedTime": _moment(participant.joined),
        "LeftTime": _moment(participant.left),
        "LastActiveTime": _moment(participant.left if participant.left is not None else participant.joined),
    }


def metrics(session: Session) -> Iterator[tuple[str, int]]:
    """Yield the six measures of a session that is over; times in whole seconds, 0 where nobody was waited for."""
    yield "AgentMessageCount", session.replies.messages
    yield "EndUserMessageCount", session.answers.messages
    yield "AverageAgentResponseTime", _average(session.replies)
    yield "AverageEndUserResponseTime", _average(session.answers)
    yield "MaxAgentResponseTime", session.replies.longest // 1000
    yield "MaxEndUserResponseTime", session.answers.longest // 1000


def _average(side: Replies) -> int:
    return side.total // side.answers // 1000 if side.answers else 0


def is_fully_opted_in(consent: str, consent_type: str) -> bool:
    """Tell whether an end user's consent reaches what his channel asks for (MessagingEndUser.IsFullyOptedIn)."""
    if consent == OPTED_OUT or consent not in OPT_INS:
        return False
    return OPT_INS.index(consent) >= NEEDED.get(consent_type, 0)


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else moment(milliseconds // 1000)
