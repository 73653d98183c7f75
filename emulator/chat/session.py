"""The values of a LiveAgentSession (R3, R61 to R65)."""

from typing import Any

from ..running.moments import moment
from .effects import KeepSession


def session_values(kept: KeepSession) -> dict[str, Any]:
    """Return the fields of an agent's session by name.

    While he is logged in, LogoutTime is the time up to which his times are counted: the field is never empty (R3, a guess).
    """
    tally = kept.agent.tally
    return {
        "AgentId": kept.agent.id,
        "OwnerId": kept.agent.id,
        "LoginTime": moment(kept.agent.login_time),
        "LogoutTime": moment(kept.logout if kept.logout is not None else kept.agent.counted_until),
        "TimeInOnlineStatus": tally.online,
        "TimeInAwayStatus": tally.away,
        "TimeInChats": tally.in_chats,
        "TimeIdle": tally.idle,
        "TimeAtCapacity": tally.at_capacity,
        "ChatReqAssigned": tally.assigned,
        "ChatReqEngaged": tally.engaged,
        "ChatReqDeclined": tally.declined,
        "ChatReqTimedOut": tally.timed_out,
        "NumFlagRaised": tally.flags_raised,
        "NumFlagLoweredAgent": tally.flags_lowered_by_agent,
        "NumFlagLoweredSupervisor": tally.flags_lowered_by_supervisor,
    }
