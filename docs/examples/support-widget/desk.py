"""The desk's side: what the widget keeps in Salesforce, and how it gets over Salesforce's bad days."""

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, TypeVar

from requests import RequestException
from simple_salesforce import Salesforce, format_soql
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

LOG = logging.getLogger(__name__)
TRIES = 4
PASSING = {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"}
"""Refusals after which the same call may well succeed."""

T = TypeVar("T")


class DeskRefused(Exception):
    """Salesforce does not want what it was given; asking again is of no use."""


class DeskAway(Exception):
    """Salesforce cannot be reached, or is too busy, for now."""


def connect() -> Salesforce:
    """Log in as the environment says."""
    return Salesforce(
        username=os.environ["SALESFORCE_USERNAME"],
        password=os.environ["SALESFORCE_PASSWORD"],
        security_token=os.environ["SALESFORCE_TOKEN"],
    )


class Desk:
    """Reads and writes the records of chats.

    Whatever is written bears the widget's own key and is upserted by it: a call whose answer was lost can be repeated.
    """

    def __init__(
        self, connect: Callable[[], Salesforce] = connect, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._connect = connect
        self._pause = pause
        self._salesforce: Salesforce | None = None

    def take_message(self, key: str, name: str, email: str, text: str) -> str:
        """Keep a message that was left as a case; return the case's number."""
        values = {
            "SuppliedName": name,
            "SuppliedEmail": email,
            "Subject": f"Message of {name}"[:255],
            "Description": text,
            "Origin": "Web",
        }
        self._ask(lambda sf: sf.Case.upsert(f"WidgetKey__c/{key}", values))
        soql = format_soql("SELECT CaseNumber FROM Case WHERE WidgetKey__c = {}", key)
        return str(self._ask(lambda sf: sf.query(soql))["records"][0]["CaseNumber"])

    def keep_chat(
        self, key: str, visitor: str | None, started: datetime, missed: bool, lines: list[dict[str, Any]]
    ) -> str:
        """Keep a chat; return the id of its visitor, by which the widget knows him when he comes again."""
        if visitor is None:
            visitor = self._ask(lambda sf: sf.LiveChatVisitor.create({}))["id"]
        ended = started + timedelta(seconds=max((line["after"] for line in lines), default=0))
        values = {
            "LiveChatVisitorId": visitor,
            "Status": "Missed" if missed else "Completed",
            "RequestTime": _moment(started),
            "StartTime": None if missed else _moment(started),
            "EndTime": _moment(ended),
            "Body": "".join(
                f"( {line['after']}s ) {escape(line['name'])}: {escape(line['text'])}<br>" for line in lines
            ),
        }
        self._ask(lambda sf: sf.LiveChatTranscript.upsert(f"WidgetKey__c/{key}", values))
        return visitor

    def history(self, visitor: str) -> list[dict[str, Any]]:
        """Return the chats of a visitor, the latest first."""
        soql = format_soql(
            "SELECT Name, Status, RequestTime, EndTime, Owner.Name FROM LiveChatTranscript"
            " WHERE LiveChatVisitorId = {} ORDER BY RequestTime DESC NULLS LAST",
            visitor,
        )
        return [
            {
                "number": row["Name"],
                "status": row["Status"],
                "asked": row["RequestTime"],
                "ended": row["EndTime"],
                "agent": None if row["Status"] == "Missed" else row["Owner"]["Name"],
            }
            for row in self._ask(lambda sf: sf.query_all(soql))["records"]
        ]

    def today(self) -> dict[str, int]:
        """Return how many chats of today there are, by status."""
        soql = "SELECT Status, COUNT(Id) chats FROM LiveChatTranscript WHERE RequestTime = TODAY GROUP BY Status"
        return {row["Status"]: row["chats"] for row in self._ask(lambda sf: sf.query(soql))["records"]}

    def _ask(self, call: Callable[[Salesforce], T]) -> T:
        """Call Salesforce, again where that helps. Raises `DeskRefused` and `DeskAway`."""
        for attempt in range(TRIES):
            if attempt:
                self._pause(2.0**attempt / 10)
            try:
                if self._salesforce is None:
                    self._salesforce = self._connect()
                return call(self._salesforce)
            except SalesforceExpiredSession:
                self._salesforce = None
            except SalesforceError as error:
                code, message = _told(error)
                if code not in PASSING:
                    raise DeskRefused(message) from error
                LOG.warning("Salesforce is busy: %s", code)
            except RequestException as error:
                LOG.warning("the line broke: %s", type(error).__name__)
        raise DeskAway


def _told(error: SalesforceError) -> tuple[str, str]:
    """Return code and message of a refusal."""
    content = error.content if isinstance(error.content, list) else [{}]
    return content[0].get("errorCode", ""), content[0].get("message", str(error))


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
