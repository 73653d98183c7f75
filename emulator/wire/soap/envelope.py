"""SOAP 1.1 envelopes: what a request asks, and the envelope around an answer."""

from dataclasses import dataclass
from typing import Any

from .api import Operation, api
from .arguments import arguments
from .faults import CLIENT, DECLARATION, VERSION_MISMATCH, SoapFault
from .flavors import SOAP, XSD, XSI, Flavor
from .headers import Headers, headers
from .reading import Element, read


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the operation, its arguments by name, and its header."""

    operation: Operation
    arguments: dict[str, Any]
    headers: Headers


def parse(raw: bytes, charset: str | None = None) -> Asked:
    """Return what an envelope asks for; elements are matched by local name, as clients differ in prefixes. Raises `SoapFault`."""
    root = read(raw, charset)
    if root.name != "Envelope":
        raise SoapFault(CLIENT, f"SOAP envelope expected, found {root.name}")
    if root.namespace != SOAP:
        raise SoapFault(VERSION_MISMATCH, f"Only SOAP 1.1 is supported: the namespace of the envelope is {SOAP}")
    body = root.child("Body")
    if body is None or not body.children:
        raise SoapFault(CLIENT, "The SOAP body holds no operation")
    call = body.children[0]
    operation = api().operations.get(call.name)
    if operation is None:
        raise UnknownOperation(call)
    return Asked(operation, arguments(operation.takes, call), headers(root.child("Header")))


class UnknownOperation(SoapFault):
    """An operation that is not emulated is asked for; the words are those of an org for one that its API does not have."""

    def __init__(self, call: Element) -> None:
        name = f"{{{call.namespace}}}{call.name}"
        super().__init__(CLIENT, f"No operation available for request {name}, please check the WSDL for the service.")
        self.operation = call.name


def answer(flavor: Flavor, inner: str, header: str = "") -> bytes:
    """Return an envelope around an answer. The answer's elements have no prefix: clients look for their bare names."""
    head = f"<soapenv:Header>{header}</soapenv:Header>" if header else ""
    return (
        f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns="{flavor.namespace}" xmlns:xsi="{XSI}" '
        f'xmlns:sf="{flavor.sobject_namespace}" xmlns:xsd="{XSD}">{head}<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>'
    ).encode()
