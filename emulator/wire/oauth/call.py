"""A call of an OAuth endpoint: its parameters, and the client behind it."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from flask import Request

from ...org.connected_apps import MAX_TEXT, REFRESH_SCOPES, ConnectedApp
from ...org.grants import Grant
from ...org.org import Org
from ..exchange import Settings, body_of, origin
from .errors import Refused, bad_client, bad_client_id, missing

MAX_FORM_BYTES: Final = 1_000_000
MAX_FIELDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """What came, and where it came to.

    form: the parameters of the query string and, over them, those of the body
    origin: scheme and host of the addresses in the answer
    strict: whether users, clients and signatures are checked
    """

    org: Org
    form: Mapping[str, str]
    authorization: str
    origin: str
    strict: bool

    def needed(self, name: str) -> str:
        """Return a parameter. Raises `Refused` when it is not there."""
        value = self.form.get(name, "")
        if not value:
            raise missing(name)
        return value


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a call: the id and secret that it named, and the app that is registered under the id."""

    client_id: str
    secret: str = ""
    app: ConnectedApp | None = None

    @property
    def signing_secret(self) -> str:
        """What answers to the client are signed with; empty when nobody has told it."""
        return self.secret or (self.app.client_secret if self.app else None) or ""


def read_call(org: Org, request: Request, settings: Settings) -> Call:
    """Return the call of a request. Raises `Refused` for a body that is too large."""
    authorization = request.headers.get("Authorization", "")
    return Call(org, form_of(request), authorization, origin(request, settings), settings.strict_auth)


def form_of(request: Request) -> dict[str, str]:
    """Return the parameters of a request: those of the query string, and over them those of the body."""
    found = pairs(request.environ.get("QUERY_STRING", ""))
    if request.method != "POST":
        return found
    if request.mimetype == "multipart/form-data":
        request.max_content_length = request.max_form_memory_size = MAX_FORM_BYTES
        return found | request.form.to_dict()
    raw = body_of(request, MAX_FORM_BYTES)
    if raw is None:
        raise Refused("invalid_request", "the request is too large")
    return found | pairs(raw.decode(errors="replace"))


def pairs(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Refused("invalid_request", "too many parameters") from error


def named_client(call: Call) -> Client:
    """Return the client that a call names, in the form or in an HTTP Basic header. Raises `Refused`.

    Under strict authentication it must be registered, and a secret that it shows must be its own; otherwise any will do.
    """
    client_id, secret, status = call.form.get("client_id", ""), call.form.get("client_secret", ""), 400
    scheme, _, credentials = call.authorization.partition(" ")
    if scheme.lower() == "basic":
        status = 401
        try:
            client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:
            raise bad_client(status) from error
    client = client_of(call, client_id, secret)
    if call.strict and secret and not (client.app and client.app.has_secret(secret)):
        raise bad_client(status)
    return client


def client_of(call: Call, client_id: str, secret: str = "") -> Client:
    """Return the client with an id. Raises `Refused`."""
    if len(client_id) > MAX_TEXT or not client_id.isprintable():
        raise bad_client_id()
    app = call.org.connected_apps.find(client_id)
    if call.strict and app is None:
        raise bad_client_id()
    return Client(client_id, secret, app)


def proven_client(call: Call) -> Client:
    """Return the client of a call that must have shown its secret, if it is registered with one. Raises `Refused`."""
    client = named_client(call)
    if call.strict and not client.secret and client.app and client.app.client_secret is not None:
        raise bad_client()
    return client


def of_grant(call: Call, client: Client, grant: Grant) -> Client:
    """Return the client that a grant was given to, with the secret that the caller showed."""
    return Client(grant.client_id, client.secret, call.org.connected_apps.find(grant.client_id))


def scopes(call: Call, client: Client, default: str, refreshing: bool) -> str:
    """Return the scopes that a call asks for, or without any those of the client. Raises invalid_scope.

    default: those of a client that is not registered
    refreshing: whether the flow can give a refresh token; where it cannot, the scope for one is left out
    """
    asked = call.form.get("scope", "").replace("+", " ").split()
    if not asked:
        asked = sorted(client.app.scopes) if client.app and client.app.scopes else default.split()
    for scope in asked:
        if not scope.isascii() or not scope.isprintable() or (call.strict and not may(client, scope)):
            raise Refused("invalid_scope", "the requested scope is not allowed")
    kept = dict.fromkeys(scope for scope in asked if refreshing or scope not in REFRESH_SCOPES)
    found = " ".join(kept)
    if len(found) > MAX_TEXT:
        raise Refused("invalid_scope", "the requested scope is not allowed")
    return found


def may(client: Client, scope: str) -> bool:
    return client.app is not None and client.app.may_ask_for(scope)
