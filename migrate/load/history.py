"""The carrier `conversationHistory`: what people wrote, by the one documented call that puts past words into an enhanced conversation.

It is no way for bulk history, and for sandboxes alone: five entries and three participants in a call, the newest first; each chat begins
a live session that is routed to reps; agents appear as chatbots; nothing can be changed or taken back. Sources: Interaction Service API, "Send
Historical Conversation Entries"; Messaging for In-App and Web API, "Invoke the Conversation History API".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import requests

from ..errors import MigrationError, TerminalError, TransientError, UsageError
from ..folder import read_rows
from ..journal import Journal
from ..plan import Plan
from ..port import Org, checked_url, is_loopback
from ..transform.names import TRANSCRIPT_ID
from .bundles import Bundle, bundles
from .lanes import Lane

NAME: Final = "conversationHistory"
WARNING: Final = (
    "the carrier conversationHistory is for sandboxes and a few chats: it begins live sessions that are routed to reps, shows agents as "
    "chatbots, takes five entries a call, and cannot be taken back"
)
CALLS: Final = "live sessions begun, which no call takes back"
LEFT: Final = "entries that conversationHistory does not carry"
_ENTRIES: Final = 5
_OTHERS: Final = 2
"""Participants of a call besides the end user."""
_SUBJECT: Final = 255
_CARRIED: Final = frozenset({"EndUser", "Agent", "Bot"})
_HOST: Final = ".salesforce-scrt.com"
_TIMEOUT_SECONDS: Final = (10, 120)
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_TWICE: Final = 10073
"""Provide a unique ID for each message entry (the service's error codes): the call came before."""
_ACCEPTED: Final = 202

_UNKNOWN: Final = "unknown"
"""The live session of a call that came before, as the service says."""
_ROUNDS: Final = 6
_FIRST_WAIT_SECONDS: Final = 1.0

Row = dict[str, Any]


@dataclass(slots=True)
class HistoryLane(Lane):
    """Calls of the Interaction Service, one row each; what was sent is known by the journal alone."""


def history_lane(folder: Path, plan: Plan) -> HistoryLane:
    """Return the lane of a folder's chats."""
    return HistoryLane(NAME, (), lambda: calls(folder, plan.history_channels))


@dataclass(slots=True)
class Carrying:
    """One run's carrying of history. Calls that stand are not made again; one without an answer is, and is not taken twice."""

    run: str
    journal: Journal
    org: Org
    plan: Plan
    is_retry: bool
    progress: Callable[[str, int, int], None]
    _service: InteractionService | None = None

    def carry(self, lane: HistoryLane) -> int:
        """Make the calls of a lane, and return how many there are."""
        self.journal.note(self.run, "carrier for sandboxes alone", NAME, self.org.url, WARNING)
        done = 0
        for row in lane.rows():
            self.progress(f"sending {NAME}", done, 0)
            for detail in row["left"]:
                self.journal.note(self.run, LEFT, NAME, str(row[TRANSCRIPT_ID]), detail)
            if row["call"] is not None:
                done += 1
                self._settle(row)
        return done

    def _settle(self, row: Mapping[str, Any]) -> None:
        id_, digest = str(row["Id"]), digest_of(row)
        made = self.journal.known(NAME, [id_]).get(id_)
        if made is not None and made.state == "done":
            if made.digest != digest:
                chat = str(row[TRANSCRIPT_ID])
                self.journal.note(self.run, "changed since it was sent; the service changes nothing", NAME, chat, id_)
            if not self.is_retry:
                self.journal.done(self.run, NAME, [(id_, made.target or _UNKNOWN, "same", made.digest or b"", None)])
            return
        if made is not None and made.state != "sent" and made.seen == self.run:
            return
        self.journal.sent(self.run, NAME, [id_])
        try:
            session = self._sent(row)
        except HistoryRefused as error:
            self.journal.failed(self.run, NAME, [(id_, error.message)])
            return
        with self.journal.together():
            self.journal.done(self.run, NAME, [(id_, session or _UNKNOWN, "inserted", digest, None)])
            self.journal.note(self.run, CALLS, NAME, str(row[TRANSCRIPT_ID]), session or _UNKNOWN)

    def _sent(self, row: Mapping[str, Any]) -> str:
        """Make one call; when it fails in passing, wait and make it again. Raises HistoryRefused, or TerminalError in the end."""
        self._service = self._service or InteractionService(self.org, self.plan)
        wait = _FIRST_WAIT_SECONDS
        for number in range(1, _ROUNDS + 1):
            try:
                return self._service.send(row["call"])
            except TransientError as error:
                if number == _ROUNDS:
                    raise TerminalError(
                        f"{error.message} {_ROUNDS} times,", "run the same command later: it goes on where it stopped"
                    ) from None
                self.org.pause(wait)
                wait *= 2
        raise AssertionError("unreachable")


def calls(folder: Path, channels: Mapping[str, str]) -> Iterator[Row]:
    """Yield the calls for the chats of a folder, chat by chat, of each the newest words first.

    `left` tells what is not carried; a row without a call tells that alone.
    """
    names = {row["Id"]: str(row["DeveloperName"]) for row in read_rows(folder, "MessagingChannel")}
    people = {
        row["Id"]: (str(row["MessagingPlatformKey"]), str(row.get("Name") or ""))
        for row in read_rows(folder, "MessagingEndUser")
    }
    for bundle in bundles(folder):
        carried = [entry for entry in bundle.entries if _is_carried(entry)]
        channel = names.get(bundle.session["MessagingChannelId"], "")
        address = channels.get(channel, "")
        left = []
        if bundle.entries and not address:
            left.append(f"{len(bundle.entries)}: history_channels has no address of {channel}")
            carried = []
        elif number := len(bundle.entries) - len(carried):
            left.append(f"{number}: notices, and what no end user, agent or bot wrote")
        for row in _of_chat(bundle, carried, address, people):
            yield {**row, "left": left}
            left = []
        if left:
            yield {
                "Id": f"{bundle.session['Id']}/-",
                TRANSCRIPT_ID: bundle.session[TRANSCRIPT_ID],
                "entries": 0,
                "call": None,
                "left": left,
            }


def _is_carried(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("Message")) and entry.get("ActorType") in _CARRIED


def _of_chat(
    bundle: Bundle, entries: Sequence[Mapping[str, Any]], address: str, people: Mapping[str, tuple[str, str]]
) -> Iterator[Row]:
    if not entries:
        return
    key, name = people[bundle.session["MessagingEndUserId"]]
    end_user = {"subject": key[:_SUBJECT], "role": "EndUser", "appType": "iamessage"}
    began = min(map(_milliseconds, entries))
    for number, some in enumerate(_portions(entries), 1):
        senders = [end_user if entry["ActorType"] == "EndUser" else _other(entry) for entry in some]
        named = {end_user["subject"]: (end_user, name)} | {
            sender["subject"]: (sender, str(entry.get("ActorName") or entry["ActorType"]))
            for sender, entry in zip(senders, some, strict=True)
            if sender is not end_user
        }
        yield {
            "Id": f"{bundle.session['Id']}/{number:05}",
            TRANSCRIPT_ID: bundle.session[TRANSCRIPT_ID],
            "entries": len(some),
            "call": {
                "channelAddressIdentifier": address,
                "conversationParticipants": [
                    {"displayName": shown, "participant": who, "joinedTime": began} for who, shown in named.values()
                ],
                "conversationEntries": [_entry(entry, sender) for entry, sender in zip(some, senders, strict=True)],
            },
        }


def _portions(entries: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield entries as calls take them, the newest first."""
    some: list[Mapping[str, Any]] = []
    others: set[str] = set()
    for entry in reversed(entries):
        other = {_other(entry)["subject"]} - (others if entry["ActorType"] != "EndUser" else {_other(entry)["subject"]})
        if some and (len(some) == _ENTRIES or len(others | other) > _OTHERS):
            yield some
            some, others = [], set()
            other = {_other(entry)["subject"]} if entry["ActorType"] != "EndUser" else set()
        some.append(entry)
        others |= other
    if some:
        yield some


def _other(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return who wrote an entry, as a participant: the call knows end users and chatbots."""
    who = str(entry.get("ActorName") or entry.get("ActorType"))
    if len(who) > _SUBJECT // 2:
        who = sha256(who.encode()).hexdigest()
    return {"subject": f"legacy-{entry.get('ActorType')}-{who}", "role": "Chatbot", "appType": "custom"}


def _entry(entry: Mapping[str, Any], sender: Mapping[str, str]) -> dict[str, Any]:
    id_ = str(entry["MessageIdentifier"])
    content = {"formatType": "Text", "text": entry["Message"]}
    message = {"messageType": "StaticContentMessage", "id": id_, "staticContent": content}
    return {
        "clientTimestamp": _milliseconds(entry),
        "sender": dict(sender),
        "entryPayload": {"entryType": "Message", "id": id_, "abstractMessage": message},
    }


def _milliseconds(entry: Mapping[str, Any]) -> int:
    return round(datetime.fromisoformat(str(entry["EntryTime"])).timestamp() * 1000) + int(
        entry.get("EntryTimeMilliSecs") or 0
    )


def digest_of(row: Mapping[str, Any]) -> bytes:
    """Return what tells one state of a call from another."""
    return sha256(orjson.dumps(row["call"], option=orjson.OPT_SORT_KEYS)).digest()[:16]


class HistoryRefused(MigrationError):
    """The Interaction Service refuses a call, which says nothing of the others."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code}: {said}")
        self.code = code


class InteractionService:
    """The service of an org, reached with the org's own access token."""

    def __init__(self, org: Org, plan: Plan) -> None:
        self._url = service_url(plan.history_url, org.url)
        [organization] = org.query("SELECT Id, IsSandbox FROM Organization LIMIT 1")
        self.is_sandbox = bool(organization["IsSandbox"])
        self._session = org.session_for(self._url)
        self._headers = {
            "Content-Type": "application/json",
            "OrgId": str(organization["Id"]),
            "AuthorizationContext": plan.history_app,
            "AuthorizationContextType": "EmbeddedMessagingChannel",
        }

    def send(self, call: Mapping[str, Any]) -> str:
        """Make one call, and return the id of the live session; empty when it came before.

        Raises TransientError for what may pass (the call may have been carried out), HistoryRefused for this call alone, TerminalError
        for all.
        """
        try:
            answer = self._session.post(
                f"{self._url}/api/v1/conversationHistory",
                data=orjson.dumps(call),
                headers={**self._headers, "RequestId": str(uuid4())},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError:
            raise TerminalError(
                f"{self._url}: its certificate is not trusted:", "set REQUESTS_CA_BUNDLE (see `chatlift env`)"
            ) from None
        except requests.RequestException as error:
            raise TransientError(
                f"{self._url} did not answer ({type(error).__name__})", "check history_url and try again"
            ) from None
        try:
            told = answer.json()
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        if answer.status_code == _ACCEPTED:
            return str(told.get("messagingSessionId") or "")
        code, said = told.get("code"), str(told.get("message") or "")
        if code == _TWICE:
            return ""
        if answer.status_code in _AGAIN:
            raise TransientError(f"{self._url} answered {answer.status_code} {said}".strip(), "try again later")
        if answer.status_code in (401, 403, 404) and not isinstance(code, int):
            raise TerminalError(f"{self._url} answered {answer.status_code}:", "check history_url and the token")
        if answer.status_code == 401:
            raise TerminalError(f"{self._url} refuses the access token ({said}):", "get a new one")
        raise HistoryRefused(int(code) if isinstance(code, int) else answer.status_code, said)


def service_url(url: str, org_url: str) -> str:
    """Return the address of an Interaction Service that may see the org's token. UsageError for any other host."""
    checked = checked_url(url)
    host, own = urlsplit(checked).hostname or "", urlsplit(org_url).hostname or ""
    if host != own and not host.endswith(_HOST) and not is_loopback(host):
        raise UsageError(
            f"history_url names {host}, which is no Interaction Service of an org:", f"use https://DOMAIN.my{_HOST}"
        )
    return checked
