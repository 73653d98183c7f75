"""The SOAP wire: which API and version an address means, which operation is called, and the faults."""

import logging
import re
from typing import Final

from flask import Request, Response

from ...errors import OrgError
from ...org.org import Org
from ..exchange import MAX_BODY_BYTES, Settings, body_of, origin
from . import login
from .envelope import CLIENT, ENTERPRISE, PARTNER, Flavor, Operation, SoapFault, answer, fault, parse

LOG: Final = logging.getLogger(__name__)
XML: Final = "text/xml;charset=UTF-8"
ADDRESS: Final = re.compile(r"/services/Soap/(?P<letter>[uc])/(?P<number>\d{1,3})(?:\.0)?(?:/[0-9A-Za-z]{15,18})?/?")
FIRST_VERSION: Final = 20
LAST_VERSION: Final = 68


class SoapWire:
    """Answers everything below ``/services/Soap``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings

    def answer(self, request: Request) -> Response:
        flavor, version = address(request.path)
        if request.method != "POST":
            raise SoapFault(CLIENT, f"The HTTP method {request.method} is not supported: SOAP requests are POSTed")
        raw = body_of(request)
        if raw is None:
            # Recorded in solenopsis/Solenopsis#254.
            raise SoapFault(
                CLIENT, f"Maximum size of request reached. Maximum size of request is {MAX_BODY_BYTES} bytes."
            )
        inner = self._perform(request, flavor, version, parse(raw))
        return Response(answer(flavor, inner), content_type=XML)

    def _perform(self, request: Request, flavor: Flavor, version: str, operation: Operation) -> str:
        if operation.name == "login":
            return login.login(self._org, flavor, version, origin(request, self._settings), operation)
        if operation.name == "logout":
            return login.logout(self._org, operation)
        LOG.warning("SOAP operation %s is not emulated", operation.name)
        name = f"{{{operation.namespace}}}{operation.name}"
        # The words of an org for an operation that its API does not have.
        raise SoapFault(CLIENT, f"No operation available for request {name}, please check the WSDL for the service.")

    def refuse(self, request: Request, error: OrgError) -> Response:
        flavor = ENTERPRISE if request.path.startswith("/services/Soap/c") else PARTNER
        element = (
            "LoginFault" if error.code in ("INVALID_LOGIN", "LOGIN_MUST_USE_SECURITY_TOKEN") else "UnexpectedErrorFault"
        )
        return Response(fault(flavor, error, element), 500, content_type=XML)


def address(path: str) -> tuple[Flavor, str]:
    """Return the API and the version in an address; ``59`` is ``59.0``. Raises UNSUPPORTED_API_VERSION or NOT_FOUND."""
    found = ADDRESS.fullmatch(path)
    if found is None:
        raise OrgError("NOT_FOUND", f"There is no SOAP API at {path}")
    number = int(found["number"])
    if not FIRST_VERSION <= number <= LAST_VERSION:
        raise OrgError("UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL: {found['number']}")
    return (PARTNER if found["letter"] == "u" else ENTERPRISE), f"{number}.0"
