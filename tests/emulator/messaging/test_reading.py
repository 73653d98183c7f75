"""The set-up is read from the org's rows, once for as long as they stay as they are."""

from collections.abc import Iterator
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.messaging.reading import SetupRows
from chatlift.emulator.messaging.setup import Setup
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.scenario import open_org

PEOPLE: dict[str, Any] = {
    "records": [
        *(
            {
                "object": "User",
                "ref": name,
                "fields": {"Username": f"{name}@x.test", "FirstName": name.title(), "LastName": "Kern"},
            }
            for name in ("ada", "ben", "cleo")
        ),
        {"object": "Group", "ref": "queue", "fields": {"Name": "Sales", "DeveloperName": "Sales", "Type": "Queue"}},
        {"object": "Group", "ref": "team", "fields": {"Name": "Team", "DeveloperName": "Team", "Type": "Regular"}},
        {"object": "Group", "ref": "shift", "fields": {"Name": "Shift", "DeveloperName": "Shift", "Type": "Regular"}},
        {"object": "GroupMember", "fields": {"GroupId": "@queue", "UserOrGroupId": "@ada"}},
        {"object": "GroupMember", "fields": {"GroupId": "@queue", "UserOrGroupId": "@team"}},
        {"object": "GroupMember", "fields": {"GroupId": "@team", "UserOrGroupId": "@ben"}},
        {"object": "GroupMember", "fields": {"GroupId": "@team", "UserOrGroupId": "@shift"}},
        {"object": "GroupMember", "fields": {"GroupId": "@shift", "UserOrGroupId": "@team"}},
        {"object": "Skill", "ref": "sales", "fields": {"DeveloperName": "Sales", "MasterLabel": "Sales"}},
        {"object": "SkillUser", "ref": "has", "fields": {"SkillId": "@sales", "UserId": "@ada"}},
    ]
}


class Reading:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.me = Caller(org.users.administrator_id)
        self.refs = org.seed(PEOPLE)
        self._rows = SetupRows(org)
        self._rows.prepare()

    def now(self) -> Setup:
        with self.org.store.read() as rows:
            return self._rows.read(rows)


@pytest.fixture
def reading() -> Iterator[Reading]:
    org = open_org(OrgConfig())
    yield Reading(org)
    org.close()


def test_the_members_of_a_queue_are_its_users_and_those_of_groups_in_it(reading: Reading) -> None:
    refs = reading.refs
    assert reading.now().members == {refs["queue"]: {refs["ada"], refs["ben"]}}
    assert reading.now().queue_names == {refs["queue"]: "Sales"}


def test_who_is_who(reading: Reading) -> None:
    setup = reading.now()
    assert setup.name(reading.refs["ada"]) == "Ada Kern"
    assert setup.skills == {reading.refs["ada"]: {reading.refs["sales"]}}
    assert setup.name(setup.default_owner) == "Automated Process"
    assert setup.capacity(reading.refs["ada"]) == 100.0


def test_what_has_not_changed_is_not_read_again(reading: Reading) -> None:
    before = reading.now()
    records, me, refs = reading.org.records, reading.me, reading.refs
    records.update(me, "User", refs["ada"], {"Title": "Rep"})
    assert reading.now() is before
    records.create(me, "GroupMember", {"GroupId": refs["queue"], "UserOrGroupId": refs["cleo"]})
    assert reading.now().members[refs["queue"]] == {refs["ada"], refs["ben"], refs["cleo"]}
    records.update(me, "User", refs["ada"], {"LastName": "Moss"})
    assert reading.now().name(refs["ada"]) == "Ada Moss"
    records.delete(me, "SkillUser", refs["has"])
    assert reading.now().skills == {}


def test_a_deleted_queue_has_no_members(reading: Reading) -> None:
    assert reading.now().members
    reading.org.records.delete(reading.me, "Group", reading.refs["queue"])
    assert reading.now().members == {}
