"""Revoking: an access token ends its session, a refresh token every session that came of it too."""

from typing import Final

from flask import Response

from .call import Call
from .errors import Refused
from .replies import empty

HINTS: Final = frozenset({"", "access_token", "refresh_token"})


def revoke(call: Call) -> Response:
    """Take a token back. Raises `Refused` ("Revoke OAuth Tokens": ``unsupported_token_type``, ``invalid_token``)."""
    token = call.form.get("token", "")
    if call.form.get("token_type_hint", "") not in HINTS:
        raise Refused("unsupported_token_type", "token type not supported")
    if token and call.org.sessions.end(token):
        return empty()
    grant = call.org.grants.refresh_grant(token)
    if grant is None:
        raise Refused("invalid_token", "token is invalid or already revoked")
    with call.org.transaction():
        call.org.grants.revoke_refresh_token(grant)
        call.org.sessions.end_of_grant(grant.token_hash)
    return empty()
