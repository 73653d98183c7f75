"""The shorthand ``messaging`` of a scenario becomes a working channel: the platform's own rows, and a published deployment."""

from collections.abc import Iterator
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError, UsageError
from chatlift.emulator.messaging.administration import Administration
from chatlift.emulator.messaging.reading import SetupRows
from chatlift.emulator.messaging.reps import RepConsole
from chatlift.emulator.messaging.setup import Setup
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.scenario import open_org, read_scenario

PEOPLE: list[dict[str, Any]] = [
    {"object": "User", "ref": f"u_{name}", "fields": {"Username": f"{name}@x.test", "LastName": name.title()}}
    for name in ("ada", "ben")
]
WEB: dict[str, Any] = {
    "ref": "web",
    "developerName": "Web",
    "type": "EmbeddedMessaging",
    "deployment": "Web_Chat",
    "sessionBased": True,
    "agents": ["@u_ada", {"user": "@u_ben", "capacity": 2, "skills": ["@sales"]}],
}
DESK: dict[str, Any] = {
    "records": [*PEOPLE, {"object": "Skill", "ref": "sales", "fields": {"DeveloperName": "S", "MasterLabel": "S"}}],
    "messaging": {"channels": [WEB]},
}


def desk(**changes: Any) -> dict[str, Any]:
    """The scenario with another channel."""
    return DESK | {"messaging": {"channels": [WEB | changes]}}


@pytest.fixture
def org() -> Iterator[Org]:
    opened = open_org(OrgConfig(frozen=True))
    yield opened
    opened.close()


def acting(org: Org) -> Setup:
    reading = SetupRows(org)
    reading.prepare()
    with org.store.read() as rows:
        return reading.read(rows)


def rows(org: Org, soql: str) -> list[dict[str, Any]]:
    found = org.query.run(Caller(org.users.administrator_id), soql).records
    return [{key: value for key, value in row.items() if key != "attributes"} for row in found]


def test_a_channel_works_at_once_and_every_ref_is_told(org: Org) -> None:
    refs = org.seed(DESK)
    assert refs.keys() == {"u_ada", "u_ben", "sales", "web", "web_queue", "web_deployment"}
    setup = acting(org)
    channel = setup.deployments["Web_Chat"].channel
    assert (channel.id, channel.queue_id, channel.session_based) == (refs["web"], refs["web_queue"], True)
    assert setup.members[refs["web_queue"]] == {refs["u_ada"], refs["u_ben"]}
    assert (setup.capacity(refs["u_ada"]), setup.capacity(refs["u_ben"])) == (100.0, 2.0)
    assert setup.skills == {refs["u_ben"]: frozenset({refs["sales"]})}
    assert setup.queue_names[refs["web_queue"]] == "Web queue"
    assert setup.names[refs["u_ada"]] == "Ada"


def test_a_channel_stands_in_the_platforms_own_rows(org: Org) -> None:
    refs = org.seed(DESK)
    [channel] = rows(
        org,
        "SELECT DeveloperName, MasterLabel, MessageType, PlatformType, IsActive, TargetQueueId, RoutingType,"
        " ChannelAddressIdentifier, MessagingPlatformKey FROM MessagingChannel",
    )
    address = channel.pop("ChannelAddressIdentifier")
    assert channel == {
        "DeveloperName": "Web",
        "MasterLabel": "Web",
        "MessageType": "EmbeddedMessaging",
        "PlatformType": "Enhanced",
        "IsActive": True,
        "TargetQueueId": refs["web_queue"],
        "RoutingType": "OmniQueue",
        "MessagingPlatformKey": address,
    }
    assert rows(org, "SELECT Type, DeveloperName FROM Group WHERE Type = 'Queue'") == [
        {"Type": "Queue", "DeveloperName": "Web_queue"}
    ]
    assert rows(org, "SELECT QueueId, SobjectType FROM QueueSobject") == [
        {"QueueId": refs["web_queue"], "SobjectType": "MessagingSession"}
    ]
    assert rows(org, "SELECT Id, DeploymentFeature, DeploymentType, IsEnabled FROM EmbeddedServiceConfig") == [
        {
            "Id": refs["web_deployment"],
            "DeploymentFeature": "EmbeddedMessaging",
            "DeploymentType": "Web",
            "IsEnabled": True,
        }
    ]
    assert rows(org, "SELECT DurableId FROM EmbeddedServiceDetail") == [{"DurableId": "Web_Chat"}]
    assert rows(org, "SELECT DeveloperName, RelatedEntity FROM ServiceChannel") == [
        {"DeveloperName": "sfdc_livemessage", "RelatedEntity": "MessagingSession"}
    ]
    assert [
        row["DeveloperName"] for row in rows(org, "SELECT DeveloperName FROM ServicePresenceStatus ORDER BY Id")
    ] == [
        "Online",
        "Busy",
    ]


def test_any_setting_may_be_given_and_refs_stand_for_ids(org: Org) -> None:
    queue = {"object": "Group", "ref": "night", "fields": {"Name": "Night", "DeveloperName": "Night", "Type": "Queue"}}
    document = desk(
        queueId="@night",
        skillIds=["@sales"],
        optOutKeywords=["STOP"],
        inactivitySeconds=600,
        initialResponse="Hello",
        bot={"name": "Robo", "greeting": ["Hi"]},
        platform="Mobile",
        label="Web shop",
    )
    refs = org.seed(document | {"records": [*DESK["records"], queue]})
    assert "web_queue" not in refs
    deployment = acting(org).deployments["Web_Chat"]
    channel = deployment.channel
    assert (deployment.platform, channel.label, channel.queue_id) == ("Mobile", "Web shop", refs["night"])
    assert (channel.skill_ids, channel.opt_out_keywords) == ((refs["sales"],), ("STOP",))
    assert (channel.inactivity_seconds, channel.initial_response) == (600, "Hello")
    assert channel.bot is not None and channel.bot.greeting == ("Hi",)
    assert acting(org).members[refs["night"]] == {refs["u_ada"], refs["u_ben"]}


def test_the_deployment_may_be_left_unpublished_and_then_nobody_meets_it(org: Org) -> None:
    org.seed(desk(published=False))
    assert acting(org).deployments == {}
    assert Administration(org).deployment("Web_Chat")["publishDue"] is True


def test_a_channel_of_another_type_has_its_rows_and_no_deployment(org: Org) -> None:
    org.seed({"messaging": {"channels": [{"developerName": "WA", "type": "WhatsApp", "optOutKeywords": ["STOP"]}]}})
    assert rows(org, "SELECT MessageType, PlatformType FROM MessagingChannel") == [
        {"MessageType": "WhatsApp", "PlatformType": "Enhanced"}
    ]
    assert rows(org, "SELECT Id FROM EmbeddedServiceConfig") == []
    assert Administration(org).channel("WA")["optOutKeywords"] == ["STOP"]


def test_what_an_org_needs_once_is_there_once(org: Org) -> None:
    refs = org.seed(DESK)
    second = {
        "developerName": "App",
        "queueId": refs["web_queue"],
        "agents": [{"user": refs["u_ada"]}, {"user": refs["u_ben"], "skills": [refs["sales"]]}],
    }
    org.seed({"messaging": {"channels": [second]}})
    for sobject, number in (
        ("ServiceChannel", 1),
        ("ServicePresenceStatus", 2),
        ("QueueSobject", 1),
        ("GroupMember", 2),
    ):
        assert len(rows(org, f"SELECT Id FROM {sobject}")) == number, sobject
    assert len(rows(org, "SELECT Id FROM SkillUser")) == 1
    assert acting(org).capacity(refs["u_ben"]) == 2.0, "a capacity that is not given again stays"


def test_both_products_stand_beside_each_other(org: Org) -> None:
    chat = {"buttons": [{"ref": "buy", "name": "Buy", "skills": ["@sales"]}], "agents": [{"user": "@u_ada"}]}
    refs = org.seed(DESK | {"chat": chat})
    assert {"buy", "web", "web_deployment"} <= refs.keys()
    assert "Web_Chat" in acting(org).deployments


def test_a_configured_scenario_comes_back_with_a_reset() -> None:
    org = open_org(OrgConfig(scenarios=(DESK,)))
    before = acting(org)
    Administration(org).change_channel("Web", {"sessionBased": False})
    Administration(org).publish("Web_Chat")
    assert not acting(org).deployments["Web_Chat"].channel.session_based
    org.reset()
    assert acting(org) == before
    org.close()


def test_members_who_are_seeded_while_a_session_runs_count_at_once(org: Org) -> None:
    refs = org.seed(DESK)
    console = RepConsole(org)
    console.log_in(refs["u_ada"], "Online")
    more = {"user": refs["u_ada"], "capacity": 7}
    org.seed({"messaging": {"channels": [{"developerName": "App", "queueId": refs["web_queue"], "agents": [more]}]}})
    assert acting(org).capacity(refs["u_ada"]) == 7.0
    assert console.rep(refs["u_ada"])["status"] == "Online"


@pytest.mark.parametrize(
    ("messaging", "problem"),
    [
        ([], "messaging: must be an object"),
        ({"robots": []}, "messaging: there is no key 'robots'; the keys are channels"),
        ({"channels": {}}, "messaging.channels: must be a list"),
        ({"channels": ["Web"]}, r"messaging.channels\[0\]: a channel needs a developerName"),
        ({"channels": [{"developerName": 1}]}, "a channel needs a developerName"),
        ({"channels": [WEB | {"ref": 1}]}, r"messaging.channels\[0\].ref: must be text"),
        ({"channels": [WEB | {"deployment": None}]}, r"messaging.channels\[0\].deployment: must be text"),
        ({"channels": [WEB | {"type": "Pigeon"}]}, "Pigeon"),
        ({"channels": [WEB | {"mood": 1}]}, r"messaging.channels\[0\]: mood: there is no such setting"),
        ({"channels": [WEB | {"sessionBased": "on"}]}, r"messaging.channels\[0\]: sessionBased: give true or false"),
        ({"channels": [WEB | {"userVerification": True}]}, "cannot be enabled for verified users"),
        (
            {"channels": [{"developerName": "WA", "type": "WhatsApp", "sessionBased": True}]},
            "WA is an Enhanced WhatsApp channel",
        ),
        (
            {"channels": [{"developerName": "WA", "type": "WhatsApp", "deployment": "WA_Chat"}]},
            "an Embedded Service deployment offers Enhanced Chat; WA is an Enhanced WhatsApp channel",
        ),
        ({"channels": [WEB | {"published": 1}]}, r"messaging.channels\[0\].published: must be true or false"),
        ({"channels": [WEB | {"platform": "Fax"}]}, "Fax"),
        ({"channels": [WEB | {"queueId": "@nowhere"}]}, r"messaging.channels\[0\].queueId: no record has the ref"),
        ({"channels": [WEB | {"queueId": "@sales"}]}, r"messaging.channels\[0\]: queueId: give the Id of a queue"),
        ({"channels": [WEB | {"skillIds": ["@nowhere"]}]}, r"messaging.channels\[0\].skillIds: no record has the ref"),
        ({"channels": [WEB | {"agents": "@u_ada"}]}, r"messaging.channels\[0\].agents: must be a list"),
        ({"channels": [WEB | {"agents": [1]}]}, r"messaging.channels\[0\].agents\[0\]: an agent is a user"),
        ({"channels": [WEB | {"agents": ["@u_eve"]}]}, r"agents\[0\].user: no record has the ref '@u_eve'"),
        (
            {"channels": [WEB | {"agents": ["ada"]}]},
            r"agents\[0\].user: 'ada' is neither a ref such as @u_ada nor an Id",
        ),
        ({"channels": [WEB | {"agents": ["@sales"]}]}, r"agents\[0\].user: there is no user '@sales'"),
        ({"channels": [WEB | {"agents": [{"user": "@u_ada", "capacity": -1}]}]}, "capacity: give a number"),
        ({"channels": [WEB | {"agents": [{"user": "@u_ada", "mood": 1}]}]}, "there is no key 'mood'"),
        ({"channels": [WEB | {"agents": [{"user": "@u_ada", "skills": "@sales"}]}]}, "must be a list of refs"),
        (
            {"channels": [WEB | {"agents": [{"user": "@u_ada", "skills": ["@no"]}]}]},
            r"SCENARIO: messaging.channels\[0\].agents\[0\].skills: no record has the ref '@no'",
        ),
        ({"channels": [WEB, WEB]}, "the ref 'web_queue' is another record's"),
    ],
)
def test_a_wrong_channel_is_refused_and_leaves_nothing_behind(org: Org, messaging: Any, problem: str) -> None:
    with pytest.raises(OrgError, match=problem):
        org.seed(DESK | {"messaging": messaging})
    for sobject in ("Skill", "MessagingChannel", "EmbeddedServiceConfig", "GroupMember", "ServicePresenceStatus"):
        assert rows(org, f"SELECT Id FROM {sobject}") == [], sobject
    assert acting(org).deployments == {}


def test_a_wrong_channel_in_a_configured_scenario_is_an_error_of_use() -> None:
    with pytest.raises(UsageError, match=r"seed: messaging.channels\[0\]: sessionBased"):
        open_org(OrgConfig(scenarios=(desk(userVerification=True),)))


def test_every_kind_of_store_keeps_a_channel(store_url: str) -> None:
    org = open_org(OrgConfig(database=store_url, frozen=True, scenarios=(DESK,)))
    administration = Administration(org)
    queue_id = acting(org).deployments["Web_Chat"].channel.queue_id
    changes = {"optOutKeywords": ["STOP"], "initialResponse": "x" * 5000, "sessionBased": False}
    changed = administration.change_channel("Web", changes)
    assert (changed["publishDue"], changed["initialResponse"], changed["queueId"]) == (True, "x" * 5000, queue_id)
    assert acting(org).deployments["Web_Chat"].channel.session_based
    administration.publish("Web_Chat")
    administration.set_capacity(org.users.administrator_id, 3)
    org.close()
    again = open_org(OrgConfig(database=store_url, frozen=True, scenarios=(DESK,)))
    if store_url == "sqlite://":
        assert acting(again).deployments["Web_Chat"].channel.session_based
    else:
        setup = acting(again)
        channel = setup.deployments["Web_Chat"].channel
        assert (channel.session_based, channel.opt_out_keywords, len(channel.initial_response)) == (
            False,
            ("STOP",),
            5000,
        )
        assert setup.capacity(again.users.administrator_id) == 3.0
    again.close()


def test_another_process_sees_what_is_published(postgresql_url: str) -> None:
    one = open_org(OrgConfig(database=postgresql_url, scenarios=(DESK,)))
    other = open_org(OrgConfig(database=postgresql_url))
    reading = SetupRows(other)
    reading.prepare()

    def is_session_based() -> bool:
        with other.store.read() as rows:
            return reading.read(rows).deployments["Web_Chat"].channel.session_based

    assert is_session_based()
    Administration(one).change_channel("Web", {"sessionBased": False})
    assert is_session_based()
    Administration(one).publish("Web_Chat")
    assert not is_session_based()
    one.close()
    other.close()


def test_what_is_undone_was_never_set(org: Org) -> None:
    org.seed(DESK)
    reading = SetupRows(org)
    reading.prepare()

    def is_session_based() -> bool:
        with org.store.read() as rows:
            return reading.read(rows).deployments["Web_Chat"].channel.session_based

    def publish_and_fail() -> None:
        with org.transaction():
            Administration(org).change_channel("Web", {"sessionBased": False})
            Administration(org).publish("Web_Chat")
            assert not is_session_based()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish_and_fail()
    assert is_session_based()


def test_the_shipped_desk_works() -> None:
    org = open_org(OrgConfig(frozen=True))
    refs = org.seed(read_scenario("messaging-desk"))
    setup = acting(org)
    web, app = setup.deployments["Web_Chat"], setup.deployments["App_Chat"]
    assert web.channel.ends_with_session and not app.channel.ends_with_session
    assert (web.platform, app.platform) == ("Web", "Mobile")
    assert setup.members[refs["app_queue"]] == {refs["u_ben"], refs["u_cleo"]}
    assert app.channel.bot is not None and app.channel.bot.hands_over_on == ("person",)
    assert RepConsole(org).log_in(refs["u_ada"], None)["status"] == "Online"
    org.close()
