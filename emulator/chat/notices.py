"""What a visitor is told: the messages of the Chat REST API whose content follows from the state (guide, "Response Bodies")."""

from typing import Any, Final

from .draft import Draft
from .setup import EnforcedOn
from .state import Chat, Message, Role

UNKNOWN_WAIT: Final = -1


def request_success(draft: Draft, chat: Chat) -> dict[str, Any]:
    """Return ChatRequestSuccess: the request is taken, nobody has accepted yet."""
    deployment = draft.deployment(chat)
    message: dict[str, Any] = {
        "connectionTimeout": deployment.connection_timeout * 1000,
        "estimatedWaitTime": estimated_wait(draft, chat),
        "sensitiveDataRules": sensitive_rules(draft),
        "transcriptSaveEnabled": deployment.saves_transcript,
        "queuePosition": chat.queueing.position if chat.queueing else 0,
        "customDetails": [
            {
                "label": detail.label,
                "value": detail.value,
                "transcriptFields": list(detail.transcript_fields),
                "displayToAgent": detail.display_to_agent,
            }
            for detail in chat.visitor.details
        ],
        "visitorId": chat.visitor.session_key,
    }
    return message | pages(draft, chat)


def pages(draft: Draft, chat: Chat) -> dict[str, str]:
    """Return the page that a visitor looks at, where he came from, and where he goes afterwards, as far as they are known."""
    visitor = chat.visitor
    known = {"oref": visitor.referrer, "postChatUrl": draft.button(chat).post_chat_url}
    url = visitor.breadcrumbs[-1] if visitor.breadcrumbs else ""
    return {"url": url} | {name: text for name, text in known.items() if text}


def sensitive_rules(draft: Draft) -> list[dict[str, Any]]:
    """Return the rules that a visitor's client applies before it sends anything (guide, "SensitiveDataRule")."""
    return [
        {
            "id": rule.id,
            "name": rule.name,
            "pattern": rule.pattern,
            "replacement": rule.replacement,
            "actionType": "Remove" if rule.removes else "Replace",
        }
        for rule in draft.desk.sensitive
        if EnforcedOn.VISITOR in rule.enforced_on
    ]


def tell_sensitive_rules(draft: Draft, chat: Chat) -> None:
    """Tell a visitor's client the rules, if there are any.

    The guide has SensitiveDataRules among the messages of a chat; that it follows the request's success is a guess.
    """
    rules = sensitive_rules(draft)
    if rules:
        draft.tell(chat, "SensitiveDataRules", sensitiveDataRules=rules)


def estimated_wait(draft: Draft, chat: Chat) -> int:
    """Return the seconds that a visitor has still to wait, by the button's average; -1 when that is unknown (R29)."""
    average = draft.waits.get(chat.button_id or "")
    return UNKNOWN_WAIT if average is None else max(0, int(average) - (draft.now - chat.requested))


def queue_update(draft: Draft, chat: Chat, position: int) -> None:
    """Tell a visitor his place, if he wants to know it; 0 when it is his turn (R29)."""
    if chat.visitor.receives_queue_updates:
        wait = estimated_wait(draft, chat) if position else 0
        draft.tell(chat, "QueueUpdate", estimatedWaitTime=wait, position=position)


def established(draft: Draft, chat: Chat, agent_id: str) -> dict[str, Any]:
    """Return ChatEstablished or ChatTransferred: who talks now, and what his side wants of the visitor's."""
    button = draft.button(chat)
    idle: dict[str, Any] = {"isEnabled": False}
    if button.idle_timeout:
        idle = {"isEnabled": True, "warningTime": button.idle_warning, "timeout": button.idle_timeout}
    return {
        "name": shown_name(draft, chat, agent_id),
        "userId": agent_id,
        "items": [],
        "sneakPeekEnabled": draft.settings(agent_id).sneak_peek,
        "chasitorIdleTimeout": idle,
    }


def shown_name(draft: Draft, chat: Chat, agent_id: str) -> str:
    """Return the name under which the visitor meets an agent: the button's, the configuration's, his own (R31)."""
    return draft.button(chat).agent_name or draft.settings(agent_id).agent_name or draft.desk.name_of(agent_id)


def greet(draft: Draft, chat: Chat, agent_id: str) -> Chat:
    """Send the automatic greeting, the button's before the agent configuration's (R31)."""
    text = draft.button(chat).greeting or draft.settings(agent_id).greeting
    if not text:
        return chat
    name = shown_name(draft, chat, agent_id)
    said(draft, chat, agent_id, text)
    greeting = Message(Role.AGENT, name, text, draft.now, agent_id, is_automatic=True)
    return draft.put(chat, messages=(*chat.messages, greeting))


def said(draft: Draft, chat: Chat, agent_id: str, text: str) -> None:
    """Send the visitor what an agent says."""
    draft.tell(
        chat,
        "ChatMessage",
        text=text,
        name=shown_name(draft, chat, agent_id),
        schedule={"responseDelayMilliseconds": 0},
        agentId=agent_id,
    )


def attached_records(draft: Draft, chat: Chat) -> Any:
    """Return the record ids and the transcript fields they go to, for a post-chat page; an empty list without one."""
    if not draft.button(chat).post_chat_url or not chat.attached:
        return []
    return {record.record_id: record.transcript_field or "" for record in chat.attached}
