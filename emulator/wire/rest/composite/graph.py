"""``/composite/graph``: several composite requests on rows, each all or none, up to 500 parts together.

Limits: REST guide, "Composite Graph Limits".
"""

import re
from typing import Any, Final

from ....errors import OrgError
from ....org.org import Org
from .. import errors
from ..body import document
from ..call import Answer, Call, decoded
from .chain import ROLLED_BACK, results, run_all_or_none
from .references import REFERENCE
from .request import malformed, objects, text
from .subrequests import Subrequest, read_subrequests, target

NAME: Final = "composite/graph"
FIRST_VERSION: Final = 50.0
MOST_GRAPHS: Final = 75
MOST_NODES: Final = 500
MOST_DEPTH: Final = 15
MOST_KINDS: Final = 15
"""Nodes are of different kinds when their versions or their objects differ."""
MOST_FAILURES: Final = 14
"""After this many graphs have failed, the others are not run."""
METHODS: Final = {2: ("POST",), 3: ("DELETE", "GET", "PATCH"), 4: ("DELETE", "GET", "PATCH", "POST")}
"""Which methods a node may use, by the number of segments of its path below the version."""
_GRAPH_ID: Final = re.compile(r"[A-Za-z0-9]\w*", re.ASCII)


def graph(org: Org, call: Call) -> Answer:
    """``POST composite/graph``: 200 with a result for each graph."""
    documents = objects(document(call), "graphs")
    graphs: dict[str, list[Subrequest]] = {}
    for one in documents:
        graph_id = text(one, "graphId")
        if not _GRAPH_ID.fullmatch(graph_id) or graph_id in graphs:
            raise malformed(f"The graphId '{graph_id}' is not unique, or it holds more than letters and numbers.")
        graphs[graph_id] = read_subrequests(objects(one, "compositeRequest"), call.caller.number)
    check_limits(graphs)
    failures = 0
    shown_graphs = []
    for graph_id, parts in graphs.items():
        if failures >= MOST_FAILURES:
            succeeded, answers = False, [Answer(errors.BAD_REQUEST, errors.body(ROLLED_BACK))] * len(parts)
        else:
            succeeded, answers = run_all_or_none(org, call, parts, NAME)
        failures += not succeeded
        response = {"compositeResponse": results(parts, answers)}
        shown_graphs.append({"graphId": graph_id, "graphResponse": response, "isSuccessful": succeeded})
    return Answer(200, {"graphs": shown_graphs})


def check_limits(graphs: dict[str, list[Subrequest]]) -> None:
    """Refuse a request that is too large, or that has a part no graph may have. A guess: the words of these refusals."""
    if len(graphs) > MOST_GRAPHS:
        raise limit(f"The request can\u2019t contain more than {MOST_GRAPHS} graphs.")
    if sum(map(len, graphs.values())) > MOST_NODES:
        raise limit(f"The request can\u2019t contain more than {MOST_NODES} nodes.")
    kinds = {kind_of(part) for parts in graphs.values() for part in parts}
    if len(kinds) > MOST_KINDS:
        raise limit(f"The request can\u2019t contain more than {MOST_KINDS} different nodes.")
    if any(depth(parts) > MOST_DEPTH for parts in graphs.values()):
        raise limit(f"A graph can\u2019t be deeper than {MOST_DEPTH} nodes.")


def kind_of(part: Subrequest) -> tuple[str, str]:
    """Return version and object of a node. Raises for a URL or a method that a graph does not take."""
    below, _ = target(part.url)
    if below is not None:
        version, sent, _ = below
        segments: Any = decoded(sent)
        rows = segments[:1] == ("sobjects",) and float(version) >= FIRST_VERSION
        if rows and part.method in METHODS.get(len(segments), ()):
            return version, segments[1].lower()
    raise malformed(f"{part.method} {part.url} is not supported in a composite graph.")


def depth(parts: list[Subrequest]) -> int:
    """Return the length of the longest chain of references."""
    depths: dict[str, int] = {}
    for part in parts:
        named = [re.split(r"[.\[]", path, maxsplit=1)[0] for path in REFERENCE.findall(f"{part.url} {part.body}")]
        depths[part.reference_id] = 1 + max((depths.get(name, 0) for name in named), default=0)
    return max(depths.values(), default=0)


def limit(message: str) -> OrgError:
    return OrgError("LIMIT_EXCEEDED", message)
