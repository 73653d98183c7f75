"""The shorthand ``chat`` of a scenario: a whole legacy desk, written as the rows that the platform keeps.

``deployment``  ``ref``, ``name`` and any LiveChatDeployment field
``skills``      list of ``ref``, ``name``
``buttons``     list of ``ref``, ``name``, ``routing``, ``skills``, ``queue`` and any LiveChatButton field
``agents``      list of ``user``, ``skills``, ``capacity`` and any LiveChatUserConfig field

A name is the label; the developer name is made of it. An agent's configuration has every ``OptionsHas…`` switch on, and
auto-away, push time-out and idle time-outs off, unless given.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import OrgError

CAPACITY: Final = 3
"""Chats at once of an agent whose capacity is not given. A guess."""
_KEYS: Final = frozenset({"deployment", "skills", "buttons", "agents"})
_AGENT_SWITCHES: Final = (
    "HasSneakPeek OptionsHasAgentFileTransfer OptionsHasAgentSneakPeek OptionsHasAssistanceFlag"
    " OptionsHasChatConferencing OptionsHasChatMonitoring OptionsHasChatTransferToAgent OptionsHasChatTransferToButton"
    " OptionsHasChatTransferToSkill OptionsHasTransferConferenceGreeting OptionsHasVisitorBlocking"
    " OptionsHasWhisperMessage"
).split()

Record = dict[str, Any]


def desk_records(desk: Any) -> list[Record]:
    """Return the records that a desk stands for, in the form of a scenario's ``records``. Raises `OrgError`."""
    if not isinstance(desk, Mapping):
        raise _problem("", "must be an object")
    for key in desk:
        if key not in _KEYS:
            raise _problem("", f"there is no key {key!r}; the keys are {', '.join(sorted(_KEYS))}")
    return list(_records(desk))


def _records(desk: Mapping[str, Any]) -> Iterator[Record]:
    deployment = desk.get("deployment")
    deployment_ref = None
    if deployment is not None:
        deployment_ref, fields = _named("deployment", deployment, "deployment")
        yield _record("LiveChatDeployment", deployment_ref, {"WindowTitle": fields["MasterLabel"], **fields})
    for number, skill in enumerate(_list(desk, "skills")):
        ref, fields = _named(f"skills[{number}]", skill, f"skill{number}")
        yield _record("Skill", ref, fields)
    for number, button in enumerate(_list(desk, "buttons")):
        yield from _button(f"buttons[{number}]", button, f"button{number}", deployment_ref)
    for number, agent in enumerate(_list(desk, "agents")):
        yield from _agent(f"agents[{number}]", agent, f"desk_config{number}")


def _button(place: str, button: Any, default_ref: str, deployment_ref: str | None) -> Iterator[Record]:
    ref, fields = _named(place, button, default_ref, "routing", "skills", "queue")
    skills = _refs(place, button, "skills")
    fields = {
        "Type": "Standard",
        "IsActive": True,
        "RoutingType": button.get("routing", "LeastActive"),
        "HasQueue": button.get("queue", False),
        "SkillId": skills[0] if skills else None,
        **fields,
    }
    yield _record("LiveChatButton", ref, fields)
    for skill in skills:
        yield _record("LiveChatButtonSkill", None, {"ButtonId": f"@{ref}", "SkillId": skill})
    if deployment_ref is not None:
        yield _record(
            "LiveChatButtonDeployment", None, {"ButtonId": f"@{ref}", "DeploymentId": f"@{deployment_ref}"}
        )  # fmt: skip


def _agent(place: str, agent: Any, default_ref: str) -> Iterator[Record]:
    if not isinstance(agent, Mapping) or not isinstance(agent.get("user"), str):
        raise _problem(place, "an agent needs a user: a ref such as @u_ada, or an Id")
    ref = _ref(place, agent, default_ref)
    fields = {
        "MasterLabel": f"Agent configuration {ref}",
        "DeveloperName": developer_name(ref),
        "Language": "en_US",
        "Capacity": agent.get("capacity", CAPACITY),
        **dict.fromkeys(_AGENT_SWITCHES, True),
        **{key: value for key, value in agent.items() if key not in ("ref", "user", "skills", "capacity")},
    }
    yield _record("LiveChatUserConfig", ref, fields)
    yield _record("LiveChatUserConfigUser", None, {"LiveChatUserConfigId": f"@{ref}", "UserId": agent["user"]})
    for skill in _refs(place, agent, "skills"):
        yield _record("SkillUser", None, {"SkillId": skill, "UserId": agent["user"]})


def _named(place: str, entry: Any, default_ref: str, *own_keys: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise _problem(place, "needs a name")
    fields = {key: value for key, value in entry.items() if key not in ("ref", "name", *own_keys)}
    name = entry["name"]
    return _ref(place, entry, default_ref), {
        "MasterLabel": name,
        "DeveloperName": developer_name(name),
        "Language": "en_US",
        **fields,
    }


def developer_name(label: str) -> str:
    """Return the API name that the platform's setup proposes for a label: letters, digits and single underscores."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_") or "X"
    return name if name[0].isalpha() else f"X{name}"


def _record(sobject: str, ref: str | None, fields: dict[str, Any]) -> Record:
    record: Record = {"object": sobject, "fields": {name: value for name, value in fields.items() if value is not None}}
    return record if ref is None else record | {"ref": ref}


def _list(desk: Mapping[str, Any], key: str) -> list[Any]:
    found = desk.get(key, [])
    if not isinstance(found, list):
        raise _problem(key, "must be a list")
    return found


def _ref(place: str, entry: Mapping[str, Any], default_ref: str) -> str:
    ref = entry.get("ref", default_ref)
    if not isinstance(ref, str):
        raise _problem(place, "a ref is text")
    return ref


def _refs(place: str, entry: Mapping[str, Any], key: str) -> list[str]:
    found = entry.get(key, [])
    if not isinstance(found, list) or not all(isinstance(ref, str) for ref in found):
        raise _problem(place, f"{key} must be a list of refs such as @sales")
    return found


def _problem(place: str, problem: str) -> OrgError:
    return OrgError("INVALID_SCENARIO", f"{'.'.join(filter(None, ('chat', place)))}: {problem}")
