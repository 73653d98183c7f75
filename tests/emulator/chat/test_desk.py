"""The shorthand of a legacy desk becomes the platform's own rows."""

import pytest

from chatlift.emulator.chat.desk import desk_records, developer_name
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.scenario import open_org

DESK = {
    "records": [{"object": "User", "ref": "u_ada", "fields": {"Username": "ada@x.test", "LastName": "Ada"}}],
    "chat": {
        "deployment": {"ref": "web", "name": "Web shop"},
        "skills": [{"ref": "sales", "name": "Sales"}],
        "buttons": [{"ref": "buy", "name": "Buy now", "routing": "MostAvailable", "skills": ["@sales"], "queue": True}],
        "agents": [{"user": "@u_ada", "skills": ["@sales"], "capacity": 2, "CriticalWaitTime": 60}],
    },
}


def test_a_desk_is_seeded_as_rows_that_refer_to_each_other() -> None:
    org = open_org(OrgConfig())
    refs = org.seed(DESK)
    me = Caller(org.users.administrator_id)
    button = org.records.retrieve(me, "LiveChatButton", refs["buy"])
    assert button["MasterLabel"] == "Buy now"
    assert button["DeveloperName"] == "Buy_now"
    assert button["RoutingType"] == "MostAvailable"
    assert button["HasQueue"] is True
    assert button["SkillId"] == refs["sales"]
    [config] = org.query.run(
        me,
        "SELECT Capacity, CriticalWaitTime, OptionsHasChatConferencing, IsAutoAwayOnDecline FROM LiveChatUserConfig",
    ).records
    assert config["Capacity"] == 2
    assert config["CriticalWaitTime"] == 60
    assert config["OptionsHasChatConferencing"] is True
    assert config["IsAutoAwayOnDecline"] is False
    for sobject in ("SkillUser", "LiveChatButtonSkill", "LiveChatButtonDeployment", "LiveChatUserConfigUser"):
        assert org.query.run(me, f"SELECT COUNT() FROM {sobject}").total_size == 1
    org.close()


def test_a_wrong_desk_leaves_nothing_behind() -> None:
    org = open_org(OrgConfig())
    me = Caller(org.users.administrator_id)
    broken = DESK | {"chat": DESK["chat"] | {"buttons": [{"name": "Buy", "routing": "Coin toss"}]}}  # type: ignore[operator]
    with pytest.raises(OrgError, match="Coin toss"):
        org.seed(broken)
    assert org.query.run(me, "SELECT COUNT() FROM Skill").total_size == 0
    org.close()


@pytest.mark.parametrize(
    ("desk", "problem"),
    [
        ([], "must be an object"),
        ({"robots": []}, "there is no key 'robots'"),
        ({"skills": {}}, "must be a list"),
        ({"skills": [{}]}, r"skills\[0\]: needs a name"),
        ({"agents": [{}]}, "an agent needs a user"),
        ({"buttons": [{"name": "x", "skills": "sales"}]}, "must be a list of refs"),
        ({"skills": [{"name": "x", "ref": 5}]}, r"skills\[0\]: a ref is text"),
        ({"agents": [{"user": "@u", "ref": ["a"]}]}, r"agents\[0\]: a ref is text"),
    ],
)
def test_what_is_no_desk_is_refused(desk: object, problem: str) -> None:
    with pytest.raises(OrgError, match=problem):
        desk_records(desk)


@pytest.mark.parametrize(
    ("label", "name"), [("Buy now", "Buy_now"), ("24/7", "X24_7"), ("Größe", "Gr_e"), ("__", "X"), ("A__b", "A_b")]
)
def test_a_developer_name_is_made_of_the_label(label: str, name: str) -> None:
    assert developer_name(label) == name
