"""Text that is cut to its field's length: of which types, and what stays as it is."""

from chatlift.emulator.org.truncation import CUT_TYPES, truncated
from chatlift.schemas.catalog import shipped
from chatlift.schemas.descriptor import sobject_from

LONG = "x" * 50


def test_text_of_these_types_alone_is_cut() -> None:
    types = (
        "string",
        "textarea",
        "phone",
        "email",
        "picklist",
        "multipicklist",
        "encryptedstring",
        "url",
        "combobox",
        "reference",
    )
    fields = [{"name": f"F{type_}", "label": type_, "type": type_, "length": 10} for type_ in types]
    thing = sobject_from(
        {"name": "Thing__c", "label": "Thing", "keyPrefix": "a00", "calls": [], "fields": fields}, "custom"
    )
    found = truncated(thing, {f"F{type_}": LONG for type_ in types})
    assert {name[1:] for name, value in found.items() if value == "x" * 10} == set(types) & CUT_TYPES
    assert {found[name] for name in ("Furl", "Fcombobox", "Freference")} == {LONG}


def test_names_in_any_case_nothing_and_what_is_no_text_stay() -> None:
    contact = shipped().get("Contact")
    values = {"lastname": "y" * 81, "FirstName": None, "DoNotCall": True, "Nope": LONG, "Account": {"Name": LONG}}
    assert truncated(contact, values) == values | {"lastname": "y" * 80}
