"""Takes the history of a conversation into the org: its channel, its conversation and session are found or made."""

from typing import Any, Final

from ..org.org import Org
from ..running.records import SystemRecords
from ..store import Transaction
from . import events
from .enduser_rows import end_user_row
from .history import History, InteractionRefused
from .runtime import MessagingRuntime
from .setup import EMBEDDED, Deployment, Setup
from .state import Conversation, State

EMBEDDED_CONTEXT: Final = "EmbeddedMessagingChannel"
CUSTOM_CONTEXT: Final = "ConversationChannelDefinition"
CONTEXTS: Final = (EMBEDDED_CONTEXT, CUSTOM_CONTEXT)
"""AuthorizationContextType: of Enhanced Web Chat, and of Bring Your Own Channel, whose channels nobody writes in by here."""
GUEST: Final = "Guest"
NO_CHANNEL: Final = "The channelAddressIdentifier provided does not exist."
NOT_ACTIVE: Final = "The channelAddressIdentifier provided is not active."
WRONG_CHANNEL: Final = 'The channel type for the provided "to"/"channelAddressIdentifier" field isn\'t valid.'


class TakingOver:
    """Takes over what was said elsewhere, for one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._runtime = org.room(MessagingRuntime)
        self._records = SystemRecords(org)

    def now(self) -> int:
        return self._runtime.now()

    def take(self, history: History, context: str) -> str:
        """Add a history to its conversation, which is begun where there is none; return the id of the messaging session.

        A session that is begun by it is routed at once: the platform leaves that to a call of its route API, which is not emulated.
        """
        with self._runtime.waiters.held(), self._org.transaction() as transaction:
            deployment = self._deployment(history.address, context)
            conversation = self._find(history, deployment)
            id_ = conversation.id if conversation else self._begin(history, deployment)
            if any(self._runtime.kept.find(transaction, id_, one.id) for one in history.entries):
                raise InteractionRefused(10073)
            self._runtime.step(events.AddHistory(id_, tuple(map(_entry, history.entries))))
            return self._session_of(transaction, id_)

    def _deployment(self, address: str, context: str) -> Deployment:
        """Return the deployment of a channel by its address. Raises `InteractionRefused`."""

        def found(setup: Setup, state: State, now: int) -> Deployment | None:
            return next((one for one in setup.deployments.values() if one.channel.address == address), None)

        deployment = self._runtime.look(found)
        if deployment is None:
            with self._org.transaction() as transaction:
                known = self._records.newest(transaction, "MessagingChannel", {"MessagingPlatformKey": address})
            raise InteractionRefused(10017, NO_CHANNEL) if known is None else InteractionRefused(10031, NOT_ACTIVE)
        if deployment.channel.type != EMBEDDED or context != EMBEDDED_CONTEXT:
            raise InteractionRefused(10002, WRONG_CHANNEL)
        if not deployment.channel.is_active:
            raise InteractionRefused(10031, NOT_ACTIVE)
        return deployment

    def _find(self, history: History, deployment: Deployment) -> Conversation | None:
        """Return the conversation that a history belongs to: the one it names, or the end user's last open one of the channel."""

        def found(setup: Setup, state: State, now: int) -> Conversation | None:
            own = [
                one
                for one in state.conversations.values()
                if one.is_open and one.channel_id == deployment.channel.id and one.subject == history.end_user.subject
            ]
            if history.conversation_id is not None:
                own = [one for one in own if one.id == history.conversation_id]
            return max(own, key=lambda one: one.number, default=None)

        conversation = self._runtime.look(found)
        if conversation is None and history.conversation_id is not None:
            raise InteractionRefused(10018)
        return conversation

    def _begin(self, history: History, deployment: Deployment) -> str:
        who = history.end_user

        def begin(transaction: Transaction, now: int) -> events.OpenConversation:
            name = who.name or GUEST
            end_user_id, consent = end_user_row(self._records, transaction, deployment.channel, who.subject, name, now)
            id_ = self._org.ids.next_uuid(transaction, "messaging")
            return events.OpenConversation(
                id_, deployment.name, who.subject, end_user_id, name, deployment.platform, consent=consent
            )

        return self._runtime.stepping(begin).conversation_id

    def _session_of(self, transaction: Transaction, conversation_id: str) -> str:
        record = self._records.newest(transaction, "Conversation", {"ConversationIdentifier": conversation_id}) or ""
        return self._records.newest(transaction, "MessagingSession", {"ConversationId": record}) or ""


def _entry(past: Any) -> dict[str, Any]:
    return {
        "id": past.id,
        "role": past.sender.role,
        "subject": past.sender.subject,
        "appType": past.sender.app_type,
        "name": past.sender.name,
        "time": past.time,
        "abstract": past.abstract,
        "text": past.text,
    }
