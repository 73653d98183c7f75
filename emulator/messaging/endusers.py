"""The end user's side: his conversations, what he sends and reads, and how he ends it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from ..errors import OrgError
from ..org.org import Org
from ..running.records import SystemRecords
from ..store import Transaction
from . import events
from .effects import Entry
from .enduser_rows import end_user_row
from .incoming import Letter
from .refusals import ConversationClosed, RuleRefused, Unknown
from .runtime import MessagingRuntime
from .setup import Deployment, Setup
from .state import Conversation, Role, State, Status
from .tokens import BadRequest, Token

GUEST: Final = "Guest"
"""Name of an end user who has given none (recorded in ``senderDisplayName`` and MessagingEndUser.Name)."""
NAME_ATTRIBUTES: Final = ("_firstName", "_lastName")
INITIAL: Final = "INITIAL"
NEEDS_ROUTING: Final = "NEEDS_ROUTING"
ROUTED: Final = "ROUTED"
TRANSFER: Final = "TRANSFER"
MESSAGE: Final = "Message"


class NotOwner(OrgError):
    """The conversation is another end user's."""

    def __init__(self) -> None:
        super().__init__("FORBIDDEN", "the access token is not that of an end user of this conversation")


class ConversationExists(RuleRefused):
    """A conversation is begun once. That a second time is refused is a guess: it is not documented."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"there is a conversation {conversation_id} already", "DUPLICATE_CONVERSATION")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client is told of an entry that was taken. time: when it came, milliseconds since 1970."""

    id: str
    time: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Conversations of an end user, the newest first, and how many of each kind he has in all."""

    open_found: int
    closed_found: int
    conversations: tuple[Conversation, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Which entries are asked for. start, end: milliseconds since 1970, inclusive; types: none means all."""

    limit: int
    start: int = 0
    end: int | None = None
    from_start: bool = False
    types: Collection[str] = ()


class EndUsers:
    """All end users of one org. Each call is made for the end user of a token, and touches conversations of his own alone."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.runtime = org.room(MessagingRuntime)
        self._records = SystemRecords(org)

    # --- conversations --------------------------------------------------------------------------------------------------

    def begin(
        self,
        who: Token,
        conversation_id: str,
        attributes: tuple[tuple[str, str], ...] = (),
        language: str | None = None,
        deployment_name: str | None = None,
    ) -> None:
        """Begin a conversation, and a session with it. deployment_name: what the client says; it is the token's.

        Raises `Unknown`, `BadRequest`, `ConversationExists`, `NotOwner` where it is another's, and `ConversationClosed` for an
        app that is locked out.
        """
        name = self.deployment_name(who, deployment_name)
        self._check_new(who, conversation_id)

        def come(transaction: Transaction, now: int) -> events.OpenConversation:
            self._check_new(who, conversation_id)  # again: somebody may have been faster
            deployment = self._deployment(name)
            lost = self._locked_out(who, deployment)
            if lost is not None:
                raise ConversationClosed(lost.id)
            shown = _name(attributes, who)
            end_user_id, consent = end_user_row(self._records, transaction, deployment.channel, who.subject, shown, now)
            return events.OpenConversation(
                conversation_id, name, who.subject, end_user_id, shown, who.platform, who.is_verified, language, attributes,
                consent=consent, client=who.client,
            )  # fmt: skip

        self.runtime.stepping(come)

    def _locked_out(self, who: Token, deployment: Deployment) -> Conversation | None:
        """Return the closed conversation that an app with an old mobile SDK stays in for good; None for any other client.

        "For a mobile deployment, you must use the latest SDK version … If your app doesn't account for this, users may be permanently
        prevented from continuing messaging" (Salesforce Help, miaw_session_based_chat). Such an app keeps the id of the conversation
        that ended with its session: whatever it sends there is refused, and it never comes to a new one. Here that is a client of the
        platform ``Mobile`` whose capabilitiesVersion is an old SDK's (`Token.is_old_mobile_sdk`); a guess in its details.
        """
        if not who.is_old_mobile_sdk or not deployment.channel.ends_with_session:
            return None
        mine = self._all_of(who)
        if any(one.is_open for one in mine):
            return None
        return next((one for one in reversed(mine) if one.channel_id == deployment.channel.id), None)

    def own(self, who: Token, conversation_id: str) -> Conversation:
        """Return a conversation of an end user, also one that has ended. Raises `Unknown` and `NotOwner`."""
        found = self._find(conversation_id)
        if found is None:
            raise Unknown(f"there is no conversation {conversation_id}")
        if found.subject != who.subject:
            raise NotOwner
        return found

    def routing_status(self, who: Token, conversation_id: str) -> str:
        """Tell how far the routing of a conversation is. When each of the words is used is a guess."""
        conversation = self.own(who, conversation_id)

        def told(setup: Setup, state: State, now: int) -> str:
            session = state.sessions.get(conversation.session_id or "")
            if session is None:
                return ROUTED if conversation.entries else INITIAL
            if session.routing is not None:
                return TRANSFER if session.routing.is_transfer else NEEDS_ROUTING
            return INITIAL if session.status is Status.CONSENT else ROUTED

        return self.runtime.look(told)

    def listing(self, who: Token, with_closed: bool, limit: int) -> Listing:
        """Return an end user's conversations, the open ones alone unless asked for more."""
        mine = self._all_of(who)
        open_ = [one for one in mine if one.is_open]
        shown = mine if with_closed else open_
        closed_found = len(mine) - len(open_) if with_closed else 0
        return Listing(len(open_), closed_found, tuple(reversed(shown[-limit:])))

    def entries(self, who: Token, conversation_id: str, page: Page) -> list[Entry]:
        """Return entries that the end user sees: the newest first, or from the start on."""
        self.own(who, conversation_id)
        with self._org.store.read() as rows:
            return self.runtime.kept.of(
                rows, conversation_id, start=page.start, end=page.end, newest_first=not page.from_start, limit=page.limit,
                types=page.types,
            )  # fmt: skip

    def _check_new(self, who: Token, conversation_id: str) -> None:
        found = self._find(conversation_id)
        if found is not None:
            raise ConversationExists(conversation_id) if found.subject == who.subject else NotOwner

    def _find(self, conversation_id: str) -> Conversation | None:
        found = self.runtime.look(lambda setup, state, now: state.conversations.get(conversation_id))
        return found or self.runtime.closed(conversation_id)

    def _all_of(self, who: Token) -> list[Conversation]:
        """Return an end user's conversations, the oldest first."""
        known = self.runtime.look(
            lambda setup, state, now: [one for one in state.conversations.values() if one.subject == who.subject]
        )
        return sorted((*known, *self.runtime.closed_of(who.subject)), key=lambda one: one.number)

    def _deployment(self, name: str) -> Deployment:
        found = self.runtime.look(lambda setup, state, now: setup.deployments.get(name))
        if found is None:
            raise Unknown(f"there is no published deployment {name}")
        return found

    @staticmethod
    def deployment_name(who: Token, given: Any) -> str:
        """Return the deployment of a call: the token's, which the client may say again. Raises `BadRequest` for another one."""
        if given is not None and given != who.deployment:
            raise BadRequest(f"esDeveloperName is {who.deployment}, for which the access token was given")
        return who.deployment

    # --- what he sends --------------------------------------------------------------------------------------------------

    def send(self, who: Token, conversation_id: str, letter: Letter, files: tuple[str, ...] = ()) -> tuple[Sent, ...]:
        """Send messages, in order and all or none; one that has come before is told again and kept once.

        That a message sent twice is kept once is a guess: clients make its id so that they can. files: ids of ContentVersions that
        the first message carries. Raises `ConversationClosed` and `PrechatRequired`.
        """
        with self.runtime.waiters.held(), self._org.transaction() as transaction:
            self.own(who, conversation_id)
            known = self._sent_before(transaction, conversation_id, letter)
            if known:
                return known
            self._open(who, conversation_id)
            return tuple(
                self._send_one(who, conversation_id, letter, place, files if place == 0 else ())
                for place in range(len(letter.said))
            )

    def _sent_before(self, transaction: Transaction, conversation_id: str, letter: Letter) -> tuple[Sent, ...]:
        found = [self.runtime.kept.find(transaction, conversation_id, one.id) for one in letter.said]
        known = [entry for entry in found if entry is not None]
        if any(entry.type != MESSAGE or entry.role is not Role.END_USER for entry in known):
            raise BadRequest("the message id is that of another entry of the conversation")
        return tuple(Sent(entry.id, entry.client_time) for entry in known)

    def _send_one(self, who: Token, conversation_id: str, letter: Letter, place: int, files: tuple[str, ...]) -> Sent:
        said, is_first = letter.said[place], place == 0

        def write(transaction: Transaction, now: int) -> events.EndUserWrites:
            message = events.Message(said.id, said.abstract, said.text, now, who.client, files)
            return events.EndUserWrites(
                conversation_id, message, letter.is_new_session and is_first, letter.attributes if is_first else (),
                letter.language,
            )  # fmt: skip

        event = self.runtime.stepping(write)
        return Sent(said.id, event.message.client_time or 0)

    def type(self, who: Token, conversation_id: str, entry_id: str, is_typing: bool) -> Sent:
        """Show the reps that the end user types, or has stopped."""
        self._open(who, conversation_id)
        self.runtime.step(events.EndUserTypes(conversation_id, entry_id, is_typing, who.client))
        return Sent(entry_id, self.runtime.now())

    def acknowledge(self, who: Token, conversation_id: str, acks: tuple[tuple[str, str, str], ...]) -> tuple[Sent, ...]:
        """Tell the reps that messages came, or were read: each with the id of the acknowledgement, of the message, and the kind.

        Raises `Unknown` for a message that is not there.
        """
        with self.runtime.waiters.held(), self._org.transaction() as transaction:
            self._open(who, conversation_id)
            for id_, message_id, kind in acks:
                if self.runtime.kept.find(transaction, conversation_id, message_id) is None:
                    raise Unknown(f"there is no entry {message_id} in the conversation {conversation_id}")
                self.runtime.step(events.EndUserAcknowledges(conversation_id, id_, message_id, kind, who.client))
        return tuple(Sent(id_, self.runtime.now()) for id_, _, _ in acks)

    def end_session(self, who: Token, conversation_id: str) -> None:
        """End the session that runs. Raises `Unknown` where none does."""
        self._open(who, conversation_id)
        self.runtime.step(events.EndUserEndsSession(conversation_id))

    def close(self, who: Token, conversation_id: str) -> None:
        """Close the conversation for good."""
        self._open(who, conversation_id)
        self.runtime.step(events.EndUserCloses(conversation_id))

    def _open(self, who: Token, conversation_id: str) -> Conversation:
        """Return an end user's conversation that has not ended. Raises `ConversationClosed`."""
        found = self.own(who, conversation_id)
        if not found.is_open:
            raise ConversationClosed(conversation_id)
        return found


def _name(attributes: tuple[tuple[str, str], ...], who: Token) -> str:
    """Return what an end user is called: the name of the pre-chat form, for a verified one else who he is to the customer."""
    given = dict(attributes)
    name = " ".join(filter(None, (given.get(one, "").strip() for one in NAME_ATTRIBUTES)))
    if name:
        return name
    return who.subject.rpartition("uid:")[2] if who.is_verified else GUEST
