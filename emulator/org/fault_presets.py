"""Faults that belong together, under a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .limits import API_REQUESTS, BULK_BATCHES, CONCURRENT, QUERY_JOBS


@dataclass(frozen=True, slots=True)
class Preset:
    """Rules, and limits that are held as long as they are in force: of an allowance, how much is left from now on."""

    rules: tuple[Mapping[str, Any], ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)


PRESETS: Final = {
    # What a bad line does: some calls are slow, some have no answer, some half of one, and now and then the server is busy.
    "flaky-network": Preset(
        rules=(
            {"probability": 0.2, "latency_ms": 50},
            {"probability": 0.05, "drop": True},
            {"probability": 0.05, "truncate": 16},
            {"probability": 0.05, "status": 503},
        )
    ),
    # An org whose day is nearly used up: the platform's own counters, so that every header and resource tells the same.
    "limits-low": Preset(left={API_REQUESTS: 20, BULK_BATCHES: 2, QUERY_JOBS: 2}, limits={CONCURRENT: 5}),
    # Others write the same records: a share of all writes fails, each record by itself.
    "lock-contention": Preset(
        rules=({"scope": "record", "probability": 0.2, "errorCode": "UNABLE_TO_LOCK_ROW"},),
    ),
}
