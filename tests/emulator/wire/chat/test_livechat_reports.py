"""What a visitor's client reports of itself, pages, timers and rules, and what it is told about them."""

from typing import Any

import pytest

from chatlift.emulator.chat import Visitor

from .conftest import Office

RULE = {
    "DeveloperName": "Cards", "MasterLabel": "Cards", "Pattern": "[0-9]{4}", "Replacement": "####", "IsEnabled": True,
    "ActionType": "Replace", "EnforceOn": 3, "Priority": 1,
}  # fmt: skip


def rule(office: Office, **changes: Any) -> str:
    fields = {**RULE, **changes}
    return office.live.org.seed({"records": [{"object": "LiveChatSensitiveDataRule", "ref": "r", "fields": fields}]})[
        "r"
    ]


def steps(office: Office, visitor: Visitor) -> list[str]:
    """The steps of a chat in its transcript, once it is ended and closed."""
    visitor.end()
    office.desk.close(visitor.id, office.ids["ann"])
    rows = office.rows("SELECT Type, Detail FROM LiveChatTranscriptEvent ORDER BY Time, Name")
    return [row["Type"] + (f" {row['Detail']}" if row["Detail"] else "") for row in rows]


# --- sensitive data -----------------------------------------------------------------------------------------------------


def test_a_client_is_told_the_rules_that_it_shall_apply(office: Office) -> None:
    id_ = rule(office)
    rule(office, DeveloperName="Agents", MasterLabel="Agents", EnforceOn=1)
    office.desk.login(office.ids["ann"])
    success, told = office.asked().poll()[:2]
    rules = [{"id": id_, "name": "Cards", "pattern": "[0-9]{4}", "replacement": "####", "actionType": "Replace"}]
    assert (success.type, success.message["sensitiveDataRules"]) == ("ChatRequestSuccess", rules)
    assert (told.type, told.message) == ("SensitiveDataRules", {"sensitiveDataRules": rules})


def test_without_rules_a_client_is_told_of_none(office: Office) -> None:
    rule(office, IsEnabled=False)
    office.desk.login(office.ids["ann"])
    assert [one.type for one in office.asked().poll()] == ["ChatRequestSuccess"]


@pytest.mark.parametrize("by", ["id", "short id", "name"])
def test_a_rule_that_a_client_has_applied_is_a_step_of_the_chat(office: Office, by: str) -> None:
    id_ = rule(office)
    visitor = office.talking()
    visitor.say("my card is ####")
    reported = {"id": id_, "short id": id_[:15]}
    one = {"name": "Cards"} if by == "name" else {"id": reported[by], "name": "another"}
    visitor.post("SensitiveDataRuleTriggered", rules=[one, {"name": "unknown"}])
    assert [step for step in steps(office, visitor) if "Sensitive" in step] == ["SensitiveDataVisitor Cards"]


@pytest.mark.parametrize("rules", [None, "Cards", [1], [{"name": "Cards"}] * 101])
def test_rules_are_a_list_of_objects(office: Office, rules: Any) -> None:
    visitor = office.talking()
    answer = visitor._session.post(
        f"{office.live.https}/chat/rest/Chasitor/SensitiveDataRuleTriggered",
        json={"rules": rules},
        headers={
            "X-LIVEAGENT-API-VERSION": "60", "X-LIVEAGENT-AFFINITY": visitor.affinity, "X-LIVEAGENT-SESSION-KEY": visitor.key,
        },
        timeout=10,
    )  # fmt: skip
    assert answer.status_code == 400


def agent_reports(office: Office, body: Any) -> int:
    url = f"{office.live.https}/chat/rest/Agent/SensitiveDataRuleTriggered"
    headers = {"X-LIVEAGENT-API-VERSION": "60"}
    return office.live.session().post(url, json=body, headers=headers, timeout=10).status_code


def test_a_rule_that_an_agents_console_has_applied_is_a_step_of_the_chat(office: Office) -> None:
    rule(office)
    visitor = office.talking()
    assert agent_reports(office, {"rules": [{"name": "Cards"}], "chatId": visitor.id}) == 200
    assert agent_reports(office, {"rules": [{"name": "Cards"}], "chatId": "none"}) == 403
    assert agent_reports(office, {"rules": [{"name": "Cards"}]}) == 400
    assert [step for step in steps(office, visitor) if "Sensitive" in step] == ["SensitiveDataAgent Cards"]


# --- silence ------------------------------------------------------------------------------------------------------------


def idle(office: Office) -> Visitor:
    button = {
        "ref": "idle", "name": "Idle", "skills": [office.ids["sales"]], "OptionsHasChasitorIdleTimeout": True,
        "ChasitorIdleTimeout": 60, "ChasitorIdleTimeoutWarning": 40,
    }  # fmt: skip
    office.ids = {**office.ids, **office.live.org.seed({"chat": {"buttons": [button]}})}
    office.live.org.clock.freeze()
    ann = office.ids["ann"]
    office.desk.login(ann)
    visitor = office.visitor()
    visitor.ask(office.ids["web"], office.ids["idle"])
    office.desk.accept(office.desk.agent(ann).requests[0].request_id, ann)
    office.desk.say(visitor.id, ann, "Are you there?")
    return visitor


def warns(visitor: Visitor, event: str) -> None:
    visitor.post("ChasitorIdleTimeoutWarningEvent", idleTimeoutWarningEvent=event)


def test_a_warning_that_a_client_shows_and_clears_is_told_once(office: Office) -> None:
    visitor = idle(office)
    office.live.org.clock.advance(seconds=39)
    for _ in range(2):
        warns(visitor, "triggered")
    office.live.org.clock.advance(seconds=11)  # the org's own warning would have been due
    for _ in range(2):
        warns(visitor, "cleared")
    visitor.poll()
    office.live.org.clock.advance(seconds=39)  # the silence is counted anew
    visitor.say("Yes")
    told = [step for step in steps(office, visitor) if step.startswith("Chasitor")]
    assert told == ["ChasitorIdleTimeoutWarningTriggered", "ChasitorIdleTimeoutWarningCleared"]


def test_a_warning_where_no_silence_is_counted_is_nothing(office: Office) -> None:
    visitor = office.talking()
    for event in ("triggered", "cleared", "other"):
        warns(visitor, event)
    assert not [step for step in steps(office, visitor) if step.startswith("Chasitor")]


# --- pages --------------------------------------------------------------------------------------------------------------


def pages(office: Office, visitor: Visitor) -> tuple[str, ...]:
    return office.desk.agent(office.ids["ann"]).chat(visitor.id).visitor.breadcrumbs


def test_the_page_that_the_visitor_looks_at_comes_to_his_chat_window(office: Office) -> None:
    visitor = office.talking()
    visitor.browse("https://shop.example/a")
    (told,) = visitor.poll()
    assert (told.type, told.message) == ("NewVisitorBreadcrumb", {"location": "https://shop.example/a"})


@pytest.mark.parametrize("by", ["sid", "cookie", "settings", "nobody"])
def test_a_page_is_known_by_the_visitors_own_key(office: Office, by: str) -> None:
    web = office.live.session()
    rest, version = f"{office.live.https}/chat/rest/Visitor", {"X-LIVEAGENT-API-VERSION": "60"}
    made = web.get(f"{rest}/VisitorId", headers=version, timeout=10)
    key = made.json()["messages"][0]["message"]["sessionId"]
    visitor = office.talking(trackingId=key)
    if by != "cookie":
        web.cookies.clear()
    page = "https://shop.example/b"
    if by == "settings":
        answer = web.get(
            f"{rest}/Settings",
            params={"sid": key, "Settings.updateBreadcrumb": "1"},
            headers={**version, "Referer": page},
            timeout=10,
        )
    else:
        sid = {"sid": {"sid": key}, "nobody": {"sid": "another"}}.get(by, {})
        answer = web.post(f"{rest}/Breadcrumb", json={"location": page}, params=sid, headers=version, timeout=10)
    assert answer.status_code == 200
    assert pages(office, visitor) == (() if by == "nobody" else (page,))


# --- what a page and a window are told -----------------------------------------------------------------------------------


def test_a_page_is_told_the_kind_and_the_form_of_each_button(office: Office) -> None:
    button = {
        "ref": "form", "name": "Form", "Type": "Invite", "PrechatFormUrl": "https://shop.example/form", "WindowLanguage": "de",
    }  # fmt: skip
    form, ann = office.live.org.seed({"chat": {"buttons": [button]}})["form"], office.ids["ann"]
    office.desk.login(ann)
    assert office.visitor().settings(form, ann)["buttons"] == [
        {"id": form, "type": "Invite", "prechatUrl": "https://shop.example/form", "language": "de"},
        {"id": ann, "type": "ToAgent", "isAvailable": True},
    ]


def test_a_window_that_comes_back_is_told_the_pages_and_who_took_over(office: Office) -> None:
    button = {"ref": "post", "name": "Post", "skills": [office.ids["sales"]], "PostchatUrl": "https://shop.example/bye"}
    office.ids = {**office.ids, **office.live.org.seed({"chat": {"buttons": [button]}})}
    ann, bob, desk = office.ids["ann"], office.ids["bob"], office.desk
    for agent in (ann, bob):
        desk.login(agent)
    web = office.live.session()
    web.headers["Referer"] = "https://search.example/"
    visitor = Visitor(office.live.https, web)
    visitor.ask(office.ids["web"], office.ids["post"], name="Maya")
    success = visitor.poll()[0].message
    assert (success["url"], success["oref"]) == ("", "https://search.example/")
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    visitor.say("Hello")
    visitor.browse("https://shop.example/c")
    desk.whisper(visitor.id, office.ids["sue"], "psst")
    desk.transfer(visitor.id, ann, to_agent=bob)
    desk.accept(desk.agent(bob).requests[0].request_id, bob)
    desk.say(visitor.id, bob, "Hi")
    desk.reroute(visitor.id)
    (told,) = visitor.reconnect()
    pages = [told.message[name] for name in ("url", "oref", "postChatUrl")]
    assert pages == ["https://shop.example/c", "https://search.example/", "https://shop.example/bye"]
    entries = told.message["chatMessages"]
    assert [(one["type"], one["name"], one["content"], one["sequence"]) for one in entries] == [
        ("Chasitor", "Maya", "Hello", 1),
        ("OperatorTransferred", "Bob B", "", 2),
        ("Agent", "Bob B", "Hi", 3),
    ]


def test_a_visitor_is_told_that_his_agents_connection_broke(office: Office) -> None:
    visitor = office.talking()
    office.desk.disconnect(office.ids["ann"])
    assert [told.type for told in visitor.poll()] == ["AgentDisconnect", "QueueUpdate"]
    office.desk.login(office.ids["ann"])
    assert [offer.chat_key for offer in office.desk.agent(office.ids["ann"]).requests] == [visitor.id]
