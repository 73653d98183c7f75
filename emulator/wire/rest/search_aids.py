"""What surrounds a search: which types it goes over, how its results are laid out, and what is proposed while typing.

REST guide, "Search Scope and Order", "Search Result Layouts", "Search Suggested Records", "Search Suggested Queries".
"""

from typing import Any, Final

from ....schemas.field import SObject
from ...errors import OrgError
from ...org.list_view_query import step_to
from ...org.list_views import has_list_views
from ...org.org import Org
from ...soql.literals import quoted
from .call import Answer, Call
from .list_views import number

ROWS: Final = 25
LEAST_LETTERS: Final = 2
MOST_LETTERS: Final = 200
USUAL_SUGGESTIONS: Final = 5
MOST_SUGGESTIONS: Final = 2000
MOST_TYPES: Final = 10


def scope_order(org: Org, call: Call) -> Answer:
    """``GET search/scopeOrder``: the types that a search goes over, those that the user saw last first.

    The platform orders by use; what was never used comes by name, which is a guess.
    """
    seen = list(dict.fromkeys(one.sobject for one in org.recent.seen(call.caller.user_id)))
    searched = [name for name in org.seen_by(call.caller).names(call.caller.number) if _is_searched(org, call, name)]
    ordered = sorted(searched, key=lambda name: (seen.index(name) if name in seen else len(seen), name))
    return Answer(200, [{"type": name, "url": f"{call.base}/sobjects/{name}/describe"} for name in ordered])


def layout(org: Org, call: Call) -> Answer:
    """``GET search/layout?q=A,B``: the columns of each type's results. Which they are is a guess: its name and owner."""
    names = [name.strip() for name in call.parameters.get("q", "").split(",") if name.strip()]
    if not names:
        raise OrgError("MISSING_ARGUMENT", "You must specify the 'q' parameter")
    return Answer(200, [_layout(org, call, org.records.sobject(call.caller, name)) for name in names])


def _layout(org: Org, call: Call, sobject: SObject) -> dict[str, Any]:
    paths = [sobject.name_field.name if sobject.name_field else "Id"]
    paths += ["Owner.Alias"] if sobject.field("OwnerId") else []
    columns = []
    for path in paths:
        step = step_to(sobject, path, lambda name: org.records.sobject(call.caller, name))
        is_own = step.reference is None
        columns.append(
            {
                "field": f"{sobject.name if is_own else 'User'}.{step.field.name}",
                "format": None,
                "label": step.field.label if is_own else f"{sobject.label} Owner {step.field.label}",
                "name": path,
            }
        )
    return {"label": "Search Results", "limitRows": ROWS, "objectType": sobject.name, "searchColumns": columns}


def suggestions(org: Org, call: Call) -> Answer:
    """``GET search/suggestions?q=&sobject=A,B&limit=``: records whose name has a word that begins with what was typed."""
    text = _typed(call)
    given = call.parameters.get("sobject") or call.parameters.get("sobjects") or ""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        raise OrgError("MISSING_ARGUMENT", "You must specify the 'sobject' parameter")
    if len(names) > MOST_TYPES:
        raise OrgError("INVALID_FIELD", f"You can specify at most {MOST_TYPES} objects")
    most = number(call, "limit", USUAL_SUGGESTIONS, least=1, most=MOST_SUGGESTIONS)
    found: list[dict[str, Any]] = []
    fields = []
    more = False
    for name in names:
        sobject = org.records.sobject(call.caller, name)
        field = sobject.name_field
        if field is None or not field.filterable:
            continue
        fields.append({"entityApiName": sobject.name, "fieldApiName": field.name})
        first, later = quoted(text, "", "%", is_pattern=True), quoted(text, "% ", "%", is_pattern=True)
        soql = (
            f"SELECT Id, {field.name} FROM {sobject.name} WHERE {field.name} LIKE {first} OR {field.name} LIKE {later}"
            f" ORDER BY {field.name} LIMIT {most + 1}"
        )
        records = org.query.run(call.caller, soql).records
        more = more or len(records) > most
        found += records[:most]
    return Answer(
        200,
        {"autoSuggestResults": found, "hasMoreResults": more, "meta": {"nameFields": fields, "secondaryFields": []}},
    )


def queries(org: Org, call: Call) -> Answer:
    """``GET search/suggestSearchQueries?q=``: what others searched for; the org keeps no searches, so there is nothing."""
    _typed(call)
    return Answer(200, {"autoSuggestResults": [], "hasMoreResults": False})


def _typed(call: Call) -> str:
    text = call.parameters.get("q", "").strip()
    if len(text) < LEAST_LETTERS:
        raise OrgError(
            "MALFORMED_SEARCH", f"Search term must be at least {LEAST_LETTERS} characters."
        )  # a guess: words
    return text[:MOST_LETTERS]


def _is_searched(org: Org, call: Call, name: str) -> bool:
    try:
        sobject = org.records.sobject(call.caller, name)
    except OrgError:
        return False
    return sobject.supports("search") and has_list_views(sobject)
