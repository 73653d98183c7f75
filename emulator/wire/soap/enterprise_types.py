"""The types of the enterprise WSDL: one for each object of the org, from its descriptor."""

from typing import Final

from ....schemas.catalog import Catalog
from ....schemas.field import COMPOUND_TYPES, SObject
from ...org.describe_field import describe_field
from .records_out import AGGREGATE, REFERENCES, order_of

BASE: Final = (
    '<complexType name="sObject"><sequence>'
    '<element name="fieldsToNull" type="xsd:string" nillable="true" minOccurs="0" maxOccurs="unbounded"/>'
    '<element name="Id" type="tns:ID" nillable="true" minOccurs="0"/></sequence></complexType>\n'
)
OPEN: Final = (AGGREGATE, "Name")
"""Types without fields of their own: aggregate rows, and a parent of which only what all parents have was asked."""
OWN_TYPES: Final = {"urn:address": "tns:address", "urn:location": "tns:location"}


def enterprise_types(catalog: Catalog, version: float) -> str:
    """Return the types that an API version knows, by name, on the base of them all."""
    opened = "".join(
        _extension(
            name, '<any namespace="##targetNamespace" minOccurs="0" maxOccurs="unbounded" processContents="lax"/>'
        )
        for name in OPEN
    )
    return (
        BASE
        + opened
        + "".join(_type(catalog, catalog.get(name), version) for name in catalog.names(version) if name not in OPEN)
    )


def _extension(name: str, elements: str) -> str:
    return (
        f'<complexType name="{name}"><complexContent><extension base="ens:sObject"><sequence>{elements}'
        "</sequence></extension></complexContent></complexType>\n"
    )


def _type(catalog: Catalog, sobject: SObject, version: float) -> str:
    elements: dict[str, str] = {}
    for field in sobject.fields:
        if field.name == "Id":
            continue
        soap_type = str(describe_field(sobject, field, catalog)["soapType"])
        if field.type == "complexvalue":
            soap_type = f"tns:{REFERENCES}"
        elements[field.name] = OWN_TYPES.get(soap_type, soap_type)
        if field.relationship_name and field.type not in COMPOUND_TYPES:
            elements.setdefault(field.relationship_name, _parent(catalog, field.reference_to, version))
    for child in sobject.child_relationships:
        if child.relationship_name:
            elements.setdefault(child.relationship_name, "tns:QueryResult")
    return _extension(
        sobject.name,
        "".join(
            f'<element name="{name}" nillable="true" minOccurs="0" type="{elements[name]}"/>'
            for name in sorted(elements, key=order_of)
        ),
    )


def _parent(catalog: Catalog, targets: tuple[str, ...], version: float) -> str:
    """Return the type of a parent, the base of all where several may be meant."""
    known = [found.name for name in targets if (found := catalog.find(name, version)) is not None]
    return f"ens:{known[0]}" if len(known) == 1 and len(targets) == 1 else "ens:sObject"
