"""The end user's side of enhanced chat, over HTTP: what a custom client does with the API of Messaging for In-App and Web.

maya = EndUser(org.url, org.organization_id, "Web_Chat")
maya.begin(_firstName="Maya")
maya.say("Hello")
with maya.listen() as stream:
    print(stream.until("CONVERSATION_MESSAGE")[-1].text)
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import requests

from .enduser_stream import EventStream

BASE: Final = "/iamessage/api/v2"
STREAM: Final = "/eventrouter/v1/sse"
SECONDS: Final = 60.0


class EndUserRefused(Exception):
    """The API refused a call. status: of HTTP; message: why, where the answer says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


class EndUser:
    """One end user with one access token. Calls are about `conversation_id`, that of the conversation begun last, unless another is given.

    subject: who he is. context: what came with the token. last_event_id: where his event stream begins.
    """

    def __init__(
        self,
        url: str,
        org_id: str,
        deployment: str,
        session: requests.Session | None = None,
        verify: bool | str | None = None,
        platform: str = "Web",
        capabilities: str = "1",
        timeout: float = SECONDS,
    ) -> None:
        """Reach an org under its URL.

        org_id: 15 or 18 characters. deployment: the API name of the embedded service deployment. session: what to call through.
        verify: the ``ca`` of the ready file. platform: ``Web`` or ``Mobile``. capabilities: capabilitiesVersion. timeout: seconds.
        """
        self._url = url.rstrip("/")
        self._org_id = org_id
        self._deployment = deployment
        self._session = session or requests.Session()
        self._options: dict[str, Any] = {} if verify is None else {"verify": verify}
        self._timeout = timeout
        self._client = {"platform": platform, "capabilitiesVersion": capabilities}
        self.access_token = ""
        self.subject = ""
        self.context: Mapping[str, Any] = {}
        self.last_event_id = ""
        self.conversation_id = ""

    # --- tokens ---------------------------------------------------------------------------------------------------------

    def log_in(self, customer_token: str | None = None) -> str:
        """Get an access token: a stranger's, or that of whom a customer's token names; return the subject."""
        body = {"orgId": self._org_id, "esDeveloperName": self._deployment, **self._client}
        if customer_token is None:
            return self._admitted(self.call("POST", "authorization/unauthenticated/access-token", body))
        body |= {"authorizationType": "JWT", "customerIdentityToken": customer_token}
        return self._admitted(self.call("POST", "authorization/authenticated/access-token", body))

    def continue_session(self) -> str:
        """Get another token of the same end user, as a page does that is loaded again; return the subject."""
        return self._admitted(self.call("GET", "authorization/continuation-access-token"))

    def _admitted(self, answer: requests.Response) -> str:
        found = answer.json()
        self.access_token, self.last_event_id = found["accessToken"], found["lastEventId"]
        self.context = found["context"]
        self.subject = self.context["endUser"]["subject"]
        return self.subject

    # --- conversations --------------------------------------------------------------------------------------------------

    def begin(self, conversation_id: str | None = None, language: str | None = None, **attributes: str) -> str:
        """Begin a conversation, after `log_in` if need be; return its id. attributes: the pre-chat form, such as ``_firstName``."""
        if not self.access_token:
            self.log_in()
        id_ = conversation_id or str(uuid4())
        body = {"conversationId": id_, "esDeveloperName": self._deployment, "routingAttributes": attributes}
        self.call("POST", "conversation", body | ({} if language is None else {"language": language}))
        self.conversation_id = id_
        return id_

    def routing_status(self) -> str:
        return str(self._of("GET", "").json()["routingStatus"])

    def conversations(self, with_closed: bool = False, limit: int = 20) -> dict[str, Any]:
        """Return ``{"openConversationsFound", "closedConversationsFound", "conversations"}``."""
        query = {"inclClosedConvs": "true" if with_closed else "false", "limit": str(limit)}
        found: dict[str, Any] = self.call("GET", "conversation/list", query=query).json()
        return found

    def entries(self, **query: str | int) -> list[dict[str, Any]]:
        """Return entries, the newest first; query: ``limit``, ``startTimestamp``, ``endTimestamp``, ``direction``, ``entryTypeFilter``."""
        given = {name: str(value) for name, value in query.items()}
        found: list[dict[str, Any]] = self._of("GET", "/entries", query=given).json()["conversationEntries"]
        return found

    def end_session(self) -> None:
        self._of("DELETE", "/session", query={"esDeveloperName": self._deployment})

    def close(self) -> None:
        """Close the conversation for good."""
        self._of("DELETE", "", query={"esDeveloperName": self._deployment})

    # --- messages -------------------------------------------------------------------------------------------------------

    def say(
        self,
        text: str,
        reply_to: str | None = None,
        message_id: str | None = None,
        new_session: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """Send a text; return the message's id. new_session, attributes: the pre-chat form has been filled in before."""
        message = {"messageType": "StaticContentMessage", "staticContent": {"formatType": "Text", "text": text}}
        if reply_to is not None:
            message["inReplyToMessageId"] = reply_to
        return self.send(message, message_id, new_session, attributes)

    def choose(self, question: str, *options: str) -> str:
        """Answer a question with options, by their identifiers; return the message's id."""
        chosen = [{"optionIdentifier": option} for option in options]
        response = {"formatType": "Selections", "selectedOptions": chosen}
        message = {"messageType": "ChoicesResponseMessage", "inReplyToMessageId": question, "choicesResponse": response}
        return self.send(message)

    def send(
        self,
        message: Mapping[str, Any],
        message_id: str | None = None,
        new_session: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """Send a message of any type, given without its id; return the id."""
        id_ = message_id or str(uuid4())
        body = {
            "message": {**message, "id": id_},
            "esDeveloperName": self._deployment,
            "isNewMessagingSession": new_session,
            "routingAttributes": dict(attributes or {}),
        }
        self._of("POST", "/message", body)
        return id_

    def send_file(
        self, name: str, content: bytes, content_type: str = "application/octet-stream", text: str = ""
    ) -> str:
        """Send a file; return the message's id."""
        id_ = str(uuid4())
        entry = {
            "esDeveloperName": self._deployment,
            "message": {"id": id_, "fileId": str(uuid4()), "text": text},
            "isNewMessagingSession": False,
            "routingAttributes": {},
        }
        files = {
            "messageEntry": (None, json.dumps(entry), "application/json"),
            "fileData": (name, content, content_type),
        }
        self._of("POST", "/file", files=files)
        return id_

    def fetch(self, url: str) -> bytes:
        """Return the content of an attachment, by its ``url``."""
        return self._checked(
            self._session.get(url, headers=self._headers(), timeout=self._timeout, **self._options)
        ).content

    def typing(self, is_typing: bool = True) -> None:
        kind = "TypingStartedIndicator" if is_typing else "TypingStoppedIndicator"
        self._of("POST", "/entry", {"entryType": kind, "id": str(uuid4())})

    def acknowledge(self, message_id: str, kind: str = "Read") -> None:
        """Tell the reps that a message has come, ``Delivery``, or was read, ``Read``."""
        ack = {"id": str(uuid4()), "entryType": kind, "conversationEntryId": message_id}
        self._of("POST", "/acknowledge-entries", {"acks": [ack]})

    # --- events ---------------------------------------------------------------------------------------------------------

    def listen(self, last_event_id: str | None = None) -> EventStream:
        """Return the event stream, from an event on; from when the token was given unless another is named."""
        if not self.access_token:
            self.log_in()
        return EventStream(self._open, self.last_event_id if last_event_id is None else last_event_id)

    def _open(self, last_event_id: str, silence_seconds: float) -> requests.Response:
        headers = {**self._headers(), "Accept": "text/event-stream", "X-Org-Id": self._org_id[:15]}
        if last_event_id:
            headers["Last-Event-Id"] = last_event_id
        return self._checked(
            self._session.get(
                self._url + STREAM,
                headers=headers,
                stream=True,
                timeout=(self._timeout, silence_seconds),
                **self._options,
            )
        )

    # --- calls ----------------------------------------------------------------------------------------------------------

    def _of(self, method: str, below: str, body: Mapping[str, Any] | None = None, **more: Any) -> requests.Response:
        """Make a call about the conversation."""
        return self.call(method, f"conversation/{self.conversation_id}{below}", body, **more)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """Make a call of the API, by its path below ``/iamessage/api/v2``. Raises `EndUserRefused`."""
        answer = self._session.request(
            method, f"{self._url}{BASE}/{path}", json=body, params=query, files=files, headers=self._headers(),
            timeout=self._timeout, **self._options,
        )  # fmt: skip
        return self._checked(answer)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}

    @staticmethod
    def _checked(answer: requests.Response) -> requests.Response:
        if answer.ok:
            return answer
        try:
            found = answer.json()
            message = str(found.get("message") or found.get("error") or "")
        except (ValueError, AttributeError):
            message = answer.text[:200]
        raise EndUserRefused(answer.status_code, message or str(answer.reason))
