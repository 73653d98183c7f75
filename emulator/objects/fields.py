"""CustomField metadata as field documents.

Elements and types: Metadata API Developer Guide, "CustomField". Those that change nothing for a client of the API are
passed over; any other that is not understood is refused by name.
"""

from collections.abc import Mapping
from typing import Any, Final

from ...schemas.literals import NotLiteral, literal
from .xml import Element

HARMLESS: Final = frozenset(
    "businessOwnerGroup businessOwnerUser businessStatus complianceGroup deprecated description encryptionScheme"
    " displayLocationInDecimal fieldManageability formulaTreatBlanksAs indexed isAIPredictionField isConvertLeadDisabled"
    " isFilteringDisabled isNameField isSortingDisabled maskChar maskType populateExistingRows relationshipLabel"
    " relationshipOrder securityClassification stripMarkup trackFeedHistory trackHistory trackTrending"
    " writeRequiresMasterRead".split()
)
"""What is for pages, reports, tracking, data classes and other users' rights: an administrator's API calls do not see it."""
_UNDERSTOOD: Final = frozenset(
    "fullName label type length precision scale required unique caseSensitive externalId defaultValue referenceTo"
    " relationshipName deleteConstraint displayFormat startingNumber valueSet visibleLines inlineHelpText lookupFilter"
    " reparentableMasterDetail".split()
)
_COMPUTED: Final = frozenset(
    "formula summaryForeignKey summaryOperation summarizedField summaryFilterItems metadataRelationshipControllingField"
    .split()
)  # fmt: skip
_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "Text": {"type": "string"},
    "TextArea": {"type": "textarea", "length": 255, "extraTypeInfo": "plaintextarea"},
    "LongTextArea": {"type": "textarea", "extraTypeInfo": "plaintextarea"} | dict.fromkeys(
        ("filterable", "groupable", "sortable"), False),
    "Html": {"type": "textarea", "extraTypeInfo": "richtextarea", "htmlFormatted": True} | dict.fromkeys(
        ("filterable", "groupable", "sortable"), False),
    "EncryptedText": {"type": "encryptedstring"} | dict.fromkeys(("filterable", "groupable", "sortable"), False),
    "Number": {"type": "double"},
    "Currency": {"type": "currency"},
    "Percent": {"type": "percent"},
    "Checkbox": {"type": "boolean"},
    "Date": {"type": "date"},
    "DateTime": {"type": "datetime"},
    "Time": {"type": "time"},
    "Email": {"type": "email"},
    "Phone": {"type": "phone"},
    "Url": {"type": "url"},
    "Picklist": {"type": "picklist"},
    "MultiselectPicklist": {"type": "multipicklist"},
    "Lookup": {"type": "reference"},
    "Hierarchy": {"type": "reference"},
    "MasterDetail": {"type": "reference"},
    "AutoNumber": {"type": "string", "length": 30, "autoNumber": True, "createable": False, "updateable": False,
                   "nillable": False, "defaultedOnCreate": True},
    "Location": {"type": "location"},
}  # fmt: skip
"""Types of a field, and what a describe says of them. A guess: the flags of a custom auto-number."""
_LENGTH_NEEDED: Final = frozenset({"Text", "LongTextArea", "Html", "EncryptedText"})
_LONGEST: Final = {"Text": 255, "LongTextArea": 131072, "Html": 131072, "EncryptedText": 175}
_NUMBERS: Final = frozenset({"Number", "Currency", "Percent"})
_VALUE_SET: Final = frozenset({"restricted", "valueSetDefinition", "valueSetName", "controllingField", "valueSettings"})
_VALUE_SETTINGS: Final = frozenset({"controllingFieldValue", "valueName"})
_PICKLISTS: Final = frozenset({"Picklist", "MultiselectPicklist"})

ValueSets = Mapping[str, list[Any]]
"""Global value sets: lower-case name to the values, as a document has them."""


def field_documents_of(element: Element, name: str, value_sets: ValueSets) -> list[dict[str, Any]]:
    """Return the documents of a custom field, a location's with its two parts. Raises `UsageError`."""
    type_ = element.text("type")
    for child in element:
        if child.name in _COMPUTED or (child.name.startswith("summar") and type_ == "Summary"):
            raise element.wrong(
                f"the field {name}: formulas and roll-up summaries are not emulated ({child.name}); leave it out"
            )
    if type_ == "Summary":
        raise element.wrong(f"the field {name}: formulas and roll-up summaries are not emulated; leave it out")
    if type_ is None or type_ not in _TYPES:
        raise element.wrong(f"the field {name}: the type {type_} is not emulated; leave it out")
    element.only(HARMLESS | _UNDERSTOOD, f"the field {name}: ")
    document: dict[str, Any] = {
        "name": name,
        "label": element.text("label") or name.removesuffix("__c").replace("_", " "),
    }
    document |= _TYPES[type_]
    if text := element.text("inlineHelpText"):
        document["inlineHelpText"] = text
    document |= _size(element, name, type_)
    if element.flag("required") and type_ not in ("Checkbox", "AutoNumber"):
        document["nillable"] = False
    for key in ("unique", "externalId", "caseSensitive"):
        if element.flag(key):
            document[key] = True
    if type_ in _PICKLISTS:
        document |= _picklist(element, name, value_sets)
    elif element.first("valueSet") is not None:
        raise element.wrong(f"the field {name}: valueSet goes with a picklist")
    if type_ == "AutoNumber":
        document["displayFormat"] = element.text("displayFormat") or "{0}"
        document["startingNumber"] = element.number("startingNumber") or 0
    if document["type"] == "reference":
        document |= _reference(element, name, type_)
    document |= _default(element, name, document["type"])
    return [document, *_parts(document, element)] if type_ == "Location" else [document]


def _size(element: Element, name: str, type_: str) -> dict[str, Any]:
    size: dict[str, Any] = {}
    if type_ in _LENGTH_NEEDED:
        length = element.number("length")
        if not length or length > _LONGEST[type_]:
            raise element.wrong(f"the field {name}: length is a number from 1 to {_LONGEST[type_]}")
        size["length"] = length
    if type_ in _NUMBERS:
        precision, scale = element.number("precision"), element.number("scale") or 0
        size = {"precision": 18 if precision is None else precision, "scale": scale}
    if type_ == "MultiselectPicklist" and (lines := element.number("visibleLines")):
        size["precision"] = min(lines, 18)
    return size


def _picklist(element: Element, name: str, value_sets: ValueSets) -> dict[str, Any]:
    values = element.first("valueSet")
    if values is None:
        raise element.wrong(f"the field {name}: a picklist has a valueSet")
    values.only(_VALUE_SET, f"the field {name}: valueSet: ")
    shared, own = values.text("valueSetName"), values.first("valueSetDefinition")
    if shared is not None:
        found = value_sets.get(shared.removesuffix("__gvs").lower())
        if found is None:
            raise element.wrong(f"the field {name}: there is no file globalValueSets/{shared}.globalValueSet-meta.xml")
        return {"picklistValues": found, "restrictedPicklist": True} | _dependency(values, name, found)
    entries = picklist_values(own, "value") if own is not None else []
    picklist = {"picklistValues": entries, "restrictedPicklist": values.flag("restricted")}
    return picklist | _dependency(values, name, entries)


def _dependency(values: Element, name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a value set says of its controlling field: for which of its values each value can be picked."""
    controller = values.text("controllingField")
    if controller is None:
        return {}
    valid: dict[str, list[str]] = {str(entry["value"]): [] for entry in entries}
    for setting in values.all("valueSettings"):
        setting.only(_VALUE_SETTINGS, f"the field {name}: valueSettings: ")
        value = setting.text("valueName")
        if value is None or value not in valid:
            raise setting.wrong(f"the field {name}: valueSettings are of a value of the picklist, not of {value!r}")
        valid[value] += [one.content for one in setting.all("controllingFieldValue")]
    return {
        "controllerName": controller,
        "picklistValues": [{**entry, "validFor": valid[str(entry["value"])]} for entry in entries],
    }


def picklist_values(element: Element, tag: str) -> list[dict[str, Any]]:
    """Return the values that a value set defines in elements of a tag. Raises `UsageError`."""
    found: dict[str, dict[str, Any]] = {}
    for entry in element.all(tag):
        value = entry.text("fullName")
        if value is None or value in found:
            raise element.wrong(f"a picklist value has a fullName of its own, not {value!r}")
        found[value] = {
            "value": value,
            "label": entry.text("label") or value,
            "active": entry.text("isActive") != "false",
            "default": entry.flag("default"),
        }
    if sum(entry["default"] for entry in found.values()) > 1:
        raise element.wrong("a value set has one default value")
    if element.flag("sorted"):
        return sorted(found.values(), key=lambda entry: str(entry["label"]).lower())
    return list(found.values())


def _reference(element: Element, name: str, type_: str) -> dict[str, Any]:
    target = element.text("referenceTo") or ("User" if type_ == "Hierarchy" else None)
    if target is None:
        raise element.wrong(f"the field {name}: referenceTo is missing")
    lookup_filter = element.first("lookupFilter")
    if lookup_filter is not None and lookup_filter.flag("active") and not lookup_filter.flag("isOptional"):
        raise element.wrong(f"the field {name}: a lookupFilter that must hold is not emulated; leave it out")
    children = element.text("relationshipName")
    reference: dict[str, Any] = {"referenceTo": [target], "childRelationshipName": f"{children}__r" if children else ""}
    constraint = element.text("deleteConstraint")
    if constraint not in (None, "SetNull", "Restrict", "Cascade"):
        raise element.wrong(f"the field {name}: deleteConstraint is SetNull, Restrict or Cascade, not {constraint!r}")
    if type_ == "MasterDetail":
        movable = element.flag("reparentableMasterDetail")
        return reference | {"nillable": False, "updateable": movable, "cascadeDelete": True, "restrictedDelete": False}
    return reference | {"cascadeDelete": constraint == "Cascade", "restrictedDelete": constraint == "Restrict"}


def _default(element: Element, name: str, type_: str) -> dict[str, Any]:
    formula = element.text("defaultValue")
    if formula is None:
        return {}
    try:
        return {"defaultValue": literal(formula, type_)}
    except NotLiteral:
        raise element.wrong(
            f"the field {name}: defaultValue is a formula, which is not emulated; give a literal"
        ) from None


def _parts(document: Mapping[str, Any], element: Element) -> list[dict[str, Any]]:
    """Return the two numbers that a location is made of."""
    stem, label, scale = str(document["name"]).removesuffix("__c"), document["label"], element.number("scale") or 0
    return [
        {
            "name": f"{stem}__{part}__s",
            "label": f"{label} ({part})",
            "type": "double",
            "custom": True,
            "precision": scale + 3,
            "scale": scale,
            "compoundFieldName": document["name"],
            "nillable": document.get("nillable", True),
        }
        for part in ("Latitude", "Longitude")
    ]
