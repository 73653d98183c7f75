"""Values between their canonical form and JSON, XML and CSV."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.schemas import values
from chatlift.schemas.field import Field

MOMENTS = st.datetimes(
    min_value=datetime(1700, 1, 3),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(3999, 12, 29),  # noqa: DTZ001
    timezones=st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
        lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
    ),
)


@given(MOMENTS)
def test_a_datetime_comes_back_from_its_canonical_text(moment: datetime) -> None:
    text = values.datetime_text(moment)
    assert len(text) == 28
    assert values.parse_datetime(text) == text
    assert values.read_datetime(text) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert values.parse_datetime(moment.isoformat(timespec="microseconds")[:-6] + moment.isoformat()[-6:]) == text


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (values.datetime_text(one) < values.datetime_text(other)) == (one < other)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-03-02T08:05:07Z", "2026-03-02T08:05:07.000+0000"),
        ("2026-03-02T08:05:07.123456Z", "2026-03-02T08:05:07.123+0000"),
        ("2026-03-02T08:05:07+01:00", "2026-03-02T07:05:07.000+0000"),
        ("2026-03-02T08:05:07-0330", "2026-03-02T11:35:07.000+0000"),
        ("2026-03-02T08:05Z", "2026-03-02T08:05:00.000+0000"),
    ],
)
def test_iso_8601_with_a_zone_is_read(text: str, canonical: str) -> None:
    assert values.parse_datetime(text) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "x", "2026-03-02 08:05:07", "2026-03-02T08:05:07", "2026-13-02T08:05:07Z", "2026-02-30T08:05:07Z",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T25:05:07Z", "2026-03-02T08:05:07Z\n"],
)  # fmt: skip
def test_other_text_is_no_datetime(text: str) -> None:
    with pytest.raises(values.InvalidValue):
        values.parse_datetime(text)


def test_dates_and_times_have_their_forms() -> None:
    assert values.parse_date("2026-02-28") == "2026-02-28"
    assert values.parse_date("2026-02-28T23:00:00-02:00") == "2026-03-01"
    assert values.parse_time("09:30") == "09:30:00.000Z"
    assert values.parse_time("09:30:01.5Z") == "09:30:01.500Z"
    for wrong in ("2026-02-29", "1600-01-01", "28.2.2026"):
        with pytest.raises(values.InvalidValue):
            values.parse_date(wrong)
    with pytest.raises(values.InvalidValue):
        values.parse_time("24:00")


FIELDS = {
    "boolean": (Field("F", "F", "boolean"), st.booleans()),
    "int": (Field("F", "F", "int"), st.integers(-(10**9), 10**9)),
    "double": (Field("F", "F", "double"), st.floats(allow_nan=False, allow_infinity=False)),
    "string": (Field("F", "F", "string", length=255), st.text(min_size=1)),
    "datetime": (Field("F", "F", "datetime"), MOMENTS.map(values.datetime_text)),
}


@pytest.mark.parametrize("type_", FIELDS)
@given(data=st.data())
def test_a_value_comes_back_from_xml_and_csv(type_: str, data: st.DataObject) -> None:
    field, strategy = FIELDS[type_]
    value = data.draw(strategy)
    for text in (values.to_xml(field, value), values.to_csv(field, value)):
        assert text is not None
        read = values.from_text(field, text)
        assert (values.parse_datetime(read) if type_ == "datetime" else read) == value


def test_an_empty_value_is_an_empty_cell_and_no_element() -> None:
    field = Field("F", "F", "string")
    assert values.to_xml(field, None) is None
    assert values.to_csv(field, None) == ""
    assert values.from_text(field, "") is None


@pytest.mark.parametrize("type_", ["int", "double"])
@pytest.mark.parametrize("text", ["1_000", "nan", "inf", "\u0661", "1e", "9" * 500 + "x", "--1"])
def test_text_that_is_no_number_of_a_document_stays_text(type_: str, text: str) -> None:
    assert values.from_text(Field("F", "F", type_), text) == text


def test_base64_is_bytes_inside() -> None:
    field = Field("Body", "Body", "base64")
    assert values.parse_base64("aGVs\nbG8=") == b"hello"
    assert values.to_json(field, b"hello") == "aGVsbG8="
    with pytest.raises(values.InvalidValue):
        values.parse_base64("a*")


def test_a_datetime_is_cut_to_milliseconds() -> None:
    moment = datetime(2026, 3, 2, 8, 5, 7, 999_999, tzinfo=UTC)
    assert values.datetime_text(moment) == "2026-03-02T08:05:07.999+0000"
