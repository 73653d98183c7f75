"""The OAuth wire: token, revoke, userinfo, identity."""

import logging
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from flask import Request, Response

from ....schemas.ids import InvalidId, normalize
from ...errors import OrgError
from ...org.org import Org
from ..exchange import Settings, body_of, origin
from .identity import identity, user_info
from .token import Refused, grant

LOG: Final = logging.getLogger(__name__)
JSON: Final = "application/json;charset=UTF-8"
MAX_FORM_BYTES: Final = 1_000_000


class TextRefused(OrgError):
    """A refusal of the identity service: a word as plain text."""

    def __init__(self, word: str, status: int) -> None:
        super().__init__(word, word)
        self.status = status


class OAuthWire:
    """Answers ``/services/oauth2`` and ``/id``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings

    def answer(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if path == "/services/oauth2/token":
            return self._token(request)
        if path == "/services/oauth2/revoke":
            return self._revoke(request)
        if path == "/services/oauth2/userinfo":
            return self._user_info(request)
        if path.startswith("/id/"):
            return self._identity(request, path.split("/")[2:])
        LOG.warning("OAuth endpoint %s is not emulated", path)
        raise Refused("invalid_request", f"no such endpoint: {path}", 404)

    def _token(self, request: Request) -> Response:
        if request.method != "POST":
            raise Refused("invalid_request", "must use HTTP POST")
        authorization = request.headers.get("Authorization", "")
        issuer = origin(request, self._settings)
        return reply(grant(self._org, form_of(request), authorization, issuer, self._settings.strict_auth))

    def _revoke(self, request: Request) -> Response:
        """End a session: 200 without a body."""
        if not self._org.sessions.end(form_of(request).get("token", "")):
            raise Refused("invalid_token", "token is invalid or already revoked")
        return reply(None)

    def _user_info(self, request: Request) -> Response:
        user = self._user_of(request)
        return reply(user_info(self._org, user, origin(request, self._settings)))

    def _identity(self, request: Request, parts: list[str]) -> Response:
        user = self._user_of(request)
        try:
            organization_id, user_id = map(normalize, parts)
        except (InvalidId, ValueError) as error:
            raise TextRefused("Bad_Id", 404) from error
        if organization_id != self._org.users.organization["Id"]:
            raise TextRefused("Wrong_Org", 403)
        if user_id != user["Id"]:
            raise TextRefused("Bad_Id", 404)
        body = identity(self._org, user, origin(request, self._settings))
        version = request.args.get("version", "")
        if version:
            number = "68.0" if version == "latest" else version
            body["urls"] = {name: url.replace("{version}", number) for name, url in body["urls"].items()}
        return reply(body)

    def _user_of(self, request: Request) -> dict[str, Any]:
        """Return the user of the bearer token. Refuses with the identity service's words (403, plain text)."""
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() not in ("bearer", "oauth"):
            token = request.args.get("oauth_token") or request.args.get("access_token") or ""
        if not token.strip():
            raise TextRefused("Missing_OAuth_Token", 403)
        session = self._org.sessions.find(token.strip())
        user = None if session is None else self._org.users.by_id(session.user_id)
        if user is None:
            raise TextRefused("Bad_OAuth_Token", 403)
        return user

    def refuse(self, request: Request, error: OrgError) -> Response:
        if isinstance(error, TextRefused):
            return Response(error.message, error.status, content_type="text/html; charset=UTF-8")
        status = error.status if isinstance(error, Refused) else 500 if error.code == "UNKNOWN_EXCEPTION" else 400
        code = error.code if isinstance(error, Refused) else "unknown_error" if status == 500 else "invalid_request"
        return reply({"error": code, "error_description": error.message}, status)


def form_of(request: Request) -> dict[str, str]:
    """Return the parameters of a POST: those of the query string, and over them those of the body."""
    found = dict(parse_qsl(request.environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="replace"))
    if request.method != "POST":
        return found
    if request.mimetype == "multipart/form-data":
        return found | request.form.to_dict()
    raw = body_of(request, MAX_FORM_BYTES)
    if raw is None:
        raise Refused("invalid_request", "the request is too large")
    try:
        return found | dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise Refused("invalid_request", "too many parameters") from error


def reply(body: dict[str, Any] | None, status: int = 200) -> Response:
    """Return a JSON answer that no cache may keep."""
    response = Response(b"" if body is None else orjson.dumps(body), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-cache, no-store"
    response.headers["Pragma"] = "no-cache"
    return response
