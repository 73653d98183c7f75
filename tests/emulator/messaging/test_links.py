"""Texts with links at their ends, in parts."""

from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.messaging.links import contents_of, is_link, parts_of

WORDS = st.text(st.sampled_from('ab .,:/!?\n"<>()h'), max_size=30)
LINKS = st.sampled_from(["https://x.test", "http://x.test/a?b=c#d", "https://x.test/(a)b", "https:// ", "https://"])


@given(st.lists(st.one_of(WORDS, LINKS), max_size=6).map(" ".join))
def test_no_word_of_a_text_is_lost(text: str) -> None:
    assert "".join("".join(parts_of(text)).split()) == "".join(text.split())


@given(st.lists(st.one_of(WORDS, LINKS), min_size=1, max_size=6).map(" ".join))
def test_a_text_without_a_link_at_its_ends_stays_as_it_is(text: str) -> None:
    parts = parts_of(text)
    ends = [part for part in (parts[0], parts[-1]) if is_link(part)] if parts else []
    if not ends:
        assert parts == (text,)
    assert len(parts) <= 3


def test_what_is_no_link_to_its_end_is_part_of_the_text() -> None:
    assert parts_of("see https://x.test/a, there") == ("see https://x.test/a, there",)
    assert parts_of("(https://x.test)") == ("(https://x.test)",)
    assert parts_of("https://x.test/a, there") == ("https://x.test/a, there",)


def test_a_link_that_is_too_long_is_part_of_a_text() -> None:
    long = "https://x.test/" + "a" * 3000
    ((content, text),) = contents_of(long)
    assert (content["formatType"], text) == ("Text", long)
