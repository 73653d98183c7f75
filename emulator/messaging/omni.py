"""What Omni-Channel leaves of messaging sessions: pending routings, the work of each rep who was asked, and his presence."""

from typing import Any, Final

from ...schemas.values import read_datetime
from ..running.moments import moment
from ..running.records import SystemRecords
from ..store import Transaction
from ..store.layout import quoted
from .effects import DropRouting, KeepPresence, KeepRouting, KeepWork
from .presence_times import Span, presence_times
from .setup import Setup

CHANNEL: Final = "sfdc_livemessage"
"""DeveloperName of the service channel of messaging sessions (Omni-Channel guide, "Service Channels")."""
ENTITY: Final = "MessagingSession"
ASSIGNED: Final = "Assigned"
OPENED: Final = "Opened"
ENDS: Final = ("Closed", "Transferred")
TIMES: Final = {
    ASSIGNED: "AssignedDateTime",
    OPENED: "AcceptDateTime",
    "Declined": "DeclineDateTime",
    "DeclinedOnPushTimeout": "PushTimeoutDateTime",
    "Canceled": "CancelDateTime",
    "Unavailable": "CancelDateTime",
    "Closed": "CloseDateTime",
    "Transferred": "CloseDateTime",
}
"""The field of AgentWork that says when a status began; those of Unavailable and Transferred are guesses."""
MODEL: Final = "LeastActive"
"""How sessions are given out: PendingServiceRouting.RoutingModel."""
TAB_BASED: Final = "TabBased"
"""Capacity returns when the tab is closed: ServiceChannel.CapacityModel."""


class OmniRecords(SystemRecords):
    """Keeps the Omni-Channel rows of one org's messaging sessions. Moments are seconds, or milliseconds where the name says so."""

    # --- routing --------------------------------------------------------------------------------------------------------

    def keep_routing(self, effect: KeepRouting, setup: Setup, transaction: Transaction, at: float) -> None:
        """Write what waits for a rep, from the handing-in until somebody has it."""
        routing = effect.routing
        target = routing.target
        values: dict[str, Any] = {
            "IsPushed": effect.is_pushed,
            "QueueId": target.queue_id,
            "GroupId": target.queue_id,
            "PreferredUserId": target.rep_id,
            "IsPreferredUserRequired": target.rep_id is not None,
            "RoutingType": "SkillsBased" if target.skill_ids else "QueueBased",
        }
        if effect.is_pushed or routing.refused_by:
            values["IsPushAttempted"] = True
        if not effect.is_new:
            values["Serial"] = self._serial(routing.id, transaction) + 1
            self.update(self.automated_process, "PendingServiceRouting", routing.id, values, transaction, at)
            return
        values |= {
            "OwnerId": target.queue_id or self.automated_process,
            "WorkItemId": effect.session.id,
            "ServiceChannelId": self.service_channel(transaction, at),
            "RoutingModel": MODEL,
            "CapacityWeight": effect.weight,
            "PushTimeout": self._push_timeout(effect.session.id, setup, transaction),
            "IsReadyForRouting": True,
            "IsTransfer": routing.is_transfer,
            "TransferRequesterId": routing.transferred_by,
            "Serial": 1,
        }
        self.create_unless_orphaned(
            self.automated_process, "PendingServiceRouting", values, transaction, at, routing.id
        )

    def drop_routing(self, effect: DropRouting, at: float) -> None:
        """Remove what waits no longer: it was accepted, or the session has ended."""
        self.delete(self.automated_process, "PendingServiceRouting", effect.routing_id, at)

    def _serial(self, routing_id: str, transaction: Transaction) -> int:
        found = self._row("PendingServiceRouting", routing_id, ("Serial",), transaction)
        return int(found[0] or 0) if found else 0

    def _push_timeout(self, session_id: str, setup: Setup, transaction: Transaction) -> int | None:
        found = self._row("MessagingSession", session_id, ("MessagingChannelId",), transaction)
        channels = (deployment.channel for deployment in setup.deployments.values())
        channel = next((one for one in channels if found and one.id == found[0]), None)
        return channel.push_timeout if channel else None

    # --- work -----------------------------------------------------------------------------------------------------------

    def keep_work(self, effect: KeepWork, transaction: Transaction, at_ms: int) -> None:
        """Write a rep's work: a new row when he is asked, or the one that there is with its new status and its time."""
        work, at = effect.work, at_ms / 1000
        values: dict[str, Any] = {"Status": effect.status, TIMES[effect.status]: moment(at)}
        found = self._row("AgentWork", work.id, ("RequestDateTime",), transaction)
        if effect.status == OPENED:
            requested = read_datetime(found[0]).timestamp() if found and found[0] else at
            values["SpeedToAnswer"] = max(0, int(at - requested))
        elif effect.status in ENDS and work.accepted is not None:
            values |= dict.fromkeys(("HandleTime", "ActiveTime"), max(0, at_ms - work.accepted) // 1000)
        if effect.reason:
            values["DeclineReason"] = effect.reason
        if found is not None:
            self.update(work.rep_id, "AgentWork", work.id, values, transaction, at)
        elif effect.status in (ASSIGNED, OPENED):
            values |= self._work_values(effect, transaction, at)
            self.create_unless_orphaned(work.rep_id, "AgentWork", values, transaction, at, work.id)

    def _work_values(self, effect: KeepWork, transaction: Transaction, at: float) -> dict[str, Any]:
        """Return what a new work has from its session."""
        work, routing = effect.work, effect.session.routing
        requested = routing.requested if routing is not None and routing.id == work.routing_id else work.assigned
        sender = routing.transferred_by if routing is not None and routing.id == work.routing_id else None
        return {
            "OwnerId": work.rep_id,
            "UserId": work.rep_id,
            "WorkItemId": work.session_id,
            "ServiceChannelId": self.service_channel(transaction, at),
            "PendingServiceRoutingId": work.routing_id,
            "OriginalQueueId": effect.queue_id,
            "OriginalGroupId": effect.queue_id,
            "RequestDateTime": moment(requested / 1000),
            "AssignedDateTime": moment(work.assigned / 1000),
            "PushTimeout": None if work.expires is None else (work.expires - work.assigned) // 1000,
            "CapacityWeight": work.weight,
            "CapacityModel": TAB_BASED,
            "RoutingModel": MODEL,
            "RoutingType": "SkillsBased" if effect.by_skills else "QueueBased",
            "TransferRequesterId": sender or work.invited_by,
        }

    def service_channel(self, transaction: Transaction, at: float) -> str:
        """Return the service channel of messaging sessions; the first one that is routed makes it where it is missing."""
        found = self.newest(transaction, "ServiceChannel", {"RelatedEntity": ENTITY})
        if found is not None:
            return found
        values = {
            "DeveloperName": CHANNEL,
            "MasterLabel": "Messaging",
            "Language": "en_US",
            "RelatedEntity": ENTITY,
            "CapacityModel": TAB_BASED,
        }
        return self.create(self.automated_process, "ServiceChannel", values, transaction, at)

    # --- presence -------------------------------------------------------------------------------------------------------

    def keep_presence(self, effect: KeepPresence, transaction: Transaction, at_ms: int) -> None:
        """Write a rep's presence: the row is made when he takes a status, and closed with its durations when it is over.

        A real org counts the durations on while the status lasts; here they are there at its end.
        """
        rep, at = effect.rep, at_ms / 1000
        if not effect.is_over:
            values = {
                "OwnerId": rep.id,
                "UserId": rep.id,
                "ServicePresenceStatusId": rep.status_id,
                "IsCurrentState": True,
                "IsAway": not rep.is_available,
                "StatusStartDate": moment(rep.since / 1000),
                "ConfiguredCapacity": int(effect.capacity),
            }
            self.create_unless_orphaned(rep.id, "UserServicePresence", values, transaction, at, rep.presence_id)
            return
        times = presence_times(self._spans(rep.id, transaction), rep.since, at_ms, effect.capacity)
        values = {
            "IsCurrentState": False,
            "StatusEndDate": moment(at),
            "StatusDuration": max(0, at_ms - rep.since) // 1000,
            "IdleDuration": times.idle // 1000,
            "AtCapacityDuration": times.at_capacity // 1000,
            "AverageCapacity": times.average,
        }
        self.update(rep.id, "UserServicePresence", rep.presence_id, values, transaction, at)

    def _spans(self, rep_id: str, transaction: Transaction) -> list[Span]:
        """Return from when to when each work of a rep took up his capacity."""
        self._org.store.ensure(self._org.catalog.get("AgentWork"))
        ends = sorted(set(TIMES.values()) - {TIMES[ASSIGNED], TIMES[OPENED]})
        columns = ", ".join(map(quoted, ["AssignedDateTime", "CapacityWeight", *ends]))
        sql = f'SELECT {columns} FROM "AgentWork" WHERE "UserId" = {transaction.placeholder}'
        spans: list[Span] = []
        for assigned, weight, *ended in transaction.execute(sql, [rep_id]):
            if assigned is not None:
                over = next((one for one in ended if one is not None), None)
                spans.append(
                    Span(_milliseconds(assigned), None if over is None else _milliseconds(over), weight or 0.0)
                )
        return spans

    def _row(self, sobject: str, id_: str, fields: tuple[str, ...], transaction: Transaction) -> tuple[Any, ...] | None:
        """Return some fields of a row, None where it is not there."""
        self._org.store.ensure(self._org.catalog.get(sobject))
        columns = ", ".join(map(quoted, fields))
        sql = f'SELECT {columns} FROM {quoted(sobject)} WHERE "Id" = {transaction.placeholder}'
        return transaction.one(sql, [id_])


def _milliseconds(text: str) -> int:
    return round(read_datetime(text).timestamp() * 1000)
