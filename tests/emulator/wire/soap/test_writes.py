"""create, update, upsert, delete and the recycle bin: results for each record, faults for the whole call."""

import pytest
from lxml import etree

from chatlift.emulator.org.caller import Caller

from .conftest import Soap

KEYED = {
    "name": "Contact",
    "fields": [{"name": "Key__c", "type": "string", "length": 20, "externalId": True, "custom": True}],
}
ACCOUNT = {
    "name": "Account",
    "fields": [{"name": "Key__c", "type": "string", "length": 20, "externalId": True, "custom": True}],
}


def stored(soap: Soap, sobject: str, id_: str | None) -> dict[str, object]:
    assert id_ is not None
    return soap.client.org.org.records.retrieve(Caller(soap.client.org.administrator["Id"]), sobject, id_)


def ids(*given: str | None) -> str:
    return "".join(f"<ids>{one}</ids>" for one in given)


def test_good_and_bad_records_have_their_results_in_order(either: Soap) -> None:
    good, bad = either.record("Contact", LastName="Kern"), either.record("Contact", FirstName="Dana")
    response = either.call(f"<create>{good}{bad}{good}</create>")
    assert [etree.QName(one).localname for one in response[1][0]] == ["fields", "message", "statusCode"]
    assert [etree.QName(one).localname for one in response[1]] == ["errors", "id", "success"]
    first, second, third = response
    assert (second.findtext(f"{either.ns}errors/{either.ns}fields"), first.findtext(f"{either.ns}success")) == (
        "LastName", "true",
    )  # fmt: skip
    assert second.findtext(f"{either.ns}errors/{either.ns}statusCode") == "REQUIRED_FIELD_MISSING"
    assert stored(either, "Contact", third.findtext(f"{either.ns}id"))["LastName"] == "Kern"


def test_all_or_none_undoes_the_good_ones(soap: Soap) -> None:
    good, bad = soap.record("Contact", LastName="Kern"), soap.record("Contact", FirstName="Dana")
    header = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>"
    results = soap.results(f"<create>{good}{bad}</create>", header)
    assert results == [(None, "ALL_OR_NONE_OPERATION_ROLLED_BACK"), (None, "REQUIRED_FIELD_MISSING")]
    assert (
        soap.call("<query><queryString>SELECT Id FROM Contact</queryString></query>").findtext(f".//{soap.ns}size")
        == "0"
    )


def test_fields_to_null_empty_a_field_and_nothing_else_does(either: Soap) -> None:
    created = either.record("Contact", LastName="Kern", FirstName="Dana", Email="d@x.test", Phone="1")
    [(id_, _)] = either.results(f"<create>{created}</create>")
    change = either.record("Contact", nulls=("Email",), Id=str(id_), FirstName="", Phone="<x/>")
    change = change.replace("<s:Phone><x/></s:Phone>", '<s:Phone xsi:nil="true"/>')
    assert either.results(f"<update>{change}</update>") == [(id_, None)]
    found = stored(either, "Contact", id_)
    assert (found["Email"], found["FirstName"], found["Phone"]) == (None, "Dana", "1")


def test_a_required_field_cannot_be_emptied(soap: Soap) -> None:
    [(id_, _)] = soap.results(f"<create>{soap.record('Contact', LastName='Kern')}</create>")
    change = soap.record("Contact", nulls=("LastName",), Id=str(id_))
    assert soap.results(f"<update>{change}</update>") == [(id_, "REQUIRED_FIELD_MISSING")]


def test_a_lookup_may_be_given_by_another_key_of_its_parent(either: Soap) -> None:
    either.client.org.org.extend([ACCOUNT])
    account = either.record("Account", Name="Acme", Key__c="A1")
    [(account_id, _)] = either.results(f"<create>{account}</create>")
    parent = either.record("Account", "s:Account", Key__c="A1")
    contact = either.record("Contact", LastName="Kern").replace("</sObjects>", f"{parent}</sObjects>")
    unknown = contact.replace("A1", "A2")
    [(id_, _), (_, code)] = either.results(f"<create>{contact}{unknown}</create>")
    assert stored(either, "Contact", id_)["AccountId"] == account_id
    assert code == "INVALID_FIELD"


def test_an_upsert_creates_updates_and_refuses_a_key_given_twice(either: Soap) -> None:
    either.client.org.org.extend([KEYED])

    def upsert(*records: str) -> etree._Element:
        return either.call(f"<upsert><externalIDFieldName>Key__c</externalIDFieldName>{''.join(records)}</upsert>")

    def one(key: str, name: str) -> str:
        return either.record("Contact", Key__c=key, LastName=name)

    [created] = upsert(one("K1", "One"))
    [updated] = upsert(one("k1", "Two"))
    assert [etree.QName(part).localname for part in created] == ["created", "id", "success"]
    assert (created.findtext(f"{either.ns}created"), updated.findtext(f"{either.ns}created")) == ("true", "false")
    assert created.findtext(f"{either.ns}id") == updated.findtext(f"{either.ns}id")
    codes = [part.findtext(f"{either.ns}errors/{either.ns}statusCode") for part in upsert(one("D", "a"), one("d", "b"))]
    assert codes == ["DUPLICATE_VALUE", "DUPLICATE_VALUE"]


def test_an_upsert_by_a_key_has_no_id_and_a_lookup_is_given_once(soap: Soap) -> None:
    soap.client.org.org.extend([KEYED, ACCOUNT])
    record = soap.record("Contact", Key__c="K", LastName="K", Id="003000000000000AAA")
    assert soap.results(f"<upsert><externalIDFieldName>Key__c</externalIDFieldName>{record}</upsert>") == [
        (None, "INVALID_FIELD")
    ]
    both = soap.record("Contact", LastName="K", AccountId="001000000000000AAA")
    both = both.replace("</sObjects>", f"{soap.record('Account', 's:Account', Key__c='A1')}</sObjects>")
    [result] = soap.call(f"<create>{both}</create>")
    assert result.findtext(f".//{soap.ns}message") == (
        "cannot specify both an external ID reference Account and a salesforce id, AccountId"
    )


def test_a_field_with_parts_is_refused_and_never_passed_over(soap: Soap) -> None:
    address = soap.record("Contact", LastName="K", MailingAddress="<s:city>Ulm</s:city>")
    assert soap.results(f"<create>{address}</create>") == [(None, "INVALID_FIELD_FOR_INSERT_UPDATE")]
    parts = soap.record("Contact", LastName="<s:x>K</s:x>")
    assert soap.fault(f"<create>{parts}</create>") == (
        "soapenv:Client", "Element {urn:sobject.partner.soap.sforce.com}x invalid at this location",
    )  # fmt: skip


def test_no_record_and_no_id_is_passed_over(soap: Soap) -> None:
    assert soap.results('<delete><ids xsi:nil="true"/><ids/></delete>') == [(None, "MALFORMED_ID")] * 2
    good = soap.record("Contact", LastName="K")
    assert soap.fault(f'<create>{good}<sObjects xsi:nil="true"/></create>')[0] == "sf:INVALID_TYPE"


def test_an_upsert_by_id_creates_what_has_none(soap: Soap) -> None:
    [result] = soap.call(
        f"<upsert><externalIDFieldName>Id</externalIDFieldName>{soap.record('Contact', LastName='K')}</upsert>"
    )
    assert result.findtext(f"{soap.ns}created") == "true"


@pytest.mark.parametrize(
    ("field", "code"),
    [("LastName", "sf:INVALID_FIELD"), ("Nope__c", "sf:INVALID_FIELD")],
)
def test_an_upsert_needs_a_key(soap: Soap, field: str, code: str) -> None:
    body = f"<upsert><externalIDFieldName>{field}</externalIDFieldName>{soap.record('Contact', LastName='K')}</upsert>"
    assert soap.fault(body)[0] == code


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("<sObjects><s:type>Nope__c</s:type></sObjects>", ("sf:INVALID_TYPE", "INVALID_TYPE: sObject type 'Nope__c' is not supported.")),
        ("<sObjects><s:LastName>x</s:LastName></sObjects>", ("sf:INVALID_TYPE", "INVALID_TYPE: Must send a concrete entity type.")),
        ("<sObjects><s:type>Contact</s:type><s:Nope__c>x</s:Nope__c></sObjects>", ("sf:INVALID_FIELD", "INVALID_FIELD: No such column 'Nope__c' on entity 'Contact'.")),
        ("<sObjects><s:type>Contact</s:type><s:fieldsToNull>Nope</s:fieldsToNull></sObjects>", ("sf:INVALID_FIELD", "INVALID_FIELD: No such column 'Nope' on entity 'Contact'.")),
        ("<sObjects><s:type>Contact</s:type><s:Birthdate>NA</s:Birthdate></sObjects>", ("soapenv:Client", "'NA' is not a valid value for the type xsd:date")),
        ("<sObjects><s:type>Task</s:type><s:IsReminderSet>yes</s:IsReminderSet></sObjects>", ("soapenv:Client", "'yes' is not a valid value for the type xsd:boolean")),
        ("<sObjects><s:type>Account</s:type><s:AnnualRevenue>1,5</s:AnnualRevenue></sObjects>", ("soapenv:Client", "'1,5' is not a valid value for the type xsd:double")),
        ("<sObjects><s:type>Account</s:type><s:NumberOfEmployees/></sObjects>", ("soapenv:Client", "'' is not a valid value for the type xsd:int")),
        ("<sObjects><s:type>Attachment</s:type><s:Body>%</s:Body></sObjects>", ("soapenv:Client", "'%' is not a valid value for the type xsd:base64Binary")),
        ("<sObjects><s:type>LiveAgentSession</s:type><s:LoginTime>2026-06-03 14:26:34</s:LoginTime></sObjects>", ("soapenv:Client", "'2026-06-03 14:26:34' is not a valid value for the type xsd:dateTime")),
        ("<nope/>", ("soapenv:Client", "Element {urn:partner.soap.sforce.com}nope invalid at this location")),
    ],
)  # fmt: skip
def test_what_no_record_may_have_refuses_the_whole_call(soap: Soap, record: str, expected: tuple[str, str]) -> None:
    good = soap.record("Contact", LastName="Kern")
    code, message = soap.fault(f"<create>{good}{record}</create>")
    assert message is not None
    assert (code, message[: len(expected[1])]) == expected
    assert (
        soap.call("<query><queryString>SELECT Id FROM Contact</queryString></query>").findtext(f".//{soap.ns}size")
        == "0"
    )


@pytest.mark.parametrize("call", ["create", "update", "upsert", "delete", "undelete", "emptyRecycleBin"])
def test_a_call_takes_200_records(soap: Soap, call: str) -> None:
    one = (
        "<ids>003000000000000AAA</ids>" if call in ("delete", "undelete", "emptyRecycleBin") else soap.record("Contact")
    )
    key = "<externalIDFieldName>Id</externalIDFieldName>" if call == "upsert" else ""
    assert len(soap.call(f"<{call}>{key}{one * 200}</{call}>")) == 200
    assert soap.fault(f"<{call}>{key}{one * 201}</{call}>") == (
        "sf:EXCEEDED_ID_LIMIT",
        "EXCEEDED_ID_LIMIT: record limit reached. cannot submit more than 200 records into this call",
    )


def test_an_empty_call_answers_nothing(soap: Soap) -> None:
    for call in ("create", "update", "delete"):
        assert len(soap.call(f"<{call}/>")) == 0
    assert len(soap.call("<upsert><externalIDFieldName>Id</externalIDFieldName></upsert>")) == 0


def test_records_of_many_types_share_a_call_but_not_with_setup_types(soap: Soap) -> None:
    mixed = soap.record("Contact", LastName="K") + soap.record("Account", Name="A")
    assert [code for _, code in soap.results(f"<create>{mixed}</create>")] == [None, None]
    assert soap.fault(f"<create>{mixed}{soap.record('User', LastName='U')}</create>")[0] == "sf:MIXED_DML_OPERATION"
    assert soap.fault(f"<create>{mixed * 6}</create>")[0] == "sf:LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<create>{}</create>", "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("<update>{}</update>", "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_an_id_that_leads_nowhere_or_should_not_be_there(soap: Soap, body: str, code: str) -> None:
    record = soap.record("Contact", Id="003000000000000AAA", LastName="K")
    assert [found for _, found in soap.results(body.format(record))] == [code]


def test_an_update_needs_the_id_of_its_type(soap: Soap) -> None:
    records = [
        soap.record("Contact", LastName="K"),
        soap.record("Contact", Id="nonsense", LastName="K"),
        soap.record("Contact", Id="001000000000000AAA", LastName="K"),
    ]
    codes = [code for _, code in soap.results(f"<update>{''.join(records)}</update>")]
    assert codes == ["MISSING_ARGUMENT", "MALFORMED_ID", "MALFORMED_ID"]


def test_deletes_answer_for_each_id(soap: Soap) -> None:
    [(id_, _)] = soap.results(f"<create>{soap.record('Contact', LastName='K')}</create>")
    deleted = soap.results(f"<delete>{ids(id_, id_, '003000000000000', 'x', 'zzz000000000000AAA')}</delete>")
    assert deleted == [
        (id_, None),
        (id_, "ENTITY_IS_DELETED"),
        ("003000000000000AAA", "INVALID_CROSS_REFERENCE_KEY"),
        ("x", "MALFORMED_ID"),
        ("zzz000000000000AAA", "INVALID_CROSS_REFERENCE_KEY"),
    ]


def test_what_is_emptied_from_the_bin_is_still_seen_by_query_all(soap: Soap) -> None:
    [(account, _)] = soap.results(f"<create>{soap.record('Account', Name='A')}</create>")
    [(contact, _)] = soap.results(f"<create>{soap.record('Contact', LastName='K', AccountId=str(account))}</create>")
    assert soap.results(f"<delete>{ids(account)}</delete>") == [(account, None)]
    # The contact went with its account, and is the account's in the bin.
    assert soap.results(f"<emptyRecycleBin>{ids(contact, account, account)}</emptyRecycleBin>") == [
        (contact, "UNDELETE_FAILED"), (account, None), (account, "UNDELETE_FAILED"),
    ]  # fmt: skip
    assert soap.results(f"<undelete>{ids(account)}</undelete>") == [(account, "UNDELETE_FAILED")]
    for call, size in (("query", "0"), ("queryAll", "1")):
        answer = soap.call(f"<{call}><queryString>SELECT Id FROM Contact</queryString></{call}>")
        assert answer.findtext(f".//{soap.ns}size") == size


def test_a_type_that_cannot_be_undeleted_says_so(soap: Soap) -> None:
    id_ = soap.client.org.org.users.organization["Id"]
    assert soap.results(f"<undelete>{ids(id_)}</undelete>") == [(id_, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")]


def test_text_is_cut_only_where_a_header_asks_for_it(soap: Soap) -> None:
    record = soap.record("Contact", LastName="x" * 81, Title="y" * 200)
    assert soap.results(f"<create>{record}</create>") == [(None, "STRING_TOO_LONG")]
    header = "<AllowFieldTruncationHeader><allowFieldTruncation>{}</allowFieldTruncation></AllowFieldTruncationHeader>"
    assert soap.results(f"<create>{record}</create>", header.format("false")) == [(None, "STRING_TOO_LONG")]
    [(id_, code)] = soap.results(f"<create>{record}</create>", header.format("true"))
    assert code is None
    found = stored(soap, "Contact", id_)
    assert (found["LastName"], found["Title"]) == ("x" * 80, "y" * 128)


def test_a_record_may_be_sent_back_as_it_was_answered(either: Soap) -> None:
    """The partner API answers the Id twice; clients send back the whole record."""
    [(id_, _)] = either.results(f"<create>{either.record('Contact', LastName='Kern', Email='d@x.test')}</create>")
    query = "<query><queryString>SELECT Id, LastName, Email, Phone, AccountId FROM Contact</queryString></query>"
    answer = either.send(query).text
    start, end = answer.index("<records"), answer.index("</records>")
    record = answer[start:end].replace("<records", "<sObjects").replace("sf:", "s:") + "</sObjects>"
    assert either.results(f"<update>{record.replace('Kern', 'Korn')}</update>") == [(id_, None)]
    assert stored(either, "Contact", id_)["LastName"] == "Korn"


def test_jsforces_own_namespace_for_records_is_taken(soap: Soap) -> None:
    body = (
        '<create xmlns="urn:partner.soap.sforce.com" xmlns:ns1="sobject.partner.soap.sforce.com">'
        "<ns1:sObjects><type>Contact</type><LastName>Kern</LastName></ns1:sObjects></create>"
    )
    [(id_, _)] = soap.results(body)
    assert stored(soap, "Contact", id_)["LastName"] == "Kern"


def test_there_is_no_assignment_rule_to_run(soap: Soap) -> None:
    record = soap.record("Case", Subject="x")
    header = "<AssignmentRuleHeader><useDefaultRule>true</useDefaultRule></AssignmentRuleHeader>"
    assert [code for _, code in soap.results(f"<create>{record}</create>", header)] == [None]
    header = "<AssignmentRuleHeader><assignmentRuleId>01Q000000000001</assignmentRuleId></AssignmentRuleHeader>"
    assert soap.fault(f"<create>{record}</create>", header)[0] == "sf:INVALID_CROSS_REFERENCE_KEY"
