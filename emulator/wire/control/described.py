"""What the control API's calls take and answer, for its OpenAPI document."""

from typing import Final

from ..openapi import Described, Descriptions, Named

SNAPSHOT: Final = Named("Snapshot", {"id": "text", "name": "text?", "created": "time", "bytes": "integer"})
CLOCK: Final = Named("Clock", {"now": "time", "frozen": "boolean", "tick_seconds?": "number"})
LIMITS: Final = Named(
    "Limits", {"held": {"...": "number"}, "usage": {"...": {"used": "integer", "allowed": "integer"}}}
)
RULE: Final = {
    "method?": "text",
    "path?": "text",
    "api?": "text",
    "object?": "text",
    "operation?": "text",
    "scope?": "=request|record",
    "latency_ms?": "number",
    "errorCode?": "text",
    "message?": "text",
    "status?": "integer",
    "drop?": "boolean",
    "truncate?": "integer",
    "expire_session?": "boolean",
    "after?": "integer",
    "count?": "integer",
    "probability?": "number",
    "seed?": "integer",
}
FAULTS: Final = Named(
    "Faults",
    {
        "rules": [{**RULE, "matched": "integer", "struck": "integer"}],
        "limits": {"...": "number"},
        "presets": ["text"],
    },
)
JOBS: Final = Named("Jobs", {"delay_seconds": "number", "polls": "integer", "idle": "boolean"})
SESSION: Final = {
    "id": "text",
    "userId": "text",
    "username": "text?",
    "token": "text",
    "clientId": "text?",
    "scope": "text?",
    "createdDate": "time",
    "lastUsedDate": "time",
}
REQUEST: Final = {
    "number": "integer",
    "received": "time",
    "method": "text",
    "path": "text",
    "status": "integer",
    "ms": "number",
    "...": "any",
}
REPLAY: Final = {"cassette": "text?", "calls": "integer", "unplayed": ["text"]}
STATE: Final = {"state": "text", "...": "any"}
NAMED: Final = {"name": "text", **STATE}
SNAPSHOT_FILE: Final = "application/octet-stream"
DESCRIBED: Final[Descriptions] = {
    ("GET", "health"): Described(
        "Tell that the org is up, and how many records it has.",
        {"status": "text", "version": "text", "records": {"...": "integer"}},
    ),
    ("GET", "openapi"): Described("Return this document.", {"...": "any"}),
    ("GET", "coverage"): Described(
        "Tell what is emulated, refused and missing.",
        {
            "version": "text",
            "objects": [NAMED],
            "protocols": [{"name": "text", "base": "text", "resources": [NAMED], "...": "any"}],
            "headers": [NAMED],
            "errors": [{"code": "text", **STATE}],
            "...": "any",
        },
    ),
    ("POST", "reset"): Described("Go back to what the org was when it was ready.", {"reset": "boolean"}),
    ("POST", "seed"): Described(
        "Write a scenario document, all or nothing.", {"refs": {"...": "text"}}, body={"...": "any"}
    ),
    ("POST", "objects"): Described(
        "Add objects or fields, all or nothing.", {"objects": ["text"]}, body={"...": "any"}
    ),
    ("GET", "clock"): Described("Tell what the org's clock shows.", CLOCK),
    ("PUT", "clock"): Described(
        "Set, stop or move the clock; what falls due happens before the answer.",
        CLOCK,
        body={"now?": "time", "frozen?": "boolean", "advance_seconds?": "number", "tick_seconds?": "number"},
    ),
    ("GET", "limits"): Described("Tell which limits are held, and what is used.", LIMITS),
    ("PUT", "limits"): Described("Hold limits from now on; null lets go of one.", LIMITS, body={"...": "number?"}),
    ("GET", "faults"): Described("Tell what goes wrong on purpose.", FAULTS),
    ("PUT", "faults"): Described(
        "Put rules in the place of those that there are.",
        FAULTS,
        body={"rules?": [RULE], "preset?": "text", "seed?": "integer"},
    ),
    ("DELETE", "faults"): Described("Let nothing go wrong any more.", FAULTS),
    ("GET", "jobs"): Described("Tell how long bulk jobs wait.", JOBS),
    ("PUT", "jobs"): Described(
        "Let jobs that are closed from now on wait.", JOBS, body={"delay_seconds?": "number", "polls?": "integer"}
    ),
    ("GET", "replay"): Described(
        "Tell which cassette the org answers from, and which calls of it were not made yet.", REPLAY
    ),
    ("DELETE", "replay"): Described("Begin the cassette anew.", REPLAY),
    ("GET", "requests"): Described(
        "Return the last requests, newest first.",
        {"requests": [REQUEST]},
        query={
            "method": "of this method",
            "path": "of paths of this pattern: * stands for anything, ? for one character",
            "object": "that name this type",
            "operation": "that mean this operation, in the words of faults",
            "status": "with this status: 404, 4xx",
            "since": "after a request's number, or since an ISO time",
            "limit": "at most so many: 100 if it is left out, 1000 at most",
        },
    ),
    ("DELETE", "requests"): Described("Forget the requests.", {"forgotten": "integer"}),
    ("GET", "sessions"): Described("Tell who is logged in, oldest session first.", {"sessions": [SESSION]}),
    ("DELETE", "sessions/{user or id}"): Described("End a session, or all of a user.", {"ended": "integer"}),
    ("GET", "snapshots"): Described("List the snapshots, oldest first.", {"snapshots": [SNAPSHOT]}),
    ("POST", "snapshots"): Described("Keep a copy of the org.", SNAPSHOT, body={"name?": "text"}),
    ("GET", "snapshots/{id or name}"): Described("Return a snapshot as a file.", file=SNAPSHOT_FILE),
    ("DELETE", "snapshots/{id or name}"): Described("Let go of a snapshot.", {"deleted": "text"}),
    ("POST", "snapshots/{id or name}/restore"): Described("Put the org back to a snapshot.", {"restored": "text"}),
    ("POST", "snapshots/import"): Described(
        "Keep what a snapshot's file holds.",
        SNAPSHOT,
        body="text",
        query={"name": "the name to keep it under, in the place of its own"},
        file=SNAPSHOT_FILE,
    ),
}
