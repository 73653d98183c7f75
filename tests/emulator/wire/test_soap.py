"""SOAP login and logout, and the faults for all else."""

import pytest
from lxml import etree

from chatlift.emulator import mock_salesforce

from .conftest import Client

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
PARTNER = "{urn:partner.soap.sforce.com}"
USER_INFO = (
    "accessibilityMode chatterExternal currencySymbol orgAttachmentFileSizeLimit orgDefaultCurrencyIsoCode orgDefaultCurrencyLocale "
    "orgDisallowHtmlAttachments orgHasPersonAccounts organizationId organizationMultiCurrency organizationName profileId roleId "
    "sessionSecondsValid userDefaultCurrencyIsoCode userEmail userFullName userId userLanguage userLocale userName userTimeZone "
    "userType userUiSkin"
).split()


def envelope(body: str, header: str = "") -> bytes:
    return (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:partner.soap.sforce.com">'
        f"<env:Header>{header}</env:Header><env:Body>{body}</env:Body></env:Envelope>"
    ).encode()


def login(username: str = "u", password: str = "p", name: str = "p:login") -> bytes:
    return envelope(f"<{name}><p:username>{username}</p:username><p:password>{password}</p:password></{name}>")


def fault(body: bytes) -> tuple[str | None, str | None]:
    element = etree.fromstring(body).find(f".//{SOAP}Fault")
    assert element is not None
    return element.findtext("faultcode"), element.findtext("faultstring")


@pytest.mark.parametrize("address", ["u/59.0", "u/59", "u/59.0/00D5e0000000001", "u/59.0/"])
def test_a_login_answers_a_session_and_where_to_go(client: Client, address: str) -> None:
    answer = client.post(f"/services/Soap/{address}", data=login("nobody@x.test"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/xml;charset=UTF-8"
    result = etree.fromstring(answer.content).find(f".//{PARTNER}result")
    assert result is not None
    organization, admin = client.org.org.users.organization, client.org.administrator
    texts = {etree.QName(child).localname: child.text for child in result}
    assert list(texts) == [
        "metadataServerUrl",
        "passwordExpired",
        "sandbox",
        "serverUrl",
        "sessionId",
        "userId",
        "userInfo",
    ]
    assert texts["serverUrl"] == f"{client.org.url}/services/Soap/u/59.0/{organization['Id'][:15]}"
    assert texts["metadataServerUrl"] == f"{client.org.url}/services/Soap/m/59.0/{organization['Id'][:15]}"
    assert (texts["passwordExpired"], texts["sandbox"], texts["userId"]) == ("false", "false", admin["Id"])
    info = result.find(f"{PARTNER}userInfo")
    assert info is not None
    assert [etree.QName(child).localname for child in info] == USER_INFO
    assert info.findtext(f"{PARTNER}userName") == "admin@chatlift.test"
    assert info.findtext(f"{PARTNER}organizationId") == organization["Id"]
    client.session.headers["Authorization"] = f"Bearer {texts['sessionId']}"
    assert client.get("sobjects").status_code == 200


def test_clients_find_the_bare_names_in_the_text(client: Client) -> None:
    # jsforce and simple-salesforce look for them with text searches
    text = client.post("/services/Soap/u/59.0", data=login()).text
    for name in ("sessionId", "serverUrl", "userId", "organizationId"):
        assert f"<{name}>" in text
    assert "<passwordExpired>false</passwordExpired>" in text


def test_a_user_who_exists_is_who_is_logged_in(client: Client) -> None:
    profile = client.org.administrator["ProfileId"]
    refs = client.org.seed(
        {
            "records": [
                {
                    "object": "User",
                    "ref": "ada",
                    "fields": {"Username": "ada@x.test", "LastName": "Ada & <Co>", "ProfileId": profile},
                }
            ]
        }
    )
    answer = client.post("/services/Soap/u/59.0", data=login("ADA@x.test"))
    assert etree.fromstring(answer.content).findtext(f".//{PARTNER}userId") == refs["ada"]
    assert "Ada &amp; &lt;Co&gt;" in answer.text


def test_the_enterprise_api_answers_in_its_own_namespace(client: Client) -> None:
    body = login().replace(b"partner", b"enterprise")
    answer = client.post("/services/Soap/c/42.0", data=body)
    result = etree.fromstring(answer.content).find(".//{urn:enterprise.soap.sforce.com}result")
    assert result is not None
    server = result.findtext("{urn:enterprise.soap.sforce.com}serverUrl")
    assert server is not None
    assert "/services/Soap/c/42.0/00D" in server


def test_a_login_without_a_user_name_is_refused_in_the_form_that_clients_read(client: Client) -> None:
    answer = client.post("/services/Soap/u/59.0", data=login(username=""))
    message = "Invalid username, password, security token; or user locked out."
    assert answer.status_code == 500
    assert f"<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>{message}<" in answer.text
    assert '<sf:LoginFault xsi:type="sf:LoginFault">' in answer.text
    assert fault(answer.content) == ("INVALID_LOGIN", f"INVALID_LOGIN: {message}")


@pytest.mark.parametrize("letter", ["u", "c"])
def test_login_is_gone_from_65_on_where_a_session_is_still_good(client: Client, letter: str) -> None:
    assert client.post(f"/services/Soap/{letter}/64.0", data=login()).status_code == 200
    refused = client.post(f"/services/Soap/{letter}/65.0", data=login())
    assert (refused.status_code, fault(refused.content)) == (
        500,
        (
            "sf:INVALID_OPERATION",
            "INVALID_OPERATION: The SOAP Login operation is not available in the API version specified (65.0). "
            "Refer to the documentation for supported versions.",
        ),
    )
    header = f"<p:SessionHeader><p:sessionId>{client.org.token()}</p:sessionId></p:SessionHeader>"
    answer = client.post(f"/services/Soap/{letter}/68.0", data=envelope("<p:getUserInfo/>", header))
    assert answer.status_code == 200


def test_a_session_ends_with_its_logout(client: Client) -> None:
    token = client.org.token()
    header = f"<p:SessionHeader><p:sessionId>{token}</p:sessionId></p:SessionHeader>"
    answer = client.post("/services/Soap/u/59.0", data=envelope("<p:logout/>", header))
    assert (answer.status_code, "<logoutResponse/>" in answer.text) == (200, True)
    again = client.post("/services/Soap/u/59.0", data=envelope("<p:logout/>", header))
    assert again.status_code == 500
    assert "<faultcode>sf:INVALID_SESSION_ID</faultcode>" in again.text
    client.session.headers["Authorization"] = f"Bearer {token}"
    assert client.get("sobjects").status_code == 401


def test_an_operation_that_is_not_emulated_is_named(client: Client) -> None:
    answer = client.post("/services/Soap/u/59.0", data=envelope("<p:convertLead/>"))
    message = (
        "No operation available for request {urn:partner.soap.sforce.com}convertLead, "
        "please check the WSDL for the service."
    )
    assert (answer.status_code, fault(answer.content)) == (500, ("soapenv:Client", message))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "UNKNOWN_EXCEPTION"),
        (b"not xml", "UNKNOWN_EXCEPTION"),
        (b"<a>", "UNKNOWN_EXCEPTION"),
        (b'<?xml version="1.0" encoding="nonsense"?>' + login(), "UNKNOWN_EXCEPTION"),
        (b"\xff\xfe\x00", "UNKNOWN_EXCEPTION"),
        (b"<a/>", "soapenv:Client"),
        (envelope(""), "soapenv:Client"),
        (b'<!DOCTYPE x [<!ENTITY e "boom">]>' + login(username="&e;"), "soapenv:Client"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + login(), "soapenv:Client"),
    ],
)
def test_what_is_no_soap_request_is_a_fault(client: Client, body: bytes, code: str) -> None:
    answer = client.post("/services/Soap/u/59.0", data=body)
    assert answer.status_code == 500
    assert fault(answer.content)[0] == code
    assert b"root:" not in answer.content


@pytest.mark.parametrize(
    ("method", "address"),
    [("GET", "u/59.0"), ("POST", "u/19.0"), ("POST", "u/69.0"), ("POST", "m/59.0"), ("POST", "u/x")],
)
def test_another_address_or_method_is_a_fault(client: Client, method: str, address: str) -> None:
    answer = client.send(method, f"/services/Soap/{address}", data=login() if method == "POST" else None)
    assert answer.status_code == 500
    assert fault(answer.content)[1]


def test_under_strict_authentication_only_known_users_with_their_password_get_in() -> None:
    with mock_salesforce(strict_auth=True) as org:
        strict = Client(org)
        org.seed({"passwords": {"admin@chatlift.test": "secret"}})
        assert strict.post("/services/Soap/u/59.0", data=login("admin@chatlift.test", "secret")).status_code == 200
        assert strict.post("/services/Soap/u/59.0", data=login("admin@chatlift.test", "wrong")).status_code == 500
        assert strict.post("/services/Soap/u/59.0", data=login("nobody@x.test", "secret")).status_code == 500


def test_under_strict_authentication_a_password_counts_as_soon_as_it_is_set() -> None:
    with mock_salesforce(strict_auth=True) as org:
        strict, user_id = Client(org), org.administrator["Id"]
        header = f"<p:SessionHeader><p:sessionId>{org.token()}</p:sessionId></p:SessionHeader>"

        def call(body: str) -> str:
            return strict.post("/services/Soap/u/59.0", data=envelope(body, header)).text

        def status(password: str) -> int:
            return strict.post("/services/Soap/u/59.0", data=login("admin@chatlift.test", password)).status_code

        call(f"<p:setPassword><p:userId>{user_id}</p:userId><p:password>abcdefg1</p:password></p:setPassword>")
        assert status("abcdefg1") == 200
        made = etree.fromstring(call(f"<p:resetPassword><p:userId>{user_id}</p:userId></p:resetPassword>").encode())
        assert status("abcdefg1") == 500
        assert status(made.findtext(f".//{PARTNER}password") or "") == 200
