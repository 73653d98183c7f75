"""The shell around the machine: load, step, carry out the effects in one transaction, keep, wake whoever waits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ..org.org import Org
from ..running.codec import decode, encode
from ..running.keeping import Keeping
from ..running.ticker import Ticker
from ..running.waiters import Waiters
from ..store import Transaction
from . import effects, events, machine
from .keeping import CLOSED, CLOSED_OF, MESSAGING
from .kept import Entries
from .reading import SetupRows
from .records import MessagingRecords
from .settings import ChannelSettings
from .setup import Setup
from .state import Conversation, State
from .streams import Streams

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)


class OrgIds:
    """Ids that the org gives out inside a transaction."""

    def __init__(self, org: Org, transaction: Transaction) -> None:
        self._org = org
        self._transaction = transaction

    def record(self, sobject: str) -> str:
        return self._org.ids.next_id(self._transaction, self._org.catalog.get(sobject).key_prefix or "")

    def uuid(self) -> str:
        return self._org.ids.next_uuid(self._transaction, "messaging")


class NoIds:
    """Where nothing is made."""

    def record(self, sobject: str) -> str:
        raise AssertionError(f"a {sobject} is made while looking")

    def uuid(self) -> str:
        raise AssertionError("an entry is made while looking")


class MessagingRuntime:
    """Enhanced chat in one org. Safe to use from several threads; `org.room(MessagingRuntime)` is the org's one."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._setup = SetupRows(org)
        self._keeping = Keeping(org.store, MESSAGING)
        self._records = MessagingRecords(org)
        self.settings = ChannelSettings(org)
        self.waiters = Waiters(shared=org.store.dialect != "sqlite")
        self.kept = Entries(org.store)
        self.streams = Streams(org.store, self.waiters)
        self._ticker = Ticker(self.catch_up, "chatlift-messaging-time")

    # --- what an org asks of its rooms --------------------------------------------------------------------------------

    def forget(self) -> None:
        """The rows were replaced, or a transaction was undone: nothing that was read counts any longer."""
        self._keeping.forget()
        self.waiters.wake_all()
        if self._org.has_messaging:
            self._ticker.expect(0.0)

    def catch_up(self) -> None:
        """The clock was moved: whatever is due happens, in order, before this returns."""
        self.step(events.TimePasses())

    def close(self) -> None:
        """Stop the thread that lets time pass, and let everybody go who waits."""
        self._ticker.stop()
        self.waiters.close()

    # --- steps ----------------------------------------------------------------------------------------------------------

    def step(self, event: events.Event) -> None:
        """Let an event happen now, after what fell due before it. Raises `OrgError` when the rules refuse it."""
        self.stepping(lambda transaction, at: event)

    def stepping(self, make: Callable[[Transaction, int], E]) -> E:
        """Make an event inside the step's transaction, and let it happen; return it.

        `make` may write records that the event names: they are undone with it when the rules refuse it.
        """
        told: set[str] = set()
        with self._org.transaction() as transaction:
            self._setup.prepare()  # in here: a reset in between would take the tables away
            setup, before = self._setup.read(transaction), self._keeping.read(transaction)
            now = self.now()
            event = make(transaction, now)
            state, wanted = machine.step(setup, before, event, now, OrgIds(self._org, transaction))
            for moment, effect in wanted:
                self._carry_out(effect, setup, transaction, moment, told)
            whole = self._keeping.write(transaction, before, state)
        self._keeping.remember(whole, state)
        for subject in told:
            self.waiters.wake(subject)
        self._ticker.expect(self._seconds_until(machine.next_due(setup, state, NoIds())))
        return event

    def resume(
        self,
        transaction: Transaction,
        state: State,
        closed: Iterable[Conversation],
        said: Mapping[str, Iterable[effects.Entry]],
    ) -> None:
        """Go on with what was under way elsewhere, beside what is here. said: entries by the ids of conversations."""
        before = self._keeping.read(transaction)
        together: dict[str, Any] = {
            part.attribute: {**getattr(before, part.attribute), **getattr(state, part.attribute)}
            for part in MESSAGING.parts
        }
        numbers: dict[str, Any] = {"serial": max(before.serial, state.serial), "time": max(before.time, state.time)}
        self._keeping.write(transaction, before, replace(before, **together, **numbers))
        for conversation in closed:
            self._keep_closed(conversation, transaction)
        for id_, entries in said.items():
            for entry in entries:
                self.kept.add(transaction, id_, entry)
        self.forget()

    def _carry_out(
        self, effect: effects.Effect, setup: Setup, transaction: Transaction, at: int, told: set[str]
    ) -> None:
        match effect:
            case effects.AddEntry():
                self.kept.add(transaction, effect.conversation.id, effect.entry)
                self._records.carry_out(effect, setup, transaction, at)
                if not effect.entry.is_hidden:
                    self._tell(effect, setup, transaction, told)
            case effects.TellStreams():
                self._tell(effect, setup, transaction, told)
            case effects.CloseConversation():
                self._keep_closed(effect.conversation, transaction)
            case _:
                self._records.carry_out(effect, setup, transaction, at)

    def _keep_closed(self, conversation: Conversation, transaction: Transaction) -> None:
        place = transaction.placeholder
        sql = f'INSERT INTO "_messaging" (kind, key, body) VALUES ({place}, {place}, {place})'
        transaction.run(sql, [CLOSED, conversation.id, encode(conversation)])
        transaction.run(sql, [CLOSED_OF + conversation.subject, conversation.id, ""])

    def _tell(
        self, effect: effects.AddEntry | effects.TellStreams, setup: Setup, transaction: Transaction, told: set[str]
    ) -> None:
        deployment = setup.deployments.get(effect.conversation.deployment)
        address = deployment.channel.address if deployment else ""
        self.streams.put(transaction, effect.conversation, address, effect.entry, effect.event)
        told.add(effect.conversation.subject)

    # --- looking --------------------------------------------------------------------------------------------------------

    def look(self, reading: Callable[[Setup, State, int], T]) -> T:
        """Return what a function makes of everything as it is now, in milliseconds, after what is due has happened."""
        with self._org.store.steady:
            self._setup.prepare()
            with self._org.store.read() as rows:
                setup, state = self._setup.read(rows), self._keeping.read(rows)
                due = machine.next_due(setup, state, NoIds())
                now = self.now()
                if due is None or due > now:
                    return reading(setup, state, now)
        self.step(events.TimePasses())
        return self.look(reading)

    def all_closed(self) -> list[Conversation]:
        """Return all conversations that have ended and left the state, the oldest first."""
        found = self._org.store.select(
            f'SELECT body FROM "_messaging" WHERE kind = {self._org.store.placeholder}', [CLOSED]
        )
        return sorted((decode(Conversation, row[0]) for row in found), key=lambda one: one.number)

    def closed(self, conversation_id: str) -> Conversation | None:
        """Return a conversation that has ended and left the state."""
        place = self._org.store.placeholder
        found = self._org.store.select(
            f'SELECT body FROM "_messaging" WHERE kind = {place} AND key = {place}', [CLOSED, conversation_id]
        )
        return decode(Conversation, found[0][0]) if found else None

    def closed_of(self, subject: str) -> list[Conversation]:
        """Return an end user's conversations that have ended and left the state."""
        place = self._org.store.placeholder
        rows = self._org.store.select(f'SELECT key FROM "_messaging" WHERE kind = {place}', [CLOSED_OF + subject])
        found = (self.closed(str(row[0])) for row in rows)
        return sorted((one for one in found if one is not None), key=lambda one: one.number)

    def now(self) -> int:
        """Return the org's time in whole milliseconds since 1970."""
        return int(self._org.clock.now().timestamp() * 1000)

    # --- time -----------------------------------------------------------------------------------------------------------

    def _seconds_until(self, due: int | None) -> float | None:
        """Return the real seconds until a moment of the org's clock; None when it stands still."""
        if due is None or self._org.clock.frozen:
            return None
        return max(0.0, due / 1000 - self._org.clock.now().timestamp())
