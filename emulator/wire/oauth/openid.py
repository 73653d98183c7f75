"""OpenID Connect: discovery, the keys that id tokens are checked with, and logout."""

from typing import Any

from flask import Response

from ....schemas.ids import InvalidId, normalize
from ...org.connected_apps import SCOPES, is_redirect_uri
from ...org.signing import BadToken, OrgKey
from . import pages
from .call import Call
from .errors import PageRefused
from .replies import page, sent_to, with_parameters


def configuration(call: Call) -> dict[str, Any]:
    """Return the discovery document: what this org offers and where (OpenID Connect Discovery 1.0, 3)."""
    oauth = f"{call.origin}/services/oauth2"
    return {
        "issuer": call.origin,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "revocation_endpoint": f"{oauth}/revoke",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "introspection_endpoint": f"{oauth}/introspect",
        "jwks_uri": f"{call.origin}/id/keys",
        "end_session_endpoint": f"{call.origin}/services/auth/idp/oidc/logout",
        "scopes_supported": sorted(SCOPES),
        "response_types_supported": ["code", "token", "token id_token"],
        "grant_types_supported": [
            "authorization_code",
            "client_credentials",
            "device",
            "password",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }


def keys(call: Call) -> dict[str, Any]:
    """Return the org's public keys (RFC 7517)."""
    return {"keys": [OrgKey(call.org.store).public()]}


def logout(call: Call) -> Response:
    """End the sessions that the client of an id token began for its user (OpenID Connect RP-Initiated Logout 1.0).

    An id token that has run out will do; one that this org has not signed will not. Raises `PageRefused`.
    """
    try:
        claims = OrgKey(call.org.store).verified(call.form.get("id_token_hint", ""))
        user_id = normalize(str(claims.get("sub", "")).rpartition("/")[2])
    except (BadToken, InvalidId) as error:
        raise PageRefused("invalid_request", "id_token_hint is no id token of this org") from error
    client_id = str(claims.get("aud", ""))
    target = call.form.get("post_logout_redirect_uri", "")
    app = call.org.connected_apps.find(client_id)
    if target and (not is_redirect_uri(target) or (call.strict and target not in (app.redirect_uris if app else ()))):
        raise PageRefused("redirect_uri_mismatch", "post_logout_redirect_uri must match configuration")
    call.org.sessions.end_of_user(user_id, client_id)
    if target:
        return sent_to(with_parameters(target, {"state": call.form.get("state", "")}))
    return page(pages.message("Logged Out", "You are logged out."))
