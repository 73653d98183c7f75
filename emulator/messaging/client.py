"""The reps' side of enhanced chat, over HTTP: a client of the rep API (docs/messaging.md).

    desk = RepDesk(org.url)
    desk.login(kim)
    session = desk.accept(desk.rep(kim).work[0].agent_work_id, kim)
    desk.say(session, kim, "How can I help?")

Reps, work, sessions, queues and skills are named by the ids of their records, channels and deployments by their developer names.
Each call raises `MessagingError` when it is refused.
"""

from collections.abc import Mapping
from typing import Any, Final

import requests

from .seen import RepView, SupervisorView, seen

PREFIX: Final = "/_chatlift/messaging"
SECONDS: Final = 60.0


class MessagingError(Exception):
    """A call was refused. status: of HTTP; code and message as the org wrote them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class RuleBroken(MessagingError):
    """The rules of messaging do not allow the call; the message says which and why."""


class NotThere(MessagingError):
    """There is no such rep, work, session, conversation, channel or deployment."""


class RepDesk:
    """The consoles of all reps of one org, the supervisor's panel, and the set-up of channels."""

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

    def login(self, rep: str, status: str = "Online") -> str:
        """Log a rep in to Omni-Channel; return the id of his UserServicePresence."""
        return str(self._post(f"reps/{rep}/login", status=status)["presenceId"])

    def set_status(self, rep: str, status: str) -> None:
        """Change a rep's presence status; ``Offline`` logs him out."""
        self._call("PUT", f"reps/{rep}/status", {"status": status})

    def logout(self, rep: str) -> None:
        self._post(f"reps/{rep}/logout")

    def rep(self, rep: str) -> RepView:
        """Return what a rep's console shows."""
        return seen(RepView, self._call("GET", f"reps/{rep}"))

    def supervisor(self) -> SupervisorView:
        """Return who is there, who waits, and what runs."""
        return seen(SupervisorView, self._call("GET", "supervisor"))

    # --- work -----------------------------------------------------------------------------------------------------------

    def accept(self, work: str, rep: str) -> str:
        """Take a session, a transfer or an invitation; return the id of the session."""
        return str(self._post(f"work/{work}/accept", repId=rep)["messagingSessionId"])

    def decline(self, work: str, rep: str, reason: str = "") -> None:
        self._post(f"work/{work}/decline", repId=rep, reason=reason)

    def accept_next(self, rep: str) -> str:
        """Take the oldest work that a rep is offered; return the id of the session. Raises `NotThere`."""
        work = self.rep(rep).work
        if not work:
            raise NotThere(404, "NOT_FOUND", f"the rep {rep} is offered no work")
        return self.accept(work[0].agent_work_id, rep)

    # --- the conversation -----------------------------------------------------------------------------------------------

    def say(self, session: str, rep: str, text: str) -> str:
        """Send a text to the end user; return the id of the message."""
        return str(self._post(f"sessions/{session}/messages", repId=rep, text=text)["messageId"])

    def send(self, session: str, rep: str, message: Mapping[str, Any]) -> str:
        """Send a content of any format: ``messageType`` and what it holds; return the id of the message."""
        return str(self._post(f"sessions/{session}/messages", repId=rep, message=dict(message))["messageId"])

    def send_file(self, session: str, rep: str, *content_versions: str, text: str = "") -> str:
        """Send files that the org has, by the ids of their ContentVersions; return the id of the message."""
        attachments = [{"id": one} for one in content_versions]
        return self.send(
            session, rep, {"staticContent": {"formatType": "Attachments", "text": text, "attachments": attachments}}
        )

    def bot_says(self, session: str, text: str) -> str:
        """Let the bot that leads a session say something; return the id of the message."""
        return str(self._post(f"sessions/{session}/messages", **{"as": "Bot"}, text=text)["messageId"])

    def typing(self, session: str, rep: str, is_typing: bool = True) -> None:
        """Show the end user that a rep types, or has stopped."""
        self._post(f"sessions/{session}/typing", repId=rep, typing=is_typing)

    def acknowledge(self, session: str, rep: str, message: str, kind: str = "Read") -> None:
        """Tell the end user that a rep has read his message, or that it has come (``Delivery``)."""
        self._post(f"sessions/{session}/acknowledge", repId=rep, messageId=message, kind=kind)

    def start(self, rep: str, text: str, conversation: str | None = None, end_user: str | None = None) -> str:
        """Begin a session in an end user's open conversation; return its id. Give the conversation, or a MessagingEndUser."""
        body = {"conversationId": conversation, "messagingEndUserId": end_user, "text": text}
        return str(self._post(f"reps/{rep}/sessions", **body)["messagingSessionId"])

    # --- the session ----------------------------------------------------------------------------------------------------

    def mark_inactive(self, session: str, rep: str) -> None:
        self._post(f"sessions/{session}/inactive", repId=rep)

    def pause(self, session: str, rep: str) -> None:
        self._post(f"sessions/{session}/pause", repId=rep)

    def resume(self, session: str, rep: str) -> None:
        self._post(f"sessions/{session}/resume", repId=rep)

    def transfer(
        self,
        session: str,
        rep: str | None,
        to_rep: str | None = None,
        to_queue: str | None = None,
        to_skills: tuple[str, ...] = (),
    ) -> None:
        """Hand a session on to exactly one of: a rep, a queue, whoever has all of some skills. Without a rep the bot does."""
        by = {"as": "Bot"} if rep is None else {"repId": rep}
        self._post(f"sessions/{session}/transfer", **by, to=_target(to_rep, to_queue, to_skills))

    def invite(self, session: str, rep: str, to_rep: str | None = None, to_skills: tuple[str, ...] = ()) -> None:
        """Ask another rep, or whoever has some skills, into a session."""
        self._post(f"sessions/{session}/conference", repId=rep, to=_target(to_rep, None, to_skills))

    def leave(self, session: str, rep: str) -> None:
        """Leave a conference; the last rep has to end the session."""
        self._post(f"sessions/{session}/leave", repId=rep)

    def end(self, session: str, rep: str) -> None:
        self._post(f"sessions/{session}/end", repId=rep)

    def end_as(self, session: str, who: str) -> None:
        """End a session in the name of its ``Bot``, or of the ``System``."""
        self._post(f"sessions/{session}/end", **{"as": who})

    def fail(self, session: str, message: str = "") -> None:
        """Let a technical failure end a session: its status is Error."""
        self._post(f"sessions/{session}/fail", message=message)

    def close(self, session: str, rep: str) -> float:
        """Close a rep's tab of a session; return how much of his capacity is in use then."""
        return float(self._post(f"sessions/{session}/close", repId=rep)["load"])

    # --- supervisors ----------------------------------------------------------------------------------------------------

    def raise_flag(self, session: str, rep: str, message: str = "") -> None:
        self._post(f"sessions/{session}/flag", repId=rep, message=message)

    def lower_flag(self, session: str, by: str) -> None:
        """Lower a flag: the rep's own, or as a supervisor the oldest."""
        self._call("DELETE", f"sessions/{session}/flag", {"by": by})

    def whisper(self, session: str, supervisor: str, text: str) -> None:
        """Tell the reps of a session something that the end user does not see."""
        self._post(f"sessions/{session}/whisper", supervisorId=supervisor, text=text)

    # --- set-up ---------------------------------------------------------------------------------------------------------

    def channel(self, name: str) -> Mapping[str, Any]:
        """Return the settings of a channel, as they stand, published or not."""
        found: Mapping[str, Any] = self._call("GET", f"channels/{name}")
        return found

    def change(self, name: str, **settings: Any) -> Mapping[str, Any]:
        """Change settings of a channel, by the names that the API has for them; they act once a deployment is published."""
        found: Mapping[str, Any] = self._call("PUT", f"channels/{name}", settings)
        return found

    def deployment(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._call("GET", f"deployments/{name}")
        return found

    def set_deployment(self, name: str, **settings: Any) -> Mapping[str, Any]:
        """Make a deployment that offers a channel, or change one: ``channel``, ``label``, ``platform``."""
        found: Mapping[str, Any] = self._call("PUT", f"deployments/{name}", settings)
        return found

    def publish(self, name: str) -> Mapping[str, Any]:
        """Publish a deployment: from now on its channel's settings act as they stand."""
        found: Mapping[str, Any] = self._post(f"deployments/{name}/publish")
        return found

    def set_capacity(self, rep: str, capacity: float) -> None:
        """Set how much work a rep takes at once."""
        self._call("PUT", f"reps/{rep}/capacity", {"capacity": capacity})

    # --- calls ----------------------------------------------------------------------------------------------------------

    def _post(self, path: str, **body: Any) -> Any:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._session.request(
            method, f"{self._base}/{path}", json=body, headers=self._headers, **self._options
        )
        if answer.ok:
            return answer.json()
        raise _error(answer)


def _target(rep: str | None, queue: str | None, skills: tuple[str, ...]) -> dict[str, Any]:
    return {"repId": rep, "queueId": queue, "skillIds": list(skills) or None}


def _error(answer: requests.Response) -> MessagingError:
    try:
        (found,) = answer.json()
        code, message = str(found["errorCode"]), str(found["message"])
    except (ValueError, TypeError, KeyError):  # no org of ours
        code, message = "UNEXPECTED_ANSWER", answer.text[:200] or str(answer.reason)
    kind = {404: NotThere, 409: RuleBroken}.get(answer.status_code, MessagingError)
    return kind(answer.status_code, code, message)
