"""The operations of a session: ``login`` and ``logout``."""

from typing import Any, Final
from xml.sax.saxutils import escape

from ...errors import OrgError
from ...org.caller import Caller
from ...org.org import Org
from .envelope import Flavor, Operation

SESSION_SECONDS: Final = 7200
"""What ``sessionSecondsValid`` says (recorded in the tests of simple-salesforce)."""
ATTACHMENT_BYTES: Final = 5_242_880
INVALID_LOGIN: Final = "Invalid username, password, security token; or user locked out."


def login(org: Org, flavor: Flavor, version: str, origin: str, operation: Operation) -> str:
    """Return the ``loginResponse``. Raises INVALID_LOGIN, and API_CURRENTLY_DISABLED without "API Enabled".

    Every version has it here. The platform takes login() away with API 65.0 (release notes quoted in jsforce's
    connection.ts), which would leave password logins of current clients without a way in.
    """
    username, password = (operation.arguments.get(name, "") for name in ("username", "password"))
    session = org.sessions.login(username, password) if username.strip() else None
    if session is None:
        raise OrgError("INVALID_LOGIN", INVALID_LOGIN)
    if not org.rights.allows(Caller(session.user_id), "ApiEnabled"):
        org.sessions.end(session.token)
        raise OrgError("API_CURRENTLY_DISABLED", "API is disabled for this User")
    user, organization = org.users.by_id(session.user_id) or {}, org.users.organization
    place = f"{version}/{organization['Id'][:15]}"
    return (
        "<loginResponse><result>"
        + elements(
            {
                "metadataServerUrl": f"{origin}/services/Soap/m/{place}",
                "passwordExpired": False,
                "sandbox": False,
                "serverUrl": f"{origin}/services/Soap/{flavor.letter}/{place}",
                "sessionId": session.token,
                "userId": session.user_id,
            }
        )
        + f"<userInfo>{elements(user_info(user, organization))}</userInfo></result></loginResponse>"
    )


def user_info(user: dict[str, Any], organization: dict[str, Any]) -> dict[str, Any]:
    """Return the ``userInfo`` of a login, in the order of the partner WSDL."""
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
        "organizationName": organization.get("Name"),
        "profileId": user.get("ProfileId"),
        "roleId": user.get("UserRoleId"),
        "sessionSecondsValid": SESSION_SECONDS,
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


def logout(org: Org, operation: Operation) -> str:
    """End the session of the header. Raises INVALID_SESSION_ID."""
    if operation.session_id is None or not org.sessions.end(operation.session_id):
        raise invalid_session()
    return "<logoutResponse/>"


def invalid_session() -> OrgError:
    """Return the fault of a session that is not good; the words are those of Chrome-Salesforce-inspector#127."""
    return OrgError(
        "INVALID_SESSION_ID",
        "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash: null\n"
        "This error usually occurs after a session expires or a user logs out. ",
    )


def elements(values: dict[str, Any]) -> str:
    """Return values as XML elements; None is nil."""
    return "".join(
        f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{text(value)}</{name}>"
        for name, value in values.items()
    )


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
