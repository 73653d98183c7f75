"""The OAuth wire: which endpoint an address means, and the form of its answers."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Request, Response

from ...errors import Fault, OrgError
from ...org.grants import GrantRefused
from ...org.org import Org
from ..exchange import Settings
from . import authorize, device, introspect, openid, pages, revoke, token, who
from .call import Call, read_call
from .errors import PageRefused, Refused, SentBack, WordRefused
from .replies import page, reply, sent_to, wanted_format

LOG: Final = logging.getLogger(__name__)
GET: Final = frozenset({"GET", "HEAD"})
POST: Final = frozenset({"POST"})

View = Callable[[Call], Response | dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers an address, and to which methods. A dictionary is answered in the form that was asked for."""

    view: View
    methods: frozenset[str] = GET | POST


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "/services/oauth2/token": Endpoint(token.token, POST),
    "/services/oauth2/authorize": Endpoint(authorize.authorize),
    "/services/oauth2/revoke": Endpoint(revoke.revoke),
    "/services/oauth2/introspect": Endpoint(introspect.introspect, POST),
    device.PATH: Endpoint(device.connect),
    "/.well-known/openid-configuration": Endpoint(openid.configuration, GET),
    "/id/keys": Endpoint(openid.keys, GET),
    "/services/auth/idp/oidc/logout": Endpoint(openid.logout),
}
USER_INFO: Final = "/services/oauth2/userinfo"
IDENTITY: Final = "/id/"


class OAuthWire:
    """Answers ``/services/oauth2``, ``/id``, the pages of both and OpenID discovery."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings

    def answer(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        call = read_call(self._org, request, self._settings)
        accept = request.headers.get("Accept", "")
        try:
            endpoint = ENDPOINTS.get(path)
            if endpoint is not None:
                return perform(endpoint, request.method, call, accept)
            if path == USER_INFO:
                return who.user_info(call, accept)
            if path.startswith(IDENTITY):
                return who.identity(call, path.split("/")[2:], accept)
            LOG.warning("OAuth endpoint %s is not emulated", path)
            raise Refused("invalid_request", f"no such endpoint: {path}", 404)
        except OrgError as error:
            return refusal(error, call.form.get("format", "").lower(), accept)

    def refuse(self, request: Request, error: OrgError) -> Response:
        return refusal(error, "", request.headers.get("Accept", ""))


def perform(endpoint: Endpoint, method: str, call: Call, accept: str) -> Response:
    """Return the answer of an endpoint. Raises `Refused`."""
    if method not in endpoint.methods:
        raise Refused("invalid_request", "must use HTTP POST" if endpoint.methods == POST else "must use HTTP GET")
    format_ = wanted_format(call.form, accept)
    found = endpoint.view(call)
    return found if isinstance(found, Response) else reply(found, format_)


def refusal(error: OrgError, format_: str, accept: str) -> Response:
    """Return the answer to a call that is refused."""
    if isinstance(error, WordRefused):
        return Response(error.message, error.status, content_type="text/html; charset=UTF-8")
    if isinstance(error, SentBack):
        return sent_to(error.location)
    if isinstance(error, PageRefused):
        return page(pages.refusal(error.code, error.message), error.status)
    if isinstance(error, GrantRefused):
        code, status = error.code, error.status if isinstance(error, Refused) else 400
    elif isinstance(error, Fault):
        code, status = error.code.lower(), error.status or 400
    elif error.code == "UNKNOWN_EXCEPTION":
        code, status = "unknown_error", 500
    else:
        code, status = "invalid_request", 400
    form = {"format": format_} if format_ in ("json", "xml", "urlencoded") else {}
    body = {"error": code, "error_description": error.message}
    return reply(body, wanted_format(form, accept), status=status)
