"""Introspection: whether a token is good, and what it stands for (RFC 7662)."""

from datetime import timedelta
from typing import Any

from ....schemas.values import read_datetime
from .call import Call, proven_client
from .errors import Refused, bad_client_id
from .issue import identity_url
from .revoke import HINTS


def introspect(call: Call) -> dict[str, Any]:
    """Return what a token stands for; ``{"active": false}`` for one that is not good. Raises `Refused`.

    Asking is no use of a session: it lives no longer for it. A client sees its own tokens only, where clients are
    checked (help page "OpenID Connect Token Introspection": others need the setting "Introspect All Tokens").
    """
    client = proven_client(call)
    if call.strict and not client.client_id:
        raise bad_client_id()
    token = call.needed("token")
    if call.form.get("token_type_hint", "") not in HINTS:
        raise Refused("unsupported_token_type", "token type not supported")
    found = of_session(call, token) or of_refresh_token(call, token)
    if found is None or (call.strict and found.get("client_id") != client.client_id):
        return {"active": False}
    return {"active": True, **{name: value for name, value in found.items() if value is not None}}


def of_session(call: Call, token: str) -> dict[str, Any] | None:
    """Return what an access token stands for; without ``exp`` where sessions do not end by themselves."""
    found = call.org.sessions.look(token)
    if found is None:
        return None
    session, client = found
    timeout, expiry = call.org.sessions.timeout, None
    if timeout is not None:
        expiry = int((read_datetime(session.used_at) + timedelta(seconds=timeout)).timestamp())
    return facts(call, session.user_id, session.created_at, client.scope if client else None) | {
        "client_id": client.client_id if client else None,
        "token_type": "access_token",
        "exp": expiry,
    }


def of_refresh_token(call: Call, token: str) -> dict[str, Any] | None:
    grant = call.org.grants.refresh_grant(token)
    if grant is None:
        return None
    return facts(call, grant.user_id, grant.created_at, grant.scope) | {
        "client_id": grant.client_id,
        "token_type": "refresh_token",
    }


def facts(call: Call, user_id: str, created_at: str, scope: str | None) -> dict[str, Any]:
    user, began = call.org.users.by_id(user_id) or {}, int(read_datetime(created_at).timestamp())
    return {
        "scope": scope,
        "username": user.get("Username"),
        "sub": identity_url(call, user_id),
        "iat": began,
        "nbf": began,
    }
