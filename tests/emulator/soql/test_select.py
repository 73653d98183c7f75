"""What records of an answer look like: keys, order, parents, children, addresses."""

from collections.abc import Callable
from typing import Any

import pytest

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

Make = Callable[..., str]
BASE = "/services/data/v62.0/sobjects"


def rows(org: Org, caller: Caller, query: str) -> list[dict[str, Any]]:
    return org.query.run(caller, query).records


def test_keys_come_in_the_order_of_the_text_in_the_schemas_spelling(org: Org, caller: Caller, things: Make) -> None:
    id_ = things(
        Name="a",
        Count=5,
        Amount=5,
        Flag=True,
        Day="2026-01-02",
        Moment="2026-01-02T03:04:05Z",
        Multi="a;b",
        Long="x" * 9,
    )
    query = "select NAME, count__c, AMOUNT__C, flag__c, Text__c, day__c, moment__c, multi__c, long__c, id from thing__c"
    [record] = rows(org, caller, query)
    assert list(record.items()) == [
        ("attributes", {"type": "Thing__c", "url": f"{BASE}/Thing__c/{id_}"}),
        ("Name", "a"),
        ("Count__c", 5),
        ("Amount__c", 5.0),
        ("Flag__c", True),
        ("Text__c", None),
        ("Day__c", "2026-01-02"),
        ("Moment__c", "2026-01-02T03:04:05.000+0000"),
        ("Multi__c", "a;b"),
        ("Long__c", "xxxxxxxxx"),
        ("Id", id_),
    ]
    assert type(record["Amount__c"]) is float
    assert type(record["Count__c"]) is int
    assert record["Flag__c"] is True


def test_paths_into_one_parent_merge_at_the_first(org: Org, caller: Caller, things: Make) -> None:
    top = things(Name="top", Flag=True)
    middle = things(Name="middle", Parent=top)
    bottom = things(Name="bottom", Parent=middle)
    query = (
        "SELECT Parent__r.Name, Name, Parent__r.Parent__r.Flag__c, Parent__r.Id, Parent__r.Parent__r.Parent__r.Name"
        f" FROM Thing__c WHERE Id = '{bottom}'"
    )
    [record] = rows(org, caller, query)
    assert record == {
        "attributes": {"type": "Thing__c", "url": f"{BASE}/Thing__c/{bottom}"},
        "Parent__r": {
            "attributes": {"type": "Thing__c", "url": f"{BASE}/Thing__c/{middle}"},
            "Name": "middle",
            "Parent__r": {
                "attributes": {"type": "Thing__c", "url": f"{BASE}/Thing__c/{top}"},
                "Flag__c": True,
                "Parent__r": None,
            },
            "Id": middle,
        },
        "Name": "bottom",
    }
    assert list(record) == ["attributes", "Parent__r", "Name"]
    assert list(record["Parent__r"]) == ["attributes", "Name", "Parent__r", "Id"]


def test_a_missing_parent_is_null(org: Org, caller: Caller, things: Make) -> None:
    things(Name="a")
    [record] = rows(org, caller, "SELECT Parent__r.Name, Parent__r.Flag__c FROM Thing__c")
    assert record["Parent__r"] is None


def test_a_polymorphic_parent_is_a_name(org: Org, caller: Caller, things: Make) -> None:
    things(Name="a")
    refs = org.seed(
        {
            "records": [
                {"object": "Group", "ref": "q", "fields": {"Name": "Line", "Type": "Queue", "DeveloperName": "Line"}}
            ]
        }
    )
    things(Name="b", OwnerId=refs["q"])
    admin = caller.user_id
    query = "SELECT Owner.Name, Owner.Type, Owner.Id, Owner.Username, Owner.IsActive, Owner.Profile.Name FROM Thing__c ORDER BY Name"
    first, second = rows(org, caller, query)
    user = org.users.by_id(admin)
    assert user is not None
    # Recorded answers have the type Name and the real object's address.
    assert first["Owner"]["attributes"] == {"type": "Name", "url": f"{BASE}/User/{admin}"}
    assert first["Owner"]["Name"] == user["Name"]
    assert first["Owner"]["Type"] == "User"
    assert first["Owner"]["Username"] == user["Username"]
    assert first["Owner"]["IsActive"] is True
    assert first["Owner"]["Profile"]["attributes"]["type"] == "Profile"
    assert second["Owner"] == {
        "attributes": {"type": "Name", "url": f"{BASE}/Group/{refs['q']}"},
        "Name": "Line",
        "Type": "Queue",
        "Id": refs["q"],
        "Username": None,
        "IsActive": False,
        "Profile": None,
    }
    for condition, expected in (
        ("Owner.Type = 'user'", ["a"]),
        ("Owner.Type = 'Queue'", ["b"]),
        ("Owner.Type IN ('Queue', 'User')", ["a", "b"]),
        ("Owner.Name LIKE 'lin%'", ["b"]),
        (f"Owner.Username = '{user['Username']}'", ["a"]),
        ("Owner.Username = null", ["b"]),
    ):
        found = rows(org, caller, f"SELECT Name FROM Thing__c WHERE {condition} ORDER BY Name")
        assert [record["Name"] for record in found] == expected, condition


def test_a_parent_of_several_types_is_found_in_any(org: Org, caller: Caller, things: Make) -> None:
    account = org.records.create(caller, "Account", {"Name": "Acme"})
    contact = org.records.create(caller, "Contact", {"LastName": "Zoe"})
    things(Name="1", About=account)
    things(Name="2", About=contact)
    things(Name="3")
    found = rows(org, caller, "SELECT About__r.Name, About__r.Type FROM Thing__c ORDER BY About__r.Name NULLS LAST")
    assert [record["About__r"] and (record["About__r"]["Name"], record["About__r"]["Type"]) for record in found] == [
        ("Acme", "Account"),
        ("Zoe", "Contact"),
        None,
    ]


def test_an_address_is_an_object_of_its_parts(org: Org, caller: Caller, things: Make) -> None:
    account = org.records.create(
        caller, "Account", {"Name": "Acme", "BillingCity": "Ulm", "BillingPostalCode": "89073"}
    )
    [record] = rows(org, caller, "SELECT BillingAddress, ShippingAddress FROM Account")
    assert record["ShippingAddress"] is None
    assert record["BillingAddress"]["city"] == "Ulm"
    assert record["BillingAddress"]["postalCode"] == "89073"
    assert record["BillingAddress"]["street"] is None
    assert list(record["BillingAddress"]) == sorted(record["BillingAddress"])
    assert {"city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street"} <= set(
        record["BillingAddress"]
    )
    org.records.create(caller, "Contact", {"LastName": "Z", "AccountId": account})
    [contact] = rows(org, caller, "SELECT Account.BillingAddress FROM Contact")
    assert contact["Account"]["BillingAddress"]["city"] == "Ulm"


def test_binary_content_is_an_address_to_fetch_it_from(org: Org, caller: Caller, things: Make) -> None:
    account = org.records.create(caller, "Account", {"Name": "Acme"})
    values = {"Name": "t.txt", "ParentId": account, "Body": "aGk="}
    refs = org.seed({"records": [{"object": "Attachment", "ref": "a", "fields": values}]})
    [record] = rows(org, caller, f"SELECT Body FROM Attachment WHERE Id = '{refs['a']}'")
    assert record["Body"] == f"{BASE}/Attachment/{refs['a']}/Body"


def test_a_formula_field_reads_its_path(org: Org, caller: Caller) -> None:
    channel = {
        "MasterLabel": "Web",
        "DeveloperName": "Web",
        "MessageType": "EmbeddedMessaging",
        "MessagingPlatformKey": "k",
    }
    end_user = {"MessagingChannelId": "@ch", "MessageType": "EmbeddedMessaging", "MessagingPlatformKey": "z"}
    session = {"MessagingChannelId": "@ch", "Status": "Active"}
    records = [
        {"object": "Contact", "ref": "c", "fields": {"LastName": "Zoe"}},
        {"object": "MessagingChannel", "ref": "ch", "fields": channel},
        {"object": "MessagingEndUser", "ref": "known", "fields": end_user | {"Name": "Z", "ContactId": "@c"}},
        {"object": "MessagingEndUser", "ref": "guest", "fields": end_user | {"Name": "G"}},
        {"object": "MessagingSession", "ref": "s", "fields": session | {"MessagingEndUserId": "@known"}},
        {"object": "MessagingSession", "ref": "t", "fields": session | {"MessagingEndUserId": "@guest"}},
    ]
    refs = org.seed({"records": records})
    query = (
        "SELECT EndUserContactId, EndUserContact.Name, ChannelName FROM MessagingSession WHERE EndUserContactId = '{}'"
    )
    [record] = rows(org, caller, query.format(refs["c"]))
    assert record["EndUserContactId"] == refs["c"]
    assert record["EndUserContact"]["Name"] == "Zoe"
    assert record["ChannelName"] == "Web"
    assert list(record) == ["attributes", "EndUserContactId", "EndUserContact", "ChannelName"]
    [other] = rows(org, caller, "SELECT Id, EndUserContact.Name FROM MessagingSession WHERE EndUserContactId = null")
    assert other["Id"] == refs["t"]
    assert other["EndUserContact"] is None


def test_labels_stand_for_values(org: Org, caller: Caller, things: Make) -> None:
    parent = things(Name="1", Label="n")
    things(Name="2", Label="h", Parent=parent)
    things(Name="3", Label="same")
    things(Name="4")
    query = "SELECT toLabel(Label__c), Label__c value, toLabel(Parent__r.Label__c), toLabel(Name) n FROM Thing__c ORDER BY Name"
    found = rows(org, caller, query.replace("Label__c value, ", ""))
    assert [record["Label__c"] for record in found] == ["It's new", "50% \\ Ä", "same", None]
    assert [record["n"] for record in found] == ["1", "2", "3", "4"]
    assert found[1]["Parent__r"]["Label__c"] == "It's new"
    assert found[0]["Parent__r"] is None
    found = rows(org, caller, "SELECT Label__c, toLabel(Label__c) shown FROM Thing__c WHERE Name = '1'")
    assert (found[0]["Label__c"], found[0]["shown"]) == ("n", "It's new")
    for condition, names in (
        ("toLabel(Label__c) = 'it\\'s NEW'", ["1"]),
        ("toLabel(Label__c) LIKE '50\\%%ä'", ["2"]),
        ("toLabel(Label__c) IN ('n', 'same', null)", ["3", "4"]),
        ("toLabel(Label__c) != 'same'", ["1", "2", "4"]),
    ):
        found = rows(org, caller, f"SELECT Name FROM Thing__c WHERE {condition} ORDER BY Name")
        assert [record["Name"] for record in found] == names, condition


def test_a_parent_is_shown_by_what_it_is(org: Org, caller: Caller, things: Make) -> None:
    account = org.records.create(caller, "Account", {"Name": "Acme", "Website": "acme.test", "Description": "long"})
    contact = org.records.create(caller, "Contact", {"LastName": "Zoe", "AccountId": account})
    things(Name="1", About=account)
    things(Name="2", About=contact)
    things(Name="3")
    query = (
        "SELECT Name, TYPEOF About__r WHEN account THEN Website, Description, Owner.Name WHEN Contact THEN LastName, "
        "Account.Name END, Id FROM Thing__c ORDER BY Name"
    )
    first, second, third = rows(org, caller, query)
    assert list(first) == ["attributes", "Name", "About__r", "Id"]
    admin = org.users.by_id(caller.user_id) or {}
    assert first["About__r"] == {
        "attributes": {"type": "Account", "url": f"{BASE}/Account/{account}"},
        "Website": "acme.test",
        "Description": "long",
        "Owner": {"attributes": {"type": "User", "url": f"{BASE}/User/{caller.user_id}"}, "Name": admin["Name"]},
    }
    assert second["About__r"] == {
        "attributes": {"type": "Contact", "url": f"{BASE}/Contact/{contact}"},
        "LastName": "Zoe",
        "Account": {"attributes": {"type": "Account", "url": f"{BASE}/Account/{account}"}, "Name": "Acme"},
    }
    assert third["About__r"] is None
    query = "SELECT TYPEOF About__r WHEN Contact THEN LastName {} END FROM Thing__c ORDER BY Name"
    [other, *_] = rows(org, caller, query.format("ELSE Name, Id, Type"))
    assert other["About__r"] == {
        "attributes": {"type": "Account", "url": f"{BASE}/Account/{account}"},
        "Name": "Acme",
        "Id": account,
        "Type": "Account",
    }
    [other, *_] = rows(org, caller, query.format(""))
    assert other["About__r"] == {"attributes": {"type": "Account", "url": f"{BASE}/Account/{account}"}}


def test_a_parents_parent_is_shown_by_what_it_is(org: Org, caller: Caller, things: Make) -> None:
    account = org.records.create(caller, "Account", {"Name": "Acme"})
    parent = things(Name="p", About=account)
    things(Name="c", Parent=parent)
    query = "SELECT Name, TYPEOF t.Parent__r.About__r WHEN Account THEN Name END FROM Thing__c t ORDER BY Name"
    child, top = rows(org, caller, query)
    assert child["Parent__r"]["About__r"]["Name"] == "Acme"
    assert top["Parent__r"] is None
    query = (
        "SELECT Name, (SELECT TYPEOF Owner WHEN User THEN Username END FROM Things__r) FROM Thing__c WHERE Name = 'p'"
    )
    [record] = rows(org, caller, query)
    assert record["Things__r"]["records"][0]["Owner"]["attributes"]["type"] == "User"
    assert record["Things__r"]["records"][0]["Owner"]["Username"]


@pytest.mark.parametrize(
    ("which", "keeps"),
    [("ALL", lambda field: True), ("CUSTOM", lambda field: field.custom), ("standard", lambda field: not field.custom)],
)
def test_fields_stand_in_the_order_of_a_describe(
    org: Org, caller: Caller, things: Make, which: str, keeps: Any
) -> None:
    things(Name="a", Text="x", Long="long")
    [record] = rows(org, caller, f"SELECT FIELDS({which}) FROM Thing__c LIMIT 200")
    assert list(record)[1:] == [field.name for field in org.catalog.get("Thing__c").fields if keeps(field)]


def test_children_come_with_their_parent(org: Org, caller: Caller, things: Make) -> None:
    p, q = things(Name="p"), things(Name="q")
    things(Name="r")
    for number in (3, 1, 2):
        things(Name=f"p{number}", Parent=p, Count=number)
    things(Name="q1", Parent=q, Count=1)
    query = (
        "SELECT Name, (SELECT Name, Parent__r.Name FROM Things__r WHERE Count__c >= 2 ORDER BY Count__c DESC), Id"
        " FROM Thing__c WHERE Parent__c = null ORDER BY Name"
    )
    found = rows(org, caller, query)
    assert list(found[0]) == ["attributes", "Name", "Things__r", "Id"]
    children = found[0]["Things__r"]
    assert list(children) == ["totalSize", "done", "records"]
    assert (children["totalSize"], children["done"]) == (2, True)
    assert [(child["Name"], child["Parent__r"]["Name"]) for child in children["records"]] == [("p3", "p"), ("p2", "p")]
    assert found[1]["Things__r"] is None
    assert found[2]["Things__r"] is None


def test_a_childs_limit_counts_for_each_parent(org: Org, caller: Caller, things: Make) -> None:
    for name in "pq":
        parent = things(Name=name)
        for number in range(4):
            things(Name=f"{name}{number}", Parent=parent)
    top = "FROM Thing__c WHERE Parent__c = null ORDER BY Name"
    found = rows(org, caller, f"SELECT Name, (SELECT Name FROM Things__r ORDER BY Name LIMIT 2) {top}")
    assert [[child["Name"] for child in record["Things__r"]["records"]] for record in found] == [
        ["p0", "p1"],
        ["q0", "q1"],
    ]
    found = rows(org, caller, f"SELECT Name, (SELECT Name FROM Things__r ORDER BY Name LIMIT 2 OFFSET 3) {top} LIMIT 1")
    assert [[child["Name"] for child in record["Things__r"]["records"]] for record in found] == [["p3"]]
    found = rows(org, caller, f"SELECT Name, (SELECT Name FROM Things__r LIMIT 0) {top}")
    assert [record["Things__r"] for record in found] == [None, None]


def test_children_have_children(org: Org, caller: Caller, things: Make) -> None:
    top = things(Name="top")
    middle = things(Name="middle", Parent=top)
    things(Name="bottom", Parent=middle, Text="x")
    query = "SELECT Name, (SELECT Name, (SELECT Name FROM Things__r WHERE Text__c = 'X') FROM Things__r) FROM Thing__c WHERE Parent__c = null"
    [record] = rows(org, caller, query)
    child = record["Things__r"]["records"][0]
    assert child["Name"] == "middle"
    assert [grandchild["Name"] for grandchild in child["Things__r"]["records"]] == ["bottom"]


def test_the_order_is_that_of_ids_unless_one_is_asked_for(org: Org, caller: Caller, things: Make) -> None:
    ids = [things(Name=name) for name in "cab"]
    assert [record["Id"] for record in rows(org, caller, "SELECT Id FROM Thing__c")] == ids


ORDERS = [
    ("Text__c", ["none", "a", "B", "z", "é", "É2"]),
    ("Text__c DESC", ["none", "É2", "é", "z", "B", "a"]),
    ("Text__c ASC NULLS LAST", ["a", "B", "z", "é", "É2", "none"]),
    ("Text__c DESC NULLS LAST", ["É2", "é", "z", "B", "a", "none"]),
    ("Flag__c DESC, Text__c NULLS LAST", ["B", "z", "a", "é", "É2", "none"]),
    ("Count__c NULLS LAST, Name", ["z", "B", "a", "none", "é", "É2"]),
    ("Id DESC, Name", ["É2", "é", "none", "a", "B", "z"]),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS)
def test_rows_are_ordered(org: Org, caller: Caller, things: Make, order: str, expected: list[str]) -> None:
    things(Name="z", Text="z", Flag=True, Count=-1)
    things(Name="B", Text="B", Flag=True, Count=9)
    things(Name="a", Text="a", Count=10)
    things(Name="none")
    things(Name="é", Text="é")
    things(Name="É2", Text="É2")
    assert [record["Name"] for record in rows(org, caller, f"SELECT Name FROM Thing__c ORDER BY {order}")] == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Pick__c", ["none", "Small", "Large", "Äther", "medium", "apple", "Zebra"]),
        ("Pick__c DESC", ["none", "Zebra", "apple", "medium", "Äther", "Large", "Small"]),
        ("Pick__c NULLS LAST", ["Small", "Large", "Äther", "medium", "apple", "Zebra", "none"]),
    ],
)
def test_a_picklist_is_ordered_as_its_values_are(
    org: Org, caller: Caller, things: Make, order: str, expected: list[str]
) -> None:
    for value in ("medium", "Large", "Zebra", "Äther", "apple", "Small"):
        things(Name=value, Pick=value)
    things(Name="none")
    assert [record["Name"] for record in rows(org, caller, f"SELECT Name FROM Thing__c ORDER BY {order}")] == expected


def test_limit_and_offset_cut_windows(org: Org, caller: Caller, things: Make) -> None:
    for number in range(5):
        things(Name=str(number))

    def window(clause: str) -> list[str]:
        return [record["Name"] for record in rows(org, caller, f"SELECT Name FROM Thing__c ORDER BY Name {clause}")]

    assert window("LIMIT 2") == ["0", "1"]
    assert window("LIMIT 2 OFFSET 3") == ["3", "4"]
    assert window("OFFSET 4") == ["4"]
    assert window("OFFSET 5") == []
    assert window("LIMIT 0") == []
    assert window("LIMIT 99999999999999999999999") == list("01234")


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("SELECT COUNT() FROM Thing__c", 5),
        ("SELECT COUNT() FROM Thing__c WHERE Name > '1'", 3),
        ("SELECT COUNT() FROM Thing__c LIMIT 2", 2),
        ("SELECT COUNT() FROM Thing__c WHERE Parent__r.Name = 'x' LIMIT 2", 0),
        ("SELECT COUNT() FROM Thing__c LIMIT 4 OFFSET 3", 2),
        ("SELECT COUNT() FROM Thing__c OFFSET 3", 2),
    ],
)  # fmt: skip
def test_count_is_a_size_without_records(org: Org, caller: Caller, things: Make, query: str, size: int) -> None:
    for number in range(5):
        things(Name=str(number))
    result = org.query.run(caller, query)
    assert (result.total_size, result.done, result.records, result.next_locator) == (size, True, [], None)
