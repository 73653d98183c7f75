"""What has no counterpart: the list that an admin goes through after the deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..plan import Plan
from .desk import Desk, Record, is_true, number
from .routing import skills_of

Finding = tuple[str, str, str]
"""Which row, which setting, what to do about it."""

_OF_BUTTON: Mapping[str, str] = {
    "PerAgentQueueLength": "no limit of a queue by agent; capacity limits what each rep gets",
    "OverallQueueLength": "no limit of a queue; decide in an Omni-Channel flow",
    "OnlineImageId": "the site shows the chat window by its snippet; style it by the deployment's branding",
    "OfflineImageId": "offline support is to be rebuilt, by business hours and a form of the site",
    "ChatPageId": "custom chat pages have no counterpart; style the deployment, or build a client on the enhanced chat API",
    "PrechatFormPageId": "rebuild the pre-chat form on the Embedded Service deployment; the channel has the standard parameters",
    "PrechatFormUrl": "rebuild the pre-chat form on the Embedded Service deployment; the channel has the standard parameters",
    "PostchatPageId": "rebuild the post-chat page as a survey or a flow",
    "PostchatUrl": "rebuild the post-chat page as a survey or a flow",
    "CustomAgentName": "alias names of agents are not carried over; set the name that messaging shows for reps",
    "NumberOfReroutingAttempts": "Omni-Channel routes declined work on by itself",
}
_FLAGS_OF_BUTTON: Mapping[str, str] = {
    "OptionsIsAutoAccept": "auto-accept is a switch of the presence configuration (enableAutoAccept), for all work of its reps",
    "IsRoutingFlowEnabled": "set the flow as the channel's session handler (sessionHandlerFlow)",
}
_OF_CONFIG: Mapping[str, str] = {
    "CriticalWaitTime": "no alert of a critical wait; use Omni Supervisor",
    "CustomAgentName": "alias names of agents are not carried over; set the name that messaging shows for reps",
    "AutoGreeting": "automated responses belong to the channel, not to the agent; take the text into the channel",
}
_FLAGS_OF_CONFIG: Mapping[str, str] = {
    "HasSneakPeek": "reps do not see what a user types before he sends it",
    "OptionsHasAgentSneakPeek": "supervisors do not see what a rep types before he sends it",
    "OptionsHasVisitorBlocking": "no blocking of visitors by IP address",
    "OptionsHasWhisperMessage": "whisper messages: see Omni Supervisor's help for enhanced channels",
    "OptionsHasAssistanceFlag": "flags are raised in Omni-Channel; switch them on in Omni Supervisor",
    "OptionsHasChatConferencing": "conferencing needs skills-based and direct-to-agent routing, and is switched on for the channel",
}
_OF_DEPLOYMENT: Mapping[str, str] = {
    "Domains": "put the domains on the site's lists: CORS, trusted URLs, and the deployment's site",
    "ConnectionTimeoutDuration": "no time-out of a connection: messaging is asynchronous",
    "WindowTitle": "set the title in the deployment's custom labels",
    "BrandingId": "rebuild the branding as the deployment's branding set",
}


def findings(desk: Desk, plan: Plan) -> list[Finding]:
    """Return what the rows have that the written source does not."""
    found: list[Finding] = []
    for row in desk.of("LiveChatButton"):
        found += _settings(row, f"button {_title(row)}", _OF_BUTTON, _FLAGS_OF_BUTTON)
        found += _of_routing(desk, row)
    for row in desk.of("LiveChatUserConfig"):
        found += _settings(row, f"configuration {_title(row)}", _OF_CONFIG, _FLAGS_OF_CONFIG)
    for row in desk.of("LiveChatDeployment"):
        found += _settings(row, f"deployment {_title(row)}", _OF_DEPLOYMENT, {})
    rules = len(desk.of("LiveChatBlockingRule"))
    if rules:
        found.append(
            (f"{rules} blocking rules", "IP ranges", "no blocking by IP address; block at the site or its firewall")
        )
    sensitive = len(desk.of("LiveChatSensitiveDataRule"))
    if sensitive:
        found.append(
            (f"{sensitive} sensitive data rules", "patterns", "check in Setup that they are on for messaging channels")
        )
    if plan.privacy.names != "keep":
        found.append(("users", "assignments", "left out, because the plan replaces names; assign reps by hand"))
    together: dict[tuple[str, str], list[str]] = {}
    for title, setting, advice in found:
        together.setdefault((setting, advice), []).append(title)
    return [("; ".join(titles), setting, advice) for (setting, advice), titles in together.items()]


def _title(row: Record) -> str:
    return row.get("MasterLabel") or row.get("DeveloperName") or row.get("Id", "")


def _settings(row: Record, title: str, values: Mapping[str, str], flags: Mapping[str, str]) -> Iterable[Finding]:
    for name, advice in values.items():
        if row.get(name) and row[name] not in ("0", "0.0"):
            yield title, name, advice
    for name, advice in flags.items():
        if is_true(row.get(name)):
            yield title, name, advice


def _of_routing(desk: Desk, row: Record) -> Iterable[Finding]:
    title, kind = f"button {_title(row)}", row.get("RoutingType", "")
    if kind == "Choice":
        yield (
            title,
            "RoutingType Choice",
            "agents no longer choose chats; the queue pushes them to whom is most available",
        )
    elif kind == "OmniSkills":
        skills = [_title(found) for id_ in skills_of(desk, row) if (found := desk.find("Skill", id_))]
        advice = f"add the skills ({', '.join(skills)}) to the routing configuration" if skills else "add the skills"
        yield title, "RoutingType OmniSkills", f"{advice}, or set them in a flow"
    elif kind in ("LeastActive", "MostAvailable"):
        profiles = [name for id_ in skills_of(desk, row) for name in desk.profiles(_profiles(desk, id_))]
        if profiles:
            listed = ", ".join(dict.fromkeys(profiles))
            yield title, "SkillProfile", f"a queue has no profiles as members; add the users of {listed}"
    if row.get("QueueId") and desk.find("Group", row["QueueId"]) is None:
        yield title, "QueueId", f"the source does not have the queue {row['QueueId']}; a new one was written"
    if row.get("Type") == "Invite":
        yield title, "Type Invite", "invitations are set on the Embedded Service deployment"
    if is_true(row.get("OptionsHasChasitorIdleTimeout")):
        minutes = max(5, min(30, round(number(row.get("ChasitorIdleTimeout")) / 60)))
        yield title, "ChasitorIdleTimeout", f"set customer inactivity in Messaging Settings, 5 to 30 minutes: {minutes}"


def _profiles(desk: Desk, skill: str) -> list[str]:
    return desk.linked("SkillProfile", "SkillId", skill, "ProfileId")


def page(desk: Desk, plan: Plan, components: Mapping[str, int], quick_texts: int) -> str:
    """Return README.md."""
    rows = "\n".join(f"| {_cell(a)} | {_cell(b)} | {_cell(c)} |" for a, b, c in findings(desk, plan))
    counts = "\n".join(f"| {kind} | {count} |" for kind, count in components.items())
    session = (
        'tick "End chat when session ends" in each channel\'s Messaging Settings: no metadata element stands for it'
        if plan.session_based
        else 'leave "End chat when session ends" in each channel\'s Messaging Settings unticked, as the plan says'
    )
    quick = (
        f"5. `data/QuickText.csv`: {quick_texts} quick texts lack the channel Messaging. Update them with Data Loader; texts and\n"
        "   folders stay as they are.\n"
        if quick_texts
        else ""
    )
    return f"""\
# Set-up of enhanced chat, from the set-up of legacy chat

SFDX source to review, not to deploy unread. It was made from the rows of the source; nothing in it has been tried in your org.

| metadata type | components |
|---|---|
{counts}

## What to do

1. Switch on Messaging and Omni-Channel in the target org, with the enhanced Omni-Channel features that you use.
2. Read the files below `force-app/`, put the name of an Experience site into the Embedded Service deployments, and deploy to a sandbox:
   `sf project deploy start --source-dir force-app --dry-run`, then without `--dry-run`.
3. Activate the channels; {session}.
4. Publish each Embedded Service deployment, after every change, and put its snippet into the site in the place of the old one.
{quick}
Give reps the permission sets of enhanced chat. Profiles are named as in the source; standard ones have other names in metadata (System
Administrator is Admin).

## What has no counterpart, or is to be looked at

| from | setting | what to do |
|---|---|---|
{rows or "| nothing | | |"}
"""


def _cell(text: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
