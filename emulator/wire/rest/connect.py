"""Connect, as far as clients ask it when they log in, and Chatter, which is off.

Connect REST API Developer Guide, "Organization", "Response Body Encoding". What an org without Chatter answers is recorded: status 403
(Alfresco for Salesforce, "Troubleshooting") and the words below, of which other features add their name in brackets.
"""

from html import escape
from typing import Any, Final

from ...errors import OrgError
from ...org.org import Org
from ...org.organization_settings import organization_settings
from .call import Answer, Call

CHATTER_IS_OFF: Final = "This feature is not currently enabled for this user type or org."


def root(org: Org, call: Call) -> Answer:
    """``GET connect``: what stands below it; a guess, after the manner of ``composite``."""
    return Answer(200, {"organization": f"{call.base}/connect/organization"})


def organization(org: Org, call: Call) -> Answer:
    """``GET connect/organization``: the org, its features, and what its user may do.

    Strings are escaped for HTML unless the client sends ``X-Chatter-Entity-Encoding: false``.
    """
    found = organization_settings(org.users, org.rights, call.caller, org.clock.now(), org.sessions.timeout)
    return Answer(200, found if call.header("X-Chatter-Entity-Encoding").lower() == "false" else _escaped(found))


def chatter(org: Org, call: Call) -> Answer:
    """Answer whatever belongs to Chatter. Raises FUNCTIONALITY_NOT_ENABLED."""
    raise OrgError("FUNCTIONALITY_NOT_ENABLED", CHATTER_IS_OFF)


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _escaped(one) for name, one in value.items()}
    return escape(value).replace("&#x27;", "&#39;") if isinstance(value, str) else value
