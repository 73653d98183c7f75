"""Which columns a result has, and what stands in them."""

from typing import Any

import pytest

from chatlift.emulator.client.columns import columns, row, selected
from chatlift.emulator.client.errors import Failed


def record(**values: Any) -> dict[str, Any]:
    return {"attributes": {"type": "X", "url": "/x"}, **values}


def table(query: str, *records: dict[str, Any]) -> list[list[Any]]:
    """The header of a result and its rows."""
    read = selected(query)
    names = columns(read, records)
    return [list(names), *(row(one, names, read.children) for one in records)]


def test_parents_are_dotted_and_spelled_as_the_org_does() -> None:
    found = table(
        "select id, account.owner.name from Contact",
        record(Id="1", Account=record(Owner=record(Name="Ada"))),
    )
    assert found == [["Id", "Account.Owner.Name"], ["1", "Ada"]]


def test_a_parent_that_is_missing_in_every_row_keeps_its_columns() -> None:
    query = "SELECT Id, c.Account.Name, a.Owner.Name FROM Contact c, c.Account a"
    assert table(query, record(Id="1", Account=None)) == [
        ["Id", "Account.Name", "Account.Owner.Name"],
        ["1", None, None],
    ]


def test_a_parent_that_is_missing_in_one_row_makes_no_column_of_its_own() -> None:
    records = record(Account=None), record(Account=record(Name="Acme"))
    assert table("SELECT Account.Name FROM Contact", *records) == [["Account.Name"], [None], ["Acme"]]


def test_parents_that_are_missing_at_different_depths_make_no_columns_of_their_own() -> None:
    query = "SELECT Contact.Account.Name FROM Case"
    records = (
        record(Contact=None),
        record(Contact=record(Account=None)),
        record(Contact=record(Account=record(Name="Acme"))),
    )
    for some in (records, records[::-1], records[:2], records[:1]):
        assert table(query, *some)[0] == ["Contact.Account.Name"]


def test_the_name_of_the_object_and_its_alias_are_no_parents() -> None:
    assert table("SELECT Contact.Id, c.Email FROM Contact c") == [["Id", "Email"]]


def test_typeof_has_the_columns_of_every_branch() -> None:
    query = "SELECT TYPEOF Owner WHEN User THEN Username WHEN Group THEN Email ELSE Name END FROM Case"
    found = table(query, record(Owner=record(Username="ada")), record(Owner=record(Email="q@x.test")))
    assert found[0] == ["Owner.Username", "Owner.Email", "Owner.Name"]
    assert found[1:] == [["ada", None, None], [None, "q@x.test", None]]


def test_child_rows_are_their_number() -> None:
    query = "SELECT Id, (SELECT Id FROM Account.Contacts) FROM Account"
    contacts = {"totalSize": 2, "done": True, "records": [record(Id="3"), record(Id="4")]}
    found = table(query, record(Id="1", Contacts=contacts), record(Id="2", Contacts=None))
    assert found == [["Id", "Contacts"], ["1", 2], ["2", 0]]


def test_functions_have_the_names_that_the_org_gives_them() -> None:
    found = table(
        "SELECT Status, COUNT(Id), MAX(Name) m FROM Case GROUP BY Status", record(Status="New", expr0=2, m="b")
    )
    assert found == [["Status", "expr0", "m"], ["New", 2, "b"]]


def test_an_address_is_one_cell() -> None:
    found = table("SELECT BillingAddress FROM Account", record(BillingAddress={"city": "Malmö", "street": None}))
    assert found == [["BillingAddress"], ['{"city": "Malmö", "street": null}']]


def test_a_query_that_cannot_be_read_has_the_columns_of_its_records() -> None:
    assert selected("SELECT magic! FROM Account").paths == ()
    assert table("SELECT magic! FROM Account", record(Id="1", Owner=record(Name="Ada"))) == [
        ["Id", "Owner.Name"],
        ["1", "Ada"],
    ]


def test_a_value_without_a_column_is_not_left_out_in_silence() -> None:
    with pytest.raises(Failed, match=r"Owner\.Email came on a later page and has no column; use --json"):
        row(record(Owner=record(Email="x")), ["Id", "Owner.Name"], frozenset())
