"""What reps, bots and supervisors can do in enhanced chat, in the words of our rep API; the wire only translates.

Ids may have 15 or 18 characters. Raises `RuleRefused` where a rule of messaging does not allow a call, `Unknown` for a user, session,
work or conversation that is not there, and `OrgError` where what is given cannot be right.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError
from ..org.caller import Caller
from ..org.org import Org
from ..store import Reader, Transaction
from . import events, views
from .contents import sayable, written
from .effects import Entry
from .enclosures import enclosed
from .refusals import ConversationClosed, RuleRefused, Unknown
from .runtime import MessagingRuntime
from .setup import Setup
from .state import Conversation, Ender, Session, State, Target, Work
from .statuses import FIRST, OFFLINE, Statuses

VERSION: Final = "60.0"
AS: Final = {"Bot": Ender.BOT, "System": Ender.SYSTEM}
"""Who ends a session without being a rep."""
EARLIER: Final = 100
"""Messages of a conversation's former sessions that a rep is shown. A guess."""
FINISHED: Final = ("Ended", "Error")
Json = dict[str, Any]
T = TypeVar("T")


class RepConsole:
    """The console of every rep of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._runtime = org.room(MessagingRuntime)
        self._statuses = Statuses(org)

    # --- presence -------------------------------------------------------------------------------------------------------

    def log_in(self, rep_id: str, status: str | None) -> Json:
        """Log a rep in to Omni-Channel; return the status that he has, and the id of its UserServicePresence."""
        if (status or FIRST).casefold() == OFFLINE.casefold():
            raise OrgError("INVALID_ARGUMENT", "a rep logs in with a status in which he is there, such as Online")
        return self._be(self._user(rep_id), status or FIRST)

    def set_status(self, rep_id: str, status: str) -> Json:
        """Change the status of a rep who is logged in; Offline logs him out."""
        user_id = self._user(rep_id)
        if not self._runtime.look(lambda setup, state, now: user_id in state.reps):
            raise Unknown(f"the rep {user_id} is not logged in to Omni-Channel")
        if status.casefold() == OFFLINE.casefold():
            return self.log_out(user_id)
        return self._be(user_id, status)

    def log_out(self, rep_id: str) -> Json:
        self._runtime.step(events.LogOut(self._user(rep_id)))
        return {"status": OFFLINE, "presenceId": None}

    def _be(self, user_id: str, status: str) -> Json:
        self._runtime.stepping(lambda transaction, now: self._statuses.presence(user_id, status, transaction, now))
        rep = self._runtime.look(lambda setup, state, now: state.reps.get(user_id))
        return {"status": rep.status if rep else OFFLINE, "presenceId": rep.presence_id if rep else None}

    def rep(self, rep_id: str) -> Json:
        """Return a rep's console as it is now."""
        user_id = self._user(rep_id)
        view = self._runtime.look(lambda setup, state, now: views.rep_view(setup, state, now, user_id))
        with self._org.store.read() as rows:
            for session in view["sessions"]:
                own = self._runtime.kept.of_session(rows, session["messagingSessionId"])
                session["entries"] = [views.entry_view(entry) for entry in own]
                session["earlier"] = [
                    views.entry_view(entry)
                    for entry in self._earlier(rows, session["conversationId"], own[0].time if own else None)
                    if entry.session_id != session["messagingSessionId"]
                ]
        return view

    def _earlier(self, rows: Reader, conversation_id: str, until: int | None) -> list[Entry]:
        """Return the last messages of a conversation up to a time, by their time."""
        found = self._runtime.kept.of(rows, conversation_id, end=until, limit=EARLIER, types=("Message",))
        return found[::-1]

    # --- work -----------------------------------------------------------------------------------------------------------

    def accept(self, work_id: str, rep_id: str) -> Json:
        """Take what is offered; return its session and conversation."""
        work, session = self._work(work_id)
        self._runtime.step(events.Accept(work.id, self._user(rep_id)))
        return {"messagingSessionId": session.id, "conversationId": session.conversation_id}

    def decline(self, work_id: str, rep_id: str, reason: str) -> Json:
        work, session = self._work(work_id)
        self._runtime.step(events.Decline(work.id, self._user(rep_id), reason))
        return {"messagingSessionId": session.id, "conversationId": session.conversation_id}

    def _work(self, work_id: str) -> tuple[Work, Session]:
        wanted = _id(work_id)

        def found(setup: Setup, state: State, now: int) -> tuple[Work, Session] | None:
            work = state.work.get(wanted)
            return None if work is None else (work, state.sessions[work.session_id])

        return _there(self._runtime.look(found), f"there is no work {work_id} that is offered or open")

    # --- the conversation -----------------------------------------------------------------------------------------------

    def say(
        self, session_id: str, rep_id: str, text: str | None, message: Mapping[str, Any] | None, origin: str = ""
    ) -> Json:
        """Send a message to the end user: a text, or a content of another format. origin: of the addresses of files in it."""
        user_id, session = self._user(rep_id), self._session(session_id)
        whole = self._whole(message, Caller(user_id, VERSION), self._conversation_of(session), origin)
        return self._send(lambda id_: events.RepWrites(session, user_id, written(id_, text, whole)))

    def bot_says(self, session_id: str, text: str | None, message: Mapping[str, Any] | None, origin: str = "") -> Json:
        """Let the bot that leads a session say something; it has no rights that would be asked for."""
        session = self._session(session_id)
        bot = Caller(self._org.users.administrator_id, VERSION, is_system=True)
        whole = self._whole(message, bot, self._conversation_of(session), origin)
        return self._send(lambda id_: events.BotSays(session, written(id_, text, whole)))

    def _whole(self, message: Any, caller: Caller, conversation_id: str, origin: str) -> Mapping[str, Any] | None:
        return None if message is None else enclosed(self._org, caller, message, conversation_id, origin)

    def _conversation_of(self, session_id: str) -> str:
        session = self._runtime.look(lambda setup, state, now: state.sessions.get(session_id))
        return _there(session, f"there is no messaging session {session_id} any longer").conversation_id

    def type(self, session_id: str, rep_id: str, is_typing: bool) -> Json:
        """Show the end user that a rep types, or has stopped."""
        user_id, session = self._user(rep_id), self._session(session_id)
        self._runtime.stepping(
            lambda transaction, now: events.RepTypes(session, user_id, self._new(transaction), is_typing)
        )
        return {"typing": is_typing}

    def acknowledge(self, session_id: str, rep_id: str, message_id: str, kind: str) -> Json:
        """Tell the end user that a message of his has come to a rep (``Delivery``), or was read (``Read``)."""
        if kind not in ("Delivery", "Read"):
            raise OrgError("INVALID_ARGUMENT", f"kind is Delivery or Read, not {kind!r}")
        user_id, session = self._user(rep_id), self._session(session_id)
        self._runtime.stepping(
            lambda transaction, now: events.RepAcknowledges(session, user_id, self._new(transaction), message_id, kind)
        )
        return {"acknowledged": kind}

    def start(
        self,
        rep_id: str,
        conversation_id: str | None,
        end_user_id: str | None,
        text: str | None,
        message: Mapping[str, Any] | None,
        origin: str = "",
    ) -> Json:
        """Begin a session in an end user's open conversation, given by its id, or as the newest of a MessagingEndUser."""
        user_id = self._user(rep_id)
        conversation = self._conversation(conversation_id, end_user_id)
        whole = self._whole(message, Caller(user_id, VERSION), conversation.id, origin)
        sent = self._send(lambda id_: events.StartOutbound(conversation.id, user_id, written(id_, text, whole)))
        begun = self._runtime.look(lambda setup, state, now: state.conversations.get(conversation.id))
        return {
            "messagingSessionId": begun.session_id if begun else None,
            "conversationId": conversation.id,
            **sent,
        }

    def _send(self, event: Callable[[str], Any]) -> Json:
        made = self._runtime.stepping(lambda transaction, now: event(self._new(transaction)))
        return {"messageId": made.message.id}

    def _new(self, transaction: Transaction) -> str:
        return self._org.ids.next_uuid(transaction, "messaging")

    # --- the session ----------------------------------------------------------------------------------------------------

    def mark_inactive(self, session_id: str, rep_id: str) -> Json:
        return self._does(events.MarkInactive(self._session(session_id), self._user(rep_id)))

    def pause(self, session_id: str, rep_id: str) -> Json:
        return self._does(events.Pause(self._session(session_id), self._user(rep_id)))

    def resume(self, session_id: str, rep_id: str) -> Json:
        return self._does(events.Resume(self._session(session_id), self._user(rep_id)))

    def transfer(self, session_id: str, rep_id: str | None, to: Mapping[str, Any]) -> Json:
        """Hand a session on to a rep, a queue or whoever has some skills; without a rep it is the bot that does."""
        user_id = None if rep_id is None else self._user(rep_id)
        return self._does(events.Transfer(self._session(session_id), user_id, self._target(to)))

    def invite(self, session_id: str, rep_id: str, to: Mapping[str, Any]) -> Json:
        """Ask another rep into a session."""
        return self._does(events.Invite(self._session(session_id), self._user(rep_id), self._target(to)))

    def leave(self, session_id: str, rep_id: str) -> Json:
        return self._does(events.Leave(self._session(session_id), self._user(rep_id)))

    def end(self, session_id: str, rep_id: str | None, as_: str | None) -> Json:
        """End a session, as its rep or in the name of the bot or the system."""
        if (rep_id is None) == (as_ is None):
            raise OrgError("INVALID_ARGUMENT", "give either repId, or as with Bot or System")
        if rep_id is not None:
            return self._does(events.End(self._session(session_id), Ender.AGENT, self._user(rep_id)))
        if as_ not in AS:
            raise OrgError("INVALID_ARGUMENT", f"as is {' or '.join(AS)}, not {as_!r}")
        return self._does(events.End(self._session(session_id), AS[as_]))

    def fail(self, session_id: str, message: str) -> Json:
        """Let a technical failure end a session."""
        return self._does(events.Fail(self._session(session_id), message))

    def close(self, session_id: str, rep_id: str) -> Json:
        """Close a rep's tab: his capacity returns."""
        user_id = self._user(rep_id)
        self._runtime.step(events.CloseTab(self._session(session_id), user_id))
        return {"load": self._runtime.look(lambda setup, state, now: views.load_of(state, user_id))}

    # --- supervisors ----------------------------------------------------------------------------------------------------

    def raise_flag(self, session_id: str, rep_id: str, message: str) -> Json:
        self._runtime.step(events.RaiseFlag(self._session(session_id), self._user(rep_id), message))
        return {"raised": True}

    def lower_flag(self, session_id: str, user_id: str) -> Json:
        self._runtime.step(events.LowerFlag(self._session(session_id), self._user(user_id)))
        return {"raised": False}

    def whisper(self, session_id: str, supervisor_id: str, text: str) -> Json:
        """Say something to the reps of a session alone."""
        self._runtime.step(events.Whisper(self._session(session_id), self._user(supervisor_id), sayable(text)))
        return {"sent": True}

    def supervisor(self) -> Json:
        """Return who is there, who waits, and what runs."""
        return self._runtime.look(views.supervisor_view)

    # --- who and what is meant ------------------------------------------------------------------------------------------

    def _does(self, event: Any) -> Json:
        """Let something happen to a session; return the status that it has then."""
        self._runtime.step(event)
        return {"status": self._status(event.session_id)}

    def _status(self, session_id: str) -> str | None:
        def found(setup: Setup, state: State, now: int) -> str | None:
            session = state.sessions.get(session_id)
            return None if session is None else str(session.status)

        return self._runtime.look(found) or self._kept_status(session_id)

    def _kept_status(self, session_id: str) -> str | None:
        """Return the status of a session that runs no longer, as its record has it."""
        me = Caller(self._org.users.administrator_id, is_system=True)
        try:
            status = self._org.records.retrieve(me, "MessagingSession", session_id, ["Status"])["Status"]
        except OrgError:
            return None
        return str(status)

    def _session(self, session_id: str) -> str:
        """Return the id of a session that runs or has open tabs. Raises `Unknown`, `RuleRefused`."""
        wanted = _id(session_id)
        if self._runtime.look(lambda setup, state, now: wanted in state.sessions):
            return wanted
        if (status := self._kept_status(wanted)) is None:
            raise Unknown(f"there is no messaging session {session_id}")
        if status in FINISHED:
            raise RuleRefused(f"the session is {status} and its tabs are closed: an ended session stays ended")
        raise RuleRefused(f"the session {session_id} is a record alone: it was not begun in a conversation of this org")

    def _conversation(self, conversation_id: str | None, end_user_id: str | None) -> Conversation:
        """Return the conversation with an id (its UUID, or its record's), or the newest open one of an end user.

        Raises `Unknown`, and `ConversationClosed` for one that has ended and of which nothing is left.
        """
        if (conversation_id is None) == (end_user_id is None):
            raise OrgError("INVALID_ARGUMENT", "give either conversationId or messagingEndUserId")
        record = _record_id(conversation_id)
        owner = None if end_user_id is None else _id(end_user_id)

        def found(setup: Setup, state: State, now: int) -> Conversation | None:
            fitting = [
                one
                for one in state.conversations.values()
                if one.id == conversation_id
                or (record is not None and one.record_id == record)
                or (one.end_user_id == owner and one.is_open)
            ]
            return max(fitting, key=lambda one: one.number, default=None)

        conversation = self._runtime.look(found)
        if conversation is None and conversation_id is not None and self._runtime.closed(conversation_id) is not None:
            raise ConversationClosed(conversation_id)
        return _there(conversation, f"there is no open conversation of {end_user_id or conversation_id}")

    def _target(self, to: Mapping[str, Any]) -> Target:
        """Return where work is to go: exactly one of repId, queueId, and skillIds."""
        given = {name: to[name] for name in ("repId", "queueId", "skillIds", "skillId") if to.get(name) is not None}
        if len(given) != 1:
            raise OrgError("INVALID_ARGUMENT", "to has exactly one of repId, queueId and skillIds")
        ((name, value),) = given.items()
        match name:
            case "repId":
                return Target(rep_id=self._user(value))
            case "queueId":
                return Target(queue_id=self._record("Group", value, "queue"))
        values = value if isinstance(value, list) else [value]
        if not values:
            raise OrgError("INVALID_ARGUMENT", "skillIds is a list of at least one")
        return Target(skill_ids=tuple(self._record("Skill", one, "skill") for one in values))

    def _record(self, sobject: str, given: Any, what: str) -> str:
        """Return the id of a record that is there. Raises `Unknown`."""
        me = Caller(self._org.users.administrator_id, is_system=True)
        try:
            return str(self._org.records.retrieve(me, sobject, _id(given), ["Id"])["Id"])
        except OrgError as error:
            raise Unknown(f"there is no {what} {given}") from error

    def _user(self, user_id: Any) -> str:
        user = self._org.users.by_id(_id(user_id))
        if user is None:
            raise Unknown(f"there is no user {user_id}")
        if not user["IsActive"]:
            raise RuleRefused(f"the user {user['Username']} is not active")
        return str(user["Id"])


def _there(found: T | None, otherwise: str) -> T:
    if found is None:
        raise Unknown(otherwise)
    return found


def _id(text: Any) -> str:
    try:
        return normalize(str(text))
    except InvalidId:
        raise Unknown(f"{text!r} is no record id") from None


def _record_id(text: str | None) -> str | None:
    try:
        return None if text is None else normalize(text)
    except InvalidId:
        return None
