"""The records that chats name: who they are, what they are called, and what is missing."""

import csv
from pathlib import Path
from typing import Any

from chatlift.migrate import Plan
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Hands, run
from chatlift.migrate.verify import verify


def test_language_of_a_messaging_user_is_the_first_that_his_chats_tell(tmp_path: Path, export: Any) -> None:
    visitor = "571000000000001AAA"
    chats = [
        export.transcript(1, LiveChatVisitorId=visitor, BrowserLanguage="tlh"),
        export.transcript(2, LiveChatVisitorId=visitor, BrowserLanguage="de-DE"),
        export.transcript(3, LiveChatVisitorId=visitor, BrowserLanguage="fr"),
        export.transcript(4, BrowserLanguage=""),
    ]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": chats})
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert [row["Language"] for row in export.rows(tmp_path / "out", "MessagingEndUser")] == ["de", None]
    languages = [row["EndUserLanguage"] for row in export.rows(tmp_path / "out", "MessagingSession")]
    assert languages == [None, "de", "fr", None]
    assert verify(tmp_path / "out", source) == []


CONTACT, LEAD, CASE, ACCOUNT = "003000000000001AAA", "00Q000000000001AAA", "500000000000001AAA", "001000000000001AAA"


def with_parents(export: Any) -> dict[str, list[dict[str, str]]]:
    """Three chats: of a contact, of a lead, and of somebody whose contact is nowhere; with the set-up that they name."""
    deployment, skill = "572000000000001AAA", "0C5000000000001AAA"
    gone = {"ContactId": "003000000000009AAA", "CaseId": "500000000000002AAA", "SkillId": "0C5000000000002AAA"}
    body = export.HEAD + "( 4s ) Eve Olin: hi<br>( 9s ) Acme Support: hello<br>"
    return {
        "LiveChatTranscript": [
            export.transcript(1, ContactId=CONTACT, AccountId="001000000000002AAA", SkillId=skill, Body=body),
            export.transcript(2, LeadId=LEAD, AccountId=ACCOUNT),
            export.transcript(3, AccountId="", **gone),
        ],
        "Contact": [
            {"Id": CONTACT[:15], "IsDeleted": "0", "FirstName": "Eve", "LastName": "Olin", "AccountId": ACCOUNT},
            {"Id": "003000000000003AAA", "IsDeleted": "0", "FirstName": "", "LastName": "Else", "AccountId": ""},
        ],
        "Lead": [{"Id": LEAD, "IsDeleted": "1", "Name": "Lea Dahl"}],
        "Case": [{"Id": CASE, "CaseNumber": "00001001"}],
        "Account": [{"Id": ACCOUNT, "Name": "Acme"}, {"Id": "001000000000002AAA", "Name": "Other"}],
        "LiveChatDeployment": [{"Id": deployment, "DeveloperName": "Web", "MasterLabel": "Our web site"}],
        "Skill": [{"Id": skill, "DeveloperName": "Billing", "MasterLabel": "Bills & more"}],
        "LiveChatButton": [{"Id": "573000000000001AAA", "DeveloperName": "Shop", "MasterLabel": "Shop Button"}],
    }


def orphans(folder: Path) -> list[list[str]]:
    with (folder / "orphans.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row[:5] for row in csv.reader(stream)][1:]


def test_contact_and_lead_name_their_messaging_users_and_what_is_missing_is_listed(tmp_path: Path, export: Any) -> None:
    source = export.folder(tmp_path / "source", with_parents(export))
    outcome = run(source, tmp_path / "out", Plan(), hands=Hands(block_size=600))
    assert outcome.exit_code == 0
    out = tmp_path / "out"
    assert [user["Name"] for user in export.rows(out, "MessagingEndUser")] == [
        "Eve Olin",
        "Lea Dahl",
        "Visitor 00000003",
    ]
    roles = {entry["ActorName"]: entry["Legacy_Role_Basis__c"] for entry in export.rows(out, "ConversationEntry")}
    assert (roles["Eve Olin"], roles["Acme Support"]) == ("contact name", "not the visitor")
    first, _, third = export.rows(out, "MessagingSession")
    assert first["Legacy_Button_Label__c"] == "Shop Button"
    assert first["Legacy_Deployment_Label__c"] == "Our web site"
    assert first["Legacy_Skill_Label__c"] == "Bills & more"
    assert "Legacy_Skill_Label__c" not in third
    assert orphans(out) == [
        ["Case", "500000000000002AAA", "CaseId", "LiveChatTranscript", "570000000000003AAA"],
        ["Contact", "003000000000009AAA", "ContactId", "LiveChatTranscript", "570000000000003AAA"],
        ["Lead", LEAD, "LeadId", "LiveChatTranscript", "570000000000002AAA"],
        ["Skill", "0C5000000000002AAA", "SkillId", "LiveChatTranscript", "570000000000003AAA"],
    ]
    told = {one["warning"]: one["examples"] for one in export.json(out / "manifest.json")["warnings"]}
    assert told["account: the chat names another account than its contact has"] == ["570000000000001AAA"]
    assert verify(out, source) == []


def test_pre_chat_name_goes_before_the_contact_s(tmp_path: Path, export: Any) -> None:
    tables = with_parents(export)
    tables["ConversationContextEntry"] = [
        {
            "Id": "577000000000001AAA",
            "ParentId": "570000000000001AAA",
            "CustomDetailContextKey": "Name",
            "CustomDetailContextValue": "Evie",
        }
    ]
    source = export.folder(tmp_path / "source", tables)
    run(source, tmp_path / "out", Plan())
    assert export.rows(tmp_path / "out", "MessagingEndUser")[0]["Name"] == "Evie"


def test_channel_of_a_deployment_has_its_label(tmp_path: Path, export: Any) -> None:
    tables = with_parents(export)
    for row in tables["LiveChatTranscript"]:
        row["LiveChatButtonId"] = ""
    source = export.folder(tmp_path / "source", tables)
    run(source, tmp_path / "out", Plan(deployment_channels={"572000000000001AAA": "Web"}))
    assert [row["MasterLabel"] for row in export.rows(tmp_path / "out", "MessagingChannel")] == ["Our web site"]


def test_custom_fields_of_all_chat_objects_are_carried_and_come_back(tmp_path: Path, export: Any) -> None:
    tables = export.tables()
    for name in ("LiveChatTranscriptEvent", "LiveChatVisitor", "ConversationContextEntry"):
        for number, row in enumerate(tables[name]):
            row["Own_Note__c"] = f"{name} {number}"
            row["Legacy_Score__c"] = str(number)
    source = export.folder(tmp_path / "source", tables)
    out = tmp_path / "out"
    run(source, out, Plan())
    users = export.rows(out, "MessagingEndUser")
    notes = {user.get("Own_Own_Note__c") or user.get("Own_Note__c") for user in users}
    assert "LiveChatVisitor 0" in notes
    assert {session["Rating__c"] for session in export.rows(out, "MessagingSession")} == {"5"}
    assert {session["Own_Shift__c"] for session in export.rows(out, "Legacy_Agent_Session__c")} == {"early"}
    carried = [row["SourceFields"] for row in export.rows(out, "OffPlatformEntry") if row.get("SourceRow")]
    assert {fields["Own_Note__c"].split()[0] for fields in carried} == {
        "LiveChatTranscriptEvent",
        "ConversationContextEntry",
    }
    declared = {one["name"]: {field["name"] for field in one["fields"]} for one in export.json(out / "objects.json")}
    assert any(name.endswith("Own_Note__c") for name in declared["MessagingEndUser"])
    assert any(name.endswith("Score__c") for name in declared["MessagingEndUser"])
    assert verify(out, source) == []
    restore_to(out, tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)


def test_agent_work_of_the_source_goes_before_what_events_tell(tmp_path: Path, export: Any) -> None:
    chat = "570000000000001AAA"
    work = {
        "Id": "0Bz000000000001AAA",
        "IsDeleted": "0",
        "WorkItemId": chat,
        "OwnerId": export.DANA,
        "UserId": export.DANA,
        "Status": "Closed",
        "AcceptDateTime": "2026-03-02 08:05:07",
        "CloseDateTime": "2026-03-02 09:06:00",
        "HandleTime": "3653",
        "CapacityWeight": "1.0",
    }
    tables = export.tables() | {
        "AgentWork": [
            work,
            work | {"Id": "0Bz000000000002AAA", "WorkItemId": "500000000000001AAA"},
            work | {"Id": "0Bz000000000003AAA", "HandleTime": "long"},
        ]
    }
    source = export.folder(tmp_path / "source", tables)
    out = tmp_path / "out"
    outcome = run(source, out, Plan(agent_work=True))
    assert outcome.exit_code == 0
    sessions = {row["Legacy_Transcript_Id__c"]: row["Id"] for row in export.rows(out, "MessagingSession")}
    rows = export.rows(out, "AgentWork")
    [mine] = [row for row in rows if row["WorkItemId"] == sessions[chat]]
    assert (mine["HandleTime"], mine["Status"]) == (3653, "Closed")
    assert "RequestDateTime" not in mine
    others = [row for row in rows if row["WorkItemId"] == sessions["570000000000003AAA"]]
    assert [row["Status"] for row in others] == ["Closed"]
    assert others[0]["AssignedDateTime"]
    told = {one["warning"]: one["examples"] for one in outcome.manifest["warnings"]}
    assert told["AgentWork: a row is deleted, cannot be read or names no user"] == ["0Bz000000000003AAA"]
    assert outcome.manifest["accounts"]["AgentWork"]["skipped"] == 3
    assert verify(out, source) == []
    run(source, out, Plan())
    assert export.rows(out, "AgentWork") == []
