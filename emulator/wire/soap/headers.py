"""The header of a request: whose session it is, and how the call is to be made."""

from dataclasses import dataclass
from typing import Any, Final

from .api import api
from .arguments import arguments
from .faults import MUST_UNDERSTAND, SoapFault
from .reading import Element

BATCH: Final = 500
LEAST_BATCH: Final = 200
MOST_BATCH: Final = 2000
"""Records of a page: unless asked otherwise, and at least and at most (SOAP API guide, "QueryOptions")."""


@dataclass(frozen=True, slots=True)
class Headers:
    """What the header of a request says. Headers that change nothing here are read, checked and left."""

    session_id: str | None = None
    batch_size: int = BATCH
    all_or_none: bool = False
    truncates: bool = False
    assignment_rule_id: str | None = None
    updates_mru: bool = False


def headers(element: Element | None) -> Headers:
    """Read a header; blocks are known by their local names.

    Raises `SoapFault` for a value that is not of its type, and for an unknown block that must be understood (SOAP 1.1, 4.2.3).
    """
    found: dict[str, dict[str, Any]] = {}
    for block in element.children if element is not None else ():
        known = api().headers.get(block.name)
        if known is None:
            if block.must_understand:
                raise SoapFault(MUST_UNDERSTAND, f"Header {{{block.namespace}}}{block.name} is not understood")
            continue
        found[block.name] = arguments(known.parts, block)

    def said(block: str, name: str) -> Any:
        return found.get(block, {}).get(name)

    asked = said("QueryOptions", "batchSize")
    session_id = said("SessionHeader", "sessionId")
    return Headers(
        session_id=session_id.strip() if session_id is not None else None,
        batch_size=BATCH if asked is None else min(max(asked, LEAST_BATCH), MOST_BATCH),
        all_or_none=bool(said("AllOrNoneHeader", "allOrNone")),
        truncates=bool(said("AllowFieldTruncationHeader", "allowFieldTruncation")),
        assignment_rule_id=said("AssignmentRuleHeader", "assignmentRuleId") or None,
        updates_mru=bool(said("MruHeader", "updateMru")),
    )
