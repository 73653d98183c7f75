"""The visitor's side: sessions of visitors' clients, what they post and what they fetch.

A session begins before the chat and has its id as the chat's key. Its calls carry a sequence number, so that one that is sent
twice happens once (Chat REST API guide, "Request Headers").
"""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ..errors import OrgError
from ..org.org import Org
from ..running.codec import decode, encode
from ..store import Transaction
from . import chatbots, events, notices, prechat, routing
from .draft import Draft
from .mailbox import Mail
from .refusals import RuleRefused, Unknown
from .runtime import ChatRuntime
from .setup import Button, Desk, EnforcedOn
from .state import Attempt, Chat, Role, Stage, State

VISITOR: Final = "visitor"
LAST_WORDS: Final = frozenset({"ChatEnded", "ChatRequestFail"})
"""Messages after which a session is over, once they are fetched."""
Json = Mapping[str, Any]


class SessionInvalid(OrgError):
    """The key of a call is that of no session, or of one that is over."""

    def __init__(self) -> None:
        super().__init__("FORBIDDEN", "Session required but was invalid or not found")


@dataclass(frozen=True, slots=True)
class VisitorSession:
    """A session of a visitor's client.

    id: the chat's key. key: what its calls show. sequence: the last number of a post. fetched: number of the last message that a
    poll was given. base: messages up to this number are not sent again after a reconnect. last_word: number of the message that ended the chat,
    once a poll was given it.
    """

    id: str
    key: str
    affinity: str
    visitor_id: str = ""
    sequence: int = 0
    fetched: int = 0
    base: int = 0
    offset: int = 0
    has_asked: bool = False
    last_word: int = 0
    is_over: bool = False


class PolledTwice(OrgError):
    """A second poll came while one was held: the chat is over."""

    def __init__(self) -> None:
        super().__init__("CONFLICT", "Duplicate long poll: the session was ended")


class Rerouted(OrgError):
    """The session has another affinity token than the call showed: the client has to reconnect."""

    def __init__(self) -> None:
        super().__init__("SERVER_UNAVAILABLE", "Invalid Affinity Token")


class HeldPoll:
    """A poll that waits. is_gone tells whether its client has hung up: another one may take its place then."""

    def __init__(self, is_gone: Callable[[], bool]) -> None:
        self.is_gone = is_gone


class VisitorDesk:
    """All sessions of visitors' clients in one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._runtime = org.room(ChatRuntime)
        self._polls: dict[str, HeldPoll] = {}
        self._polls_lock = threading.Lock()

    # --- sessions -------------------------------------------------------------------------------------------------------

    def begin(self) -> VisitorSession:
        """Begin a session."""
        with self._org.transaction() as transaction:
            id_ = self._org.ids.next_uuid(transaction, "chat")
            secret = b64encode(self._org.chance.octets(16)).decode()
            session = VisitorSession(id_, f"{id_}!{self._runtime.now() * 1000}!{secret}", self._org.chance.digits(4))
            self._put(transaction, session)
        return session

    def find(self, key: str) -> VisitorSession:
        """Return the session that a call shows the key of. Raises `SessionInvalid`."""
        session = self._kept(key)
        if session is None or session.is_over:
            raise SessionInvalid
        return session

    def _kept(self, key: str) -> VisitorSession | None:
        """Return the session of a key, also one that is over; None where there is none."""
        if not is_plain(key):
            return None
        place = self._org.store.placeholder
        found = self._org.store.select(
            f'SELECT body FROM "_chat" WHERE kind = {place} AND key = {place}', [VISITOR, key]
        )
        return decode(VisitorSession, found[0][0]) if found else None

    def admitted(self, key: str, affinity: str) -> VisitorSession:
        """Return the session of a call that shows both tokens. Raises `SessionInvalid` and `Rerouted`."""
        session = self.find(key)
        if affinity != session.affinity:
            raise Rerouted
        return session

    def end(self, session: VisitorSession) -> None:
        """End a session; a chat of it ends too, and a poll that is held is let go."""
        self._lose(session)
        self._change(session, is_over=True)
        self._runtime.waiters.wake(session.id)

    def _lose(self, session: VisitorSession) -> None:
        try:
            self._runtime.step(events.VisitorLost(session.id))
        except Unknown:  # it never asked for a chat, or the chat is over
            return

    def visitor_id(self, *known: Any) -> str:
        """Return the session key of a visitor's computer, by which it is known again: the first that is one, or a new one."""
        for text in known:
            if prechat.is_key(text):
                return str(text)
        with self._org.transaction() as transaction:
            return self._org.ids.next_uuid(transaction, "visitor")

    def _put(self, transaction: Transaction, session: VisitorSession) -> None:
        place = self._org.store.placeholder
        transaction.run(
            f'INSERT INTO "_chat" (kind, key, body) VALUES ({place}, {place}, {place})'
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            [VISITOR, session.key, encode(session)],
        )

    def _forget(self, session: VisitorSession) -> None:
        """Drop a session whose client has read all, and its mailbox."""
        with self._org.transaction() as transaction:
            place = self._org.store.placeholder
            transaction.run(f'DELETE FROM "_chat" WHERE kind = {place} AND key = {place}', [VISITOR, session.key])
            self._runtime.mailboxes.drop(transaction, session.id)

    def _change(self, session: VisitorSession, **changes: Any) -> VisitorSession:
        with self._org.transaction() as transaction:
            changed = replace(self.find(session.key), **changes)
            self._put(transaction, changed)
        return changed

    # --- posts ----------------------------------------------------------------------------------------------------------

    def post(self, session: VisitorSession, sequence: int | None, act: Callable[[VisitorSession], None]) -> None:
        """Let a post happen once: a number that came before is acknowledged and does nothing.

        A gap is taken as it comes: what a client lost on the way it sends under a new number (a guess).
        """
        with self._runtime.waiters.held(), self._org.transaction():
            current = self.find(session.key)
            if current.last_word:
                raise SessionInvalid
            if sequence is not None and sequence <= current.sequence:
                return
            act(current)
            if sequence is not None:
                self._change(session, sequence=sequence)

    def ask(
        self, session: VisitorSession, body: Json, ip_address: str | None, headers: Mapping[str, str], cookie: str
    ) -> None:
        """Ask for a chat (ChasitorInit). The visitor is the one of the tracking id, of the cookie, or a new one."""
        if session.has_asked:
            raise prechat.BadBody("the session has asked for a chat already")
        visitor = prechat.visitor_of(body, self.visitor_id(body.get("trackingId"), cookie), ip_address, headers)
        self._change(session, has_asked=True, visitor_id=visitor.session_key)
        if body.get("isPost") is not True:
            self._tell(session, "ChatRequestFail", reason="NoPost", attachedRecords=[])
            return
        deployment_id = prechat.record_id(body, "deploymentId")
        attempts = prechat.attempts_of(body)
        if not self._runtime.look(lambda desk, state, now: _is_known(desk, deployment_id, attempts)):
            self._tell(session, "ChatRequestFail", reason="Unavailable", attachedRecords=[])
            return
        self._runtime.step(events.AskForChat(session.id, visitor, deployment_id, attempts))

    def _tell(self, session: VisitorSession, type_: str, **message: Any) -> None:
        with self._org.transaction() as transaction:
            self._runtime.mailboxes.put(transaction, session.id, type_, message)
        self._runtime.waiters.wake(session.id)

    def happens(self, event: events.Event) -> None:
        """Let something happen in the visitor's chat; after its end it is acknowledged and does nothing."""
        try:
            self._runtime.step(event)
        except (Unknown, RuleRefused):
            return

    def browse(self, visitor_key: str, location: str) -> None:
        """Note the page that a visitor looks at in all chats that he has now."""
        for key in self._runtime.look(lambda desk, state, now: _chats_of(state, visitor_key)):
            self.happens(events.VisitorBrowses(key, location))

    def agent_applied(self, chat_key: str, rules: frozenset[str]) -> None:
        """Note that an agent's console has applied sensitive-data rules. Raises `SessionInvalid` where there is no such chat."""
        try:
            self._runtime.step(events.RulesApplied(chat_key, EnforcedOn.AGENT, rules))
        except Unknown:
            raise SessionInvalid from None
        except RuleRefused:
            return

    # --- polls ----------------------------------------------------------------------------------------------------------

    def fetch(
        self, session: VisitorSession, ack: int, seconds: float, is_gone: Callable[[], bool]
    ) -> tuple[VisitorSession, list[Mail]]:
        """Return the messages behind a number, as soon as there are some within real seconds; none after that.

        While a poll is held, the visitor's connection stands (R35). Raises `PolledTwice` for a second poll at a time, unless
        the first one's client has hung up, and `SessionInvalid` once the message that ended the chat is acknowledged.
        """
        if session.last_word and ack >= session.last_word:
            self._forget(session)
            raise SessionInvalid
        poll = self._hold(session, is_gone)
        try:
            self._seen(session, is_polling=True)
            after = max(ack, session.base)
            found = self._runtime.waiters.wait(session.id, seconds, lambda: self._mail(session, after, poll))
        finally:
            with self._polls_lock:
                is_current = self._polls.get(session.key) is poll
                if is_current:
                    del self._polls[session.key]
            if is_current:
                self._seen(session, is_polling=False)
        if not found:
            return session, []
        last_word = next((mail.number for mail in found if mail.type in LAST_WORDS), 0)
        return self._fetched(session, found, last_word), found

    def _hold(self, session: VisitorSession, is_gone: Callable[[], bool]) -> HeldPoll:
        """Return a new poll in the place of one whose client has hung up. Raises `PolledTwice` for another one at a time."""
        poll = HeldPoll(is_gone)
        with self._polls_lock:
            held = self._polls.get(session.key)
            is_second = held is not None and not held.is_gone()
            if not is_second:
                self._polls[session.key] = poll
        if is_second:
            self.end(session)
            raise PolledTwice
        if held is not None:
            self._runtime.waiters.wake(session.id)
        return poll

    def _mail(self, session: VisitorSession, after: int, poll: HeldPoll) -> list[Mail] | None:
        """Return what a poll is given: nothing at all when the session or the poll is over, None while it has to wait.

        Raises `Rerouted` when the session's place was changed under it, and `SessionInvalid` when nothing is left of it: the org
        was reset.
        """
        if self._polls.get(session.key) is not poll:
            return []
        current = self._kept(session.key)
        if current is None:
            raise SessionInvalid
        if not current.is_over and current.affinity != session.affinity:
            raise Rerouted
        found = self._runtime.mail(session.id, after)
        return found if current.is_over else found or None

    def stop_waiting(self) -> None:
        """Let all polls go that are held."""
        self._runtime.waiters.close()

    def _fetched(self, session: VisitorSession, found: list[Mail], last_word: int) -> VisitorSession:
        """Note how far a session has read; one that was ended meanwhile stays ended."""
        try:
            return self._change(
                session, fetched=found[-1].number, offset=session.offset + len(found), last_word=last_word
            )
        except SessionInvalid:
            return session

    def _seen(self, session: VisitorSession, is_polling: bool) -> None:
        self.happens(events.VisitorSeen(session.id, is_polling))

    def reconnect(self, session: VisitorSession) -> VisitorSession:
        """Give a session another affinity token; its posts are numbered from 1 again (guide, "ReconnectSession")."""
        return self._change(session, affinity=self._org.chance.digits(4), sequence=0)

    def reroute(self, chat_key: str) -> None:
        """Let the calls of a session be refused until it reconnects, as when the platform moves it. Raises `Unknown`."""
        place = self._org.store.placeholder
        begin = f"{chat_key}!"
        sql = f'SELECT body FROM "_chat" WHERE kind = {place} AND substr(key, 1, {len(begin)}) = {place}'
        found = self._org.store.select(sql, [VISITOR, begin]) if is_plain(chat_key) else []
        session = decode(VisitorSession, found[0][0]) if found else None
        if session is None or session.is_over:
            raise Unknown(f"there is no session {chat_key}")
        self._change(session, affinity=self._org.chance.digits(4))
        self._runtime.waiters.wake(session.id)

    def resync(self, session: VisitorSession) -> None:
        """Send the chat as it stands as the first message after a reconnect (guide, "ChasitorSessionData")."""

        def standing(desk: Desk, state: State, now: int) -> Json | None:
            chat = state.chats.get(session.id)
            return session_data(Draft(desk, state, now), chat) if chat else None

        data = self._runtime.look(standing)
        with self._org.transaction() as transaction:
            mailboxes = self._runtime.mailboxes
            last = mailboxes.last(transaction, session.id)
            unread = [
                mail for mail in mailboxes.after(transaction, session.id, session.fetched) if mail.type in LAST_WORDS
            ]
            if data is not None:
                mailboxes.put(transaction, session.id, "ChasitorSessionData", data)
            for mail in unread:  # a chat that is over has no standing, but its end must be told
                mailboxes.put(transaction, session.id, mail.type, mail.message)
            self._change(session, base=last)
        self._runtime.waiters.wake(session.id)

    # --- before a chat --------------------------------------------------------------------------------------------------

    def buttons(self, ids: tuple[str, ...]) -> list[tuple[str, Button | None]]:
        """Return the button of each id, as it was written; None where there is none."""
        return self._runtime.look(
            lambda desk, state, now: [
                (id_, desk.buttons.get(prechat.record_id({"id": id_}, "id") or "")) for id_ in ids
            ]
        )

    def availability(self, ids: tuple[str, ...], with_wait: bool) -> list[Json]:
        """Return for each button or agent whether it is available; `isAvailable` is left out where it is not."""
        return self._runtime.look(
            lambda desk, state, now: [_available(Draft(desk, state, now), id_, with_wait) for id_ in ids]
        )


def is_plain(key: str) -> bool:
    """Tell whether a text can be the key of a session; a database may refuse to look for another."""
    return key.isascii() and key.isprintable()


def _is_known(desk: Desk, deployment_id: str | None, attempts: tuple[Attempt, ...]) -> bool:
    return deployment_id in desk.deployments and bool(attempts)


def _chats_of(state: State, visitor_key: str) -> list[str]:
    return [chat.key for chat in state.chats.values() if chat.visitor.session_key == visitor_key]


def _available(draft: Draft, id_: str, with_wait: bool) -> Json:
    known = prechat.record_id({"id": id_}, "id")
    entry: dict[str, Any] = {"id": id_}
    if known is None:
        return entry
    if known.startswith("005"):
        is_available = draft.is_available(known)
    else:
        is_available = chatbots.answers_at(draft, known) or routing.refusal(draft, known) is None
    if is_available:
        entry["isAvailable"] = True
    if with_wait and known in draft.desk.buttons:
        average = draft.waits.get(known)
        entry["estimatedWaitTime"] = notices.UNKNOWN_WAIT if average is None else int(average)
    return entry


def session_data(draft: Draft, chat: Chat) -> Json:
    """Return what a client that comes back needs to show the chat again."""
    agent_id = chat.talking[0].agent_id if chat.talking else None
    return {
        "queuePosition": chat.queueing.position if chat.queueing else 0,
        **notices.pages(draft, chat),
        "sneakPeekEnabled": draft.settings(agent_id).sneak_peek if agent_id else False,
        "isEnded": chat.stage is Stage.ENDED,
        "chatMessages": [{**entry, "sequence": number} for number, entry in enumerate(_entries(draft, chat), start=1)],
    }


def _entries(draft: Draft, chat: Chat) -> Iterator[dict[str, Any]]:
    """Yield what was said, whispers apart, and who took the chat over (guide, "TranscriptEntry"; that text is empty, a guess)."""
    transfers = [step for step in chat.happenings if step.type == "Transfer" and step.agent_id]
    for place in range(len(chat.messages) + 1):
        for step in transfers:
            if step.messages_before == place:
                name = notices.shown_name(draft, chat, step.agent_id or "")
                yield {"type": "OperatorTransferred", "name": name, "content": "", "timestamp": step.time * 1000}
        for message in chat.messages[place : place + 1]:
            if not message.is_whisper:
                type_ = "Chasitor" if message.role is Role.VISITOR else "Agent"
                yield {"type": type_, "name": message.name, "content": message.text, "timestamp": message.time * 1000}
