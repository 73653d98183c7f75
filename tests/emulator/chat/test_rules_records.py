"""What chats leave in the org: rules R3, R5, R6, R38, R41, R42, R56 to R60 and R70 to R73, read back by SOQL."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from chatlift.emulator.chat import events
from chatlift.emulator.chat.browsers import browser_and_platform
from chatlift.emulator.chat.refusals import RuleRefused
from chatlift.emulator.chat.state import EntityField, PrechatDetail, PrechatEntity
from chatlift.emulator.errors import OrgError

from .conftest import ChatOrg

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0"


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_r3_a_login_makes_a_session_record_and_the_logout_completes_it(at_work: ChatOrg) -> None:
    fields = "AgentId, OwnerId, LoginTime, LogoutTime, TimeInOnlineStatus, ChatReqAssigned, NumFlagRaised"
    soql = f"SELECT {fields} FROM LiveAgentSession WHERE AgentId = '{at_work.id('ada')}'"
    [row] = at_work.rows(soql)
    assert row["AgentId"] == row["OwnerId"] == at_work.id("ada")
    assert row["LoginTime"] == row["LogoutTime"] == "2026-06-15T09:00:00.000+0000"
    assert (row["TimeInOnlineStatus"], row["ChatReqAssigned"], row["NumFlagRaised"]) == (0, 0, 0)
    at_work.later(60)
    at_work.console.log_out(at_work.id("ada"))
    [row] = at_work.rows(soql)
    assert (row["LogoutTime"], row["TimeInOnlineStatus"]) == ("2026-06-15T09:01:00.000+0000", 60)
    at_work.log_in("ada")
    assert len(at_work.rows(soql)) == 2


def test_r3_a_refused_login_leaves_no_record(at_work: ChatOrg) -> None:
    with pytest.raises(RuleRefused, match="R3"):
        at_work.log_in("ada")
    assert len(at_work.rows("SELECT Id FROM LiveAgentSession")) == 2


@pytest.mark.parametrize("deed", ["edited", "deleted"])
def test_r6_a_session_record_may_be_edited_or_deleted_and_the_agent_works_on(at_work: ChatOrg, deed: str) -> None:
    where = f"FROM LiveAgentSession WHERE AgentId = '{at_work.id('ada')}'"
    [session] = at_work.rows(f"SELECT Id {where}")
    if deed == "deleted":
        at_work.org.records.delete(at_work.me, "LiveAgentSession", session["Id"])
    else:
        at_work.org.records.update(at_work.me, "LiveAgentSession", session["Id"], {"ChatReqAssigned": 99})
    at_work.engaged()
    at_work.later(9)
    assert at_work.over("ada")
    at_work.console.log_out(at_work.id("ada"))
    assert at_work.rows(f"SELECT ChatReqAssigned {where}") == ([] if deed == "deleted" else [{"ChatReqAssigned": 1}])


def test_r65_a_running_session_shows_its_counters(at_work: ChatOrg) -> None:
    at_work.later(30)
    at_work.engaged()
    at_work.later(30)
    at_work.console.raise_flag("c", at_work.id("ada"), "Help")
    fields = "ChatReqAssigned, ChatReqEngaged, NumFlagRaised"
    [row] = at_work.rows(f"SELECT {fields} FROM LiveAgentSession WHERE AgentId = '{at_work.id('ada')}'")
    assert row == {"ChatReqAssigned": 1, "ChatReqEngaged": 1, "NumFlagRaised": 1}


# --- transcripts ------------------------------------------------------------------------------------------------------


def test_r56_r60_the_transcript_and_its_events_come_with_the_closing_of_the_window(at_work: ChatOrg) -> None:
    at_work.engaged()
    at_work.console.end("c", at_work.id("ada"))
    assert (
        at_work.rows("SELECT Id FROM LiveChatTranscript")
        == at_work.rows("SELECT Id FROM LiveChatTranscriptEvent")
        == []
    )
    answer = at_work.console.close("c", at_work.id("ada"))
    row = at_work.transcript("Id, Status, EndedBy, OwnerId, CreatedById")
    ada = at_work.id("ada")
    expected = {"Status": "Completed", "EndedBy": "Agent", "OwnerId": ada, "CreatedById": ada}
    assert row == {"Id": answer["transcriptId"], **expected}
    assert at_work.steps() == ["ChatRequest", "PushAssignment", "Accept", "EndAgent"]
    agents = at_work.rows("SELECT AgentId FROM LiveChatTranscriptEvent ORDER BY Name")
    assert [one["AgentId"] for one in agents] == [None, ada, ada, ada]


def test_r60_if_the_events_cannot_be_written_nothing_is(at_work: ChatOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work.engaged()
    at_work.console.end("c", at_work.id("ada"))
    create, made = at_work.org.records.create_by_system, []

    def failing(user_id: str, sobject: str, values: dict[str, Any], id_: str | None = None) -> str:
        made.append(sobject)
        if made.count("LiveChatTranscriptEvent") == 3:
            raise OrgError("STORAGE_LIMIT_EXCEEDED", "no room")
        return create(user_id, sobject, values, id_)

    monkeypatch.setattr(at_work.org.records, "create_by_system", failing)
    with pytest.raises(OrgError, match="no room"):
        at_work.console.close("c", at_work.id("ada"))
    monkeypatch.undo()
    assert at_work.rows("SELECT Id FROM LiveChatTranscript") == []
    assert at_work.console.close("c", at_work.id("ada"))["transcriptId"]
    assert made[0:2] == ["LiveChatVisitor", "LiveChatTranscript"]


@pytest.mark.parametrize("how", ["nobody", "gives up", "blocked"])
def test_r56_r58_r71_a_missed_or_blocked_request_is_a_transcript_at_once(
    opened: Callable[..., ChatOrg], how: str
) -> None:
    org = opened()
    if how == "gives up":
        org.log_in("ada")
    if how == "blocked":
        rule = {"DeveloperName": "R", "MasterLabel": "R", "FromIpAddress": "192.0.2.0", "ToIpAddress": "192.0.2.9"}
        org.seed({"records": [{"object": "LiveChatBlockingRule", "fields": rule | {"OwnerType": "Admin"}}]})
    org.ask()
    if how == "gives up":
        org.later(7)
        org.do(events.VisitorEnds("c"))
    row = org.transcript("Status, EndedBy, Abandoned, StartTime, Body, Owner.Name")
    status, by, abandoned = {
        "nobody": ("Missed", "System", 0),
        "gives up": ("Missed", "Visitor", 7),
        "blocked": ("Blocked", "System", None),
    }[how]
    assert (row["Status"], row["EndedBy"], row["Abandoned"]) == (status, by, abandoned)
    assert (row["StartTime"], row["Body"], row["Owner"]["Name"]) == (None, None, "Automated Process")


def test_r58_a_lost_visitor_leaves_a_dropped_transcript_without_the_agents_doing(at_work: ChatOrg) -> None:
    at_work.engaged()
    at_work.do(events.VisitorSeen("c", is_polling=False))
    at_work.later(600)
    row = at_work.transcript("Id, Status, EndedBy, EndTime, CreatedDate")
    assert (row["Status"], row["EndedBy"]) == ("Dropped", "System")
    assert row["EndTime"] == row["CreatedDate"] == "2026-06-15T09:02:30.000+0000"
    assert at_work.console.close("c", at_work.id("ada")) == {"transcriptId": row["Id"]}


def test_r59_the_same_visitor_is_known_again_also_one_who_was_refused(at_work: ChatOrg) -> None:
    at_work.ask("x", button="fix", session_key="cookie")
    at_work.do(events.VisitorEnds("x"))
    at_work.engaged("c", session_key="cookie")
    at_work.over("ada")
    at_work.engaged("d", session_key="another")
    at_work.over("ada", "d")
    assert sorted(row["SessionKey"] for row in at_work.rows("SELECT SessionKey FROM LiveChatVisitor")) == [
        "another",
        "cookie",
    ]
    rows = at_work.rows("SELECT LiveChatVisitorId FROM LiveChatTranscript WHERE LiveChatVisitor.SessionKey = 'cookie'")
    assert len(rows) == 2


def test_r66_r67_r70_r71_the_fields_of_a_whole_chat(at_work: ChatOrg) -> None:
    who = {
        "user_agent": FIREFOX,
        "language": "en-GB",
        "screen_resolution": "1920x1080",
        "referrer": "https://shop.test/",
    }
    at_work.ask(**who)
    at_work.later(20)
    at_work.accept("ada")
    at_work.do(events.VisitorSeen("c", is_polling=True))
    at_work.do(events.VisitorWrites("c", "Hi"))
    at_work.later(10)
    at_work.console.say("c", at_work.id("ada"), "Hello")
    at_work.later(50)
    at_work.over("ada")
    fields = (
        "ChatKey, LiveChatDeploymentId, LiveChatButtonId, SkillId, RequestTime, StartTime, EndTime, WaitTime, ChatDuration,"
        " Abandoned, OperatorMessageCount, VisitorMessageCount, AverageResponseTimeOperator, MaxResponseTimeOperator,"
        " IpAddress, UserAgent, Browser, Platform, BrowserLanguage, ScreenResolution, ReferrerUri, Location,"
        " VisitorNetwork, IsChatbotSession"
    )
    assert at_work.transcript(fields) == {
        "ChatKey": "c",
        "LiveChatDeploymentId": at_work.id("web"),
        "LiveChatButtonId": at_work.id("buy"),
        "SkillId": at_work.id("sales"),
        "RequestTime": "2026-06-15T09:00:00.000+0000",
        "StartTime": "2026-06-15T09:00:20.000+0000",
        "EndTime": "2026-06-15T09:01:20.000+0000",
        "WaitTime": 20,
        "ChatDuration": 60,
        "Abandoned": None,
        "OperatorMessageCount": 1,
        "VisitorMessageCount": 1,
        "AverageResponseTimeOperator": 10,
        "MaxResponseTimeOperator": 10,
        "IpAddress": "192.0.2.1",
        "UserAgent": FIREFOX,
        "Browser": "Firefox 147.0",
        "Platform": "Linux",
        "BrowserLanguage": "en-GB",
        "ScreenResolution": "1920x1080",
        "ReferrerUri": "https://shop.test/",
        "Location": None,
        "VisitorNetwork": None,
        "IsChatbotSession": False,
    }


@pytest.mark.parametrize(
    ("user_agent", "found"),
    [
        (FIREFOX, ("Firefox 147.0", "Linux")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148"
            " Safari/604.1",
            ("Safari 18.6", "iOS"),
        ),
        ("rubbish", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
        ("Firefox/1.0 " * 10_000, (None, None)),
    ],
)
def test_r71_browser_and_platform_are_read_from_the_user_agent(
    user_agent: str | None, found: tuple[str | None, str | None]
) -> None:
    assert browser_and_platform(user_agent) == found


def test_r71_what_is_longer_than_its_field_is_cut_and_the_chat_ends_all_the_same(at_work: ChatOrg) -> None:
    long = "x" * 5_000
    detail = PrechatDetail("Where", long, ("Location", "NoSuchField", "c__Nothing", "OwnerId", "Status"))
    who = dict.fromkeys(("session_key", "name", "user_agent", "language", "screen_resolution", "referrer"), long)
    at_work.engaged(**who, details=(detail,))
    at_work.console.raise_flag("c", at_work.id("ada"), long)
    at_work.over("ada")
    row = at_work.transcript("Location, UserAgent, BrowserLanguage, ReferrerUri, LiveChatVisitor.SessionKey, Status")
    assert {len(row[name]) for name in ("Location", "UserAgent", "BrowserLanguage", "ReferrerUri")} == {200}
    assert (row["LiveChatVisitor"]["SessionKey"], row["Status"]) == ("x" * 200, "Completed")
    [flag] = at_work.rows("SELECT Detail FROM LiveChatTranscriptEvent WHERE Type = 'FlagRaised'")
    assert flag["Detail"] == "x" * 255
    at_work.engaged("d", "ben", session_key=long)
    at_work.over("ben", "d")
    assert len(at_work.rows("SELECT Id FROM LiveChatVisitor")) == 1


def test_r71_what_no_database_keeps_is_left_out(at_work: ChatOrg) -> None:
    at_work.engaged(name="Ma\0ya", user_agent="Fire\0fox")
    at_work.do(events.VisitorWrites("c", "one\0two"))
    at_work.over("ada")
    row = at_work.transcript("UserAgent, Body")
    assert row["UserAgent"] == "Firefox"
    assert "Maya: onetwo" in row["Body"]


def test_r39_r46_r71_attached_records_become_links_when_the_chat_is_saved(at_work: ChatOrg) -> None:
    at_work.engaged()
    ada = at_work.id("ada")
    at_work.console.attach("c", ada, at_work.id("maya"), None)
    at_work.console.attach("c", ada, None, {"object": "Case", "fields": {"Subject": "Broken"}})
    assert at_work.rows("SELECT Id FROM LiveChatTranscript") == []
    at_work.console.transfer("c", ada, {"agentId": at_work.id("ben")}, "")
    at_work.accept("ben")
    at_work.over("ben")
    row = at_work.transcript("ContactId, Case.Subject, Case.OwnerId, OwnerId")
    assert (row["ContactId"], row["Case"]["Subject"]) == (at_work.id("maya"), "Broken")
    assert (row["Case"]["OwnerId"], row["OwnerId"]) == (ada, at_work.id("ben"))


def test_r39_a_record_that_is_gone_by_the_end_is_no_link(at_work: ChatOrg) -> None:
    at_work.engaged()
    at_work.console.attach("c", at_work.id("ada"), at_work.id("maya"), None)
    at_work.org.records.delete(at_work.me, "Contact", at_work.id("maya"))
    assert at_work.console.agent(at_work.id("ada"))["chats"][0]["attached"] == []
    at_work.over("ada")
    assert at_work.transcript("ContactId") == {"ContactId": None}


@pytest.mark.parametrize(
    ("save_to", "is_linked"), [("ContactId", True), ("Contact", True), ("CaseId", False), ("Wrong", False)]
)
def test_r71_prechat_entities_fill_the_field_that_they_name(at_work: ChatOrg, save_to: str, is_linked: bool) -> None:
    found = EntityField("LastName", "Name", finds=True, is_exact=True)
    entity = PrechatEntity("Contact", (found,), save_to_transcript=save_to)
    at_work.engaged(details=(PrechatDetail("Name", "Maya", ("Location",)),), entities=(entity,))
    [chat] = at_work.console.agent(at_work.id("ada"))["chats"]
    assert [one["recordId"] for one in chat["attached"]] == [at_work.id("maya")]
    at_work.over("ada")
    row = at_work.transcript("ContactId, CaseId, Location")
    assert row == {"ContactId": at_work.id("maya") if is_linked else None, "CaseId": None, "Location": "Maya"}


@pytest.mark.parametrize("what", ["LiveChatButton", "Skill", "LiveChatDeployment"])
def test_r71_a_chat_outlives_what_it_came_by(at_work: ChatOrg, what: str) -> None:
    at_work.engaged()
    [row] = [
        one
        for one in at_work.rows(f"SELECT Id, MasterLabel FROM {what}")
        if one["MasterLabel"] in ("Buy now", "Sales", "Web shop")
    ]
    sobject = at_work.org.catalog.get(what)
    with at_work.org.transaction() as transaction:
        transaction.erase(sobject, row["Id"])
    at_work.do(events.VisitorWrites("c", "Still there?"))
    at_work.over("ada")
    assert at_work.transcript("Status")["Status"] == "Completed"


def test_r71_a_button_with_several_skills_names_them_in_rows_of_their_own(opened: Callable[..., ChatOrg]) -> None:
    org = opened(
        {"chat": {"buttons": [{"ref": "any", "name": "Any", "skills": ["{sales}", "{technics}"], "queue": True}]}}
    )
    org.log_in("ada")
    for key, button in (("c", "any"), ("d", "buy")):
        org.ask(key, button)
        org.accept("ada")
        org.over("ada", key)
    rows = org.rows("SELECT SkillId FROM LiveChatTranscriptSkill WHERE Transcript.ChatKey = 'c' ORDER BY Id")
    assert [row["SkillId"] for row in rows] == [org.id("sales"), org.id("technics")]
    assert len(org.rows("SELECT Id FROM LiveChatTranscriptSkill")) == 2


# --- blocking ---------------------------------------------------------------------------------------------------------


def test_r41_r42_a_block_is_a_rule_record_that_refuses_the_next_request(at_work: ChatOrg) -> None:
    at_work.engaged("c")
    at_work.engaged("d", "ben")
    at_work.console.block("c", at_work.id("ada"), "Spam " * 500)
    at_work.console.block("d", at_work.id("ben"), "")
    [rule] = at_work.rows("SELECT FromIpAddress, ToIpAddress, Description, OwnerType FROM LiveChatBlockingRule")
    assert (rule["FromIpAddress"], rule["ToIpAddress"], rule["OwnerType"]) == ("192.0.2.1", None, "Agent")
    assert len(rule["Description"]) == 1_000
    at_work.ask("e")
    assert at_work.transcript("Status", "e")["Status"] == "Blocked"
    assert at_work.steps("e") == ["ChatRequest", "CancelBlocked"]
    at_work.ask("f", ip_address="192.0.2.2")
    assert at_work.accept("ada") == "f"


# --- sensitive data ---------------------------------------------------------------------------------------------------


def test_r38_sensitive_data_is_in_no_record(opened: Callable[..., ChatOrg]) -> None:
    rule = {
        "DeveloperName": "Pin", "MasterLabel": "Pin", "Pattern": "[0-9]{4}", "Replacement": "####", "IsEnabled": True,
        "ActionType": "Replace", "EnforceOn": 7, "Priority": 1,
    }  # fmt: skip
    org = opened({"records": [{"object": "LiveChatSensitiveDataRule", "fields": rule}]})
    org.log_in("ada")
    org.engaged()
    org.do(events.VisitorWrites("c", "It is 1234"))
    org.console.whisper("c", org.id("ben"), "Not 4321!")
    org.over("ada")
    row = org.transcript("Body, SupervisorTranscriptBody")
    assert "It is ####" in row["Body"]
    assert "Not ####!" in row["SupervisorTranscriptBody"]
    assert "Not" not in row["Body"]
    assert org.steps()[3:5] == ["SensitiveDataVisitor", "SensitiveDataSupervisor"]


# --- events -----------------------------------------------------------------------------------------------------------

TYPES = [
    value["value"] if isinstance(value, dict) else value
    for field in json.loads(files("chatlift.schemas").joinpath("legacy/LiveChatTranscriptEvent.json").read_text())[
        "fields"
    ]
    if field["name"] == "Type"
    for value in field["picklistValues"]
]


def test_r73_every_type_is_taken_and_no_other(at_work: ChatOrg) -> None:
    at_work.engaged()
    parent = {"LiveChatTranscriptId": at_work.over("ada"), "Time": "2026-06-15T09:00:00Z"}
    assert len(TYPES) == 59
    for type_ in TYPES:
        at_work.org.records.create(at_work.me, "LiveChatTranscriptEvent", parent | {"Type": type_})
    with pytest.raises(OrgError) as refused:
        at_work.org.records.create(at_work.me, "LiveChatTranscriptEvent", parent | {"Type": "Coffee"})
    assert refused.value.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
