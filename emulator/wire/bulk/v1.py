"""The first Bulk API: ``/services/async/NN.0/job``.

Whether an answer is JSON or XML goes by the job's own content type where there is a job, and by the request's where there is
none. Content types are sent bare, without a charset: salesforce-bulk compares them letter by letter.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Final

import orjson
from flask import Request, Response
from werkzeug.http import parse_options_header

from ....schemas.ids import to18
from ...errors import OrgError
from ...org.caller import Caller
from ...org.jobs.documents import NAMESPACE
from ...org.jobs.errors import NOT_PROCESSED, JobError, check_rule
from ...org.jobs.extract import NO_RECORDS, checked
from ...org.jobs.ingest import Outcome
from ...org.jobs.jobs import Jobs, known_charset, unreadable
from ...org.jobs.results import blocks, error_text
from ...org.jobs.sheet import written
from ...org.jobs.states import Api, Batch, BatchState, Job, JobState, Spec
from ...org.limits import BULK_BATCHES
from ...org.org import Org
from ..exchange import PlainResponse, Settings
from . import markup
from .bodies import document, pieces, streamed
from .chunks import chunked

LOG: Final = logging.getLogger(__name__)
PATH: Final = re.compile(r"/services/async/(\d{1,3}\.\d)/(.*)", re.DOTALL)
FIRST_VERSION: Final = 16.0
LAST_VERSION: Final = 68.0
XML: Final = "application/xml"
JSON: Final = "application/json"
CSV: Final = "text/csv"
TYPES: Final = {"CSV": CSV, "JSON": JSON, "XML": XML}
MOST_BATCH_BYTES: Final = 10_000_000
RESULT_PREFIX: Final = "752"
CONCURRENCY: Final = {0: "Parallel", 1: "Serial", "Parallel": "Parallel", "Serial": "Serial"}
"""simple-salesforce sends numbers."""
STATUS: Final = {"UNKNOWN_EXCEPTION": 500, "METHOD_NOT_ALLOWED": 405, "SERVER_UNAVAILABLE": 503}
OWN_CODES: Final = {"REQUEST_LIMIT_EXCEEDED": "ExceededQuota", "INVALID_SESSION_ID": "InvalidSessionId"}
"""What this API calls what others have another code for ("Bulk API Error Codes")."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call below ``/services/async/NN.0``; `below` are the parts of the path, the first of them ``job``."""

    request: Request
    caller: Caller
    below: tuple[str, ...]


class Bulk1Wire:
    """Answers everything below ``/services/async``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._jobs = org.room(Jobs)
        self._jobs.forget()

    def answer(self, request: Request) -> Response:
        found = PATH.fullmatch(request.path)
        session = self._org.session(request.headers.get("X-SFDC-Session", "").strip())
        if session is None:
            raise JobError("InvalidSessionId", "Invalid session id")
        if not self._org.rights.allows(Caller(session.user_id), "ApiEnabled"):
            raise JobError("FeatureNotEnabled", "API is disabled for this User")  # a guess: that it is this code
        version = found[1] if found else "0.0"
        if found is None or not FIRST_VERSION <= float(version) <= LAST_VERSION:
            raise JobError("InvalidUrl", f"Invalid URL: {request.path}")  # a guess: the words
        below = tuple(found[2].strip("/").split("/"))
        with self._org.limits.admitted():
            return self._answered(Call(request, Caller(session.user_id, version), below))

    def refuse(self, request: Request, error: OrgError) -> Response:
        """Return an error in the form of the request. A call that is not allowed is a 400 too, even without a session."""
        code, message = OWN_CODES.get(error.code, error.code), error.message
        told = {"exceptionCode": code, "exceptionMessage": message}
        return self._reply(_wants_json(request), "error", told, STATUS.get(code, 400))

    def _answered(self, call: Call) -> Response:
        shape = tuple(part.lower() if place % 2 == 0 else "{id}" for place, part in enumerate(call.below))
        methods = self.ROUTES.get(shape)
        if methods is None:
            LOG.warning("%s is not emulated", call.request.path)
            raise JobError("InvalidUrl", f"Invalid URL: {call.request.path}")
        method = "GET" if call.request.method == "HEAD" else call.request.method
        if method not in methods:
            raise OrgError("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {','.join(methods)}")
        return methods[method](self, call)

    # --- jobs -----------------------------------------------------------------------------------------------------------

    def _create(self, call: Call) -> Response:
        asked = _described(call.request)
        content_type = str(asked.get("contentType") or "XML")  # the guide's default
        concurrency = CONCURRENCY.get(_hashable(asked.get("concurrencyMode") or 0))
        if content_type not in TYPES or concurrency is None:
            raise unreadable()
        texts = [asked.get(name) for name in ("operation", "object", "externalIdFieldName", "assignmentRuleId")]
        if not all(isinstance(text, str | None) for text in texts):
            raise unreadable()
        check_rule(texts[3])
        spec = Spec(
            operation=texts[0] or "",
            sobject=texts[1] or "",
            version=call.caller.version,
            content_type=content_type,
            external_id_field=texts[2] or None,
            concurrency=concurrency,
        )
        if spec.is_query:
            spec = chunked(spec, call.request.headers.get("Sforce-Enable-PKChunking", ""))
        job = self._jobs.create(call.caller, Api.CLASSIC, spec)
        return self._job_reply(call, job, 201)

    def _found(self, call: Call) -> Job:
        return self._jobs.find(call.below[1], Api.CLASSIC)

    def _own(self, call: Call) -> Job:
        """Return a job that the caller may feed, change and read the results of."""
        job = self._found(call)
        self._jobs.check_own(call.caller, job)
        return job

    def _job_info(self, call: Call) -> Response:
        return self._job_reply(call, self._jobs.asked(self._found(call)))

    def _change(self, call: Call) -> Response:
        job = self._own(call)
        wanted = _described(call.request).get("state")
        if wanted not in ("Open", "Closed", "Aborted", "Failed"):
            raise unreadable()
        return self._job_reply(call, self._jobs.become(job, JobState(wanted)))

    def _job_reply(self, call: Call, job: Job, status: int = 200) -> Response:
        wants_json = _wants_json(call.request) or (job.spec.content_type == "JSON" and not _says_xml(call.request))
        return self._reply(wants_json, "jobInfo", job_info(job, wants_json), status)

    # --- batches --------------------------------------------------------------------------------------------------------

    def _add(self, call: Call) -> Response:
        job = self._own(call)
        if job.state is not JobState.OPEN:
            raise JobError(
                "InvalidJobState", f"Job {job.id} is {job.state.value}; only an open job takes data"
            )  # a guess
        charset = known_charset(
            parse_options_header(call.request.environ.get("CONTENT_TYPE", ""))[1].get("charset", "")
        )
        if charset is None:
            raise JobError("ClientInputError", "Unsupported encoding")  # a guess
        self._org.limits.spend(1, BULK_BATCHES)
        batch = self._jobs.upload(job, pieces(call.request, MOST_BATCH_BYTES), charset)
        return self._batch_reply(job, batch, 201)

    def _batches(self, call: Call) -> Response:
        job = self._jobs.asked(self._found(call))
        wants_json = job.spec.content_type == "JSON"
        infos = [batch_info(batch, wants_json) for batch in job.batches]
        if wants_json:
            return _sent(orjson.dumps({"batchInfo": infos}), JSON)
        return _sent(markup.list_of("batchInfoList", [markup.element("batchInfo", info) for info in infos]), XML)

    def _batch(self, call: Call, *, asked: bool = False) -> tuple[Job, Batch]:
        job = self._found(call) if asked else self._own(call)
        wanted = call.below[3][:15]
        for batch in job.batches:
            if batch.id[:15] == wanted:
                if not asked:
                    return job, batch
                job = self._jobs.asked(job, batch)
                return job, next((one for one in job.batches if one.id == batch.id), batch)
        raise JobError("InvalidBatch", f"Unable to find batch: {call.below[3]}")  # a guess: the words

    def _batch_info(self, call: Call) -> Response:
        return self._batch_reply(*self._batch(call, asked=True))

    def _batch_reply(self, job: Job, batch: Batch, status: int = 200) -> Response:
        wants_json = job.spec.content_type == "JSON"
        return self._reply(wants_json, "batchInfo", batch_info(batch, wants_json), status)

    def _request(self, call: Call) -> Response:
        job, batch = self._batch(call)
        return streamed(call.request, self._jobs.results.data(batch), TYPES[job.spec.content_type])

    # --- results --------------------------------------------------------------------------------------------------------

    def _results(self, call: Call) -> Response:
        job, batch = self._batch(call)
        content_type = job.spec.content_type
        if batch.state is not BatchState.COMPLETED and not (
            batch.state is BatchState.FAILED and batch.processed and not job.spec.is_query
        ):
            if batch.state in (BatchState.FAILED, BatchState.NOT_PROCESSED):
                raise JobError("InvalidBatch", NOT_PROCESSED)
            raise JobError("InvalidBatch", "Batch not completed")  # a guess: the words
        if job.spec.is_query:
            if content_type == "JSON":
                return _sent(orjson.dumps([result_id(batch)]), JSON)
            return _sent(markup.root("result-list", {"result": result_id(batch)}), XML)
        write = {"CSV": csv_results, "JSON": json_results, "XML": xml_results}[content_type]
        return streamed(call.request, write(self._jobs.results.outcomes(batch)), TYPES[content_type])

    def _query_result(self, call: Call) -> Response:
        job, batch = self._batch(call)
        if batch.state is not BatchState.COMPLETED or call.below[5][:15] != result_id(batch)[:15]:
            raise JobError("InvalidBatch", f"Unable to find result: {call.below[5]}")  # a guess: the words
        rows = self._jobs.results.query_rows(batch, 0, batch.processed)
        content_type = job.spec.content_type
        if content_type == "JSON":
            body = _framed("[", rows, ",", "]")
        elif content_type == "XML":
            body = _framed(f'{markup.HEAD}<queryResult xmlns="{NAMESPACE}" {markup.XSI}>', rows, "", "</queryResult>")
        elif batch.processed == 0:
            body = iter([f"{NO_RECORDS}\n".encode()])
        else:
            soql = b"".join(self._jobs.results.data(batch)).decode(batch.charset, "replace").strip()
            extract = checked(self._org, Caller(job.user_id, job.spec.version), soql)
            body = blocks(chain([extract.header(job.spec)], rows), "\n")
        return streamed(call.request, body, TYPES[content_type])

    def _reply(self, wants_json: bool, name: str, values: dict[str, Any], status: int) -> Response:
        if wants_json:
            return _sent(orjson.dumps(values), JSON, status)
        return _sent(markup.root(name, values), XML, status)

    ROUTES: ClassVar[Mapping[tuple[str, ...], Mapping[str, Callable[["Bulk1Wire", Call], Response]]]] = {
        ("job",): {"POST": _create},
        ("job", "{id}"): {"GET": _job_info, "POST": _change},
        ("job", "{id}", "batch"): {"POST": _add, "GET": _batches},
        ("job", "{id}", "batch", "{id}"): {"GET": _batch_info},
        ("job", "{id}", "batch", "{id}", "request"): {"GET": _request},
        ("job", "{id}", "batch", "{id}", "result"): {"GET": _results},
        ("job", "{id}", "batch", "{id}", "result", "{id}"): {"GET": _query_result},
    }
    """Address below the version -> method -> what answers it."""


def job_info(job: Job, as_json: bool) -> dict[str, Any]:
    """Return a job in the order of the guide's ``JobInfo``."""
    spec, time = job.spec, _plain if as_json else _zulu
    millis = sum(batch.millis for batch in job.batches)
    told: dict[str, Any] = {"id": job.id, "operation": spec.operation, "object": spec.sobject}
    told |= {"createdById": job.user_id, "createdDate": time(job.created_at), "systemModstamp": time(job.modified_at)}
    told["state"] = job.state.value
    if spec.external_id_field:
        told["externalIdFieldName"] = spec.external_id_field
    told |= {"concurrencyMode": spec.concurrency, "contentType": spec.content_type}
    told |= {
        "numberBatchesQueued": job.count(BatchState.QUEUED),
        "numberBatchesInProgress": job.count(BatchState.IN_PROGRESS),
        "numberBatchesCompleted": job.count(BatchState.COMPLETED),
        "numberBatchesFailed": job.count(BatchState.FAILED),
        "numberBatchesTotal": len(job.batches),
        "numberRecordsProcessed": sum(batch.processed for batch in job.batches),
        "numberRetries": 0,
        "apiVersion": float(spec.version) if as_json else spec.version,
    }
    told |= {
        "numberRecordsFailed": sum(batch.failed for batch in job.batches),
        "totalProcessingTime": millis,
        "apiActiveProcessingTime": millis,
        "apexProcessingTime": 0,
    }
    return told | {"fastPathEnabled": False} if as_json else told


def batch_info(batch: Batch, as_json: bool) -> dict[str, Any]:
    """Return a batch in the order of the guide's ``BatchInfo``; as JSON in alphabetical order."""
    time = _plain if as_json else _zulu
    told: dict[str, Any] = {"id": batch.id, "jobId": batch.job_id, "state": batch.state.value}
    if batch.message or as_json:
        told["stateMessage"] = batch.message or None
    told |= {"createdDate": time(batch.created_at), "systemModstamp": time(batch.modified_at)}
    told |= {
        "numberRecordsProcessed": batch.processed,
        "numberRecordsFailed": batch.failed,
        "totalProcessingTime": batch.millis,
        "apiActiveProcessingTime": batch.millis,
        "apexProcessingTime": 0,
    }
    return dict(sorted(told.items())) if as_json else told


def result_id(batch: Batch) -> str:
    return to18(RESULT_PREFIX + batch.id[3:15])


def csv_results(outcomes: Iterator[Outcome]) -> Iterator[bytes]:
    def line(outcome: Outcome) -> str:
        if len(outcome) == 2:
            return written((outcome[0], "true", "true" if outcome[1] else "false", ""))
        return written(("", "false", "false", error_text(outcome)))

    return blocks(chain(['"Id","Success","Created","Error"'], map(line, outcomes)), "\n")


def json_results(outcomes: Iterator[Outcome]) -> Iterator[bytes]:
    def entry(outcome: Outcome) -> str:
        if len(outcome) == 2:
            told = {"success": True, "created": bool(outcome[1]), "id": outcome[0], "errors": []}
        else:
            code, message, fields = outcome
            error = {"message": message, "fields": fields, "statusCode": code, "extendedErrorDetails": None}
            told = {"success": False, "created": False, "id": None, "errors": [error]}
        return orjson.dumps(told).decode()

    return _framed("[", map(entry, outcomes), ",", "]")


def xml_results(outcomes: Iterator[Outcome]) -> Iterator[bytes]:
    def entry(outcome: Outcome) -> str:
        if len(outcome) == 2:
            return markup.element("result", {"id": outcome[0], "success": True, "created": bool(outcome[1])})
        code, message, fields = outcome
        named = "".join(f"<fields>{markup.text_of(name)}</fields>" for name in fields)
        said = f"<message>{markup.text_of(message)}</message><statusCode>{code}</statusCode>"
        errors = f"<errors>{named}{said}</errors>"
        return f"<result>{errors}<id></id><success>false</success><created>false</created></result>"

    return _framed(f'{markup.HEAD}<results xmlns="{NAMESPACE}">', map(entry, outcomes), "", "</results>")


def _framed(before: str, rows: Iterator[str], between: str, after: str) -> Iterator[bytes]:
    yield before.encode()
    first, kept = True, []
    for row in rows:
        kept.append(row)
        if len(kept) >= 500:
            yield (("" if first else between) + between.join(kept)).encode(errors="replace")
            first = False
            kept.clear()
    if kept:
        yield (("" if first else between) + between.join(kept)).encode(errors="replace")
    yield after.encode()


def _described(request: Request) -> dict[str, Any]:
    """Return the description of a job, JSON or XML as its content type says."""
    raw = document(request)
    if not _wants_json(request):
        return dict(markup.fields_of(raw))
    try:
        loaded = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise unreadable() from None
    if not isinstance(loaded, dict):
        raise unreadable()
    return loaded


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | str) else None


def _wants_json(request: Request) -> bool:
    return JSON in request.environ.get("CONTENT_TYPE", "").lower()


def _says_xml(request: Request) -> bool:
    return XML in request.environ.get("CONTENT_TYPE", "").lower()


def _plain(time: str) -> str:
    return time


def _zulu(time: str) -> str:
    return time.removesuffix("+0000") + "Z"


def _sent(body: bytes, content_type: str, status: int = 200) -> Response:
    return PlainResponse([body], status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
