"""Where chats come in: a messaging channel for each button, an Embedded Service deployment for each button of a deployment.

Elements: Metadata API Developer Guide, "MessagingChannel" and "EmbeddedServiceConfig".
"""

from __future__ import annotations

from ..plan import Plan
from ..transform.channel import developer_name
from ..transform.session import language_code
from .desk import Desk, Record, is_true
from .markup import Component, DeveloperNames, Node, label

SITE = "REPLACE_WITH_SITE"
"""Stands where an Embedded Service deployment names its Experience site: legacy chat had none."""

_SESSION_BASED = (
    "Legacy chats end for good. For the same here, tick End chat when session ends in the channel's Messaging Settings "
    "(no metadata element stands for it) and publish the Embedded Service deployment afterwards."
)
_ASYNCHRONOUS = "The plan says session_based = false: leave End chat when session ends in Messaging Settings unticked."
_STANDARD = ("FirstName", "LastName", "Email", "Subject")


def channel(desk: Desk, button: Record | None, queue: str, plan: Plan, deployment: str = "") -> Component:
    """Return the messaging channel of a button, else that of a deployment or the default one. Its name is that of the migrated
    channel."""
    row = button or {}
    name = developer_name(row.get("Id"), plan, deployment)
    title = label(row.get("MasterLabel", ""), name.replace("_", " "))
    elements: list[Node] = [
        *_greeting(row),
        (
            "description",
            label(f"Takes the place of the chat button {title}" if button else "Chats without a button", name),
        ),
        (
            "embeddedConfig",
            [
                ("authMode", "Auth" if plan.verified_users and not plan.session_based else "UnAuth"),
                ("isAttachmentUploadEnabled", _any(desk, "LiveChatUserConfig", "OptionsHasAgentFileTransfer")),
                ("isEstimatedWaitTimeEnabled", False),
                ("isSaveTranscriptEnabled", _any(desk, "LiveChatDeployment", "HasTranscriptSave")),
            ],
        ),
        ("masterLabel", title),
        ("messagingChannelType", "EmbeddedMessaging"),
        ("sessionHandlerQueue", queue),
        ("sessionHandlerType", "Queue"),
    ]
    if row.get("PrechatFormPageId") or row.get("PrechatFormUrl"):
        elements += [("standardParameters", [("parameterType", kind)]) for kind in _STANDARD]
    note = _SESSION_BASED if plan.session_based else _ASYNCHRONOUS
    return Component("MessagingChannel", name, "messagingChannels", "messagingChannel", tuple(elements), note)


def _greeting(row: Record) -> list[Node]:
    text = row.get("AutoGreeting", "").strip()
    if not text:
        return []
    language = language_code(row.get("WindowLanguage") or row.get("Language")) or "en_US"
    return [
        (
            "automatedResponses",
            [
                ("autoResponseContentType", "TextResponse"),
                ("language", language),
                ("response", text),
                ("type", "AgentEngagedResponse"),
            ],
        )
    ]


def _any(desk: Desk, name: str, field: str) -> bool:
    return any(is_true(row.get(field)) for row in desk.of(name))


def deployments(desk: Desk, plan: Plan, names: DeveloperNames) -> list[Component]:
    """Return the Embedded Service deployments: one has one channel, so that a legacy one with several buttons becomes several."""
    found = []
    pairs = [(row.get("DeploymentId", ""), row.get("ButtonId", "")) for row in desk.of("LiveChatButtonDeployment")]
    if not pairs:
        alone = desk.of("LiveChatDeployment")[0].get("Id", "") if len(desk.of("LiveChatDeployment")) == 1 else ""
        pairs = [(alone, row.get("Id", "")) for row in desk.of("LiveChatButton")]
    for deployment_id, button_id in dict.fromkeys(pairs):
        button = desk.find("LiveChatButton", button_id)
        if button is None:
            continue
        deployment = desk.find("LiveChatDeployment", deployment_id) or {}
        title = label(f"{deployment.get('MasterLabel', '')} {button.get('MasterLabel', '')}", "Chat")
        name = names.give(title, "Chat")
        found.append(_deployment(name, title, developer_name(button_id, plan)))
    return found


def _deployment(name: str, title: str, channel_name: str) -> Component:
    elements: tuple[Node, ...] = (
        ("areGuestUsersAllowed", True),
        ("deploymentFeature", "EmbeddedMessaging"),
        ("deploymentType", "Web"),
        (
            "embeddedServiceMessagingChannel",
            [
                ("isEnabled", True),
                ("messagingChannel", channel_name),
                ("shouldShowDeliveryReceipts", True),
                ("shouldShowEmojiSelection", True),
                ("shouldShowReadReceipts", True),
                ("shouldShowTypingIndicators", True),
                ("shouldStartNewLineOnEnter", False),
            ],
        ),
        ("masterLabel", title),
        ("shouldHideAuthDialog", False),
        ("site", SITE),
    )
    note = f"Put the name of an Experience site in the place of {SITE}; publish the deployment after each change."
    return Component("EmbeddedServiceConfig", name, "EmbeddedServiceConfig", "EmbeddedServiceConfig", elements, note)
