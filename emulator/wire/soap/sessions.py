"""Operations on sessions, users and their passwords."""

from typing import Any, Final

from ...errors import OrgError
from ...org import passwords
from ...org.caller import Caller
from ...org.many import own_id
from .call import Call
from .faults import disabled, invalid_session

SESSION_SECONDS: Final = 7200
"""What ``sessionSecondsValid`` says where sessions do not end by themselves (recorded in the tests of simple-salesforce)."""
ATTACHMENT_BYTES: Final = 5_242_880
INVALID_LOGIN: Final = "Invalid username, password, security token; or user locked out."
MOST_SESSIONS: Final = 200
LAST_LOGIN: Final = 64.0
"""The last version with ``login`` (Salesforce Help, "SOAP API login() Call Retirement")."""


def login(call: Call) -> dict[str, Any]:
    """``login``. Raises INVALID_LOGIN, API_CURRENTLY_DISABLED without "API Enabled", and INVALID_OPERATION from API 65.0 on."""
    if float(call.version) > LAST_LOGIN:
        # Recorded: forcedotcom/wsc#363.
        raise OrgError(
            "INVALID_OPERATION",
            f"The SOAP Login operation is not available in the API version specified ({call.version}). "
            "Refer to the documentation for supported versions.",
        )
    org, username = call.org, call.text("username")
    session = org.sessions.login(username, call.text("password")) if username.strip() else None
    if session is None:
        raise OrgError("INVALID_LOGIN", INVALID_LOGIN)
    if not org.rights.allows(Caller(session.user_id), "ApiEnabled"):
        org.sessions.end(session.token)
        raise disabled()
    place = f"{call.version}/{org.users.organization['Id'][:15]}"
    return {
        "metadataServerUrl": f"{call.origin}/services/Soap/m/{place}",
        "passwordExpired": False,
        "sandbox": False,
        "serverUrl": f"{call.origin}/services/Soap/{call.flavor.letter}/{place}",
        "sessionId": session.token,
        "userId": session.user_id,
        "userInfo": user_info(call, session.user_id),
    }


def get_user_info(call: Call) -> dict[str, Any]:
    """``getUserInfo``."""
    return user_info(call, call.caller.user_id)


def user_info(call: Call, user_id: str) -> dict[str, Any]:
    """Return what a login and ``getUserInfo`` tell of a user and the org."""
    org = call.org
    user, organization = org.users.by_id(user_id) or {}, org.users.organization
    return {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": ATTACHMENT_BYTES,
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": organization["Id"],
        "organizationMultiCurrency": False,
        "organizationName": organization.get("Name") or "",
        "profileId": user.get("ProfileId"),
        "roleId": user.get("UserRoleId"),
        "sessionSecondsValid": org.sessions.timeout or SESSION_SECONDS,
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user.get("Email"),
        "userFullName": user.get("Name"),
        "userId": user.get("Id"),
        "userLanguage": user.get("LanguageLocaleKey"),
        "userLocale": user.get("LocaleSidKey"),
        "userName": user.get("Username"),
        "userTimeZone": user.get("TimeZoneSidKey"),
        "userType": user.get("UserType") or "Standard",
        "userUiSkin": "Theme3",
    }


def logout(call: Call) -> None:
    """``logout``: the session of the header ends. Raises INVALID_SESSION_ID."""
    if not call.org.sessions.end(call.headers.session_id or ""):
        raise invalid_session()


def invalidate_sessions(call: Call) -> list[dict[str, Any]]:
    """``invalidateSessions``: one result for each id. The code of an unknown session is a guess."""
    tokens: list[str] = call.arguments["sessionIds"]
    if len(tokens) > MOST_SESSIONS:
        raise OrgError("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_SESSIONS} records")
    unknown = {"message": "invalid session id", "statusCode": "INVALID_SESSION_ID"}
    ended = [call.org.sessions.end(token.strip()) for token in tokens]
    return [{"errors": [] if one else [unknown], "success": one} for one in ended]


def get_server_timestamp(call: Call) -> dict[str, Any]:
    """``getServerTimestamp``: what the org's clock shows."""
    return {"timestamp": call.org.clock.now()}


def set_password(call: Call) -> dict[str, Any]:
    """``setPassword``. Raises INVALID_NEW_PASSWORD, and MALFORMED_ID or INVALID_ID_FIELD for the user."""
    user_id, password = _user(call), call.text("password")
    passwords.check(password)
    call.org.sessions.set_password(user_id, password)
    return {}


def reset_password(call: Call) -> dict[str, Any]:
    """``resetPassword``: the user's new password, which nobody has chosen."""
    user_id, password = _user(call), passwords.make()
    call.org.sessions.set_password(user_id, password)
    return {"password": password}


def _user(call: Call) -> str:
    user_id = own_id(call.org.catalog.get("User"), call.text("userId"))
    if call.org.users.by_id(user_id) is None:
        raise OrgError("INVALID_ID_FIELD", f"invalid cross reference id: {user_id}")  # the words are a guess
    passwords.check_right(call.org.rights, call.caller, user_id)
    return user_id
