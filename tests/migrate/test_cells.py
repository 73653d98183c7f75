"""Cells between their spelling and the canonical value."""

import pytest

from chatlift.migrate.cells import detect, plain, read, read_moment
from chatlift.migrate.errors import RecordError
from chatlift.schemas.catalog import shipped

FIELDS = {field.name: field for field in shipped().get("LiveChatTranscript").fields}


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-03-02 08:05:07", "2026-03-02T08:05:07.000Z"),
        ("2026-03-02T08:05:07Z", "2026-03-02T08:05:07.000Z"),
        ("2026-03-02T08:05:07.000Z", "2026-03-02T08:05:07.000Z"),
        ("2026-03-02T08:05:07.000+0000", "2026-03-02T08:05:07.000Z"),
        ("2026-03-02T08:05:07.250+00:00", "2026-03-02T08:05:07.250Z"),
        ("2026-03-02T09:05:07.000+0100", "2026-03-02T08:05:07.000Z"),
        ("2026-03-01T21:35:07-1030", "2026-03-02T08:05:07.000Z"),
    ],
)
def test_forms_of_a_datetime_are_read_and_written_again(text: str, canonical: str) -> None:
    assert read_moment(text) == canonical
    assert detect(FIELDS["StartTime"], [text]).writer()(canonical) == text


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30 08:00:00", "2026-03-02", "2026-03-02 25:00:00", "2026-W10-1T08:00:00"]
)
def test_other_text_is_no_datetime(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_moment(text)


@pytest.mark.parametrize(("text", "value"), [("1", True), ("0", False), ("true", True), ("FALSE", False)])
def test_forms_of_a_boolean(text: str, value: bool) -> None:
    field = FIELDS["IsDeleted"]
    assert read(field, text) is value
    assert detect(field, [text]).writer()(value) == text


def test_forms_of_an_id() -> None:
    field = FIELDS["OwnerId"]
    assert read(field, "005000000000001") == "005000000000001AAA"
    assert detect(field, ["005000000000001"]).writer()("005000000000001AAA") == "005000000000001"
    assert read(field, "005000000000001AAA") == "005000000000001AAA"
    with pytest.raises(RecordError, match="is not a record id"):
        read(field, "005-00000000001AAA")


def test_most_frequent_spelling_wins() -> None:
    samples = ["2026-03-02 08:05:07", "2026-03-02T08:05:07Z", "2026-03-03 08:05:07"]
    assert detect(FIELDS["StartTime"], samples).spelling == " |0|"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (3, "3"), (3.0, "3"), (2.5, "2.5"), ("x", "x")]
)
def test_json_values_as_cells(value: object, text: str) -> None:
    assert plain(value) == text
