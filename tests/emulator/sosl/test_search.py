"""What searches find: words, phrases, wildcards, operators, scopes; what they return; what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.org.search import shares

Find = Callable[..., list[str]]
Note = Callable[..., str]


@pytest.fixture
def notes(note: Note) -> None:
    note("a", Text="Acme Corporation", Mail="joe.smith@acme.test", Phone="(415) 555-1212")
    note("b", Text="joe", Long="The smith of the village\nmakes acmes.")
    note("c", Text="Smith, Joe", Long="ÄTHER Ελλάδα 北京 état", Count=415, Pick="Red")
    note("d", Text="snake_case and jo_an; john-boy's 100%", Long="x " * 20000 + "end of the road")


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("acme", "a"),
        ("ACME", "a"),
        ("acm", ""),
        ("acme*", "a b"),
        ("ac*s", "b"),
        ("a?me", "a"),
        ("a?me?", "b"),
        ("ac?", ""),
        ("*cme", ""),
        ("acme joe", "a"),
        ("joe smith", "a b c"),
        ('"joe smith"', "a"),
        ('"smith joe"', "c"),
        ('"joe the"', ""),
        ('"joe acme"', ""),
        ("joe AND NOT acme", "b c"),
        ("joe AND NOT ac*e", "b c"),
        ('joe AND NOT "smith joe"', "a b"),
        ("acme OR village", "a b"),
        ("acme OR village AND NOT joe", "a"),
        ("(acme OR village) AND NOT smith", ""),
        ("(acme OR village) AND test", "a"),
        ("äther", "c"),
        ("Ελλάδα", "c"),
        ("ΕΛΛΆΔΑ", "c"),
        ("北京", "c"),
        ("北*", "c"),
        ("E\u0301TAT", "c"),
        ("etat", ""),
        ("joe.smith@acme.test", "a"),
        ("acme.test", "a"),
        (r"555\-1212", "a"),
        ("415", "a"),
        ("red", ""),
        ("snake", "d"),
        ("snake_case", "d"),
        ('"case and jo an"', "d"),
        ('"cas* a?d jo"', "d"),
        ('"case an*"', "d"),
        ('"cas* and"', "d"),
        (r"100\%", "d"),
        ("john", "d"),
        (r"boy\'s", "d"),
        ('"end of the road"', "d"),
        ('"x end"', "d"),
        ('"x of"', ""),
        ('"the village makes"', "b"),
        ("nothing", ""),
        ("the OR nothing", "b d"),
    ],
)
@pytest.mark.usefixtures("notes")
def test_terms_find(find: Find, term: str, names: str) -> None:
    assert find(term) == names.split()


@pytest.mark.parametrize(
    ("scope", "term", "names"),
    [
        ("ALL", "acme", "a"),
        ("NAME", "acme", ""),
        ("NAME", "note*", ""),
        ("EMAIL", "acme", "a"),
        ("EMAIL", "joe", "a"),
        ("PHONE", "joe", ""),
        ("PHONE", "415", "a"),
        ("SIDEBAR", "acme AND 415", "a"),
        ("SIDEBAR", "corporation", ""),
        ("EMAIL", "joe AND NOT corporation", "a"),
        ("ALL", "joe AND NOT corporation", "b c"),
    ],
)
@pytest.mark.usefixtures("notes")
def test_a_scope_reads_its_fields_only(find: Find, scope: str, term: str, names: str) -> None:
    assert find(term, scope=scope) == names.split()


def test_names_of_standard_objects_are_in_the_name_scope(org: Org, caller: Caller) -> None:
    account = org.records.create(caller, "Account", {"Name": "Acme", "Website": "wolf.example", "Description": "fox"})
    contact = org.records.create(caller, "Contact", {"FirstName": "Wolf", "LastName": "Fox", "Title": "badger"})

    def ids(term: str) -> list[str]:
        found = org.search.run(caller, f"FIND {{{term}}} IN NAME FIELDS RETURNING Account, Contact")
        return [record["Id"] for record in found]

    assert (ids("wolf"), ids("fox"), ids("badger")) == ([account, contact], [contact], [])


def test_articles_are_searched_in_all_fields_whatever_the_scope(org: Org) -> None:
    caller = Caller(org.users.administrator_id, "62.0")
    org.seed(
        {
            "records": [
                {
                    "object": "Knowledge__kav",
                    "fields": {"Title": "Resets", "Summary": "unplug the router", "UrlName": "r"},
                }
            ]
        }
    )
    found = org.search.run(caller, "FIND {router} IN NAME FIELDS RETURNING Knowledge__kav(Title)")
    assert [record["Title"] for record in found] == ["Resets"]


def test_only_the_id_comes_without_a_field_list(org: Org, caller: Caller, note: Note) -> None:
    id_ = note("a", Text="unicorn")
    attributes = {"type": "Note__c", "url": f"/services/data/v62.0/sobjects/Note__c/{id_}"}
    assert org.search.run(caller, "FIND {unicorn} RETURNING Note__c") == [{"attributes": attributes, "Id": id_}]


def test_all_searchable_objects_are_searched_without_returning(org: Org, caller: Caller, note: Note) -> None:
    second = note("unicorn")
    first = org.records.create(caller, "Account", {"Name": "Unicorn Ltd"})
    assert [record["Id"] for record in org.search.run(caller, "FIND {unicorn}")] == [first, second]


def test_objects_come_in_the_order_of_returning_with_their_own_clauses(org: Org, caller: Caller, note: Note) -> None:
    for number in range(4):
        note(f"unicorn {number}", Count=number)
        org.records.create(caller, "Account", {"Name": f"Unicorn {number}"})
    found = org.search.run(
        caller,
        "FIND {unicorn} RETURNING Note__c(Name WHERE Count__c > 0 ORDER BY Count__c DESC LIMIT 2),"
        " Account(Name WHERE CreatedDate = TODAY AND OwnerId IN (SELECT Id FROM User) ORDER BY Name), User, Contact(Name)",
    )
    assert [record["Name"] for record in found] == [
        "unicorn 3", "unicorn 2", "Unicorn 0", "Unicorn 1", "Unicorn 2", "Unicorn 3",
    ]  # fmt: skip


def test_parents_and_fields_of_a_record_are_returned(org: Org, caller: Caller) -> None:
    org.records.create(caller, "Account", {"Name": "Unicorn"})
    (found,) = org.search.run(caller, "FIND {unicorn} RETURNING Account(Name, Owner.Username, Phone)")
    assert (found["Name"], found["Owner"]["Username"], found["Phone"]) == ("Unicorn", "admin@chatlift.test", None)


def test_offset_and_limit_cut_a_single_object(find: Find, note: Note) -> None:
    for number in range(6):
        note(f"unicorn {number}")
    assert find("unicorn", "RETURNING Note__c(Name ORDER BY Name LIMIT 2 OFFSET 3)") == ["unicorn 3", "unicorn 4"]
    assert find("unicorn", "RETURNING Note__c(Name ORDER BY Name OFFSET 4)") == ["unicorn 4", "unicorn 5"]
    assert find("unicorn", "RETURNING Note__c(Name ORDER BY Name LIMIT 0)") == []
    assert len(find("unicorn", "RETURNING Note__c(Name) LIMIT 4")) == 4
    assert find("unicorn", "RETURNING Note__c(Name) LIMIT 0") == []


def test_limits_of_objects_and_of_the_whole(org: Org, caller: Caller, note: Note) -> None:
    with org.transaction():
        for number in range(260):
            note(f"unicorn {number}")
        for _ in range(5):
            org.records.create(caller, "Account", {"Name": "unicorn"})

    def counts(rest: str, version: str = "62.0") -> tuple[int, int]:
        found = org.search.run(Caller(caller.user_id, version), f"FIND {{unicorn}} RETURNING {rest}")
        types = [record["attributes"]["type"] for record in found]
        return types.count("Note__c"), types.count("Account")

    assert counts("Note__c") == (250, 0)
    assert counts("Note__c(Id ORDER BY Name)") == (260, 0)
    assert counts("Note__c(Id WHERE Count__c = null)") == (260, 0)
    assert counts("Note__c(Id LIMIT 255)") == (255, 0)
    assert counts("Note__c(Id ORDER BY Name)", "27.0") == (200, 0)
    assert counts("Note__c, Account") == (250, 5)
    assert counts("Note__c(Id ORDER BY Name), Account") == (250, 5)
    assert counts("Note__c, Account LIMIT 8") == (4, 4)
    assert counts("Note__c, Account LIMIT 20") == (15, 5)
    assert counts("Note__c(Id LIMIT 3), Account LIMIT 20") == (3, 5)
    assert counts("Account(Id LIMIT 0), Note__c LIMIT 20") == (20, 0)
    assert counts("Note__c, Account LIMIT 5000") == (250, 5)


@pytest.mark.parametrize(
    ("found", "most", "given"),
    [
        ([19, 35], 20, [10, 10]),
        ([7, 200], 100, [7, 93]),
        ([15, 30, 75], 100, [15, 30, 55]),
        ([3, 3, 3], 1, [1, 0, 0]),
        ([3, 3, 3], 5, [2, 2, 1]),
        ([0, 0], 5, [0, 0]),
        ([], 5, []),
        ([4, 1], 2000, [4, 1]),
    ],
)
def test_a_limit_is_shared_evenly(found: list[int], most: int, given: list[int]) -> None:
    assert shares(found, most) == given


@pytest.mark.parametrize(
    ("rest", "code", "sentence"),
    [
        ("RETURNING Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported."),
        ("RETURNING Account.Name", "INVALID_TYPE", "sObject type 'Account.Name' is not supported."),
        (
            "RETURNING LiveChatTranscriptEvent",
            "INVALID_TYPE",
            "sObject type 'LiveChatTranscriptEvent' does not support search()",
        ),
        ("RETURNING Account(Foo)", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'."),
        ("RETURNING Account(Id, Id)", "INVALID_FIELD", "duplicate field selected: Id"),
        ("RETURNING Account(Foo.Id)", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path."),
        ("RETURNING Account(Id WHERE Foo = 1)", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'."),
        ("RETURNING Account(Id WHERE Description = 'x')", "INVALID_FIELD", "can not be filtered in a query call"),
        ("RETURNING Account(Id ORDER BY Description)", "MALFORMED_SEARCH", "can not be sorted in a query call"),
        (
            "RETURNING Account(Id WHERE Name = 5)",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "RETURNING Account(Id WHERE Name = 'a\\-b')",
            "MALFORMED_SEARCH",
            "Illegal character sequence '\\-' in string literal.",
        ),
        ("RETURNING Account(COUNT(Id))", "MALFORMED_SEARCH", "The function COUNT is not allowed in a search"),
        (
            "RETURNING Account(FORMAT(MAX(CreatedDate)))",
            "MALFORMED_SEARCH",
            "The function MAX is not allowed in a search",
        ),
        ("RETURNING Account(Id LIMIT -1)", "MALFORMED_SEARCH", "LIMIT can not be negative"),
        ("RETURNING Account LIMIT -1", "MALFORMED_SEARCH", "LIMIT can not be negative"),
        ("RETURNING Account(Id OFFSET 2001)", "MALFORMED_SEARCH", "SOSL offset should be between 0 to 2000"),
        ("RETURNING Account(Id OFFSET -1)", "MALFORMED_SEARCH", "SOSL offset should be between 0 to 2000"),
        (
            "RETURNING Account(Id OFFSET 1), Contact",
            "MALFORMED_SEARCH",
            "OFFSET is allowed only in a search of a single object",
        ),
        ("RETURNING Account(Id USING ListView=Recent)", "MALFORMED_SEARCH", "USING ListView is not emulated yet"),
        ("WITH DATA CATEGORY a__c AT b__c", "MALFORMED_SEARCH", "WITH DATA CATEGORY is not emulated yet"),
        ("WITH SNIPPET(target_length=100)", "MALFORMED_SEARCH", "WITH SNIPPET is not emulated yet"),
        ("WITH NETWORK = 'x'", "MALFORMED_SEARCH", "WITH NETWORK is not emulated yet"),
        ("WITH PricebookId = 'x'", "MALFORMED_SEARCH", "WITH PRICEBOOKID is not emulated yet"),
        ("WITH DIVISION = 'East'", "MALFORMED_SEARCH", "WITH DIVISION East is not emulated yet"),
        ("WITH METADATA = 'ALL'", "MALFORMED_SEARCH", "Unknown METADATA: ALL"),
    ],
)
def test_refusals(org: Org, caller: Caller, rest: str, code: str, sentence: str) -> None:
    with pytest.raises(OrgError) as refusal:
        org.search.run(caller, f"FIND {{joe smith}} {rest}")
    assert refusal.value.code == code
    assert sentence in refusal.value.message


def test_clauses_without_effect_are_taken(find: Find, note: Note) -> None:
    note("unicorn")
    rest = "RETURNING Note__c(Name) WITH DIVISION = 'Global' WITH SPELL_CORRECTION = false UPDATE TRACKING, VIEWSTAT"
    assert find("unicorn", rest) == ["unicorn"]


def test_labels_come_beside_the_records(org: Org, caller: Caller, note: Note) -> None:
    note("unicorn")
    search = "FIND {unicorn} RETURNING Account(Name), Note__c(Id, Name) WITH METADATA = 'LABELS'"
    metadata = org.search.answer(caller, search).metadata
    assert metadata == {
        "entityMetadata": [
            {
                "entityName": "Note__c",
                "fieldMetadata": [{"name": "Id", "label": "Record ID"}, {"name": "Name", "label": "Name"}],
            }
        ]
    }
    assert org.search.answer(caller, "FIND {unicorn} RETURNING Note__c").metadata is None


def test_matches_are_highlighted(org: Org, caller: Caller) -> None:
    org.records.create(
        caller, "Account", {"Name": "Salesforce", "Description": "salesforce.com, a Force", "Phone": "1"}
    )
    (found,) = org.search.run(
        caller, "FIND {salesforce AND NOT com2 OR forc*} RETURNING Account(Name, Description, Phone) WITH HIGHLIGHT"
    )
    assert {name: value for name, value in found.items() if name != "attributes"} == {
        "Name": "Salesforce",
        "Description": "salesforce.com, a Force",
        "Phone": "1",
        "highlight.Description": "<mark>salesforce</mark>.com, a Force",
        "highlight.Name": "<mark>Salesforce</mark>",
    }


def test_highlights_need_a_version_that_has_them(org: Org, caller: Caller) -> None:
    with pytest.raises(OrgError, match=r"WITH HIGHLIGHT is supported from API version 39\.0 on"):
        org.search.run(Caller(caller.user_id, "38.0"), "FIND {joe} RETURNING Account WITH HIGHLIGHT")


def test_a_search_of_more_than_10000_characters_finds_nothing(find: Find, note: Note) -> None:
    note("unicorn")
    assert find("unicorn OR " * 900 + "unicorn") == ["unicorn"]
    assert find("unicorn OR " * 910 + "unicorn") == []


def test_many_words_are_no_trouble(find: Find, note: Note) -> None:
    note("unicorn", Text=" ".join(f"w{number}" for number in range(50)))
    every = " ".join(f"w{number}" for number in range(50))
    assert find(every + " AND unicorn" * 300) == ["unicorn"]
    assert find(every + " AND NOT w49") == []
    assert find("(" * 90 + "unicorn" + ")" * 90) == ["unicorn"]


def test_words_longer_than_the_index_knows_are_told_apart(find: Find, note: Note) -> None:
    note("a", Long="w" * 300 + "a and more")
    note("b", Long="w" * 300 + "b and more")
    note("c", Long="w" * 255)
    assert find("w" * 300 + "a") == ["a"]
    assert find('"' + "w" * 300 + 'b and"') == ["b"]
    assert find("w" * 255) == ["c"]
    assert find("w" * 254 + "*") == ["a", "b", "c"]
    assert find("more AND NOT " + "w" * 300 + "a") == ["b"]


def test_a_record_with_very_many_different_words_is_found(find: Find, note: Note) -> None:
    words = " ".join(f"{'ü' * 14}{number}" for number in range(6800))
    note("a", Long=words, Text="unicorn")
    note("b", Text="unicorn")
    assert find(f"{'ü' * 14}6799") == ["a"]
    assert find("unicorn AND NOT " + "ü" * 14 + "5") == ["b"]
    assert find("missing") == []


def test_wildcards_in_where_strings_and_braces_do_not_end_the_search(find: Find, note: Note) -> None:
    note("unicorn {x}")
    assert find("unicorn", "RETURNING Note__c(Name WHERE Name = 'unicorn {x}')") == ["unicorn {x}"]


def test_a_search_sees_what_its_own_transaction_wrote(org: Org, find: Find, note: Note) -> None:
    seen: list[str] = []

    def write_and_fail() -> None:
        with org.transaction():
            note("unicorn")
            seen.extend(find("unicorn"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert (seen, find("unicorn")) == (["unicorn"], [])
    note("unicorn again")
    assert find("unicorn") == ["unicorn again"]


def test_times_and_users_in_where_are_those_of_the_caller(org: Org, caller: Caller, note: Note) -> None:
    note("unicorn")
    found: list[Any] = org.search.run(caller, "FIND {unicorn} RETURNING Note__c(Id WHERE CreatedDate = YESTERDAY)")
    assert found == []
    assert len(org.search.run(caller, "FIND {unicorn} RETURNING Note__c(Id WHERE CreatedDate = TODAY)")) == 1


def test_articles_that_are_found_count_their_views(org: Org, caller: Caller) -> None:
    fields = {"Title": "Router resets", "UrlName": "r"}
    org.seed({"records": [{"object": "Knowledge__kav", "fields": fields}]})
    counted = "FIND {router} RETURNING Knowledge__kav, Account UPDATE TRACKING, VIEWSTAT"
    for search in ("FIND {router} RETURNING Knowledge__kav", counted, counted, counted.replace("router", "nothing")):
        org.search.run(caller, search)
    (article,) = org.query.run(caller, "SELECT ArticleTotalViewCount FROM Knowledge__kav").records
    assert article["ArticleTotalViewCount"] == 2


def test_numbers_beyond_all_bounds_are_taken(find: Find, note: Note) -> None:
    note("unicorn")
    assert find("unicorn", f"RETURNING Note__c(Name LIMIT {'9' * 5000}) LIMIT {'9' * 5000}") == ["unicorn"]
