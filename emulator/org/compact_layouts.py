"""Compact layouts: the few fields at the head of a record (REST guide, "sObject CompactLayouts" and "Compact Layouts").

Every type has the one that the platform comes with, ``SYSTEM``, which has no id (recorded in wso2/docs-ei, Salesforce REST
Connector); an org's own are not known.
"""

from collections.abc import Sequence
from typing import Any, Final

from ...schemas.field import SObject
from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError, not_found
from .caller import Caller
from .describe import Describe
from .layout_sections import Sections, item_of
from .layouts import button
from .records import Records

NAME: Final = "SYSTEM"
LABEL: Final = "System Default"
PRIMARY: Final = "primary"
MOST_TYPES: Final = 100
"""Types that may be asked for at once (REST guide, "Compact Layouts")."""
PHOTO: Final = "PhotoUrl"
_FIELDS: Final = tuple("Status Priority Type StageName Title AccountId Company Phone Email OwnerId".split())
_MOST_FIELDS: Final = 5
"""A guess: that the platform's layout shows the name and the first few of these."""
_ACTIONS: Final = (
    ("Call", "CallHighlightAction", frozenset({"phone"})),
    ("Send Email", "EmailHighlightAction", frozenset({"email", "phone"})),
    ("Map", "MapHighlightAction", frozenset({"address"})),
    ("View Website", "WebsiteHighlightAction", frozenset({"url"})),
)
"""Label and name of an action, and the types of field one of which it needs; the guide shows all of them for Account."""


class CompactLayouts:
    """Describe compact layouts to a caller. Raises NOT_FOUND for a type that he does not see."""

    def __init__(self, describe: Describe, records: Records) -> None:
        self._describe = describe
        self._records = records

    def result(self, caller: Caller, sobject_name: str) -> dict[str, Any]:
        """Return the compact layouts of a type and which record type has which."""
        sobject = self._paged(caller, sobject_name)
        place = f"{caller.base}/sobjects/{sobject.name}/describe/compactLayouts"
        return {
            "compactLayouts": [self._layout(caller, sobject)],
            "defaultCompactLayoutId": None,
            "recordTypeCompactLayoutMappings": [
                {
                    "available": info["available"],
                    "compactLayoutId": None,
                    "compactLayoutName": NAME,
                    "recordTypeId": info["recordTypeId"],
                    "recordTypeName": info["name"],
                    "urls": {"compactLayout": f"{place}/{info['recordTypeId']}"},
                }
                for info in self._describe.record_types(caller, sobject)
            ],
            "urls": {"primary": f"{place}/{PRIMARY}"},
        }

    def one(self, caller: Caller, sobject_name: str, which: str) -> dict[str, Any]:
        """Return the compact layout of a record type, or the primary one."""
        sobject = self._paged(caller, sobject_name)
        if which != PRIMARY:
            try:
                id18 = normalize(which)
            except InvalidId:
                raise not_found() from None
            if all(info["recordTypeId"] != id18 for info in self._describe.record_types(caller, sobject)):
                raise not_found()
        return self._layout(caller, sobject)

    def several(self, caller: Caller, sobject_names: Sequence[str]) -> dict[str, Any]:
        """Return the primary compact layout of each type, by name."""
        if len(sobject_names) > MOST_TYPES:
            raise OrgError("EXCEEDED_ID_LIMIT", f"No more than {MOST_TYPES} objects can be queried at once")  # a guess
        found = [self._paged(caller, name) for name in sobject_names]
        return {sobject.name: self._layout(caller, sobject) for sobject in found}

    def _paged(self, caller: Caller, sobject_name: str) -> SObject:
        sobject = self._records.sobject(caller, sobject_name)
        if not sobject.supports("describeLayout"):
            # SalesforceLabs/EnhancedLightningGrid#49
            problem = f"sObject type '{sobject.name}' is not supported in describeCompactLayouts"
            raise OrgError("INVALID_TYPE", problem)
        return sobject

    def _layout(self, caller: Caller, sobject: SObject) -> dict[str, Any]:
        pages = Sections(None, lambda field: self._describe.field(sobject, field), caller.number)
        name = sobject.name_field
        names = ([name.name] if name else []) + [field for field in _FIELDS if sobject.field(field)]
        images = [PHOTO] if sobject.field(PHOTO) else []
        shown = {
            key: [pages.item(item, editable=False) for one in chosen if (item := item_of(sobject, one))]
            for key, chosen in (("imageItems", images), ("fieldItems", names[:_MOST_FIELDS]))
        }
        types = {field.type for field in sobject.fields}
        return {
            "actions": [button(action, label) for label, action, needed in _ACTIONS if needed & types],
            "fieldItems": shown["fieldItems"],
            "id": None,
            "imageItems": shown["imageItems"],
            "label": LABEL,
            "name": NAME,
            "objectType": sobject.name,
        }
