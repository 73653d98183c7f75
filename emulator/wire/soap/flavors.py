"""The two SOAP APIs and the names that they put their elements into."""

from dataclasses import dataclass
from typing import Final

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XSD: Final = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class Flavor:
    """One of the two SOAP APIs: the letter in its path and the word in its namespaces."""

    letter: str
    word: str

    @property
    def namespace(self) -> str:
        return f"urn:{self.word}.soap.sforce.com"

    @property
    def sobject_namespace(self) -> str:
        return f"urn:sobject.{self.word}.soap.sforce.com"

    @property
    def fault_namespace(self) -> str:
        return f"urn:fault.{self.word}.soap.sforce.com"

    @property
    def is_typed(self) -> bool:
        """Tell whether records are typed by ``xsi:type``, and not by a child ``type``."""
        return self.letter == "c"


PARTNER: Final = Flavor("u", "partner")
ENTERPRISE: Final = Flavor("c", "enterprise")
