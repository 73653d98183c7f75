"""Files of conversations: sent, kept at the session, fetched back, and refused."""

import json
from typing import Any
from uuid import uuid4

import pytest
import requests

from chatlift.emulator.messaging import EndUser

from .conftest import Office, refusal


def url_of(who: EndUser) -> str:
    (entry,) = who.entries(entryTypeFilter="Message", limit=1)
    url: str = entry["entryPayload"]["abstractMessage"]["staticContent"]["attachments"][0]["url"]
    return url


def post(office: Office, who: EndUser, **options: Any) -> requests.Response:
    url = f"{office.live.https}/iamessage/api/v2/conversation/{who.conversation_id}/file"
    headers = {"Authorization": f"Bearer {who.access_token}"} | options.pop("headers", {})
    return office.live.session().post(url, headers=headers, timeout=20, **options)


def entry(**message: Any) -> tuple[None, str, str]:
    said = {"id": str(uuid4()), "fileId": str(uuid4()), "text": "see"} | message
    return (None, json.dumps({"esDeveloperName": "Web_Chat", "message": said}), "application/json")


def test_a_file_is_a_content_version_at_the_session(office: Office) -> None:
    maya, session = office.served()
    maya.send_file("folder/box of ü.txt", b"content", "text/plain", text="look")
    assert maya.fetch(url_of(maya)) == b"content"
    headers = {"Authorization": f"Bearer {maya.access_token}"}
    answer = office.live.session().get(url_of(maya), headers=headers, timeout=10)
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''box%20of%20%C3%BC.txt"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (version,) = office.rows("SELECT Id, Title, PathOnClient, ContentSize, ContentDocumentId FROM ContentVersion")
    assert (version["Title"], version["PathOnClient"], version["ContentSize"]) == ("box of ü", "box of ü.txt", 7)
    links = office.rows(
        f"SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = '{version['ContentDocumentId']}'"
    )
    assert session in [link["LinkedEntityId"] for link in links]


def test_a_file_may_begin_the_session_that_it_is_kept_at(office: Office) -> None:
    maya, session = office.served()
    office.reps.end(session, office.kim)
    maya.send_file("a.txt", b"a", "text/plain")
    (version,) = office.rows("SELECT FirstPublishLocationId FROM ContentVersion")
    (running,) = office.rows("SELECT Id FROM MessagingSession WHERE Status != 'Ended'")
    assert version["FirstPublishLocationId"] == running["Id"] != session


def test_a_file_is_the_end_users_own(office: Office) -> None:
    maya, other = office.begun(), office.begun()
    maya.send_file("a.txt", b"a", "text/plain")
    url = url_of(maya)
    assert refusal(lambda: other.fetch(url))[0] == 403
    assert office.live.session().get(url, timeout=10).status_code == 401
    maya.close()
    assert maya.fetch(url) == b"a"


def test_what_a_rep_sends_is_fetched_too(office: Office) -> None:
    maya, session = office.served()
    answer = office.live.session().post(
        f"{office.live.https}/services/data/v60.0/sobjects/ContentVersion",
        json={"Title": "Offer", "PathOnClient": "offer.txt", "VersionData": "b2ZmZXI="},
        headers={"Authorization": f"Bearer {office.live.org.token()}"},
        timeout=10,
    )
    version = answer.json()["id"]
    where = f"{office.live.https}/iamessage/api/v2/conversation/{maya.conversation_id}/file/{version}"
    assert refusal(lambda: maya.fetch(where))[0] == 404
    attachment = {"name": "offer.txt\r\n", "id": version, "mimeType": "text/plain\r\nX-Other: 1", "url": where}
    content = {"formatType": "Attachments", "attachments": [attachment]}
    office.reps.send(session, office.kim, {"messageType": "StaticContentMessage", "staticContent": content})
    assert maya.fetch(where) == b"offer"


def test_a_file_that_is_deleted_is_gone(office: Office) -> None:
    maya = office.begun()
    maya.send_file("a.txt", b"a", "text/plain")
    (version,) = office.rows("SELECT ContentDocumentId FROM ContentVersion")
    office.live.session().delete(
        f"{office.live.https}/services/data/v60.0/sobjects/ContentDocument/{version['ContentDocumentId']}",
        headers={"Authorization": f"Bearer {office.live.org.token()}"},
        timeout=10,
    )
    assert refusal(lambda: maya.fetch(url_of(maya)))[0] == 404


def test_a_file_that_is_sent_twice_is_kept_once(office: Office) -> None:
    maya = office.begun()
    parts = {"messageEntry": entry(), "file": ("a.txt", b"a", "text/plain")}
    first, second = (post(office, maya, files=parts) for _ in range(2))
    assert first.status_code == second.status_code == 202 and first.json() == second.json()
    assert len(office.rows("SELECT Id FROM ContentVersion")) == 1


def test_the_id_of_another_file_is_refused(office: Office) -> None:
    maya = office.begun()
    file_id = str(uuid4())
    statuses = [
        post(
            office, maya, files={"messageEntry": entry(fileId=file_id), "f": ("a.txt", b"a", "text/plain")}
        ).status_code
        for _ in range(2)
    ]
    assert statuses == [202, 400]


def test_files_are_bounded_by_the_channel(office: Office) -> None:
    maya = office.begun("Small_Chat")
    maya.send_file("a.txt", b"a" * 100, "text/plain")
    assert refusal(lambda: maya.send_file("a.txt", b"a" * 101, "text/plain"))[0] == 413
    assert refusal(lambda: office.begun("Plain_Chat").send_file("a.txt", b"a", "text/plain"))[0] == 409
    assert refusal(lambda: office.begun().send_file("a.txt", b"a" * 5_242_881, "text/plain"))[0] == 413


@pytest.mark.parametrize(
    ("name", "content_type"), [("a.exe", "application/octet-stream"), ("A.HTML", "text/plain"), ("a.txt", "text/html")]
)
def test_what_a_browser_or_a_system_would_run_is_not_taken(office: Office, name: str, content_type: str) -> None:
    maya = office.begun()
    assert refusal(lambda: maya.send_file(name, b"a", content_type))[0] == 415
    assert office.rows("SELECT Id FROM ContentVersion") == []


@pytest.mark.parametrize(
    "parts",
    [
        {"file": ("a.txt", b"a", "text/plain")},
        {"messageEntry": entry()},
        {"messageEntry": entry(), "one": ("a.txt", b"a", "text/plain"), "two": ("b.txt", b"b", "text/plain")},
        {"messageEntry": entry(), "file": ("a.txt", b"", "text/plain")},
        {"messageEntry": (None, "{", "application/json"), "file": ("a.txt", b"a", "text/plain")},
        {"messageEntry": (None, "{}", "application/json"), "file": ("a.txt", b"a", "text/plain")},
        {"messageEntry": entry(id="a"), "file": ("a.txt", b"a", "text/plain")},
        {"messageEntry": entry(fileId="a"), "file": ("a.txt", b"a", "text/plain")},
        {"messageEntry": entry(text=7), "file": ("a.txt", b"a", "text/plain")},
    ],
)
def test_parts_that_are_not_whole_are_refused(office: Office, parts: dict[str, Any]) -> None:
    maya = office.begun()
    assert post(office, maya, files=parts).status_code == 400
    assert office.rows("SELECT Id FROM ContentVersion") == []


def test_json_as_a_file_part_is_read_too(office: Office) -> None:
    maya = office.begun()
    said = ("entry.json", entry()[1], "application/json")
    answer = post(office, maya, files={"messageEntry": said, "fileData": ("a.txt", b"a", "text/plain")})
    assert answer.status_code == 202


def test_another_body_is_no_file(office: Office) -> None:
    maya = office.begun()
    assert post(office, maya, json={}).status_code == 415
    broken = {"Content-Type": "multipart/form-data"}
    assert post(office, maya, data=b"nothing", headers=broken).status_code == 400
    spaced = {"Content-Type": "multipart/form-data; boundary= bound"}  # a client of the API writes it so
    body = (
        b'--bound\r\nContent-Disposition: form-data; name="messageEntry"\r\nContent-Type: application/json\r\n\r\n'
        + entry()[1].encode()
        + b'\r\n--bound\r\nContent-Disposition: form-data; name="fileData"; filename="a.txt"\r\n'
        + b"Content-Type: text/plain\r\n\r\na\r\n--bound--\r\n"
    )
    assert post(office, maya, data=body, headers=spaced).status_code == 202
