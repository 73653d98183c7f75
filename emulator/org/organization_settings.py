"""What the org is and what its user may do, as the Connect API tells it (Connect REST API Developer Guide, "Organization").

`organization_settings` returns ::

    {"accessTimeout": minutes, "features": {name: bool}, "name", "orgId",
     "userSettings": {"canModifyAllData": bool, …, "timeZone": {"gmtOffset": hours, "name"}, "userId", "userLocale"}}

The org has no Chatter, communities, file sync or field service: what belongs to them is false, or null where it is a number.
"""

from datetime import datetime
from typing import Any, Final

from .caller import Caller
from .rights import Rights
from .users import Users

CURRENCY: Final = "USD"
CURRENCY_SYMBOL: Final = "$"
"""Which currency an org has is not kept: that of its usual locale."""
SESSION_MINUTES: Final = 120
"""The platform's usual session timeout. That `accessTimeout` is in minutes is a guess: the guide names no unit."""
FEATURES: Final = {
    "activityReminderNotificationsEnabled": 37.0,
    "chatter": 27.0,
    "chatterActivity": 24.0,
    "chatterAnswers": 29.0,
    "chatterGlobalInfluence": 24.0,
    "chatterGroupRecordSharing": 33.0,
    "chatterGroupRecords": 33.0,
    "chatterMessages": 24.0,
    "chatterTopics": 28.0,
    "communitiesEnabled": 31.0,
    "communityModeration": 29.0,
    "communityReputation": 32.0,
    "dashboardComponentSnapshots": 24.0,
    "feedPolling": 28.0,
    "feedStreamEnabled": 39.0,
    "files": 28.0,
    "filesOnComments": 28.0,
    "groupsCanFollow": 28.0,
    "multiCurrency": 28.0,
    "publisherActions": 28.0,
    "thanksAllowed": 28.0,
    "trendingTopics": 28.0,
    "viralInvitesAllowed": 28.0,
}
"""Switches of "Features", none of which is on here, and the first version with each. That of the later ones, from `feedPolling` on, is
the version of the same property in Apex (ConnectApi.Features), which begins at 28.0. Properties whose version neither page gave are left out.
"""
CURRENCY_SINCE: Final = 28.0
USER_SETTINGS: Final = {
    "approvalPosts": 27.0,
    "canAccessPersonalStreams": 40.0,
    "canFollow": 24.0,
    "canModifyAllData": 24.0,
    "canOwnGroups": 24.0,
    "canViewAllData": 24.0,
    "canViewAllGroups": 24.0,
    "canViewAllUsers": 24.0,
    "canViewCommunitySwitcher": 34.0,
    "canViewFullUserProfile": 24.0,
    "canViewPublicFiles": 24.0,
    "currencySymbol": 28.0,
    "externalUser": 24.0,
    "fileSyncLimit": 32.0,
    "fileSyncStorageLimit": 29.0,
    "folderSyncLimit": 32.0,
    "hasAccessToInternalOrg": 26.0,
    "hasChatter": 31.0,
    "hasFileSync": 28.0,
    "hasFileSyncManagedClientAutoUpdate": 34.0,
    "hasRestDataApiAccess": 29.0,
    "timeZone": 30.0,
    "userDefaultCurrencyIsoCode": 28.0,
    "userId": 24.0,
    "userLocale": 28.0,
}
"""Properties of "User Settings" and the first version with each; of those of one's own currency, id and locale a guess."""
LIMITS: Final = frozenset({"fileSyncLimit", "fileSyncStorageLimit", "folderSyncLimit"})
PERMISSIONS: Final = {
    "canModifyAllData": "ModifyAllData",
    "canViewAllData": "ViewAllData",
    "canViewAllUsers": "ViewAllUsers",
    "hasRestDataApiAccess": "ApiEnabled",
}
EXTERNAL_USER: Final = "CsnOnly"
"""The user type of Chatter's customers (object reference, "User")."""


def organization_settings(
    users: Users, rights: Rights, caller: Caller, now: datetime, timeout_seconds: float | None
) -> dict[str, Any]:
    """Return what the org tells a caller, as far as his version knows it. timeout_seconds: after which idleness a session ends."""
    organization = users.organization
    features: dict[str, Any] = dict.fromkeys((name for name in FEATURES if FEATURES[name] <= caller.number), False)
    if caller.number >= CURRENCY_SINCE:
        features["defaultCurrencyIsoCode"] = CURRENCY
    known = _user_settings(users, rights, caller, now)
    return {
        "accessTimeout": int(timeout_seconds // 60) if timeout_seconds else SESSION_MINUTES,
        "features": dict(sorted(features.items())),
        "name": organization.get("Name"),
        "orgId": organization["Id"],
        "userSettings": {name: known.get(name) for name, since in USER_SETTINGS.items() if since <= caller.number},
    }


def _user_settings(users: Users, rights: Rights, caller: Caller, now: datetime) -> dict[str, Any]:
    locale = users.locale_of(caller.user_id)
    user = users.by_id(caller.user_id) or {}
    is_external = user.get("UserType") == EXTERNAL_USER
    offset = now.astimezone(locale.time_zone).utcoffset()
    settings: dict[str, Any] = dict.fromkeys(USER_SETTINGS.keys() - LIMITS, False)
    settings |= {name: rights.allows(caller, permission) for name, permission in PERMISSIONS.items()}
    return settings | {
        "currencySymbol": CURRENCY_SYMBOL,
        "externalUser": is_external,
        "hasAccessToInternalOrg": not is_external,
        # The guide has a display name; the key of the zone, which is in the place of its label everywhere here.
        "timeZone": {"gmtOffset": offset.total_seconds() / 3600 if offset else 0.0, "name": locale.time_zone.key},
        "userDefaultCurrencyIsoCode": None,  # of orgs with several currencies alone
        "userId": caller.user_id,
        "userLocale": locale.locale,
    }
