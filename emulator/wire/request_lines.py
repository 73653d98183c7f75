"""Requests of the log as lines for a person: under a test that failed, above all."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

LONGEST: Final = 300
"""Characters of a line."""


def lines(requests: Sequence[dict[str, Any]]) -> str:
    """Return a few lines for each request, in the order given."""
    return "\n".join(line[:LONGEST] for request in requests for line in _lines(request))


def _lines(request: dict[str, Any]) -> Iterator[str]:
    recorded = f", recorded #{request['recorded']}" if "recorded" in request else ""
    meant = " ".join([request["operation"], *request["objects"]]).strip()
    rows = "" if request["rows"] is None else f", {request['rows']} row{'s' * (request['rows'] != 1)}"
    yield f"#{request['number']} {request['method']} {request['path']} -> {request['status']}{rows}, {request['ms']:.1f} ms{recorded}"
    if request["soql"]:
        yield f"    {meant}: {' '.join(request['soql'].split())}"
        if request["parsed"]:
            yield f"    understood: {orjson.dumps(request['parsed']).decode()}"
    elif meant:
        yield f"    {meant}"
    if request["error"]:
        yield f"    {request['error']['errorCode']} {request['error']['message']}".replace("\n", " ")
    if request.get("nearMisses"):
        yield f"    did you mean {', or '.join(request['nearMisses'])}?"
