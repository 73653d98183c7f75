"""Reads how the desk is set up from the org's rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..org.org import Org
from ..store import Reader
from ..store.layout import quoted
from ..store.watch import watch
from .setup import (
    DEFAULT_CONNECTION_TIMEOUT,
    DEFAULT_CONNECTION_WARNING,
    AgentSettings,
    BlockingRule,
    Button,
    Deployment,
    Desk,
    EnforcedOn,
    Routing,
    SensitiveDataRule,
)

SET_UP: Final[Mapping[str, tuple[str, ...]]] = {
    "LiveChatButton": (),
    "LiveChatButtonSkill": (),
    "LiveChatDeployment": (),
    "LiveChatUserConfig": (),
    "LiveChatUserConfigUser": (),
    "LiveChatUserConfigProfile": (),
    "LiveChatBlockingRule": (),
    "LiveChatSensitiveDataRule": (),
    "Skill": (),
    "SkillUser": (),
    "SkillProfile": (),
    "GroupMember": (),
    "User": ("FirstName", "LastName", "ProfileId", "TimeZoneSidKey", "LanguageLocaleKey"),
}
"""The objects whose rows steer the desk, and the fields that count where not all do."""
STATE_KEY: Final = "desk"
"""The key under which ``_meta`` has a value that changes with these rows (`store.watch`)."""
_SWITCHES: Final = {
    "sneak_peek": "HasSneakPeek",
    "away_on_decline": "IsAutoAwayOnDecline",
    "away_on_push_timeout": "OptionsIsAutoAwayOnPushTimeout",
    "agent_sneak_peek": "OptionsHasAgentSneakPeek",
    "file_transfer": "OptionsHasAgentFileTransfer",
    "assistance_flag": "OptionsHasAssistanceFlag",
    "conferencing": "OptionsHasChatConferencing",
    "monitoring": "OptionsHasChatMonitoring",
    "transfer_to_agent": "OptionsHasChatTransferToAgent",
    "transfer_to_button": "OptionsHasChatTransferToButton",
    "transfer_to_skill": "OptionsHasChatTransferToSkill",
    "greets_again": "OptionsHasTransferConferenceGreeting",
    "visitor_blocking": "OptionsHasVisitorBlocking",
    "whisper": "OptionsHasWhisperMessage",
}
DEFAULT_CONFIGURATION: Final = "Default"
"""Part of the developer name of the configuration that covers whoever has none of his own (R8). A guess: on the platform it is
the one that came with the org."""

Row = Mapping[str, Any]


class DeskRows:
    """Reads the desk of one org. What was read last is kept while its rows stay as they are."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._kept: tuple[str, Desk] | None = None

    def prepare(self) -> None:
        """Make the tables where they are missing, and let them be watched; `read` needs them."""
        store = self._org.store
        store.ensure(*(self._org.catalog.get(name) for name in SET_UP))
        if store.meta(STATE_KEY) is None:
            with store.write() as transaction:
                watch(transaction, store.dialect, STATE_KEY, SET_UP)

    def read(self, rows: Reader) -> Desk:
        """Return the desk as its rows are now, in a view of the store."""
        sql = f'SELECT value FROM "_meta" WHERE key = {self._org.store.placeholder}'
        found = rows.one(sql, [STATE_KEY])
        kept = self._kept
        if kept is not None and found is not None and kept[0] == found[0]:
            return kept[1]
        desk = _Reading(self._org, rows).desk()
        self._kept = None if found is None else (found[0], desk)
        return desk


class _Reading:
    def __init__(self, org: Org, rows: Reader) -> None:
        self._org = org
        self._rows = rows

    def desk(self) -> Desk:
        users = list(self._all("User", "Id FirstName LastName ProfileId TimeZoneSidKey LanguageLocaleKey"))
        profiles: dict[str, list[str]] = defaultdict(list)
        for user in users:
            profiles[user["ProfileId"] or ""].append(user["Id"])
        settings, default = self._settings(profiles)
        return Desk(
            buttons={button.id: button for button in self._buttons()},
            deployments={deployment.id: deployment for deployment in self._deployments()},
            settings=settings,
            default_settings=default,
            skills=self._skills(profiles),
            names={user["Id"]: shown_name(user) for user in users},
            zones={user["Id"]: user["TimeZoneSidKey"] or "UTC" for user in users},
            languages={user["Id"]: user["LanguageLocaleKey"] or "en_US" for user in users},
            skill_names={skill["Id"]: skill["MasterLabel"] for skill in self._all("Skill", "Id MasterLabel")},
            blocking=tuple(
                BlockingRule(row["Id"], row["FromIpAddress"], row["ToIpAddress"])
                for row in self._all("LiveChatBlockingRule", "Id FromIpAddress ToIpAddress")
            ),
            sensitive=tuple(self._sensitive()),
        )

    def _all(self, name: str, fields: str) -> Iterator[dict[str, Any]]:
        """Yield the live rows of an object in id order."""
        names = fields.split()
        sobject = self._org.catalog.get(name)
        live = ""
        if sobject.field("IsDeleted") is not None:
            live = ' WHERE "IsDeleted" = 0' if self._org.store.dialect == "sqlite" else ' WHERE NOT "IsDeleted"'
        long = [field for field in names if field in sobject.long_names]
        short = [field for field in names if field not in long]
        sql = f'SELECT {", ".join(map(quoted, short))} FROM {quoted(name)}{live} ORDER BY "Id"'
        for row in self._rows.execute(sql):
            yield dict(zip(short, row, strict=True))

    def _buttons(self) -> Iterator[Button]:
        skills: dict[str, list[str]] = defaultdict(list)
        for row in self._all("LiveChatButtonSkill", "ButtonId SkillId"):
            skills[row["ButtonId"]].append(row["SkillId"])
        members: dict[str, list[str]] = defaultdict(list)
        for row in self._all("GroupMember", "GroupId UserOrGroupId"):
            members[row["GroupId"]].append(row["UserOrGroupId"])
        for row in self._all(
            "LiveChatButton",
            "Id MasterLabel RoutingType SkillId IsActive HasQueue PerAgentQueueLength OverallQueueLength PushTimeout"
            " OptionsIsAutoAccept OptionsHasRerouteDeclinedRequest NumberOfReroutingAttempts AutoGreeting CustomAgentName"
            " OptionsHasChasitorIdleTimeout ChasitorIdleTimeout ChasitorIdleTimeoutWarning QueueId Type PrechatFormUrl PostchatUrl"
            " WindowLanguage",
        ):
            own = [row["SkillId"]] if row["SkillId"] else []
            watches_silence = bool(row["OptionsHasChasitorIdleTimeout"])
            yield Button(
                id=row["Id"],
                label=row["MasterLabel"],
                routing=Routing(row["RoutingType"]),
                skills=tuple(dict.fromkeys([*own, *filter(None, skills[row["Id"]])])),
                is_active=bool(row["IsActive"]),
                has_queue=bool(row["HasQueue"]),
                queue_limit_per_agent=row["PerAgentQueueLength"] or 0,
                queue_limit=row["OverallQueueLength"] or 0,
                push_timeout=row["PushTimeout"] or None,
                auto_accept=bool(row["OptionsIsAutoAccept"]),
                reroutes_declined=bool(row["OptionsHasRerouteDeclinedRequest"]),
                rerouting_attempts=row["NumberOfReroutingAttempts"] or 0,
                greeting=row["AutoGreeting"],
                agent_name=row["CustomAgentName"],
                idle_warning=(row["ChasitorIdleTimeoutWarning"] or None) if watches_silence else None,
                idle_timeout=(row["ChasitorIdleTimeout"] or None) if watches_silence else None,
                queue_id=row["QueueId"],
                queue_members=tuple(members[row["QueueId"] or ""]),
                kind=row["Type"],
                pre_chat_url=row["PrechatFormUrl"],
                post_chat_url=row["PostchatUrl"],
                language=row["WindowLanguage"],
            )

    def _deployments(self) -> Iterator[Deployment]:
        for row in self._all(
            "LiveChatDeployment",
            "Id MasterLabel HasTranscriptSave SiteId ConnectionWarningDuration ConnectionTimeoutDuration",
        ):
            yield Deployment(
                row["Id"],
                row["MasterLabel"],
                row["ConnectionWarningDuration"] or DEFAULT_CONNECTION_WARNING,
                row["ConnectionTimeoutDuration"] or DEFAULT_CONNECTION_TIMEOUT,
                bool(row["HasTranscriptSave"]),
                row["SiteId"],
            )

    def _settings(self, profiles: Mapping[str, list[str]]) -> tuple[dict[str, AgentSettings], AgentSettings]:
        """Return each user's configuration: his own before his profile's (R8; which comes first is a guess), and the default."""
        read = {row["Id"]: row for row in self._all("LiveChatUserConfig", self._config_fields())}
        made = {id_: _agent_settings(row) for id_, row in read.items()}
        settings: dict[str, AgentSettings] = {}
        for row in self._all("LiveChatUserConfigProfile", "LiveChatUserConfigId ProfileId"):
            for user_id in profiles.get(row["ProfileId"] or "", ()):
                settings.setdefault(user_id, made.get(row["LiveChatUserConfigId"], AgentSettings()))
        own: dict[str, AgentSettings] = {}
        for row in self._all("LiveChatUserConfigUser", "LiveChatUserConfigId UserId"):
            own.setdefault(row["UserId"], made.get(row["LiveChatUserConfigId"], AgentSettings()))
        default = next(
            (made[id_] for id_, row in read.items() if DEFAULT_CONFIGURATION in (row["DeveloperName"] or "")),
            AgentSettings(),
        )
        return settings | own, default

    @staticmethod
    def _config_fields() -> str:
        own = "Id DeveloperName Capacity CriticalWaitTime AutoGreeting CustomAgentName HasTransferConferenceGreeting"
        return " ".join([own, *_SWITCHES.values()])

    def _skills(self, profiles: Mapping[str, list[str]]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._all("SkillUser", "SkillId UserId"):
            found[row["UserId"]].add(row["SkillId"])
        for row in self._all("SkillProfile", "SkillId ProfileId"):
            for user_id in profiles.get(row["ProfileId"] or "", ()):
                found[user_id].add(row["SkillId"])
        return {user_id: frozenset(skills) for user_id, skills in found.items()}

    def _sensitive(self) -> Iterator[SensitiveDataRule]:
        for row in self._all(
            "LiveChatSensitiveDataRule", "Id MasterLabel Pattern Replacement IsEnabled ActionType EnforceOn Priority"
        ):
            if row["IsEnabled"]:
                yield SensitiveDataRule(
                    row["Id"],
                    row["MasterLabel"],
                    row["Pattern"],
                    row["ActionType"] == "Remove",
                    row["Replacement"] or "",
                    EnforcedOn(row["EnforceOn"] & 7),
                    row["Priority"] or 0,
                )


def _agent_settings(row: Row) -> AgentSettings:
    switches = {name: bool(row[field]) for name, field in _SWITCHES.items()}
    switches["greets_again"] = switches["greets_again"] or bool(row["HasTransferConferenceGreeting"])
    return AgentSettings(
        id=row["Id"],
        capacity=row["Capacity"] if row["Capacity"] is not None else AgentSettings().capacity,
        critical_wait=row["CriticalWaitTime"] or None,
        greeting=row["AutoGreeting"],
        agent_name=row["CustomAgentName"],
        **switches,
    )


def shown_name(user: Row) -> str:
    """Return what visitors call an agent: first name and initial, ``Ann A`` (as in recorded chats of the Chat REST API)."""
    first, last = user["FirstName"] or "", user["LastName"] or ""
    return f"{first} {last[:1]}".strip() if first else last
