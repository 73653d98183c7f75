"""Ids in both forms, in their order, and made from counters and keys."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.schemas import ids

ID15 = st.text(alphabet=ids.DIGITS, min_size=15, max_size=15)

# Ids printed in documents and recorded answers.
PAIRS = [
    ("001D000000IqhSL", "001D000000IqhSLIAZ"),
    ("012000000000000", "012000000000000AAA"),
    ("00DD0000000EFW9", "00DD0000000EFW9MAO"),
    ("0035500001H9kZu", "0035500001H9kZuAAJ"),
    ("0037e00001WZ30q", "0037e00001WZ30qAAD"),
    ("0019H00000H28uA", "0019H00000H28uAQAR"),
    ("50130000000014C", "50130000000014CAAQ"),
    ("50130000000014c", "50130000000014cAAA"),
]


@pytest.mark.parametrize(("id15", "id18"), PAIRS)
def test_the_18_character_form_has_the_published_checksum(id15: str, id18: str) -> None:
    assert ids.to18(id15) == id18
    assert ids.normalize(id15) == id18
    assert ids.normalize(id18) == id18


@given(ID15, st.integers(0, 2**18 - 1))
def test_an_18_character_id_names_its_record_in_any_letter_case(id15: str, flips: int) -> None:
    id18 = ids.to18(id15)
    changed = "".join(c.swapcase() if flips >> place & 1 else c for place, c in enumerate(id18[:15])) + id18[15:]
    assert ids.normalize(changed) == id18


@given(st.text(max_size=20))
def test_text_is_an_id_or_is_refused(text: str) -> None:
    if ids.is_id(text):
        assert ids.normalize(text)[:15].lower() == text[:15].lower()
    else:
        with pytest.raises(ids.InvalidId):
            ids.normalize(text)


@pytest.mark.parametrize("text", ["", "001", "0" * 16, "001D000000IqhSLIA!", "001D000000IqhS ", "012000000000000BAA"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ids.InvalidId):
        ids.normalize(text)


@given(st.integers(0, 62**9 - 2))
def test_counters_sort_as_their_ids_do(number: int) -> None:
    this, after = ids.encode62(number), ids.encode62(number + 1)
    assert this < after
    assert ids.decode62(this) == number


def test_the_largest_digit_is_z_and_carries() -> None:
    assert ids.encode62(ids.decode62("30z") + 1, 3) == "310"


@pytest.mark.parametrize("number", [-1, 62**9])
def test_a_counter_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        ids.encode62(number)


def test_an_id_is_prefix_instance_and_counter() -> None:
    assert ids.compose("570", "5e", 1) == "5705e0000000001AAA"
    assert ids.key_prefix("5705e0000000001AAA") == "570"


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_derived_ids_depend_on_their_keys_alone(one: list[str], other: list[str]) -> None:
    assert (ids.derive("0Mw", *one) == ids.derive("0Mw", *other)) == (one == other)
    assert set(ids.derive("0Mw", *one)) <= set(string.ascii_letters + string.digits)


@given(first=st.one_of(st.integers(0, 62**9 - 1), st.integers(62**9 - 40, 62**9 - 1)), count=st.integers(0, 60))
def test_consecutive_ids_are_those_of_their_counters(first: int, count: int) -> None:
    counters = [(first + number) % 62**9 for number in range(count)]
    assert ids.consecutive("0Zy", "zz", first, count) == [ids.compose("0Zy", "zz", counter) for counter in counters]
