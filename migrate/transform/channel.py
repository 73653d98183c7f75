"""The messaging channel that stands for a legacy button."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...schemas.ids import derive
from ..cells import Value
from ..plan import Plan
from .structures import Row


def developer_name(button: Value, plan: Plan, deployment: Value = None) -> str:
    """Return the DeveloperName of a chat's channel: by its button, else by its deployment, else the default channel.

    Case does not tell two DeveloperNames apart, so it takes the 18 characters of the id, which differ without it.
    """
    if not button:
        return plan.deployment_channels.get(str(deployment)) or plan.default_channel
    return plan.channels.get(str(button)) or f"Legacy_Chat_{button}"


@lru_cache(maxsize=1024)
def channel_id(name: str) -> str:
    """Return the id of a channel, which depends on its DeveloperName alone."""
    return derive("0Mj", name)


def channel_row(
    button: str | None,
    plan: Plan,
    details: Mapping[str, Any] | None = None,
    deployment: Value = None,
    deployment_label: str = "",
) -> Row:
    """Return the channel of a chat; `details` is its LiveChatButton row where the source has it.

    A channel that stands for a deployment alone (`deployment_channels` in the plan) has its label.

    Enhanced chat is MessageType EmbeddedMessaging on platform type Enhanced
    (https://developer.salesforce.com/docs, object reference, MessagingChannel). The API name of the session-based setting
    is not published, so no field states it: conversations that end with their sessions do.
    """
    name = developer_name(button, plan, deployment)
    label = str((details or {}).get("MasterLabel") or "")
    if not button and str(deployment) in plan.deployment_channels:
        label = deployment_label
    label = label or name.replace("_", " ")
    return {
        "Id": channel_id(name),
        "DeveloperName": name,
        "MasterLabel": label[:80],
        "Language": None,
        "MessageType": "EmbeddedMessaging",
        "PlatformType": "Enhanced",
        "MessagingPlatformKey": name,
        "IsActive": False,
        "IsRequireDoubleOptIn": False,
        "IsRestrictedToBusinessHours": False,
        "IsLinkedRecordOpenedAsSubTab": False,
        "OptionsIdentifyEndUserLanguage": False,
        "Legacy_Button_Id__c": button or None,
    }
