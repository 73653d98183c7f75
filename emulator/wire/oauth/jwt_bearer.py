"""The JWT bearer flow: a client shows an assertion that it signed with the key of its certificate (RFC 7523)."""

import math
from typing import Any, Final

from ...org.signing import BadToken, is_signed, read_token
from ..exchange import host_name
from .call import Call, Client, client_of, scopes
from .errors import bad_client, bad_grant
from .issue import check_active, issue

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE: Final = "full"
AUDIENCES: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
INVALID_ASSERTION: Final = "invalid assertion"
INVALID_SIGNATURE: Final = "invalid signature"
EXPIRED_ASSERTION: Final = "assertion has expired"
"""Our words: the code of these refusals is documented, their descriptions are not."""
NOT_APPROVED: Final = "user hasn't approved this consumer"
"""What simple-salesforce looks for (login.py). An unknown user is told the same: nothing says who exists."""


def grant(call: Call) -> dict[str, Any]:
    """Return the token answer to an assertion: without refresh token and signature. Raises `Refused`."""
    assertion = call.needed("assertion")
    try:
        header, claims = read_token(assertion)
    except BadToken:
        raise bad_grant(INVALID_ASSERTION) from None
    client = client_of(call, text(claims, "iss"))
    if call.strict:
        check(call, client, assertion, header, claims)
    username = text(claims, "sub") or text(claims, "prn")
    user = call.org.sessions.named(username) if username.strip() else None
    if user is None:
        raise bad_grant(NOT_APPROVED)
    check_active(call, user["Id"])
    return issue(call, client, user["Id"], scopes(call, client, SCOPE, refreshing=False), signed=False)


def check(call: Call, client: Client, assertion: str, header: dict[str, Any], claims: dict[str, Any]) -> None:
    """Raise `Refused` unless the assertion is signed by the client, meant for this org, and still good."""
    key = client.app.public_key if client.app else None
    if key is None:
        raise bad_client()
    if header.get("alg") != "RS256":
        raise bad_grant(INVALID_ASSERTION)
    if not is_signed(assertion, key):
        raise bad_grant(INVALID_SIGNATURE)
    if not is_audience(call, text(claims, "aud")):
        raise bad_grant("Audience validation failed")
    if not call.org.clock.now().timestamp() < expiry(claims):
        raise bad_grant(EXPIRED_ASSERTION)


def is_audience(call: Call, audience: str) -> bool:
    """Tell whether an audience means this org: a login host, or the address it is called by."""
    scheme, _, rest = audience.partition("://")
    authority = rest.partition("/")[0]
    if f"{scheme}://{authority}" == call.origin:
        return True
    return scheme == "https" and authority == host_name(authority) and authority in AUDIENCES


def expiry(claims: dict[str, Any]) -> float:
    """Return when an assertion ends, in seconds since 1970; simple-salesforce sends it as text."""
    try:
        found = float(claims.get("exp", ""))
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise bad_grant(INVALID_ASSERTION)
    return found


def text(claims: dict[str, Any], name: str) -> str:
    found = claims.get(name)
    return found if isinstance(found, str) else ""
