"""Take secrets out of what is shown of requests: by the names that they come under, and by what they look like."""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

HIDDEN: Final = "***"
_NAME: Final = (
    r"[\w.-]{0,60}(?:pass(?:word|wd|code|phrase)?|secret|token|assertion|session_?id|sid|signature|verifier|authorization|credential"
    r"|api_?key|private_?key|affinity|session_?key|\botp\b)[\w.-]{0,60}"
)
"""Names under which protocols send secrets, in any case: ``newPassword``, ``client_secret``, ``sessionId``, ``access_token``."""
_SECRET_NAME: Final = re.compile(rf"(?:{_NAME}|code)", re.IGNORECASE)
_XML: Final = re.compile(
    rf"(<(?:\w+:)?(?:{_NAME})\b[^>]{{0,200}}>)(?:<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<])+", re.IGNORECASE | re.DOTALL
)
_JSON: Final = re.compile(rf'("(?:{_NAME})"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE | re.DOTALL)
_FORM: Final = re.compile(rf"((?:^|[?&])(?:{_NAME}|code)=)[^&\s]+", re.IGNORECASE)
_PART: Final = re.compile(rf'(name="(?:{_NAME})"[^\r\n]{{0,200}}\r?\n\r?\n)[^\r\n]+', re.IGNORECASE)
_SESSION: Final = re.compile(r"\b00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?(?:!|%21)[\w.%~-]+")
_JWT: Final = re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?")
_REFRESH: Final = re.compile(r"\b(?:5Aep861|aPrx)[\w.=-]+")
_KEYED_PATH: Final = re.compile(r"(/System/SessionId/)[^/?]+", re.IGNORECASE)
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


def scrubbed(text: str) -> str:
    """Return text without the secrets in it: XML, JSON, a form or anything else; it may be cut off at its end."""
    for pattern in (_XML, _JSON, _FORM, _PART):
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    for pattern in (_SESSION, _JWT, _REFRESH):
        text = pattern.sub(HIDDEN, text)
    return text


def scrubbed_path(path: str) -> str:
    """Return a path without the keys that some protocols have in it."""
    return scrubbed(_KEYED_PATH.sub(rf"\g<1>{HIDDEN}", path))


def scrubbed_query(query: str) -> dict[str, str]:
    """Return a query string as a dictionary without secrets; the first value of each name."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        found.setdefault(name, HIDDEN if _SECRET_NAME.fullmatch(name) else scrubbed(value))
    return found


def scrubbed_body(body: str, content_type: str) -> str:
    """Return the beginning of a body without secrets."""
    if content_type.startswith(_FORM_TYPE):
        pairs = (pair.partition("=") for pair in body.split("&"))
        shown = (
            (
                unquote_plus(name),
                HIDDEN if _SECRET_NAME.fullmatch(unquote_plus(name)) else scrubbed(unquote_plus(value)),
            )
            for name, _, value in pairs
        )
        return "&".join(f"{name}={value}" for name, value in shown)
    return scrubbed(body)
