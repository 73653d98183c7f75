"""What ``limits`` lists: the labels of the REST guide, with the numbers of a Developer Edition org.

The numbers are those of a recorded answer of such an org in v49.0 (mohan-chinnappan-n/sfdx-mohanc-plugins, "Org Limits"); what was
not in it is the guide's example ("List Organization Limits"). What this org does not do is never used up.
"""

from typing import Any, Final

from ..store import Store
from ..store.layout import quoted
from .catalog import OrgCatalog
from .counts import record_counts
from .limits import API_REQUESTS, BULK_BATCHES, QUERY_JOBS, Limits

DATA_MB: Final = "DataStorageMB"
FILE_MB: Final = "FileStorageMB"
RECORD_KB: Final = 2
"""What a record counts in data storage (Salesforce help, "Data and File Storage Allocations")."""
BATCHES_SINCE: Final = 49.0
BATCHES_BEFORE: Final = "DailyBulkApiRequests"
PER_APP: Final = frozenset(
    {API_REQUESTS, BULK_BATCHES, BATCHES_BEFORE, "DailyGenericStreamingApiEvents", "DailyStreamingApiEvents"}
)
"""Labels under which each connected app has an entry (recorded: 0 of 0, since no quota is set)."""
LABELS: Final = {
    "AnalyticsExternalDataSizeMB": (40_960, 49.0),
    "ConcurrentAsyncGetReportInstances": (200, 29.0),
    "ConcurrentEinsteinDataInsightsStoryCreation": (5, 49.0),
    "ConcurrentEinsteinDiscoveryStoryCreation": (2, 49.0),
    "ConcurrentSyncReportRuns": (20, 29.0),
    "DailyAnalyticsDataflowJobExecutions": (60, 49.0),
    "DailyAnalyticsUploadedFilesSizeMB": (51_200, 49.0),
    "DailyAsyncApexExecutions": (250_000, 29.0),
    "DailyAsyncApexTests": (500, 56.0),
    "DailyBulkV2QueryFileStorageMB": (976_562, 47.0),
    "DailyDurableGenericStreamingApiEvents": (10_000, 37.0),
    "DailyDurableStreamingApiEvents": (10_000, 37.0),
    "DailyEinsteinDataInsightsStoryCreation": (1_000, 49.0),
    "DailyEinsteinDiscoveryPredictAPICalls": (50_000, 49.0),
    "DailyEinsteinDiscoveryPredictionsByCDC": (500_000, 49.0),
    "DailyEinsteinDiscoveryStoryCreation": (100, 49.0),
    "DailyGenericStreamingApiEvents": (10_000, 29.0),
    "DailyStandardVolumePlatformEvents": (10_000, 45.0),
    "DailyStreamingApiEvents": (10_000, 29.0),
    "DailyWorkflowEmails": (405, 29.0),
    "DurableStreamingApiConcurrentClients": (20, 37.0),
    "HourlyAsyncReportRuns": (1_200, 29.0),
    "HourlyDashboardRefreshes": (200, 29.0),
    "HourlyDashboardResults": (5_000, 29.0),
    "HourlyDashboardStatuses": (999_999_999, 29.0),
    "HourlyLongTermIdMapping": (100_000, 45.0),
    "HourlyODataCallout": (1_000, 29.0),
    "HourlyPublishedPlatformEvents": (50_000, 45.0),
    "HourlyPublishedStandardVolumePlatformEvents": (1_000, 45.0),
    "HourlyShortTermIdMapping": (100_000, 45.0),
    "HourlySyncReportRuns": (500, 29.0),
    "HourlyTimeBasedWorkflow": (50, 29.0),
    "MassEmail": (10, 29.0),
    "MonthlyEinsteinDiscoveryStoryCreation": (500, 49.0),
    "MonthlyPlatformEventsUsageEntitlement": (0, 48.0),
    "Package2VersionCreates": (6, 45.0),
    "Package2VersionCreatesWithoutValidation": (500, 49.0),
    "SingleEmail": (15, 29.0),
    "StreamingApiConcurrentClients": (20, 29.0),
}
"""Label -> allowance, and the first version that lists it. The guide names versions for some; the others are the version in
which the label was first seen, a guess.
"""
STORAGE_MB: Final = {DATA_MB: 5, FILE_MB: 20}


def listing(limits: Limits, store: Store, catalog: OrgCatalog, apps: list[str], version: float) -> dict[str, Any]:
    """Return ``Max`` and ``Remaining`` of each limit that an API version lists, by label."""
    found: dict[str, dict[str, Any]] = {
        label: {"Max": most, "Remaining": most} for label, (most, since) in LABELS.items() if version >= since
    }
    counted = {API_REQUESTS: API_REQUESTS, BULK_BATCHES if version >= BATCHES_SINCE else BATCHES_BEFORE: BULK_BATCHES}
    if version >= 47.0:
        counted[QUERY_JOBS] = QUERY_JOBS
    for label, allowance in counted.items():
        usage = limits.usage(allowance)
        found[label] = {"Max": usage.allowed, "Remaining": usage.left}
    data_kb = sum(record_counts(store, catalog.current).values()) * RECORD_KB
    for label, used_kb in ((DATA_MB, data_kb), (FILE_MB, _file_bytes(store, catalog) // 1024)):
        most = STORAGE_MB[label]
        found[label] = {"Max": most, "Remaining": max(most - used_kb // 1024, 0)}
    for label in PER_APP & found.keys():
        found[label] |= {app: {"Max": 0, "Remaining": 0} for app in apps}
    return dict(sorted(found.items()))


def _file_bytes(store: Store, catalog: OrgCatalog) -> int:
    total = 0
    for name, field in (("ContentVersion", "ContentSize"), ("Attachment", "BodyLength")):
        sobject = catalog.current.find(name)
        if sobject is not None and sobject.field(field):
            with store.reading(sobject) as rows:
                total += int(rows.execute(f"SELECT SUM({quoted(field)}) FROM {quoted(name)}")[0][0] or 0)
    return total
