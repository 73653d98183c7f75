"""One row of what several chats of a messaging user say of his conversation and its participants."""

from __future__ import annotations

from .structures import Row


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
