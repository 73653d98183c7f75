"""query and its pages, retrieve, search, changes, describes: what comes and in which form."""

import pytest
from lxml import etree

from .conftest import SOAP, XSI, Soap


def query(soap: Soap, soql: str, call: str = "query", header: str = "") -> etree._Element:
    escaped = soql.replace("&", "&amp;").replace("<", "&lt;")
    return soap.call(f"<{call}><queryString>{escaped}</queryString></{call}>", header)[0]


def names(element: etree._Element) -> list[str]:
    return [etree.QName(one).localname for one in element]


def contact(soap: Soap, **fields: str) -> str:
    [(id_, code)] = soap.results(f"<create>{soap.record('Contact', **({'LastName': 'Kern'} | fields))}</create>")
    assert code is None
    return str(id_)


def test_a_record_of_the_partner_api_has_its_id_twice_and_nil_where_it_has_nothing(soap: Soap) -> None:
    contact(soap)
    [record] = query(soap, "SELECT Id, Email, LastName FROM Contact").findall(f"{soap.ns}records")
    assert names(record) == ["type", "Id", "Id", "Email", "LastName"]
    assert record.get(f"{XSI}type") == "sf:sObject"
    assert record.find(f"{soap.sf}Email").get(f"{XSI}nil") == "true"  # type: ignore[union-attr]
    [record] = query(soap, "SELECT LastName FROM Contact").findall(f"{soap.ns}records")
    assert (names(record), record[1].get(f"{XSI}nil")) == (["type", "Id", "LastName"], "true")


def test_a_record_of_the_enterprise_api_is_typed_and_without_what_it_has_not(soap: Soap) -> None:
    soap.letter = "c"
    contact(soap)
    [record] = query(soap, "SELECT LastName, Id, Email, CreatedBy.Name FROM Contact").findall(f"{soap.ns}records")
    assert names(record) == ["Id", "CreatedBy", "LastName"]
    assert (record.get(f"{XSI}type"), record[1].get(f"{XSI}type")) == ("sf:Contact", "sf:User")


def test_parents_and_children_are_records_and_results_of_their_own(either: Soap) -> None:
    [(account, _)] = either.results(f"<create>{either.record('Account', Name='Acme')}</create>")
    contact(either, AccountId=str(account))
    [row] = query(either, "SELECT Name, (SELECT LastName FROM Contacts), Owner.Name FROM Account").findall(
        f"{either.ns}records"
    )
    children = row.find(f"{either.sf}Contacts")
    assert children is not None
    assert children.get(f"{XSI}type") == "QueryResult"
    assert names(children) == ["done", "queryLocator", "records", "size"]
    assert children.findtext(f"{either.ns}records/{either.sf}LastName") == "Kern"
    assert row.findtext(f"{either.sf}Owner/{either.sf}Name") == "Admin User"
    [row] = query(either, "SELECT LastName, Account.Name FROM Contact").findall(f"{either.ns}records")
    assert row.findtext(f"{either.sf}Account/{either.sf}Name") == "Acme"


def test_a_parent_or_children_that_are_not_there_are_nil(soap: Soap) -> None:
    contact(soap)
    [row] = query(soap, "SELECT LastName, Account.Name, (SELECT Id FROM Cases) FROM Contact").findall(
        f"{soap.ns}records"
    )
    for name in ("Account", "Cases"):
        assert row.find(f"{soap.sf}{name}").get(f"{XSI}nil") == "true"  # type: ignore[union-attr]


def test_aggregates_are_records_of_a_type_of_their_own(either: Soap) -> None:
    for name in ("a", "a", "b"):
        contact(either, LastName=name)
    soql = "SELECT LastName, COUNT(Id), MAX(CreatedDate) newest FROM Contact GROUP BY LastName ORDER BY LastName"
    rows = query(either, soql).findall(f"{either.ns}records")
    found = [
        (row.findtext(f"{either.sf}LastName"), row.findtext(f"{either.sf}expr0"), row.findtext(f"{either.sf}newest"))
        for row in rows
    ]
    assert found == [("a", "2", "2026-06-15T12:00:00.000Z"), ("b", "1", "2026-06-15T12:00:00.000Z")]
    assert rows[0].find(f"{either.sf}expr0").get(f"{XSI}type") == "xsd:int"  # type: ignore[union-attr]


def test_the_type_of_aggregates_is_described_and_not_queried(soap: Soap) -> None:
    """pyforce asks for a describe of every type that a query answers."""
    described = soap.call("<describeSObject><sObjectType>AggregateResult</sObjectType></describeSObject>")[0]
    assert (described.findtext(f"{soap.ns}queryable"), described.findtext(f"{soap.ns}idEnabled")) == ("false", "false")
    assert [one.findtext(f"{soap.ns}name") for one in described.findall(f"{soap.ns}fields")] == ["Id"]
    assert (
        soap.fault("<query><queryString>SELECT Id FROM AggregateResult</queryString></query>")[0]
        == "sf:INVALID_TYPE_FOR_OPERATION"
    )


def test_what_several_types_may_be_has_no_types_of_values(soap: Soap) -> None:
    id_ = contact(soap)
    soap.results(f"<create>{soap.record('Task', Subject='Call', WhoId=id_)}</create>")
    [row] = query(soap, "SELECT Subject, Who.Name, Owner.Name FROM Task").findall(f"{soap.ns}records")
    name = row.find(f"{soap.sf}Who/{soap.sf}Name")
    assert name is not None
    assert (name.text, name.get(f"{XSI}type")) == ("Kern", None)


def test_what_a_field_refers_to_is_a_list(either: Soap) -> None:
    soql = (
        "SELECT QualifiedApiName, ReferenceTo FROM FieldDefinition"
        " WHERE EntityDefinition.QualifiedApiName = 'Case' AND QualifiedApiName = 'ContactId'"
    )
    [row] = query(either, soql).findall(f"{either.ns}records")
    found = row.find(f"{either.sf}ReferenceTo")
    assert found is not None
    assert (found.get(f"{XSI}type"), [one.text for one in found]) == ("RelationshipReferenceTo", ["Contact"])


def test_a_count_has_a_size_and_no_records(soap: Soap) -> None:
    contact(soap)
    result = query(soap, "SELECT COUNT() FROM Contact")
    assert (names(result), result.findtext(f"{soap.ns}size")) == (["done", "queryLocator", "size"], "1")


def test_pages_go_through_the_locator_with_the_sizes_that_are_asked_for(soap: Soap) -> None:
    soap.client.org.seed({"records": [{"object": "Contact", "fields": {"LastName": f"C{n:04}"}} for n in range(620)]})
    soql = "SELECT LastName FROM Contact ORDER BY LastName"
    sizes = {
        asked: len(query(soap, soql, header=f"<QueryOptions><batchSize>{asked}</batchSize></QueryOptions>")) - 3
        for asked in (1, 300, 5000)
    }
    assert sizes == {1: 200, 300: 300, 5000: 620}
    first = query(soap, soql)
    assert (len(first) - 3, first.findtext(f"{soap.ns}size")) == (500, "620")
    locator = first.findtext(f"{soap.ns}queryLocator")
    assert locator is not None
    assert locator.endswith("-500")
    more = soap.call(f"<queryMore><queryLocator>{locator}</queryLocator></queryMore>")[0]
    assert (more.findtext(f"{soap.ns}done"), len(more) - 3) == ("true", 120)
    again = soap.client.get(f"query/{locator}").json()  # the same cursor as REST's
    assert again["records"][0]["LastName"] == "C0500"
    for nonsense in ("nonsense", "01g000000000000AAA-0", ""):
        assert soap.fault(f"<queryMore><queryLocator>{nonsense}</queryLocator></queryMore>") == (
            "sf:INVALID_QUERY_LOCATOR", "INVALID_QUERY_LOCATOR: invalid query locator",
        )  # fmt: skip


def test_children_beyond_a_page_have_a_locator_of_their_own(soap: Soap) -> None:
    [(account, _)] = soap.results(f"<create>{soap.record('Account', Name='Acme')}</create>")
    rows = [{"object": "Contact", "fields": {"LastName": f"C{n}", "AccountId": account}} for n in range(210)]
    soap.client.org.seed({"records": rows})
    header = "<QueryOptions><batchSize>200</batchSize></QueryOptions>"
    result = query(soap, "SELECT Id, (SELECT Id FROM Contacts) FROM Account", header=header)
    children = result.find(f"{soap.ns}records/{soap.sf}Contacts")
    assert children is not None
    assert (children.findtext(f"{soap.ns}done"), children.findtext(f"{soap.ns}size")) == ("false", "210")
    locator = children.findtext(f"{soap.ns}queryLocator")
    more = soap.call(f"<queryMore><queryLocator>{locator}</queryLocator></queryMore>", header)[0]
    assert (more.findtext(f"{soap.ns}done"), len(more) - 3) == ("true", 10)


def test_a_query_may_have_100_000_characters(soap: Soap) -> None:
    begin, one = "SELECT Id FROM Contact WHERE LastName IN (", f"'{'x' * 997}',"
    many = begin + one * 99
    fits = f"{many}'{'y' * (100_000 - len(many) - 3)}')"
    assert (len(fits), query(soap, fits).findtext(f"{soap.ns}size")) == (100_000, "0")
    assert soap.fault(f"<query><queryString>{fits} </queryString></query>") == (
        "sf:MALFORMED_QUERY", "MALFORMED_QUERY: SOQL statements can not be longer than 100000 characters",
    )  # fmt: skip


def test_binary_fields_come_whole(either: Soap) -> None:
    id_ = contact(either)
    attachment = either.record("Attachment", Name="a.txt", ParentId=id_, Body="aGVsbG8=")
    assert [code for _, code in either.results(f"<create>{attachment}</create>")] == [None]
    [row] = query(either, "SELECT Name, Body FROM Attachment").findall(f"{either.ns}records")
    assert row.findtext(f"{either.sf}Body") == "aGVsbG8="
    row_id = query(either, "SELECT Id FROM Attachment").findtext(f".//{either.sf}Id")
    assert either.results(f"<delete><ids>{row_id}</ids></delete>") == [(row_id, None)]
    [row] = query(either, "SELECT Body FROM Attachment", "queryAll").findall(f"{either.ns}records")
    assert row.findtext(f"{either.sf}Body") == "aGVsbG8="


def test_an_address_has_its_parts_in_the_namespace_of_the_api(either: Soap) -> None:
    record = either.record("Contact", LastName="K", MailingCity="Ulm", MailingStreet="Gasse 1")
    either.results(f"<create>{record}</create>")
    [row] = query(either, "SELECT MailingAddress FROM Contact").findall(f"{either.ns}records")
    address = row.find(f"{either.sf}MailingAddress")
    assert address is not None
    assert (address.get(f"{XSI}type"), address.findtext(f"{either.ns}city")) == ("address", "Ulm")
    assert names(address)[:3] == ["latitude", "longitude", "city"]


def test_retrieve_keeps_the_order_of_the_ids_and_answers_nil_for_what_is_not_there(soap: Soap) -> None:
    a, b = contact(soap, LastName="a"), contact(soap, LastName="b")
    ids = "".join(f"<ids>{one}</ids>" for one in (b, "003000000000000AAA", a[:15], b))
    call = "<retrieve><fieldList>lastname, Email</fieldList><sObjectType>contact</sObjectType>{}</retrieve>"
    rows = list(soap.call(call.format(ids)))
    assert [row.findtext(f"{soap.sf}LastName") for row in rows] == ["b", None, "a", "b"]
    assert (rows[1].get(f"{XSI}nil"), names(rows[0])) == ("true", ["type", "Id", "LastName", "Email"])
    rows = list(soap.call(call.replace("lastname", "Id").format(f"<ids>{a}</ids>")))
    assert names(rows[0]) == ["type", "Id", "Id", "Email"]


@pytest.mark.parametrize(
    ("fields", "sobject", "ids", "expected"),
    [
        ("Id", "Contact", ["x"], "sf:MALFORMED_ID"),
        ("Id", "Contact", ["001000000000000AAA"], "sf:MALFORMED_ID"),
        ("Nope", "Contact", ["003000000000000AAA"], "sf:INVALID_FIELD"),
        ("Id", "Nope", ["003000000000000AAA"], "sf:INVALID_TYPE"),
        ("", "Contact", ["003000000000000AAA"], "sf:MALFORMED_QUERY"),
        ("Id", "Contact", ["003000000000000AAA"] * 2001, "sf:EXCEEDED_ID_LIMIT"),
    ],
)
def test_a_retrieve_that_cannot_be(soap: Soap, fields: str, sobject: str, ids: list[str], expected: str) -> None:
    listed = "".join(f"<ids>{one}</ids>" for one in ids)
    body = f"<retrieve><fieldList>{fields}</fieldList><sObjectType>{sobject}</sObjectType>{listed}</retrieve>"
    assert soap.fault(body)[0] == expected


@pytest.mark.parametrize(
    ("soql", "detail", "place"),
    [
        ("SELECT Idx FROM Contact", "InvalidFieldFault", ("1", "8")),
        ("SELECT Id FROM Nope", "InvalidSObjectFault", ("1", "16")),
        ("SELECT Id FRM Contact", "MalformedQueryFault", None),
        ("", "MalformedQueryFault", ("-1", "-1")),
    ],
)
def test_a_query_fault_says_where(soap: Soap, soql: str, detail: str, place: tuple[str, str] | None) -> None:
    answer = soap.send(f"<query><queryString>{soql}</queryString></query>")
    assert answer.status_code == 500
    fault = etree.fromstring(answer.content).find(f".//{SOAP}Fault/detail")
    sf = "{urn:fault.partner.soap.sforce.com}"
    assert fault is not None
    assert fault[0].tag == f"{sf}{detail}"
    assert names(fault[0]) == ["exceptionCode", "exceptionMessage", "row", "column"]
    if place is not None:
        assert (fault[0].findtext(f"{sf}row"), fault[0].findtext(f"{sf}column")) == place


def test_a_search_answers_records_and_labels(soap: Soap) -> None:
    contact(soap, LastName="Winterbottom")
    sosl = "FIND {winterbottom} RETURNING Contact(LastName) WITH METADATA = 'LABELS'"
    result = soap.call(f"<search><searchString>{sosl}</searchString></search>")[0]
    assert names(result) == ["queryId", "searchRecords", "searchResultsMetadata"]
    assert result.findtext(f"{soap.ns}searchRecords/{soap.ns}record/{soap.sf}LastName") == "Winterbottom"
    assert result.findtext(f".//{soap.ns}fieldMetadata/{soap.ns}label") == "Last Name"
    for nothing in ("", "winterbottom"):
        assert soap.fault(f"<search><searchString>{nothing}</searchString></search>")[0] == "sf:MALFORMED_SEARCH"


@pytest.mark.parametrize(
    ("call", "sobject", "start", "end", "expected"),
    [
        ("getUpdated", "Contact", "2026-06-15T12:00:00Z", "2026-06-15T12:00:30Z", "sf:INVALID_REPLICATION_DATE"),
        ("getDeleted", "Contact", "2026-01-01T00:00:00Z", "2026-06-15T12:00:00Z", "sf:INVALID_REPLICATION_DATE"),
        ("getUpdated", "Nope", "2026-06-15T11:00:00Z", "2026-06-15T12:00:00Z", "sf:INVALID_TYPE"),
        ("getUpdated", "Contact", "yesterday", "2026-06-15T12:00:00Z", "soapenv:Client"),
    ],
)
def test_windows_of_changes(soap: Soap, call: str, sobject: str, start: str, end: str, expected: str) -> None:
    window = f"<startDate>{start}</startDate><endDate>{end}</endDate>"
    body = f"<{call}><sObjectType>{sobject}</sObjectType>{window}</{call}>"
    assert soap.fault(body)[0] == expected


def test_describes_refuse_what_is_not_there(soap: Soap) -> None:
    for call in ("describeSObject", "describeSObjects", "describeLayout", "describeCompactLayouts"):
        code, message = soap.fault(f"<{call}><sObjectType>Nope</sObjectType></{call}>")
        assert (code, str(message)[:13]) == ("sf:INVALID_TYPE", "INVALID_TYPE:")
    many = "<sObjectType>Contact</sObjectType>" * 101
    assert soap.fault(f"<describeSObjects>{many}</describeSObjects>")[0] == "sf:EXCEEDED_ID_LIMIT"
    named = "<sObjectType>Contact</sObjectType><layoutName>Nope</layoutName>"
    assert soap.fault(f"<describeLayout>{named}</describeLayout>")[0] == "sf:INVALID_FIELD"
    ids = "<sObjectType>Contact</sObjectType><recordTypeIds>x</recordTypeIds>"
    assert soap.fault(f"<describeLayout>{ids}</describeLayout>")[0] == "sf:MALFORMED_ID"


def test_a_type_younger_than_the_version_is_not_there(soap: Soap) -> None:
    soap.version = "40.0"
    assert (
        soap.fault("<describeSObject><sObjectType>MessagingSession</sObjectType></describeSObject>")[0]
        == "sf:INVALID_TYPE"
    )
