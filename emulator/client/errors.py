"""What ends a client command: bad use of it, or an org that refuses or does not answer."""

import json
import re
from http import HTTPStatus
from typing import Final

_PLACE: Final = re.compile(r"ERROR at Row:(\d+):Column:(\d+)\n(.*)", re.DOTALL)


class BadUse(Exception):
    """The command was not used rightly; the message says how to mend it."""


class Failed(Exception):
    """The org refused, or did not answer; the message is one line."""


def refusal(url: str, status: int, body: bytes) -> Failed:
    """Return what an org's answer other than 200 says: code, place in the query, sentence."""
    try:
        error = json.loads(body)[0]
        code, message = str(error["errorCode"]), str(error["message"])
    except (ValueError, KeyError, IndexError, TypeError):
        return Failed(f"{url} answered {status}{_hint(status)}")
    place = _PLACE.search(message)
    if place:
        return Failed(line(f"{code} at row {place[1]}, column {place[2]}: {place[3]}"))
    return Failed(line(f"{code}: {message}{_hint(status)}"))


def _hint(status: int) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return "; get a new access token"
    if status == HTTPStatus.REQUEST_URI_TOO_LONG:
        return "; the query is too long for a URL"
    return ""


def line(text: str) -> str:
    """Return a text of the org as one line without control characters: it goes to a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))
