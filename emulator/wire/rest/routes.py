"""Which path leads to which resource, and which methods a resource takes."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ...errors import not_found
from ...org.org import Org
from . import resources, rows
from .call import Answer, Call
from .errors import MethodNotAllowed
from .later import Views

actions, connect, conversations, describing, list_views = (
    Views(".actions"),
    Views(".connect"),
    Views(".conversations"),
    Views(".describing"),
    Views(".list_views"),
)
passwords, related, search, search_aids = (
    Views(".passwords"),
    Views(".related"),
    Views(".search"),
    Views(".search_aids"),
)
tooling, usage = Views(".tooling.resources"), Views(".usage")
batch, collections, composite = (
    Views(".composite.batch"),
    Views(".composite.collections"),
    Views(".composite.composite"),
)
graph, tree = Views(".composite.graph"), Views(".composite.tree")

Resource = Callable[[Org, Call], Answer]
ANY: Final = "*"
BELOW: Final = "**"
"""At the end of a path: the path before it, and whatever stands below that."""
ELSEWHERE: Final = {"jobs": 41.0}
"""Resources of the same root that another protocol answers, and the first version with each."""
METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")
MOST_RELATIONSHIPS: Final = 5
"""How many parents an address may lead over (REST guide, "sObject Relationships")."""
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """A path below the version (``*`` is any one segment, ``**`` any number at the end), its methods, and the list in the platform's 405 message.

    since: the first version that knows the resource.
    """

    path: tuple[str, ...]
    methods: Mapping[str, Resource]
    allowed: str = "GET,HEAD"
    since: float = 0.0

    def resource(self, method: str) -> Resource:
        """Return what answers a method; HEAD is a GET whose body stays behind. Raises METHOD_NOT_ALLOWED."""
        found = self.methods.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodNotAllowed(method, self.allowed)
        return found


def table() -> tuple[Route, ...]:
    """Return every route there is."""
    read = resources
    return (
        Route((), {"GET": root}),
        Route(("composite",), {"GET": composite.listing, "POST": composite.composite}, "GET,HEAD,POST", 38.0),
        Route(("composite", "batch"), {"POST": batch.batch}, "POST", 34.0),
        Route(("composite", "tree", ANY), {"POST": tree.tree}, "POST", 34.0),
        Route(("composite", "graph"), {"POST": graph.graph}, "POST", 50.0),
        Route(
            ("composite", "sobjects"),
            {"POST": collections.create, "PATCH": collections.update, "DELETE": collections.delete},
            "DELETE,PATCH,POST",
            42.0,
        ),
        Route(
            ("composite", "sobjects", ANY),
            {"GET": collections.retrieve, "POST": collections.retrieve_many},
            "GET,HEAD,POST",
            42.0,
        ),
        Route(("composite", "sobjects", ANY, ANY), {"PATCH": collections.upsert}, "PATCH", 46.0),
        Route(("connect",), {"GET": connect.root}, since=24.0),
        Route(("connect", "organization"), {"GET": connect.organization}, since=24.0),
        Route(
            ("connect", "conversation", ANY, "entries"),
            {"GET": conversations.read, "PATCH": conversations.redact},
            "GET,HEAD,PATCH",
            51.0,
        ),
        Route(("connect", "user-profiles", BELOW), dict.fromkeys(METHODS, connect.chatter), since=24.0),
        Route(("chatter", BELOW), dict.fromkeys(METHODS, connect.chatter), since=22.0),
        Route(("compactLayouts",), {"GET": describing.primary_compact_layouts}, since=31.0),
        Route(("limits",), {"GET": usage.limits}, since=29.0),
        Route(("limits", "recordCount"), {"GET": usage.record_count}, since=40.0),
        Route(("recent",), {"GET": usage.recent}),
        Route(("actions",), {"GET": actions.root}, since=32.0),
        Route(("actions", "standard"), {"GET": actions.standard}, since=32.0),
        Route(("actions", "standard", ANY), {"GET": actions.describe, "POST": actions.run}, "GET,HEAD,POST", 32.0),
        Route(("actions", "custom"), {"GET": actions.custom}, since=32.0),
        Route(("actions", "custom", ANY), {"GET": actions.custom_kind}, since=32.0),
        Route(("process",), {"GET": actions.process}, since=30.0),
        Route(("process", "approvals"), {"GET": actions.approvals}, since=30.0),
        Route(("process", "rules"), {"GET": actions.rules}, since=30.0),
        Route(("appMenu",), {"GET": actions.app_menu}, since=29.0),
        Route(("appMenu", "AppSwitcher"), {"GET": actions.app_switcher}, since=29.0),
        Route(("query",), {"GET": read.query}),
        Route(("queryAll",), {"GET": read.query_all}),
        Route(("query", ANY), {"GET": read.query_more}),
        Route(("queryAll", ANY), {"GET": read.query_more}),
        Route(("search",), {"GET": search.search}),
        Route(("search", "scopeOrder"), {"GET": search_aids.scope_order}),
        Route(("search", "layout"), {"GET": search_aids.layout}),
        Route(("search", "suggestions"), {"GET": search_aids.suggestions}, since=32.0),
        Route(("search", "suggestSearchQueries"), {"GET": search_aids.queries}),
        Route(
            ("parameterizedSearch",),
            {"GET": search.by_address, "POST": search.by_body},
            "HEAD,GET,POST",
            36.0,
        ),
        *_quick_actions(),
        Route(("tabs",), {"GET": describing.all_tabs}, since=31.0),
        Route(("theme",), {"GET": describing.whole_theme}, since=29.0),
        Route(("sobjects",), {"GET": read.describe_all}),
        Route(("sobjects", "relevantItems"), {"GET": usage.relevant_items}, since=35.0),
        # The orders of the lists in 405 messages are recorded: simple-salesforce#157 and omniphx/forrest#59.
        Route(("sobjects", ANY), {"GET": read.basic_information, "POST": rows.create}, "HEAD,GET,POST"),
        Route(("sobjects", ANY, "describe"), {"GET": read.describe}),
        Route(("sobjects", ANY, "describe", "layouts"), {"GET": describing.layouts}, since=28.0),
        Route(("sobjects", ANY, "describe", "layouts", ANY), {"GET": describing.layout}, since=28.0),
        Route(("sobjects", ANY, "describe", "namedLayouts", ANY), {"GET": describing.named_layouts}, since=31.0),
        Route(("sobjects", ANY, "describe", "approvalLayouts"), {"GET": describing.approval_layouts}, since=30.0),
        Route(("sobjects", ANY, "describe", "approvalLayouts", ANY), {"GET": describing.approval_layout}, since=30.0),
        Route(("sobjects", ANY, "describe", "compactLayouts"), {"GET": describing.compact_layouts}, since=29.0),
        Route(("sobjects", ANY, "describe", "compactLayouts", ANY), {"GET": describing.compact_layout}, since=29.0),
        *_quick_actions("sobjects", ANY),
        Route(("sobjects", ANY, "defaultValues"), {"GET": describing.default_values}),
        Route(("sobjects", ANY, "listviews"), {"GET": list_views.listing}, since=32.0),
        Route(("sobjects", ANY, "listviews", "recent"), {"GET": list_views.recent}, since=32.0),
        Route(("sobjects", ANY, "listviews", ANY), {"GET": list_views.basic_information}, since=32.0),
        Route(("sobjects", ANY, "listviews", ANY, "describe"), {"GET": list_views.describe}, since=32.0),
        Route(("sobjects", ANY, "listviews", ANY, "results"), {"GET": list_views.results}, since=32.0),
        Route(("sobjects", ANY, "updated"), {"GET": read.updated}),
        Route(("sobjects", ANY, "deleted"), {"GET": read.deleted}),
        Route(
            ("sobjects", ANY, ANY),
            {"GET": rows.retrieve, "PATCH": rows.update, "DELETE": rows.delete, "POST": rows.create_by_id},
            "HEAD,GET,PATCH,DELETE",
        ),
        Route(
            ("sobjects", ANY, ANY, "password"),
            {"GET": passwords.status, "POST": passwords.change, "PATCH": passwords.update, "DELETE": passwords.reset},
            "HEAD,GET,POST,DELETE",
            24.0,
        ),
        Route(
            ("sobjects", ANY, ANY, ANY),
            {"GET": related.retrieve, "PATCH": related.update, "DELETE": related.delete},
            "HEAD,GET,PATCH,DELETE",
        ),
        *(
            Route(
                ("sobjects", ANY, ANY, *[ANY] * relationships),
                {"GET": related.retrieve, "PATCH": related.update, "DELETE": related.delete},
                "HEAD,GET,PATCH,DELETE",
            )
            for relationships in range(2, MOST_RELATIONSHIPS + 1)
        ),
        Route(("tooling",), {"GET": tooling.root}),
        Route(("tooling", "query"), {"GET": tooling.query}),
        Route(("tooling", "queryAll"), {"GET": tooling.query_all}),
        Route(("tooling", "query", ANY), {"GET": tooling.query_more}),
        Route(("tooling", "search"), {"GET": tooling.search}),
        Route(("tooling", "recent"), {"GET": tooling.recent}),
        Route(("tooling", "executeAnonymous"), {"GET": tooling.execute_anonymous}, since=29.0),
        Route(("tooling", "sobjects"), {"GET": tooling.describe_all}),
        Route(("tooling", "sobjects", ANY), {"GET": tooling.basic_information}),
        Route(("tooling", "sobjects", ANY, "describe"), {"GET": tooling.describe}),
        Route(("tooling", "sobjects", ANY, ANY), {"GET": tooling.retrieve}),
    )


def _quick_actions(*above: str) -> tuple[Route, ...]:
    """Return the routes of quick actions, which are the same for the global ones and those of a type."""
    place = (*above, "quickActions")
    return (
        Route(place, {"GET": describing.quick_actions}, since=28.0),
        Route(
            (*place, ANY),
            {"GET": describing.quick_action, "POST": describing.run_quick_action},
            "HEAD,GET,POST",
            28.0,
        ),
        Route((*place, ANY, "describe"), {"GET": describing.quick_action}, since=28.0),
        Route((*place, ANY, "defaultValues"), {"GET": describing.quick_action_values}, since=28.0),
        Route((*place, ANY, "defaultValues", ANY), {"GET": describing.quick_action_values}, since=28.0),
    )


def root(org: Org, call: Call) -> Answer:
    """``GET /services/data/vN.0``: the resources there are, by name. `identity` is a whole URL, the others are paths."""
    number = call.caller.number
    names = {route.path[0] for route in table() if route.path and route.since <= number}
    names |= {name for name, since in ELSEWHERE.items() if since <= number}
    identity = f"{call.origin}/id/{org.users.organization['Id']}/{call.caller.user_id}"
    return Answer(200, {"identity": identity} | {name: f"{call.base}/{name}" for name in sorted(names)})


class Routes:
    """The routes as a tree of segments; a segment's own name comes before ``*``."""

    def __init__(self) -> None:
        self._root = _Branch()
        for route in table():
            branch = self._root
            for part in route.path:
                if part == BELOW:
                    branch.all_below = route
                else:
                    branch = branch.below.setdefault(part, _Branch())
            if branch.all_below is None:
                branch.route = route

    def find(self, segments: tuple[str, ...]) -> Route:
        """Return the route that leads to a path. Raises NOT_FOUND."""
        branch: _Branch | None = self._root
        for segment in segments:
            if branch is None or branch.all_below is not None:
                break
            branch = branch.below.get(segment) or branch.below.get(ANY)
        if branch is not None and branch.all_below is not None:
            return branch.all_below
        if branch is None or branch.route is None:
            LOG.warning("REST resource %s is not emulated", "/".join(segments))
            raise not_found()
        return branch.route


class _Branch:
    """A place in the tree of routes."""

    __slots__ = ("all_below", "below", "route")

    def __init__(self) -> None:
        self.below: dict[str, _Branch] = {}
        self.all_below: Route | None = None
        self.route: Route | None = None
