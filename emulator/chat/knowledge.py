"""What an agent finds to answer with: quick texts, articles, records (Chat for Support Agents, Spring '20)."""

from collections.abc import Iterator
from typing import Any, Final

from ..errors import OrgError
from ..org.caller import Caller
from ..org.org import Org
from ..soql.literals import quoted
from .refusals import RuleRefused, Unknown

MOST: Final = 50
"""Entries of a list that an agent searches. A guess."""
LONGEST_SEARCH: Final = 1000
"""Characters that can be searched for; no name, title or summary holds more."""
CHAT_ANSWER: Final = "Chat_Answer__c"
"""The article field whose text is sent to visitors; an article without it can be read, not sent."""
Row = dict[str, Any]


def quick_texts(org: Org, caller: Caller, text: str, used: tuple[str, ...]) -> list[Row]:
    """Return the quick texts that hold all words of a text in name or message; those that the agent used last come first."""
    org.records.sobject(caller, "QuickText", "query")
    words = text.lower().split()
    found = [
        row
        for row in _rows(org, caller, "SELECT Id, Name, Message, Category FROM QuickText ORDER BY Name")
        if all(word in f"{row['Name']}\n{row['Message'] or ''}".lower() for word in words)
    ]
    order = {id_: place for place, id_ in enumerate(used)}
    found.sort(key=lambda row: (order.get(row["Id"], len(order)), row["Name"]))
    return [
        {"id": row["Id"], "name": row["Name"], "message": row["Message"], "category": row["Category"]}
        for row in found[:MOST]
    ]


def quick_text(org: Org, caller: Caller, id_: str) -> tuple[str, str]:
    """Return a quick text's id and message. Raises `OrgError` for one that the agent cannot read."""
    row = org.records.retrieve(caller, "QuickText", id_, ["Message"])
    return row["Id"], row["Message"]


def articles(org: Org, caller: Caller, text: str) -> list[Row]:
    """Return the published articles that hold all words of a text in title or summary; `canSend`: there is an answer to send."""
    answer = _answer_field(org, caller)
    if len(text) > LONGEST_SEARCH:
        return []
    fields = "Id, Title, Summary, UrlName" + (f", {answer}" if answer else "")
    likes = (_like(word) for word in text.split())
    condition = "".join(f" AND (Title LIKE {like} OR Summary LIKE {like})" for like in likes)
    soql = f"SELECT {fields} FROM Knowledge__kav WHERE PublishStatus = 'Online'{condition} ORDER BY Title LIMIT {MOST}"
    return [
        {
            "id": row["Id"],
            "title": row["Title"],
            "summary": row["Summary"],
            "canSend": bool(answer and row.get(answer)),
        }
        for row in _rows(org, caller, soql)
    ]


def chat_answer(org: Org, caller: Caller, id_: str) -> str:
    """Return what an article says to visitors. Raises `RuleRefused` for one that can only be read."""
    answer = _answer_field(org, caller)
    row = org.records.retrieve(caller, "Knowledge__kav", id_, [answer] if answer else ["Title"])
    text = row.get(answer) if answer else None
    if not text:
        raise RuleRefused("R32", "this article has no Chat Answer: it can be read, not sent")
    return str(text)


def _answer_field(org: Org, caller: Caller) -> str | None:
    field = org.records.sobject(caller, "Knowledge__kav").field(CHAT_ANSWER)
    return field.name if field else None


def records(org: Org, caller: Caller, sobject_name: str, text: str) -> list[Row]:
    """Return the records of a type whose name holds a text."""
    sobject = org.records.sobject(caller, sobject_name, "query")
    name = sobject.name_field
    if name is None:
        raise Unknown(f"records of type {sobject.name} have no name to look for")
    if len(text) > LONGEST_SEARCH:
        return []
    condition = f" WHERE {name.name} LIKE {_like(text)}" if text else ""
    rows = _rows(
        org, caller, f"SELECT Id, {name.name} FROM {sobject.name}{condition} ORDER BY {name.name} LIMIT {MOST}"
    )
    return [{"id": row["Id"], "object": sobject.name, "name": row[name.name]} for row in rows]


def earlier_chats(org: Org, caller: Caller, session_key: str, chat_key: str) -> tuple[list[Row], int]:
    """Return the visitor's former transcripts that an agent may read, newest first, and how many are hidden from him (R54).

    The chat itself is none of them, even where Omni-Channel has made its transcript already.
    """
    where = f"FROM LiveChatTranscript WHERE LiveChatVisitor.SessionKey = {quoted(session_key)}"
    everything = Caller(org.users.administrator_id, caller.version)
    known = _rows(org, everything, f"SELECT Id, ChatKey {where}")
    own = [row["Id"] for row in known if row["ChatKey"] == chat_key]
    total = len(known) - len(own)
    if not total:
        return [], 0
    where += "".join(f" AND Id != '{id_}'" for id_ in own)
    try:
        rows = _rows(
            org, caller, f"SELECT Id, Name, StartTime, Status, Body {where} ORDER BY CreatedDate DESC LIMIT {MOST}"
        )
        readable = len(rows) if len(rows) < MOST else org.query.run(caller, f"SELECT COUNT() {where}").total_size
    except OrgError:  # he may not read transcripts, or not their text
        return [], total
    shown = [
        {
            "transcriptId": row["Id"],
            "name": row["Name"],
            "startTime": row["StartTime"],
            "status": row["Status"],
            "body": row["Body"],
        }
        for row in rows
    ]
    return shown, max(0, total - readable)


def _rows(org: Org, caller: Caller, soql: str) -> list[Row]:
    return list(_each(org, caller, soql))


def _each(org: Org, caller: Caller, soql: str) -> Iterator[Row]:
    result = org.query.run(caller, soql)
    yield from result.records
    while result.next_locator is not None:
        result = org.query.more(caller, result.next_locator)
        yield from result.records


def _like(text: str) -> str:
    return quoted(text, "%", "%", is_pattern=True)
