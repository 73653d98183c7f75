"""AgentWork: one row for each time that an agent was offered the chat, where the plan asks for them.

Chats that Omni-Channel routed have such rows in the source; they are taken as they are. Those of others are made of the chat's events.
They are for reports of a folder or an emulator: in a real org Omni-Channel writes them, and one that is created there routes work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...schemas.ids import derive
from ..cells import Value
from .structures import Row

CHANNEL = derive("0N9", "sfdc_livemessage")
"""The service channel of messaging, whose DeveloperName is sfdc_livemessage: https://help.salesforce.com, Create Service Channels."""

WORK = "AgentWork"
FIELDS = (
    "OwnerId", "UserId", "Status", "RequestDateTime", "AssignedDateTime", "AcceptDateTime", "DeclineDateTime",
    "PushTimeoutDateTime", "CloseDateTime", "CancelDateTime", "AbandonedDateTime", "SpeedToAnswer", "HandleTime", "ActiveTime",
    "AfterConversationActualTime", "DeclineReason", "RoutingType",
)  # fmt: skip
"""Fields of a row of the source that its counterpart has too."""

_DECLINED = {"DeclineManual": "Declined", "DeclineTimeout": "DeclinedOnPushTimeout"}
_LEFT = frozenset({"LeaveAgent", "OperatorLeftConference", "EndAgent"})


def work_rows(events: Sequence[Mapping[str, Value]], session: Row, end: str) -> tuple[Row, ...]:
    """Return the work of a session's agents. `events` are in the order of time, `end` is the session's."""
    rows: list[Row] = []
    open_: dict[str, Row] = {}
    requested: str | None = None
    for event in events:
        kind, agent, time = event.get("Type"), event.get("AgentId"), event.get("Time")
        moment = str(time) if time else None
        if kind == "ChatRequest":
            requested = requested or moment
        if not isinstance(agent, str) or not agent.startswith("005"):
            continue
        if kind == "PushAssignment":
            open_[agent] = _row(session, agent, len(rows), requested, moment)
            rows.append(open_[agent])
        elif kind in _DECLINED and agent in open_:
            row = open_.pop(agent)
            row["Status"] = _DECLINED[str(kind)]
            row["DeclineDateTime" if kind == "DeclineManual" else "PushTimeoutDateTime"] = moment
        elif kind == "Accept":
            if agent not in open_:
                open_[agent] = _row(session, agent, len(rows), requested, moment)
                rows.append(open_[agent])
            open_[agent]["AcceptDateTime"] = moment
            open_[agent]["Status"] = "Opened"
        elif kind in _LEFT and agent in open_:
            _close(open_.pop(agent), moment or end)
        elif kind == "Transfer" and agent in open_:
            _close(open_.pop(agent), moment or end, "Transferred")
    for row in open_.values():
        _close(row, end, "Closed" if row["Status"] == "Opened" else "Canceled")
    return tuple(rows)


def carried_work(work: Sequence[Mapping[str, Value]], session: Row) -> tuple[Row, ...]:
    """Return the rows of a session for those that its transcript has in the source."""
    return tuple(
        {
            "Id": derive("0Bz", str(row["Id"])),
            "OwnerId": row["UserId"],
            "WorkItemId": session["Id"],
            "ServiceChannelId": CHANNEL,
            **{name: row[name] for name in FIELDS if row.get(name) is not None},
        }
        for row in work
    )


def _row(session: Row, agent: str, number: int, requested: str | None, assigned: str | None) -> Row:
    return {
        "Id": derive("0Bz", str(session["Id"]), str(number)),
        "OwnerId": agent,
        "UserId": agent,
        "WorkItemId": session["Id"],
        "ServiceChannelId": CHANNEL,
        "Status": "Assigned",
        "RequestDateTime": requested,
        "AssignedDateTime": assigned,
        "AcceptDateTime": None,
        "DeclineDateTime": None,
        "PushTimeoutDateTime": None,
        "CloseDateTime": None,
        "CancelDateTime": None,
    }


def _close(row: Row, moment: str, status: str = "Closed") -> None:
    row["Status"] = status
    row["CancelDateTime" if status == "Canceled" else "CloseDateTime"] = moment
