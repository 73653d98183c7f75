"""What SOAP offers, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .flavors import ENTERPRISE, PARTNER
from .operations import OPERATIONS


def surfaces() -> tuple[Surface, ...]:
    documents = tuple(Resource(f"/services/wsdl/{flavor.word}", ("GET",)) for flavor in (PARTNER, ENTERPRISE))
    operations = tuple(Resource(name) for name in sorted(OPERATIONS))
    return (Surface("SOAP", "/services/Soap/u/NN.0, /services/Soap/c/NN.0", (*documents, *operations)),)
