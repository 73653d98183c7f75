"""Faults: which one an error is, and how it is written."""

import re
from typing import Final
from xml.sax.saxutils import escape

from ...errors import OrgError
from .api import api
from .flavors import SOAP, XSI, Flavor

CLIENT: Final = "soapenv:Client"
"""Fault code of a request that is no SOAP request, or asks for an operation that is not there; it carries no prefix ``sf``."""
MUST_UNDERSTAND: Final = "soapenv:MustUnderstand"
VERSION_MISMATCH: Final = "soapenv:VersionMismatch"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
UNKNOWN: Final = "UNKNOWN_EXCEPTION"
UNEXPECTED: Final = "UnexpectedErrorFault"
ELEMENTS: Final = {
    "INVALID_LOGIN": "LoginFault",
    "LOGIN_MUST_USE_SECURITY_TOKEN": "LoginFault",
    "INVALID_FIELD": "InvalidFieldFault",
    "INVALID_TYPE": "InvalidSObjectFault",
    "MALFORMED_QUERY": "MalformedQueryFault",
    "MALFORMED_SEARCH": "MalformedSearchFault",
    "INVALID_QUERY_LOCATOR": "InvalidQueryLocatorFault",
    "MALFORMED_ID": "InvalidIdFault",
    "INVALID_ID_FIELD": "InvalidIdFault",
    "INVALID_NEW_PASSWORD": "InvalidNewPasswordFault",
}
"""The detail of a fault by its exception code (partner WSDL; SOAP API guide, "API Fault Element"); all others are unexpected."""
_PLACE: Final = re.compile(r"ERROR at Row:(\d+):Column:(\d+)\n")
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


BEFORE_SESSION: Final = frozenset({"INVALID_LOGIN", "LOGIN_MUST_USE_SECURITY_TOKEN", UNKNOWN})
"""Codes of what fails before anybody is known to call. They are recorded without a prefix, where all others have ``sf``."""


class SoapFault(OrgError):
    """A fault whose code is not the platform's exception code, such as ``soapenv:Client``; it has no detail."""


def invalid_value(text: str, type_name: str) -> SoapFault:
    """Return the fault of text that is no value of its type (StevenMMortimer/salesforcer#29, Gravity-Forms-Salesforce#314)."""
    return SoapFault(CLIENT, f"'{text[:100]}' is not a valid value for the type xsd:{type_name}")


def misplaced(namespace: str, name: str) -> SoapFault:
    """Return the fault of an element that the WSDL does not have there (phpforce/soap-client#34)."""
    return SoapFault(CLIENT, f"Element {{{namespace}}}{name} invalid at this location")


def not_xml(problem: str) -> OrgError:
    """Return the fault of a request that is no XML (forcedotcom/postman-salesforce-apis#26); the words are the reader's."""
    return OrgError(UNKNOWN, problem)


def invalid_session() -> OrgError:
    """Return the fault of a session that is not good; the words are those of Chrome-Salesforce-inspector#127."""
    return OrgError(
        "INVALID_SESSION_ID",
        "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash: null\n"
        "This error usually occurs after a session expires or a user logs out. ",
    )


def disabled() -> OrgError:
    """Return the fault of a user without "API Enabled" (help.crossbeam.com, "Troubleshooting Your Salesforce Connection")."""
    return OrgError("API_CURRENTLY_DISABLED", "API is disabled for this User")


def fault(flavor: Flavor, error: OrgError) -> bytes:
    """Return an envelope with a fault.

    The prefix ``sf`` is part of what clients search for (simple_salesforce/login.py reads ``sf:exceptionCode``).
    """
    code, message = escape(error.code), text(error.message)
    if isinstance(error, SoapFault):
        inner = f"<faultcode>{code}</faultcode><faultstring>{message}</faultstring>"
    else:
        element, prefix = ELEMENTS.get(error.code, UNEXPECTED), "" if error.code in BEFORE_SESSION else "sf:"
        inner = (
            f"<faultcode>{prefix}{code}</faultcode><faultstring>{code}: {message}</faultstring>"
            f'<detail><sf:{element} xsi:type="sf:{element}"><sf:exceptionCode>{code}</sf:exceptionCode>'
            f"<sf:exceptionMessage>{message}</sf:exceptionMessage>{_place(element, error.message)}</sf:{element}></detail>"
        )
    return (
        f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:sf="{flavor.fault_namespace}" xmlns:xsi="{XSI}">'
        f"<soapenv:Body><soapenv:Fault>{inner}</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _place(element: str, message: str) -> str:
    """Return where a query is wrong, -1 where that is not known, for the faults that say so."""
    if api().faults[element].base != "ApiQueryFault":
        return ""
    found = _PLACE.search(message)
    row, column = found.groups() if found else (-1, -1)
    return f"<sf:row>{row}</sf:row><sf:column>{column}</sf:column>"


def text(value: str) -> str:
    """Return text as it stands in an element, without the characters that XML 1.0 cannot hold.

    A reader of XML makes a line feed of every carriage return that is not written as a reference.
    """
    return escape(_FORBIDDEN.sub("", value), {"\r": "&#xD;"})
