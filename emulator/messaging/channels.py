"""Channels as an administrator has them before they are published: their rows and our lines together, and how both are written."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from ..org.caller import Caller
from ..org.org import Org
from ..store import Reader, Transaction
from .options import OPTIONS, Held, Option
from .reading import live_rows
from .settings import ChannelSettings, Own
from .setup import EMBEDDED, ENHANCED, Channel

OMNI_QUEUE: Final = "OmniQueue"
OMNI_SKILLS: Final = "OmniSkills"
STANDARD: Final = "Standard"
DOUBLE_OPT_IN: Final = "DoubleOptIn"
LANGUAGE: Final = "en_US"
"""Of keywords, where the channel has none."""
_ROWS: Final = ("MessagingChannel", "MsgChannelLanguageKeyword", "MessagingChannelSkill", "Group", "Skill", "User")
_CHANNEL: Final = {one.attribute: one for one in OPTIONS.values() if one.held is Held.CHANNEL}
_KEYWORDS: Final = {one.attribute: one for one in OPTIONS.values() if one.held is Held.KEYWORDS}
_FIELDS: Final = " ".join(
    [
        "Id DeveloperName Language MessageType PlatformType RoutingType ChannelAddressIdentifier",
        *(one.field for one in _CHANNEL.values()),
    ]
)
_KEYWORD_FIELDS: Final = " ".join(["Id", *(one.field for one in _KEYWORDS.values())])


class Channels:
    """Reads and writes the channels of one org as an administrator has them. `prepare` before anything is read."""

    def __init__(self, org: Org, settings: ChannelSettings) -> None:
        self._org = org
        self._settings = settings

    def prepare(self) -> None:
        """Make the tables where they are missing."""
        self._org.store.ensure(*(self._org.catalog.get(name) for name in _ROWS))

    # --- reading --------------------------------------------------------------------------------------------------------

    def all(self, rows: Reader) -> list[Channel]:
        return [self._channel(rows, row) for row in self._rows(rows, None)]

    def named(self, rows: Reader, developer_name: str) -> Channel | None:
        """Return the channel with a developer name, in any case."""
        wanted = developer_name.casefold()
        return next(
            (self._channel(rows, row) for row in self._rows(rows, None) if row["DeveloperName"].casefold() == wanted),
            None,
        )

    def by_id(self, rows: Reader, channel_id: str) -> Channel | None:
        return next((self._channel(rows, row) for row in self._rows(rows, {"Id": channel_id})), None)

    def _rows(self, rows: Reader, where: Mapping[str, str] | None) -> list[dict[str, Any]]:
        return list(live_rows(self._org, rows, "MessagingChannel", _FIELDS, where))

    def _channel(self, rows: Reader, row: Mapping[str, Any]) -> Channel:
        own = self._settings.own(rows, row["Id"])
        values = {attribute: _value(row[option.field], option) for attribute, option in _CHANNEL.items()}
        skills = live_rows(
            self._org, rows, "MessagingChannelSkill", "Id SkillId", {"MessagingChannelId": row["Id"]}
        )  # fmt: skip
        by_skills = row["RoutingType"] == OMNI_SKILLS
        return Channel(
            id=row["Id"],
            developer_name=row["DeveloperName"],
            type=row["MessageType"],
            platform_type=row["PlatformType"] or _platform_type(row["MessageType"]),
            address=row["ChannelAddressIdentifier"] or "",
            skill_ids=tuple(dict.fromkeys(one["SkillId"] for one in skills)) if by_skills else (),
            **values,
            **self._words(rows, row["Id"]),
            **{field.name: getattr(own, field.name) for field in fields(own)},
        )

    def _words(self, rows: Reader, channel_id: str) -> dict[str, Any]:
        """Return keywords and confirmations: those of all languages together, the first confirmation that there is."""
        found = self._keyword_rows(rows, channel_id)
        values: dict[str, Any] = {}
        for attribute, option in _KEYWORDS.items():
            texts = [row[option.field] for row in found if row[option.field]]
            if attribute.endswith("_keywords"):
                words = (word.strip() for text in texts for word in text.split(","))
                values[attribute] = tuple(dict.fromkeys(word for word in words if word))
            else:
                values[attribute] = texts[0] if texts else ""
        return values

    def _keyword_rows(self, rows: Reader, channel_id: str) -> list[dict[str, Any]]:
        where = {"MessagingChannelId": channel_id}
        return list(live_rows(self._org, rows, "MsgChannelLanguageKeyword", _KEYWORD_FIELDS, where))

    # --- writing --------------------------------------------------------------------------------------------------------

    def write(self, transaction: Transaction, before: Channel, after: Channel) -> None:
        """Write what has changed of a channel to the rows and lines that hold it."""
        changed = {
            option.attribute: option
            for option in OPTIONS.values()
            if getattr(before, option.attribute) != getattr(after, option.attribute)
        }
        values = {
            option.field: getattr(after, attribute) or None
            for attribute, option in changed.items()
            if option.held is Held.CHANNEL
        }
        if "is_active" in changed:
            values["IsActive"] = after.is_active
        if "consent_type" in changed:
            values["IsRequireDoubleOptIn"] = after.consent_type == DOUBLE_OPT_IN
        if before.skill_ids != after.skill_ids:
            values["RoutingType"] = OMNI_SKILLS if after.skill_ids else OMNI_QUEUE
        self.set_fields(after.id, values)
        self._write_words(transaction, after, {name: one for name, one in changed.items() if one.held is Held.KEYWORDS})
        if before.skill_ids != after.skill_ids:
            self._write_skills(transaction, after)
        if any(option.held is Held.OWN for option in changed.values()):
            own = Own(**{field.name: getattr(after, field.name) for field in fields(Own)})
            self._settings.set_own(transaction, after.id, own)

    def set_fields(self, channel_id: str, values: Mapping[str, Any]) -> None:
        """Change fields of a channel's row as an administrator does."""
        if values:
            self._org.records.update_by_system(
                self._org.users.administrator_id, "MessagingChannel", channel_id, values
            )  # fmt: skip

    def _write_words(self, transaction: Transaction, after: Channel, changed: Mapping[str, Option]) -> None:
        """Write keywords and confirmations to the channel's first row of them; those of other languages give way."""
        if not changed:
            return
        values = {option.field: _written(getattr(after, name)) for name, option in changed.items()}
        by, records = self._org.users.administrator_id, self._org.records
        found = self._keyword_rows(transaction, after.id)
        if not found:
            row = next(iter(self._rows(transaction, {"Id": after.id})))
            language = {"MessagingChannelId": after.id, "MasterLanguage": row["Language"] or LANGUAGE}
            records.create_by_system(by, "MsgChannelLanguageKeyword", language | values)
        for number, row in enumerate(found):
            written = values if number == 0 else dict.fromkeys(values, None)
            records.update_by_system(by, "MsgChannelLanguageKeyword", row["Id"], written)

    def _write_skills(self, transaction: Transaction, after: Channel) -> None:
        by, records = self._org.users.administrator_id, self._org.records
        where = {"MessagingChannelId": after.id}
        found = list(live_rows(self._org, transaction, "MessagingChannelSkill", "Id SkillId", where))
        for row in found:
            if row["SkillId"] not in after.skill_ids:
                records.delete(Caller(by, is_system=True), "MessagingChannelSkill", row["Id"])
        known = {row["SkillId"] for row in found}
        for skill_id in after.skill_ids:
            if skill_id not in known:
                records.create_by_system(by, "MessagingChannelSkill", where | {"SkillId": skill_id})


def _value(value: Any, option: Option) -> Any:
    """Return a field of a channel's row as `Channel` has it."""
    if option.attribute == "is_active":
        return bool(value)
    if option.attribute == "consent_type":
        return value or Channel("", "", "").consent_type
    return value if value is not None or option.attribute.endswith("_id") else ""


def _written(value: Any) -> str | None:
    """Return keywords or a confirmation as its field has it."""
    return (",".join(value) if isinstance(value, tuple) else value) or None


def _platform_type(message_type: str) -> str:
    """Return the platform of a channel whose row has none: Enhanced Chat runs on no other. A guess for the rest."""
    return ENHANCED if message_type == EMBEDDED else STANDARD
