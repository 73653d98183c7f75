"""Userinfo and the identity URL: who a token belongs to, for those who hold it."""

import re
from typing import Any, Final

import orjson
from flask import Response

from ....schemas.ids import InvalidId, normalize
from .call import Call
from .errors import WordRefused
from .identity import identity_facts, user_facts
from .replies import reply, wanted_format

LATEST: Final = "68.0"
VERSION: Final = re.compile(r"\d{1,3}(\.0)?")
CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$.]{0,100}", re.ASCII)


def user_info(call: Call, accept: str) -> Response:
    """Return the facts of OpenID Connect about the user of the token. Raises `WordRefused`."""
    user = user_of(call)
    return reply(user_facts(call.org, user, call.origin), plain_format(call, accept), "user")


def identity(call: Call, parts: list[str], accept: str) -> Response:
    """Return what an identity URL tells the user it is about. Raises `WordRefused`.

    ``version`` puts a version into the addresses; ``callback`` wraps JSON in a call of that function.
    """
    user = user_of(call)
    try:
        organization_id, user_id = map(normalize, parts)
    except (InvalidId, ValueError) as error:
        raise WordRefused("Bad_Id", 404) from error
    if organization_id != call.org.users.organization["Id"]:
        raise WordRefused("Wrong_Org", 403)
    if user_id != user["Id"]:
        raise WordRefused("Bad_Id", 404)
    body = identity_facts(call.org, user, call.origin)
    number = version_of(call)
    if number:
        body["urls"] = {name: url.replace("{version}", number) for name, url in body["urls"].items()}
    format_, callback = plain_format(call, accept), call.form.get("callback", "")
    if format_ == "json" and CALLBACK.fullmatch(callback):
        script = callback.encode() + b"(" + orjson.dumps(body) + b");"
        return Response(
            script, content_type="application/javascript;charset=UTF-8", headers={"X-Content-Type-Options": "nosniff"}
        )
    return reply(body, format_, "user")


def version_of(call: Call) -> str:
    """Return the version that addresses are wanted in, such as ``59.0``; empty when none was asked for."""
    asked = call.form.get("version", "")
    if asked == "latest":
        return LATEST
    if asked and not VERSION.fullmatch(asked):
        raise WordRefused("Bad_Version", 404)  # the word is ours: what the platform says is not known
    return f"{int(asked.partition('.')[0])}.0" if asked else ""


def plain_format(call: Call, accept: str) -> str:
    """Return json or xml: nested facts fit no query string."""
    found = wanted_format(call.form, accept)
    return "json" if found == "urlencoded" else found


def user_of(call: Call) -> dict[str, Any]:
    """Return the user of the token in the header or in a parameter. Raises `WordRefused` (403)."""
    scheme, _, token = call.authorization.strip().partition(" ")
    if scheme.lower() not in ("bearer", "oauth"):
        token = call.form.get("oauth_token") or call.form.get("access_token") or ""
    if not token.strip():
        raise WordRefused("Missing_OAuth_Token", 403)
    session = call.org.sessions.find(token.strip())
    user = None if session is None else call.org.users.by_id(session.user_id)
    if user is None:
        raise WordRefused("Bad_OAuth_Token", 403)
    return user
