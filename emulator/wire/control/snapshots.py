"""Snapshots, and the files that carry them elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Request, Response

from ...errors import UsageError
from ...org.org import Org
from ...org.snapshots import Snapshot, Snapshots
from ...store.portable import BadSnapshot
from .. import steering
from ..exchange import body_of
from ..guard import ControlRefused

FILE: Final = "application/octet-stream"
MOST_FILE_BYTES: Final = 256 * 1024 * 1024
TAKE_KEYS: Final = frozenset({"name"})


def listing(org: Org) -> dict[str, Any]:
    """Return what is told of all snapshots."""
    return {"snapshots": [one.document() for one in org.room(Snapshots).listing()]}


def take(org: Org, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a copy of the org as it is now."""
    for key in wanted:
        if key not in TAKE_KEYS:
            raise _bad(f"there is no key {key!r}; a snapshot takes {', '.join(sorted(TAKE_KEYS))}")
    return org.room(Snapshots).take(wanted.get("name")).document()


def restore(org: Org, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Put the org back to a snapshot."""
    found = _found(org, arguments)
    org.restore(found.image)
    return {"restored": found.id}


def drop(org: Org, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let go of a snapshot."""
    return {"deleted": org.room(Snapshots).drop(_found(org, arguments).id).id}


def file(org: Org, arguments: Mapping[str, Any]) -> Response:
    """Return a snapshot as a file."""
    found = _found(org, arguments)
    response = Response(org.room(Snapshots).packed(found.id), content_type=FILE)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.name or found.id}.chatlift.db"'
    response.headers["Cache-Control"] = "no-store"
    return response


def take_in(org: Org, request: Request) -> Response:
    """Keep what a file holds, under the name in the query string or its own."""
    raw = body_of(request, MOST_FILE_BYTES)
    if raw is None:
        raise ControlRefused(413, "TOO_LARGE", f"the snapshot is larger than {MOST_FILE_BYTES} bytes")
    try:
        return steering.reply(org.room(Snapshots).take_in(raw, request.args.get("name")).document())
    except BadSnapshot as error:
        raise ControlRefused(400, "INVALID_SNAPSHOT", str(error)) from None
    except UsageError as error:
        raise ControlRefused(409, "NOT_POSSIBLE", str(error)) from error


def _found(org: Org, arguments: Mapping[str, Any]) -> Snapshot:
    named = str(arguments["id or name"])
    try:
        return org.room(Snapshots).find(named)
    except KeyError:
        raise ControlRefused(404, "NOT_FOUND", f"there is no snapshot {named!r}") from None


def _bad(message: str) -> ControlRefused:
    return ControlRefused(400, "INVALID_ARGUMENT", message)
