"""Bulk API 2.0: ``/services/data/vN.0/jobs/ingest`` and ``…/jobs/query``.

A slash at the end of an address is nothing, and names in it are in any case: clients differ (``unprocessedRecords`` of
simple-salesforce, ``unprocessedrecords`` of the guide).
"""

import base64
import binascii
import io
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import orjson
from flask import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from ...errors import OrgError, not_found
from ...org.caller import Caller
from ...org.jobs.errors import JobError, check_rule
from ...org.jobs.extract import checked
from ...org.jobs.jobs import Jobs, unreadable
from ...org.jobs.states import OVER, Api, Job, JobState, Spec
from ...org.limits import QUERY_JOBS
from ...org.org import Org
from ..exchange import PlainResponse, Settings
from .bodies import document, pieces, streamed

LOG: Final = logging.getLogger(__name__)
PATH: Final = re.compile(r"/services/data/v(\d{1,3}\.\d)/jobs(?:/(.*))?", re.DOTALL)
FIRST_VERSION: Final = 41.0
LAST_VERSION: Final = 68.0
QUERIES_SINCE: Final = 47.0
JSON: Final = "application/json;charset=UTF-8"
CSV: Final = "text/csv"
MOST_UPLOAD_BYTES: Final = 150_000_000
""""Bulk API and Bulk API 2.0 Limits and Allocations": 150 MB."""
MOST_MULTIPART_CHARACTERS: Final = 100_000
USUAL_PAGE: Final = 100_000
"""Records of a page of results where the client asks for no number; the platform's varies."""
PAGES_AT_ONCE: Final = 5
"""Pages that one answer of resultPages names ("Get Parallel Results for a Query Job")."""
NO_MORE: Final = "null"
STATUS: Final = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "API_DISABLED_FOR_ORG": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "API_VERSION_MISMATCH": 409,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}
SCHEMES: Final = frozenset({"bearer", "oauth"})
APIS: Final = {api.value: api for api in Api}


@dataclass(frozen=True, slots=True)
class Call:
    """One call below ``/jobs``. `below` are the parts of the path behind ``ingest`` or ``query``."""

    request: Request
    caller: Caller
    api: Api
    kind: str
    below: tuple[str, ...]

    @property
    def base(self) -> str:
        return f"{self.caller.base}/jobs/{self.kind}"


class Bulk2Wire:
    """Answers everything below ``/services/data/vN.0/jobs``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._jobs = org.room(Jobs)
        self._jobs.forget()

    def answer(self, request: Request) -> Response:
        found = PATH.fullmatch(request.path)
        caller = self._caller(request, found[1] if found else "0.0")
        with self._org.limits.admitted() as usage:
            if found is None or not FIRST_VERSION <= caller.number <= LAST_VERSION:
                raise not_found()
            kind, *below = (found[2] or "").strip("/").split("/")
            kind = kind.lower()
            if kind not in ("ingest", "query") or (kind == "query" and caller.number < QUERIES_SINCE):
                LOG.warning("%s is not emulated", request.path)
                raise not_found()
            api = Api.INGEST if kind == "ingest" else Api.QUERY
            answer = self._answered(Call(request, caller, api, kind, tuple(below)))
            answer.headers["Sforce-Limit-Info"] = usage.info
            return answer

    def refuse(self, request: Request, error: OrgError) -> Response:
        code = error.code.upper() if isinstance(error, JobError) else error.code
        return reply([{"errorCode": code, "message": error.message}], STATUS.get(code, 400))

    def _caller(self, request: Request, version: str) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() not in SCHEMES or not token.strip():
            raise OrgError("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        session = self._org.session(token.strip())
        if session is None:
            raise OrgError("INVALID_SESSION_ID", "Session expired or invalid")
        caller = Caller(session.user_id, version)
        if not self._org.rights.allows(caller, "ApiEnabled"):
            raise OrgError("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
        return caller

    def _answered(self, call: Call) -> Response:
        shape = (call.kind, *("{id}" if place == 0 else part.lower() for place, part in enumerate(call.below)))
        routes = next((methods for path, methods in self.ROUTES.items() if shape == tuple(map(str.lower, path))), None)
        if routes is None:
            LOG.warning("%s is not emulated", call.request.path)
            raise not_found()
        method = "GET" if call.request.method == "HEAD" else call.request.method
        if method not in routes:
            allowed = ",".join(sorted([*routes, "HEAD"] if "GET" in routes else routes))
            raise OrgError("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")
        return routes[method](self, call)

    # --- jobs -----------------------------------------------------------------------------------------------------------

    def _create(self, call: Call) -> Response:
        content_type, options = parse_options_header(call.request.environ.get("CONTENT_TYPE", ""))
        if content_type == "multipart/form-data" and call.api is Api.INGEST:
            asked, data = _parts(document(call.request), options.get("boundary", ""))
        else:
            asked, data = _object(document(call.request)), None
        spec = _spec(call, asked)
        if call.api is Api.QUERY:
            self._org.limits.spend(1, QUERY_JOBS)
        job = self._jobs.create(call.caller, call.api, spec)
        if data is not None:
            self._jobs.upload(job, [data])
            job = self._jobs.become(job, JobState.UPLOAD_COMPLETE)
        return reply(created(job))

    def _list(self, call: Call) -> Response:
        arguments = call.request.args
        wanted = arguments.get("jobType")
        apis = [Api.QUERY] if call.api is Api.QUERY else [Api.INGEST, Api.CLASSIC]
        if wanted:
            if wanted not in APIS:
                raise OrgError("INVALID_ARGUMENT", f"jobType is not one of {', '.join(APIS)}: {wanted}")  # a guess
            apis = [APIS[wanted]]
        jobs, more = self._jobs.listing(apis, arguments.get("queryLocator", ""))
        shown = [job for job in jobs if _is_wanted(job, arguments) and not self._jobs.is_gone(job)]
        following = f"{call.base}?queryLocator={jobs[-1].id}" if more else None
        return reply({"done": not more, "records": [described(job) for job in shown], "nextRecordsUrl": following})

    def _found(self, call: Call) -> Job:
        try:
            return self._jobs.find(call.below[0], call.api)
        except JobError:
            raise not_found() from None

    def _own(self, call: Call) -> Job:
        """Return a job that the caller may feed, change and read the results of."""
        job = self._found(call)
        self._jobs.check_own(call.caller, job)
        return job

    def _status(self, call: Call) -> Response:
        job = self._jobs.asked(self._found(call))
        return reply(described(job))

    def _change(self, call: Call) -> Response:
        job = self._own(call)
        wanted = _object(document(call.request)).get("state")
        if wanted not in ("UploadComplete", "Aborted"):
            raise JobError("InvalidJobState", f"A job cannot become {wanted}")  # a guess: the words
        job = self._jobs.become(job, JobState(wanted))
        return reply(created(job) if call.api is Api.INGEST else described(job))

    def _delete(self, call: Call) -> Response:
        self._jobs.delete(self._own(call))
        return PlainResponse(status=204)

    def _upload(self, call: Call) -> Response:
        job = self._own(call)
        media_type = call.request.mimetype
        if media_type not in ("", CSV):
            raise OrgError("UNSUPPORTED_MEDIA_TYPE", f"MediaType of '{media_type}' is not supported by this resource")
        self._jobs.upload(job, pieces(call.request, MOST_UPLOAD_BYTES))
        return PlainResponse(status=201, headers=[("Content-Length", "0")])

    # --- results --------------------------------------------------------------------------------------------------------

    def _ingest_results(self, call: Call) -> Response:
        job = self._own(call)
        if job.shown not in OVER:
            raise JobError("InvalidJobState", f"Job {job.id} is {job.shown.value}: it has no results yet")  # a guess
        results = self._jobs.results
        read = {
            "successfulresults": results.successful,
            "failedresults": results.failed,
            "unprocessedrecords": results.unprocessed,
        }
        return streamed(call.request, read[call.below[1].lower()](job), CSV)

    def _query_results(self, call: Call) -> Response:
        job = self._complete(call)
        if job is None:
            return PlainResponse(status=204)
        total = job.batches[0].processed
        start = _offset(call.request.args.get("locator", ""), total)
        size = _page_size(call.request.args.get("maxRecords"))
        count = min(size, total - start)
        following = _locator(start + count) if start + count < total else NO_MORE
        header = checked(self._org, Caller(job.user_id, job.spec.version), job.spec.query or "").header(job.spec)
        body = self._jobs.results.query_page(job, header, start, count)
        told = (("Sforce-Locator", following), ("Sforce-NumberOfRecords", str(count)))
        return streamed(call.request, body, CSV, *told)

    def _result_pages(self, call: Call) -> Response:
        """Name pages of a result that may be read at the same time ("Get Parallel Results for a Query Job")."""
        job = self._complete(call)
        if job is None:
            return PlainResponse(status=204)
        total, size = job.batches[0].processed, USUAL_PAGE
        start = _offset(call.request.args.get("locator", ""), total)
        starts = list(range(start, total, size))[:PAGES_AT_ONCE]
        end = start + PAGES_AT_ONCE * size
        base = f"{call.base}/{job.id}"
        return reply(
            {
                "resultPages": [{"resultLink": f"{base}/results?locator={_locator(one)}"} for one in starts],
                "nextRecordsUrl": f"{base}/resultPages?locator={_locator(end)}" if end < total else None,
                "done": end >= total,
            }
        )

    def _complete(self, call: Call) -> Job | None:
        """Return a query job that has a result. Raises for another API version than the job's ("Get Results": 409)."""
        job = self._own(call)
        if job.spec.version != call.caller.version:
            problem = f"The job was made with API version {job.spec.version}"  # a guess: code and words
            raise OrgError("API_VERSION_MISMATCH", problem)
        return job if job.shown is JobState.JOB_COMPLETE else None

    ROUTES: ClassVar[Mapping[tuple[str, ...], Mapping[str, Callable[["Bulk2Wire", Call], Response]]]] = {
        ("ingest",): {"POST": _create, "GET": _list},
        ("ingest", "{id}"): {"GET": _status, "PATCH": _change, "DELETE": _delete},
        ("ingest", "{id}", "batches"): {"PUT": _upload},
        ("ingest", "{id}", "successfulResults"): {"GET": _ingest_results},
        ("ingest", "{id}", "failedResults"): {"GET": _ingest_results},
        ("ingest", "{id}", "unprocessedrecords"): {"GET": _ingest_results},
        ("query",): {"POST": _create, "GET": _list},
        ("query", "{id}"): {"GET": _status, "PATCH": _change, "DELETE": _delete},
        ("query", "{id}", "results"): {"GET": _query_results},
        ("query", "{id}", "resultPages"): {"GET": _result_pages},
    }
    """Address below ``jobs`` -> method -> what answers it; names in an address are in any case."""


def created(job: Job) -> dict[str, Any]:
    """Return a job as its making and its changes answer it."""
    spec = job.spec
    told: dict[str, Any] = {"id": job.id, "operation": spec.operation, "object": spec.sobject}
    told |= {"createdById": job.user_id, "createdDate": job.created_at, "systemModstamp": modified(job)}
    told |= {"state": job.shown.value}
    if spec.external_id_field:
        told["externalIdFieldName"] = spec.external_id_field
    told |= {"concurrencyMode": spec.concurrency, "contentType": spec.content_type, "apiVersion": float(spec.version)}
    if job.api is Api.INGEST and job.state is JobState.OPEN:
        told["contentUrl"] = f"services/data/v{spec.version}/jobs/ingest/{job.id}/batches"
    if job.api is not Api.CLASSIC:
        told |= {"lineEnding": spec.line_ending, "columnDelimiter": spec.column_delimiter}
    return told


def described(job: Job) -> dict[str, Any]:
    """Return a job as a question after its state answers it."""
    told = {**created(job), "jobType": job.api.value}
    millis = sum(batch.millis for batch in job.batches)
    told |= {"retries": 0, "totalProcessingTime": millis}
    told["numberRecordsProcessed"] = sum(batch.processed for batch in job.batches)
    if job.api is not Api.QUERY:
        told |= {"apiActiveProcessingTime": millis, "apexProcessingTime": 0}
        told["numberRecordsFailed"] = sum(batch.failed for batch in job.batches)
    told["isPkChunkingSupported"] = job.api is Api.QUERY
    if job.error:
        told["errorMessage"] = job.error
    return told


def modified(job: Job) -> str:
    return max([job.modified_at, *(batch.modified_at for batch in job.batches)])


def _is_wanted(job: Job, arguments: Any) -> bool:
    mode = arguments.get("concurrencyMode")
    chunked = arguments.get("isPkChunkingEnabled")
    if mode and job.spec.concurrency.lower() != mode.lower():
        return False
    return not chunked or (chunked.lower() == "true") == bool(job.spec.chunk_size)


def _spec(call: Call, asked: dict[str, Any]) -> Spec:
    """Return what a description asks for. Raises InvalidJob for what is no text, and for another content type than CSV."""
    names = ("operation", "object", "contentType", "lineEnding", "columnDelimiter", "externalIdFieldName", "query")
    given = {name: asked.get(name) for name in (*names, "assignmentRuleId")}
    if not all(isinstance(value, str | None) for value in given.values()):
        raise unreadable()
    if (given["contentType"] or "CSV") != "CSV":
        raise unreadable()
    check_rule(given["assignmentRuleId"])
    return Spec(
        operation=given["operation"] or "",
        sobject=given["object"] or "",
        version=call.caller.version,
        line_ending=given["lineEnding"] or "LF",
        column_delimiter=given["columnDelimiter"] or "COMMA",
        external_id_field=given["externalIdFieldName"],
        query=given["query"] if call.api is Api.QUERY else None,
    )


def _object(raw: bytes) -> dict[str, Any]:
    try:
        loaded = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise OrgError("JSON_PARSER_ERROR", f"{error.msg} at [line:{error.lineno}, column:{error.colno}]") from None
    if not isinstance(loaded, dict):
        raise OrgError("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")
    return loaded


def _parts(raw: bytes, boundary: str) -> tuple[dict[str, Any], bytes]:
    """Return the description and the data of a multipart request ("Create a Job": parts ``job`` and ``content``)."""
    try:
        parser = MultiPartParser(lambda *_, **__: io.BytesIO(), max_form_memory_size=len(raw) + 1, max_form_parts=2)
        form, files = parser.parse(io.BytesIO(raw), boundary.encode(), len(raw))
    except (ValueError, HTTPException) as error:
        raise JobError("ClientInputError", f"Failed to read request. {error}") from None
    job = form.get("job") or (files["job"].read().decode(errors="replace") if "job" in files else None)
    content = files["content"].read() if "content" in files else form.get("content", "").encode(errors="replace")
    if job is None:
        raise unreadable()
    if len(content.decode(errors="replace")) > MOST_MULTIPART_CHARACTERS:
        raise JobError("ClientInputError", f"Content exceeds {MOST_MULTIPART_CHARACTERS} characters")  # a guess
    return _object(job.encode()), content


def _locator(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(locator: str, total: int) -> int:
    """Return where the page of a locator begins. Raises for one that this result does not have (a guess: the code)."""
    if not locator:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not re.fullmatch(r"\d{1,12}", text) or not int(text) < max(total, 1):
        raise OrgError("INVALID_LOCATOR", f"Invalid locator: {locator}")
    return int(text)


def _page_size(given: str | None) -> int:
    if given is None:
        return USUAL_PAGE
    if not re.fullmatch(r"\d{1,9}", given) or int(given) == 0:
        raise OrgError("INVALID_ARGUMENT", f"maxRecords is not a positive number: {given}")  # a guess
    return int(given)


def reply(body: Any, status: int = 200) -> Response:
    raw = orjson.dumps(body)
    return PlainResponse([raw], status, [("Content-Type", JSON), ("Content-Length", str(len(raw)))])
