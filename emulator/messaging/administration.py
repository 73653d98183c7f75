"""What an administrator sets up in enhanced chat, in the words of our rep API: channels, deployments and their publishing, capacities.

A change is a draft until a deployment of the channel is published; what acts is the channel as it was then. So it is with changes of
the platform's own rows too, whoever makes them. Raises `Unknown` for what is not there, `SettingRefused` for settings that do not go
together, and `OrgError` where what is given cannot be right.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError
from ..org.integrity import is_live
from ..org.org import Org
from ..running.moments import moment
from ..store import Reader, Transaction
from .channels import Channels
from .combinations import check, described, is_enhanced_chat
from .options import OPTIONS, WRONG, wrong
from .reading import live_rows
from .refusals import Unknown
from .settings import ChannelSettings, Placement
from .setup import EMBEDDED, Channel

PLATFORMS: Final = ("Web", "Mobile")
MOST_CAPACITY: Final = 1_000_000
DEPLOYMENT_KEYS: Final = ("channel", "label", "platform")
_ROWS: Final = ("EmbeddedServiceConfig", "EmbeddedServiceDetail")
Json = dict[str, Any]


class Administration:
    """The set-up of enhanced chat of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._settings = ChannelSettings(org)
        self._channels = Channels(org, self._settings)

    # --- channels -------------------------------------------------------------------------------------------------------

    def channel(self, name: str) -> Json:
        """Return a channel's settings as they stand, those that act (``published``), and whether a publishing is due."""
        with self._reading() as rows:
            return self._channel_view(rows, self._named(rows, name))

    def change_channel(self, name: str, wanted: Mapping[str, Any]) -> Json:
        """Change settings of a channel, all or none; they act when a deployment of it is published."""
        if not wanted:
            raise OrgError(WRONG, f"no setting is given; the settings are {', '.join(OPTIONS)}")
        with self._org.transaction() as transaction:
            self._prepare()
            before = self._named(transaction, name)
            shown = self._channel_view(transaction, before)
            values: dict[str, Any] = {}
            for key, value in wanted.items():
                option = OPTIONS.get(key)
                if option is not None:
                    values[option.attribute] = option.read(key, value)
                elif key not in shown:
                    raise wrong(key, f"there is no such setting; the settings are {', '.join(OPTIONS)}")
                elif shown[key] != value:
                    raise wrong(key, "cannot be changed here; leave it out")
            after = replace(before, **values)
            self._check_targets(transaction, before, after)
            check(after, before)
            self._channels.write(transaction, before, after)
            return self._channel_view(transaction, self._named(transaction, name))

    def _named(self, rows: Reader, name: str) -> Channel:
        found = self._channels.named(rows, name)
        if found is None:
            known = ", ".join(sorted(one.developer_name for one in self._channels.all(rows))[:20]) or "none"
            raise Unknown(f"there is no messaging channel with the developer name {name!r}; there are: {known}")
        return found

    def _check_targets(self, rows: Reader, before: Channel, after: Channel) -> None:
        """Refuse a queue that is none, and a skill that is not there, where they are given anew."""
        for key, old, new in (
            ("queueId", before.queue_id, after.queue_id),
            ("fallbackQueueId", before.fallback_queue_id, after.fallback_queue_id),
        ):
            if new is not None and new != old:
                groups = live_rows(self._org, rows, "Group", "Id Type", {"Id": new})
                if not any(group["Type"] == "Queue" for group in groups):
                    raise wrong(key, "give the Id of a queue, a Group whose Type is Queue", new)
        skill = self._org.catalog.get("Skill")
        for number, skill_id in enumerate(after.skill_ids):
            if skill_id not in before.skill_ids and not is_live(rows, self._org.store, skill, skill_id):
                raise wrong(f"skillIds[{number}]", "give the Id of a Skill", skill_id)

    def _channel_view(self, rows: Reader, channel: Channel) -> Json:
        placements = [one for one in self._settings.placements(rows).values() if one.channel_id == channel.id]
        published = [one for one in placements if one.published is not None]
        newest = max(published, key=lambda one: one.published_at or 0, default=None)
        acting = newest.published if newest is not None else None
        return {
            "id": channel.id,
            "developerName": channel.developer_name,
            "type": channel.type,
            "platformType": channel.platform_type,
            "address": channel.address,
            **settings_view(channel),
            "published": None if acting is None else settings_view(acting),
            "publishDue": any(one.published != channel for one in placements),
            "deployments": [one.name for one in placements],
        }

    # --- deployments ----------------------------------------------------------------------------------------------------

    def deployment(self, name: str) -> Json:
        """Return a deployment: its channel, when it was published, whether that is due again, and the settings that act."""
        with self._reading() as rows:
            return self._deployment_view(rows, self._placed(rows, name))

    def change_deployment(self, name: str, wanted: Mapping[str, Any]) -> Json:
        """Make a deployment that offers a channel, or change one: its channel (from the next publishing on) or its label."""
        with self._org.transaction() as transaction:
            self._prepare()
            self._place(transaction, name, wanted)
            return self._deployment_view(transaction, self._placed(transaction, name))

    def publish(self, name: str) -> Json:
        """Publish a deployment: from now on its channel acts as it stands."""
        with self._org.transaction() as transaction:
            self._prepare()
            placement = self._placed(transaction, name)
            self._publish(transaction, placement)
            view = self._deployment_view(transaction, self._placed(transaction, name))
        self._catch_up()
        return view

    def _placed(self, rows: Reader, name: str) -> Placement:
        found = self._settings.placement(rows, name)
        if found is None:
            known = ", ".join(sorted(self._settings.placements(rows))[:20]) or "none"
            raise Unknown(
                f"there is no deployment of enhanced chat with the developer name {name!r}; there are: {known}."
                " PUT deployments/{name} with a channel makes one"
            )
        return found

    def _place(self, transaction: Transaction, name: str, wanted: Mapping[str, Any]) -> None:
        for key in wanted:
            if key not in DEPLOYMENT_KEYS:
                raise wrong(key, f"there is no such key; a deployment has {', '.join(DEPLOYMENT_KEYS)}")
        if not name.replace("_", "").isalnum() or not name.isascii() or not name[0].isalpha() or len(name) > 80:
            raise wrong("name", "give a developer name: a letter, then letters, digits and underscores, up to 80", name)
        found = self._settings.placement(transaction, name)
        label = wanted.get("label", found.label if found else name)
        if not isinstance(label, str) or not 0 < len(label.strip()) <= 80:
            raise wrong("label", "give text of 1 to 80 characters", label)
        platform = wanted.get("platform", found.platform if found else PLATFORMS[0])
        if platform not in PLATFORMS:
            raise wrong("platform", "give Web or Mobile", platform)
        if found is not None and platform != found.platform:
            raise wrong("platform", f"is fixed: the deployment {name} is made for {found.platform}", platform)
        if found is None and "channel" not in wanted:
            raise wrong("channel", "is missing: give the developer name of a messaging channel")
        channel_id = self._offered(transaction, wanted["channel"]).id if "channel" in wanted else ""
        if found is None:
            config_id = self._config(transaction, name, label, platform)
            found = Placement(name, label, channel_id, config_id, platform)
        elif label != found.label:
            self._org.records.update_by_system(
                self._org.users.administrator_id, "EmbeddedServiceConfig", found.config_id, {"MasterLabel": label}
            )
        self._settings.set_placement(
            transaction, replace(found, label=label, channel_id=channel_id or found.channel_id)
        )  # fmt: skip

    def _offered(self, rows: Reader, name: Any) -> Channel:
        """Return the channel that a deployment may offer."""
        if not isinstance(name, str):
            raise wrong("channel", "give the developer name of a messaging channel", name)
        channel = self._named(rows, name)
        if not is_enhanced_chat(channel):
            raise wrong("channel", f"an Embedded Service deployment offers Enhanced Chat; {described(channel)}")
        return channel

    def _config(self, transaction: Transaction, name: str, label: str, platform: str) -> str:
        """Return the id of a deployment's row; make its rows where they are missing. Raises `OrgError`."""
        fields = "Id DeveloperName DeploymentFeature DeploymentType"
        by, records = self._org.users.administrator_id, self._org.records
        for row in live_rows(self._org, transaction, "EmbeddedServiceConfig", fields):
            if row["DeveloperName"].casefold() != name.casefold():
                continue
            if row["DeveloperName"] != name or row["DeploymentFeature"] != EMBEDDED:
                problem = f"the deployment {row['DeveloperName']} is there already, for {row['DeploymentFeature']}"
                raise OrgError("DUPLICATE_VALUE", problem)
            if row["DeploymentType"] != platform:
                raise wrong("platform", f"is fixed: {name} is made for {row['DeploymentType']}", platform)
            config_id = str(row["Id"])
            break
        else:
            values = {
                "DeveloperName": name,
                "MasterLabel": label,
                "DeploymentFeature": EMBEDDED,
                "DeploymentType": platform,
                "IsEnabled": True,
                "AreGuestUsersAllowed": True,
            }
            config_id = records.create_by_system(by, "EmbeddedServiceConfig", values)
        details = live_rows(self._org, transaction, "EmbeddedServiceDetail", "Id DurableId")
        if not any(row["DurableId"] == name for row in details):
            records.create_by_system(by, "EmbeddedServiceDetail", {"DurableId": name})
        return config_id

    def _publish(self, transaction: Transaction, placement: Placement) -> None:
        channel = self._channels.by_id(transaction, placement.channel_id)
        if channel is None:
            raise OrgError(WRONG, f"the channel {placement.channel_id} of the deployment {placement.name} is gone")
        check(channel)
        if not is_enhanced_chat(channel):
            raise wrong("channel", f"an Embedded Service deployment offers Enhanced Chat; {described(channel)}")
        if not channel.address:
            address = self._org.ids.next_uuid(transaction, "channel")
            self._channels.set_fields(
                channel.id, {"ChannelAddressIdentifier": address, "MessagingPlatformKey": address}
            )  # fmt: skip
            channel = replace(channel, address=address)
        now = int(self._org.clock.now().timestamp() * 1000)
        self._settings.set_placement(transaction, replace(placement, published=channel, published_at=now))

    def _deployment_view(self, rows: Reader, placement: Placement) -> Json:
        channel = self._channels.by_id(rows, placement.channel_id)
        published = placement.published
        return {
            "id": placement.config_id,
            "name": placement.name,
            "label": placement.label,
            "platform": placement.platform,
            "channel": None if channel is None else channel.developer_name,
            "publishedDate": moment(placement.published_at / 1000) if placement.published_at is not None else None,
            "publishDue": published != channel,
            "published": None if published is None else settings_view(published),
        }

    # --- reps -----------------------------------------------------------------------------------------------------------

    def capacity(self, user_id: str) -> Json:
        """Return how much work a rep takes at once."""
        with self._org.store.read() as rows:
            return {"capacity": self._settings.capacity(rows, self._user(user_id))}

    def set_capacity(self, user_id: str, capacity: Any) -> Json:
        """Set how much work a rep takes at once: the sum of the weights of what he has open and is asked to take."""
        found = self._user(user_id)
        if isinstance(capacity, bool) or not isinstance(capacity, int | float) or not 0 <= capacity <= MOST_CAPACITY:
            raise wrong("capacity", f"give a number from 0 to {MOST_CAPACITY}", capacity)
        with self._org.transaction() as transaction:
            self._settings.set_capacity(transaction, found, float(capacity))
        self._catch_up()
        return self.capacity(found)

    def _user(self, user_id: str) -> str:
        try:
            user = self._org.users.by_id(normalize(user_id))
        except InvalidId:
            user = None
        if user is None:
            raise Unknown(f"there is no user {user_id}")
        return str(user["Id"])

    def _catch_up(self) -> None:
        """Let sessions that wait find a rep, unless more is to come in a transaction of the caller's."""
        if not self._org.store.is_writing:
            self._org.catch_up()

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        with self._org.store.steady:
            self._prepare()
            with self._org.store.read() as rows:
                yield rows

    def _prepare(self) -> None:
        self._channels.prepare()
        self._org.store.ensure(*(self._org.catalog.get(name) for name in _ROWS))


def settings_view(channel: Channel) -> Json:
    """Return the settings of a channel in the words of our rep API."""
    return {key: option.show(getattr(channel, option.attribute)) for key, option in OPTIONS.items()}
