"""The token endpoint: the password flow."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from ...errors import OrgError
from ...org.org import Org

SCOPE: Final = "full"


class Refused(OrgError):
    """An OAuth error: its code in lower case, and the status it is answered with."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code, description)
        self.status = status


def client(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    """Return client id and secret, from the form or from an HTTP Basic header; empty when not given."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused("invalid_client", "invalid client credentials", 401) from error
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def grant(org: Org, form: Mapping[str, str], authorization: str, origin: str, strict: bool) -> dict[str, Any]:
    """Return the token answer to a form. Raises `Refused`.

    Under strict authentication a client must name itself. Which clients exist is not known to an org that keeps no
    connected apps, so their ids and secrets are not compared with anything.
    """
    kind = form.get("grant_type", "")
    if not kind:
        raise Refused("unsupported_grant_type", "grant type not supported")
    client_id, secret = client(form, authorization)
    if kind != "password":
        raise Refused("unsupported_grant_type", "grant type not supported")
    if strict and not client_id:
        raise Refused("invalid_client_id", "client identifier invalid")
    if strict and not secret:
        raise Refused("invalid_client", "invalid client credentials")
    username = form.get("username", "")
    session = org.sessions.login(username, form.get("password", "")) if username.strip() else None
    if session is None:
        raise Refused("invalid_grant", "authentication failure")
    identity = f"{origin}/id/{org.users.organization['Id']}/{session.user_id}"
    issued_at = str(int(org.clock.now().timestamp() * 1000))
    return {
        "access_token": session.token,
        "instance_url": origin,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "signature": sign(secret, identity + issued_at),
        "scope": SCOPE,
    }


def sign(secret: str, text: str) -> str:
    """Return the base64 HMAC-SHA256 of a text ("Authorization Through OAuth": key is the consumer secret)."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
