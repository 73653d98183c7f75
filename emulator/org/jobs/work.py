"""Work on one batch: apply its records, or write down what its query finds."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import orjson

from ...errors import OrgError
from ...store import Transaction
from ..caller import Caller
from ..limits import BULK_BATCHES
from ..org import Org
from .chunking import narrowed, ranges
from .drafts import Draft
from .errors import BadData, failed_query, stopped_after
from .extract import WRONG_ENTITY, Extract, checked, packed
from .ingest import CHUNK, MOST_BATCH_RECORDS, Ingest, drafts_of
from .sheet import read_text
from .states import WAITING, Api, Batch, BatchState, Job
from .table import JobTable

LOG: Final = logging.getLogger(__name__)
STEP: Final = 5
"""Chunks that become visible together, with what became of their records."""
_OPERATION_CODES: Final = "FUNCTIONALITY_NOT_ENABLED"


class _TakenAwayError(Exception):
    """The batch is no longer where it was left: aborted, deleted, swept away, or in another process's hands."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Works on batches of an org. `make_batch_id` gives ids to the batches of PK chunking; `stopped` tells when to leave off."""

    org: Org
    table: JobTable
    make_batch_id: Callable[[Transaction], str]
    stopped: Callable[[], bool]

    def work(self, job: Job, batch: Batch) -> None:
        """Work on a batch until it is over, or until it is taken away."""
        try:
            try:
                batch = self._begun(job, batch)
                if job.spec.is_query:
                    self._query(job, batch)
                else:
                    self._ingest(job, batch)
            except BadData as bad:
                self._fail(job, batch, str(bad))
            except OrgError as error:
                self._fail(job, batch, f"{error.code} : {error.message}")
        except _TakenAwayError:
            LOG.info("batch %s of job %s was taken away", batch.id, job.id)
        except Exception:
            if self.stopped():
                return
            number = secrets.randbelow(2_000_000_000)
            LOG.exception("batch %s of job %s failed (%s)", batch.id, job.id, number)
            with suppress(_TakenAwayError):
                self._fail(job, batch, f"UnknownException : An unexpected error occurred. ErrorId: {number}")

    # --- one step -------------------------------------------------------------------------------------------------------

    @contextmanager
    def _step(self, job: Job, batch: Batch) -> Iterator[Transaction]:
        """Open a transaction in which the batch is as it was left. Raises `_TakenAwayError`."""
        if self.stopped():
            raise _TakenAwayError
        with self.org.transaction() as transaction:
            now = self.table.find(job.id)
            kept = next((one for one in now.batches if one.id == batch.id), None) if now else None
            if now is None or kept is None or now.mark != job.mark or not now.runs or kept.state not in WAITING:
                raise _TakenAwayError
            if kept.applied != batch.applied:
                raise _TakenAwayError
            yield transaction

    def _saved(self, transaction: Transaction, batch: Batch) -> Batch:
        found = replace(batch, modified_at=self.org.clock.stamp())
        self.table.save_batch(transaction, found)
        return found

    def _begun(self, job: Job, batch: Batch) -> Batch:
        with self._step(job, batch) as transaction:
            return self._saved(transaction, replace(batch, state=BatchState.IN_PROGRESS))

    def _finish(self, job: Job, batch: Batch, **changes: object) -> None:
        with self._step(job, batch) as transaction:
            self._saved(transaction, replace(batch, **{"state": BatchState.COMPLETED, **changes}))  # type: ignore[arg-type]

    def _fail(self, job: Job, batch: Batch, message: str) -> None:
        """Let a batch fail. What was applied before is told in its numbers, and in its results."""
        now = self.table.find(job.id)
        kept = next((one for one in now.batches if one.id == batch.id), None) if now else None
        if kept is None:
            raise _TakenAwayError
        self._finish(job, kept, state=BatchState.FAILED, message=stopped_after(message, kept.processed))

    # --- records --------------------------------------------------------------------------------------------------------

    def _ingest(self, job: Job, batch: Batch) -> None:
        ingest = Ingest(self.org, job)
        drafts = drafts_of(job, batch, ingest.sobject, self.table.parts(batch.id, "data"))
        for _ in islice(drafts, batch.processed):
            pass  # applied before a restart
        begun = self.org.clock.now()
        for chunks in _steps(drafts):
            with self._step(job, batch) as transaction:
                self._spend(job, batch.processed, sum(map(len, chunks)))
                for chunk in chunks:
                    outcomes = ingest.apply(chunk)
                    self.table.add_part(
                        transaction, batch.id, "outcome", batch.applied, len(chunk), orjson.dumps(outcomes)
                    )
                    batch = replace(
                        batch,
                        applied=batch.applied + 1,
                        processed=batch.processed + len(chunk),
                        failed=batch.failed + sum(len(one) == 3 for one in outcomes),
                    )
                now = self.org.clock.now()
                passed = max(int((now - begun).total_seconds() * 1000), 0)
                batch = self._saved(transaction, replace(batch, millis=batch.millis + passed))
                begun = now
        self._finish(job, batch)

    def _spend(self, job: Job, before: int, records: int) -> None:
        """Count what Bulk API 2.0 makes of a job's data: a batch for every 10,000 records. Raises `BadData` when none is left.

        "Understanding Bulk API 2.0 Ingest": the remaining data is not processed, and the job has failed.
        """
        batches = -((before + records) // -MOST_BATCH_RECORDS) + before // -MOST_BATCH_RECORDS
        if job.api is Api.INGEST and batches:
            try:
                self.org.limits.spend(batches, BULK_BATCHES)
            except OrgError as error:
                raise BadData(f"ExceededQuota : {error.message}") from None

    # --- queries --------------------------------------------------------------------------------------------------------

    def _query(self, job: Job, batch: Batch) -> None:
        caller = Caller(job.user_id, job.spec.version)
        soql = read_text(self.table.parts(batch.id, "data"), batch.charset).strip()
        if job.api is Api.QUERY:
            extract = checked(self.org, caller, soql)
        else:
            extract = self._checked(job, caller, soql)
            if job.spec.chunk_size and batch.number == 0 and self._split(job, batch, caller, extract):
                return
        if batch.applied:  # a restart: the result begins anew
            with self._step(job, batch) as transaction:
                self.table.drop_parts(transaction, batch.id, "rows")
                batch = self._saved(transaction, replace(batch, applied=0, processed=0))
        for rows in extract.rows(self.org, caller, job.spec):
            if not rows:
                continue
            with self._step(job, batch) as transaction:
                self.table.add_part(transaction, batch.id, "rows", batch.applied, len(rows), packed(rows))
                batch = self._saved(
                    transaction, replace(batch, applied=batch.applied + 1, processed=batch.processed + len(rows))
                )
        self._finish(job, batch)

    def _checked(self, job: Job, caller: Caller, soql: str) -> Extract:
        try:
            extract = checked(self.org, caller, soql, _OPERATION_CODES)
        except OrgError as error:
            raise failed_query(error) from None
        if extract.sobject.name != job.spec.sobject:
            problem = WRONG_ENTITY.format(extract.sobject.name, job.spec.sobject)
            raise failed_query(OrgError("INVALID_TYPE_FOR_OPERATION", problem))
        return extract

    def _split(self, job: Job, batch: Batch, caller: Caller, extract: Extract) -> bool:
        """Put batches for ranges of ids in a query's place. False for a query that is not to be chunked."""
        if narrowed(extract.soql, "", None) is None:
            return False
        ids = sorted(
            record["Id"]
            for records in self.org.query.whole(
                caller, f"SELECT Id FROM {extract.sobject.name}", job.spec.operation == "queryAll"
            )
            for record in records
            if record["Id"] >= job.spec.start_row
        )
        with self._step(job, batch) as transaction:
            self._saved(transaction, replace(batch, state=BatchState.NOT_PROCESSED))
            for number, (first, end) in enumerate(ranges(ids, job.spec.chunk_size, job.spec.start_row), 1):
                now = self.org.clock.stamp()
                id_ = self.make_batch_id(transaction)
                self.table.insert_batch(
                    transaction,
                    Batch(id_, job.id, number, BatchState.QUEUED, "", now, now, due_at=batch.due_at),
                )
                soql = narrowed(extract.soql, first, end) or extract.soql
                self.table.add_part(transaction, id_, "data", 0, 0, soql.encode())
        return True


def _steps(drafts: Iterator[Draft]) -> Iterator[list[list[Draft]]]:
    """Yield the chunks that are applied in one transaction. Those before a record that cannot be read come before its error."""
    while True:
        chunks: list[list[Draft]] = []
        try:
            while len(chunks) < STEP and (chunk := list(islice(drafts, CHUNK))):
                chunks.append(chunk)
        except BadData:
            if chunks:
                yield chunks
            raise
        if not chunks:
            return
        yield chunks
