"""Quick actions: the buttons that make a record from any page (REST guide, "Quick Actions" and "sObject Quick Actions").

Here they are the global ones that every org has; an org's own are not known. The keys of lists, describes and default values
are recorded (wso2/docs-ei, Salesforce REST Connector; jsforce, `DescribeQuickActionDetailResult` and `QuickActionResult`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...schemas.field import SObject
from ...schemas.ids import InvalidId, key_prefix, normalize
from ..errors import not_found
from .caller import Caller
from .catalog import OrgCatalog
from .describe import Describe
from .layout_sections import Section, Sections, item_of
from .records import Records
from .themes import ICONS, Theme
from .visible import visible

CREATE: Final = "Create"
LOG_A_CALL: Final = "LogACall"


@dataclass(frozen=True, slots=True)
class QuickAction:
    """A global action: the type it makes a record of, the fields it asks for, and what it fills in."""

    name: str
    label: str
    target: str
    theme: Theme
    fields: tuple[str, ...]
    type: str = CREATE
    defaults: tuple[tuple[str, str], ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    """Fields that it does not ask for and fills in."""


ACTIONS: Final = (
    QuickAction("LogACall", "Log a Call", "Task", Theme("log_a_call", "48C3CC"),
                ("Subject", "Description", "WhoId", "WhatId"), LOG_A_CALL, (("Subject", "Call"),),
                (("Status", "Completed"), ("TaskSubtype", "Call"))),
    QuickAction("NewAccount", "New Account", "Account", Theme("new_account", "7F8DE1"), ("Name", "Phone")),
    QuickAction("NewCase", "New Case", "Case", Theme("new_case", "F2CF5B"),
                ("ContactId", "Status", "Subject", "Description")),
    QuickAction("NewContact", "New Contact", "Contact", Theme("new_contact", "A094ED"),
                ("Salutation", "FirstName", "LastName", "AccountId", "Email", "Phone", "Title")),
    QuickAction("NewEvent", "New Event", "Event", Theme("new_event", "EB7092"),
                ("Subject", "StartDateTime", "EndDateTime", "IsAllDayEvent", "WhoId", "WhatId", "Location")),
    QuickAction("NewLead", "New Lead", "Lead", Theme("new_lead", "F88962"),
                ("Salutation", "FirstName", "LastName", "Company", "Email", "Phone", "Title")),
    QuickAction("NewOpportunity", "New Opportunity", "Opportunity", Theme("new_opportunity", "FCB95B"),
                ("Name", "AccountId", "CloseDate", "StageName", "Amount")),
    QuickAction("NewTask", "New Task", "Task", Theme("new_task", "4BC076"),
                ("Subject", "ActivityDate", "WhoId", "WhatId", "OwnerId")),
)  # fmt: skip
"""The actions that make a record of a type that is here. A guess: which fields the predefined ones ask for and fill in."""


class QuickActions:
    """Describe quick actions to a caller. Raises NOT_FOUND for one that there is not."""

    def __init__(self, catalog: OrgCatalog, describe: Describe, records: Records) -> None:
        self._catalog = catalog
        self._describe = describe
        self._records = records

    def listed(self, caller: Caller, sobject_name: str | None = None) -> list[dict[str, Any]]:
        """Return the global actions; those of a type are the same ones, for a type that has pages."""
        if sobject_name is not None:
            self._paged(caller, sobject_name)
        return [
            {
                "actionEnumOrId": action.name,
                "label": action.label,
                "name": action.name,
                "type": action.type,
                "urls": urls(caller, action),
            }
            for action, _ in self._seen(caller)
        ]

    def items(self, caller: Caller, origin: str) -> list[dict[str, Any]]:
        """Return the ``quickActionListItems`` of a layout."""
        return [
            {
                "accessLevelRequired": None,
                "colors": action.theme.colors(),
                "iconUrl": _icon_url(action, origin),
                "icons": action.theme.icons(origin, "action"),
                "label": action.label,
                "miniIconUrl": "",
                "quickActionName": action.name,
                "targetSobjectType": action.target,
                "type": action.type,
                "urls": urls(caller, action),
            }
            for action, _ in self._seen(caller)
        ]

    def described(self, caller: Caller, name: str, origin: str, sobject_name: str | None = None) -> dict[str, Any]:
        """Return the describe of one action."""
        action, sobject = self._found(caller, name, sobject_name)
        names = (item_of(sobject, field) for field in action.fields)
        section = Section("", tuple(item for item in names if item), columns=1)
        pages = Sections(None, lambda field: self._describe.field(sobject, field), caller.number)
        unset = dict.fromkeys(_UNSET)
        described: dict[str, Any] = unset | {
            "actionEnumOrId": action.name,
            "colors": action.theme.colors(),
            "defaultValues": [{"defaultValue": value, "field": field} for field, value in action.defaults] or None,
            "iconUrl": _icon_url(action, origin),
            "icons": action.theme.icons(origin, "action"),
            "label": action.label,
            "layout": pages.section(section, use_heading=False, is_detail=False),
            "miniIconUrl": "",
            "name": action.name,
            "showQuickActionLcHeader": False,
            "showQuickActionVfHeader": False,
            "targetSobjectType": action.target,
            "type": action.type,
            "urls": urls(caller, action),
        }
        return dict(sorted(described.items()))

    def default_values(
        self, caller: Caller, name: str, context_id: str | None = None, sobject_name: str | None = None
    ) -> dict[str, Any]:
        """Return the record that an action begins with, seen from the record with an id, which its lookups then lead to."""
        action, sobject = self._found(caller, name, sobject_name)
        context = self._context(caller, context_id) if context_id is not None else None
        fixed = dict(action.defaults)
        values: dict[str, Any] = {"attributes": {"type": action.target}}
        leads = None
        for field in (found for name in action.fields if (found := sobject.field(name))):
            value = fixed.get(field.name, field.initial_value)
            if field.name == "OwnerId":
                value = caller.user_id
            elif context and leads is None and context[0] in field.reference_to:
                value, leads = context[1], field
            values[field.name] = value
        return values

    def run(
        self,
        caller: Caller,
        name: str,
        record: Mapping[str, Any],
        context_id: str | None = None,
        sobject_name: str | None = None,
    ) -> dict[str, Any]:
        """Make the record of an action: what it fills in, under the values that were given; return what REST answers.

        A guess: that a record may have fields that the action does not ask for. There is no Chatter, and so no feed items.
        """
        action, sobject = self._found(caller, name, sobject_name)
        begun = self.default_values(caller, name, context_id, sobject_name)
        given = {field.name if (field := sobject.field(key)) else key: value for key, value in record.items()}
        filled = begun | {key: value for key, value in action.sets if sobject.field(key)}
        values = {
            key: value
            for key, value in filled.items()
            if value is not None and (field := sobject.field(key)) and field.createable
        }
        return {
            "contextId": normalize(context_id) if context_id is not None else None,
            "created": True,
            "errors": [],
            "feedItemIds": None,
            "id": self._records.create(caller, sobject.name, values | given),
            "success": True,
        }

    def _context(self, caller: Caller, id_: str) -> tuple[str, str]:
        """Return type and id of the record that an action is called from."""
        try:
            id18 = normalize(id_)
        except InvalidId:
            raise not_found() from None
        sobject = self._catalog.seen_by(caller).by_prefix(key_prefix(id18))
        if sobject is None:
            raise not_found()
        self._records.retrieve(caller, sobject.name, id18, ["Id"])
        return sobject.name, id18

    def _paged(self, caller: Caller, sobject_name: str) -> SObject:
        sobject = self._records.sobject(caller, sobject_name)
        if not sobject.supports("describeLayout"):
            raise not_found()
        return sobject

    def _seen(self, caller: Caller) -> list[tuple[QuickAction, SObject]]:
        found = ((action, visible(self._records, caller, action.target)) for action in ACTIONS)
        return [(action, sobject) for action, sobject in found if sobject and sobject.supports("create")]

    def _found(self, caller: Caller, name: str, sobject_name: str | None) -> tuple[QuickAction, SObject]:
        if sobject_name is not None:
            self._paged(caller, sobject_name)
        for action, sobject in self._seen(caller):
            if action.name.lower() == name.lower():
                return action, sobject
        raise not_found()


_UNSET: Final = (
    "accessLevelRequired", "canvasApplicationId", "canvasApplicationName", "contextSobjectType", "flowDevName",
    "flowRecordIdVar", "height", "iconName", "lightningComponentBundleId", "lightningComponentBundleName",
    "lightningComponentQualifiedName", "lightningWebComponentBundleId", "lightningWebComponentBundleName",
    "lightningWebComponentQualifiedName", "mobileExtensionId", "targetParentField", "targetRecordTypeId",
    "visualforcePageName", "visualforcePageUrl", "width",
)  # fmt: skip
"""Keys of a describe that only actions of other kinds fill."""


def urls(caller: Caller, action: QuickAction) -> dict[str, str]:
    """Return the addresses of a global action; they are the same below every type."""
    place = f"{caller.base}/quickActions/{action.name}"
    return {
        "defaultValues": f"{place}/defaultValues",
        "quickAction": place,
        "describe": f"{place}/describe",
        "defaultValuesTemplate": f"{place}/defaultValues/{{ID}}",
    }


def _icon_url(action: QuickAction, origin: str) -> str:
    return f"{origin}{ICONS}/t4v35/action/{action.theme.icon}_120.png"
