"""The shorthand ``messaging`` of a scenario: channels of enhanced chat that work, as the rows that the platform keeps.

``channels``  list of

``developerName``  of the channel; ``label`` is the same unless given
``type``           MessagingChannel.MessageType, ``EmbeddedMessaging`` unless given; ``platformType`` is ``Enhanced`` unless given
``ref``            of the channel; its queue is ``{ref}_queue``, its deployment ``{ref}_deployment``
``deployment``     the developer name of its deployment, that of the channel unless given; of In-App and Web Chat channels alone
``platform``       of the deployment, ``Web`` (unless given) or ``Mobile``
``published``      false leaves the deployment unpublished
``agents``         its reps: ``@ref`` of a user, or an object of ``user``, ``capacity`` (100 unless given) and ``skills``
and any setting of a channel; ``queueId``, ``fallbackQueueId`` and ``skillIds`` take ``@ref``. Without ``queueId`` it has a queue of its own.

``running``  what is under way in these channels (`underway`)

The rows that others refer to are made here; `furnishing` writes the rest once they are there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import OrgError
from .setup import EMBEDDED, ENHANCED

MESSAGING: Final = "messaging"
KEYS: Final = frozenset({"channels", "running"})
OWN_KEYS: Final = (
    "ref", "developerName", "type", "platformType", "deployment", "platform", "published", "agents",
)  # fmt: skip
"""Keys of a channel that are no settings."""
LONGEST_QUEUE_NAME: Final = 40
Record = dict[str, Any]


def problem(place: str, text: str) -> OrgError:
    return OrgError("INVALID_SCENARIO", f"{'.'.join(filter(None, (MESSAGING, place)))}: {text}")


def channel_records(messaging: Any) -> list[Record]:
    """Return the rows of the channels, in the form of a scenario's ``records``. Raises `OrgError`."""
    return [record for number, entry in enumerate(entries(messaging)) for record in _records(number, entry)]


def entries(messaging: Any) -> list[Mapping[str, Any]]:
    """Return the channels of the shorthand. Raises `OrgError`."""
    if not isinstance(messaging, Mapping):
        raise problem("", "must be an object")
    for key in messaging:
        if key not in KEYS:
            raise problem("", f"there is no key {key!r}; the keys are {', '.join(sorted(KEYS))}")
    found = messaging.get("channels", [])
    if not isinstance(found, list):
        raise problem("channels", "must be a list")
    for number, entry in enumerate(found):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("developerName"), str):
            raise problem(f"channels[{number}]", "a channel needs a developerName")
        for key in ("ref", "type", "platformType", "deployment", "platform", "label"):
            if not isinstance(entry.get(key, ""), str):
                raise problem(f"channels[{number}].{key}", "must be text")
    return found


def ref_of(number: int, entry: Mapping[str, Any]) -> str:
    """Return the ref of a channel."""
    return str(entry.get("ref", f"channel{number}"))


def queue_ref(number: int, entry: Mapping[str, Any]) -> str:
    return f"{ref_of(number, entry)}_queue"


def deployment_ref(number: int, entry: Mapping[str, Any]) -> str:
    return f"{ref_of(number, entry)}_deployment"


def deployment_name(entry: Mapping[str, Any]) -> str | None:
    """Return the developer name of a channel's deployment, None where it has none."""
    if kind(entry) != EMBEDDED and "deployment" not in entry:
        return None
    return str(entry.get("deployment", entry["developerName"]))


def kind(entry: Mapping[str, Any]) -> str:
    return str(entry.get("type", EMBEDDED))


def _records(number: int, entry: Mapping[str, Any]) -> Iterator[Record]:
    name = entry["developerName"]
    if "queueId" not in entry:
        queue = {
            "Name": f"{name[: LONGEST_QUEUE_NAME - 6]} queue",
            "DeveloperName": f"{name[:73]}_queue",
            "Type": "Queue",
        }
        yield {"object": "Group", "ref": queue_ref(number, entry), "fields": queue}
    channel = {
        "DeveloperName": name,
        "MasterLabel": entry.get("label", name),
        "Language": "en_US",
        "MessageType": kind(entry),
        "PlatformType": entry.get("platformType", ENHANCED),
        "MessagingPlatformKey": name,
        "IsActive": True,
        "RoutingType": "OmniQueue",
    }
    yield {"object": "MessagingChannel", "ref": ref_of(number, entry), "fields": channel}
    deployment = deployment_name(entry)
    if deployment is not None:
        config = {
            "DeveloperName": deployment,
            "MasterLabel": deployment,
            "DeploymentFeature": EMBEDDED,
            "DeploymentType": entry.get("platform", "Web"),
            "IsEnabled": True,
            "AreGuestUsersAllowed": True,
        }
        yield {"object": "EmbeddedServiceConfig", "ref": deployment_ref(number, entry), "fields": config}
