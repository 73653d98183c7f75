"""``/composite``: up to 25 requests in one, with references from one to the other."""

from typing import Any, Final

from ....errors import OrgError
from ....org.org import Org
from .. import errors
from ..body import document
from ..call import Answer, Call, decoded
from .chain import results, run, run_all_or_none
from .request import flag, objects
from .subrequests import Subrequest, read_subrequests, shown, target

NAME: Final = "composite"
MOST_PARTS: Final = 25
MOST_LARGE_PARTS: Final = 5
"""Of queries and collections together (REST guide, "Composite")."""
CHILDREN: Final = (("tree", 34.0), ("batch", 34.0), ("sobjects", 42.0), ("graph", 50.0))
"""The other composite resources and the versions that they came with."""


def listing(org: Org, call: Call) -> Answer:
    """``GET composite``: the other composite resources (REST guide, "Get a List of Composite Resources")."""
    return Answer(
        200, {name: f"{call.base}/composite/{name}" for name, since in CHILDREN if call.caller.number >= since}
    )


def composite(org: Org, call: Call) -> Answer:
    """``POST composite``: 200 with a result for each part, whatever became of it."""
    asked = document(call)
    documents = objects(asked, "compositeRequest")
    if len(documents) > MOST_PARTS:
        # Recorded, with the typographic apostrophe: guardian/support-service-lambdas#766.
        return too_many(f"The request can\u2019t contain more than {MOST_PARTS} operations.")
    parts = read_subrequests(documents, call.caller.number)
    if sum(map(is_large, parts)) > MOST_LARGE_PARTS:
        # A guess after the recorded sentence.
        return too_many(f"The request can\u2019t contain more than {MOST_LARGE_PARTS} query or collection operations.")
    if flag(asked, "allOrNone"):
        _, answers = run_all_or_none(org, call, parts, NAME)
    else:
        answers = run(call, parts, NAME)
    return Answer(200, {"compositeResponse": results(parts, answers)})


def is_large(part: Subrequest) -> bool:
    """Tell whether a part is a query or a collection."""
    below, _ = target(part.url)
    if below is None:
        return False
    segments = decoded(below[1])
    return segments[:1] in (("query",), ("queryAll",)) or segments[:2] == ("composite", "sobjects")


def too_many(message: str) -> Answer:
    body: Any = errors.body(OrgError("LIMIT_EXCEEDED", message))
    return Answer(200, {"compositeResponse": [shown(Answer(errors.BAD_REQUEST, body), None)]})
