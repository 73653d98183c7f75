"""What an org allows and holds, and what a user saw last: limits, record counts, recent and relevant items."""

import zlib
from typing import Any, Final

from ...errors import OrgError
from ...org.counts import record_counts
from ...org.limit_labels import listing
from ...org.org import Org
from ...org.recent import KEPT_OF_TYPE
from .call import Answer, Call
from .list_views import number

MOST_RECENT: Final = 2000
RELEVANT_OF_TYPE: Final = 50
"""REST guide, "sObject Relevant Items"."""


def limits(org: Org, call: Call) -> Answer:
    """``GET limits``: every limit that the version lists; those that are counted with what is left."""
    apps = org.connected_apps.client_ids()
    return Answer(200, listing(org.limits, org.store, org.catalog_in_force, apps, call.caller.number))


def record_count(org: Org, call: Call) -> Answer:
    """``GET limits/recordCount?sObjects=A,B``: how many records there are of types, or of all that have any.

    A name that is no type is passed over: a guess. The platform counts now and then; here it is the number of this moment.
    """
    counts = record_counts(org.store, org.catalog)
    asked = call.parameters.get("sObjects")
    names = [name.strip() for name in asked.split(",")] if asked else list(counts)
    found = {}
    for name in names:
        try:
            sobject = org.records.sobject(call.caller, name)
        except OrgError:
            continue
        found[sobject.name] = counts.get(sobject.name, 0)
    return Answer(200, {"sObjects": [{"count": found[name], "name": name} for name in sorted(found)]})


def recent(org: Org, call: Call) -> Answer:
    """``GET recent?limit=``: the records that the user viewed or referenced last."""
    most = number(call, "limit", KEPT_OF_TYPE, least=1, most=MOST_RECENT)
    return Answer(200, org.recent_records.items(call.caller, most))


def relevant_items(org: Org, call: Call) -> Answer:
    """``GET sobjects/relevantItems?sobjects=A,B``: ids of the records that the user saw last, by type.

    Which objects are in a user's search scope is not known here: the types of what he saw are.
    """
    asked = call.parameters.get("sobjects")
    wanted = {name.strip().casefold() for name in asked.split(",")} if asked else None
    by_type: dict[str, list[str]] = {}
    for item in org.recent_records.items(call.caller, MOST_RECENT):
        by_type.setdefault(item["attributes"]["type"], []).append(item["Id"][:15])
    found: list[dict[str, Any]] = []
    for name, ids in by_type.items():
        if wanted is None or name.casefold() in wanted:
            sobject = org.records.sobject(call.caller, name)
            shown = ids[:RELEVANT_OF_TYPE]
            found.append(
                {
                    "apiName": sobject.name,
                    "key": sobject.key_prefix,
                    "label": sobject.label_plural,
                    "lastUpdatedId": str(zlib.crc32(",".join(shown).encode()) - 2**31),
                    "recordIds": shown,
                }
            )
    return Answer(200, found)
