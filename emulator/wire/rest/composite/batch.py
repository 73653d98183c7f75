"""``/composite/batch``: up to 25 requests that know nothing of each other, each committed by itself."""

from datetime import timedelta
from typing import Any, Final

from ....errors import OrgError
from ....org.org import Org
from .. import errors
from ..call import ROOT, Answer, Call
from .reading import Contents, read, with_file
from .request import flag, malformed, objects, text
from .subrequests import METHODS, send_to, target

NAME: Final = "composite/batch"
MOST_PARTS: Final = 25
FIRST_VERSION: Final = 34.0
HALTED: Final = OrgError("BATCH_PROCESSING_HALTED", "Batch processing was halted because an earlier subrequest failed.")
"""Code and status 412 are documented (REST guide, "Batch Request Body"); the sentence is a guess."""
LONGEST: Final = timedelta(minutes=10)
"""How long a batch may take by the org's clock: what is left then is not run (REST guide, "Composite Batch")."""
TIMED_OUT: Final = OrgError(
    "BATCH_PROCESSING_HALTED", "Batch processing was halted because the batch request timed out."
)
"""What the parts that are not run answer is not documented: a guess, after those of a batch that was halted."""


def batch(org: Org, call: Call) -> Answer:
    """``POST composite/batch``: 200 with a result for each part. Every part counts as a call."""
    call, asked, contents = read(call)
    documents = objects(asked, "batchRequests")
    if len(documents) > MOST_PARTS:  # a guess, after the same limit of composite
        raise OrgError("LIMIT_EXCEEDED", f"The request can\u2019t contain more than {MOST_PARTS} operations.")
    parts = [read_part(one, call, contents) for one in documents]
    halts = flag(asked, "haltOnError")
    results: list[dict[str, Any]] = []
    has_errors = False
    started = org.clock.now()
    for method, url, body in parts:
        if halts and has_errors:
            results.append({"statusCode": 412, "result": errors.body(HALTED)})
            continue
        if results and org.clock.now() - started >= LONGEST:
            has_errors = True
            results.append({"statusCode": 412, "result": errors.body(TIMED_OUT)})
            continue
        answer = send_to(call, method, url, body, NAME)
        has_errors |= answer.status >= 400
        results.append({"statusCode": answer.status, "result": answer.body})
    return Answer(200, {"hasErrors": has_errors, "results": results}, calls=max(len(parts), 1))


def read_part(one: dict[str, Any], call: Call, contents: Contents) -> tuple[str, str, Any]:
    """Return method, URL and body of a part. A wrong method or URL refuses the whole batch (REST guide, "haltOnError").

    A URL is relative to ``/services/data/``; the whole path is taken too. Its version is at least 34.0 and at most that
    of the batch (REST guide, "Batch").
    """
    method, url = text(one, "method").upper(), text(one, "url")
    if method not in METHODS:
        raise malformed(f"'{method}' is not a method of a subrequest.")
    path = url if url.startswith(f"{ROOT}/") else f"{ROOT}/{url.removeprefix('/')}"
    below, _ = target(path)
    version = float(below[0]) if below is not None else 0.0
    if not FIRST_VERSION <= version <= call.caller.number:
        raise malformed(f"'{url}' is not a URL of a subrequest.")
    body = one.get("richInput")
    if isinstance(body, dict) or body is None:
        body = with_file(body or {}, one, contents) or body
    return method, path, body
