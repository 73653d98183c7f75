"""FORMAT: what a user of a locale reads. The en_US forms are those of the guide's page, the others the CLDR's."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.soql.formats import Formats

Make = Callable[..., str]
SPACE, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("locale", "number", "amount", "percent", "day", "moment", "clock"),
    [
        # Guide, "FORMAT()": 4/10/2025, 3:31 PM and $44,000.00.
        ("en_US", "44,000.5", "$44,000.00", "12%", "4/10/2025", "4/10/2025, 3:31 PM", "3:31 PM"),
        ("en_GB", "44,000.5", "$44,000.00", "12%", "10/04/2025", "10/04/2025, 15:31", "15:31"),
        ("de_DE", "44.000,5", f"44.000,00{SPACE}$", f"12{SPACE}%", "10.04.2025", "10.04.2025, 15:31", "15:31"),
        ("de_CH", "44’000.5", f"${SPACE}44’000.00", "12%", "10.04.2025", "10.04.2025, 15:31", "15:31"),
        ("fr_FR", f"44{NARROW}000,5", f"44{NARROW}000,00{SPACE}$", f"12{NARROW}%", "10/04/2025", "10/04/2025 15:31", "15:31"),
        ("ja_JP", "44,000.5", "$44,000.00", "12%", "2025/04/10", "2025/04/10 15:31", "15:31"),
        ("ko_KR", "44,000.5", "$44,000.00", "12%", "2025. 4. 10.", "2025. 4. 10. PM 3:31", "PM 3:31"),
        ("sv_SE", f"44{SPACE}000,5", f"44{SPACE}000,00{SPACE}$", f"12{SPACE}%", "2025-04-10", "2025-04-10 15:31", "15:31"),
        ("xx_XX", "44,000.5", "$44,000.00", "12%", "4/10/2025", "4/10/2025, 3:31 PM", "3:31 PM"),
    ],
)  # fmt: skip
def test_forms(locale: str, number: str, amount: str, percent: str, day: str, moment: str, clock: str) -> None:
    forms = Formats(locale, ZoneInfo("America/Los_Angeles"), "en_US")
    assert forms.number(44000.5, 1) == number
    assert forms.amount(44000, 2) == amount
    assert forms.percent(12.4, 0) == percent
    assert forms.day("2025-04-10") == day
    assert forms.moment("2025-04-10T22:31:37.000+0000") == moment
    assert forms.clock("15:31:00.000Z") == clock


@pytest.mark.parametrize(
    ("value", "scale", "text"), [(0.125, 2, "0.13"), (-1234567, 0, "-1,234,567"), (2.5, 0, "3"), (1e15, 0, "1,000,000,000,000,000")]
)  # fmt: skip
def test_numbers_are_rounded_half_up(value: float, scale: int, text: str) -> None:
    assert Formats("en_US", ZoneInfo("UTC"), "en_US").number(value, scale) == text


@pytest.mark.parametrize(
    ("org_locale", "text"),
    [("en_US", "-$5.00"), ("en_GB", "-£5.00"), ("de_DE", "-€5.00"), ("ja_JP", "-¥5"), ("xx_XX", "-$5.00")],
)
def test_an_amount_is_in_the_orgs_currency(org_locale: str, text: str) -> None:
    assert Formats("en_US", ZoneInfo("UTC"), org_locale).amount(-5, 2) == text


def test_nothing_is_nothing() -> None:
    forms = Formats("en_US", ZoneInfo("UTC"), "en_US")
    for method in (forms.number, forms.percent, forms.amount):
        assert method(None, 2) is None
    for written in (forms.day, forms.moment, forms.clock):
        assert written(None) is None


@pytest.fixture
def berlin(org: Org, caller: Caller) -> Iterator[None]:
    """The administrator reads German in Berlin."""
    user = org.users.by_id(caller.user_id) or {}
    org.records.update(caller, "User", caller.user_id, {"LocaleSidKey": "de_DE", "TimeZoneSidKey": "Europe/Berlin"})
    yield
    before = {name: user[name] for name in ("LocaleSidKey", "TimeZoneSidKey")}
    org.records.update(caller, "User", caller.user_id, before)


def test_records_hold_what_the_user_reads(org: Org, caller: Caller, things: Make, berlin: None) -> None:
    parent = things(
        Name="p", Amount=1234.5, Count=1200, Day="2026-01-02", Moment="2026-01-02T23:30:00Z", Clock="09:05:00.000Z"
    )
    child = things(Name="c", Parent=parent)
    query = (
        "SELECT FORMAT(Amount__c), Moment__c, format(Moment__c) read, FORMAT(Day__c) d, FORMAT(Clock__c), FORMAT(Count__c),"
        " FORMAT(Parent__r.Day__c) FROM Thing__c ORDER BY Name DESC"
    )
    first, second = org.query.run(caller, query).records
    first.pop("attributes")
    assert first == {
        "Amount__c": "1.234,500",
        "Moment__c": "2026-01-02T23:30:00.000+0000",
        "read": "03.01.2026, 00:30",
        "d": "02.01.2026",
        "Clock__c": "09:05",
        "Count__c": "1.200",
        "Parent__r": None,
    }
    assert second["Parent__r"]["Day__c"] == "02.01.2026"
    assert second["read"] is None
    nested = f"SELECT Id, (SELECT FORMAT(CreatedDate) made FROM Things__r) FROM Thing__c WHERE Id = '{parent}'"
    [record] = org.query.run(caller, nested).records
    assert record["Things__r"]["records"][0]["made"].endswith("2026, 14:00")
    assert child


def test_groups_hold_what_the_user_reads(org: Org, caller: Caller, things: Make) -> None:
    things(Name="a", Amount=1500.25, Day="2026-01-02")
    things(Name="b", Amount=2, Day="2025-12-31")
    query = "SELECT FORMAT(MIN(Day__c)) Amt, FORMAT(SUM(Amount__c)), FORMAT(COUNT(Id)) FROM Thing__c"
    [record] = org.query.run(caller, query).records
    assert record == {
        "attributes": {"type": "AggregateResult"},
        "Amt": "12/31/2025",
        "expr0": "1,502.250",
        "expr1": "2",
    }
    query = "SELECT FORMAT(Day__c) day, COUNT(Id) n FROM Thing__c GROUP BY Day__c ORDER BY Day__c"
    assert [record["day"] for record in org.query.run(caller, query).records] == ["12/31/2025", "1/2/2026"]
