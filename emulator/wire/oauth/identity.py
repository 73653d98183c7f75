"""The facts about a user: in the words of OpenID Connect, and in those of the identity URL."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...org.org import Org

SERVICES: Final = {
    "enterprise": "/services/Soap/c/{version}/",
    "metadata": "/services/Soap/m/{version}/",
    "partner": "/services/Soap/u/{version}/",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "search": "/services/data/v{version}/search/",
    "query": "/services/data/v{version}/query/",
    "recent": "/services/data/v{version}/recent/",
    "tooling_soap": "/services/Soap/T/{version}/",
    "tooling_rest": "/services/data/v{version}/tooling/",
    "feeds": "/services/data/v{version}/chatter/feeds",
    "groups": "/services/data/v{version}/chatter/groups",
    "users": "/services/data/v{version}/chatter/users",
    "feed_items": "/services/data/v{version}/chatter/feed-items",
    "feed_elements": "/services/data/v{version}/chatter/feed-elements",
}
SOAP_SERVICES: Final = frozenset({"enterprise", "metadata", "partner", "tooling_soap"})


def urls(origin: str, organization_id: str, user_id: str) -> dict[str, str]:
    """Return the addresses of the org's services, with a literal ``{version}``."""
    found = {
        name: origin + path + (organization_id[:15] if name in SOAP_SERVICES else "") for name, path in SERVICES.items()
    }
    return found | {"profile": f"{origin}/{user_id}", "custom_domain": origin}


def user_facts(org: Org, user: dict[str, Any], origin: str) -> dict[str, Any]:
    """Return the body of ``/services/oauth2/userinfo``."""
    organization_id = org.users.organization["Id"]
    picture = f"{origin}/profilephoto/005/F"
    info = {
        "sub": f"{origin}/id/{organization_id}/{user['Id']}",
        "user_id": user["Id"],
        "organization_id": organization_id,
        "preferred_username": user.get("Username"),
        "nickname": user.get("CommunityNickname"),
        "name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": True,
        "given_name": user.get("FirstName"),
        "family_name": user.get("LastName"),
        "zoneinfo": user.get("TimeZoneSidKey"),
        "photos": {"picture": picture, "thumbnail": f"{origin}/profilephoto/005/T"},
        "profile": f"{origin}/{user['Id']}",
        "picture": picture,
        "address": address(user, "country"),
        "is_salesforce_integration_user": False,
        "urls": urls(origin, organization_id, user["Id"]),
        "active": user.get("IsActive") is not False,
        "user_type": (user.get("UserType") or "Standard").upper(),
        "language": user.get("LanguageLocaleKey"),
        "locale": user.get("LocaleSidKey"),
        "utcOffset": utc_offset(user.get("TimeZoneSidKey"), org.clock.now()),
        "updated_at": zulu(user.get("LastModifiedDate")),
        "is_app_installed": True,
    }
    return {name: value for name, value in info.items() if value is not None}


def identity_facts(org: Org, user: dict[str, Any], origin: str) -> dict[str, Any]:
    """Return the body of the identity URL: the same facts under other names."""
    info = user_facts(org, user, origin)
    return {
        "id": info["sub"],
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": info["organization_id"],
        "username": user.get("Username"),
        "nick_name": user.get("CommunityNickname"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": True,
        "first_name": user.get("FirstName"),
        "last_name": user.get("LastName"),
        "timezone": user.get("TimeZoneSidKey"),
        "photos": info["photos"],
        "addr_street": user.get("Street"),
        "addr_city": user.get("City"),
        "addr_state": user.get("State"),
        "addr_country": user.get("Country"),
        "addr_zip": user.get("PostalCode"),
        "mobile_phone": user.get("MobilePhone"),
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": info["urls"],
        "active": info["active"],
        "user_type": info["user_type"],
        "language": user.get("LanguageLocaleKey"),
        "locale": user.get("LocaleSidKey"),
        "utcOffset": info["utcOffset"],
        "last_modified_date": zulu(user.get("LastModifiedDate")),
        "is_app_installed": True,
    }


def address(user: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: user[name.capitalize()] for name in names if user.get(name.capitalize())}


def utc_offset(zone: str | None, now: datetime) -> int:
    """Return the offset of a time zone without daylight saving, in milliseconds; 0 for an unknown zone."""
    try:
        local = now.astimezone(ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return 0
    offset, saving = local.utcoffset(), local.dst()
    if offset is None:
        return 0
    return int((offset - saving if saving else offset).total_seconds() * 1000)


def zulu(instant: str | None) -> str | None:
    """Return an instant of a record as OpenID writes it: ``2026-01-01T00:00:00Z``."""
    return None if instant is None else instant.partition(".")[0].partition("+")[0] + "Z"
