"""Whole envelopes, byte for byte: element order, prefixes, namespaces."""

import re

import pytest

from .conftest import Soap

QUERY = "<query><queryString>SELECT Id, LastName, Email, Account.Name FROM Contact</queryString></query>"
GOLDEN = {
    "partner query": (
        "u", 200, QUERY,
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sf="urn:sobject.partner.soap.sforce.com"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<soapenv:Header><LimitInfoHeader><limitInfo><current>N</current><limit>15000</limit><type>API REQUESTS</type>"
        "</limitInfo></LimitInfoHeader></soapenv:Header>"
        '<soapenv:Body><queryResponse><result xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>'
        '<records xsi:type="sf:sObject"><sf:type>Contact</sf:type><sf:Id>0035e0000000001AAA</sf:Id>'
        '<sf:Id>0035e0000000001AAA</sf:Id><sf:LastName>Kern &amp; Co</sf:LastName><sf:Email xsi:nil="true"/>'
        '<sf:Account xsi:type="sf:sObject"><sf:type>Account</sf:type><sf:Id xsi:nil="true"/><sf:Name>Acme</sf:Name></sf:Account>'
        "</records><size>1</size></result></queryResponse></soapenv:Body></soapenv:Envelope>",
    ),
    "enterprise query": (
        "c", 200, QUERY,
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:enterprise.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<soapenv:Header><LimitInfoHeader><limitInfo><current>N</current><limit>15000</limit><type>API REQUESTS</type>"
        "</limitInfo></LimitInfoHeader></soapenv:Header>"
        '<soapenv:Body><queryResponse><result xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>'
        '<records xsi:type="sf:Contact"><sf:Id>0035e0000000001AAA</sf:Id>'
        '<sf:Account xsi:type="sf:Account"><sf:Name>Acme</sf:Name></sf:Account>'
        "<sf:LastName>Kern &amp; Co</sf:LastName></records><size>1</size></result></queryResponse></soapenv:Body></soapenv:Envelope>",
    ),
    "a save that failed": (
        "u", 200, "<create><sObjects><s:type>Contact</s:type></sObjects></create>",
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sf="urn:sobject.partner.soap.sforce.com"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<soapenv:Header><LimitInfoHeader><limitInfo><current>N</current><limit>15000</limit><type>API REQUESTS</type>"
        "</limitInfo></LimitInfoHeader></soapenv:Header>"
        "<soapenv:Body><createResponse><result><errors><fields>LastName</fields>"
        "<message>Required fields are missing: [LastName]</message><statusCode>REQUIRED_FIELD_MISSING</statusCode></errors>"
        '<id xsi:nil="true"/><success>false</success></result></createResponse></soapenv:Body></soapenv:Envelope>',
    ),
    "a fault with a place": (
        "u", 500, "<query><queryString>SELECT Idx FROM Contact</queryString></query>",
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        "<faultcode>sf:INVALID_FIELD</faultcode><faultstring>INVALID_FIELD: MESSAGE</faultstring>"
        '<detail><sf:InvalidFieldFault xsi:type="sf:InvalidFieldFault"><sf:exceptionCode>INVALID_FIELD</sf:exceptionCode>'
        "<sf:exceptionMessage>MESSAGE</sf:exceptionMessage><sf:row>1</sf:row><sf:column>8</sf:column></sf:InvalidFieldFault>"
        "</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>",
    ),
    "a fault of the enterprise API": (
        "c", 500, "<describeSObject><sObjectType/></describeSObject>",
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.enterprise.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        "<faultcode>sf:INVALID_TYPE</faultcode><faultstring>INVALID_TYPE: MESSAGE</faultstring>"
        '<detail><sf:InvalidSObjectFault xsi:type="sf:InvalidSObjectFault"><sf:exceptionCode>INVALID_TYPE</sf:exceptionCode>'
        "<sf:exceptionMessage>MESSAGE</sf:exceptionMessage><sf:row>-1</sf:row><sf:column>-1</sf:column></sf:InvalidSObjectFault>"
        "</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>",
    ),
    "nothing to say": (
        "u", 200, "<logout/>",
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sf="urn:sobject.partner.soap.sforce.com"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<soapenv:Header><LimitInfoHeader><limitInfo><current>N</current><limit>15000</limit><type>API REQUESTS</type>"
        "</limitInfo></LimitInfoHeader></soapenv:Header><soapenv:Body><logoutResponse/></soapenv:Body></soapenv:Envelope>",
    ),
}  # fmt: skip
SENTENCE = re.compile(r"(?s)(INVALID_\w+: |<sf:exceptionMessage>).*?(</)")


@pytest.mark.parametrize("name", GOLDEN)
def test_an_envelope_is_what_it_was(soap: Soap, name: str) -> None:
    letter, status, body, expected = GOLDEN[name]
    org = soap.client.org
    account = {"object": "Account", "ref": "a", "fields": {"Name": "Acme"}}
    contact = {"object": "Contact", "fields": {"LastName": "Kern & Co", "AccountId": "@a"}}
    org.seed({"records": [account, contact]})
    soap.letter = letter
    answer = soap.send(body)
    counted = re.sub(r"<current>\d+<", "<current>N<", answer.text)
    assert answer.status_code == status
    assert SENTENCE.sub(r"\1MESSAGE\2", counted) == expected
