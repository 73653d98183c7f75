"""Take secrets out of what is recorded: the same secret has the same stand-in all through a cassette, so that a client that is
answered from it sends back what is recorded.

They are known by the names that they come under, in headers, queries, forms, JSON and XML, and by what they look like. One that was
seen is replaced wherever it occurs later. What was taken out is kept nowhere.
"""

import base64
import codecs
import json
import re
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus
from xml.sax.saxutils import escape

from .form import Headers, Query

_WORDS: Final = (
    r"pass(?:word|wd|phrase|code)|secret|token|session_?id|session_?key|assertion|code_?verifier|device_?code|api_?key|private_?key"
    r"|credentials?|jwt"
)
"""How names end under which protocols send secrets: ``newPassword``, ``client_secret``, ``access_token``, ``sessionId``."""
_WHOLE: Final = r"sid|signature|pwd|otp|authorization"
"""Names that are so as a whole."""
_HINTS: Final = (
    "pass",
    "pwd",
    "otp",
    "authorization",
    "secret",
    "token",
    "session",
    "sid",
    "sign",
    "assert",
    "verif",
    "code",
    "key",
    "credential",
    "jwt",
)
"""One of these is in each of them: a text without them is not looked through."""
SECRET_NAME: Final = re.compile(rf"(?:[\w.-]{{0,60}}?(?:{_WORDS})(?:__c)?|{_WHOLE}|code)", re.IGNORECASE)
_NAMED: Final = re.compile(
    rf"(?:(?:{_WORDS})(?:__c)?|(?<![\w.-])(?P<whole>{_WHOLE}|code))"
    r"(?:(?P<json>(?P<escaped>\\*)\"\s{0,20}:\s{0,20}\\*\")|(?P<url>=)|(?P<xml>(?:\s[^<>]{0,200})?(?<!/)>\s{0,200}(?P<cdata><!\[CDATA\[)?))",
    re.IGNORECASE,
)
"""The end of a name, and what stands between it and its value."""
_JSON_VALUE: Final = re.compile(r'(?:[^"\\]|\\.)*+', re.DOTALL)
_ESCAPED_VALUE: Final = re.compile(r'[^"\\]*+')
_XML_VALUE: Final = re.compile(r"[^<]++")
_CDATA_VALUE: Final = re.compile(r"[^\]]*+(?:\](?!\]>)[^\]]*+)*+")
_URL_VALUE: Final = re.compile(r"[^&#\s\"'<>\\]++")
_URL_NAME: Final = re.compile(r"[?&#][\w.-]*\Z")
_TAG_NAME: Final = re.compile(r"<[\w:-]*\Z")
LONGEST_NAME: Final = 60
_PART: Final = re.compile(
    rf'(name="(?:[\w.-]{{0,60}}?(?:{_WORDS})|{_WHOLE}|code)"[^\r\n]{{0,300}}\r?\n(?:[^\r\n]{{1,300}}\r?\n){{0,5}}\r?\n)([^\r\n]+)',
    re.IGNORECASE,
)
_CHAT_KEY: Final = re.compile(r'("key"\s{0,20}:\s{0,20}")([^"\\!]{1,200}![^"\\]{1,500})')
"""The answer to System/SessionId has the session's key under so short a name."""
_ORG: Final = r"(00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?)"
_MARK: Final = r"(!|%(?:25){0,3}21|\\+u0021|&(?:amp;)?#(?:33|[xX]21);)"
"""What stands behind the org's id in a session's: a URL in a URL, JSON and XML write it in their own ways."""
_LIKE_SESSION: Final = re.compile(rf"{_ORG}{_MARK}(?!scrubbed\.)([\w.~-]{{20,}})")
_BEGINS: Final = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))"
"""Nothing of a word stands before it, or a percent sign's two digits."""
_LIKE_JWT: Final = re.compile(rf"{_BEGINS}eyJ[\w-]{{6,}}+\.[\w-]{{6,}}+\.(?!scrubbed-)[\w-]++")
_LIKE_REFRESH: Final = re.compile(r"5Aep861(?!scrubbed\.)[\w.=-]{20,}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_EMAIL: Final = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}+(?:@|%40)[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++")
_STAND_IN: Final = re.compile(r"scrubbed[-.][0-9]+")
NO_SECRETS: Final = frozenset({"", "null", "undefined", "true", "false", "bearer"})
LONG: Final = 12
"""Characters from which on a secret is looked for everywhere: a shorter one may be an everyday word."""
HIDDEN: Final = "***"

SHOWN_HEADERS: Final = frozenset({
    "accept", "accept-language", "content-disposition", "content-type", "if-match", "if-modified-since", "if-none-match",
    "if-unmodified-since", "last-event-id", "origin", "prefer", "range", "soapaction", "user-agent", "x-liveagent-api-version",
    "x-liveagent-sequence", "x-org-id", "x-prettyprint", "x-requested-with",
})  # fmt: skip
"""Headers of requests whose values are kept, besides ``Sforce-*``; of any other its name alone."""
TOKEN_HEADERS: Final = frozenset({"x-sfdc-session", "x-liveagent-session-key", "x-liveagent-affinity"})
_DROPPED: Final = frozenset({
    "connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection",
    "accept-encoding", "content-encoding", "expect", "forwarded", "via", "proxy-authorization", "proxy-authenticate",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
})  # fmt: skip
"""What is between a client and the next machine only."""
DROPPED_OF_ANSWERS: Final = _DROPPED | {
    "alt-svc", "date", "expect-ct", "nel", "public-key-pins", "report-to", "server", "strict-transport-security",
}  # fmt: skip
"""Besides: what would bind a browser to the org's own host, and what each server says for itself."""
DROPPED_OF_REQUESTS: Final = _DROPPED


class Scrubber:
    """Knows the secrets of one recording. Safe to use from several threads. counted: stand-ins that have numbers already."""

    def __init__(self, counted: int = 0, *, emails: bool = False) -> None:
        self._emails = emails
        self._lock = Lock()
        self._number = counted
        self._stand_ins: dict[str, str] = {}
        self._everywhere: dict[str, str] = {}
        """Every form of each long secret."""

    @property
    def count(self) -> int:
        """How many different secrets have been replaced."""
        return len(self._stand_ins)

    def text(self, text: str) -> str:
        """Return any text without the secrets in it."""
        return self.known(_replaced(text, self.stand_in)) if text else text

    def known(self, text: str) -> str:
        """Return a text without the secrets that were seen before, and what looks like one."""
        for secret, stand_in in tuple(self._everywhere.items()):
            if secret in text:
                text = text.replace(secret, stand_in)
        text = _LIKE_SESSION.sub(lambda found: self.stand_in(f"{found[1]}!{found[3]}").replace("!", found[2]), text)
        for pattern in (_LIKE_JWT, _LIKE_REFRESH):
            text = pattern.sub(lambda found: self.stand_in(found[0]), text)
        return _EMAIL.sub(self._email, text) if self._emails else text

    def body(self, body: bytes, content_type: str, path: str) -> bytes:
        """Return a body without secrets, in the same encoding."""
        if not body:
            return body
        text, encoding = _decoded(body)
        if content_type.lower().startswith("application/x-www-form-urlencoded"):
            return self._form(text).encode(encoding, "replace")
        if path.startswith("/chat/"):
            text = _CHAT_KEY.sub(lambda found: found[1] + self.stand_in(found[2]), text)
        if content_type.lower().startswith("multipart/"):
            text = _PART.sub(
                lambda found: found[1] + (self.stand_in(found[2]) if is_secret(found[2]) else found[2]), text
            )
        return self.text(text).encode(encoding, "replace")

    def _form(self, text: str) -> str:
        pairs = (pair.partition("=") for pair in text.split("&"))
        return "&".join(
            f"{name}={quote_plus(self.value(unquote_plus(name), unquote_plus(value)))}" if equals and self._is_changed(name, value)
            else f"{name}{equals}{value}"
            for name, equals, value in pairs
        )  # fmt: skip

    def _is_changed(self, name: str, value: str) -> bool:
        given = unquote_plus(value)
        return self.value(unquote_plus(name), given) != given

    def value(self, name: str, value: str) -> str:
        """Return what may be seen of a named value."""
        return self.stand_in(value) if SECRET_NAME.fullmatch(name) and is_secret(value) else self.text(value)

    def query(self, query: Query) -> Query:
        return tuple((pair[0], self.value(*pair)) if len(pair) == 2 else pair for pair in query)

    def path(self, path: str) -> str:
        return self.known(path)

    def request_headers(self, headers: Headers) -> Headers:
        """Return the headers of a request as they may be seen: of those that nothing is known of the names alone."""
        return tuple(
            (name, self._request_header(name.lower(), value))
            for name, value in headers
            if name.lower() not in DROPPED_OF_REQUESTS
        )

    def _request_header(self, name: str, value: str) -> str:
        if name == "authorization":
            scheme, _, credentials = value.partition(" ")
            return f"{scheme} {self.stand_in(credentials.strip())}".strip() if credentials else self.stand_in(value)
        if name in TOKEN_HEADERS or name in SHOWN_HEADERS or name.startswith("sforce-"):
            return self._header(name, value)
        return HIDDEN

    def _header(self, name: str, value: str) -> str:
        if name in TOKEN_HEADERS:
            return self.stand_in(value) if is_secret(value) else value
        return self.value(name, value)

    def answer_headers(self, headers: Headers) -> Headers:
        """Return the headers of an answer as they may be seen."""
        return tuple(
            (name, self._cookie(value) if name.lower() == "set-cookie" else self._header(name.lower(), value))
            for name, value in headers
            if name.lower() not in DROPPED_OF_ANSWERS
        )

    def _cookie(self, cookie: str) -> str:
        """Return a Set-Cookie header with a stand-in for its value, for whatever host answers."""
        first, *attributes = cookie.split(";")
        name, _, value = first.partition("=")
        shown = self.stand_in(value.strip()) if is_secret(value.strip()) else value
        kept = [one for one in attributes if not one.strip().lower().startswith("domain=")]
        return ";".join([f"{name}={shown}", *kept])

    def stand_in(self, secret: str) -> str:
        """Return what stands for a secret, always the same."""
        if not secret or _STAND_IN.search(secret):
            return secret
        with self._lock:
            found = self._stand_ins.get(secret)
            if found is None:
                self._number += 1
                found = self._stand_ins[secret] = _made(secret, self._number)
                if len(secret) >= LONG:
                    self._everywhere |= {secret: found, quote(secret, safe=""): found, quote_plus(secret): found}
                    self._everywhere[_json_written(secret)] = found
        return found

    def _email(self, found: re.Match[str]) -> str:
        address = unquote(found[0])
        if address.endswith("@scrubbed.example"):
            return found[0]
        with self._lock:
            known = self._stand_ins.get(address)
            if known is None:
                self._number += 1
                known = self._stand_ins[address] = f"scrubbed-{self._number}@scrubbed.example"
        return known if "@" in found[0] else quote(known, safe="")


def _decoded(body: bytes) -> tuple[str, str]:
    """Return a body's text and the encoding that gives its bytes again."""
    for mark, encoding in ((b"", "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if body.startswith(mark):
            with suppress(UnicodeDecodeError):
                return body.decode(encoding), encoding
    return body.decode("latin-1"), "latin-1"


def is_secret(value: str) -> bool:
    """Tell whether a value under a secret's name is one: a UUID or a word of the language is none."""
    return value.strip().lower() not in NO_SECRETS and not _UUID.match(value.strip())


def emails_hidden(text: str) -> str:
    """Return a text whose addresses are all the same, to compare what was scrubbed with what was not."""
    return _EMAIL.sub("@", text)


def secrets_hidden(text: str) -> str:
    """Return a text without what looks like a secret or stands for one, to compare two of them."""
    return shapes_hidden(_PART.sub(rf"\g<1>{HIDDEN}", _replaced(text, lambda secret: HIDDEN)))


def _replaced(text: str, instead: Callable[[str], str]) -> str:
    """Replace what stands in a text under the name of a secret, in JSON, XML and URLs, each in its own writing."""
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return text
    made: list[str] = []
    end = 0
    for found in _NAMED.finditer(text):
        if found.start() < end:
            continue
        pattern, read, write = _form_of(found, text)
        value = None if pattern is None else pattern.match(text, found.end())
        if value is None or not is_secret(read(value[0])):
            continue
        made += [text[end : found.end()], write(instead(read(value[0])))]
        end = value.end()
    return "".join([*made, text[end:]])


Form = tuple[re.Pattern[str] | None, Callable[[str], str], Callable[[str], str]]


def _form_of(found: re.Match[str], text: str) -> Form:
    """Return how the value behind a name is found, read and written; no pattern where the name is none of a secret."""
    before = text[max(0, found.start() - LONGEST_NAME) : found.start()]
    is_code = (found["whole"] or "").lower() == "code"
    if found["json"]:
        if is_code or (found["whole"] and not before.endswith('"')):
            return None, str, str
        return (_ESCAPED_VALUE, str, str) if found["escaped"] else (_JSON_VALUE, _json_read, _json_written)
    if found["url"]:
        return (_URL_VALUE if _URL_NAME.search(before) else None), unquote_plus, quote_plus
    if is_code or not _TAG_NAME.search(before):
        return None, str, str
    return (_CDATA_VALUE, str, str) if found["cdata"] else (_XML_VALUE, _xml_read, escape)


_SHAPES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_ORG}{_MARK}[\w.~-]+",
        rf"{_BEGINS}eyJ[\w-]{{6,}}+\.[\w-]{{6,}}+\.[\w-]++",
        r"5Aep861[\w.=-]+",
        r"\bscrubbed-[0-9]+\b(?!@)",
    )
)


def shapes_hidden(text: str) -> str:
    for pattern in _SHAPES:
        text = pattern.sub(HIDDEN, text)
    return text


def _made(secret: str, number: int) -> str:
    """Return a stand-in in the shape of a secret, for clients that look into it."""
    if _LIKE_SESSION.fullmatch(secret):
        return f"{secret.partition('!')[0]}!scrubbed.{number}"
    if _LIKE_REFRESH.fullmatch(secret):
        return f"5Aep861scrubbed.{number}"
    if _LIKE_JWT.fullmatch(secret):
        return f"{_part({'alg': 'none'})}.{_part({**_times(secret), 'scrubbed': number})}.scrubbed-{number}"
    return f"scrubbed-{number}"


def _times(jwt: str) -> dict[str, int]:
    """Return when a JWT is good: clients look, and it gives nobody away."""
    middle = jwt.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(claims, dict):
        return {}
    return {name: claims[name] for name in ("exp", "iat", "nbf") if type(claims.get(name)) is int}


def _part(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")


def _json_read(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _json_written(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _xml_read(text: str) -> str:
    return (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&apos;", "'")
        .replace("&amp;", "&")
    )
