"""The token endpoint: which flow a request belongs to."""

from collections.abc import Callable
from typing import Any, Final

from . import client_credentials, device, jwt_bearer, password, refresh, web_server
from .call import Call
from .errors import Refused

GRANTS: Final[dict[str, Callable[[Call], dict[str, Any]]]] = {
    "password": password.grant,
    "refresh_token": refresh.grant,
    "client_credentials": client_credentials.grant,
    "authorization_code": web_server.grant,
    "device": device.grant,
    jwt_bearer.GRANT_TYPE: jwt_bearer.grant,
}


def token(call: Call) -> dict[str, Any]:
    """Return the token answer, or the first answer of the device flow. Raises `Refused` and `GrantRefused`."""
    if "grant_type" not in call.form and call.form.get("response_type") == "device_code":
        return device.begin(call)
    grant = GRANTS.get(call.form.get("grant_type", ""))
    if grant is None:
        raise Refused("unsupported_grant_type", "grant type not supported")
    return grant(call)
