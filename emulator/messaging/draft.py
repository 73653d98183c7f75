"""The working copy of one step: the state as it becomes, and the effects so far."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from . import entries
from .effects import (
    AddEntry,
    Effect,
    Entry,
    KeepConversation,
    KeepParticipant,
    KeepSession,
    TellStreams,
)
from .refusals import ConversationClosed, RuleRefused, Unknown
from .setup import Channel, Deployment, Setup
from .state import Conversation, Ender, Kind, Participant, Rep, Role, Session, State, Status, Work

EVENT_NAMES: Final[Mapping[str, str]] = {
    "Message": "CONVERSATION_MESSAGE",
    "ParticipantChanged": "CONVERSATION_PARTICIPANT_CHANGED",
    "RoutingResult": "CONVERSATION_ROUTING_RESULT",
    "RoutingWorkResult": "CONVERSATION_ROUTING_WORK_RESULT",
    "SessionStatusChanged": "CONVERSATION_SESSION_STATUS_CHANGED",
    "TypingStartedIndicator": "CONVERSATION_TYPING_STARTED_INDICATOR",
    "TypingStoppedIndicator": "CONVERSATION_TYPING_STOPPED_INDICATOR",
    "DeliveryAcknowledgement": "CONVERSATION_DELIVERY_ACKNOWLEDGEMENT",
    "ReadAcknowledgement": "CONVERSATION_READ_ACKNOWLEDGEMENT",
    "QueuePosition": "CONVERSATION_QUEUE_POSITION",
    "CloseConversation": "CONVERSATION_CLOSE_CONVERSATION",
    "EndUserConsentUpdated": "CONVERSATION_END_USER_CONSENT_UPDATED",
}
"""The stream's event of each entry type; entries of other types are hidden from the end user."""
ENDER_ROLES: Final[Mapping[Ender, Role]] = {
    Ender.AGENT: Role.AGENT,
    Ender.BOT: Role.BOT,
    Ender.END_USER: Role.END_USER,
    Ender.SYSTEM: Role.SYSTEM,
}
ROUTER: Final = "router"


class Ids(Protocol):
    """Makes ids: of records, 18 characters, and UUIDs."""

    def record(self, sobject: str) -> str: ...

    def uuid(self) -> str: ...


class Draft:
    """A state in the making. Everything a rule changes goes through here."""

    def __init__(self, setup: Setup, state: State, now: int, ids: Ids) -> None:
        self.setup = setup
        self.now = now
        self.ids = ids
        self.reps = dict(state.reps)
        self.conversations = dict(state.conversations)
        self.sessions = dict(state.sessions)
        self.work = dict(state.work)
        self.serial = state.serial
        self.effects: list[tuple[int, Effect]] = []
        """Each with the time at which it is asked for."""
        self.accepted: list[str] = []
        """Work that is accepted by itself as soon as the present rule is done."""

    def state(self) -> State:
        return State(self.reps, self.conversations, self.sessions, self.work, self.serial, self.now)

    # --- finding --------------------------------------------------------------------------------------------------------

    def rep(self, rep_id: str) -> Rep:
        """Return a rep who is logged in. Raises `Unknown`."""
        found = self.reps.get(rep_id)
        if found is None:
            raise Unknown(f"the rep {rep_id} is not logged in to Omni-Channel")
        return found

    def conversation(self, conversation_id: str) -> Conversation:
        found = self.conversations.get(conversation_id)
        if found is None:
            raise Unknown(f"there is no conversation {conversation_id}")
        return found

    def open_conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation that takes entries. Raises `ConversationClosed`."""
        found = self.conversation(conversation_id)
        if not found.is_open:
            raise ConversationClosed(conversation_id)
        return found

    def session(self, session_id: str) -> Session:
        found = self.sessions.get(session_id)
        if found is None:
            raise Unknown(f"there is no messaging session {session_id} that runs or has open tabs")
        return found

    def running(self, session_id: str) -> Session:
        """Return a session that has not ended. Raises `RuleRefused`."""
        found = self.session(session_id)
        if not found.is_running:
            raise RuleRefused(f"the session is {found.status}: an ended session stays ended")
        return found

    def held(self, session_id: str, rep_id: str) -> Session:
        """Return a running session in which a rep takes part. Raises `RuleRefused`."""
        self.rep(rep_id)
        session = self.running(session_id)
        if session.participant(Role.AGENT, rep_id) is None:
            raise RuleRefused(f"the rep {rep_id} is not in this session")
        return session

    def deployment(self, conversation: Conversation) -> Deployment:
        found = self.setup.deployments.get(conversation.deployment)
        return found or Deployment(conversation.deployment, "", Channel(conversation.channel_id, "", ""))

    def channel(self, conversation: Conversation) -> Channel:
        """Return the channel of a conversation, as it was published last."""
        return self.deployment(conversation).channel

    def channel_of(self, session: Session) -> Channel:
        return self.channel(self.conversations[session.conversation_id])

    def work_of(self, session_id: str) -> list[Work]:
        return [work for work in self.work.values() if work.session_id == session_id]

    def offered(self, session_id: str) -> Work | None:
        """Return what is offered of a session that waits for a rep; invitations are apart."""
        return next(
            (work for work in self.work_of(session_id) if not work.is_open and work.kind is not Kind.CONFERENCE), None
        )

    def open_work(self, session_id: str, rep_id: str) -> Work | None:
        return next((work for work in self.work_of(session_id) if work.is_open and work.rep_id == rep_id), None)

    # --- load -----------------------------------------------------------------------------------------------------------

    def load(self, rep_id: str) -> float:
        """Return how much of a rep's capacity is in use: by what is offered to him, and by tabs that are not closed."""
        return sum(work.weight for work in self.work.values() if work.rep_id == rep_id)

    def has_room(self, rep_id: str, weight: float) -> bool:
        return self.load(rep_id) + weight <= self.setup.capacity(rep_id)

    def is_available(self, rep_id: str) -> bool:
        rep = self.reps.get(rep_id)
        return rep is not None and rep.is_available

    # --- changing -------------------------------------------------------------------------------------------------------

    def number(self) -> int:
        """Return the next number."""
        self.serial += 1
        return self.serial

    def emit(self, effect: Effect) -> None:
        """Ask for an effect, as of now."""
        self.effects.append((self.now, effect))

    def put_conversation(self, conversation: Conversation, **changes: Any) -> Conversation:
        """Keep a conversation, with changes; its row follows."""
        changed = self.note_conversation(conversation, **changes)
        self.emit(KeepConversation(changed))
        return changed

    def note_conversation(self, conversation: Conversation, **changes: Any) -> Conversation:
        """Keep a conversation with changes that its row does not show."""
        self.conversations[conversation.id] = changed = replace(conversation, **changes)
        return changed

    def put_session(self, session: Session, **changes: Any) -> Session:
        """Keep a session, with changes; its row follows."""
        changed = self.note_session(session, **changes)
        self.emit(KeepSession(changed, self.conversations[session.conversation_id]))
        return changed

    def note_session(self, session: Session, **changes: Any) -> Session:
        """Keep a session with changes that its row does not show."""
        self.sessions[session.id] = changed = replace(session, **changes)
        return changed

    def change_status(self, session: Session, status: Status, **changes: Any) -> Session:
        """Keep a session with another status, and tell everybody."""
        before = session.status
        changed = self.put_session(session, status=status, **changes)
        if before is not status:
            role = None if changed.ended_by is None else ENDER_ROLES[changed.ended_by]
            id_ = self.ids.uuid()
            self.add(
                changed, Role.SYSTEM, "SessionStatusChanged", entries.status_changed(id_, status, before, role), id_
            )
        return changed

    # --- participants ---------------------------------------------------------------------------------------------------

    def come_in(self, session: Session, role: Role, key: str, name: str) -> Session:
        """Let somebody into a session; the end user's own coming is not told."""
        participant = Participant(self.ids.record("ConversationParticipant"), role, key, name, self.now)
        changed = self.note_session(session, participants=(*session.participants, participant))
        self.emit(KeepParticipant(participant, self.conversations[session.conversation_id], is_new=True))
        if role is not Role.END_USER:
            self._tell_participant(changed, participant, is_added=True)
        return changed

    def go_out(self, session: Session, participant: Participant) -> Session:
        """Let somebody leave a session."""
        gone = replace(participant, left=self.now)
        changed = self.note_session(
            session, participants=tuple(gone if one is participant else one for one in session.participants)
        )
        self.emit(KeepParticipant(gone, self.conversations[session.conversation_id]))
        if participant.role is not Role.END_USER:
            self._tell_participant(changed, gone, is_added=False)
        return changed

    def _tell_participant(self, session: Session, participant: Participant, *, is_added: bool) -> None:
        id_ = self.ids.uuid()
        payload = entries.participant_changed(id_, participant, participant.key, is_added=is_added)
        self.add(session, Role.SYSTEM, "ParticipantChanged", payload, id_)

    # --- entries --------------------------------------------------------------------------------------------------------

    def add(
        self,
        session: Session,
        role: Role,
        type_: str,
        payload: Mapping[str, Any],
        id_: str,
        *,
        subject: str | None = None,
        name: str = "",
        text: str = "",
        client_time: int | None = None,
        client: str = "",
        files: tuple[str, ...] = (),
    ) -> None:
        """Add an entry to a session's conversation, as of now."""
        conversation = self.conversations[session.conversation_id]
        self.add_to(conversation, role, type_, payload, id_, subject=subject, name=name, text=text,
                    client_time=client_time, client=client, files=files, session_id=session.id)  # fmt: skip

    def add_to(
        self,
        conversation: Conversation,
        role: Role,
        type_: str,
        payload: Mapping[str, Any],
        id_: str,
        *,
        subject: str | None = None,
        name: str = "",
        text: str = "",
        client_time: int | None = None,
        client: str = "",
        files: tuple[str, ...] = (),
        session_id: str | None = None,
        app_type: str | None = None,
        time: int | None = None,
    ) -> None:
        """Add an entry to a conversation, whether or not a session runs."""
        changed = self.note_conversation(conversation, entries=conversation.entries + 1)
        sender = subject if subject is not None else entries.SYSTEM_SUBJECT
        entry = Entry(
            id=id_, type=type_, role=role, subject=sender, app_type=app_type or entries.APP_TYPES[role], name=name,
            payload=payload, time=self.now if time is None else time,
            client_time=self.now if client_time is None else client_time, client=client or sender,
            related=() if session_id is None else (session_id,), session_id=session_id, text=text,
            sequence=changed.entries, is_hidden=type_ not in EVENT_NAMES, files=files,
        )  # fmt: skip
        self.emit(AddEntry(changed, entry, EVENT_NAMES.get(type_, "")))

    def tell(
        self,
        conversation: Conversation,
        role: Role,
        type_: str,
        payload: Mapping[str, Any],
        id_: str,
        *,
        subject: str | None = None,
        name: str = "",
        client: str = "",
        related: tuple[str, ...] = (),
    ) -> None:
        """Tell the end user's streams something that is not kept."""
        sender = subject if subject is not None else entries.SYSTEM_SUBJECT
        entry = Entry(
            id=id_, type=type_, role=role, subject=sender, app_type=entries.APP_TYPES[role], name=name,
            payload=payload, time=self.now, client_time=self.now, client=client or sender, related=related,
            session_id=conversation.session_id,
        )  # fmt: skip
        self.emit(TellStreams(conversation, entry, EVENT_NAMES[type_]))

    def say(self, session: Session, role: Role, subject: str, name: str, text: str) -> None:
        """Let a bot or the channel itself say something."""
        id_ = self.ids.uuid()
        payload = entries.message(id_, entries.text_message(id_, text), entries.AUTOMATED)
        self.add(session, role, "Message", payload, id_, subject=subject, name=name, text=text)
