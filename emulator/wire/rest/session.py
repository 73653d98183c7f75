"""Who calls: the Authorization header of a REST request."""

from typing import Final

from flask import Request

from ...errors import OrgError
from ...org.caller import Caller
from ...org.org import Org

SCHEMES: Final = frozenset({"bearer", "oauth"})


def caller(org: Org, request: Request, version: str) -> Caller:
    """Return the user behind a request.

    Raises INVALID_AUTH_HEADER for a missing or unreadable header and INVALID_SESSION_ID for a token that is not, or no
    longer, good. Both are 401 with a JSON array: clients read ``[0]["errorCode"]`` of every 401. A session ends with its user's
    being active. API_DISABLED_FOR_ORG, a 403, is for a user without the permission "API Enabled" (restforce#219).
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() not in SCHEMES or not token:
        raise OrgError("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
    session = org.session(token)
    if session is None:
        raise OrgError("INVALID_SESSION_ID", "Session expired or invalid")
    caller = Caller(session.user_id, version)
    if not org.rights.allows(caller, "ApiEnabled"):
        raise OrgError("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
    return caller
