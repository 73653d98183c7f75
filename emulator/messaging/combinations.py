"""Which settings a channel cannot have: because of what it is, or because of another setting."""

from typing import Final

from ..errors import OrgError
from .setup import EMBEDDED, ENHANCED, Channel

REFUSED: Final = "SETTING_REFUSED"
BRING_YOUR_OWN: Final = "Custom"
NAMES: Final = {
    "Text": "SMS",
    "Facebook": "Facebook Messenger",
    "Line": "LINE",
    "WhatsApp": "WhatsApp",
    "AppleBusinessChat": "Apple Messages for Business",
    BRING_YOUR_OWN: "Bring Your Own",
    "WebChat": "web chat (legacy)",
    EMBEDDED: "In-App and Web Chat",
}
"""What Salesforce Help calls the channels of a MessagingChannel.MessageType; others go by their value."""
ONLY_EMBEDDED: Final = {
    "user_verification": ("userVerification", "User verification"),
    "keysets": ("keysets", "A key for user verification"),
    "forms": ("forms", "A pre-chat form"),
}
"""Settings that In-App and Web Chat channels alone have (Salesforce Help, "Enhanced Chat Considerations and Limitations")."""


class SettingRefused(OrgError):
    """The settings that a channel would have do not go together, or not with its type."""

    def __init__(self, message: str) -> None:
        super().__init__(REFUSED, message)


def check(after: Channel, before: Channel | None = None) -> None:
    """Refuse settings that a channel cannot have; `before`: what it has now, to say what stands in the way. Raises `SettingRefused`."""
    if after.session_based:
        _check_session_based(after, before)
    if not is_enhanced_chat(after):
        for attribute, (key, what) in ONLY_EMBEDDED.items():
            if getattr(after, attribute):
                raise SettingRefused(f"{key}: {what} is for Enhanced Chat channels; {described(after)}")
    if after.inactivity_seconds is not None and after.type not in (EMBEDDED, BRING_YOUR_OWN):
        # Salesforce Help, messaging_auto_end: In-App and Web Chat, and Bring Your Own Channel.
        raise SettingRefused(
            "inactivitySeconds: the inactivity time-out is for Enhanced Chat and Bring Your Own channels;"
            f" {described(after)}; give null"
        )


def _check_session_based(after: Channel, before: Channel | None) -> None:
    """Refuse Session-Based Chat where it is not to be had (Salesforce Help, miaw_session_based_chat)."""
    if not is_enhanced_chat(after):
        raise SettingRefused(
            "sessionBased: Session-Based Chat applies to Enhanced In-App Chat and Enhanced Web Chat channels only"
            f" (MessageType {EMBEDDED}, PlatformType {ENHANCED}); {described(after)}"
        )
    if not after.user_verification:
        return
    if before is not None and before.session_based and not before.user_verification:
        raise SettingRefused(
            "userVerification: user verification cannot be turned on while Session-Based Chat is on;"
            " set sessionBased to false first, or in the same call"
        )
    raise SettingRefused(
        "sessionBased: Session-Based Chat cannot be enabled for verified users;"
        " set userVerification to false first, or in the same call"
    )


def is_enhanced_chat(channel: Channel) -> bool:
    """Tell whether a channel is Enhanced In-App or Enhanced Web Chat."""
    return channel.type == EMBEDDED and channel.platform_type == ENHANCED


def described(channel: Channel) -> str:
    """Return what a channel is: ``WA_Shop is an Enhanced WhatsApp channel (MessageType WhatsApp, PlatformType Enhanced)``."""
    article = "an" if channel.platform_type == ENHANCED else "a"
    name = NAMES.get(channel.type, channel.type)
    return (
        f"{channel.developer_name} is {article} {channel.platform_type} {name} channel"
        f" (MessageType {channel.type}, PlatformType {channel.platform_type})"
    )
