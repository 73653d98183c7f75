"""The SOAP wire: which API and version an address means, whose call it is, and the faults."""

import gzip
import logging
import re
from typing import Any, Final

from flask import Request, Response
from werkzeug.http import parse_options_header

from ...errors import OrgError
from ...org.caller import Caller
from ...org.org import Org
from ..exchange import MAX_BODY_BYTES, ROWS, Settings, body_of, is_packed, origin
from . import envelope, wsdl
from .answers import AnswerWriter
from .call import Call
from .envelope import Asked, UnknownOperation
from .faults import CLIENT, SoapFault, disabled, fault, invalid_session
from .flavors import ENTERPRISE, PARTNER, Flavor
from .operations import OPERATIONS
from .reading import unzipped
from .records_out import RecordWriter

LOG: Final = logging.getLogger(__name__)
XML: Final = "text/xml;charset=UTF-8"
ADDRESS: Final = re.compile(r"/services/Soap/(?P<letter>[uc])/(?P<number>\d{1,3})(?:\.0)?(?:/[0-9A-Za-z]{15,18})?/?")
DOCUMENT: Final = re.compile(r"/services/wsdl/(?P<word>partner|enterprise)/?")
FIRST_VERSION: Final = 20
LAST_VERSION: Final = 68
GZIP_FROM_BYTES: Final = 8_192


class SoapWire:
    """Answers everything below ``/services/Soap`` and ``/services/wsdl``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings

    def answer(self, request: Request) -> Response:
        document = DOCUMENT.fullmatch(request.path)
        if document is not None:
            flavor = PARTNER if document["word"] == PARTNER.word else ENTERPRISE
            return self._wsdl(request, flavor, f"{LAST_VERSION}.0")
        flavor, version = address(request.path)
        if request.method in ("GET", "HEAD") and "wsdl" in (name.lower() for name in request.args):
            return self._wsdl(request, flavor, version)
        if request.method != "POST":
            raise SoapFault(CLIENT, f"The HTTP method {request.method} is not supported: SOAP requests are POSTed")
        charset = parse_options_header(request.environ.get("CONTENT_TYPE", ""))[1].get("charset", "")
        try:
            asked = envelope.parse(body(request), charset.lower())
        except UnknownOperation as error:
            LOG.warning("SOAP operation %s is not emulated", error.operation)
            raise
        if asked.operation.name == "login":
            # A login is no call of anybody yet: it is not counted, and its answer has no header.
            inner = self._perform(request, flavor, version, asked, Caller("", version))
            return render(request, envelope.answer(flavor, inner))
        session = self._org.session(asked.headers.session_id or "")
        if session is None:
            raise invalid_session()
        if not self._org.rights.allows(Caller(session.user_id, version), "ApiEnabled"):
            raise disabled()
        with self._org.limits.admitted() as usage:
            inner = self._perform(request, flavor, version, asked, Caller(session.user_id, version))
        header = (
            f"<LimitInfoHeader><limitInfo><current>{usage.used}</current><limit>{usage.allowed}</limit>"
            "<type>API REQUESTS</type></limitInfo></LimitInfoHeader>"
        )
        return render(request, envelope.answer(flavor, inner, header))

    def _perform(self, request: Request, flavor: Flavor, version: str, asked: Asked, caller: Caller) -> str:
        call = Call(self._org, flavor, version, caller, asked.arguments, asked.headers, origin(request, self._settings))
        result: Any = OPERATIONS[asked.operation.name](call)
        rows = getattr(result, "records", result)
        request.environ[ROWS] = len(rows) if isinstance(rows, list | tuple) else None
        return AnswerWriter(RecordWriter(self._org, caller, flavor)).response(asked.operation, result)

    def _wsdl(self, request: Request, flavor: Flavor, version: str) -> Response:
        place = f"{origin(request, self._settings)}/services/Soap/{flavor.letter}/{version}"
        return render(request, wsdl.document(self._org.catalog, flavor, float(version), place))

    def refuse(self, request: Request, error: OrgError) -> Response:
        flavor = ENTERPRISE if request.path.startswith("/services/Soap/c") else PARTNER
        return render(request, fault(flavor, error), 500)


def address(path: str) -> tuple[Flavor, str]:
    """Return the API and the version in an address; ``59`` is ``59.0``. Raises UNSUPPORTED_API_VERSION or NOT_FOUND."""
    found = ADDRESS.fullmatch(path)
    if found is None:
        raise OrgError("NOT_FOUND", f"There is no SOAP API at {path}")
    number = int(found["number"])
    if not FIRST_VERSION <= number <= LAST_VERSION:
        raise OrgError("UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL: {found['number']}")
    return (PARTNER if found["letter"] == "u" else ENTERPRISE), f"{number}.0"


def body(request: Request) -> bytes:
    """Return the body of a request, unzipped when it came as gzip. Raises `SoapFault` above the size bound."""
    raw = body_of(request)
    if raw is not None and is_packed(request):
        raw = unzipped(raw, MAX_BODY_BYTES)
    if raw is None:
        # Recorded in solenopsis/Solenopsis#254.
        raise SoapFault(CLIENT, f"Maximum size of request reached. Maximum size of request is {MAX_BODY_BYTES} bytes.")
    return raw


def render(request: Request, document: bytes, status: int = 200) -> Response:
    """Return a document as a response, as gzip when it is large and the client takes that."""
    response = Response(document, status, content_type=XML)
    if len(document) >= GZIP_FROM_BYTES and "gzip" in request.environ.get("HTTP_ACCEPT_ENCODING", "").lower():
        response.set_data(gzip.compress(document, compresslevel=1, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    return response
