"""The set-up half of the rep API: channels as drafts, what is refused, publishing. Over real sockets."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging.reading import SetupRows
from chatlift.emulator.messaging.setup import Channel

SCENARIO: dict[str, Any] = {
    "now": "2026-06-15T09:00:00Z",
    "records": [
        {"object": "User", "ref": "u_kim", "fields": {"Username": "kim@desk.test", "LastName": "Kim"}},
        {"object": "Skill", "ref": "sales", "fields": {"DeveloperName": "Sales", "MasterLabel": "Sales"}},
        {"object": "Group", "ref": "night", "fields": {"Name": "Night", "DeveloperName": "Night", "Type": "Queue"}},
        {"object": "Group", "ref": "club", "fields": {"Name": "Club", "DeveloperName": "Club", "Type": "Regular"}},
    ],
    "messaging": {"channels": [{"ref": "web", "developerName": "Web", "deployment": "Web_Chat", "agents": ["@u_kim"]}]},
}
WHOLE: dict[str, Any] = {
    "label": "Web shop",
    "active": True,
    "sessionBased": True,
    "userVerification": False,
    "keysets": [],
    "optOutKeywords": ["STOP", "END CHAT"],
    "optInKeywords": ["START"],
    "helpKeywords": ["HELP"],
    "optOutConfirmation": "You are opted out.",
    "optInConfirmation": "Welcome back.",
    "helpResponse": "Write STOP to opt out.",
    "consentType": "ExplicitOptIn",
    "optInPrompt": "Write START to begin.",
    "inactivitySeconds": 600,
    "inactiveEndsSeconds": 3600,
    "botEndsSeconds": 1800,
    "attachments": False,
    "maxFileBytes": 1000,
    "pushTimeoutSeconds": 30,
    "autoAccept": True,
    "capacityWeight": 2.5,
    "initialResponse": "Hello",
    "engagedResponse": "Kim is here",
    "endResponse": "Bye",
    "bot": {
        "name": "Robo",
        "greeting": ["Hi", "I am Robo"],
        "replies": [["price", "10"], ["hours", "9 to 5"]],
        "fallback": "Pardon?",
        "handsOverOn": ["person"],
        "endsOn": ["bye"],
    },
    "forms": [
        {
            "displayContext": "Session",
            "formFields": [
                {
                    "name": "_firstName",
                    "type": "Text",
                    "order": 1,
                    "required": True,
                    "isHidden": False,
                    "maxCharacterCount": 40,
                }
            ],
        }
    ],
    "queuePosition": False,
    "entriesOnPlatform": True,
}


class Caller:
    """Calls the rep API, and REST as the administrator."""

    def __init__(self, live: LiveOrg) -> None:
        self.live = live
        self.org = live.org.org
        self.session = live.session()
        self.refs = self.org.seed(SCENARIO)
        self.session.headers["Authorization"] = f"Bearer {live.org.token()}"

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        below = path if path.startswith("/") else f"/_chatlift/messaging/{path}"
        return self.session.request(method, f"{self.live.https}{below}", json=body, timeout=10)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def put(self, **settings: Any) -> dict[str, Any]:
        answer = self.send("PUT", "channels/Web", settings)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, channel: str = "Web", /, status: int = 400, **settings: Any) -> tuple[str, str]:
        """Return code and message of a change that is refused; nothing has changed."""
        before = self.get(f"channels/{channel}") if status != 404 else None
        answer = self.send("PUT", f"channels/{channel}", settings)
        assert answer.status_code == status, answer.text
        assert before is None or self.get(f"channels/{channel}") == before
        [error] = answer.json()
        return error["errorCode"], error["message"]

    def publish(self, name: str = "Web_Chat") -> dict[str, Any]:
        answer = self.send("POST", f"deployments/{name}/publish", {})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def rows(self, soql: str) -> list[dict[str, Any]]:
        answer = self.session.get(f"{self.live.https}/services/data/v64.0/query", params={"q": soql}, timeout=10)
        assert answer.status_code == 200, answer.text
        return [{key: one[key] for key in one if key != "attributes"} for one in answer.json()["records"]]

    def acting(self, name: str = "Web_Chat") -> Channel:
        """Return the channel as the runtime has it."""
        reading = SetupRows(self.org)
        reading.prepare()
        with self.org.store.read() as rows:
            return reading.read(rows).deployments[name].channel


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(frozen=True)) as running:
        yield running


@pytest.fixture
def api(live: LiveOrg) -> Caller:
    live.org.reset()
    return Caller(live)


# --- drafts and publishing ----------------------------------------------------------------------------------------------


def test_a_channel_shows_every_setting_and_takes_all_of_them_back(api: Caller) -> None:
    wanted = WHOLE | {
        "queueId": api.refs["night"],
        "fallbackQueueId": api.refs["web_queue"],
        "skillIds": [api.refs["sales"]],
    }
    changed = api.put(**wanted)
    assert {key: changed[key] for key in wanted} == wanted
    assert api.get("channels/Web") == changed
    assert api.get("channels/WEB") == changed, "developer names are compared without regard to case"
    assert changed.keys() == wanted.keys() | {
        "id", "developerName", "type", "platformType", "address", "published", "publishDue", "deployments",
    }  # fmt: skip
    assert api.put(**changed) == changed, "what was read can be put back whole"


def test_a_change_acts_once_the_deployment_is_published(api: Caller) -> None:
    assert api.get("channels/Web")["publishDue"] is False
    changed = api.put(sessionBased=True, optOutKeywords=["STOP"])
    assert (changed["sessionBased"], changed["published"]["sessionBased"], changed["publishDue"]) == (True, False, True)
    assert not api.acting().session_based
    due = api.get("deployments/Web_Chat")
    assert (due["publishDue"], due["published"]["sessionBased"], due["channel"]) == (True, False, "Web")
    api.live.org.clock.advance(seconds=60)
    published = api.publish()
    assert published["published"]["sessionBased"] is True
    assert published["publishDue"] is False
    assert published["publishedDate"] == "2026-06-15T09:01:00.000+0000"
    assert api.get("channels/Web")["publishDue"] is False
    assert api.acting().ends_with_session
    assert api.acting().opt_out_keywords == ("STOP",)


def test_settings_stand_in_the_rows_of_the_platform_where_it_has_fields_for_them(api: Caller) -> None:
    queue, skill = api.refs["night"], api.refs["sales"]
    api.put(**WHOLE, queueId=queue, skillIds=[skill])
    [row] = api.rows(
        "SELECT MasterLabel, TargetQueueId, RoutingType, ConsentType, OptInPrompt, InitialResponse, EngagedResponse,"
        " ConversationEndResponse, IsRequireDoubleOptIn FROM MessagingChannel"
    )
    assert row == {
        "MasterLabel": "Web shop",
        "TargetQueueId": queue,
        "RoutingType": "OmniSkills",
        "ConsentType": "ExplicitOptIn",
        "OptInPrompt": "Write START to begin.",
        "InitialResponse": "Hello",
        "EngagedResponse": "Kim is here",
        "ConversationEndResponse": "Bye",
        "IsRequireDoubleOptIn": False,
    }
    [words] = api.rows("SELECT MasterLanguage, OptOutKeywords, OptOutConfirmation FROM MsgChannelLanguageKeyword")
    assert words == {
        "MasterLanguage": "en_US",
        "OptOutKeywords": "STOP,END CHAT",
        "OptOutConfirmation": "You are opted out.",
    }
    assert api.rows("SELECT SkillId FROM MessagingChannelSkill") == [{"SkillId": skill}]
    api.put(skillIds=[], optOutKeywords=[], optOutConfirmation="", consentType="DoubleOptIn", endResponse="")
    [row] = api.rows("SELECT RoutingType, IsRequireDoubleOptIn, ConversationEndResponse FROM MessagingChannel")
    assert row == {"RoutingType": "OmniQueue", "IsRequireDoubleOptIn": True, "ConversationEndResponse": None}
    [words] = api.rows("SELECT OptInKeywords, OptOutKeywords, OptOutConfirmation FROM MsgChannelLanguageKeyword")
    assert words == {"OptInKeywords": "START", "OptOutKeywords": None, "OptOutConfirmation": None}
    assert api.rows("SELECT SkillId FROM MessagingChannelSkill") == []


def test_a_change_of_a_channels_row_by_rest_is_a_draft_too(api: Caller) -> None:
    path = f"/services/data/v64.0/sobjects/MessagingChannel/{api.refs['web']}"
    change = {"TargetQueueId": api.refs["night"], "InitialResponse": "Good evening"}
    assert api.send("PATCH", path, change).status_code == 204
    shown = api.get("channels/Web")
    assert (shown["queueId"], shown["initialResponse"], shown["publishDue"]) == (
        api.refs["night"],
        "Good evening",
        True,
    )
    assert api.acting().queue_id == api.refs["web_queue"]
    api.publish()
    assert (api.acting().queue_id, api.acting().initial_response) == (api.refs["night"], "Good evening")


def test_skills_given_by_rest_act_when_the_routing_is_by_skills(api: Caller) -> None:
    row = {"MessagingChannelId": api.refs["web"], "SkillId": api.refs["sales"]}
    assert api.send("POST", "/services/data/v64.0/sobjects/MessagingChannelSkill", row).status_code == 201
    assert api.get("channels/Web")["skillIds"] == []
    path = f"/services/data/v64.0/sobjects/MessagingChannel/{api.refs['web']}"
    assert api.send("PATCH", path, {"RoutingType": "OmniSkills"}).status_code == 204
    assert api.get("channels/Web")["skillIds"] == [api.refs["sales"]]


def test_keywords_of_several_languages_are_one_list(api: Caller) -> None:
    keywords = [
        {"MessagingChannelId": api.refs["web"], "MasterLanguage": "en_US", "OptOutKeywords": "STOP, QUIT"},
        {"MessagingChannelId": api.refs["web"], "MasterLanguage": "de", "OptOutKeywords": "HALT,STOP"},
    ]
    api.org.seed({"records": [{"object": "MsgChannelLanguageKeyword", "fields": fields} for fields in keywords]})
    assert api.get("channels/Web")["optOutKeywords"] == ["STOP", "QUIT", "HALT"]
    assert api.put(optOutKeywords=["END"])["optOutKeywords"] == ["END"]
    assert sorted(
        row["OptOutKeywords"] or "" for row in api.rows("SELECT OptOutKeywords FROM MsgChannelLanguageKeyword")
    ) == [
        "",
        "END",
    ]


def test_a_channel_made_by_rest_gets_settings_a_deployment_and_an_address(api: Caller) -> None:
    row = {
        "DeveloperName": "App",
        "MasterLabel": "App",
        "MessageType": "EmbeddedMessaging",
        "PlatformType": "Enhanced",
        "MessagingPlatformKey": "app",
        "IsActive": True,
    }
    assert api.send("POST", "/services/data/v64.0/sobjects/MessagingChannel", row).status_code == 201
    assert api.get("channels/App")["published"] is None
    assert api.send("PUT", "channels/App", {"sessionBased": True}).json()["publishDue"] is False
    made = api.send("PUT", "deployments/App_Chat", {"channel": "App", "platform": "Mobile", "label": "App chat"}).json()
    assert (made["publishDue"], made["publishedDate"], made["published"]) == (True, None, None)
    assert api.get("channels/App")["deployments"] == ["App_Chat"]
    [config] = api.rows(
        "SELECT MasterLabel, DeploymentFeature, DeploymentType, IsEnabled FROM EmbeddedServiceConfig"
        " WHERE DeveloperName = 'App_Chat'"
    )
    assert config == {
        "MasterLabel": "App chat",
        "DeploymentFeature": "EmbeddedMessaging",
        "DeploymentType": "Mobile",
        "IsEnabled": True,
    }
    assert api.rows("SELECT DurableId FROM EmbeddedServiceDetail WHERE DurableId = 'App_Chat'")
    api.publish("App_Chat")
    assert api.acting("App_Chat").session_based
    [channel] = api.rows(
        "SELECT ChannelAddressIdentifier, MessagingPlatformKey FROM MessagingChannel WHERE DeveloperName = 'App'"
    )
    assert channel["ChannelAddressIdentifier"] == channel["MessagingPlatformKey"] == api.acting("App_Chat").address
    assert len(channel["ChannelAddressIdentifier"]) == 36


def test_each_deployment_of_a_channel_is_published_for_itself(api: Caller) -> None:
    api.send("PUT", "deployments/App_Chat", {"channel": "Web", "platform": "Mobile"})
    api.put(sessionBased=True)
    api.publish("App_Chat")
    assert (api.acting("App_Chat").session_based, api.acting("Web_Chat").session_based) == (True, False)
    assert api.get("channels/Web")["publishDue"] is True
    api.publish("Web_Chat")
    assert api.get("channels/Web")["publishDue"] is False


def test_a_deployment_that_offers_another_channel_does_so_from_the_next_publishing_on(api: Caller) -> None:
    api.org.seed({"messaging": {"channels": [{"developerName": "Shop"}]}})
    moved = api.send("PUT", "deployments/Web_Chat", {"channel": "Shop", "label": "Shop chat"}).json()
    assert (moved["channel"], moved["label"], moved["publishDue"]) == ("Shop", "Shop chat", True)
    assert api.acting().developer_name == "Web"
    api.publish()
    assert api.acting().developer_name == "Shop"
    assert api.rows("SELECT MasterLabel FROM EmbeddedServiceConfig WHERE DeveloperName = 'Web_Chat'") == [
        {"MasterLabel": "Shop chat"}
    ]


def test_what_is_set_up_outlives_a_snapshot_and_goes_with_a_reset(api: Caller) -> None:
    api.put(sessionBased=True)
    api.publish()
    image = api.org.snapshot()
    api.put(sessionBased=False)
    api.publish()
    api.org.restore(image)
    assert api.acting().session_based
    api.live.org.reset()
    assert api.send("GET", "channels/Web").status_code == 404


# --- what is refused ----------------------------------------------------------------------------------------------------


def test_verified_users_and_session_based_chat_exclude_each_other(api: Caller) -> None:
    code, message = api.refused(sessionBased=True, userVerification=True)
    assert code == "SETTING_REFUSED"
    assert message.startswith("sessionBased: Session-Based Chat cannot be enabled for verified users")
    api.put(userVerification=True)
    code, message = api.refused(sessionBased=True)
    assert (code, "set userVerification to false" in message) == ("SETTING_REFUSED", True)
    assert api.put(userVerification=False, sessionBased=True)["sessionBased"] is True, "one for the other in one call"
    code, message = api.refused(userVerification=True)
    assert code == "SETTING_REFUSED"
    assert message.startswith("userVerification: user verification cannot be turned on while Session-Based Chat is on")
    assert api.put(userVerification=True, sessionBased=False)["userVerification"] is True


TYPES = (
    "Text Facebook Line GoogleHome Alexa Omega AppleBusinessChat WeChat WebChat WhatsApp Phone Voice Custom InternalCopilot"
    " VoiceIntegrationPilot PstnVoice WhatsAppVoice SipVoice"
).split()


def channel_of(api: Caller, type_: str, platform_type: str | None) -> str:
    fields = {
        "DeveloperName": "Other",
        "MasterLabel": "Other",
        "MessageType": type_,
        "MessagingPlatformKey": "other",
        "PlatformType": platform_type,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return api.org.seed({"records": [{"object": "MessagingChannel", "ref": "other", "fields": kept}]})["other"]


@pytest.mark.parametrize("platform_type", ["Standard", "Enhanced", None])
@pytest.mark.parametrize("type_", TYPES)
def test_no_other_type_of_channel_takes_session_based_chat(api: Caller, type_: str, platform_type: str | None) -> None:
    channel_of(api, type_, platform_type)
    code, message = api.refused("Other", sessionBased=True)
    assert code == "SETTING_REFUSED"
    assert "Enhanced In-App Chat and Enhanced Web Chat channels only" in message
    assert f"(MessageType {type_}, PlatformType {platform_type or 'Standard'})" in message


def test_every_type_of_channel_is_tried(api: Caller) -> None:
    types = {value.value for value in api.org.catalog.get("MessagingChannel").field("MessageType").picklist_values}  # type: ignore[union-attr]
    assert types == {*TYPES, "EmbeddedMessaging"}


@pytest.mark.parametrize(("platform_type", "is_taken"), [("Enhanced", True), (None, True), ("Standard", False)])
def test_enhanced_in_app_and_web_channels_take_session_based_chat(
    api: Caller, platform_type: str | None, is_taken: bool
) -> None:
    channel_of(api, "EmbeddedMessaging", platform_type)
    if is_taken:
        assert api.send("PUT", "channels/Other", {"sessionBased": True}).json()["sessionBased"] is True
    else:
        _, message = api.refused("Other", sessionBased=True)
        assert "Other is a Standard In-App and Web Chat channel" in message


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"userVerification": True}, "User verification"),
        ({"forms": [{"displayContext": "Session"}]}, "A pre-chat form"),
        ({"inactivitySeconds": 300}, "the inactivity time-out"),
    ],
)
def test_a_whatsapp_channel_has_nothing_of_enhanced_chat(api: Caller, settings: dict[str, Any], word: str) -> None:
    channel_of(api, "WhatsApp", "Enhanced")
    code, message = api.refused("Other", **settings)
    assert code == "SETTING_REFUSED"
    assert word in message
    assert "Other is an Enhanced WhatsApp channel" in message


def test_a_channel_of_ones_own_knows_the_inactivity_time_out(api: Caller) -> None:
    channel_of(api, "Custom", "Enhanced")
    assert api.send("PUT", "channels/Other", {"inactivitySeconds": 300}).status_code == 200


def test_a_refused_combination_that_came_by_rest_is_not_published(api: Caller) -> None:
    api.put(sessionBased=True)
    api.publish()
    path = f"/services/data/v64.0/sobjects/MessagingChannel/{api.refs['web']}"
    assert api.send("PATCH", path, {"MessageType": "WhatsApp"}).status_code == 204
    answer = api.send("POST", "deployments/Web_Chat/publish", {})
    assert answer.status_code == 400
    [error] = answer.json()
    assert error["errorCode"] == "SETTING_REFUSED"
    assert "Web is an Enhanced WhatsApp channel" in error["message"]
    assert api.acting().type == "EmbeddedMessaging"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "no setting is given"),
        ({"sesionBased": True}, "sesionBased: there is no such setting; the settings are label, active, sessionBased"),
        ({"sessionBased": "yes"}, "sessionBased: give true or false, not 'yes'"),
        ({"sessionBased": None}, "sessionBased: give true or false, not null"),
        ({"sessionBased": 1}, "sessionBased: give true or false, not 1"),
        ({"label": " "}, "label: give text that is not empty of at most 80 characters, not ' '"),
        ({"label": "x" * 81}, "label: give text that is not empty of at most 80 characters"),
        ({"inactivitySeconds": 0}, "inactivitySeconds: give seconds as a whole number from 1 to"),
        ({"inactivitySeconds": True}, "or null to switch it off, not True"),
        ({"pushTimeoutSeconds": 1.5}, "pushTimeoutSeconds: give seconds as a whole number"),
        ({"botEndsSeconds": None}, "botEndsSeconds: give seconds as a whole number"),
        ({"capacityWeight": 0}, "capacityWeight: give a number above 0"),
        ({"capacityWeight": "5"}, "capacityWeight: give a number above 0"),
        ({"consentType": "Maybe"}, "consentType: give ImplicitOptIn, ExplicitOptIn or DoubleOptIn, not 'Maybe'"),
        ({"consentType": ["ImplicitOptIn"]}, "consentType: give ImplicitOptIn"),
        ({"optOutKeywords": "STOP"}, "optOutKeywords: give a list of keywords, not 'STOP'"),
        ({"optOutKeywords": ["STOP", ""]}, "optOutKeywords[1]: give text that is not empty"),
        ({"optOutKeywords": ["STOP,END"]}, "optOutKeywords[0]: give a keyword without a comma"),
        ({"optOutKeywords": [f"{n:0100}" for n in range(6)]}, "keywords of at most 500 characters together"),
        ({"queueId": "nowhere"}, "queueId: give a record id of 15 or 18 characters, not 'nowhere'"),
        ({"queueId": 7}, "queueId: give a record id of 15 or 18 characters, not 7"),
        ({"queueId": "{club}"}, "queueId: give the Id of a queue, a Group whose Type is Queue"),
        ({"fallbackQueueId": "{sales}"}, "fallbackQueueId: give the Id of a queue"),
        ({"skillIds": ["{night}"]}, "skillIds[0]: give the Id of a Skill"),
        ({"skillIds": "{sales}"}, "skillIds: give a list of ids"),
        ({"bot": "Robo"}, "bot: give an object with the keys name, greeting, replies, fallback, handsOverOn, endsOn"),
        ({"bot": {}}, "bot.name: is missing"),
        ({"bot": {"name": "Robo", "mood": "good"}}, "bot.mood: there is no such key"),
        ({"bot": {"name": "Robo", "replies": [["a"]]}}, "bot.replies[0]: give a pair of word and answer"),
        ({"bot": {"name": "Robo", "replies": {"a": 1}}}, "bot.replies[0]: give text"),
        ({"forms": [{"displayContext": "Always"}]}, "forms[0].displayContext: give Conversation or Session"),
        ({"forms": [{}]}, "forms[0].displayContext: is missing"),
        ({"forms": [{"displayContext": "Session"}] * 2}, "forms: give one form for each displayContext"),
        (
            {"forms": [{"displayContext": "Session", "formFields": [{"name": "a"}, {"name": "a"}]}]},
            "forms[0].formFields: give each field once",
        ),
        (
            {"forms": [{"displayContext": "Session", "formFields": [{"name": "a", "type": "Colour"}]}]},
            "forms[0].formFields[0].type: give Text, Email",
        ),
        ({"keysets": [{"name": "k", "keyId": "1"}]}, "keysets[0].publicKey: is missing"),
        ({"keysets": [{"name": "k", "keyId": "1", "publicKey": "x"}]}, "keysets[0].publicKey: give the PEM of an RSA"),
        ({"id": "0Mj000000000001AAA"}, "id: cannot be changed here; leave it out"),
        ({"publishDue": True}, "publishDue: cannot be changed here; leave it out"),
        ({"attachments": False, "sessionBased": "x"}, "sessionBased: give true or false"),
    ],
)
def test_what_cannot_be_right_is_refused_by_key_and_remedy(api: Caller, settings: dict[str, Any], message: str) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(one) for one in value]
        return api.refs[value[1:-1]] if isinstance(value, str) and value[:1] == "{" else value

    code, said = api.refused(**{key: filled(value) for key, value in settings.items()})
    assert code == "INVALID_ARGUMENT"
    assert message in said


def test_a_keyset_is_kept_as_the_key_alone(api: Caller) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    keyset = {"name": "Shop", "keyId": "k1", "publicKey": f"\n{pem}", "issuer": "https://shop.test"}
    shown = api.put(userVerification=True, keysets=[keyset])
    assert shown["keysets"] == [keyset | {"publicKey": pem}]
    _, message = api.refused(keysets=[keyset, keyset])
    assert "keysets: give each keyId once" in message
    api.publish()
    assert api.acting().keysets[0].issuer == "https://shop.test"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        (
            "GET",
            "channels/Nope",
            None,
            404,
            "there is no messaging channel with the developer name 'Nope'; there are: Web",
        ),
        ("PUT", "channels/Nope", {"sessionBased": True}, 404, "there is no messaging channel"),
        ("GET", "deployments/Nope", None, 404, "there is no deployment of enhanced chat"),
        ("POST", "deployments/Nope/publish", {}, 404, "there are: Web_Chat"),
        ("PUT", "deployments/New", {}, 400, "channel: is missing"),
        ("PUT", "deployments/New", {"channel": "Nope"}, 404, "there is no messaging channel"),
        ("PUT", "deployments/New", {"channel": 1}, 400, "channel: give the developer name"),
        ("PUT", "deployments/New", {"channel": "Web", "platform": "Fax"}, 400, "platform: give Web or Mobile"),
        ("PUT", "deployments/New", {"channel": "Web", "colour": "red"}, 400, "colour: there is no such key"),
        ("PUT", "deployments/New", {"channel": "Web", "label": ""}, 400, "label: give text"),
        ("PUT", "deployments/1New", {"channel": "Web"}, 400, "name: give a developer name"),
        ("PUT", "deployments/web_chat", {"channel": "Web"}, 400, "the deployment Web_Chat is there already"),
        ("PUT", "deployments/Web_Chat", {"platform": "Mobile"}, 400, "platform: is fixed"),
    ],
)
def test_what_is_not_there_is_named(api: Caller, method: str, path: str, body: Any, status: int, message: str) -> None:
    answer = api.send(method, path, body)
    assert answer.status_code == status, answer.text
    assert message in answer.json()[0]["message"]


def test_a_deployment_offers_enhanced_chat_alone(api: Caller) -> None:
    channel_of(api, "Facebook", "Enhanced")
    answer = api.send("PUT", "deployments/New", {"channel": "Other"})
    assert answer.status_code == 400
    assert "Other is an Enhanced Facebook Messenger channel" in answer.json()[0]["message"]
    assert api.rows("SELECT Id FROM EmbeddedServiceConfig WHERE DeveloperName = 'New'") == []


# --- reps ---------------------------------------------------------------------------------------------------------------


def test_a_reps_capacity_is_a_hundred_until_it_is_set(api: Caller) -> None:
    path = f"reps/{api.refs['u_kim']}/capacity"
    assert api.get(path) == {"capacity": 100.0}
    assert api.send("PUT", path, {"capacity": 2}).json() == {"capacity": 2.0}
    assert api.get(path) == {"capacity": 2.0}
    for wrong in (-1, "2", True, None, 1_000_001):
        answer = api.send("PUT", path, {"capacity": wrong})
        assert answer.status_code == 400
        assert answer.json()[0]["message"].startswith("capacity: give a number from 0 to")
    assert api.send("GET", "reps/005000000000000AAA/capacity").status_code == 404
