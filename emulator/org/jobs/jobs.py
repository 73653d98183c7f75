"""The room of bulk jobs: make, feed, close, abort and delete them, ask after them, and read what became of their records."""

import codecs
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from ....schemas.field import SObject
from ....schemas.values import datetime_text, read_datetime
from ...store import Transaction
from ..caller import Caller
from ..org import Org
from .errors import NO_HARD_DELETE, JobError, others_job, stopped_after
from .extract import checked
from .results import Results
from .runner import Runner
from .sheet import DELIMITERS, LINE_ENDINGS
from .states import DELETABLE, INGESTS, QUERIES, WAITING, Api, Batch, BatchState, Job, JobState, Spec, may_become
from .table import JobTable
from .work import Worker

JOB_PREFIX: Final = "750"
BATCH_PREFIX: Final = "751"
PIECE_BYTES: Final = 256 * 1024
"""Of uploaded data, in one part."""
SETTLE_SECONDS: Final = 30.0
"""How long a question after a job that was to wait for questions waits for the work that the last one set off."""
KEPT: Final = timedelta(days=7)
"""How long a job is kept that is over."""
PAGE: Final = 1000
"""Jobs of one page of a list ("Get All Jobs", Bulk API 2.0)."""
CALLS: Final = {"insert": "create", "update": "update", "upsert": "upsert", "delete": "delete", "hardDelete": "delete"}
_KEY: Final = "jobs"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long jobs wait before they begin: seconds on the org's clock, and questions after their state."""

    delay_seconds: float = 0.0
    polls: int = 0


class Jobs:
    """The bulk jobs of an org. Its refusals are `JobError` in the words of the first Bulk API, and `OrgError`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.table = JobTable(org.store)
        self.results = Results(org, self.table)
        self.runner = Runner(self._work)
        self._worker = Worker(org, self.table, self._batch_id, lambda: self.runner.closed)

    # --- what clients do ------------------------------------------------------------------------------------------------

    def create(self, caller: Caller, api: Api, spec: Spec) -> Job:
        """Make a job. A query job of Bulk 2.0 is complete with its query, and is worked on at once."""
        spec = self._checked(caller, api, spec)
        now = self._org.clock.stamp()
        with self._org.transaction() as transaction:
            id_ = self._org.ids.next_id(transaction, JOB_PREFIX)
            state = JobState.UPLOAD_COMPLETE if api is Api.QUERY else JobState.OPEN
            job = Job(id_, api, secrets.token_hex(8), caller.user_id, state, now, now, spec)
            self.table.insert(transaction, job)
            if api is Api.QUERY:
                assert spec.query is not None
                batch = replace(self._new_batch(transaction, job, 0), **self._queued())
                self.table.insert_batch(transaction, batch)
                self.table.add_part(transaction, batch.id, "data", 0, 0, spec.query.encode(errors="replace"))
                job = replace(job, batches=(batch,))
        if api is Api.QUERY:
            self.runner.wake()
        return job

    def find(self, id_: str, *apis: Api) -> Job:
        """Return a job. Raises InvalidJob for an id that is none of these APIs'."""
        found = self.table.find(id_) if len(id_) in (15, 18) and id_.isascii() else None
        if found is None or found.api not in apis or self.is_gone(found):
            raise JobError("InvalidJob", f"Unable to find job: {id_}")  # a guess: the words
        return found

    def check_own(self, caller: Caller, job: Job) -> None:
        """Refuse another user's job to who may not manage them. Raises InvalidUser.

        Its records are written with the rights of who made it, and its results are what that user may see. "Manage Data
        Integrations" stands open to who modifies all data.
        """
        if job.user_id != caller.user_id and not self._org.rights.allows(caller, "ModifyAllData"):
            raise others_job()

    def asked(self, job: Job, batch: Batch | None = None) -> Job:
        """Count a question after the state of a job, or of one of its batches; return the job as it is to be shown."""
        wanted = [one for one in job.batches if (batch is None or one.id == batch.id) and one.state in WAITING]
        if not wanted or not job.runs:
            return job
        ripe = [one for one in wanted if one.asked and one.polls_left <= 0]
        counted = [one for one in wanted if one.polls_left > 0]
        if counted:
            with self._org.transaction() as transaction:
                for one in counted:
                    self.table.save_batch(transaction, replace(one, polls_left=one.polls_left - 1, asked=one.asked + 1))
        self.runner.wake()
        if ripe:
            self.runner.wait(SETTLE_SECONDS)
            return self.table.find(job.id) or job
        return job

    def upload(self, job: Job, pieces: Iterable[bytes], charset: str = "utf-8") -> Batch:
        """Keep data for a job as it comes; a batch of it is there when all of it is. It is not in memory as a whole."""
        self._check_open(job)
        with self._org.transaction() as transaction:
            batch = replace(self._new_batch(transaction, job, len(job.batches)), charset=charset)
            self.table.insert_batch(transaction, batch)
        try:
            for number, piece in enumerate(_sized(pieces)):
                with self._org.transaction() as transaction:
                    self.table.add_part(transaction, batch.id, "data", number, 0, piece)
            with self._org.transaction() as transaction:
                job = self.find(job.id, job.api)
                self._check_open(job)
                state = {"state": BatchState.UPLOADED} if job.api is Api.INGEST else self._queued()
                batch = replace(batch, number=len(job.batches), **state)
                self.table.save_batch(transaction, batch)
        except BaseException:
            with self._org.transaction() as transaction:
                self.table.remove_batch(transaction, batch.id)
            raise
        if job.api is Api.CLASSIC:
            self.runner.wake()
        return batch

    def become(self, job: Job, wanted: JobState) -> Job:
        """Close or abort a job. Raises InvalidJobState, and InvalidJob for a job whose data was uploaded twice."""
        with self._org.transaction() as transaction:
            job = self.find(job.id, job.api)
            if not may_become(job, wanted):
                # A guess: the words.
                raise JobError("InvalidJobState", f"Job {job.id} is {job.shown.value} and cannot become {wanted.value}")
            if wanted is not JobState.OPEN:
                self.table.remove_uploads(transaction, job)
            if wanted is JobState.UPLOAD_COMPLETE:
                if len(job.batches) > 1:
                    raise JobError("InvalidJob", MULTIPLE_CONTENTS.format(job.id))
                batches = job.batches or (self._new_batch(transaction, job, 0),)
                if not job.batches:
                    self.table.insert_batch(transaction, batches[0])
                self.table.save_batch(transaction, replace(batches[0], **self._queued()))
            elif wanted is JobState.ABORTED:
                for batch in job.batches:
                    if batch.state in WAITING:
                        self.table.save_batch(transaction, _aborted(job, batch))
            job = replace(job, state=wanted, modified_at=self._org.clock.stamp())
            self.table.save(transaction, job)
            found = self.find(job.id, job.api)
        self.runner.wake()
        return found

    def delete(self, job: Job) -> None:
        """Delete a job that is not open and not being worked on. Raises InvalidJobState."""
        with self._org.transaction() as transaction:
            job = self.find(job.id, job.api)
            if job.shown not in DELETABLE:
                raise JobError("InvalidJobState", f"Job {job.id} is {job.shown.value} and cannot be deleted")  # a guess
            self.table.delete(transaction, job)

    def listing(self, apis: list[Api], after: str = "", count: int = PAGE) -> tuple[list[Job], bool]:
        """Return jobs behind an id, gone ones among them, and whether there are more."""
        found = self.table.listing(apis, after, count + 1)
        return found[:count], len(found) > count

    def is_gone(self, job: Job) -> bool:
        """Tell whether a job is no longer kept ("Bulk API and Bulk API 2.0 Limits and Allocations": batch and job lifespan)."""
        return job.rests and job.youngest_at < datetime_text(self._org.clock.now() - KEPT)

    # --- how jobs wait --------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> Waiting:
        kept = self._org.store.meta(_KEY)
        return Waiting(**json.loads(kept)) if kept else Waiting()

    def set_waiting(self, waiting: Waiting) -> None:
        """Let jobs wait from now on; those that wait already go on as they were told."""
        with self._org.transaction() as transaction:
            values = {"delay_seconds": waiting.delay_seconds, "polls": waiting.polls}
            transaction.set_meta(_KEY, json.dumps(values))

    def forget(self) -> None:
        """Look for jobs that are due: after a start, a reset or a restore."""
        if self.table.waiting():
            self.runner.wake()

    def catch_up(self) -> None:
        """Do what is due, and wait until it is done: the clock has moved."""
        self.forget()
        self.runner.wait(SETTLE_SECONDS)

    @property
    def is_waiting(self) -> bool:
        """Tell whether a job is yet to be worked on and waits for no question: it is the clock's turn, or the runner's."""
        return bool(self.table.waiting())

    def settle(self, seconds: float) -> bool:
        """Wait for the jobs that are worked on; tell whether they were done in time."""
        return self.runner.wait(seconds)

    def close(self) -> None:
        """Stop working; what was begun goes on when the org opens again."""
        self.runner.close()

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _work(self) -> float | None:
        waiting = self.table.waiting()
        if not waiting:
            return None
        job_id, due_at = waiting[0]
        if due_at:
            ahead = (read_datetime(due_at) - self._org.clock.now()).total_seconds()
            if ahead > 0:
                return None if self._org.clock.frozen else ahead
        job = self.table.find(job_id)
        if job is not None and job.runs:
            ready = [one for one in job.batches if one.state in WAITING and one.polls_left <= 0]
            self._worker.work(job, min(ready, key=lambda one: (one.due_at, one.id)))
        return 0

    def _queued(self) -> dict[str, Any]:
        """Return what a batch is from the moment on from which it may be worked on."""
        waiting = self.waiting
        due = ""
        if waiting.delay_seconds:
            due = datetime_text(self._org.clock.now() + timedelta(seconds=waiting.delay_seconds))
        return {"state": BatchState.QUEUED, "due_at": due, "polls_left": waiting.polls}

    def _new_batch(self, transaction: Transaction, job: Job, number: int) -> Batch:
        now = self._org.clock.stamp()
        return Batch(self._batch_id(transaction), job.id, number, BatchState.UPLOADING, "", now, now)

    def _batch_id(self, transaction: Transaction) -> str:
        return self._org.ids.next_id(transaction, BATCH_PREFIX)

    def _check_open(self, job: Job) -> None:
        if job.state is not JobState.OPEN:
            raise JobError(
                "InvalidJobState", f"Job {job.id} is {job.shown.value}; only an open job takes data"
            )  # a guess

    def _checked(self, caller: Caller, api: Api, spec: Spec) -> Spec:
        """Return what a job is to do with the names as the catalog has them, or refuse it."""
        if spec.operation not in {Api.INGEST: INGESTS, Api.QUERY: QUERIES, Api.CLASSIC: INGESTS | QUERIES}[api]:
            raise unreadable()
        if spec.column_delimiter not in DELIMITERS or spec.line_ending not in LINE_ENDINGS:
            raise unreadable()
        if api is Api.QUERY:
            return replace(spec, sobject=checked(self._org, caller, spec.query or "").sobject.name)
        sobject = self._org.seen_by(caller).find(spec.sobject, caller.number)
        if sobject is None:
            raise JobError("InvalidJob", f"Unable to find object: {spec.sobject}")
        if not sobject.supports(CALLS.get(spec.operation, "query")):
            # Recorded in many public repositories ("is not supported by the Bulk API").
            raise JobError("InvalidEntity", f"Entity '{sobject.name}' is not supported by the Bulk API.")
        if spec.operation == "hardDelete" and not self._org.rights.allows(caller, "BulkApiHardDelete"):
            raise JobError("FeatureNotEnabled", NO_HARD_DELETE)
        if spec.operation == "upsert":
            spec = replace(spec, external_id_field=_key_name(sobject, spec.external_id_field))
        return replace(spec, sobject=sobject.name)


def _aborted(job: Job, batch: Batch) -> Batch:
    """Return what a batch becomes whose job is aborted. One of the first Bulk API whose records are applied in part says so.

    A guess: that such a batch is Failed; its results can be read then.
    """
    if job.api is Api.CLASSIC and batch.processed and not job.spec.is_query:
        return replace(
            batch, state=BatchState.FAILED, message=stopped_after("Aborted : The job was aborted", batch.processed)
        )
    return replace(batch, state=BatchState.NOT_PROCESSED)


MULTIPLE_CONTENTS: Final = (
    "Found multiple contents for job: <{}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and "
    "make sure you only do 'PUT' once on a given Job."
)
"""Recorded on life-improver.com."""


def unreadable() -> JobError:
    """Return what a job is told whose description makes no sense (jsforce#186)."""
    return JobError("InvalidJob", "Unable to parse Job")


def _key_name(sobject: SObject, given: str | None) -> str:
    if not given:
        # Known from the Bulk API; no recorded answer was found.
        problem = f"External ID was blank for {sobject.name}. An External ID must be specified for upsert."
        raise JobError("InvalidJob", problem)
    field = sobject.field(given)
    if field is None or not (field.external_id or field.id_lookup):
        problem = f"Field name provided, {given} does not match an External ID, Salesforce Id, or indexed field for "
        raise JobError("InvalidJob", problem + sobject.name)  # a guess: SOAP's words
    return field.name


NO_CHARSETS: Final = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
"""Codecs of Python that no charset of the Bulk API names; some can be made to read for hours."""


def known_charset(name: str) -> str | None:
    """Return the codec of a charset of a content type, or None for one that is no text encoding."""
    try:
        found = codecs.lookup(name.strip().strip('"') or "utf-8")
    except (LookupError, ValueError):
        return None
    is_charset = getattr(found, "_is_text_encoding", True) and found.name.replace("_", "-") not in NO_CHARSETS
    return found.name if is_charset else None


def _sized(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of one size."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) >= PIECE_BYTES:
            yield bytes(kept[:PIECE_BYTES])
            del kept[:PIECE_BYTES]
    if kept:
        yield bytes(kept)
