"""What browsers are told: a page of any site may call this API, as it shows an access token and no cookie.

On the platform the sites are those of the org's CORS and trusted-domain settings; that any site may is a guess that spares tests a
set-up, and gives nothing away: who calls without a token of this org gets nothing.
"""

from typing import Final

from flask import Request, Response

METHODS: Final = "GET, POST, DELETE, OPTIONS"
HEADERS: Final = "Authorization, Content-Type, X-Org-Id, Last-Event-Id, Accept, Cache-Control"
LASTING_SECONDS: Final = "600"


def preflight() -> Response:
    """Answer a browser that asks what it may send."""
    response = Response(status=200)
    response.headers["Access-Control-Allow-Methods"] = METHODS
    response.headers["Access-Control-Max-Age"] = LASTING_SECONDS
    return response


def shared(request: Request, response: Response) -> Response:
    """Let the page that asked read an answer."""
    site = request.headers.get("Origin")
    if site:
        response.headers["Access-Control-Allow-Origin"] = site
        response.headers["Vary"] = "Origin"
        if request.method == "OPTIONS":
            wanted = request.headers.get("Access-Control-Request-Headers", "")
            response.headers["Access-Control-Allow-Headers"] = wanted or HEADERS
    return response
