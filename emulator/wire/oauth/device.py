"""The device flow: a device without a browser polls while its user approves it on another."""

from typing import Any, Final

from flask import Response

from ...org.device_codes import INTERVAL_SECONDS
from . import pages
from .call import Call, named_client, of_grant, scopes
from .errors import missing
from .issue import check_active, issue
from .replies import page

SCOPE: Final = "api full refresh_token"
PATH: Final = "/setup/connect"
"""Where users enter the code of their device ("OAuth 2.0 Device Flow": ``verification_uri``)."""
UNKNOWN_CODE: Final = "That code is not known, or its time has run out."


def begin(call: Call) -> dict[str, Any]:
    """Return a device code, the code for its user, and where to enter it. Raises `Refused`."""
    client = named_client(call)
    if not client.client_id:
        raise missing("client_id")
    device_code, user_code = call.org.device_codes.begin(client.client_id, scopes(call, client, SCOPE, refreshing=True))
    return {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": call.origin + PATH,
        "interval": INTERVAL_SECONDS,
    }


def grant(call: Call) -> dict[str, Any]:
    """Return the token answer once the user has approved. Raises `Refused` and `GrantRefused`."""
    client = named_client(call)
    found = call.org.device_codes.poll(call.needed("code"), client.client_id if call.strict else None)
    check_active(call, found.user_id)
    return issue(call, of_grant(call, client, found), found.user_id, found.scope)


def connect(call: Call) -> Response:
    """Show the page on which a device is approved, or act on what was decided on it."""
    user_code, username = call.form.get("user_code", ""), call.form.get("username", "")
    decision = call.form.get("decision", "")
    if decision not in ("allow", "deny"):
        return page(pages.device(user_code, call.form.get("login_hint", ""), ""))
    if call.org.device_codes.waiting(user_code) is None:
        return page(pages.device(user_code, username, UNKNOWN_CODE))
    user_id = call.org.sessions.authenticate(username, call.form.get("password", "")) if username.strip() else None
    if user_id is None and decision == "allow":
        return page(pages.device(user_code, username, pages.WRONG_LOGIN))
    if not call.org.device_codes.decide(user_code, user_id if decision == "allow" else None):
        return page(pages.device(user_code, username, UNKNOWN_CODE))
    if decision == "deny":
        return page(pages.message("Access Denied", "The device is not connected."))
    return page(pages.message("You're Connected", "Go back to your device."))
