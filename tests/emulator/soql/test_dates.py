"""Named dates: which days they are, for whom."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.soql.dates import Calendar, named_range
from chatlift.emulator.soql.expressions import DATE_NAMES

NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)  # a Wednesday

RANGES = """
YESTERDAY 2026-06-16 2026-06-17
TODAY 2026-06-17 2026-06-18
TOMORROW 2026-06-18 2026-06-19
LAST_WEEK 2026-06-07 2026-06-14
THIS_WEEK 2026-06-14 2026-06-21
NEXT_WEEK 2026-06-21 2026-06-28
LAST_MONTH 2026-05-01 2026-06-01
THIS_MONTH 2026-06-01 2026-07-01
NEXT_MONTH 2026-07-01 2026-08-01
LAST_90_DAYS 2026-03-19 2026-06-18
NEXT_90_DAYS 2026-06-18 2026-09-16
LAST_N_DAYS:0 2026-06-17 2026-06-18
LAST_N_DAYS:2 2026-06-15 2026-06-18
NEXT_N_DAYS:2 2026-06-18 2026-06-20
N_DAYS_AGO:2 2026-06-15 2026-06-16
LAST_N_WEEKS:2 2026-05-31 2026-06-14
NEXT_N_WEEKS:2 2026-06-21 2026-07-05
N_WEEKS_AGO:2 2026-05-31 2026-06-07
LAST_N_MONTHS:7 2025-11-01 2026-06-01
NEXT_N_MONTHS:7 2026-07-01 2027-02-01
N_MONTHS_AGO:7 2025-11-01 2025-12-01
LAST_QUARTER 2026-01-01 2026-04-01
THIS_QUARTER 2026-04-01 2026-07-01
NEXT_QUARTER 2026-07-01 2026-10-01
LAST_N_QUARTERS:2 2025-10-01 2026-04-01
NEXT_N_QUARTERS:2 2026-07-01 2027-01-01
N_QUARTERS_AGO:2 2025-10-01 2026-01-01
LAST_YEAR 2025-01-01 2026-01-01
THIS_YEAR 2026-01-01 2027-01-01
NEXT_YEAR 2027-01-01 2028-01-01
LAST_N_YEARS:2 2024-01-01 2026-01-01
NEXT_N_YEARS:2 2027-01-01 2029-01-01
N_YEARS_AGO:2 2024-01-01 2025-01-01
LAST_FISCAL_QUARTER 2026-02-01 2026-05-01
THIS_FISCAL_QUARTER 2026-05-01 2026-08-01
NEXT_FISCAL_QUARTER 2026-08-01 2026-11-01
LAST_N_FISCAL_QUARTERS:2 2025-11-01 2026-05-01
NEXT_N_FISCAL_QUARTERS:2 2026-08-01 2027-02-01
N_FISCAL_QUARTERS_AGO:2 2025-11-01 2026-02-01
LAST_FISCAL_YEAR 2025-02-01 2026-02-01
THIS_FISCAL_YEAR 2026-02-01 2027-02-01
NEXT_FISCAL_YEAR 2027-02-01 2028-02-01
LAST_N_FISCAL_YEARS:2 2024-02-01 2026-02-01
NEXT_N_FISCAL_YEARS:2 2027-02-01 2029-02-01
N_FISCAL_YEARS_AGO:2 2024-02-01 2025-02-01
""".strip().splitlines()


def test_every_named_date_is_in_the_table() -> None:
    assert {row.split()[0].split(":")[0] for row in RANGES} == DATE_NAMES


@pytest.mark.parametrize("row", RANGES)
def test_a_named_date_is_a_range_of_days(row: str) -> None:
    literal, start, end = row.split()
    name, _, number = literal.partition(":")
    calendar = Calendar(NOON, UTC, week_start=6, fiscal_start_month=2)
    assert named_range(name, int(number) if number else None, calendar) == (
        date.fromisoformat(start),
        date.fromisoformat(end),
    )


@pytest.mark.parametrize(
    ("first_day", "start"), [(6, "2026-06-14"), (0, "2026-06-15"), (5, "2026-06-13"), (2, "2026-06-17")]
)
def test_a_week_begins_on_the_locales_first_day(first_day: int, start: str) -> None:
    assert named_range("THIS_WEEK", None, Calendar(NOON, UTC, first_day))[0] == date.fromisoformat(start)


def test_today_is_the_users_day() -> None:
    late = datetime(2026, 6, 17, 23, 30, tzinfo=UTC)
    assert named_range("TODAY", None, Calendar(late, ZoneInfo("Europe/Berlin")))[0] == date(2026, 6, 18)
    assert named_range("TODAY", None, Calendar(late, ZoneInfo("America/Los_Angeles")))[0] == date(2026, 6, 17)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2026-06-17", "2026-06-16T22:00:00.000+0000"),
        ("2026-01-17", "2026-01-16T23:00:00.000+0000"),
        ("2026-03-29", "2026-03-28T23:00:00.000+0000"),  # the day with 23 hours
        ("2026-03-30", "2026-03-29T22:00:00.000+0000"),
    ],
)
def test_a_day_begins_at_the_users_midnight(day: str, moment: str) -> None:
    assert Calendar(NOON, ZoneInfo("Europe/Berlin")).midnight(date.fromisoformat(day)) == moment


@pytest.mark.parametrize(
    "name", ["LAST_N_DAYS", "NEXT_N_DAYS", "LAST_N_YEARS", "NEXT_N_YEARS", "N_WEEKS_AGO", "NEXT_N_FISCAL_QUARTERS"]
)
def test_a_range_beyond_all_calendars_is_cut(name: str) -> None:
    start, end = named_range(name, 10**12, Calendar(NOON, UTC))
    assert date(1700, 1, 1) <= start <= end <= date(4001, 1, 1)
    assert Calendar(NOON, ZoneInfo("Pacific/Auckland")).midnight(start) <= "4001-01-01T00:00:00.000+0000"


def test_literals_follow_the_user_who_asks(org: Org, things: Callable[..., str]) -> None:
    # Noon in Greenwich is 01:00 of the next day in Auckland's summer, and still the same day in Los Angeles.
    things(Name="late", Moment="2026-06-17T12:30:00Z")
    things(Name="early", Moment="2026-06-17T06:00:00Z")
    people = [
        ("auckland@x.test", "Pacific/Auckland", "en_NZ", ["late"]),
        ("la@x.test", "America/Los_Angeles", "en_US", ["late"]),
        ("utc@x.test", "UTC", "en_GB", ["early", "late"]),
    ]
    records = [
        {
            "object": "User",
            "ref": name,
            "fields": {"Username": name, "LastName": name, "TimeZoneSidKey": zone, "LocaleSidKey": locale},
        }
        for name, zone, locale, _ in people
    ]
    refs = org.seed({"records": records})
    for name, _, _, expected in people:
        found = org.query.run(Caller(refs[name]), "SELECT Name FROM Thing__c WHERE Moment__c = TODAY ORDER BY Name")
        assert [record["Name"] for record in found.records] == expected


def test_one_plan_serves_every_day(org: Org, caller: Caller, things: Callable[..., str]) -> None:
    things(Name="a", Day="2026-06-17")
    query = "SELECT Name FROM Thing__c WHERE Day__c = YESTERDAY"
    assert org.query.run(caller, query).records == []
    org.clock.advance(24 * 3600)
    try:
        assert [record["Name"] for record in org.query.run(caller, query).records] == ["a"]
    finally:
        org.clock.advance(-24 * 3600)
