"""Writes what the shorthand ``messaging`` of a scenario says beside its rows: settings, members of queues, publishing, Omni-Channel."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError
from ..org.org import Org
from ..store import Transaction
from . import underway
from .administration import Administration
from .desk import OWN_KEYS, deployment_name, entries, problem, queue_ref
from .reading import live_rows
from .underway import RUNNING

SERVED: Final = "MessagingSession"
SERVICE_CHANNEL: Final = {
    "DeveloperName": "sfdc_livemessage",
    "MasterLabel": "Messaging",
    "Language": "en_US",
    "RelatedEntity": SERVED,
}
"""The service channel of messaging sessions (Omni-Channel guide, "Messaging")."""
STATUSES: Final = ("Online", "Busy")
AGENT_KEYS: Final = ("user", "capacity", "skills")
_ROWS: Final = ("GroupMember", "QueueSobject", "ServiceChannel", "ServicePresenceStatus", "SkillUser")


def furnish(org: Org, messaging: Any, refs: Mapping[str, str]) -> None:
    """Make the channels of a scenario work whose rows are written; in a transaction of the caller's. Raises `OrgError`."""
    with org.store.write() as transaction:
        work = _Furnishing(org, transaction, refs)
        for number, entry in enumerate(entries(messaging)):
            work.channel(number, entry)
        if RUNNING in messaging:
            underway.put(org, transaction, messaging[RUNNING], refs)


class _Furnishing:
    def __init__(self, org: Org, transaction: Transaction, refs: Mapping[str, str]) -> None:
        self._org = org
        self._transaction = transaction
        self._refs = refs
        self._administration = Administration(org)
        org.store.ensure(*(org.catalog.get(name) for name in _ROWS))

    def channel(self, number: int, entry: Mapping[str, Any]) -> None:
        place = f"channels[{number}]"
        settings = {key: value for key, value in entry.items() if key not in OWN_KEYS}
        for key in ("queueId", "fallbackQueueId"):
            if isinstance(settings.get(key), str):
                settings[key] = self._id(f"{place}.{key}", settings[key])
        if isinstance(settings.get("skillIds"), list):
            settings["skillIds"] = [self._id(f"{place}.skillIds", one) for one in settings["skillIds"]]
        settings.setdefault("queueId", self._refs.get(queue_ref(number, entry)))
        with _placed(place):
            self._administration.change_channel(entry["developerName"], settings)
        if settings["queueId"] is not None:
            self._once("QueueSobject", {"QueueId": settings["queueId"], "SobjectType": SERVED})
        self._agents(place, entry, settings["queueId"])
        self._omni_channel()
        self._deployment(place, entry)

    def _agents(self, place: str, entry: Mapping[str, Any], queue_id: str | None) -> None:
        agents = entry.get("agents", [])
        if not isinstance(agents, list):
            raise problem(f"{place}.agents", "must be a list")
        for number, agent in enumerate(agents):
            self._agent(f"{place}.agents[{number}]", {"user": agent} if isinstance(agent, str) else agent, queue_id)

    def _agent(self, place: str, agent: Any, queue_id: str | None) -> None:
        if not isinstance(agent, Mapping) or not isinstance(agent.get("user"), str):
            raise problem(place, "an agent is a user, a ref such as @u_ada or an Id, or an object with the key user")
        for key in agent:
            if key not in AGENT_KEYS:
                raise problem(place, f"there is no key {key!r}; the keys are {', '.join(AGENT_KEYS)}")
        user_id = self._id(f"{place}.user", agent["user"])
        if self._org.users.by_id(user_id) is None:
            raise problem(f"{place}.user", f"there is no user {agent['user']!r}")
        if "capacity" in agent:
            with _placed(place):
                self._administration.set_capacity(user_id, agent["capacity"])
        if queue_id is not None:
            self._once("GroupMember", {"GroupId": queue_id, "UserOrGroupId": user_id})
        skills = agent.get("skills", [])
        if not isinstance(skills, list):
            raise problem(f"{place}.skills", "must be a list of refs such as @sales")
        for skill in skills:
            skill_id = self._id(f"{place}.skills", skill)
            with _placed(f"{place}.skills"):
                self._once("SkillUser", {"SkillId": skill_id, "UserId": user_id})

    def _omni_channel(self) -> None:
        """See to it that Omni-Channel knows messaging sessions, and two statuses that a rep can have."""
        if not self._has("ServiceChannel", {"RelatedEntity": SERVED}):
            self._make("ServiceChannel", SERVICE_CHANNEL)
        for name in STATUSES:
            self._once("ServicePresenceStatus", {"DeveloperName": name, "MasterLabel": name, "Language": "en_US"})

    def _deployment(self, place: str, entry: Mapping[str, Any]) -> None:
        name = deployment_name(entry)
        is_published = entry.get("published", name is not None)
        if not isinstance(is_published, bool):
            raise problem(f"{place}.published", "must be true or false")
        if name is None:
            return
        with _placed(place):
            wanted = {"channel": entry["developerName"], "platform": entry.get("platform", "Web")}
            self._administration.change_deployment(name, wanted)
            if is_published:
                self._administration.publish(name)

    def _id(self, place: str, text: Any) -> str:
        """Return the id that a ref or an id stands for."""
        if isinstance(text, str) and text.startswith("@"):
            if text[1:] not in self._refs:
                raise problem(place, f"no record has the ref {text!r}")
            return self._refs[text[1:]]
        try:
            return normalize(str(text))
        except InvalidId:
            raise problem(place, f"{text!r} is neither a ref such as @u_ada nor an Id") from None

    def _once(self, sobject: str, values: Mapping[str, str]) -> None:
        """Make a record unless there is one like it."""
        if not self._has(sobject, values):
            self._make(sobject, values)

    def _has(self, sobject: str, values: Mapping[str, str]) -> bool:
        return next(live_rows(self._org, self._transaction, sobject, "Id", values), None) is not None

    def _make(self, sobject: str, values: Mapping[str, Any]) -> None:
        self._org.records.create_by_system(self._org.users.administrator_id, sobject, values)


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Say of an error which part of the scenario it is about."""
    try:
        yield
    except OrgError as error:
        raise OrgError(error.code, f"messaging.{place}: {error.message}") from None
