"""Make the calls of a cassette to an emulated org, one after the other, and compare its answers with the recorded ones."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import translate
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import requests

from ...schemas.values import InvalidValue, read_datetime
from ..app import create_app, jobs
from ..cassette.file import Cassette
from ..cassette.form import Call, Headers, Query
from ..cassette.hosts import Origin, Replacement, filled, replacing
from ..cassette.matching import query_of
from ..cassette.secrets import HIDDEN
from ..config import OrgConfig
from ..org.org import Org
from ..scenario import open_org
from ..transport import call as wsgi_call
from ..wire.exchange import Settings
from .comparing import Gap, Side, gaps
from .filling import Filled, fill
from .names import Names

OWN: Final = Origin("https", "cassette.my.salesforce.com")
FORM: Final = "application/x-www-form-urlencoded"
SETTLE_SECONDS: Final = 30.0
_OTHER_HOSTS: Final = re.compile(r"\{\{chatlift:(?:chat|messaging)(?=[.}])")
_INDEX: Final = re.compile(r"\[\d+\]")
STREAMED: Final = "event streams are not compared"
NOT_WHOLE: Final = "its bodies were too long to be kept"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of a call."""

    call: Call
    gap: Gap


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a rehearsal. skipped: calls that were not made, and why."""

    cassette: Cassette
    made: int
    skipped: tuple[tuple[Call, str], ...]
    differences: tuple[Difference, ...]
    filled: Filled | None = None

    @property
    def differing(self) -> int:
        """How many calls differ."""
        return len({one.call.number for one in self.differences})


def rehearse(
    cassette: Cassette,
    config: OrgConfig = OrgConfig(),
    ignore: Sequence[str] = (),
    snapshot: Path | None = None,
    is_filled: bool = False,
) -> Result:
    """Make all calls. Raises `UsageError`.

    ignore: patterns of places that do not count. is_filled: whether the org is first given the records that the recording shows.
    """
    org = open_org(config if config.now else replace(config, now=_begun(cassette)), snapshot)
    try:
        filled = fill(org, cassette) if is_filled else None
        return _rehearsed(org, cassette, filled, [_pattern(one) for one in ignore])
    finally:
        org.close()


def _begun(cassette: Cassette) -> datetime | None:
    try:
        return read_datetime(cassette.calls[0].at) if cassette.calls else None
    except InvalidValue:
        return None


def _rehearsed(org: Org, cassette: Cassette, filled: Filled | None, ignored: Sequence[re.Pattern[str]]) -> Result:
    app = create_app(org, Settings(in_process=True, poll_seconds=1))
    names = Names(lambda: org.sessions.begin(org.users.administrator_id).token)
    named = replacing({OWN: "org"})
    differences: list[Difference] = []
    skipped: list[tuple[Call, str]] = []
    for call in cassette.calls:
        why = (
            STREAMED if call.answered.events is not None else NOT_WHOLE if call.missing or call.answered.missing else ""
        )
        if why:
            skipped.append((call, why))
            continue
        answer = wsgi_call(app.wsgi_app, _request(call, names))
        if org.has_jobs:
            jobs(org).settle(SETTLE_SECONDS)
        emulated = Side(answer.status, _in(answer.headers, named), _body_in(answer.body, named))
        recorded = Side(
            call.answered.status,
            tuple((name, _OTHER_HOSTS.sub("{{chatlift:org", value)) for name, value in call.answered.headers),
            _body_in(call.answered.body, lambda text: _OTHER_HOSTS.sub("{{chatlift:org", text)),
        )
        found = (gap for gap in gaps(recorded, emulated, names) if not _is_ignored(call, gap, ignored))
        differences += [Difference(call, gap) for gap in found]
    return Result(cassette, len(cassette.calls) - len(skipped), tuple(skipped), tuple(differences), filled)


def _request(call: Call, names: Names) -> requests.PreparedRequest:
    """Return a recorded request with the names of the emulated org."""

    def now(text: str) -> str:
        return names.emulated(filled(text, OWN))

    asked = call.asked
    made = requests.PreparedRequest()
    made.method = asked.method
    made.url = f"{OWN}{quote(now(asked.path), safe='/%:@!$&()*+,;=~')}{_query(asked.query, now)}"
    kept = [(name, now(value)) for name, value in asked.headers if value != HIDDEN]
    made.headers = requests.structures.CaseInsensitiveDict(kept)
    try:
        text = asked.body.decode()
        # In a form a token is quoted, and would not be known.
        made.body = (_joined(query_of(text), now) if asked.content_type.startswith(FORM) else now(text)).encode()
    except UnicodeDecodeError:
        made.body = asked.body
    return made


def _query(query: Query, now: Replacement) -> str:
    text = _joined(query, now)
    return f"?{text}" if text else ""


def _joined(pairs: Query, now: Replacement) -> str:
    return "&".join("=".join(quote_plus(now(one)) for one in pair) for pair in pairs)


def _in(headers: Iterable[tuple[str, str]], named: Replacement) -> Headers:
    return tuple((name, named(value)) for name, value in headers)


def _body_in(body: bytes, named: Replacement) -> bytes:
    try:
        return named(body.decode()).encode()
    except UnicodeDecodeError:
        return body


def _pattern(given: str) -> re.Pattern[str]:
    return re.compile(translate(given.replace("[", "[[]")), re.IGNORECASE)


def _is_ignored(call: Call, gap: Gap, ignored: Sequence[re.Pattern[str]]) -> bool:
    at = _INDEX.sub("[*]", gap.at)
    address = f"{call.asked.method} {call.asked.path}"
    places = (gap.at, at, f"{address} {gap.at}", f"{address} {at}")
    return any(pattern.match(place) for pattern in ignored for place in places)
