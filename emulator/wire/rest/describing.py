"""What pages are made of: layouts, compact layouts, quick actions, tabs, the theme, the values of new records."""

from ....schemas.field import SObject
from ...errors import OrgError, not_found
from ...org.layouts import GLOBAL
from ...org.org import Org
from ...org.tabs import tabs
from ...org.themes import theme
from .body import ATTRIBUTES, parser_error, values
from .call import Answer, Call
from .conditions import unchanged_since
from .rows import sobject_of


def layouts(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/layouts``, and of ``sobjects/Global``: the pages that belong to no type."""
    if call.segments[1].lower() == GLOBAL.lower():
        return Answer(200, org.layouts.global_publisher(call.caller, call.origin))
    return Answer(200, org.layouts.result(call.caller, _name(org, call), call.origin))


def layout(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/layouts/<record type id>``."""
    return Answer(200, org.layouts.layout(call.caller, _name(org, call), call.segments[4], call.origin))


def named_layouts(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/namedLayouts/<name>``."""
    return Answer(200, org.layouts.named(call.caller, _name(org, call), call.segments[4], call.origin))


def approval_layouts(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/approvalLayouts``: none, since there are no approval processes."""
    _paged(org, call)
    return Answer(200, {"approvalLayouts": []})


def approval_layout(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/approvalLayouts/<name of an approval process>``."""
    _paged(org, call)
    raise not_found()


def compact_layouts(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/compactLayouts``."""
    return Answer(200, org.compact_layouts.result(call.caller, _name(org, call)))


def compact_layout(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe/compactLayouts/<record type id>`` or ``/primary``."""
    return Answer(200, org.compact_layouts.one(call.caller, _name(org, call), call.segments[4]))


def primary_compact_layouts(org: Org, call: Call) -> Answer:
    """``GET compactLayouts?q=X,Y``."""
    names = [name.strip() for name in call.parameters.get("q", "").split(",") if name.strip()]
    if not names:
        # A guess: code and words.
        raise OrgError("INVALID_QUERY_SCOPE", "A list of objects must be specified in the q parameter")
    return Answer(200, org.compact_layouts.several(call.caller, names))


def quick_actions(org: Org, call: Call) -> Answer:
    """``GET quickActions`` and ``GET sobjects/X/quickActions``."""
    return Answer(200, org.quick_actions.listed(call.caller, _of_type(org, call)))


def quick_action(org: Org, call: Call) -> Answer:
    """``GET quickActions/<name>[/describe]``, and the same below a type."""
    name = call.segments[call.segments.index("quickActions") + 1]
    return Answer(200, org.quick_actions.described(call.caller, name, call.origin, _of_type(org, call)))


def run_quick_action(org: Org, call: Call) -> Answer:
    """``POST quickActions/<name>`` ``{"contextId", "record"}``, and the same below a type; the status is a guess, that of a create."""
    body = values(call)
    context_id, record = body.get("contextId"), body.get("record")
    if not isinstance(context_id, str | None):
        raise parser_error("contextId must be text")  # a guess: these words and the next
    if not isinstance(record, dict | None):
        raise parser_error("record must be an object")
    fields = {key: value for key, value in (record or {}).items() if key != ATTRIBUTES}
    name = call.segments[call.segments.index("quickActions") + 1]
    return Answer(201, org.quick_actions.run(call.caller, name, fields, context_id or None, _of_type(org, call)))


def quick_action_values(org: Org, call: Call) -> Answer:
    """``GET quickActions/<name>/defaultValues[/<id of the record it is called from>]``, and the same below a type."""
    name, _, *context = call.segments[call.segments.index("quickActions") + 1 :]
    found = org.quick_actions.default_values(call.caller, name, context[0] if context else None, _of_type(org, call))
    return Answer(200, found)


def default_values(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/defaultValues?recordTypeId&fields``."""
    fields = [name.strip() for name in call.parameters.get("fields", "").split(",") if name.strip()]
    record_type_id = call.parameters.get("recordTypeId") or None
    return Answer(200, org.default_values.of(call.caller, _name(org, call), record_type_id, fields or None))


def all_tabs(org: Org, call: Call) -> Answer:
    """``GET tabs``."""
    return Answer(200, tabs(org.records, call.caller, call.origin))


def whole_theme(org: Org, call: Call) -> Answer:
    """``GET theme``, which may be asked for with a date (REST guide, "Themes")."""
    return unchanged_since(call, theme(org.records, call.caller, call.origin), org.schema_changed_at)


def _paged(org: Org, call: Call) -> SObject:
    sobject = org.records.sobject(call.caller, _name(org, call))
    if not sobject.supports("describeLayout"):
        raise not_found()
    return sobject


def _of_type(org: Org, call: Call) -> str | None:
    return _name(org, call) if call.segments[0] == "sobjects" else None


def _name(org: Org, call: Call) -> str:
    return sobject_of(org, call).name
