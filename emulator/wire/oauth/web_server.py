"""The web server flow: a code from the authorise page is traded for a token answer."""

from typing import Any

from .call import Call, of_grant, proven_client
from .issue import check_active, issue


def grant(call: Call) -> dict[str, Any]:
    """Return the token answer to an authorization code. Raises `Refused` and `GrantRefused`.

    A challenge is asked about always, client and redirect address where they are checked.
    """
    client = proven_client(call)
    code = call.needed("code")
    redirect_uri = call.needed("redirect_uri") if call.strict else call.form.get("redirect_uri")
    verifier = call.form.get("code_verifier", "")
    client_id = client.client_id if call.strict else None
    found = call.org.grants.trade_code(code, client_id, redirect_uri, verifier)
    check_active(call, found.user_id)
    return issue(call, of_grant(call, client, found), found.user_id, found.scope, nonce=found.nonce)
