"""Jobs and their batches as values, and which state may follow which. Pure.

A job of Bulk API 2.0 has one batch at most, whose state shows through: once its upload is complete, the job is what the batch is.
A job of the first Bulk API has states of its own, and as many batches as the client adds.

Sources: "State", Bulk API 2.0 and Bulk API Developer Guide, "How Requests Are Processed", "BatchInfo".
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Api(Enum):
    """Which API a job was made by, in the words of ``jobType``."""

    INGEST = "V2Ingest"
    QUERY = "V2Query"
    CLASSIC = "Classic"


class JobState(Enum):
    OPEN = "Open"
    CLOSED = "Closed"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    ABORTED = "Aborted"
    FAILED = "Failed"


class BatchState(Enum):
    UPLOADING = "Uploading"
    """The data is not all there; never shown."""
    UPLOADED = "Uploaded"
    """All there, in a 2.0 job that is still open; never shown."""
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    NOT_PROCESSED = "NotProcessed"


WAITING: Final = frozenset({BatchState.QUEUED, BatchState.IN_PROGRESS})
OVER: Final = frozenset({JobState.JOB_COMPLETE, JobState.ABORTED, JobState.FAILED})
DELETABLE: Final = OVER | {JobState.UPLOAD_COMPLETE, JobState.CLOSED}
QUERIES: Final = frozenset({"query", "queryAll"})
INGESTS: Final = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
BY_ID: Final = frozenset({"delete", "hardDelete"})
_SHOWN: Final = {
    BatchState.QUEUED: JobState.UPLOAD_COMPLETE,
    BatchState.IN_PROGRESS: JobState.IN_PROGRESS,
    BatchState.COMPLETED: JobState.JOB_COMPLETE,
    BatchState.FAILED: JobState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Spec:
    """What a job is to do. Kept as JSON, by these names.

    sobject: the name as the catalog has it; version: of the API, ``60.0``.
    chunk_size: for PK chunking, records of a chunk; 0 for none. start_row: the id where the first chunk begins.
    """

    operation: str
    sobject: str
    version: str
    content_type: str = "CSV"
    line_ending: str = "LF"
    column_delimiter: str = "COMMA"
    external_id_field: str | None = None
    concurrency: str = "Parallel"
    query: str | None = None
    chunk_size: int = 0
    start_row: str = ""

    @property
    def is_query(self) -> bool:
        return self.operation in QUERIES


@dataclass(frozen=True, slots=True)
class Batch:
    """Data of a job, and how far it is applied. Times are canonical text.

    due_at, polls_left: when it may begin, and how many more questions after its state must have come before.
    applied: pieces of 200 records, or of results, that are done; processed and failed count records.
    """

    id: str
    job_id: str
    number: int
    state: BatchState
    message: str
    created_at: str
    modified_at: str
    due_at: str = ""
    polls_left: int = 0
    applied: int = 0
    processed: int = 0
    failed: int = 0
    millis: int = 0
    charset: str = "utf-8"
    asked: int = 0
    """How many times its state was asked for since it was to wait for polls; 0 where it never was to wait."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job and its batches. `mark` tells it from an earlier one of the same id, before a reset."""

    id: str
    api: Api
    mark: str
    user_id: str
    state: JobState
    created_at: str
    modified_at: str
    spec: Spec
    message: str = ""
    batches: tuple[Batch, ...] = field(default=())

    @property
    def shown(self) -> JobState:
        """The state as the API tells it."""
        if self.state is not JobState.UPLOAD_COMPLETE or self.api is Api.CLASSIC or not self.batches:
            return self.state
        return _SHOWN.get(self.batches[0].state, JobState.UPLOAD_COMPLETE)

    @property
    def error(self) -> str:
        """Why the job failed; empty when it did not."""
        if self.message:
            return self.message
        if self.api is not Api.CLASSIC and self.batches and self.batches[0].state is BatchState.FAILED:
            return self.batches[0].message
        return ""

    @property
    def runs(self) -> bool:
        """Tell whether batches of the job may be worked on."""
        if self.api is Api.CLASSIC:
            return self.state in (JobState.OPEN, JobState.CLOSED)
        return self.state is JobState.UPLOAD_COMPLETE

    @property
    def rests(self) -> bool:
        """Tell whether nothing of the job is still to be done: it is over, or all batches of the first Bulk API are."""
        if self.api is Api.CLASSIC and self.batches:
            return not self.count(*WAITING)
        return self.shown in OVER

    @property
    def youngest_at(self) -> str:
        """When the youngest batch was made, or the job."""
        return max([self.created_at, *(batch.created_at for batch in self.batches)])

    def count(self, *states: BatchState) -> int:
        """Return the number of batches in any of these states."""
        return sum(batch.state in states for batch in self.batches)


_AFTER: Final = {
    (Api.INGEST, JobState.OPEN): {JobState.UPLOAD_COMPLETE, JobState.ABORTED},
    (Api.INGEST, JobState.UPLOAD_COMPLETE): {JobState.ABORTED},
    (Api.INGEST, JobState.IN_PROGRESS): {JobState.ABORTED},
    (Api.QUERY, JobState.UPLOAD_COMPLETE): {JobState.ABORTED},
    (Api.QUERY, JobState.IN_PROGRESS): {JobState.ABORTED},
    (Api.CLASSIC, JobState.OPEN): {JobState.OPEN, JobState.CLOSED, JobState.ABORTED, JobState.FAILED},
    (Api.CLASSIC, JobState.CLOSED): {JobState.CLOSED, JobState.ABORTED},
}


def may_become(job: Job, wanted: JobState) -> bool:
    """Tell whether a client may ask for a state."""
    return wanted in _AFTER.get((job.api, job.shown), ())
