"""The shell around the machine: load, step, carry out the effects in one transaction, keep, wake whoever waits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..org.org import Org
from ..running.keeping import Keeping
from ..running.ticker import Ticker
from ..running.waiters import Waiters
from ..store import Reader, Transaction
from . import effects, events, machine, timers
from .entities import find_or_create
from .keeping import DESK
from .mailbox import Mail, Mailboxes
from .omni import OmniRecords
from .reading import DeskRows
from .records import RecordsOut
from .setup import Desk
from .state import Presence, State

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)


@dataclass(slots=True)
class Outcome:
    """What a step led to. transcripts: the ids of those it made, by chat key. told: chats whose visitors were told something."""

    transcripts: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)


class ChatRuntime:
    """Legacy chat in one org. Safe to use from several threads; `org.room(ChatRuntime)` is the org's one."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._desk = DeskRows(org)
        self._keeping = Keeping(org.store, DESK)
        self._records = RecordsOut(org)
        self._omni = OmniRecords(self._records)
        self.mailboxes = Mailboxes(org.store)
        self.waiters = Waiters(shared=org.store.dialect != "sqlite")
        self._ticker = Ticker(self.catch_up, "chatlift-chat-time")

    # --- what an org asks of its rooms --------------------------------------------------------------------------------

    def forget(self) -> None:
        """The rows were replaced, or a transaction was undone: nothing that was read counts any longer."""
        self._keeping.forget()
        self.waiters.wake_all()
        if self._org.has_chats:
            self._ticker.expect(0.0)

    def catch_up(self) -> None:
        """The clock was moved: whatever is due happens, in order, before this returns."""
        self.step(events.TimePasses())

    def close(self) -> None:
        """Stop the thread that lets time pass, and let everybody go who waits."""
        self._ticker.stop()
        self.waiters.close()

    # --- steps ----------------------------------------------------------------------------------------------------------

    def step(self, event: events.Event) -> Outcome:
        """Let an event happen now, after what fell due before it. Raises `OrgError` when the rules refuse it."""
        outcome, _ = self.stepping(lambda transaction, at: event)
        return outcome

    def log_in(self, agent_id: str, presence: Presence) -> str:
        """Log an agent in to Chat; return the id of his LiveAgentSession."""

        def begin(transaction: Transaction, at: int) -> events.LogIn:
            return events.LogIn(agent_id, self._records.begin_session(agent_id, transaction, at), presence)

        _, event = self.stepping(begin)
        return event.session_id

    def stepping(self, make: Callable[[Transaction, int], E]) -> tuple[Outcome, E]:
        """Make an event inside the step's transaction, and let it happen; return what it led to, and the event.

        `make` may write records that the event names: they are undone with it when the rules refuse it.
        """
        outcome = Outcome()
        with self._org.transaction() as transaction:
            self._desk.prepare()  # in here: a reset in between would take the tables away
            desk, before = self._desk.read(transaction), self._keeping.read(transaction)
            now = self.now()
            event = make(transaction, now)
            state = self._apply(desk, before, event, now, transaction, outcome)
            whole = self._keeping.write(transaction, before, state)
        self._keeping.remember(whole, state)
        for key in outcome.told:
            self.waiters.wake(key)
        self._ticker.expect(self._seconds_until(timers.next_due(desk, state)))
        return outcome, event

    def _apply(
        self, desk: Desk, state: State, event: events.Event, at: int, transaction: Transaction, outcome: Outcome
    ) -> State:
        state, wanted = machine.step(desk, state, event, at)
        for moment, effect in wanted:
            for further in self._carry_out(effect, desk, state, transaction, moment, outcome):
                state = self._apply(desk, state, further, at, transaction, outcome)
        return state

    def _carry_out(
        self,
        effect: effects.Effect,
        desk: Desk,
        state: State,
        transaction: Transaction,
        at: int,
        outcome: Outcome,
    ) -> list[events.Event]:
        """Do what an effect says; return the events that follow from it."""
        match effect:
            case effects.TellVisitor():
                self.mailboxes.put(transaction, effect.chat_key, effect.type, effect.message)
                outcome.told.add(effect.chat_key)
            case effects.KeepSession():
                self._records.keep_session(effect, transaction, at)
            case effects.MakeTranscript():
                outcome.transcripts[effect.chat.key] = self._records.transcribe(effect, desk, transaction, at)
            case effects.KeepOmniWork():
                outcome.transcripts[effect.chat.key] = self._omni.keep(effect, desk, transaction, at)
            case effects.BlockAddress():
                self._records.block(effect, transaction, at)
            case effects.FindOrCreate():
                chat = state.chats.get(effect.chat_key)
                if chat is None:  # it was over again within the same step
                    return []
                return [
                    events.Attach(chat.key, None, record)
                    for record in find_or_create(self._org, chat.visitor, effect.agent_id)
                ]
        return []

    # --- looking --------------------------------------------------------------------------------------------------------

    def look(self, reading: Callable[[Desk, State, int], T]) -> T:
        """Return what a function makes of the desk as it is now, after what is due has happened."""
        with self._org.store.steady:
            self._desk.prepare()
            with self._org.store.read() as rows:
                desk, state = self._desk.read(rows), self._keeping.read(rows)
                due = timers.next_due(desk, state)
                now = self.now()
                if due is None or due > now:
                    return reading(desk, state, now)
        self.step(events.TimePasses())
        return self.look(reading)

    def mail(self, chat_key: str, after: int) -> list[Mail]:
        """Return the messages of a visitor's mailbox behind a number."""
        with self._org.store.read() as rows:
            return self.mailboxes.after(rows, chat_key, after)

    def transcript_id(self, chat_key: str) -> str | None:
        """Return the id of a chat's transcript, None while there is none."""
        self._desk.prepare()
        with self._org.transaction() as transaction:
            return self._records.newest(transaction, "LiveChatTranscript", {"ChatKey": chat_key})

    def state_in(self, rows: Reader) -> State:
        """Return the state as a view of the store has it."""
        return self._keeping.read(rows)

    def now(self) -> int:
        """Return the org's time in whole seconds since 1970."""
        return int(self._org.clock.now().timestamp())

    # --- time -----------------------------------------------------------------------------------------------------------

    def _seconds_until(self, due: int | None) -> float | None:
        """Return the real seconds until a moment of the org's clock; None when it stands still."""
        if due is None or self._org.clock.frozen:
            return None
        return max(0.0, due - self._org.clock.now().timestamp())

    def recover(self) -> None:
        """End what ran when the server went away: visitors and agents were cut off. Called once, before anything is answered."""
        with self._org.store.read() as rows:
            state = self._keeping.read(rows)
        if state.agents or state.chats:
            self.step(events.ServerStopped())
