"""Reads how enhanced chat is set up: deployments as published, and who can be asked, from the org's rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..org.blank import AUTOMATED_PROCESS_USERNAME
from ..org.integrity import live_condition
from ..org.org import Org
from ..store import Reader
from ..store.layout import long_table, quoted
from ..store.watch import watch
from .settings import STATE_KEY, ChannelSettings
from .setup import Setup

WATCHED: Final[Mapping[str, tuple[str, ...]]] = {
    "Group": ("Name", "Type"),
    "GroupMember": (),
    "SkillUser": (),
    "SkillProfile": (),
    "User": ("FirstName", "LastName", "ProfileId", "Username"),
}
"""The objects whose rows steer the runtime at once, and the fields that count where not all do. A channel's rows act when published."""


class SetupRows:
    """Reads the set-up of one org. What was read last is kept while its rows and settings stay as they are."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._settings = ChannelSettings(org)
        self._kept: tuple[str, Setup] | None = None

    def prepare(self) -> None:
        """Make the tables where they are missing, and let them be watched; `read` needs them."""
        store = self._org.store
        store.ensure(*(self._org.catalog.get(name) for name in WATCHED))
        if store.meta(STATE_KEY) is None:
            with store.write() as transaction:
                watch(transaction, store.dialect, STATE_KEY, WATCHED)

    def read(self, rows: Reader) -> Setup:
        """Return the set-up as it is now, in a view of the store."""
        sql = f'SELECT value FROM "_meta" WHERE key = {self._org.store.placeholder}'
        found = rows.one(sql, [STATE_KEY])
        kept = self._kept
        if kept is not None and found is not None and kept[0] == found[0]:
            return kept[1]
        setup = self._setup(rows)
        self._kept = None if found is None else (found[0], setup)
        return setup

    def _setup(self, rows: Reader) -> Setup:
        users = list(live_rows(self._org, rows, "User", "Id FirstName LastName ProfileId Username"))
        placements = self._settings.placements(rows).values()
        found = [placement.deployment for placement in placements if placement.published is not None]
        return Setup(
            deployments={one.name: one for one in found if one is not None},
            names={user["Id"]: shown_name(user) for user in users},
            members=self._members(rows),
            skills=self._skills(rows, users),
            capacities=self._settings.capacities(rows),
            queue_names={one["Id"]: one["Name"] for one in self._queues(rows)},
            default_owner=next(
                (user["Id"] for user in users if user["Username"] == AUTOMATED_PROCESS_USERNAME),
                self._org.users.administrator_id,
            ),
        )

    def _queues(self, rows: Reader) -> Iterator[dict[str, Any]]:
        return (one for one in live_rows(self._org, rows, "Group", "Id Name Type") if one["Type"] == "Queue")

    def _members(self, rows: Reader) -> dict[str, frozenset[str]]:
        """Return the users of each queue, those of the groups in it too."""
        direct: dict[str, list[str]] = defaultdict(list)
        for row in live_rows(self._org, rows, "GroupMember", "GroupId UserOrGroupId"):
            direct[row["GroupId"]].append(row["UserOrGroupId"])

        def users_of(group_id: str) -> frozenset[str]:
            seen, open_ = {group_id}, [group_id]
            while open_:
                further = [one for one in direct.get(open_.pop(), ()) if one not in seen]
                seen.update(further)
                open_ += further
            return frozenset(one for one in seen if one.startswith("005"))

        return {queue["Id"]: users_of(queue["Id"]) for queue in self._queues(rows)}

    def _skills(self, rows: Reader, users: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
        profiles: dict[str, list[str]] = defaultdict(list)
        for user in users:
            profiles[user["ProfileId"] or ""].append(user["Id"])
        found: dict[str, set[str]] = defaultdict(set)
        for row in live_rows(self._org, rows, "SkillUser", "SkillId UserId"):
            found[row["UserId"]].add(row["SkillId"])
        for row in live_rows(self._org, rows, "SkillProfile", "SkillId ProfileId"):
            for user_id in profiles.get(row["ProfileId"] or "", ()):
                found[user_id].add(row["SkillId"])
        return {user_id: frozenset(skills) for user_id, skills in found.items()}


def live_rows(
    org: Org, rows: Reader, name: str, fields: str, where: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the live rows of an object whose tables are there, in id order; `where`: values that fields must have."""
    sobject = org.catalog.get(name)
    names = fields.split()
    columns = ", ".join(("l." if one in sobject.long_names else "r.") + quoted(one) for one in names)
    source = f"{quoted(name)} r"
    if sobject.long_names.intersection(names):
        source += f' LEFT JOIN {quoted(long_table(name))} l ON l."_row" = r."_row"'
    wanted = where or {}
    conditions = "".join(f" AND r.{quoted(field)} = {rows.placeholder}" for field in wanted)
    sql = f'SELECT {columns} FROM {source} WHERE 1 = 1{live_condition(org.store, sobject)}{conditions} ORDER BY r."Id"'
    for row in rows.execute(sql, list(wanted.values())):
        yield dict(zip(names, row, strict=True))


def shown_name(user: Mapping[str, Any]) -> str:
    """Return what end users call a rep: his full name. A guess: the platform lets each channel choose."""
    return " ".join(filter(None, (user["FirstName"], user["LastName"])))
