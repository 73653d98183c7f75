"""Rules by which calls go wrong on purpose, as values: what they ask of a call, what they do to it, and when. Pure.

A rule looks at requests, or at the records that requests and bulk jobs write. Its chance is drawn from its seed and the number
of the call among those that fit it: the same calls have the same fate in every run.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Any, Final

from ..errors import Fault

REQUEST: Final = "request"
RECORD: Final = "record"
SCOPES: Final = (REQUEST, RECORD)
RECORD_OPERATIONS: Final = ("create", "update", "delete", "undelete")
MOST_LATENCY_MS: Final = 600_000
MOST_NUMBER: Final = 2**53
LONGEST_TEXT: Final = 2_000
MOST_RULES: Final = 100

CODES: Final = {
    400: "INVALID_OPERATION",
    401: "INVALID_SESSION_ID",
    403: "REQUEST_LIMIT_EXCEEDED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "REQUEST_LIMIT_EXCEEDED",
    503: "SERVER_UNAVAILABLE",
}
"""What a status alone means; any other is UNKNOWN_EXCEPTION."""
MESSAGES: Final = {
    "INVALID_SESSION_ID": "Session expired or invalid",
    "NOT_FOUND": "The requested resource does not exist",
    "QUERY_TIMEOUT": "Your query request was running for too long.",
    "REQUEST_LIMIT_EXCEEDED": "TotalRequests Limit exceeded.",
    "SERVER_UNAVAILABLE": "Server too busy",
    "UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record",
    "UNKNOWN_EXCEPTION": "An unexpected error occurred.",
}
"""What the platform says with a code (restforce#156, Force.com-JavaScript-REST-Toolkit#68, and what the wires say themselves)."""


class BadRule(ValueError):
    """A rule, or a set of them, cannot be. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule may ask about a request: how it came, and what it was understood to want."""

    method: str
    path: str
    api: str = ""
    operation: str = ""
    objects: tuple[str, ...] = ()
    is_part: bool = False
    """Whether it is a part of a composite request, which has been looked at as a whole before."""
    has_session: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, by the keys of its JSON. None, empty and False ask nothing and do nothing.

    path: a pattern, of which ``*`` stands for anything, slashes too; object and operation in any case.
    after: how many calls that fit pass first; count: how many are struck at most.
    truncate: bytes of the answer's body that arrive before the connection breaks.
    """

    scope: str = REQUEST
    method: str | None = None
    path: str | None = None
    api: str | None = None
    object: str | None = None
    operation: str | None = None
    status: int | None = None
    errorCode: str | None = None  # noqa: N815  # the key of its JSON
    message: str | None = None
    latency_ms: float | None = None
    drop: bool = False
    truncate: int | None = None
    expire_session: bool = False
    probability: float = 1.0
    count: int | None = None
    after: int = 0
    seed: int = 0

    def fits(self, asked: Asked) -> bool:
        """Tell whether a request is one that the rule is about. A part of another is only for a refusal by type or operation."""
        if asked.is_part and (self.error is None or (self.object is None and self.operation is None)):
            return False
        if self.expire_session and not asked.has_session:
            return False
        return (
            (self.method is None or self.method.upper() == asked.method)
            and (self.path is None or fnmatchcase(asked.path, self.path))
            and _same(self.api, (asked.api,))
            and _same(self.operation, (asked.operation,))
            and _same(self.object, asked.objects)
        )

    def fits_record(self, operation: str, sobject: str) -> bool:
        """Tell whether the writing of a record is what the rule is about."""
        return _same(self.operation, (operation,)) and _same(self.object, (sobject,))

    def strikes(self, number: int, place: int) -> bool:
        """Tell the fate of a call: the `number`th, from 1, of those that fit the rule at a place among the rules."""
        if number <= self.after:
            return False
        if self.probability >= 1.0:
            return True
        drawn = blake2b(f"{self.seed}:{place}:{number}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn) / 2**64 < self.probability

    @property
    def is_about_the_connection(self) -> bool:
        return self.drop or self.truncate is not None or self.expire_session

    @property
    def error(self) -> Fault | None:
        """What the call is refused with, if it is."""
        if self.status is None and self.errorCode is None:
            return None
        code = self.errorCode or CODES.get(self.status or 0, "UNKNOWN_EXCEPTION")
        message = self.message if self.message is not None else MESSAGES.get(code, code)
        return Fault(code, message, self.status, () if self.scope == RECORD else None)

    def document(self) -> dict[str, Any]:
        """Return the JSON of a rule, without what it leaves open."""
        usual = {one.name: one.default for one in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


def _same(wanted: str | None, found: tuple[str, ...]) -> bool:
    return wanted is None or wanted.casefold() in (name.casefold() for name in found)


_TEXTS: Final = ("method", "path", "api", "object", "operation", "errorCode", "message")
_WHOLE: Final = {"truncate": (1, MOST_NUMBER), "count": (1, MOST_NUMBER), "after": (0, MOST_NUMBER), "seed": (-MOST_NUMBER, MOST_NUMBER), "status": (400, 599)}  # fmt: skip
_NUMBERS: Final = {"latency_ms": (0, MOST_LATENCY_MS), "probability": (0, 1)}
_SWITCHES: Final = ("drop", "expire_session")
_OF_REQUESTS: Final = ("method", "path", "api", "status", "latency_ms", "drop", "truncate", "expire_session")
KEYS: Final = frozenset(one.name for one in fields(Rule))


def read_rule(given: Any) -> Rule:
    """Return the rule of a JSON object; null is as if a key were not there. Raises `BadRule`."""
    if not isinstance(given, Mapping):
        raise BadRule("a rule is an object")
    for name in given:
        if name not in KEYS:
            raise BadRule(f"there is no key {name!r}; a rule takes {', '.join(sorted(KEYS))}")
    found = {name: value for name, value in given.items() if value is not None}
    for name, value in found.items():
        _check(name, value)
    rule = Rule(**found)
    _check_whole(rule)
    return rule


def _check(name: str, value: Any) -> None:
    if name == "scope" and value not in SCOPES:
        raise BadRule(f"scope is one of {', '.join(SCOPES)}")
    if name in _TEXTS and not (isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT):
        raise BadRule(f"{name} is text of up to {LONGEST_TEXT} characters")
    if name in _SWITCHES and not isinstance(value, bool):
        raise BadRule(f"{name} is true or false")
    if name in _WHOLE or name in _NUMBERS:
        least, most = _WHOLE.get(name) or _NUMBERS[name]
        kinds = int if name in _WHOLE else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            raise BadRule(f"{name} is a {'whole ' * (name in _WHOLE)}number from {least} to {most}")


def _check_whole(rule: Rule) -> None:
    refuses = rule.error is not None
    if rule.scope == RECORD:
        if found := [name for name in _OF_REQUESTS if getattr(rule, name) not in (None, False)]:
            raise BadRule(f"{found[0]} is for whole requests, not for records")
        if rule.operation is not None and rule.operation.casefold() not in RECORD_OPERATIONS:
            raise BadRule(f"operation, of records, is one of {', '.join(RECORD_OPERATIONS)}")
        if not refuses:
            raise BadRule("a rule of records needs an errorCode")
    if rule.message is not None and not refuses:
        raise BadRule("message needs an errorCode or a status")
    if sum((refuses, rule.drop, rule.truncate is not None, rule.expire_session)) > 1:
        raise BadRule("a rule has one of: an errorCode or a status, drop, truncate, expire_session")
    if not (refuses or rule.drop or rule.truncate is not None or rule.expire_session or rule.latency_ms):
        raise BadRule("a rule does something: errorCode, status, latency_ms, drop, truncate or expire_session")
