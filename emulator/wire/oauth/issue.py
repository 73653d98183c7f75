"""The token answer: a session, its address of identity, and what proves both."""

import base64
import hashlib
import hmac
from typing import Any, Final

from ...org.connected_apps import REFRESH_SCOPES
from ...org.grants import digest
from ...org.sessions import SessionClient
from ...org.signing import OrgKey, encoded
from .call import Call, Client
from .errors import bad_grant

ID_TOKEN_SECONDS: Final = 120
"""Life of an id token: the default of a connected app's "Token Valid for" (help page "Configure OpenID Connect")."""


def identity_url(call: Call, user_id: str) -> str:
    """Return the address that tells who a user is."""
    return f"{call.origin}/id/{call.org.users.organization['Id']}/{user_id}"


def sign(secret: str, text: str) -> str:
    """Return the base64 HMAC-SHA256 of a text ("Authorization Through OAuth": key is the consumer secret)."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def check_active(call: Call, user_id: str) -> None:
    """Raise invalid_grant for a user who may not log in any more."""
    user = call.org.users.by_id(user_id)
    if user is None or not user["IsActive"]:
        raise bad_grant("inactive user")


def issue(
    call: Call,
    client: Client,
    user_id: str,
    scope: str,
    *,
    refreshed_by: str = "",
    signed: bool = True,
    nonce: str = "",
) -> dict[str, Any]:
    """Begin a session for a client; return the token answer.

    refreshed_by: the refresh token that asked; without one, a scope for refresh tokens brings a new one
    signed: whether the answer has ``issued_at`` and ``signature``
    """
    refresh_token, words = "", scope.split()
    with call.org.transaction():
        if not refreshed_by and REFRESH_SCOPES & set(words):
            refresh_token = call.org.grants.give_refresh_token(client.client_id, user_id, scope)
        of_grant = refreshed_by or refresh_token
        session_client = SessionClient(client.client_id, scope, digest(of_grant) if of_grant else "")
        session = call.org.sessions.begin(user_id, session_client)
    identity = identity_url(call, user_id)
    issued_at = str(int(call.org.clock.now().timestamp() * 1000))
    answer = {"access_token": session.token}
    if refresh_token:
        answer["refresh_token"] = refresh_token
    if signed and client.signing_secret:
        answer["signature"] = sign(client.signing_secret, identity + issued_at)
    answer["scope"] = scope
    if "openid" in words:
        answer["id_token"] = id_token(call, client, identity, session.token, nonce)
    answer |= {"instance_url": call.origin, "id": identity, "token_type": "Bearer"}
    if signed:
        answer["issued_at"] = issued_at
    return answer


def id_token(call: Call, client: Client, identity: str, access_token: str, nonce: str) -> str:
    """Return the signed statement of who logged in (OpenID Connect Core, 2 and 3.1.3.6)."""
    now = int(call.org.clock.now().timestamp())
    claims: dict[str, Any] = {
        "iss": call.origin,
        "sub": identity,
        "aud": client.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "at_hash": encoded(hashlib.sha256(access_token.encode()).digest()[:16]),
    }
    if nonce:
        claims["nonce"] = nonce
    return OrgKey(call.org.store).sign(claims)
