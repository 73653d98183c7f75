"""Who gets the chats: skills, queues with their routing, presence. Elements: Metadata API Developer Guide, by the types' names."""

from __future__ import annotations

from collections.abc import Sequence

from .desk import Desk, Record, is_true, number
from .markup import Component, DeveloperNames, Node, label

SERVICE_CHANNEL = "sfdc_livemessage"
"""The service channel that an org has for messaging sessions."""

ONLINE, AWAY = "Chat_Online", "Chat_Away"
_MODELS = {"LeastActive": "LEAST_ACTIVE", "MostAvailable": "MOST_AVAILABLE"}
_DEFAULT_CAPACITY = 2


def presence(desk: Desk, names: DeveloperNames) -> list[Component]:
    """Return the service channel, a status for each of Online and Away, and a configuration for each LiveChatUserConfig."""
    channel = Component(
        "ServiceChannel",
        SERVICE_CHANNEL,
        "serviceChannels",
        "serviceChannel",
        (("label", "Messaging"), ("relatedEntityType", "MessagingSession")),
        "The org has this channel once messaging is switched on; it is here because the statuses name it.",
    )
    online: tuple[Node, ...] = (("channels", (("channel", SERVICE_CHANNEL),)), ("label", "Chat: Online"))
    statuses = [
        Component("ServicePresenceStatus", ONLINE, "servicePresenceStatuses", "servicePresenceStatus", online),
        Component(
            "ServicePresenceStatus",
            AWAY,
            "servicePresenceStatuses",
            "servicePresenceStatus",
            (("label", "Chat: Away"),),
            "A status without channels is an away status.",
        ),
    ]
    return [channel, *statuses, *(_configuration(desk, row, names) for row in desk.of("LiveChatUserConfig"))]


def _configuration(desk: Desk, row: Record, names: DeveloperNames) -> Component:
    id_ = row.get("Id", "")
    users = desk.usernames(desk.linked("LiveChatUserConfigUser", "LiveChatUserConfigId", id_, "UserId"))
    profiles = desk.profiles(desk.linked("LiveChatUserConfigProfile", "LiveChatUserConfigId", id_, "ProfileId"))
    elements: list[Node] = [
        *_assignments(users, profiles),
        ("capacity", number(row.get("Capacity")) or _DEFAULT_CAPACITY),
        ("enableAutoAccept", False),
        ("enableDecline", True),
        ("enableDeclineReason", False),
        ("enableDisconnectSound", is_true(row.get("HasLogoutSound"))),
        ("enableRequestSound", is_true(row.get("HasRequestSound"))),
        ("label", label(row.get("MasterLabel", ""), "Chat agents")),
    ]
    if is_true(row.get("IsAutoAwayOnDecline")):
        elements.append(("presenceStatusOnDecline", AWAY))
    if is_true(row.get("OptionsIsAutoAwayOnPushTimeout")):
        elements.append(("presenceStatusOnPushTimeout", AWAY))
    name = names.give(row.get("DeveloperName") or row.get("MasterLabel", ""), "Chat_Agents")
    return Component("PresenceUserConfig", name, "presenceUserConfigs", "presenceUserConfig", tuple(elements))


def _assignments(users: Sequence[str], profiles: Sequence[str]) -> list[Node]:
    found: list[Node] = []
    if profiles:
        found.append(("profiles", [("profile", name) for name in profiles]))
    if users:
        found.append(("users", [("user", name) for name in users]))
    return [("assignments", found)] if found else []


def skill(desk: Desk, row: Record, names: DeveloperNames) -> Component:
    """Return a skill with those who have it."""
    id_ = row.get("Id", "")
    users = desk.usernames(desk.linked("SkillUser", "SkillId", id_, "UserId"))
    profiles = desk.profiles(desk.linked("SkillProfile", "SkillId", id_, "ProfileId"))
    elements: list[Node] = [*_assignments(users, profiles)]
    if row.get("Description"):
        elements.append(("description", row["Description"]))
    elements.append(("label", label(row.get("MasterLabel", ""), "Chat skill")))
    name = names.give(row.get("DeveloperName") or row.get("MasterLabel", ""), "Chat_Skill")
    return Component("Skill", name, "skills", "skill", tuple(elements))


def skills_of(desk: Desk, button: Record) -> list[str]:
    """Return the skills of a button: that of the button and those of its junction rows."""
    found = desk.linked("LiveChatButtonSkill", "ButtonId", button.get("Id", ""), "SkillId")
    return list(dict.fromkeys([*([button["SkillId"]] if button.get("SkillId") else []), *found]))


def queue(desk: Desk, button: Record, name: str) -> list[Component]:
    """Return the queue of a button and its routing. The queue that Omni-Channel routed the button by stays what it is, and takes
    messaging sessions besides; for other buttons it is a new one with the agents of the button's skills."""
    known = desk.find("Group", button.get("QueueId", "")) if button.get("QueueId") else None
    title = label((known or button).get("Name") or button.get("MasterLabel", ""), name)
    routing = f"{name[:72]}_Routing"
    if known:
        members = desk.linked("GroupMember", "GroupId", known["Id"], "UserOrGroupId")
        objects = desk.linked("QueueSobject", "QueueId", known["Id"], "SobjectType")
    else:
        members = [
            user for id_ in skills_of(desk, button) for user in desk.linked("SkillUser", "SkillId", id_, "UserId")
        ]
        objects = []
    users = desk.usernames(members)
    elements: list[Node] = [("doesSendEmailToMembers", False), ("name", title)]
    if users:
        elements.append(("queueMembers", [("users", [("user", user) for user in users])]))
    elements.append(("queueRoutingConfig", routing))
    elements += [("queueSobject", [("sobjectType", kind)]) for kind in dict.fromkeys([*objects, "MessagingSession"])]
    config: list[Node] = [
        ("capacityWeight", 1.0),
        ("isAttributeBased", button.get("RoutingType") == "OmniSkills"),
        ("label", label(f"{title[:72]} Routing", routing)),
    ]
    if number(button.get("PushTimeout")) > 0:
        config.append(("pushTimeout", number(button.get("PushTimeout"))))
    config += [
        ("routingModel", _MODELS.get(button.get("RoutingType", ""), "MOST_AVAILABLE")),
        ("routingPriority", 1),
    ]
    return [
        Component("QueueRoutingConfig", routing, "queueRoutingConfigs", "queueRoutingConfig", tuple(config)),
        Component("Queue", name, "queues", "queue", tuple(elements)),
    ]
