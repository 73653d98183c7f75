"""The set-up as SFDX source: what is written, that it is well-formed whatever the rows say, and what is listed as missing."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.migrate.errors import UsageError
from chatlift.migrate.plan import Plan, from_mapping
from chatlift.migrate.port import Org
from chatlift.migrate.setup import Desk, read_desk, read_desk_of_org, write_setup

if TYPE_CHECKING:
    from chatlift.emulator.live import LiveOrg

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
MAIN = "force-app/main/default"
SHOP, HELP = "573000000000001AAA", "573000000000002AAA"
DEPLOYED, SKILL, CONFIG, QUEUE = "572000000000001AAA", "0C5000000000001AAA", "577000000000009AAA", "00G000000000001EAG"


def desk_tables(export: Any) -> dict[str, list[dict[str, str]]]:
    """The set-up of a small desk."""
    return {
        "LiveChatTranscript": [export.transcript(1)],
        "LiveChatButton": [
            {
                "Id": SHOP, "DeveloperName": "Shop_Button", "MasterLabel": "Shop & <Co>", "RoutingType": "LeastActive",
                "SkillId": SKILL, "PushTimeout": "30", "AutoGreeting": "Hi & welcome <you>", "WindowLanguage": "de",
                "PrechatFormUrl": "https://x.test/pre", "QueueId": "", "OverallQueueLength": "5",
                "OptionsHasChasitorIdleTimeout": "1", "ChasitorIdleTimeout": "60", "Type": "Standard",
            },
            {
                "Id": HELP, "DeveloperName": "Help", "MasterLabel": "Help", "RoutingType": "Omni", "SkillId": "", "PushTimeout": "",
                "AutoGreeting": "", "WindowLanguage": "", "PrechatFormUrl": "", "QueueId": QUEUE, "OverallQueueLength": "0",
                "OptionsHasChasitorIdleTimeout": "0", "ChasitorIdleTimeout": "", "Type": "Invite",
            },
        ],
        "LiveChatDeployment": [{"Id": DEPLOYED, "DeveloperName": "Site", "MasterLabel": "Site", "HasTranscriptSave": "1", "Domains": "x.test"}],
        "LiveChatButtonDeployment": [
            {"Id": f"0C6000000000{n:03}AAA", "ButtonId": button, "DeploymentId": DEPLOYED} for n, button in enumerate([SHOP, HELP])
        ],
        "Skill": [{"Id": SKILL, "DeveloperName": "Sales", "MasterLabel": "Sales", "Description": "sells"}],
        "SkillUser": [{"Id": "0C7000000000001AAA", "SkillId": SKILL, "UserId": export.DANA}],
        "LiveChatUserConfig": [
            {
                "Id": CONFIG, "DeveloperName": "Standard", "MasterLabel": "Standard", "Capacity": "3", "HasLogoutSound": "0", "HasRequestSound": "1",
                "IsAutoAwayOnDecline": "1", "OptionsIsAutoAwayOnPushTimeout": "0", "OptionsHasAgentFileTransfer": "1", "HasSneakPeek": "1",
            }
        ],
        "LiveChatUserConfigUser": [
            {"Id": "0C8000000000001AAA", "LiveChatUserConfigId": CONFIG, "UserId": export.DANA},
            {"Id": "0C8000000000002AAA", "LiveChatUserConfigId": CONFIG, "UserId": export.BEN},
        ],
        "LiveChatUserConfigProfile": [{"Id": "0C9000000000001AAA", "LiveChatUserConfigId": CONFIG, "ProfileId": "00e000000000001AAA"}],
        "LiveChatBlockingRule": [{"Id": "0CA000000000001AAA", "DeveloperName": "R1", "FromIpAddress": "203.0.113.1", "ToIpAddress": "203.0.113.9"}],
        "QuickText": [
            {"Id": "574000000000001AAA", "Name": "hello", "Message": "Hello!", "Channel": "Live Agent;Email"},
            {"Id": "574000000000002AAA", "Name": "both", "Message": "x", "Channel": "Messaging;Live Agent"},
            {"Id": "574000000000003AAA", "Name": "mail", "Message": "x", "Channel": "Email"},
        ],
        "Group": [{"Id": QUEUE, "Name": "Help Desk", "DeveloperName": "Help_Desk", "Type": "Queue"}],
        "GroupMember": [{"Id": "011000000000001AAA", "GroupId": QUEUE, "UserOrGroupId": export.DANA}],
        "QueueSobject": [{"Id": "03g000000000001AAA", "QueueId": QUEUE, "SobjectType": "Case"}],
        "Profile": [{"Id": "00e000000000001AAA", "Name": "Chat Agent"}],
        "User": [
            {"Id": export.DANA, "Username": "dana@x.test", "FirstName": "Dana", "LastName": "Kern", "Name": "Dana Kern", "IsActive": "1"},
            {"Id": export.BEN, "Username": "ben@x.test", "FirstName": "Ben", "LastName": "Jo", "Name": "Ben Jo", "IsActive": "0"},
        ],
    }  # fmt: skip


def element(path: Path, *names: str) -> list[str]:
    """The texts of elements at a path of names."""
    root = ElementTree.parse(path).getroot()
    return [found.text or "" for found in root.findall("/".join(NAMESPACE + name for name in names))]


@pytest.fixture
def written(tmp_path: Path, export: Any) -> Path:
    source = export.folder(tmp_path / "source", desk_tables(export))
    plan = from_mapping({"channels": {SHOP: "Shop"}, "deployment_channels": {DEPLOYED: "Site_Chat"}})
    write_setup(read_desk(source), tmp_path / "setup", plan)
    return tmp_path / "setup"


def test_button_becomes_a_channel_with_its_queue_and_routing(written: Path) -> None:
    channel = written / MAIN / "messagingChannels/Shop.messagingChannel-meta.xml"
    assert element(channel, "masterLabel") == ["Shop & <Co>"]
    assert element(channel, "messagingChannelType") == ["EmbeddedMessaging"]
    assert element(channel, "sessionHandlerType") == ["Queue"]
    assert element(channel, "sessionHandlerQueue") == ["Shop_Button_Chat"]
    assert element(channel, "automatedResponses", "response") == ["Hi & welcome <you>"]
    assert element(channel, "automatedResponses", "language") == ["de"]
    assert element(channel, "embeddedConfig", "authMode") == ["UnAuth"]
    assert element(channel, "embeddedConfig", "isAttachmentUploadEnabled") == ["true"]
    assert element(channel, "embeddedConfig", "isSaveTranscriptEnabled") == ["true"]
    assert element(channel, "standardParameters", "parameterType") == ["FirstName", "LastName", "Email", "Subject"]
    assert "tick End chat when session ends" in channel.read_text()
    queue = written / MAIN / "queues/Shop_Button_Chat.queue-meta.xml"
    assert element(queue, "queueMembers", "users", "user") == ["dana@x.test"]
    assert element(queue, "queueSobject", "sobjectType") == ["MessagingSession"]
    routing = (
        written / MAIN / f"queueRoutingConfigs/{element(queue, 'queueRoutingConfig')[0]}.queueRoutingConfig-meta.xml"
    )
    assert element(routing, "routingModel") == ["LEAST_ACTIVE"]
    assert element(routing, "pushTimeout") == ["30"]


def test_queue_of_omni_channel_takes_messaging_sessions_besides(written: Path) -> None:
    queue = written / MAIN / "queues/Help_Desk.queue-meta.xml"
    assert element(queue, "name") == ["Help Desk"]
    assert element(queue, "queueSobject", "sobjectType") == ["Case", "MessagingSession"]
    assert element(queue, "queueMembers", "users", "user") == ["dana@x.test"]
    channel = written / MAIN / f"messagingChannels/Legacy_Chat_{HELP}.messagingChannel-meta.xml"
    assert element(channel, "sessionHandlerQueue") == ["Help_Desk"]


def test_deployment_configuration_and_skill(written: Path) -> None:
    deployments = sorted((written / MAIN / "EmbeddedServiceConfig").iterdir())
    assert [element(path, "embeddedServiceMessagingChannel", "messagingChannel") for path in deployments] == [
        [f"Legacy_Chat_{HELP}"],
        ["Shop"],
    ]
    assert element(deployments[0], "deploymentFeature") == ["EmbeddedMessaging"]
    config = written / MAIN / "presenceUserConfigs/Standard.presenceUserConfig-meta.xml"
    assert element(config, "capacity") == ["3"]
    assert element(config, "presenceStatusOnDecline") == ["Chat_Away"]
    assert element(config, "presenceStatusOnPushTimeout") == []
    assert element(config, "assignments", "users", "user") == ["dana@x.test"]
    assert element(config, "assignments", "profiles", "profile") == ["Chat Agent"]
    assert element(written / MAIN / "skills/Sales.skill-meta.xml", "assignments", "users", "user") == ["dana@x.test"]
    online = written / MAIN / "servicePresenceStatuses/Chat_Online.servicePresenceStatus-meta.xml"
    assert element(online, "channels", "channel") == ["sfdc_livemessage"]
    service = written / MAIN / "serviceChannels/sfdc_livemessage.serviceChannel-meta.xml"
    assert element(service, "relatedEntityType") == ["MessagingSession"]


def test_chats_without_a_button_have_channels_too(written: Path) -> None:
    for name in ("Legacy_Chat", "Site_Chat"):
        channel = written / MAIN / f"messagingChannels/{name}.messagingChannel-meta.xml"
        assert element(channel, "description") == ["Chats without a button"]
        assert (written / MAIN / f"queues/{element(channel, 'sessionHandlerQueue')[0]}.queue-meta.xml").is_file()


def test_manifest_names_every_file(written: Path) -> None:
    root = ElementTree.parse(written / "manifest/package.xml").getroot()
    named = sum(len(types.findall(f"{NAMESPACE}members")) for types in root.findall(f"{NAMESPACE}types"))
    files = list((written / MAIN).rglob("*-meta.xml"))
    assert named == len(files) > 10


def test_list_says_what_has_no_counterpart(written: Path) -> None:
    text = (written / "README.md").read_text()
    for part in (
        "OverallQueueLength",
        "HasSneakPeek",
        "1 blocking rules",
        "Type Invite",
        "ChasitorIdleTimeout",
        "5 to 30 minutes: 5",
    ):
        assert part in text
    assert "&lt;Co>" in text
    assert "203.0.113" not in text
    assert "1 quick texts" in text
    rows = list(csv.reader((written / "data/QuickText.csv").read_text().splitlines()))
    assert rows == [["Id", "Channel"], ["574000000000001AAA", "Live Agent;Email;Messaging"]]


def test_asynchronous_plan_leaves_the_box_unticked(tmp_path: Path, export: Any) -> None:
    source = export.folder(tmp_path / "source", desk_tables(export))
    write_setup(read_desk(source), tmp_path / "setup", Plan(session_based=False, verified_users=True))
    channel = tmp_path / "setup" / MAIN / f"messagingChannels/Legacy_Chat_{SHOP}.messagingChannel-meta.xml"
    assert "unticked" in channel.read_text()
    assert element(channel, "embeddedConfig", "authMode") == ["Auth"]


def test_setup_step_of_the_command(chatlift: Callable[..., tuple[int, str, str]], tmp_path: Path, export: Any) -> None:
    source = export.folder(tmp_path / "source", desk_tables(export))
    status, out, _ = chatlift("migrate", "setup", source, tmp_path / "setup")
    assert status == 0
    assert "components written" in out
    status, _, err = chatlift("migrate", "setup", source, tmp_path / "setup")
    assert (status, err.count("\n")) == (2, 1)
    bare = export.folder(tmp_path / "bare", {"LiveChatTranscript": [export.transcript(1)]})
    assert "no chat buttons" in chatlift("migrate", "setup", bare, tmp_path / "other")[2]
    assert not (tmp_path / "other").exists()


def test_privacy_switches_hold_for_the_set_up(
    chatlift: Callable[..., tuple[int, str, str]], tmp_path: Path, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = desk_tables(export)
    tables["LiveChatButton"][0]["AutoGreeting"] = "Dana says hi, write to dana@x.test"
    source = export.folder(tmp_path / "source", tables)
    plan = tmp_path / "plan.toml"
    plan.write_text('[privacy]\nnames = "pseudonymise"\nmask = ["email"]\n')
    monkeypatch.setenv("CHATLIFT_PRIVACY_KEY", "0123456789abcdef0123456789abcdef")
    assert chatlift("migrate", "setup", source, tmp_path / "setup", "--plan", plan)[0] == 0
    for name, content in export.tree(tmp_path / "setup").items():
        assert b"dana" not in content.lower(), name
    assert "assignments" in (tmp_path / "setup/README.md").read_text()


@pytest.mark.salesforce(seed="support-day")
def test_set_up_of_an_org(salesforce_server: "LiveOrg", tmp_path: Path) -> None:
    from simple_salesforce import Salesforce

    client = Salesforce(
        username="admin@chatlift.test",
        password="test",
        security_token="test",
        domain=salesforce_server.login_domain,
        session=salesforce_server.session(),
    )
    desk = read_desk_of_org(Org(salesforce_server.http, client.session_id))
    count = write_setup(desk, tmp_path / "setup", Plan()).components
    assert count == len(list((tmp_path / "setup" / MAIN).rglob("*.xml")))
    buttons = client.query("SELECT Id FROM LiveChatButton")["records"]
    channels = {path.name.partition(".")[0] for path in (tmp_path / "setup" / MAIN / "messagingChannels").iterdir()}
    assert channels == {"Legacy_Chat", *(f"Legacy_Chat_{row['Id']}" for row in buttons)}
    assert any(
        element(path, "assignments", "users", "user")
        for path in (tmp_path / "setup" / MAIN / "presenceUserConfigs").iterdir()
    )


def test_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_setup(Desk({"LiveChatButton": ({"Id": SHOP},)}), tmp_path, Plan())


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(label=HOSTILE, name=HOSTILE, greeting=HOSTILE, number=HOSTILE, user=HOSTILE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_well_formed_files_in_the_folder(
    label: str, name: str, greeting: str, number: str, user: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    row = {
        "Id": SHOP,
        "MasterLabel": label,
        "DeveloperName": name,
        "AutoGreeting": greeting,
        "PushTimeout": number,
        "ChatPageId": user,
    }
    desk = Desk(
        {
            "LiveChatButton": (row, {**row, "Id": HELP}),
            "LiveChatDeployment": ({"Id": DEPLOYED, "MasterLabel": label},),
            "Skill": ({"Id": SKILL, "MasterLabel": label, "DeveloperName": name, "Description": greeting},),
            "LiveChatUserConfig": ({"Id": CONFIG, "MasterLabel": label, "DeveloperName": name, "Capacity": number},),
            "LiveChatUserConfigUser": ({"LiveChatUserConfigId": CONFIG, "UserId": "005000000000001AAA"},),
            "User": ({"Id": "005000000000001AAA", "Username": user, "IsActive": "1"},),
        }
    )
    folder = tmp_path_factory.mktemp("setup") / "out"
    count = write_setup(desk, folder, Plan()).components
    files = list((folder / MAIN).rglob("*.xml"))
    assert len(files) == count
    for path in files:
        ElementTree.parse(path)
        assert path.resolve().is_relative_to(folder.resolve())
    assert not [
        line
        for line in (folder / "README.md").read_text().splitlines()
        if line.startswith("|") and not line.endswith("|")
    ]
