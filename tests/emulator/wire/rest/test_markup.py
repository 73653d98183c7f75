"""XML in place of JSON, both ways."""

import pytest

from ..conftest import SESSION, Client

XML = {"Accept": "application/xml"}
SENT = {"Content-Type": "application/xml; charset=UTF-8"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def account(client: Client, **values: object) -> str:
    made: str = client.post("sobjects/Account", json={"Name": "A & <B>", **values}).json()["id"]
    return made


@pytest.mark.parametrize(
    ("ending", "accept", "expected"),
    [
        ("", "application/xml", "xml"),
        ("", "text/html, application/xml;q=0.9, */*", "xml"),
        ("", "application/json, application/xml", "json"),
        ("", "*/*", "json"),
        ("", "text/xml", "json"),
        (".xml", "*/*", "xml"),
        (".xml", "application/json", "xml"),
        (".json", "application/xml", "json"),
    ],
)
def test_the_ending_decides_and_then_the_header(client: Client, ending: str, accept: str, expected: str) -> None:
    answer = client.get(f"sobjects/Account/{account(client)}{ending}", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"application/{expected};charset=UTF-8"
    assert answer.text.startswith(HEAD) is (expected == "xml")


def test_a_record_is_an_element_of_its_type(client: Client) -> None:
    made = account(client, NumberOfEmployees=7)
    answer = client.get(
        f"sobjects/Account/{made}?fields=Name,NumberOfEmployees,Phone,CreatedDate,IsDeleted", headers=XML
    )
    assert answer.text == (
        f'{HEAD}<Account xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" type="Account" '
        f'url="/services/data/v59.0/sobjects/Account/{made}"><Name>A &amp; &lt;B&gt;</Name>'
        '<NumberOfEmployees>7</NumberOfEmployees><Phone xsi:nil="true"/>'
        f"<CreatedDate>2026-06-15T12:00:00.000Z</CreatedDate><IsDeleted>false</IsDeleted><Id>{made}</Id></Account>"
    )


def test_a_query_and_its_parents_are_elements(client: Client) -> None:
    made = account(client)
    query = {"q": "SELECT Id, Owner.Alias FROM Account"}
    owner = client.org.administrator["Id"]
    expected = (
        f'{HEAD}<QueryResult xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><done>true</done>'
        f'<records type="Account" url="/services/data/v59.0/sobjects/Account/{made}"><Id>{made}</Id>'
        f'<Owner type="User" url="/services/data/v59.0/sobjects/User/{owner}"><Alias>admin</Alias></Owner></records>'
        "<totalSize>1</totalSize></QueryResult>"
    )
    assert client.get("query.xml", params=query).text == expected
    assert client.get("query/", params=query, headers=XML).text == expected


def test_errors_are_elements(client: Client) -> None:
    # jsforce reads Errors.Error (src/http-api.ts)
    missing = client.get("sobjects/Nope.xml")
    assert (missing.status_code, missing.text) == (
        404,
        f"{HEAD}<Errors><Error><errorCode>NOT_FOUND</errorCode>"
        "<message>The requested resource does not exist</message></Error></Errors>",
    )
    refused = client.post("sobjects/Account", json={}, headers=XML)
    assert "<errorCode>REQUIRED_FIELD_MISSING</errorCode><fields>Name</fields><message>" in refused.text
    del client.session.headers["Authorization"]
    assert "<errorCode>INVALID_AUTH_HEADER</errorCode>" in client.get("sobjects", headers=XML).text


def test_versions_replication_and_describes_are_elements(client: Client) -> None:
    versions = client.get("/services/data", headers=XML).text
    first = "<Versions><Version><label>Winter &apos;11</label>".replace("&apos;", "'")
    assert versions.startswith(HEAD + first + "<url>/services/data/v20.0</url><version>20.0</version></Version>")
    made = client.agent_session()
    client.org.clock.advance(hours=1)
    window = "start=2026-06-15T11:30:00Z&end=2026-06-15T12:30:00Z"
    assert client.get(f"sobjects/LiveAgentSession/updated.xml?{window}").text == (
        f'{HEAD}<LiveAgentSession xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><ids>{made}</ids>'
        "<latestDateCovered>2026-06-15T12:30:00.000Z</latestDateCovered></LiveAgentSession>"
    )
    described = client.get("sobjects/Account/describe.xml").text
    assert described.startswith(HEAD + "<DescribeSobjectResult")
    assert "<keyPrefix>001</keyPrefix>" in described


def test_a_record_is_created_and_changed_as_xml(client: Client) -> None:
    body = (
        "<Account xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><!-- a --><Name>\u00dc &amp; Co</Name>"
        "<NumberOfEmployees>12</NumberOfEmployees><Phone xsi:nil='true'/><Site></Site></Account>"
    )
    answer = client.post("sobjects/Account/", data=body.encode(), headers={**SENT, **XML})
    assert answer.status_code == 201
    made = client.get("query", params={"q": "SELECT Id FROM Account"}).json()["records"][0]["Id"]
    assert answer.text == (
        f'{HEAD}<Result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><id>{made}</id><success>true</success></Result>'
    )
    row = client.get(f"sobjects/Account/{made}").json()
    assert (row["Name"], row["NumberOfEmployees"], row["Phone"], row["Site"]) == ("\u00dc & Co", 12, None, None)
    changed = client.send("PATCH", f"sobjects/Account/{made}", data="<x><Name>N</Name></x>", headers=SENT)
    assert (changed.status_code, changed.content) == (204, b"")
    case = "<Case><Subject>s</Subject><Owner type='User'><Username>admin@chatlift.test</Username></Owner></Case>"
    assert client.post("sobjects/Case", data=case, headers=SENT).status_code == 201
    session = "".join(f"<{name}>{value}</{name}>" for name, value in SESSION.items())
    agent = f"<AgentId>{client.org.administrator['Id']}</AgentId>"
    assert client.post("sobjects/LiveAgentSession", data=f"<a>{agent}{session}</a>", headers=SENT).status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "JSON_PARSER_ERROR"),
        ("<Account><Name>", "XML_PARSER_ERROR"),
        ("nonsense", "XML_PARSER_ERROR"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><Account><Name>&x;</Name></Account>", "XML_PARSER_ERROR"),
        ("<Account><Nope>1</Nope></Account>", "INVALID_FIELD"),
        ("<Account><Name>a</Name><NumberOfEmployees>many</NumberOfEmployees></Account>", "JSON_PARSER_ERROR"),
    ],
)
def test_xml_that_is_no_record_is_refused(client: Client, body: str, code: str) -> None:
    answer = client.post("sobjects/Account", data=body, headers=SENT)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_composites_are_json_alone(client: Client) -> None:
    parts = [{"method": "GET", "url": "/services/data/v59.0/limits", "referenceId": "r"}]
    answer = client.post("composite", json={"compositeRequest": parts}, headers=XML)
    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 200
    assert client.post("composite", data="<a/>", headers=SENT).status_code == 415
