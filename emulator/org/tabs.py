"""Tabs: the pages of an app that a user can open (REST guide, "Tabs"; SOAP API Developer Guide, "DescribeTab").

Here they are the standard tabs of the types; which of its own types an org gave a tab is not in their schema.
"""

from typing import Any, Final

from ...schemas.field import SObject
from .caller import Caller
from .records import Records
from .themes import THEMES
from .visible import visible

TYPES: Final = (
    "Account",
    "Case",
    "Contact",
    "Knowledge__kav",
    "Lead",
    "LiveAgentSession",
    "LiveChatTranscript",
    "LiveChatVisitor",
    "MessagingEndUser",
    "MessagingSession",
    "Opportunity",
    "QuickText",
)
"""The types with a standard tab."""
APP: Final = "Service"
"""The app that holds the tabs; a guess: that an org for chat has this one in front."""


def tabs(records: Records, caller: Caller, origin: str) -> list[dict[str, Any]]:
    """Return the tabs of the types that the caller sees; ``origin`` is the scheme and host that their pages are under."""
    found = (visible(records, caller, name) for name in TYPES)
    return [_tab(sobject, origin) for sobject in found if sobject]


def tab_sets(records: Records, caller: Caller, origin: str) -> list[dict[str, Any]]:
    """Return the apps with their tabs, as ``describeTabs`` of SOAP answers: one, which is selected."""
    return [
        {
            "description": None,
            "label": APP,
            "logoUrl": f"{origin}/img/salesforce-noname-logo-v2.svg",
            "namespace": "standard",
            "selected": True,
            "tabSetId": None,
            "tabs": tabs(records, caller, origin),
        }
    ]


def _tab(sobject: SObject, origin: str) -> dict[str, Any]:
    theme = THEMES[sobject.name]
    return {
        "colors": theme.colors(),
        "custom": False,
        "iconUrl": theme.classic_url(origin, 32),
        "icons": theme.icons(origin),
        "label": sobject.label_plural,
        "miniIconUrl": theme.classic_url(origin, 16),
        "name": f"standard-{sobject.name}",
        "sobjectName": sobject.name,
        "url": f"{origin}/{sobject.key_prefix}/o",
    }
