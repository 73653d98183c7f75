"""The control wire: what steers the org itself."""

from collections.abc import Callable, Mapping
from typing import Final

from flask import Request, Response

from ...errors import OrgError
from ...org.org import Org
from .. import guard, steering
from ..coverage.document import coverage
from ..exchange import Settings
from ..openapi import document
from . import calls, faults, jobs, replay, requests, snapshots
from .described import DESCRIBED

PREFIX: Final = "/_chatlift"
TITLE: Final = "ChatLift control API"
ABOUT: Final = "What steers an emulated org from outside."
CALLS: Final[steering.Calls[Org]] = {
    "openapi": {"GET": lambda _, __: document(TITLE, ABOUT, PREFIX, DESCRIBED)},
    "coverage": {"GET": lambda org, _: coverage(org)},
    "health": {"GET": lambda org, _: calls.health(org)},
    "reset": {"POST": lambda org, _: calls.reset(org)},
    "seed": {"POST": calls.seed},
    "objects": {"POST": calls.objects},
    "clock": {"GET": lambda org, _: calls.clock(org), "PUT": calls.move_clock},
    "faults": {
        "GET": lambda org, _: faults.shown(org),
        "PUT": faults.put,
        "DELETE": lambda org, _: faults.clear(org),
    },
    "jobs": {"GET": lambda org, _: jobs.shown(org), "PUT": jobs.change},
    "limits": {"GET": lambda org, _: calls.limits(org), "PUT": calls.set_limits},
    "replay": {"GET": lambda org, _: replay.shown(org), "DELETE": lambda org, _: replay.rewind(org)},
    "requests": {"GET": requests.shown, "DELETE": lambda org, _: requests.clear(org)},
    "sessions": {"GET": lambda org, _: calls.sessions(org)},
    "sessions/{user or id}": {"DELETE": calls.end_sessions},
    "snapshots": {"GET": lambda org, _: snapshots.listing(org), "POST": snapshots.take},
    "snapshots/{id or name}": {"GET": snapshots.file, "DELETE": snapshots.drop},
    "snapshots/{id or name}/restore": {"POST": snapshots.restore},
}
UPLOADS: Final[Mapping[str, Mapping[str, Callable[[Org, Request], Response]]]] = {
    "snapshots/import": {"POST": snapshots.take_in}
}
"""Calls whose body is a file."""


class ControlWire:
    """Answers everything below ``/_chatlift`` that no other API of ours does."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix(PREFIX).strip("/")
        upload = UPLOADS.get(path, {}).get(request.method)
        if upload is not None:
            guard.check(request, self._settings, snapshots.FILE)
            return upload(self._org, request)
        guard.check(request, self._settings)
        return steering.answer(CALLS, self._org, path, request)

    def refuse(self, request: Request, error: OrgError) -> Response:
        return steering.refuse(error)
