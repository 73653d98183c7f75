"""The WSDLs of an org: the partner one, and the enterprise one with the org's own types and fields.

Both come of the table that requests are read and answers are written by, so that what they promise is what is done. Names of
messages, parts, bindings and ports are those of Salesforce's own WSDLs, by which clients find them (zeep:
``{urn:partner.soap.sforce.com}SoapBinding``).
"""

from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import quoteattr

from ....schemas.catalog import Catalog
from .api import SOBJECT, Operation, Part, Type, api
from .enterprise_types import enterprise_types
from .faults import DECLARATION, UNEXPECTED
from .flavors import Flavor

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
WSDL_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
TRANSPORT: Final = "http://schemas.xmlsoap.org/soap/http"
OUT_HEADER: Final = "LimitInfoHeader"
XSD_TYPES: Final = frozenset({"string", "boolean", "int", "double", "dateTime", "date", "base64Binary", "anyType"})
PARTNER_SOBJECT: Final = (
    '<complexType name="sObject"><sequence><element name="type" type="xsd:string"/>'
    '<element name="fieldsToNull" type="xsd:string" nillable="true" minOccurs="0" maxOccurs="unbounded"/>'
    '<element name="Id" type="tns:ID" nillable="true"/>'
    '<any namespace="##targetNamespace" minOccurs="0" maxOccurs="unbounded" processContents="lax"/>'
    "</sequence></complexType>"
)


def document(catalog: Catalog, flavor: Flavor, version: float, place: str) -> bytes:
    """Return the WSDL of an API version; ``place`` is the address that calls go to."""
    operations = api().operations.values()
    sobjects = enterprise_types(catalog, version) if flavor.is_typed else PARTNER_SOBJECT
    return (
        f'{DECLARATION}\n<definitions targetNamespace="{flavor.namespace}" xmlns="{WSDL}" xmlns:soap="{WSDL_SOAP}"'
        f' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="{flavor.namespace}"'
        f' xmlns:fns="{flavor.fault_namespace}" xmlns:ens="{flavor.sobject_namespace}">\n'
        f"<types>\n{_schema(flavor.sobject_namespace, (flavor.namespace,), sobjects)}"
        f"{_schema(flavor.namespace, (flavor.sobject_namespace,), _types(operations))}"
        f"{_schema(flavor.fault_namespace, (flavor.namespace,), _faults())}</types>\n"
        f"{_messages(operations)}"
        f'<portType name="Soap">\n{"".join(map(_port_operation, operations))}</portType>\n'
        f'<binding name="SoapBinding" type="tns:Soap">\n<soap:binding style="document" transport="{TRANSPORT}"/>\n'
        f"{''.join(map(_bound_operation, operations))}</binding>\n"
        '<service name="SforceService">\n<documentation>ChatLift SOAP API</documentation>\n'
        f'<port binding="tns:SoapBinding" name="Soap"><soap:address location={quoteattr(place)}/></port>\n'
        "</service>\n</definitions>\n"
    ).encode()


def _schema(namespace: str, imports: Iterable[str], content: str) -> str:
    imported = "".join(f'<import namespace="{one}"/>' for one in imports)
    return (
        '<schema elementFormDefault="qualified" xmlns="http://www.w3.org/2001/XMLSchema"'
        f' targetNamespace="{namespace}">\n{imported}\n{content}</schema>\n'
    )


def _types(operations: Iterable[Operation]) -> str:
    texts = "".join(
        f'<simpleType name="{name}"><restriction base="xsd:string"/></simpleType>\n' for name in api().texts
    )
    types = "".join(f"{_complex(one, 'tns')}\n" for one in api().types.values())
    headers = "".join(_element(name, one.parts) for name, one in api().headers.items())
    calls = "".join(
        _element(one.name, one.takes) + _element(f"{one.name}Response", (one.gives,) if one.gives else ())
        for one in operations
    )
    return texts + types + headers + calls


def _faults() -> str:
    elements = "".join(f'<element name="{name}" type="fns:{name}"/>\n' for name in api().faults)
    return "".join(f"{_complex(one, 'fns')}\n" for one in api().faults.values()) + elements


def _element(name: str, parts: tuple[Part, ...]) -> str:
    return f'<element name="{name}"><complexType><sequence>{_sequence(parts)}</sequence></complexType></element>\n'


def _complex(type_: Type, prefix: str) -> str:
    inner = f"<sequence>{_sequence(type_.own)}</sequence>"
    if type_.base:
        inner = f'<complexContent><extension base="{prefix}:{type_.base}">{inner}</extension></complexContent>'
    return f'<complexType name="{type_.name}">{inner}</complexType>'


def _sequence(parts: tuple[Part, ...]) -> str:
    return "".join(
        f'<element name="{part.name}" type="{qualified(part.type)}"{"".join(_occurrence(part))}/>' for part in parts
    )


def _occurrence(part: Part) -> Iterator[str]:
    if part.nillable:
        yield ' nillable="true"'
    if part.optional:
        yield ' minOccurs="0"'
    if part.many:
        yield ' maxOccurs="unbounded"'


def qualified(type_name: str) -> str:
    """Return the name of a type with its prefix."""
    if type_name == SOBJECT:
        return "ens:sObject"
    return f"xsd:{type_name}" if type_name in XSD_TYPES else f"tns:{type_name}"


def _messages(operations: Iterable[Operation]) -> str:
    headers = "".join(f'<part element="tns:{name}" name="{name}"/>' for name in api().headers)
    faults = "".join(
        f'<message name="{name}"><part element="fns:{name}" name="fault"/></message>\n' for name in api().faults
    )
    calls = "".join(
        f'<message name="{one.name}Request"><part element="tns:{one.name}" name="parameters"/></message>\n'
        f'<message name="{one.name}Response"><part element="tns:{one.name}Response" name="parameters"/></message>\n'
        for one in operations
    )
    return f'<message name="Header">{headers}</message>\n{faults}{calls}'


def _port_operation(one: Operation) -> str:
    faults = "".join(f'<fault message="tns:{name}" name="{name}"/>' for name in _declared(one))
    return (
        f'<operation name="{one.name}"><input message="tns:{one.name}Request"/>'
        f'<output message="tns:{one.name}Response"/>{faults}</operation>\n'
    )


def _bound_operation(one: Operation) -> str:
    header = '<soap:header use="literal" message="tns:Header" part="{}"/>'
    given = "".join(header.format(name) for name in one.headers)
    answered = header.format(OUT_HEADER) if one.name != "login" else ""
    faults = "".join(
        f'<fault name="{name}"><soap:fault name="{name}" use="literal"/></fault>' for name in _declared(one)
    )
    return (
        f'<operation name="{one.name}"><soap:operation soapAction=""/>'
        f'<input>{given}<soap:body parts="parameters" use="literal"/></input>'
        f'<output>{answered}<soap:body use="literal"/></output>{faults}</operation>\n'
    )


def _declared(one: Operation) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one.faults, UNEXPECTED)))
