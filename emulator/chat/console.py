"""What agents and supervisors can do, in the words of our agent API; the wire only translates.

Ids may have 15 or 18 characters. Raises `RuleRefused` where a rule of chat does not allow a call, `Unknown` for an agent, chat
or request that is not there, and `OrgError` where the org refuses.
"""

from collections.abc import Mapping
from typing import Any, Final

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError
from ..org.caller import Caller
from ..org.org import Org
from ..store import Transaction
from . import events, knowledge, views
from .entities import described
from .files import Upload, keep
from .refusals import RuleRefused, Unknown
from .runtime import ChatRuntime
from .state import Presence, Stage

VERSION: Final = "60.0"
LONGEST_MESSAGE: Final = 131_072
"""Characters of one message; no more fits into a transcript. A guess: the platform's bound is not documented."""
LONGEST_NAME: Final = 80
"""Characters of a chatbot's name. A guess."""
Json = dict[str, Any]


class Console:
    """The console of every agent of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._runtime = org.room(ChatRuntime)

    # --- presence -------------------------------------------------------------------------------------------------------

    def log_in(self, agent_id: str, status: str | None) -> Json:
        """Log an agent in to Chat; Away unless another status is given (R4)."""
        user_id = self._user(agent_id)
        presence = _presence(status or events.FIRST_PRESENCE)
        if presence is Presence.OFFLINE:
            raise OrgError("INVALID_ARGUMENT", "an agent logs in as Online or Away")
        return {"sessionId": self._runtime.log_in(user_id, presence)}

    def set_status(self, agent_id: str, status: str) -> Json:
        """Change an agent's status."""
        self._runtime.step(events.SetPresence(self._user(agent_id), _presence(status)))
        return {"status": status}

    def log_out(self, agent_id: str) -> Json:
        """Log an agent out: his chats end (R2)."""
        self._runtime.step(events.LogOut(self._user(agent_id)))
        return {"status": str(Presence.OFFLINE)}

    def disconnect(self, agent_id: str) -> Json:
        """Let an agent's connection break: others may take his chats (R2)."""
        self._runtime.step(events.AgentLost(self._user(agent_id)))
        return {"status": str(Presence.OFFLINE)}

    def agent(self, agent_id: str) -> Json:
        """Return an agent's console as it is now."""
        user_id = self._user(agent_id)
        caller = self._caller(user_id)
        visitors = self._runtime.look(
            lambda desk, state, now: {
                chat.key: chat.visitor.session_key for chat in state.chats.values() if chat.member(user_id)
            }
        )
        earlier = {
            key: knowledge.earlier_chats(self._org, caller, session_key, key) for key, session_key in visitors.items()
        }
        view = self._runtime.look(lambda desk, state, now: views.agent_view(desk, state, now, user_id, earlier))
        for chat in view["chats"]:  # what he may not see does not open in his workspace (R46)
            chat["attached"] = [
                one for one in chat["attached"] if self._can_read(caller, one["object"], one["recordId"])
            ]
        return view

    def _can_read(self, caller: Caller, sobject: str, record_id: str) -> bool:
        try:
            self._org.records.retrieve(caller, sobject, record_id, ["Id"])
        except OrgError:
            return False
        return True

    # --- requests -------------------------------------------------------------------------------------------------------

    def accept(self, request_id: str, agent_id: str) -> Json:
        """Take a request; return the chat's key."""
        user_id = self._user(agent_id)
        key = self._chat_of(request_id)
        self._runtime.step(events.Accept(request_id, user_id))
        return {"chatKey": key}

    def decline(self, request_id: str, agent_id: str) -> Json:
        """Decline a request."""
        key = self._chat_of(request_id)
        self._runtime.step(events.Decline(request_id, self._user(agent_id)))
        return {"chatKey": key}

    def _chat_of(self, request_id: str) -> str:
        def chat_key(desk: object, state: Any, now: int) -> str | None:
            request = state.requests.get(request_id)
            return request.chat_key if request else None

        found = self._runtime.look(chat_key)
        if found is None:
            raise Unknown(f"there is no request {request_id}")
        return found

    # --- the conversation -----------------------------------------------------------------------------------------------

    def say(self, key: str, agent_id: str, text: str) -> Json:
        """Send a message to the visitor."""
        self._runtime.step(events.AgentWrites(key, self._user(agent_id), _message(text)))
        return {"sent": True}

    def type(self, key: str, agent_id: str, is_typing: bool, text: str | None) -> Json:
        """Show the visitor that the agent types, or has stopped."""
        self._runtime.step(events.AgentTypes(key, self._user(agent_id), is_typing, text))
        return {"typing": is_typing}

    def signal(self, key: str, agent_id: str, type_: str, data: str) -> Json:
        """Send a custom event to the visitor's page."""
        self._runtime.step(events.AgentSignals(key, self._user(agent_id), type_, data))
        return {"sent": True}

    def whisper(self, key: str, supervisor_id: str, text: str) -> Json:
        """Say something to the agents of a chat alone (R37)."""
        user_id = self._user(supervisor_id)
        name = self._runtime.look(lambda desk, state, now: desk.name_of(user_id))
        self._runtime.step(events.Whisper(key, user_id, name, _message(text)))
        return {"sent": True}

    def raise_flag(self, key: str, agent_id: str, message: str) -> Json:
        self._runtime.step(events.RaiseFlag(key, self._user(agent_id), message))
        return {"raised": True}

    def lower_flag(self, key: str, user_id: str) -> Json:
        self._runtime.step(events.LowerFlag(key, self._user(user_id)))
        return {"raised": False}

    def block(self, key: str, agent_id: str, comment: str) -> Json:
        """Block the visitor's address; the chat ends at once (R41)."""
        self._runtime.step(events.Block(key, self._user(agent_id), comment))
        return {"blocked": True}

    # --- chatbots -------------------------------------------------------------------------------------------------------

    def bot_opens(self, button_id: str, name: str) -> Json:
        """Let a chatbot of a name answer at a button from now on."""
        if not name.strip() or len(name) > LONGEST_NAME:
            raise OrgError("INVALID_ARGUMENT", f"name is a bot's name of 1 to {LONGEST_NAME} characters")
        self._runtime.step(events.BotOpens(_id(button_id), name))
        return {"name": name}

    def bot_closes(self, button_id: str) -> Json:
        """Take the chatbot away from a button; what it has begun it goes on with."""
        self._runtime.step(events.BotCloses(_id(button_id)))
        return {"name": None}

    def bot_says(self, key: str, text: str) -> Json:
        """Let the bot that leads a chat say something."""
        self._runtime.step(events.BotWrites(key, _message(text)))
        return {"sent": True}

    def bot_transfers(self, key: str, button_id: str | None) -> Json:
        """Let the bot hand a chat on to the agents of its button, or of another; tell whether it did."""
        self._runtime.step(events.BotTransfers(key, None if button_id is None else _id(button_id)))
        chat = self._runtime.look(lambda desk, state, now: state.chats.get(key))
        return {"transferred": chat is None or chat.stage is not Stage.BOT}

    def bot_ends(self, key: str, by_action: bool) -> Json:
        """Let the bot end a chat; return the id of its transcript."""
        outcome = self._runtime.step(events.BotEnds(key, by_action))
        return {"transcriptId": outcome.transcripts.get(key)}

    # --- the end --------------------------------------------------------------------------------------------------------

    def end(self, key: str, agent_id: str) -> Json:
        self._runtime.step(events.End(key, self._user(agent_id)))
        return {"state": str(Stage.ENDED)}

    def close(self, key: str, agent_id: str) -> Json:
        """Close the window of a chat that is over; return the id of its transcript, None while another agent keeps it (R56)."""
        outcome = self._runtime.step(events.Close(key, self._user(agent_id)))
        return {"transcriptId": outcome.transcripts.get(key) or self._runtime.transcript_id(key)}

    # --- help with answers ----------------------------------------------------------------------------------------------

    def quick_texts(self, agent_id: str, text: str) -> Json:
        user_id = self._user(agent_id)
        used = self._runtime.look(
            lambda desk, state, now: state.agents[user_id].quick_texts if user_id in state.agents else ()
        )
        return {"quickTexts": knowledge.quick_texts(self._org, self._caller(user_id), text, used)}

    def articles(self, agent_id: str, text: str) -> Json:
        return {"articles": knowledge.articles(self._org, self._caller(self._user(agent_id)), text)}

    def records(self, agent_id: str, sobject: str, text: str) -> Json:
        caller = self._caller(self._user(agent_id))
        return {"records": knowledge.records(self._org, caller, sobject, text)}

    def insert_quick_text(self, key: str, agent_id: str, quick_text_id: str) -> Json:
        """Send a quick text to the visitor; it is found first from now on."""
        user_id = self._user(agent_id)
        id_, text = knowledge.quick_text(self._org, self._caller(user_id), quick_text_id)
        self._runtime.step(events.AgentWrites(key, user_id, text, id_))
        return {"sent": True, "text": text}

    def send_article(self, key: str, agent_id: str, article_id: str) -> Json:
        """Send the Chat Answer of an article to the visitor."""
        user_id = self._user(agent_id)
        text = knowledge.chat_answer(self._org, self._caller(user_id), article_id)
        self._runtime.step(events.AgentWrites(key, user_id, text))
        return {"sent": True, "text": text}

    # --- records and files ----------------------------------------------------------------------------------------------

    def attach(self, key: str, agent_id: str, record_id: str | None, create: Mapping[str, Any] | None) -> Json:
        """Put an existing record on the chat, or a new one (R39): the agent needs Create on transcripts, and Read or Create there."""
        if (record_id is None) == (create is None):
            raise OrgError("INVALID_ARGUMENT", "give either recordId, or create with object and fields")
        user_id = self._user(agent_id)
        caller = self._caller(user_id)
        self._org.records.sobject(caller, "LiveChatTranscript", "create")

        def made(transaction: object, at: int) -> events.Attach:
            if create is not None:
                sobject = self._org.records.sobject(caller, str(create.get("object")), "create")
                id_ = self._org.records.create(caller, sobject.name, create.get("fields") or {})
            else:
                id_ = record_id or ""
            record = described(self._org, caller, id_, created_here=create is not None)
            return events.Attach(key, user_id, record)

        _, event = self._runtime.stepping(made)
        return {"recordId": event.record.record_id, "object": event.record.sobject}

    def detach(self, key: str, agent_id: str, record_id: str) -> Json:
        self._runtime.step(events.Detach(key, self._user(agent_id), _id(record_id)))
        return {"recordId": _id(record_id)}

    def request_file(self, key: str, agent_id: str, record_id: str, upload_url: str) -> Json:
        """Ask the visitor for a file, to be kept at an attached record that the agent may edit (R40)."""
        user_id = self._user(agent_id)
        wanted = _id(record_id)
        sobject = self._org.catalog.by_prefix(wanted[:3])
        if sobject is None:
            raise Unknown(f"there is no record {record_id}")
        self._org.records.sobject(self._caller(user_id), sobject.name, "update")

        def asked(transaction: Transaction, at: int) -> events.RequestFile:
            token = self._org.ids.next_uuid(transaction, "file")
            return events.RequestFile(key, user_id, wanted, token, f"{upload_url}?chatKey={key}&fileToken={token}")

        _, event = self._runtime.stepping(asked)
        return {"fileToken": event.token}

    def cancel_file(self, key: str, agent_id: str | None) -> Json:
        self._runtime.step(events.CancelFile(key, self._user(agent_id) if agent_id else None))
        return {"cancelled": True}

    def upload(self, key: str, token: str | None, upload: Upload) -> Json:
        """Take the file that a visitor sends; keep it at the record, or tell both sides why not (R40)."""
        return keep(self._org, self._runtime, key, token, upload)

    # --- transfers and conferences --------------------------------------------------------------------------------------

    def transfer(self, key: str, agent_id: str, to: Mapping[str, Any], message: str) -> Json:
        """Hand the chat on to an agent, a skill or a button (R43)."""
        agent, skill, button = (_optional_id(to, name) for name in ("agentId", "skillId", "buttonId"))
        self._runtime.step(events.Transfer(key, self._user(agent_id), agent, skill, button, message))
        return {"requested": True}

    def cancel_transfer(self, key: str, agent_id: str) -> Json:
        self._runtime.step(events.CancelTransfer(key, self._user(agent_id)))
        return {"requested": False}

    def invite(self, key: str, agent_id: str, to: Mapping[str, Any], message: str) -> Json:
        """Ask an agent, or whoever has a skill, into the chat (R50)."""
        agent, skill = (_optional_id(to, name) for name in ("agentId", "skillId"))
        self._runtime.step(events.Invite(key, self._user(agent_id), agent, skill, message))
        return {"requested": True}

    def cancel_invitation(self, key: str, agent_id: str) -> Json:
        self._runtime.step(events.CancelInvite(key, self._user(agent_id)))
        return {"requested": False}

    def leave(self, key: str, agent_id: str) -> Json:
        self._runtime.step(events.Leave(key, self._user(agent_id)))
        return {"left": True}

    def supervisor(self, supervisor_id: str | None = None) -> Json:
        """Return the desk as a supervisor sees it; the whole of it where none is named."""
        user_id = None if supervisor_id is None else self._user(supervisor_id)
        return self._runtime.look(lambda desk, state, now: views.supervisor_view(desk, state, now, user_id))

    # --- who and what is meant ------------------------------------------------------------------------------------------

    def _user(self, user_id: str) -> str:
        user = self._org.users.by_id(_id(user_id))
        if user is None:
            raise Unknown(f"there is no user {user_id}")
        if not user["IsActive"]:
            raise RuleRefused("R1", f"the user {user['Username']} is not active")
        return str(user["Id"])

    @staticmethod
    def _caller(user_id: str) -> Caller:
        return Caller(user_id, VERSION)


def _id(text: Any) -> str:
    try:
        return normalize(str(text))
    except InvalidId:
        raise Unknown(f"{text!r} is no record id") from None


def _optional_id(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return None if value is None else _id(value)


def _presence(status: str) -> Presence:
    try:
        return Presence(status)
    except ValueError:
        raise OrgError("INVALID_ARGUMENT", f"status is Online, Away or Offline, not {status!r}") from None


def _message(text: str) -> str:
    if not text.strip():
        raise OrgError("INVALID_ARGUMENT", "text is empty")
    if len(text) > LONGEST_MESSAGE:
        raise OrgError("INVALID_ARGUMENT", f"text has {len(text)} characters; {LONGEST_MESSAGE} are allowed")
    return text
