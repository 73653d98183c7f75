"""The visitor's side of a chat, over HTTP: what a web page's chat client does with the Chat REST API.

visitor = Visitor(org.url)
visitor.ask(deployment, button, name="Maya")
visitor.until("ChatEstablished")
visitor.say("Hello")
print(visitor.until("ChatMessage")[-1].message["text"])
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import requests

REST: Final = "/chat/rest"
API_VERSION: Final = "60"
SECONDS: Final = 60.0
ORGANIZATION: Final = "00D000000000001"


class VisitorRefused(Exception):
    """The Chat REST API refused a call: a status and a line of plain text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Told:
    """A message of the Chat REST API, such as ``ChatMessage``, with its JSON."""

    type: str
    message: Mapping[str, Any]


class Visitor:
    """One visitor with one session, from `begin` (or the first call that needs it) to the end of a chat.

    id: the chat's key; key and affinity: what its calls show; told: all messages so far. One poll at a time: use it from one
    thread, or poll in one and write in another.
    """

    def __init__(
        self,
        url: str,
        session: requests.Session | None = None,
        verify: bool | str | None = None,
        address: str | None = None,
        organization: str = ORGANIZATION,
        timeout: float = SECONDS,
    ) -> None:
        """Reach an org under its URL.

        session: what to call through, with the visitor's cookies. verify: the ``ca`` of the ready file. address: the IP address
        the visitor seems to have, which the org believes of callers on its own machine. timeout: seconds, above the poll's.
        """
        self._base = url.rstrip("/") + REST
        self._session = session or requests.Session()
        self._options: dict[str, Any] = {"timeout": timeout}
        if verify is not None:
            self._options["verify"] = verify
        self._address = address
        self._organization = organization
        self._sequence = 0
        self._ack = -1
        self._offset = 0
        self.id = ""
        self.key = ""
        self.affinity = "null"
        self.told: list[Told] = []

    # --- the session ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a session."""
        found = self.call("GET", "System/SessionId", affinity="null").json()
        self.id, self.key, self.affinity = found["id"], found["key"], found["affinityToken"]
        self._sequence, self._ack = 0, -1

    def close(self) -> None:
        """End the session without a word."""
        self.call("DELETE", f"System/SessionId/{self.key}")

    def reconnect(self) -> list[Told]:
        """Take the session up again after 503: a new affinity token, and the chat as it stands."""
        query = {"ReconnectSession.offset": str(self._offset)}
        (found,) = self.call("GET", "System/ReconnectSession", query=query, affinity="null").json()["messages"]
        self.affinity, self._sequence, self._ack = found["message"]["affinityToken"], 0, -1
        self.call("POST", "Chasitor/ChasitorResyncState", {"organizationId": self._organization})
        return self.poll()

    # --- the chat -------------------------------------------------------------------------------------------------------

    def ask(
        self,
        deployment: str,
        button: str | None = None,
        agent: str | None = None,
        name: str = "",
        details: Sequence[Mapping[str, Any]] = (),
        entities: Sequence[Mapping[str, Any]] = (),
        **more: Any,
    ) -> str:
        """Ask for a chat; return its key. details, entities: the pre-chat form; more: other keys of ChasitorInit."""
        if not self.key:
            self.begin()
        body = {
            "organizationId": self._organization,
            "deploymentId": deployment,
            "buttonId": button or "",
            "agentId": agent or "",
            "doFallback": False,
            "sessionId": self.id,
            "userAgent": "Visitor",
            "language": "en-US",
            "screenResolution": "1920x1080",
            "visitorName": name,
            "prechatDetails": list(details),
            "prechatEntities": list(entities),
            "buttonOverrides": [],
            "receiveQueueUpdates": True,
            "isPost": True,
        }
        self.post("ChasitorInit", **{**body, **more})
        return self.id

    def say(self, text: str) -> None:
        self.post("ChatMessage", text=text)

    def typing(self, text: str | None = None) -> None:
        """Show the agents that the visitor types, and with sneak peek what."""
        if text is None:
            self.post("ChasitorTyping")
        else:
            self.post("ChasitorSneakPeek", position=len(text), text=text)

    def stop_typing(self) -> None:
        self.post("ChasitorNotTyping")

    def signal(self, kind: str, data: str = "") -> None:
        """Send a custom event of a kind of the page's own."""
        self.post("CustomEvent", type=kind, data=data)

    def browse(self, location: str) -> None:
        """Tell which page the visitor looks at."""
        self.call("POST", "Visitor/Breadcrumb", {"location": location})

    def end(self) -> None:
        """End the chat, or give up waiting."""
        self.post("ChatEnd", reason="client")

    def upload(self, request: Told, name: str, content: bytes, content_type: str = "application/octet-stream") -> Any:
        """Send the file that a FileTransfer message asks for; return ``{"success", "id" or "reason"}``."""
        url = request.message["uploadServletUrl"]
        answer = self._session.post(url, files={"file": (name, content, content_type)}, **self._options)
        return self._checked(answer).json()

    def post(self, noun: str, **body: Any) -> None:
        """Post a noun of Chasitor under the next sequence number."""
        self.call("POST", f"Chasitor/{noun}", body, sequence=self._next())

    def many(self, *nouns: tuple[str, Mapping[str, Any]]) -> None:
        """Post several nouns of Chasitor in one."""
        listed = [{"prefix": "Chasitor", "noun": noun, "object": dict(body)} for noun, body in nouns]
        self.call("POST", "System/MultiNoun", {"nouns": listed}, sequence=self._next())

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    # --- messages -------------------------------------------------------------------------------------------------------

    def poll(self) -> list[Told]:
        """Return what is new, as soon as something is; nothing when the poll's time is up."""
        answer = self.call("GET", "System/Messages", query={"ack": str(self._ack)})
        if answer.status_code == 204:
            return []
        found = answer.json()
        self._ack, self._offset = found["sequence"], found["offset"]
        news = [Told(entry["type"], entry["message"]) for entry in found["messages"]]
        self.told += news
        return news

    def until(self, kind: str, seconds: float = SECONDS) -> list[Told]:
        """Poll until a message of a type comes; return all that came.

        Raises `VisitorRefused` when the session is over, and `TimeoutError` after the first poll that ends beyond so many seconds.
        """
        found: list[Told] = []
        end = time.monotonic() + seconds
        while all(one.type != kind for one in found):
            if time.monotonic() > end:
                raise TimeoutError(f"no {kind} came in {seconds} seconds, but {[one.type for one in found]}")
            found += self.poll()
        return found

    # --- before a chat --------------------------------------------------------------------------------------------------

    def availability(self, *ids: str, with_wait: bool = False) -> list[dict[str, Any]]:
        """Return for each button or agent ``{"id", "isAvailable": true}``, without `isAvailable` where it is not."""
        query = {"Availability.ids": f"[{','.join(ids)}]"} | (
            {"Availability.needEstimatedWaitTime": "1"} if with_wait else {}
        )
        found: list[dict[str, Any]] = self._asked("Availability", query)["results"]
        return found

    def settings(self, *button_ids: str, with_wait: bool = False) -> dict[str, Any]:
        """Return what a page needs to show buttons."""
        query = {"Settings.buttonIds": f"[{','.join(button_ids)}]"} | (
            {"Settings.needEstimatedWaitTime": "1"} if with_wait else {}
        )
        return self._asked("Settings", query)

    def visitor_id(self) -> str:
        """Return the key by which the visitor's computer is known again; it is a cookie of the session from now on."""
        return str(self._asked("VisitorId", {})["sessionId"])

    def _asked(self, noun: str, query: Mapping[str, str]) -> dict[str, Any]:
        (found,) = self.call("GET", f"Visitor/{noun}", query={"org_id": self._organization, **query}).json()["messages"]
        message: dict[str, Any] = found["message"]
        return message

    # --- calls ----------------------------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        noun: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        sequence: int | None = None,
        affinity: str | None = None,
    ) -> requests.Response:
        """Make a call of the Chat REST API. Raises `VisitorRefused`."""
        headers = {"X-LIVEAGENT-API-VERSION": API_VERSION, "X-LIVEAGENT-AFFINITY": affinity or self.affinity}
        if self.key:
            headers["X-LIVEAGENT-SESSION-KEY"] = self.key
        if sequence is not None:
            headers["X-LIVEAGENT-SEQUENCE"] = str(sequence)
        if self._address is not None:
            headers["X-Forwarded-For"] = self._address
        url = f"{self._base}/{noun}"
        return self._checked(
            self._session.request(method, url, json=body, params=query, headers=headers, **self._options)
        )

    @staticmethod
    def _checked(answer: requests.Response) -> requests.Response:
        if not answer.ok:
            raise VisitorRefused(answer.status_code, answer.text)
        return answer
