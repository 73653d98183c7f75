"""Settings of a channel: any JSON is read or refused in our own words, and what is shown reads back as the same."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatlift.emulator.errors import OrgError
from chatlift.emulator.messaging.combinations import SettingRefused, check
from chatlift.emulator.messaging.options import OPTIONS, Held
from chatlift.emulator.messaging.settings import Own
from chatlift.emulator.messaging.setup import Channel
from chatlift.emulator.running.codec import decode, encode

WORDS = st.sampled_from(
    [
        "name",
        "greeting",
        "replies",
        "displayContext",
        "formFields",
        "Session",
        "Conversation",
        "Text",
        "keyId",
        "STOP",
        "",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=5 * settings().max_examples)
@given(key=st.sampled_from(list(OPTIONS)), value=JSON)
def test_any_json_is_read_or_refused_by_its_key(key: str, value: Any) -> None:
    option = OPTIONS[key]
    refusal = None
    try:
        read = option.read(key, value)
    except OrgError as error:
        refusal = error
    if refusal is not None:
        assert refusal.code == "INVALID_ARGUMENT"
        assert refusal.message.startswith(key)
        return
    assert option.read(key, option.show(read)) == read
    channel = Channel("0Mj000000000001AAA", "Web", "Web", **({option.attribute: read} if key != "label" else {}))
    assert decode(Channel, encode(channel)) == channel
    with suppress(SettingRefused):
        check(channel)


def test_every_setting_of_a_channel_is_held_somewhere() -> None:
    given_by_the_row = {"id", "developer_name", "type", "platform_type", "address"}
    assert {option.attribute for option in OPTIONS.values()} == set(Channel.__dataclass_fields__) - given_by_the_row
    own = {option.attribute for option in OPTIONS.values() if option.held is Held.OWN}
    assert own == set(Own.__dataclass_fields__)
    assert all(getattr(Own(), name) == getattr(Channel("", "", ""), name) for name in own), "defaults are the same"
