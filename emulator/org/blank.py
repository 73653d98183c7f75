"""What a blank org holds: its Organization, the standard profiles, the administrator and the Automated Process user."""

from typing import Any, Final

ADMINISTRATOR_USERNAME: Final = "admin@chatlift.test"
AUTOMATED_PROCESS_USERNAME: Final = "autoproc@chatlift.test"
TIME_ZONE: Final = "UTC"
LOCALE: Final = "en_US"
PROFILES: Final = (
    "System Administrator",
    "Standard User",
    "Read Only",
    "Solution Manager",
    "Marketing User",
    "Contract Manager",
    "Standard Platform User",
    "Minimum Access - Salesforce",
)
"""The administrator's profile is the first in id order: clients that look for any profile then find it."""

_PERMISSIONS: Final = {
    PROFILES[0]: (
        "ApiEnabled ManageUsers ModifyAllData ManageCases CustomizeApplication EditReadonlyFields ViewSetup"
        " TransferAnyEntity ViewAllData AuthorApex TransferAnyCase ManageInteraction RunFlow ViewAllUsers ViewRoles"
        " CanAccessCE AssignPermissionSets ManageProfilesPermissionsets"
    ),
    PROFILES[-1]: "ApiEnabled",
}
"""System permissions of standard profiles that have other ones than most."""

USER_DEFAULTS: Final[dict[str, Any]] = {
    "IsActive": True,
    "TimeZoneSidKey": TIME_ZONE,
    "LocaleSidKey": LOCALE,
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
    "UserType": "Standard",
}


def blank_org(administrator_id: str) -> dict[str, Any]:
    """Return the scenario document of a blank org whose administrator has a given id."""
    records: list[dict[str, Any]] = [
        {
            "object": "Organization",
            "fields": {
                "Name": "ChatLift",
                "OrganizationType": "Developer Edition",
                "InstanceName": "CL1",
                "TimeZoneSidKey": TIME_ZONE,
                "DefaultLocaleSidKey": LOCALE,
                "LanguageLocaleKey": "en_US",
                "FiscalYearStartMonth": 1,
                "Country": "US",
            },
        }
    ]
    for name in PROFILES:
        permissions = standard_permissions(name)
        records.append(
            {"object": "Profile", "ref": name, "fields": {"Name": name, "UserType": "Standard", **permissions}}
        )
    records.append(
        {
            "object": "User",
            "fields": {
                "Id": administrator_id,
                "Username": ADMINISTRATOR_USERNAME,
                "FirstName": "Admin",
                "LastName": "User",
                "Alias": "admin",
                "Email": ADMINISTRATOR_USERNAME,
                "CommunityNickname": "admin",
                "UserPermissionsLiveAgentUser": True,
                "ProfileId": f"@{PROFILES[0]}",
            },
        }
    )
    records.append(
        {
            "object": "User",
            "fields": {
                "Username": AUTOMATED_PROCESS_USERNAME,
                "FirstName": "Automated",
                "LastName": "Process",
                "Alias": "autoproc",
                "Email": AUTOMATED_PROCESS_USERNAME,
                "CommunityNickname": "autoproc",
                "UserType": "AutomatedProcess",
                "ProfileId": "@Standard User",
            },
        }
    )
    return {"records": records}


def standard_permissions(profile: str) -> dict[str, bool]:
    """Return the system permissions that a standard profile comes with."""
    names = _PERMISSIONS.get(profile, "ApiEnabled CanAccessCE ViewSetup")
    return {f"Permissions{name}": True for name in names.split()}
