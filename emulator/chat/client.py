"""The agents' side of a chat, over HTTP: a client of the agent API (docs/chat.md).

    desk = AgentDesk(org.url)
    desk.login(ann)
    key = desk.accept(desk.agent(ann).requests[0].request_id, ann)
    desk.say(key, ann, "How can I help?")

Agents, records, skills and buttons are named by their ids, chats by their keys. Each call raises `ChatError` when it is refused.
"""

from typing import Any, Final, TypeVar

import requests

from .seen import AgentConsole, Article, FoundRecord, QuickText, SupervisorPanel, seen

PREFIX: Final = "/_chatlift/chat"
SECONDS: Final = 60.0
T = TypeVar("T")


class ChatError(Exception):
    """A call was refused. status: of HTTP; code and message as the org wrote them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class RuleBroken(ChatError):
    """The rules of chat do not allow the call; `rule` names the rule, such as ``R40``."""

    @property
    def rule(self) -> str:
        return self.message.partition(":")[0]


class NotThere(ChatError):
    """There is no such agent, chat, request or record."""


class AgentDesk:
    """The consoles of all agents of one org, and the supervisor's panel."""

    def __init__(
        self,
        url: str,
        session: requests.Session | None = None,
        verify: bool | str | None = None,
        token: str | None = None,
        timeout: float = SECONDS,
    ) -> None:
        """Reach an org under its URL.

        session: what to call through, such as one that `OrgHandle.mount` has prepared. verify: the ``ca`` of the ready file.
        token: the ``control_token`` of the ready file, where the org asks for it. timeout: seconds.
        """
        self._base = url.rstrip("/") + PREFIX
        self._session = session or requests.Session()
        self._options: dict[str, Any] = {"timeout": timeout}
        if verify is not None:
            self._options["verify"] = verify
        self._headers = {} if token is None else {"X-Chatlift-Token": token}

    # --- presence -------------------------------------------------------------------------------------------------------

    def login(self, agent: str, status: str = "Online") -> str:
        """Log an agent in, ``Online`` or ``Away``; return the id of his LiveAgentSession."""
        return str(self._post(f"agents/{agent}/login", status=status)["sessionId"])

    def set_status(self, agent: str, status: str) -> None:
        """Make an agent ``Online``, ``Away`` or ``Offline``."""
        self._call("PUT", f"agents/{agent}/status", {"status": status})

    def logout(self, agent: str) -> None:
        """Log an agent out; his chats end."""
        self._post(f"agents/{agent}/logout")

    def disconnect(self, agent: str) -> None:
        """Let an agent's connection break: he is logged out, and his chats wait for another agent."""
        self._post(f"agents/{agent}/disconnect")

    def agent(self, agent: str) -> AgentConsole:
        """Return what an agent's console shows."""
        return seen(AgentConsole, self._get(f"agents/{agent}"))

    def supervisor(self, supervisor: str | None = None) -> SupervisorPanel:
        """Return what a supervisor's configuration lets him see; without one the whole desk."""
        query = {} if supervisor is None else {"supervisorId": supervisor}
        return seen(SupervisorPanel, self._get("supervisor", **query))

    # --- requests -------------------------------------------------------------------------------------------------------

    def accept(self, request_id: str, agent: str) -> str:
        """Take a chat, a transfer or an invitation; return the chat's key."""
        return str(self._post(f"requests/{request_id}/accept", agentId=agent)["chatKey"])

    def decline(self, request_id: str, agent: str) -> None:
        self._post(f"requests/{request_id}/decline", agentId=agent)

    # --- the conversation -----------------------------------------------------------------------------------------------

    def say(self, chat: str, agent: str, text: str) -> None:
        self._post(f"chats/{chat}/messages", agentId=agent, text=text)

    def typing(self, chat: str, agent: str, is_typing: bool = True, text: str | None = None) -> None:
        """Show the visitor that an agent types, or has stopped; a supervisor may see the text so far."""
        self._post(f"chats/{chat}/typing", agentId=agent, typing=is_typing, text=text)

    def signal(self, chat: str, agent: str, kind: str, data: str = "") -> None:
        """Send a custom event to the visitor's page."""
        self._post(f"chats/{chat}/custom-event", agentId=agent, type=kind, data=data)

    def whisper(self, chat: str, supervisor: str, text: str) -> None:
        """Tell the agents of a chat something that its visitor does not see."""
        self._post(f"chats/{chat}/whisper", supervisorId=supervisor, text=text)

    def raise_flag(self, chat: str, agent: str, message: str = "") -> None:
        self._post(f"chats/{chat}/flag", agentId=agent, message=message)

    def lower_flag(self, chat: str, by: str) -> None:
        """Lower a flag: the agent's own, or as a supervisor the oldest."""
        self._delete(f"chats/{chat}/flag", by=by)

    def end(self, chat: str, agent: str) -> None:
        self._post(f"chats/{chat}/end", agentId=agent)

    def close(self, chat: str, agent: str) -> str | None:
        """Close the window of a chat that is over; return the id of its transcript, None while another agent keeps it."""
        id_ = self._post(f"chats/{chat}/close", agentId=agent)["transcriptId"]
        return None if id_ is None else str(id_)

    def block(self, chat: str, agent: str, comment: str = "") -> None:
        """Block the visitor's address; the chat ends."""
        self._post(f"chats/{chat}/block", agentId=agent, comment=comment)

    # --- chatbots -------------------------------------------------------------------------------------------------------

    def open_bot(self, button: str, name: str) -> None:
        """Let a chatbot answer at a button: it leads every chat that is asked for there, until it hands it on or ends it."""
        self._call("PUT", f"bots/{button}", {"name": name})

    def close_bot(self, button: str) -> None:
        self._delete(f"bots/{button}")

    def bot_says(self, chat: str, text: str) -> None:
        self._post(f"chats/{chat}/bot/messages", text=text)

    def bot_transfers(self, chat: str, button: str | None = None) -> bool:
        """Let the bot hand a chat on to the agents of its button, or of another; tell whether anybody is there to take it."""
        return bool(self._post(f"chats/{chat}/bot/transfer", buttonId=button)["transferred"])

    def bot_ends(self, chat: str, by_action: bool = False) -> str | None:
        """Let the bot end a chat, by its dialog or by an automated action; return the transcript's id."""
        id_ = self._post(f"chats/{chat}/bot/end", byAction=by_action)["transcriptId"]
        return None if id_ is None else str(id_)

    # --- help with answers ----------------------------------------------------------------------------------------------

    def quick_texts(self, agent: str, text: str = "") -> tuple[QuickText, ...]:
        """Return the quick texts that hold a text; those that the agent used last come first."""
        return self._list(QuickText, f"agents/{agent}/quick-texts", "quickTexts", q=text)

    def articles(self, agent: str, text: str = "") -> tuple[Article, ...]:
        return self._list(Article, f"agents/{agent}/articles", "articles", q=text)

    def records(self, agent: str, sobject: str, text: str = "") -> tuple[FoundRecord, ...]:
        """Return the records of a type whose name holds a text, as far as the agent may see them."""
        return self._list(FoundRecord, f"agents/{agent}/records", "records", object=sobject, q=text)

    def send_quick_text(self, chat: str, agent: str, quick_text: str) -> str:
        """Send a quick text; return what it says."""
        return str(self._post(f"chats/{chat}/quick-text", agentId=agent, quickTextId=quick_text)["text"])

    def send_article(self, chat: str, agent: str, article: str) -> str:
        """Send an article's Chat Answer; return it."""
        return str(self._post(f"chats/{chat}/articles", agentId=agent, articleId=article)["text"])

    # --- records and files ----------------------------------------------------------------------------------------------

    def attach(self, chat: str, agent: str, record: str) -> None:
        """Put a record on a chat."""
        self._post(f"chats/{chat}/attach", agentId=agent, recordId=record)

    def create(self, chat: str, agent: str, sobject: str, **fields: Any) -> str:
        """Make a record and put it on a chat; return its id."""
        return str(
            self._post(f"chats/{chat}/attach", agentId=agent, create={"object": sobject, "fields": fields})["recordId"]
        )

    def detach(self, chat: str, agent: str, record: str) -> None:
        self._delete(f"chats/{chat}/attach", agentId=agent, recordId=record)

    def request_file(self, chat: str, agent: str, record: str) -> str:
        """Ask the visitor for a file, to be kept at an attached record; return the token of the request."""
        return str(self._post(f"chats/{chat}/file-request", agentId=agent, recordId=record)["fileToken"])

    def cancel_file(self, chat: str, agent: str | None = None) -> None:
        """Take a request for a file back; without an agent it is the visitor who will send none."""
        self._delete(f"chats/{chat}/file-request", **({} if agent is None else {"agentId": agent}))

    # --- transfers and conferences --------------------------------------------------------------------------------------

    def transfer(
        self,
        chat: str,
        agent: str,
        to_agent: str | None = None,
        to_skill: str | None = None,
        to_button: str | None = None,
        message: str = "",
    ) -> None:
        """Hand a chat on to exactly one of: an agent, whoever has a skill, a button."""
        to = {"agentId": to_agent, "skillId": to_skill, "buttonId": to_button}
        self._post(f"chats/{chat}/transfer", agentId=agent, to=to, message=message)

    def cancel_transfer(self, chat: str, agent: str) -> None:
        self._delete(f"chats/{chat}/transfer", agentId=agent)

    def invite(
        self, chat: str, agent: str, to_agent: str | None = None, to_skill: str | None = None, message: str = ""
    ) -> None:
        """Ask an agent, or whoever has a skill, into a chat."""
        to = {"agentId": to_agent, "skillId": to_skill}
        self._post(f"chats/{chat}/conference", agentId=agent, to=to, message=message)

    def cancel_invitation(self, chat: str, agent: str) -> None:
        self._delete(f"chats/{chat}/conference", agentId=agent)

    def leave(self, chat: str, agent: str) -> None:
        """Leave a conference; the last agent has to end the chat."""
        self._post(f"chats/{chat}/leave", agentId=agent)

    def reroute(self, chat: str) -> None:
        """Let the visitor's next calls get 503 until his client reconnects: for tests of clients."""
        self._post(f"chats/{chat}/reconnect")

    # --- calls ----------------------------------------------------------------------------------------------------------

    def _get(self, path: str, **query: str) -> Any:
        return self._call("GET", path, query=query)

    def _post(self, path: str, **body: Any) -> Any:
        return self._call("POST", path, body)

    def _delete(self, path: str, **body: Any) -> Any:
        return self._call("DELETE", path, body)

    def _list(self, kind: type[T], path: str, key: str, **query: str) -> tuple[T, ...]:
        return tuple(seen(kind, entry) for entry in self._get(path, **query)[key])

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, query: dict[str, str] | None = None
    ) -> Any:
        answer = self._session.request(
            method, f"{self._base}/{path}", json=body, params=query, headers=self._headers, **self._options
        )
        if answer.ok:
            return answer.json()
        raise _error(answer)


def _error(answer: requests.Response) -> ChatError:
    try:
        (found,) = answer.json()
        code, message = str(found["errorCode"]), str(found["message"])
    except (ValueError, TypeError, KeyError):  # no org of ours
        code, message = "UNEXPECTED_ANSWER", answer.text[:200] or str(answer.reason)
    kind = {404: NotThere, 409: RuleBroken}.get(answer.status_code, ChatError)
    return kind(answer.status_code, code, message)
