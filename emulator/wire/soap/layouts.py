"""Pages of types as SOAP has them: layouts, compact layouts, tabs, themes.

The rooms below answer in REST's shapes; here they get the names and types that the WSDL has where these differ.
"""

from typing import Any

from ...errors import OrgError
from ...org.many import any_id
from ...org.tabs import tab_sets, tabs
from ...org.themes import theme
from . import describes
from .answers import TYPE
from .call import Call
from .records_in import sobject_named


def describe_layout(call: Call) -> dict[str, Any]:
    """``describeLayout``: the layouts of a type, all of them or those of a name, and which record type has which."""
    sobject = sobject_named(call.org, call.caller, call.text("sObjectType").strip())
    ids = tuple(any_id(one) for one in call.arguments["recordTypeIds"])
    name = call.text("layoutName").strip()
    found = (
        _named(call, sobject.name, name)
        if name
        else call.org.layouts.whole(call.caller, sobject.name, call.origin, ids)
    )
    return found | {
        "layouts": [_layout(one) for one in found["layouts"]],
        "recordTypeSelectorRequired": any(found["recordTypeSelectorRequired"]),
    }


def _named(call: Call, sobject_name: str, layout_name: str) -> dict[str, Any]:
    try:
        return call.org.layouts.named(call.caller, sobject_name, layout_name, call.origin)
    except OrgError as error:
        if error.code != "NOT_FOUND":
            raise
        # The words are a guess.
        raise OrgError("INVALID_FIELD", f"There is no layout '{layout_name}' of {sobject_name}") from None


def _layout(layout: dict[str, Any]) -> dict[str, Any]:
    return layout | {
        name: [_section(one) for one in layout[name]] for name in ("detailLayoutSections", "editLayoutSections")
    }


def _section(section: dict[str, Any]) -> dict[str, Any]:
    rows = [row | {"layoutItems": [_item(one) for one in row["layoutItems"]]} for row in section["layoutRows"]]
    return section | {"layoutRows": rows}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item; before 31.0 the rooms say ``editable`` in place of the two flags, which the WSDL here always has."""
    editable = item.get("editable", False)
    flags = {name: item.get(name, editable) for name in ("editableForNew", "editableForUpdate")}
    return item | flags | {"layoutComponents": [_component(one) for one in item["layoutComponents"]]}


def _component(component: dict[str, Any]) -> dict[str, Any]:
    """Return a component: a field, a compound field with its parts, or what stands between fields."""
    if "components" in component:
        parts = [_component(one) for one in component["components"]]
        return component | {TYPE: "FieldLayoutComponent", "components": parts}
    if component["details"] is not None:
        return component | {TYPE: "FieldComponent", "field": component["details"]}
    return component


def describe_compact_layouts(call: Call) -> dict[str, Any]:
    """``describeCompactLayouts``: the compact layouts of a type, and which record type has which."""
    sobject = sobject_named(call.org, call.caller, call.text("sObjectType").strip())
    ids = {any_id(one) for one in call.arguments["recordTypeIds"]}
    found = call.org.compact_layouts.result(call.caller, sobject.name)
    mappings = found["recordTypeCompactLayoutMappings"]
    return found | {
        "compactLayouts": [
            one | {name: [_item(item) for item in one[name]] for name in ("fieldItems", "imageItems")}
            for one in found["compactLayouts"]
        ],
        "recordTypeCompactLayoutMappings": [one for one in mappings if not ids or one["recordTypeId"] in ids],
    }


def describe_tabs(call: Call) -> list[dict[str, Any]]:
    """``describeTabs``: the apps with their tabs."""
    return tab_sets(call.org.records, call.caller, call.origin)


def describe_all_tabs(call: Call) -> list[dict[str, Any]]:
    """``describeAllTabs``: the tabs, whatever app they are in."""
    return tabs(call.org.records, call.caller, call.origin)


def describe_theme(call: Call) -> dict[str, Any]:
    """``describeTheme``: colours and icons, of all types or of those that are named."""
    wanted = {name.strip().lower() for name in call.arguments["sobjectType"]}
    items = theme(call.org.records, call.caller, call.origin)["themeItems"]
    return {"themeItems": [one for one in items if not wanted or one["name"].lower() in wanted]}


def describe_global_theme(call: Call) -> dict[str, Any]:
    """``describeGlobalTheme``: all types in short, with their colours and icons."""
    return {
        "global": describes.describe_global(call),
        "theme": theme(call.org.records, call.caller, call.origin),
    }
