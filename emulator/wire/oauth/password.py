"""The password flow: the client holds the user's name and password (the security token stands behind the password)."""

from typing import Any, Final

from .call import Call, proven_client, scopes
from .errors import bad_grant
from .issue import issue

SCOPE: Final = "full"


def grant(call: Call) -> dict[str, Any]:
    """Return the token answer to name and password. Raises `Refused`."""
    client = proven_client(call)
    scope = scopes(call, client, SCOPE, refreshing=False)
    username = call.form.get("username", "")
    user_id = call.org.sessions.authenticate(username, call.form.get("password", "")) if username.strip() else None
    if user_id is None:
        raise bad_grant()
    return issue(call, client, user_id, scope)
