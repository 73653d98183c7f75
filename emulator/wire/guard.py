"""Who may steer the org: no web page, no other site, and off loopback nobody without the token."""

import hmac
from typing import Final

from flask import Request

from ..errors import OrgError
from .exchange import Settings, host_name, is_loopback_name

FORWARDED: Final = frozenset(
    {"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED"}
)


class ControlRefused(OrgError):
    """A refusal of the control API, with the status it is answered with."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


def check(request: Request, settings: Settings, content_type: str = "application/json") -> None:
    """Raise `ControlRefused` unless the request may steer the org, with a body of a content type.

    A page in a browser cannot send a JSON content type to another site without asking first, and the answer to that
    question is no; a name that someone points at 127.0.0.1 fails the Host check; and what a proxy hands on came from
    somewhere else, so it needs the token even where this machine's own calls do not. Calls of our own process need nothing.
    A call without a body and a type needs no type: a browser that sends one for another site names that site.
    """
    if settings.in_process:
        return
    host = host_name(request.headers.get("Host", ""))
    site = request.headers.get("Origin")
    if site is not None and site.partition("://")[2].lower() != request.headers.get("Host", "").lower():
        raise ControlRefused(403, "FORBIDDEN", f"requests from the site {site} may not steer this org")
    if settings.control_guarded or FORWARDED & request.environ.keys():
        shown = request.headers.get("X-Chatlift-Token", "")
        if not settings.control_token or not hmac.compare_digest(shown.encode(), settings.control_token.encode()):
            raise ControlRefused(
                401, "UNAUTHORIZED", "send the control_token of the ready file in the header X-Chatlift-Token"
            )
    elif not is_loopback_name(host):
        raise ControlRefused(
            403, "FORBIDDEN", f"the host {host} does not mean this machine; use localhost or 127.0.0.1"
        )
    has_none = request.method in ("GET", "HEAD", "DELETE") or _is_empty(request)
    if not has_none and request.mimetype != content_type:
        raise ControlRefused(415, "UNSUPPORTED_MEDIA_TYPE", f"send Content-Type: {content_type}")


def _is_empty(request: Request) -> bool:
    """Tell whether a request has no body and speaks of none."""
    headers = request.headers
    return headers.get("Content-Length", "0") == "0" and not {"Content-Type", "Transfer-Encoding"} & set(headers.keys())
