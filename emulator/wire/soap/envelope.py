"""SOAP 1.1 envelopes: read a request, write an answer, write a fault."""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from ...errors import OrgError

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
CLIENT: Final = "soapenv:Client"
"""Fault code of a request that is no SOAP request, or asks for an operation that is not there; it carries no prefix ``sf``."""


@dataclass(frozen=True, slots=True)
class Flavor:
    """One of the two SOAP APIs: the word in its path and in its namespaces."""

    letter: str
    word: str

    @property
    def namespace(self) -> str:
        return f"urn:{self.word}.soap.sforce.com"

    @property
    def fault_namespace(self) -> str:
        return f"urn:fault.{self.word}.soap.sforce.com"


PARTNER: Final = Flavor("u", "partner")
ENTERPRISE: Final = Flavor("c", "enterprise")


class SoapFault(OrgError):
    """A fault whose code is not the platform's exception code, such as ``soapenv:Client``; it has no detail."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The call in an envelope: the local name, the namespace, the texts of its children, and the session id of the header."""

    name: str
    namespace: str
    arguments: dict[str, str]
    session_id: str | None


def parse(raw: bytes) -> Operation:
    """Return the operation that an envelope asks for; elements are matched by local name, as clients differ in prefixes.

    Document types, entities and anything outside the document are refused. Raises `SoapFault`.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapFault(CLIENT, f"The content of the request is not XML: {error}") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs say it may be None
        raise SoapFault(CLIENT, "DTD is not supported in SOAP requests")
    if local_name(root) != "Envelope":
        raise SoapFault(CLIENT, f"SOAP envelope expected, found {local_name(root)}")
    body = child(root, "Body")
    call = None if body is None else next((element for element in body if isinstance(element.tag, str)), None)
    if call is None:
        raise SoapFault(CLIENT, "The SOAP body holds no operation")
    arguments = {local_name(element): element.text or "" for element in call if isinstance(element.tag, str)}
    return Operation(local_name(call), etree.QName(call).namespace or "", arguments, session_of(root))


def session_of(root: etree._Element) -> str | None:
    header = child(root, "Header")
    session = None if header is None else child(header, "SessionHeader")
    token = None if session is None else child(session, "sessionId")
    return None if token is None else (token.text or "").strip()


def child(parent: etree._Element, name: str) -> etree._Element | None:
    return next((element for element in parent if isinstance(element.tag, str) and local_name(element) == name), None)


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def answer(flavor: Flavor, inner: str) -> bytes:
    """Return an envelope around an answer. The answer's elements have no prefix: clients look for their bare names."""
    return (
        f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns="{flavor.namespace}" xmlns:xsi="{XSI}">'
        f"<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def fault(flavor: Flavor, error: OrgError, element: str) -> bytes:
    """Return an envelope with a fault; `element` names the detail (``LoginFault``).

    The prefix ``sf`` is part of what clients search for (simple_salesforce/login.py reads ``sf:exceptionCode``).
    """
    code, message = escape(error.code), escape(printable(error.message))
    if isinstance(error, SoapFault):
        inner = f"<faultcode>{code}</faultcode><faultstring>{message}</faultstring>"
    else:
        inner = (
            f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
            f'<detail><sf:{element} xsi:type="sf:{element}"><sf:exceptionCode>{code}</sf:exceptionCode>'
            f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{element}></detail>"
        )
    return (
        f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:sf="{flavor.fault_namespace}" xmlns:xsi="{XSI}">'
        f"<soapenv:Body><soapenv:Fault>{inner}</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()


def printable(text: str) -> str:
    """Return text without the characters that XML 1.0 cannot hold."""
    return "".join(
        character
        for character in text
        if character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
    )
