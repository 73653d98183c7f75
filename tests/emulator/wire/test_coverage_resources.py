"""Every resource of the coverage page is asked for: what is emulated answers, what is refused or missing says so.

A resource that is emulated is asked for by an example, which must succeed. A GET needs none where words of `WORDS` in the place of
what stands in braces will do.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from lxml import etree

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.app import create_app
from chatlift.emulator.wire.coverage import document
from chatlift.emulator.wire.exchange import Settings

from .conftest import Client

V = "/services/data/v59.0"
PAGE = 200
"""The smallest page of a query."""
BASES = {surface.protocol: surface.base for surface in document.surfaces()}


def of(state: str) -> list[Any]:
    """Return the resources in a state, as parameters: protocol, method (SOAP posts all), name, error."""
    return [
        pytest.param(
            protocol["name"], method, one["name"], one.get("error", ""), id=f"{protocol['name']} {method} {one['name']}"
        )
        for protocol in document.protocols()
        for one in protocol["resources"]
        if one["state"] == state
        for method in one["methods"] or ["POST"]
    ]


class World:
    """An org with some records, and ways to ask for anything in it; and another one to be steered, for steering resets it."""

    def __init__(self, org: OrgHandle, steered: OrgHandle) -> None:
        self.org = org
        self.client = Client(org)
        self.session = self.client.session
        self.user = org.administrator["Id"]
        many = [{"object": "Lead", "fields": {"LastName": f"L{one}", "Company": "C"}} for one in range(PAGE + 1)]
        many += [{"object": "ApexClass", "fields": {"Name": f"C{one}"}} for one in range(PAGE + 1)]
        org.seed({"records": many})
        self.account = self.make("Account", Name="Acme")
        self.contact = self.make("Contact", LastName="Ada", AccountId=self.account)
        self.steering = create_app(steered.org, Settings()).test_client()

    def make(self, sobject: str, **values: Any) -> str:
        answer = self.client.post(f"sobjects/{sobject}", json=values)
        assert answer.status_code == 201, answer.text
        id_: str = answer.json()["id"]
        return id_

    def conversation(self) -> str:
        """Return the address of the entries of a conversation without any."""
        fields = {"ConversationIdentifier": str(uuid4()), "StartTime": "2026-06-15T12:00:00Z"}
        self.org.seed({"records": [{"object": "Conversation", "fields": fields}]})
        return f"connect/conversation/{fields['ConversationIdentifier']}/entries"

    def below(self, levels: int) -> str:
        """Return the address of an account over as many parents; it may be changed and deleted."""
        top = self.make("Account", Name="Top")
        for _ in range(levels):
            top = self.make("Account", Name="Below", ParentId=top)
        return f"sobjects/Account/{top}" + "/Parent" * levels

    def filled(self, name: str) -> str:
        """Return an address with something that is there in the place of what stands in braces."""
        words = {
            "action": "NewContact" if "quickActions" in name else "emailSimple",
            "field": "Id",
            "id": "000000000000000AAA" if name.startswith("tooling") else self.contact,
            "id or field": self.user if name.endswith("password") else self.contact,
            "kind": "flow",
            "name": "UserAlt" if "namedLayouts" in name else "primary",
            "object": self.object_of(name),
            "record type": "012000000000000AAA",
            "relationship": "Parent",
            "type": "ApexClass",
            "unknown": "999.0",
            "value, relationship or file": "Account",
            "view": self.view(),
            "version": "59.0",
        }
        return re.sub(r"{([^}]*)}", lambda found: words.get(found[1], "nonsense"), name)

    def object_of(self, name: str) -> str:
        if name.startswith("tooling"):
            return "ApexClass"
        return "User" if "namedLayouts" in name or name.endswith("password") else "Contact"

    def view(self) -> str:
        found: str = self.client.get("sobjects/Contact/listviews").json()["listviews"][0]["id"]
        return found

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.client.send(method, path, **options)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as org, mock_salesforce() as steered:
        yield World(org, steered)


# --- REST ---------------------------------------------------------------------------------------------------------------

Example = Callable[[World], requests.Response]


def sent(method: str, path: str, body: Any = None) -> Example:
    return lambda world: world.send(method, world.filled(path), json=body)


def paged(resource: str, soql: str) -> Example:
    def ask(world: World) -> requests.Response:
        headers = {"Sforce-Query-Options": f"batchSize={PAGE}"}
        first = world.client.get(f"{resource}?q={soql}", headers=headers).json()
        return world.send("GET", first["nextRecordsUrl"].replace("/query/", f"/{resource.rpartition('/')[2]}/"))

    return ask


def quick(place: str) -> Example:
    return sent("POST", f"{place}quickActions/NewContact", {"record": {"LastName": "Quick"}})


def at_parent(method: str, levels: int) -> Example:
    body = {"Name": "Changed"} if method == "PATCH" else None
    return lambda world: world.send(method, world.below(levels), json=body)


RECORD = {"attributes": {"type": "Contact"}, "LastName": "Many"}
PARTS = [{"method": "GET", "url": f"{V}/limits", "referenceId": "a"}]
GRAPH = [{"method": "POST", "url": f"{V}/sobjects/Contact", "referenceId": "a", "body": {"LastName": "Graph"}}]
DATES = "start=2026-06-15T11:00:00Z&end=2026-06-15T12:00:00Z"
OBJECT = "sobjects/{object}"
DEEP = f"{OBJECT}/{{id or field}}/{{value, relationship or file}}"
REST: dict[str, Example] = {
    "GET ": sent("GET", f"{V}"),
    "GET /services/data": sent("GET", "/services/data"),
    "POST composite": sent("POST", "composite", {"compositeRequest": PARTS}),
    "POST composite/batch": sent(
        "POST", "composite/batch", {"batchRequests": [{"method": "GET", "url": "v59.0/limits"}]}
    ),
    "POST composite/graph": sent("POST", "composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": GRAPH}]}),
    "POST composite/tree/{object}": sent(
        "POST",
        "composite/tree/Contact",
        {"records": [{"attributes": {"type": "Contact", "referenceId": "a"}, "LastName": "Tree"}]},
    ),
    "POST composite/sobjects": sent("POST", "composite/sobjects", {"records": [RECORD]}),
    "PATCH composite/sobjects": lambda world: world.send(
        "PATCH", "composite/sobjects", json={"records": [RECORD | {"id": world.contact}]}
    ),
    "DELETE composite/sobjects": lambda world: world.send(
        "DELETE", f"composite/sobjects?ids={world.make('Contact', LastName='Gone')}"
    ),
    "GET composite/sobjects/{object}": lambda world: world.send(
        "GET", f"composite/sobjects/Contact?ids={world.contact}&fields=Id"
    ),
    "POST composite/sobjects/{object}": lambda world: world.send(
        "POST", "composite/sobjects/Contact", json={"ids": [world.contact], "fields": ["Id"]}
    ),
    "PATCH composite/sobjects/{object}/{field}": lambda world: world.send(
        "PATCH", "composite/sobjects/Contact/Id", json={"records": [RECORD | {"Id": world.contact}]}
    ),
    "GET connect/conversation/{identifier}/entries": lambda world: world.send("GET", world.conversation()),
    "PATCH connect/conversation/{identifier}/entries": lambda world: world.send(
        "PATCH",
        world.conversation(),
        json={"conversationEntriesUpdates": [{"identifier": "none", "messageText": "[removed]"}]},
    ),
    "GET compactLayouts": sent("GET", "compactLayouts?q=Contact"),
    "GET limits/recordCount": sent("GET", "limits/recordCount?sObjects=Contact"),
    "GET query": sent("GET", "query?q=SELECT+Id+FROM+Contact"),
    "GET queryAll": sent("GET", "queryAll?q=SELECT+Id+FROM+Contact"),
    "GET query/{locator}": paged("query", "SELECT Id FROM Lead"),
    "GET queryAll/{locator}": paged("queryAll", "SELECT Id FROM Lead"),
    "GET tooling/query/{locator}": paged("tooling/query", "SELECT Id FROM ApexClass"),
    "GET search": sent("GET", "search?q=FIND+%7BAda%7D"),
    "GET search/layout": sent("GET", "search/layout?q=Contact"),
    "GET search/suggestions": sent("GET", "search/suggestions?q=Ada&sobject=Contact"),
    "GET search/suggestSearchQueries": sent("GET", "search/suggestSearchQueries?q=Ada"),
    "GET parameterizedSearch": sent("GET", "parameterizedSearch?q=Ada"),
    "POST parameterizedSearch": sent("POST", "parameterizedSearch", {"q": "Ada"}),
    "POST quickActions/{action}": quick(""),
    "POST sobjects/{object}/quickActions/{action}": quick("sobjects/Contact/"),
    f"POST {OBJECT}": sent("POST", "sobjects/Contact", {"LastName": "Made"}),
    f"GET {OBJECT}/updated": sent("GET", f"sobjects/Contact/updated?{DATES}"),
    f"GET {OBJECT}/deleted": sent("GET", f"sobjects/Contact/deleted?{DATES}"),
    f"PATCH {OBJECT}/{{id or field}}": sent("PATCH", "sobjects/Contact/{id}", {"FirstName": "Ada"}),
    f"DELETE {OBJECT}/{{id or field}}": lambda world: world.send(
        "DELETE", f"sobjects/Contact/{world.make('Contact', LastName='Gone')}"
    ),
    f"POST {OBJECT}/{{id or field}}": sent("POST", "sobjects/Contact/Id", {"LastName": "Restforce"}),
    f"POST {OBJECT}/{{id or field}}/password": sent(
        "POST", "sobjects/User/{id or field}/password", {"NewPassword": "abcd1234"}
    ),
    f"DELETE {OBJECT}/{{id or field}}/password": sent("DELETE", "sobjects/User/{id or field}/password"),
    **{
        f"{method} {DEEP}{'/{relationship}' * (levels - 1)}": at_parent(method, levels)
        for method in ("GET", "PATCH", "DELETE")
        for levels in range(1, 6)
    },
    "GET tooling/query": sent("GET", "tooling/query?q=SELECT+Id+FROM+ApexClass"),
    "GET tooling/queryAll": sent("GET", "tooling/queryAll?q=SELECT+Id+FROM+ApexClass"),
    "GET tooling/search": sent("GET", "tooling/search?q=FIND+%7BAda%7D"),
    "GET tooling/sobjects/{object}/{id}": lambda world: world.send(
        "GET",
        "tooling/sobjects/ApexClass/"
        + world.client.get("tooling/query?q=SELECT+Id+FROM+ApexClass+LIMIT+1").json()["records"][0]["Id"],
    ),
    "GET tooling/executeAnonymous": sent("GET", "tooling/executeAnonymous?anonymousBody=return;"),
}
NOTHING = {
    "GET sobjects/{object}/describe/approvalLayouts/{name}": 404,  # there are no approval processes
    "PATCH sobjects/{object}/{id or field}/password": 405,  # not of users, but the fields of other types may have the name
}
"""What is there and can find nothing in an org without settings."""


# --- SOAP ---------------------------------------------------------------------------------------------------------------


def soap(world: World, body: str, address: str = "/services/Soap/u/59.0") -> requests.Response:
    header = f"<SessionHeader><sessionId>{world.org.token()}</sessionId></SessionHeader>"
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:s="urn:sobject.partner.soap.sforce.com"><e:Header>'
        f"{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
    )
    return world.client.post(address, data=envelope.encode(), headers={"Content-Type": "text/xml"})


WINDOW = "<startDate>2026-06-15T11:00:00Z</startDate><endDate>2026-06-15T12:00:00Z</endDate>"
LEAD = "<s:type>Lead</s:type><s:Id>{lead}</s:Id>"
NEW = "<sObjects><s:type>Contact</s:type><s:LastName>Soap</s:LastName></sObjects>"
SOAP = {
    "create": NEW,
    "delete": "<ids>{spare}</ids>",
    "describeCompactLayouts": "<sObjectType>Contact</sObjectType>",
    "describeLayout": "<sObjectType>Contact</sObjectType>",
    "describeSObject": "<sObjectType>Contact</sObjectType>",
    "describeSObjects": "<sObjectType>Contact</sObjectType>",
    "describeTheme": "<sobjectType>Contact</sobjectType>",
    "emptyRecycleBin": "<ids>{gone}</ids>",
    "getDeleted": f"<sObjectType>Contact</sObjectType>{WINDOW}",
    "getUpdated": f"<sObjectType>Contact</sObjectType>{WINDOW}",
    "invalidateSessions": "<sessionIds>{session}</sessionIds>",
    "login": "<username>admin@chatlift.test</username><password>any</password>",
    "query": "<queryString>SELECT Id FROM Contact</queryString>",
    "queryAll": "<queryString>SELECT Id FROM Contact</queryString>",
    "queryMore": "<queryLocator>{locator}</queryLocator>",
    "resetPassword": "<userId>{user}</userId>",
    "retrieve": "<fieldList>Id</fieldList><sObjectType>Contact</sObjectType><ids>{contact}</ids>",
    "search": "<searchString>FIND {{Ada}}</searchString>",
    "setPassword": "<userId>{user}</userId><password>abcd1234</password>",
    "undelete": "<ids>{gone}</ids>",
    "update": "<sObjects><s:type>Contact</s:type><s:Id>{contact}</s:Id><s:FirstName>Ada</s:FirstName></sObjects>",
    "upsert": f"<externalIDFieldName>Id</externalIDFieldName>{NEW}",
}
"""The arguments of the operations that have any."""


def ask_soap(world: World, operation: str) -> requests.Response:
    spare, gone = (world.make("Contact", LastName="Spare") for _ in range(2))
    world.client.send("DELETE", f"sobjects/Contact/{gone}")
    first = world.client.get(
        "query?q=SELECT+Id+FROM+Lead", headers={"Sforce-Query-Options": f"batchSize={PAGE}"}
    ).json()
    words = {"spare": spare, "gone": gone, "user": world.user, "contact": world.contact, "session": world.org.token()}
    words["locator"] = first["nextRecordsUrl"].rpartition("/")[2]
    answer = soap(world, f"<{operation}>{SOAP.get(operation, '').format(**words)}</{operation}>")
    found = etree.fromstring(answer.content)
    assert not [one for one in found.iter("{*}success") if one.text != "true"], answer.text
    assert found.find(f".//{{*}}{operation}Response") is not None, answer.text
    return answer


# --- Bulk ---------------------------------------------------------------------------------------------------------------

CSV = {"Content-Type": "text/csv"}


def ask_bulk2(world: World, method: str, name: str) -> requests.Response:
    """Ask for a resource of a job that is as far as the resource needs it."""
    kind, _, below = name.partition("/")
    described = {"operation": "insert", "object": "Contact"} if kind == "ingest" else QUERY
    job = world.client.post(f"jobs/{kind}", json=described).json()
    if kind == "ingest" and below != "{id}/batches":
        world.send("PUT", f"jobs/ingest/{job['id']}/batches", data=b"LastName\nBulk\n", headers=CSV)
        if method != "PATCH":
            world.send("PATCH", f"jobs/ingest/{job['id']}", json={"state": "UploadComplete"})
    if kind == "query" and method == "PATCH":
        world.org.jobs.hold(seconds=60)
        job = world.client.post(f"jobs/{kind}", json=described).json()
    else:
        world.org.jobs.settle()
    options: dict[str, Any] = {
        "POST": {"json": described},
        "PATCH": {"json": {"state": "UploadComplete" if kind == "ingest" else "Aborted"}},
        "PUT": {"data": b"LastName\nBulk\n", "headers": CSV},
    }
    answer = world.send(method, f"jobs/{name.replace('{id}', job['id'])}", **options.get(method, {}))
    world.org.jobs.hold(seconds=0)
    return answer


QUERY = {"operation": "query", "query": "SELECT Id FROM Contact"}


def ask_bulk1(world: World, method: str, name: str) -> requests.Response:
    session = {"X-SFDC-Session": world.org.token(), "Content-Type": "application/json"}
    base = "/services/async/59.0/"
    described = {"operation": "query", "object": "Contact", "contentType": "JSON"}
    job = world.client.post(f"{base}job", json=described, headers=session).json()["id"]
    soql = b"SELECT Id FROM Contact"
    batch = world.client.post(f"{base}job/{job}/batch", data=soql, headers=session).json()["id"]
    world.org.jobs.settle()
    path = name.replace("{id}", job, 1).replace("{id}", batch, 1)
    if "{id}" in path:
        results = world.client.get(f"{base}{path.rpartition('/')[0]}", headers=session).json()
        path = path.replace("{id}", results[0])
    bodies: dict[str, Any] = {
        "job": {"json": described},
        "job/{id}": {"json": {"state": "Closed"}},
        "job/{id}/batch": {"data": soql},
    }
    options: dict[str, Any] = bodies[name] if method == "POST" else {}
    return world.send(method, base + path, headers=session, **options)


# --- OAuth and OpenID Connect -------------------------------------------------------------------------------------------

AUTHORIZE = {"response_type": "code", "client_id": "app", "redirect_uri": "https://app.test/"}
FORMS: dict[str, dict[str, str]] = {
    "/services/oauth2/authorize": AUTHORIZE | {"username": "admin@chatlift.test", "password": "x", "decision": "allow"},
    "/services/oauth2/token": {
        "grant_type": "password",
        "client_id": "app",
        "username": "admin@chatlift.test",
        "password": "x",
    },
}


def ask_oauth(world: World, method: str, name: str) -> requests.Response:
    """Ask for an endpoint; of a grant only that it is known, since most need a round of their own."""
    path, _, grant = name.partition(" grant_type=")
    path = path.replace("{org}", world.org.org.users.organization["Id"]).replace("{user}", world.user)
    form = {"grant_type": grant, "client_id": "app"} if grant else FORMS.get(path, {"token": world.org.token()})
    if path.endswith("logout"):
        form = {"id_token_hint": id_token(world)}
    given = {"params": form} if method == "GET" else {"data": form}
    answer = world.send(method, path, allow_redirects=False, **given)
    if grant:
        assert answer.status_code == 200 or answer.json()["error"] != "unsupported_grant_type"
    return answer


def id_token(world: World) -> str:
    form = FORMS["/services/oauth2/authorize"] | {"response_type": "token id_token", "scope": "openid", "nonce": "n"}
    answer = world.client.post("/services/oauth2/authorize", data=form, allow_redirects=False)
    found = re.search(r"id_token=([^&]*)", answer.headers["Location"])
    assert found
    return found[1]


# --- the page -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("protocol", "method", "name", "error"), of("emulated"))
def test_what_is_emulated_answers(world: World, protocol: str, method: str, name: str, error: str) -> None:
    if protocol in (
        "Chat REST",
        "Control",
        "Agents",
        "Messaging for In-App and Web",
        "Messaging for In-App and Web v1",
        "Messaging for In-App and Web, events",
        "Interaction Service",
        "Conversation Data",
        "Reps",
    ):  # they have tests of their own: here, that the page names nothing else
        path = re.sub(r"{[^}]*}", "nonsense", name if name.startswith("/") else f"{BASES[protocol]}/{name}".rstrip("/"))
        told = world.steering.open(path, method=method, json={} if method not in ("GET", "DELETE") else None)
        assert told.status_code != 405
        assert not re.search("Unknown noun|there is no call|there is no resource|resource does not exist", told.text)
        return
    if protocol == "REST" and f"{method} {name}" in NOTHING:
        assert world.send(method, world.filled(name)).status_code == NOTHING[f"{method} {name}"]
        return
    if protocol == "REST":
        example = REST.get(f"{method} {name}") or sent(method, name)
        answer = example(world)
    elif name.startswith("/services/wsdl"):
        answer = world.send(method, name)
    elif protocol == "SOAP":
        answer = ask_soap(world, name)
    elif protocol == "Bulk 2.0":
        answer = ask_bulk2(world, method, name)
    elif protocol == "Bulk 1.0":
        answer = ask_bulk1(world, method, name)
    else:
        answer = ask_oauth(world, method, name)
        if "grant_type=" in name:
            return
    assert answer.status_code < 400, answer.text


@pytest.mark.parametrize(("protocol", "method", "name", "error"), of("missing"))
def test_what_is_missing_answers_as_an_unknown_thing(
    world: World, protocol: str, method: str, name: str, error: str
) -> None:
    if protocol == "SOAP":
        address = world.filled(name) if name.startswith("/") else "/services/Soap/u/59.0"
        answer = soap(world, "<login/>" if name.startswith("/") else f"<{name}/>", address)
        assert answer.status_code == 500
        assert (
            "There is no SOAP API at" if name.startswith("/") else "No operation available for request"
        ) in answer.text
    elif protocol == "Bulk 1.0":
        headers = {"X-SFDC-Session": world.org.token(), "Content-Type": "application/json"}
        answer = world.send(method, f"/services/async/59.0/{world.filled(name)}", headers=headers)
        assert (answer.status_code, answer.json()["exceptionCode"]) == (400, "InvalidUrl")
    elif protocol == "Chat REST":
        answer = world.send(method, f"/chat/rest/{name}", headers={"X-LIVEAGENT-API-VERSION": "59"}, json={})
        assert (answer.status_code, answer.text) == (404, f"Unknown noun {name}")
    elif protocol.startswith("Messaging"):
        answer = world.send(method, f"{BASES[protocol]}/{name}")
        assert (answer.status_code, answer.json()["message"]) == (404, f"there is no resource {BASES[protocol]}/{name}")
    elif protocol in ("Interaction Service", "Conversation Data"):
        answer = world.send(method, f"{BASES[protocol]}/{name}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, 404)
    elif " grant_type=" in name:
        path, _, grant = name.partition(" grant_type=")
        answer = world.send(method, path, data={"grant_type": grant, "client_id": "app"})
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    elif protocol.startswith("OAuth"):
        answer = world.send(method, name)
        assert (answer.status_code, answer.json()["error"]) == (404, "invalid_request")
    else:
        answer = world.send(method, world.filled(name), json={} if method != "GET" else None)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND"), answer.text


@pytest.mark.parametrize(("protocol", "method", "name", "error"), of("refused"))
def test_what_is_refused_says_its_error(world: World, protocol: str, method: str, name: str, error: str) -> None:
    inputs = {
        "inputs": [{"emailAddresses": "a@x.test", "emailSubject": "s", "emailBody": "b", "objectId": world.contact}]
    }
    answer = world.send(method, world.filled(name), json=inputs)
    assert 400 <= answer.status_code < 500
    assert f'"{error}"' in answer.text


@pytest.mark.parametrize("name", [name for group in document.platform()["objects"] for name in group["names"]])
def test_an_object_that_is_missing_is_unknown(world: World, name: str) -> None:
    assert world.client.get(f"sobjects/{name}/describe").json()[0]["errorCode"] == "NOT_FOUND"
    assert world.client.get(f"query?q=SELECT+Id+FROM+{name}").json()[0]["errorCode"] == "INVALID_TYPE"


def test_each_example_is_of_a_resource_that_there_is() -> None:
    offered = {f"{method} {name}" for protocol, method, name, _ in (one.values for one in of("emulated"))}
    assert REST.keys() <= offered
    assert {f"POST {name}" for name in SOAP} <= offered
