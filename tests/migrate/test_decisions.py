"""What the keys of a plan change in the structures; whatever they are, the source comes back and the folder holds together."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.migrate import Person, migrate_transcript
from chatlift.migrate.plan import Plan, from_mapping
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Hands, run
from chatlift.migrate.verify import verify


def migrate(source: Path, out: Path, export: Any, hands: Hands = Hands(), **keys: Any) -> Path:
    """Migrate, verify and restore."""
    outcome = run(source, out, from_mapping(keys), hands=hands)
    assert outcome.books.is_closed
    assert verify(out, source) == []
    back = out.with_name(f"{out.name}-back")
    restore_to(out, back)
    assert export.tree(back) == export.tree(source)
    return out


def test_asynchronous_target_has_one_conversation_for_each_messaging_user(
    source: Path, tmp_path: Path, export: Any
) -> None:
    out = migrate(source, tmp_path / "out", export, session_based=False)
    sessions = export.rows(out, "MessagingSession")
    conversations = {row["Id"]: row for row in export.rows(out, "Conversation")}
    users = {session["MessagingEndUserId"]: session["ConversationId"] for session in sessions}
    assert len(users) == len(set(users.values())) == len(conversations) == len(sessions) - 1
    by_name = {session["Legacy_Name__c"]: session for session in sessions}
    first, fifth = by_name["00000001"], by_name["00000005"]
    assert first["ConversationId"] == fifth["ConversationId"]
    assert conversations[first["ConversationId"]]["EndTime"] is None
    assert conversations[by_name["00000002"]["ConversationId"]]["EndTime"] is None
    participants = [
        p for p in export.rows(out, "ConversationParticipant") if p["ConversationId"] == first["ConversationId"]
    ]
    assert sorted(p["ParticipantRole"] for p in participants) == ["Agent", "EndUser", "Supervisor"]
    entries = [e for e in export.rows(out, "ConversationEntry") if e["ConversationId"] == first["ConversationId"]]
    assert {e["Legacy_Transcript_Id__c"] for e in entries} == {"570000000000001AAA", "570000000000005AAA"}
    assert len({e["MessageIdentifier"] for e in entries}) == len(entries)


def test_entries_are_numbered_through_a_conversation_of_several_chats(tmp_path: Path, export: Any) -> None:
    same = {"LiveChatVisitorId": "571000000000001AAA"}
    rows = [
        export.transcript(n, Body=export.BODY.replace("March 02", f"March {day}"), **same)
        for n, day in enumerate(("04", "02", "03"), 1)
    ]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    out = migrate(source, tmp_path / "out", export, Hands(block_size=600), session_based=False)
    entries = sorted(export.rows(out, "ConversationEntry"), key=lambda entry: entry["Seq"])
    assert [entry["Seq"] for entry in entries] == list(range(1, 10))
    assert [entry["Legacy_Transcript_Id__c"][-4] for entry in entries] == [*"222", *"333", *"111"]
    assert [entry["Legacy_Seq__c"] for entry in entries] == [1, 2, 3] * 3
    assert [entry["EntryTime"] for entry in entries] == sorted(entry["EntryTime"] for entry in entries)


@pytest.mark.parametrize(("verified", "end"), [(False, "2026-03-04T09:06:00.000Z"), (True, None)])
def test_user_who_is_not_verified_ends_his_conversation(
    tmp_path: Path, export: Any, verified: bool, end: str | None
) -> None:
    same = {"LiveChatVisitorId": "571000000000001AAA"}
    rows = [
        export.transcript(
            n, RequestTime=f"2026-03-0{day} 08:05:00", EndTime=f"2026-03-0{day} 09:06:00", EndedBy=by, **same
        )
        for n, (day, by) in enumerate([(4, "Visitor"), (2, "Agent"), (3, "Visitor")], 1)
    ]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    out = migrate(source, tmp_path / "out", export, session_based=False, verified_users=verified)
    (conversation,) = export.rows(out, "Conversation")
    assert (conversation["StartTime"], conversation["EndTime"]) == ("2026-03-02T08:05:00.000Z", end)
    (end_user,) = [p for p in export.rows(out, "ConversationParticipant") if p["ParticipantRole"] == "EndUser"]
    assert end_user["JoinedTime"] == "2026-03-02T08:05:00.000Z"


def test_blocks_change_nothing_of_an_asynchronous_target(tmp_path: Path, export: Any) -> None:
    rows = [
        export.transcript(n, LiveChatVisitorId=f"571000000000{n % 3:03}AAA", EndedBy="Visitor" if n % 2 else "Agent")
        for n in range(1, 30)
    ]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    whole = migrate(source, tmp_path / "whole", export, session_based=False)
    blocks = migrate(source, tmp_path / "blocks", export, Hands(block_size=3000), session_based=False)
    assert len(export.rows(whole, "Conversation")) == 3
    for kind in ("Conversation", "ConversationParticipant"):
        first, second = ({row["Id"]: row for row in export.rows(out, kind)} for out in (whole, blocks))
        assert first == second


def test_owners_statuses_and_keys_follow_the_plan(source: Path, tmp_path: Path, export: Any) -> None:
    out = migrate(
        source,
        tmp_path / "out",
        export,
        owners={export.DANA: "00G000000000001"},
        missed_status="Error",
        blocked_status="Error",
        blocked_ended_by="as stated",
        platform_key="LiveChatVisitorId",
        visitor_name="Guest {number}",
        origin="AgentInitiated",
        metrics=["AgentMessageCount"],
        whispers=False,
        agent_sessions=False,
        agent_work=True,
        events={"FlagRaised": "NOTE"},
        context={"Topic": "Topic__c"},
        deployment_channels={"572000000000001": "Shop"},
    )
    sessions = {row["Legacy_Name__c"]: row for row in export.rows(out, "MessagingSession")}
    assert {row["OwnerId"] for row in sessions.values()} == {"00G000000000001EAG"} or all(
        row["OwnerId"].startswith("00G") for row in sessions.values()
    )
    assert sessions["00000004"]["Status"] == sessions["00000006"]["Status"] == "Error"
    assert sessions["00000006"]["EndedByType"] == "Agent"
    assert sessions["00000003"]["Topic__c"] == "a, b\nc"
    assert sessions["00000001"]["Topic__c"] is None
    assert {row["Origin"] for row in sessions.values()} == {"AgentInitiated"}
    users = export.rows(out, "MessagingEndUser")
    assert all(row["MessagingPlatformKey"].startswith("571") for row in users)
    assert "Guest 00001" in {row["Name"] for row in users}
    assert {row["MessagingSessionMetricType"] for row in export.rows(out, "MessagingSessionMetrics")} == {
        "AgentMessageCount"
    }
    off = export.rows(out, "OffPlatformEntry")
    assert not [row for row in off if row["Source"] == "SupervisorTranscriptBody"]
    assert {row["EntryType"] for row in off if row.get("Payload", {}).get("type") == "FlagRaised"} == {"NOTE"}
    assert export.rows(out, "Legacy_Agent_Session__c") == []
    assert {row["DeveloperName"] for row in export.rows(out, "MessagingChannel")} == {
        "Legacy_Chat_573000000000001AAA",
        "Shop",
    }
    work = export.rows(out, "AgentWork")
    assert {(row["Status"], row["UserId"]) for row in work} == {("Closed", export.DANA)}
    assert work[0]["AcceptDateTime"] == "2026-03-02T08:05:02.000Z"


def test_times_come_from_where_the_plan_says(export: Any) -> None:
    events = [export.event(1, 1, "Accept", 30), export.event(2, 1, "EndAgent", 59)]
    plan = from_mapping(
        {"start_times": ["CreatedDate"], "accept_times": ["Accept event"], "end_times": ["last event", "EndTime"]}
    )
    session = migrate_transcript(export.transcript(1), events, plan=plan).session
    assert session["StartTime"] == "2026-03-02T09:10:00.000Z"
    assert session["AcceptTime"] == "2026-03-02T08:05:30.000Z"
    assert session["EndTime"] == "2026-03-02T08:05:59.000Z"
    assert session["Legacy_Request_Time__c"] == "2026-03-02T08:05:00.000Z"
    assert session["Legacy_Start_Time__c"] == "2026-03-02T08:05:07.000Z"


def test_contacts_of_a_visitor_stay_together_by_plan(tmp_path: Path, export: Any) -> None:
    same = {"LiveChatVisitorId": "571000000000001AAA"}
    rows = [export.transcript(n, ContactId=f"003000000000{n:03}AAA", **same) for n in (1, 2)]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    assert len(export.rows(migrate(source, tmp_path / "split", export), "MessagingEndUser")) == 2
    out = migrate(source, tmp_path / "one", export, split_by_contact=False)
    (user,) = export.rows(out, "MessagingEndUser")
    assert user["ContactId"] == "003000000000001AAA"


def test_agents_who_were_asked_are_agent_work(export: Any) -> None:
    kinds = [
        ("ChatRequest", 0, ""), ("PushAssignment", 1, export.BEN), ("DeclineManual", 2, export.BEN),
        ("PushAssignment", 3, export.ROBOT), ("DeclineTimeout", 4, export.ROBOT), ("PushAssignment", 5, export.DANA),
        ("Accept", 6, export.DANA), ("Transfer", 7, export.DANA), ("PushAssignment", 8, export.BEN),
    ]  # fmt: skip
    events = [export.event(n, 1, kind, second, AgentId=agent) for n, (kind, second, agent) in enumerate(kinds)]
    made = migrate_transcript(export.transcript(1), events, plan=Plan(agent_work=True))
    told = [(row["UserId"], row["Status"]) for row in made.work]
    assert told == [
        (export.BEN, "Declined"),
        (export.ROBOT, "DeclinedOnPushTimeout"),
        (export.DANA, "Transferred"),
        (export.BEN, "Canceled"),
    ]
    assert {row["RequestDateTime"] for row in made.work} == {"2026-03-02T08:05:00.000Z"}
    assert migrate_transcript(export.transcript(1), events).work == ()


def test_words_of_another_language_by_plan(export: Any) -> None:
    body = (
        '<p align="center">Chat begonnen: maandag, maart 02, 2026, 10:00:00 (+0100)</p><p align="center">Herkomst: Winkel</p>'
        "( 2s ) Hulpje: Hoi<br>( 9s ) Bezoeker: mens graag<br>"
        '<p align="center">De chatbot gaf de chat door</p>'
        '<p align="center">Chat doorgegeven van Hulpje naar Daan de V</p>( 12s ) Daan de V: Hallo<br>'
    )
    plan = from_mapping(
        {
            "started_labels": ["Chat begonnen"],
            "origin_labels": ["Herkomst"],
            "visitor_labels": ["Bezoeker"],
            "transfer_labels": ["Chat doorgegeven van|naar"],
            "hand_over_labels": ["De chatbot gaf"],
            "months": {"maart": 3},
        }
    )
    made = migrate_transcript(export.transcript(1, Body=body), plan=plan)
    told = [(e["EntryType"], e["ActorType"], e["EntryTime"][11:19]) for e in made.entries]
    assert told == [
        ("Text", "Bot", "09:00:02"),
        ("Text", "EndUser", "09:00:09"),
        ("BotEscalated", "System", "09:00:09"),
        ("Text", "Agent", "09:00:12"),
    ]
    plain = migrate_transcript(export.transcript(1, Body=body))
    assert {e["EntryType"] for e in plain.entries} == {"Text"}


@pytest.mark.parametrize("zone", ["+0100", "+0200"])
def test_offsets_run_on_over_a_change_of_the_clocks(export: Any, zone: str) -> None:
    body = (
        f'<p align="center">Chat Started: Sunday, March 29, 2026, 01:59:50 ({zone})</p>'
        "( 4s ) Dana K: Hi<br>( 1h 0m 20s ) Visitor: still there?<br>"
    )
    entries = migrate_transcript(export.transcript(1, Body=body)).entries
    hour = 0 if zone == "+0100" else -1
    assert [e["EntryTime"][11:19] for e in entries] == [f"{hour % 24:02}:59:54", f"{(hour + 2) % 24:02}:00:10"]


def test_segments_of_one_body_may_be_of_several_zones(export: Any) -> None:
    body = (
        '<p align="center">Chat Started: Monday, March 02, 2026, 09:00:00 (+0100)</p>( 4s ) Dana K: Hi<br>'
        '<p align="center">Chat Started: Monday, March 02, 2026, 03:00:30 (-0500)</p>( 4s ) Ben J: Hello<br>'
    )
    entries = migrate_transcript(export.transcript(1, Body=body), people=[Person(export.BEN, "Ben", "Jo")]).entries
    assert [e["EntryTime"][11:19] for e in entries] == ["08:00:04", "08:00:34"]


def test_custom_fields_are_called_as_the_plan_says(source: Path, tmp_path: Path, export: Any) -> None:
    out = migrate(
        source,
        tmp_path / "out",
        export,
        field_prefix="Old_",
        fields={
            "LiveChatTranscript.Browser": "Chat_Browser__c",
            "LiveChatTranscript.WaitTime": "",
            "LiveChatTranscript.Rating__c": "Stars__c",
            "LiveChatVisitor.Name": "Visitor_Number__c",
        },
    )
    session = export.rows(out, "MessagingSession")[0]
    assert session["Chat_Browser__c"] == "Firefox 120"
    assert session["Old_Ip_Address__c"] == "192.0.2.7"
    assert session["Stars__c"] == "5"
    assert not {"Legacy_Browser__c", "Old_Browser__c", "Old_Wait_Time__c", "Legacy_Wait_Time__c", "Rating__c"} & set(
        session
    )
    assert session["Legacy_Transcript_Id__c"] == "570000000000001AAA"
    users = export.rows(out, "MessagingEndUser")
    assert "00001" in {row.get("Visitor_Number__c") for row in users}
    documents = {
        one["name"]: {field["name"]: field for field in one["fields"]} for one in export.json(out / "objects.json")
    }
    assert documents["MessagingSession"]["Old_Chat_Duration__c"]["type"] == "int"
    assert documents["MessagingSession"]["Stars__c"]["type"] == "textarea"
    assert (
        run(source, tmp_path / "again", from_mapping({"field_prefix": "Old_"})).manifest["statuses"]["Completed"] == 3
    )


def test_custom_field_of_the_source_gives_way_to_a_name_of_the_plan(tmp_path: Path, export: Any) -> None:
    rows = [export.transcript(1, Old_Browser__c="mine", Chat_Browser__c="too")]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    fields = {"LiveChatTranscript.Browser": "Chat_Browser__c", "LiveChatTranscript.Old_Browser__c": "Mine__c"}
    (session,) = export.rows(
        migrate(source, tmp_path / "out", export, fields=fields, field_prefix="Old_"), "MessagingSession"
    )
    assert (session["Chat_Browser__c"], session["Own_Chat_Browser__c"], session["Mine__c"]) == (
        "Firefox 120",
        "too",
        "mine",
    )


def test_links_kinds_and_stamps_follow_the_plan(source: Path, tmp_path: Path, export: Any) -> None:
    usual = {
        row["Legacy_Name__c"]: row
        for row in export.rows(migrate(source, tmp_path / "usual", export), "MessagingSession")
    }
    out = migrate(
        source,
        tmp_path / "out",
        export,
        completed_status="Error",
        ended_by={"Agent": "System"},
        agent_type="Agent",
        session_key="none",
        links=["LeadId"],
    )
    sessions = {row["Legacy_Name__c"]: row for row in export.rows(out, "MessagingSession")}
    assert {row["AgentType"] for row in usual.values()} == {"Agent", "BotToAgent"}
    assert {row["AgentType"] for row in sessions.values()} == {"Agent"}
    completed = {name for name, row in sessions.items() if row["Legacy_Status__c"] == "Completed"}
    assert {usual[name]["Status"] for name in completed} == {"Ended"}
    assert {name for name, row in sessions.items() if row["Status"] == "Error"} == completed
    by_agent = [name for name, row in usual.items() if row["EndedByType"] == "Agent"]
    assert by_agent
    assert {(sessions[name]["EndedByType"], sessions[name]["Legacy_Ended_By__c"]) for name in by_agent} == {
        ("System", "Agent")
    }
    first, before = sessions["00000001"], usual["00000001"]
    assert before["SessionKey"]
    assert (first["SessionKey"], first["Legacy_Chat_Key__c"]) == (None, before["SessionKey"])
    assert before["CaseId"] == "500000000000001AAA"
    assert (first["CaseId"], first["Legacy_Case_Id__c"]) == (None, before["CaseId"])
    users = export.rows(out, "MessagingEndUser")
    assert {(row["AccountId"], row["ContactId"]) for row in users} == {(None, None)}
    contacts = {row["Id"]: row["ContactId"] for row in export.rows(tmp_path / "usual", "MessagingEndUser")}
    assert any(contacts.values())
    for name, row in usual.items():
        assert sessions[name].get("Legacy_Contact_Id__c") == (
            contacts[row["MessagingEndUserId"]] or row.get("Legacy_Contact_Id__c")
        )


def test_fields_of_log_ins_are_called_as_the_plan_says(tmp_path: Path, export: Any) -> None:
    tables = export.tables()
    for row in tables["LiveAgentSession"]:
        row["Mood__c"], row["Team__c"] = "good", "blue"
    source = export.folder(tmp_path / "source", tables)
    fields = {
        "LiveAgentSession.Mood__c": "Agent_Mood__c",
        "LiveAgentSession.LoginTime": "Began__c",
        "LiveAgentSession.NumFlagRaised": "",
        "LiveChatTranscript.Rating__c": "Mood__c",
    }
    out = migrate(source, tmp_path / "out", export, fields=fields)
    log_in = export.rows(out, "Legacy_Agent_Session__c")[0]
    assert (log_in["Agent_Mood__c"], log_in["Own_Team__c"]) == ("good", "blue")
    assert log_in["Began__c"] == "2026-03-02T08:00:00.000Z"
    assert not {"LoginTime__c", "NumFlagRaised__c", "Own_Mood__c"} & set(log_in)
    documents = {
        one["name"]: {f["name"]: f["type"] for f in one["fields"]} for one in export.json(out / "objects.json")
    }
    described = documents["Legacy_Agent_Session__c"]
    assert (described["Began__c"], described["Agent_Mood__c"]) == ("datetime", "textarea")
    assert not {"LoginTime__c", "NumFlagRaised__c"} & set(described)


def test_a_name_in_other_letters_is_the_same_field(tmp_path: Path, export: Any) -> None:
    rows = [export.transcript(1, Rating__c="5", legacy_browser__c="lynx", Id__c="mine")]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": rows})
    fields = {"LiveChatTranscript.Browser": "rating__c"}
    (session,) = export.rows(migrate(source, tmp_path / "out", export, fields=fields), "MessagingSession")
    assert session["rating__c"] == "Firefox 120"
    assert (session["Own_Rating__c"], session["Own_legacy_browser__c"], session["Id__c"]) == ("5", "lynx", "mine")


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "session_based": st.booleans(),
        "verified_users": st.booleans(),
        "completed_status": st.sampled_from(["Ended", "Error"]),
        "missed_status": st.sampled_from(["Ended", "Error"]),
        "ended_by": st.sampled_from([{"Agent": "EndUser"}, {"Visitor": "Bot", "System": "Agent"}]),
        "agent_type": st.sampled_from(["Bot", "BotToAgent"]),
        "session_key": st.just("none"),
        "links": st.lists(st.sampled_from(["AccountId", "ContactId", "LeadId", "CaseId"]), unique=True),
        "dropped_ended_by": st.sampled_from(["System", "as stated", "EndUser"]),
        "start_times": st.permutations(["RequestTime", "StartTime", "CreatedDate"]),
        "accept_times": st.sampled_from([[], ["Accept event"], ["Accept event", "StartTime"]]),
        "end_times": st.lists(
            st.sampled_from(["EndTime", "last event", "StartTime + ChatDuration", "last entry"]), unique=True
        ),
        "metrics": st.lists(st.sampled_from(["AgentMessageCount", "MaxAgentResponseTime"]), unique=True),
        "split_by_contact": st.booleans(),
        "platform_key": st.sampled_from(["SessionKey", "LiveChatVisitorId"]),
        "whispers": st.booleans(),
        "agent_sessions": st.booleans(),
        "agent_work": st.booleans(),
        "files": st.sampled_from(["carry", "leave"]),
        "languages": st.just({"en-US": "de"}),
        "context": st.just({"Topic": "Topic__c", "FirstName": "Rank__c"}),
        "skip_statuses": st.lists(st.sampled_from(["Missed", "Completed", "InProgress"]), unique=True),
        "owners": st.just({"005000000000001AAA": "005000000000002AAA"}),
        "field_prefix": st.sampled_from(["Legacy_", "Old_"]),
        "fields": st.sampled_from(
            [
                {"LiveChatTranscript.Rating__c": "Stars__c", "LiveChatTranscript.Status": "State__c"},
                {"LiveChatTranscript.Browser": "", "LiveChatVisitor.Name": "N__c", "LiveChatTranscript.Name": "N2__c"},
                {
                    "LiveAgentSession.AgentId__c": "Whom__c",
                    "LiveAgentSession.TimeIdle": "",
                    "LiveAgentSession.LogoutTime": "End__c",
                },
            ]
        ),
        "bracketed_time_zone": st.sampled_from(["Europe/Berlin", "America/New_York"]),
    },
)


@given(keys=KEYS, size=st.sampled_from([1500, 1 << 22]))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_source_comes_back_whatever_the_plan(
    keys: dict[str, Any], size: int, export: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("plan")
    source = export.folder(place / "source", export.tables())
    migrate(source, place / "out", export, Hands(block_size=size), **keys)
