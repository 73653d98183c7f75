"""Invocable actions and processes, as an org has them that has no flows, no Apex, no approvals and sends no mail.

REST guide, "Standard Invocable Actions", "Custom Invocable Actions", "Process Approvals", "Process Rules". Listed are the standard
actions that an org always has; running one fails as it does in an org whose e-mail is off, or which has no approval process.
"""

from dataclasses import dataclass
from typing import Any, Final

from ...errors import OrgError, not_found
from ...org.org import Org
from .body import document
from .call import Answer, Call

CUSTOM: Final = ("apex", "emailAlert", "flow", "quickAction", "sendNotification")
WITH_URLS: Final = 46.0
"""The first version whose documented list has `url`."""


@dataclass(frozen=True, slots=True)
class Input:
    """What an action takes: its name, type, label and description."""

    name: str
    type: str
    label: str
    description: str
    required: bool = False
    byte_length: int = 0
    most: int = 1


@dataclass(frozen=True, slots=True)
class Action:
    """A standard action: how it is listed and described, and why it cannot be run here."""

    name: str
    label: str
    type: str
    description: str
    inputs: tuple[Input, ...]
    status_code: str
    problem: str


ACTIONS: Final = (
    Action(
        "emailSimple",
        "Send Email",
        "EMAILSIMPLE",
        "Send an email where you specify the subject, body, and recipients.",
        (
            Input(
                "emailAddresses",
                "STRING",
                "Email Addresses (comma-separated)",
                "Optional. The email recipients specified as a comma-separated list.",
            ),
            Input("senderType", "STRING", "Sender Type", "Optional. Email address used as the email's From and Reply-To."),
            Input("emailSubject", "STRING", "Subject", "Required. The email's subject.", required=True),
            Input("emailBody", "TEXTAREA", "Body", "Required. The body of the email in plain text.", required=True),
        ),
        "NO_MASS_MAIL_PERMISSION",
        "Single email is not enabled for your organization or profile. Single email must be enabled for you to use Send"
        " Email action.",
    ),
    Action(
        "submit",
        "Submit for Approval",
        "SUBMITAPPROVAL",
        "Submit a Salesforce record for approval.",
        (
            Input("objectId", "STRING", "Record ID", "Required. The ID of the record to submit.", required=True),
            Input("comment", "STRING", "Submission Comments", "Optional. Comments to the next approver."),
        ),
        "NO_APPLICABLE_PROCESS",
        "No applicable approval process was found.",
    ),
)  # fmt: skip
"""The words of the descriptions are the guide's for `emailSimple`, and after it for `submit`."""


def root(org: Org, call: Call) -> Answer:
    """``GET actions``."""
    return Answer(200, {kind: f"{call.base}/actions/{kind}" for kind in ("standard", "custom")})


def standard(org: Org, call: Call) -> Answer:
    """``GET actions/standard``."""
    return Answer(200, {"actions": [_listed(call, action) for action in ACTIONS]})


def custom(org: Org, call: Call) -> Answer:
    """``GET actions/custom``: the kinds that there are."""
    return Answer(200, {kind: f"{call.base}/actions/custom/{kind}" for kind in CUSTOM})


def custom_kind(org: Org, call: Call) -> Answer:
    """``GET actions/custom/<kind>``: the org has none of any kind."""
    if call.segments[2] not in CUSTOM:
        raise not_found()
    return Answer(200, {"actions": []})


def describe(org: Org, call: Call) -> Answer:
    """``GET actions/standard/<name>``: what an action takes."""
    action = _found(call)
    return Answer(
        200,
        {
            "description": action.description,
            "inputs": [
                {
                    "byteLength": one.byte_length,
                    "description": one.description,
                    "label": one.label,
                    "maxOccurs": one.most,
                    "name": one.name,
                    "picklistValues": None,
                    "required": one.required,
                    "sobjectType": None,
                    "type": one.type,
                }
                for one in action.inputs
            ],
            "label": action.label,
            "name": action.name,
            "outputs": [],
            "standard": True,
            "targetEntityName": None,
            "type": action.type,
        },
    )


def run(org: Org, call: Call) -> Answer:
    """``POST actions/standard/<name>``: an answer for each of the inputs, and 400 since none of them can be done."""
    action = _found(call)
    inputs = document(call).get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(one, dict) for one in inputs):
        raise OrgError("JSON_PARSER_ERROR", "'inputs' is a required field.")
    return Answer(400, [_refused(action, one) for one in inputs])


def _refused(action: Action, given: dict[str, Any]) -> dict[str, Any]:
    missing = next((one.name for one in action.inputs if one.required and given.get(one.name) in (None, "")), None)
    error = {"statusCode": action.status_code, "message": action.problem, "fields": []}
    if missing is not None:  # the words are seen in flows that lack an input
        error = {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": f"Missing required input parameter: {missing}",
            "fields": [],
        }
    return {"actionName": action.name, "errors": [error], "isSuccess": False, "outputValues": None}


def _found(call: Call) -> Action:
    for action in ACTIONS:
        if action.name == call.segments[2]:
            return action
    raise not_found()


def _listed(call: Call, action: Action) -> dict[str, Any]:
    entry = {"label": action.label, "name": action.name, "type": action.type}
    if call.caller.number >= WITH_URLS:
        entry["url"] = f"{call.base}/actions/standard/{action.name}"
    return entry


def process(org: Org, call: Call) -> Answer:
    """``GET process``: the two kinds of process."""
    return Answer(200, {kind: f"{call.base}/process/{kind}" for kind in ("approvals", "rules")})


def approvals(org: Org, call: Call) -> Answer:
    """``GET process/approvals``: the org has no approval processes."""
    return Answer(200, {"approvals": {}})


def rules(org: Org, call: Call) -> Answer:
    """``GET process/rules``: the org has no workflow rules."""
    return Answer(200, {"rules": {}})


def app_switcher(org: Org, call: Call) -> Answer:
    """``GET appMenu/AppSwitcher``: the org has no apps."""
    return Answer(200, {"appMenuItems": []})


def app_menu(org: Org, call: Call) -> Answer:
    """``GET appMenu``: the menus that are emulated."""
    return Answer(200, {"AppSwitcher": f"{call.base}/appMenu/AppSwitcher"})
