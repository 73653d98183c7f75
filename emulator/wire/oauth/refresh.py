"""The refresh token flow: a new session for a grant that lasts."""

from typing import Any

from .call import Call, named_client, of_grant
from .errors import bad_grant
from .issue import check_active, issue


def grant(call: Call) -> dict[str, Any]:
    """Return the token answer to a refresh token; the token itself stays good, and is not given again.

    Raises `Refused`. The words for a token that is not good are recorded in restforce's fixtures.
    """
    client = named_client(call)
    token = call.needed("refresh_token")
    found = call.org.grants.refresh_grant(token)
    if found is None or (call.strict and found.client_id != client.client_id):
        raise bad_grant("expired access/refresh token")
    check_active(call, found.user_id)
    return issue(call, of_grant(call, client, found), found.user_id, found.scope, refreshed_by=token)
