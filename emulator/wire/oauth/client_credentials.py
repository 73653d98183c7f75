"""The client credentials flow: a client on its own behalf, as the user that its app is to run as."""

from typing import Any, Final

from ..exchange import host_name
from .call import Call, proven_client, scopes
from .errors import bad_client, bad_grant
from .issue import check_active, issue

SCOPE: Final = "full"
LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
"""Hosts of all orgs, where this flow is not offered ("OAuth 2.0 Client Credentials Flow": use the My Domain URL)."""


def grant(call: Call) -> dict[str, Any]:
    """Return the token answer to a client's own credentials. Raises `Refused`.

    A client that is not registered runs as the administrator, where clients are not checked.
    """
    if host_name(call.origin.partition("://")[2]) in LOGIN_HOSTS:
        raise bad_grant("request not supported on this domain")
    client = proven_client(call)
    if call.strict and not client.secret:
        raise bad_client()
    user_id = client.app.run_as if client.app else None
    if user_id is None:
        if call.strict:
            raise bad_grant("no client credentials user enabled")
        user_id = call.org.users.administrator_id
    check_active(call, user_id)
    return issue(call, client, user_id, scopes(call, client, SCOPE, refreshing=False))
