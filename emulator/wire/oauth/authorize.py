"""The authorise page: a person logs in and lets a client in, and the browser carries the result back.

With ``response_type=code`` it carries a code (`web_server`), with ``token`` the token answer itself (`user_agent`). Until
client and address are known to belong together, nothing is sent anywhere: what is wrong stands on a page.
"""

import re
from dataclasses import dataclass
from typing import Final

from flask import Response

from ...org.connected_apps import MAX_TEXT, is_redirect_uri
from . import pages
from .call import Call, Client, client_of, scopes
from .errors import PageRefused, Refused, SentBack
from .replies import page, sent_to, with_parameters
from .user_agent import RESPONSE_TYPES, token_parameters

SCOPE: Final = "api full refresh_token"
"""The scopes of a client that is not registered and asks for none: "all the scopes assigned to the app"."""
CARRIED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
)
"""The parameters that the page hands on to its own form."""
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}=?")
"""The base64url of a SHA-256 digest."""
DENIED: Final = "end-user denied authorization"
UNASKED: Final = "immediate_unsuccessful"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks a user for. kinds: the words of ``response_type``."""

    client: Client
    redirect_uri: str
    kinds: frozenset[str]
    scope: str
    state: str
    challenge: str
    nonce: str

    def back(self, parameters: dict[str, str]) -> Response:
        """Send the browser back to the client."""
        found = parameters | {"state": self.state}
        return sent_to(with_parameters(self.redirect_uri, found, "token" in self.kinds))


def authorize(call: Call) -> Response:
    """Show the page, or act on what was decided on it. Raises `PageRefused` and `SentBack`."""
    asked = read(call)
    decision = call.form.get("decision", "")
    if decision == "deny":
        return asked.back({"error": "access_denied", "error_description": DENIED})
    if decision != "allow":
        return show(call, asked, call.form.get("login_hint", ""), "")
    username = call.form.get("username", "")
    user_id = call.org.sessions.authenticate(username, call.form.get("password", "")) if username.strip() else None
    if user_id is None:
        return show(call, asked, username, pages.WRONG_LOGIN)
    if "token" in asked.kinds:
        return asked.back(token_parameters(call, asked.client, user_id, asked.scope, asked.nonce))
    code = call.org.grants.give_code(
        asked.client.client_id, user_id, asked.scope, asked.redirect_uri, asked.challenge, asked.nonce
    )
    return asked.back({"code": code})


def show(call: Call, asked: Asked, username: str, problem: str) -> Response:
    hidden = {name: call.form[name] for name in CARRIED if name in call.form}
    return page(pages.approval(asked.client.client_id, asked.scope, hidden, username, problem))


def read(call: Call) -> Asked:
    """Return what is asked for. Raises `PageRefused`, and `SentBack` once the way back is known to be good."""
    try:
        client = client_of(call, call.needed("client_id"))
        redirect_uri = way_back(call, client)
    except Refused as error:
        raise PageRefused(error.code, error.message) from error
    kinds = frozenset(call.form.get("response_type", "").split())
    try:
        return wanted(call, client, redirect_uri, kinds)
    except Refused as error:
        told = {"error": error.code, "error_description": error.message, "state": call.form.get("state", "")}
        location = with_parameters(redirect_uri, told, "token" in kinds)
        raise SentBack(location, error.code, error.message) from error


def wanted(call: Call, client: Client, redirect_uri: str, kinds: frozenset[str]) -> Asked:
    """Return what is asked for. Raises `Refused`."""
    if kinds not in RESPONSE_TYPES and kinds != {"code"}:
        raise Refused("unsupported_response_type", "response type not supported")
    scope = scopes(call, client, SCOPE, refreshing=True)
    if "id_token" in kinds and "openid" not in scope.split():
        raise Refused("invalid_scope", "the requested scope is not allowed")
    challenge = call.form.get("code_challenge", "")
    if call.form.get("code_challenge_method") not in (None, "", "S256") or (
        challenge and not CHALLENGE.fullmatch(challenge)
    ):
        raise Refused("invalid_request", "invalid code challenge")
    nonce = call.form.get("nonce", "")
    if len(nonce) > MAX_TEXT or not nonce.isprintable():
        raise Refused("invalid_request", "invalid nonce")
    if call.form.get("immediate", "").lower() == "true":  # nobody is logged in before the page is shown
        raise Refused(UNASKED, UNASKED)
    return Asked(client, redirect_uri, kinds, scope, call.form.get("state", ""), challenge, nonce)


def way_back(call: Call, client: Client) -> str:
    """Return the address to send the browser to. Raises `Refused`.

    Under strict authentication it must be one of the app's, letter by letter; the only one need not be given.
    """
    known = client.app.redirect_uris if client.app else ()
    asked = call.form.get("redirect_uri", "") or (known[0] if len(known) == 1 else "")
    if not asked:
        asked = call.needed("redirect_uri")
    if not is_redirect_uri(asked) or (call.strict and asked not in known):
        raise Refused("redirect_uri_mismatch", "redirect_uri must match configuration")
    return asked
