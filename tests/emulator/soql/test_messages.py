"""The platform's sentences: each with the place where somebody met it on a real org, or the guide's page."""

from collections.abc import Callable

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

CUSTOM_FIELD = (
    " If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
CUSTOM_ENTITY = (
    " If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
CUSTOM_RELATIONSHIP = (
    " If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
BAD, FIELD = "MALFORMED_QUERY", "INVALID_FIELD"
MESSAGES = [
    # query, code, sentence, where the sentence was met
    ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", BAD, "unexpected token: OR", "xjsender/SublimeApex#23"),
    ("SELECT Id FROM Account WHERE (", BAD, "unexpected token: '<EOF>'", "xjsender/SublimeApex#23, quoted as in newer answers"),
    ('SELECT Id FROM Account WHERE Name = "a"', BAD, "line 1:36 no viable alternative at character '\"'", "forcedotcom/SalesforceMobileSDK-ReactNative#82"),
    ("SELECT Id FROM Account WHERE Name = :x", BAD, "Bind variables only allowed in Apex code", "jsforce/jsforce#684"),
    ("SELECT Nope FROM Account", FIELD, "No such column 'Nope' on entity 'Account'." + CUSTOM_FIELD, "SFDO-Tooling/CumulusCI, test_count_sobjects__errors"),
    ("SELECT Nope.Name FROM Account", FIELD, "Didn't understand relationship 'Nope' in field path." + CUSTOM_RELATIONSHIP, "forcedotcom/SFDX-Data-Move-Utility#432"),
    ("SELECT Id, (SELECT Id FROM Nopes) FROM Account", FIELD, "Didn't understand relationship 'Nopes' in FROM part of query call." + CUSTOM_RELATIONSHIP, "words of many public answers; the code is a guess"),
    ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported." + CUSTOM_ENTITY, "apache/camel-quarkus#3022"),
    ("SELECT Name, Name FROM Account", FIELD, "duplicate field selected: Name", "forcedotcom/SFDX-Data-Move-Utility#340"),
    ("SELECT Name n FROM Account", BAD, "only aggregate expressions use field aliasing", "jetstreamapp/soql-parser-js#152"),
    ("SELECT Id FROM LiveChatTranscript WHERE Body = 'x'", FIELD, "field 'Body' can not be filtered in a query call", "REST API guide and public answers"),
    ("SELECT COUNT(Id) FROM LiveChatTranscript GROUP BY Body", FIELD, "field 'Body' can not be grouped in a query call", "ktema.org, on groupable fields"),
    ("SELECT Id FROM LiveChatTranscript ORDER BY Body", BAD, "field 'Body' can not be sorted in a query call", "two public projects that met it live"),
    ("SELECT Name, COUNT(Id) FROM Account", BAD, "Field must be grouped or aggregated: Name", "forcedotcom/cli#1356"),
    ("SELECT COUNT(Name) FROM Account GROUP BY Name", BAD, "Grouped field should not be aggregated: Name", "RoseSilverSoftware/IlluminatedCloud#1824"),
    ("SELECT MAX(Name) FROM Account LIMIT 1", BAD, "Non-grouped query that uses overall aggregate functions cannot also use LIMIT", 'guide, "GROUP BY considerations"'),
    ("SELECT Id FROM Account LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000", 'guide, "OFFSET"'),
    ("SELECT FIELDS(ALL) FROM Account", BAD, "The SOQL FIELDS function must have a LIMIT of at most 200", "activepieces/activepieces#14521"),
    ("SELECT Id FROM Account WHERE IsDeleted = 'true'", FIELD, "value of filter criterion for field 'IsDeleted' must be of type boolean and should not be enclosed in quotes", "django-salesforce/django-salesforce#10"),
    ("SELECT Id FROM Account WHERE Name = 5", FIELD, "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes", "roblesterjr04/EloquentSalesForce#68"),
    ("SELECT Id FROM Account WHERE CreatedDate = '2020-01-01'", FIELD, "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes", "jetstreamapp/jetstream#270"),
    ("SELECT Id FROM Account WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz", "forcedotcom/salesforcedx-apex#153"),
    ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field", "public answers"),
    ("SELECT Id FROM Account WHERE BillingAddress = 'x'", FIELD, "Address fields can only be filtered using Distance expressions", "forcedotcom/soql-tooling#171"),
    ("SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Contact)", BAD, "semi join sub selects can only query id fields, cannot use: 'Name'", 'guide, "Comparison operators", semi-joins'),
    ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) OR Name = 'x'", BAD, "Semi join sub-selects are not allowed with the 'OR' operator", 'guide, "Comparison operators", semi-joins'),
]  # fmt: skip


@pytest.mark.parametrize(("query", "code", "sentence", "source"), MESSAGES, ids=[row[3] for row in MESSAGES])
def test_the_sentence_is_the_platforms(
    org: Org, caller: Caller, query: str, code: str, sentence: str, source: str
) -> None:
    with pytest.raises(OrgError) as refusal:
        org.query.run(caller, query)
    assert (refusal.value.code, refusal.value.message.split("\n")[-1]) == (code, sentence), source


def test_a_statement_is_not_longer_than_the_limit(org: Org, caller: Caller) -> None:
    """The limit and its words: django-salesforce/django-salesforce#164."""
    longest = "SELECT Id FROM Account WHERE Name = 'x'"
    assert org.query.run(caller, longest + " " * (100_000 - len(longest))).total_size == 0
    with pytest.raises(OrgError) as refusal:
        org.query.run(caller, longest + " " * (100_001 - len(longest)))
    assert refusal.value.code == "MALFORMED_QUERY"
    assert refusal.value.message == "SOQL statements can not be longer than 100000 characters"


def test_more_groups_than_a_page_are_too_many(org: Org, caller: Caller, things: Callable[..., str]) -> None:
    """restforce/restforce#726."""
    records = [{"object": "Thing__c", "fields": {"Name": f"{number}"}} for number in range(2001)]
    org.seed({"records": records})
    with pytest.raises(OrgError) as refusal:
        org.query.run(caller, "SELECT Name FROM Thing__c GROUP BY Name")
    assert refusal.value.code == "EXCEEDED_ID_LIMIT"
    assert len(org.query.run(caller, "SELECT Name FROM Thing__c GROUP BY Name LIMIT 2000").records) == 2000
