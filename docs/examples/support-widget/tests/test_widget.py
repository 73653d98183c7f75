"""What the widget keeps in Salesforce, and what it reads there."""

import pytest


def test_a_message_becomes_a_case(widget, salesforce, a_message):
    answer = widget.post("/widget/messages", json=a_message)
    assert answer.status_code == 201
    case = salesforce.query("SELECT CaseNumber, Subject, SuppliedEmail, Origin, Status FROM Case")["records"][0]
    assert case["CaseNumber"] == answer.json["case"]
    assert case["SuppliedEmail"] == "ada@example.com"
    assert (case["Subject"], case["Origin"], case["Status"]) == ("Message of Ada Lovelace", "Web", "New")


def test_what_is_sent_twice_is_kept_once(widget, salesforce, a_message):
    first, second = (widget.post("/widget/messages", json=a_message).json["case"] for _ in range(2))
    assert first == second
    assert salesforce.query("SELECT COUNT() FROM Case")["totalSize"] == 1


def test_a_message_that_is_not_whole_never_reaches_salesforce(widget, salesforce_org, a_message):
    answer = widget.post("/widget/messages", json=a_message | {"email": "ada"})
    assert answer.status_code == 422
    assert answer.json == {"errors": {"email": ["Not a valid email address."]}}
    assert len(salesforce_org.requests) == 0


def test_a_chat_becomes_a_transcript_with_its_times(widget, salesforce, a_chat):
    visitor = widget.post("/widget/chats", json=a_chat()).json["visitor"]
    kept = salesforce.query("SELECT Status, EndTime, Body, LiveChatVisitorId FROM LiveChatTranscript")["records"][0]
    assert (kept["Status"], kept["LiveChatVisitorId"]) == ("Completed", visitor)
    assert kept["EndTime"] == "2026-03-02T09:01:35.000+0000"
    assert kept["Body"].startswith("( 2s ) Ada: Is &lt;b&gt;this&lt;/b&gt; on?<br>")


# The file lies beside this one; without the marker an org is blank.
@pytest.mark.salesforce(seed="seeds/returning-visitor.json")
def test_a_visitor_who_comes_again_finds_his_chats(widget, a_chat):
    visitor = "571000000000001AAA"
    before = widget.get(f"/widget/visitors/{visitor}/chats").json["chats"]
    assert [(chat["status"], chat["agent"]) for chat in before] == [("Completed", "Grace Hopper"), ("Missed", None)]
    widget.post("/widget/chats", json=a_chat(visitor=visitor))
    latest, *earlier = widget.get(f"/widget/visitors/{visitor}/chats").json["chats"]
    assert (latest["asked"], latest["ended"]) == ("2026-03-02T09:00:00.000+0000", "2026-03-02T09:01:35.000+0000")
    assert earlier == before


@pytest.mark.salesforce(now="2026-03-02T23:30:00Z", frozen=True)
def test_today_ends_at_midnight(widget, salesforce_org, a_chat):
    widget.post("/widget/chats", json=a_chat(started="2026-03-02T23:10:00Z"))
    widget.post("/widget/chats", json=a_chat(key="0b6f6a52-2f4e-4f7e-8a40-3c1b7f0e9c02", missed=True, lines=[]))
    assert widget.get("/widget/today").json == {"Completed": 1, "Missed": 1}
    salesforce_org.clock.advance(hours=1)
    assert widget.get("/widget/today").json == {}
