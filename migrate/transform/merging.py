"""One row of what several chats say of their messaging user, of his conversation and of its participants."""

from __future__ import annotations

from collections.abc import Callable

from .structures import Row


def one_end_user(before: Row, later: Row, is_named: Callable[[Row], bool]) -> Row:
    """Return the messaging user of two chats: the earlier row stays, unless the later one has a name and it has none.

    Its language is the first that a chat tells.
    """
    kept = later if not is_named(before) and is_named(later) else before
    language = before["Language"] or later["Language"]
    return kept if kept["Language"] == language else {**kept, "Language": language}


def merged(kind: str, before: Row, latest: str, row: Row, start: str) -> tuple[str, Row]:
    """Return the row that two chats come to, and the start of the later one of them.

    `before` is what earlier ones came to, the last of them having begun at `latest`; `row` is of a chat that began at `start`. The
    later chat says how the conversation ended.
    """
    is_later = start >= latest
    new = {**before, **row} if is_later else dict(before)
    if kind == "Conversation":
        new["StartTime"] = min(before["StartTime"], row["StartTime"])
    else:
        new["JoinedTime"] = min(before["JoinedTime"], row["JoinedTime"])
        new["LastActiveTime"] = max(before["LastActiveTime"], row["LastActiveTime"])
    return (start if is_later else latest), new
