"""Chatbots of legacy chat: they lead a button's chats, hand them on to agents, or end them."""

from collections.abc import Iterator
from typing import Any

import pytest
from simple_salesforce import Salesforce

from chatlift.emulator import mock_salesforce
from chatlift.emulator.chat import AgentDesk, RuleBroken, Visitor
from chatlift.emulator.handle import OrgHandle
from chatlift.migrate.transform.body.parse import parse
from chatlift.migrate.transform.body.rebuild import rebuild

SCENARIO: dict[str, Any] = {
    "now": "2026-03-02T10:00:00Z",
    "records": [
        {"object": "User", "ref": "dana", "fields": {"Username": "d@x.test", "FirstName": "Dana", "LastName": "Kern"}},
        {"object": "User", "ref": "rosa", "fields": {
            "Username": "r@x.test", "FirstName": "Rosa", "LastName": "Gil", "LanguageLocaleKey": "es", "TimeZoneSidKey": "Europe/Madrid",
        }},
    ],
    "chat": {
        "deployment": {"ref": "web", "name": "Web", "ConnectionWarningDuration": 100},
        "skills": [{"ref": "sales", "name": "Sales"}, {"ref": "es", "name": "Español"}],
        "buttons": [
            {"ref": "shop", "name": "Shop EN", "routing": "OmniSkills", "skills": ["@sales"]},
            {"ref": "tienda", "name": "Tienda", "skills": ["@es"]},
        ],
        "agents": [{"user": "@dana", "skills": ["@sales"]}, {"user": "@rosa", "skills": ["@es"]}],
    },
}  # fmt: skip


class Shop:
    """A desk with a bot at the button Shop EN, and a visitor whom it has answered."""

    def __init__(self, org: OrgHandle) -> None:
        self.org = org
        self.ids = org.seed(SCENARIO)
        self.desk, self.visitor = AgentDesk(org.url), Visitor(org.url)
        self.desk.open_bot(self.ids["shop"], "Helper Bot")
        self.visitor.ask(self.ids["web"], self.ids["shop"])
        self.key = self.visitor.id

    def query(self, soql: str) -> list[dict[str, Any]]:
        sf = Salesforce(username="u", password="p", security_token="t")
        return [dict(row) for row in sf.query_all(soql)["records"]]

    def events(self) -> list[str]:
        return [row["Type"] for row in self.query("SELECT Type FROM LiveChatTranscriptEvent ORDER BY Id")]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with mock_salesforce() as org:
        org.clock.freeze()
        yield Shop(org)


def test_a_bot_hands_a_chat_on_to_agents_and_the_text_is_that_of_public_samples(shop: Shop) -> None:
    assert shop.visitor.until("ChatEstablished")[-1].message["name"] == "Helper Bot"
    dana = shop.ids["dana"]
    shop.org.clock.advance(seconds=2)
    shop.desk.bot_says(shop.key, "Hi")
    assert shop.visitor.until("ChatMessage")[-1].message["text"] == "Hi"
    shop.org.clock.advance(seconds=7)
    shop.visitor.say("agent please")
    assert not shop.desk.bot_transfers(shop.key)  # nobody is there: the bot keeps the chat
    shop.desk.login(dana)
    assert shop.desk.bot_transfers(shop.key)
    shop.org.clock.advance(seconds=21)
    shop.desk.accept(shop.desk.agent(dana).requests[0].request_id, dana)
    (chat,) = shop.desk.agent(dana).chats
    assert [(one.role, one.text) for one in chat.messages] == [("Bot", "Hi"), ("Visitor", "agent please")]
    shop.org.clock.advance(seconds=12)
    shop.desk.say(shop.key, dana, "Hello")
    shop.desk.end(shop.key, dana)
    (row,) = shop.query(
        "SELECT Status, EndedBy, IsChatbotSession, WaitTime, OperatorMessageCount, VisitorMessageCount, Body FROM LiveChatTranscript"
    )
    assert row["Body"] == (
        '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:00 (+0000)</p>( 2s ) Helper Bot: Hi<br>'
        "( 9s ) Visitor: agent please<br>"
        '<p align="center">Agent Chatbot failed to transfer the chat to skill</p>'
        '<p align="center">Agent Chatbot successfully transferred the chat to skill</p>'
        '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:30 (+0000)</p>'
        '<p align="center">Chat Origin: Shop EN</p><p align="center">Chat Transferred From Helper Bot To Dana K</p>'
        '<p align="center">Agent Dana K</p>( 12s ) Dana K: Hello<br>'
    )
    assert rebuild(parse(row["Body"])) == row["Body"]
    figures = ("Status", "EndedBy", "IsChatbotSession", "WaitTime", "OperatorMessageCount", "VisitorMessageCount")
    assert tuple(row[name] for name in figures) == ("Completed", "Agent", True, 30, 1, 1)
    assert shop.events() == [
        "ChatRequest", "ChatbotEstablished", "TransferredToSbrSkillFailed", "TransferredToSbrSkill", "PushAssignment", "Accept", "EndAgent",
    ]  # fmt: skip


def test_a_bot_hands_on_to_another_button_whose_agent_writes_spanish_headings(shop: Shop) -> None:
    rosa = shop.ids["rosa"]
    shop.desk.login(rosa)
    assert shop.desk.bot_transfers(shop.key, shop.ids["tienda"])
    shop.desk.accept(shop.desk.agent(rosa).requests[0].request_id, rosa)
    shop.desk.end(shop.key, rosa)
    shop.desk.close(shop.key, rosa)
    (row,) = shop.query("SELECT Body, LiveChatButton.MasterLabel FROM LiveChatTranscript")
    assert row["LiveChatButton"]["MasterLabel"] == "Tienda"
    assert f"Agent Chatbot successfully transferred the chat to button ButtonId {shop.ids['tienda']}" in row["Body"]
    assert "Ha comenzado el chat: lunes, marzo 02, 2026, 11:00:00 (+0100)" in row["Body"]
    assert row["Body"].endswith(
        '<p align="center">Origen de chat: Tienda</p><p align="center">Chat transferido desde Helper Bot A Rosa G</p>'
        '<p align="center">Agente Rosa G</p>'
    )


@pytest.mark.parametrize(
    ("ending", "last", "status", "by"),
    [
        ("bot", "ChatbotEndChat", "Completed", "System"),
        ("action", "ChatbotEndedChatByAction", "Completed", "System"),
        ("visitor", "EndVisitor", "Completed", "Visitor"),
        ("lost", "LeaveVisitor", "Dropped", "System"),
    ],
)
def test_a_chat_that_ends_with_its_bot_has_begun_with_it(
    shop: Shop, ending: str, last: str, status: str, by: str
) -> None:
    shop.org.clock.advance(seconds=60)
    if ending == "visitor":
        shop.visitor.end()
    elif ending == "lost":
        shop.org.clock.advance(minutes=10)
    else:
        assert shop.desk.bot_ends(shop.key, by_action=ending == "action")
    (row,) = shop.query("SELECT Status, EndedBy, WaitTime, StartTime, RequestTime FROM LiveChatTranscript")
    assert (row["Status"], row["EndedBy"], row["WaitTime"]) == (status, by, 0)
    assert row["StartTime"] == row["RequestTime"]
    assert shop.events()[-1] == last


def test_a_button_with_a_bot_is_available_while_no_agent_is_there(shop: Shop) -> None:
    shop_id, other = shop.ids["shop"], shop.ids["tienda"]
    assert shop.visitor.availability(shop_id, other) == [{"id": shop_id, "isAvailable": True}, {"id": other}]
    client = Salesforce(username="u", password="p", security_token="t")
    client.LiveChatButton.update(shop_id, {"IsActive": False})
    assert shop.visitor.availability(shop_id) == [{"id": shop_id}]
    late = Visitor(shop.org.url)
    late.ask(shop.ids["web"], shop_id)
    assert late.until("ChatRequestFail")[-1].message["reason"] == "Unavailable"


def test_only_the_bot_that_leads_a_chat_speaks_and_a_closed_one_answers_nobody(shop: Shop) -> None:
    shop.desk.login(shop.ids["dana"])
    shop.desk.bot_transfers(shop.key)
    with pytest.raises(RuleBroken, match="no bot leads this chat"):
        shop.desk.bot_says(shop.key, "still here")
    shop.desk.close_bot(shop.ids["shop"])
    late = Visitor(shop.org.url)
    late.ask(shop.ids["web"], shop.ids["shop"])
    with pytest.raises(RuleBroken, match="no bot leads this chat"):
        shop.desk.bot_ends(late.id)
