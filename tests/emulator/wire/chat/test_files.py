"""Files that visitors send (R40)."""

from typing import Any
from urllib.parse import quote

import pytest

from chatlift.emulator.chat import RuleBroken, Told, Visitor, VisitorRefused

from .conftest import Office

MEGABYTES_5 = 5_242_880


def wanted(office: Office) -> tuple[Visitor, Told]:
    """A visitor who is asked for a file, and the request."""
    visitor = office.talking()
    ann = office.ids["ann"]
    office.desk.attach(visitor.id, ann, office.ids["acme"])
    office.desk.request_file(visitor.id, ann, office.ids["acme"])
    return visitor, visitor.until("FileTransfer")[-1]


def files(office: Office) -> list[dict[str, Any]]:
    return office.rows("SELECT Name, BodyLength, ContentType, ParentId FROM Attachment")


def test_a_file_is_kept_at_the_record(office: Office) -> None:
    visitor, request = wanted(office)
    assert request.message["type"] == "Requested"
    assert request.message["uploadServletUrl"].startswith(f"{office.live.https}/chat/upload?chatKey={visitor.id}")
    answer = visitor.upload(request, "photo.png", b"\x89PNG", "image/png")
    assert answer["success"] is True
    assert visitor.until("FileTransfer")[-1].message["type"] == "Success"
    (row,) = files(office)
    assert (row["Name"], row["BodyLength"], row["ContentType"]) == ("photo.png", 4, "image/png")
    assert row["ParentId"] == office.ids["acme"]
    assert "Received photo.png" in office.desk.agent(office.ids["ann"]).chat(visitor.id).notices
    visitor.end()
    office.desk.close(visitor.id, office.ids["ann"])
    events = [row["Type"] for row in office.rows("SELECT Type FROM LiveChatTranscriptEvent ORDER BY Name")]
    assert events[-3:] == ["FileTransferRequested", "FileTransferSuccess", "EndVisitor"]


def test_five_megabytes_pass_and_a_byte_more_does_not(office: Office) -> None:
    visitor, request = wanted(office)
    assert visitor.upload(request, "a.bin", b"x" * (MEGABYTES_5 + 1)) == {
        "success": False,
        "reason": "the file is larger than 5 MB",
    }
    assert visitor.until("FileTransfer")[-1].message["type"] == "Failure"
    office.desk.request_file(visitor.id, office.ids["ann"], office.ids["acme"])
    request = visitor.until("FileTransfer")[-1]
    assert visitor.upload(request, "a.bin", b"x" * MEGABYTES_5)["success"] is True
    (row,) = files(office)
    assert row["BodyLength"] == MEGABYTES_5


def test_far_too_large_a_file_is_refused_unread(office: Office) -> None:
    visitor, request = wanted(office)
    assert visitor.upload(request, "a.bin", b"x" * 12_000_000)["reason"] == "the file is larger than 5 MB"
    assert files(office) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\a\\b.txt", "b.txt"),
        ("new\nline\t\x07.txt", "newline.txt"),
        ("....", "file"),
        ("/", "file"),
        ("x" * 300 + ".pdf", "x" * 76 + ".pdf"),
        ("bl\u00e5b\u00e6r.txt", "bl\u00e5b\u00e6r.txt"),
        ("<img src=x>.png", "<img src=x>.png"),
    ],
)
def test_a_name_is_kept_without_folders_and_control_characters(office: Office, name: str, kept: str) -> None:
    _, request = wanted(office)
    part = (
        f"--B\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}\r\n"
        "Content-Type: text/plain\r\n\r\nhello\r\n--B--\r\n"
    )
    answer = office.live.session().post(
        request.message["uploadServletUrl"],
        data=part.encode(),
        headers={"Content-Type": "multipart/form-data; boundary=B"},
        timeout=10,
    )
    assert answer.json()["success"] is True, answer.text
    assert [row["Name"] for row in files(office)] == [kept]


@pytest.mark.parametrize("name", ["a.exe", "a.HTML", "a.svg", "a.txt.js", "a.sh "])
def test_what_a_browser_or_a_system_would_run_is_refused(office: Office, name: str) -> None:
    visitor, request = wanted(office)
    assert visitor.upload(request, name, b"x") == {"success": False, "reason": "files of this type are not allowed"}
    assert files(office) == []


def test_an_empty_file_is_refused(office: Office) -> None:
    visitor, request = wanted(office)
    assert visitor.upload(request, "a.txt", b"")["reason"] == "the file is empty"


def test_a_file_nobody_asked_for_is_refused(office: Office) -> None:
    visitor, request = wanted(office)
    url, token = request.message["uploadServletUrl"], request.message["fileToken"]
    for wrong in (
        url.replace(token, "wrong"),
        url.partition("&")[0],
        url.replace(visitor.id, "nobody"),
        url.partition("?")[0],
    ):
        with pytest.raises(VisitorRefused, match="R40") as refused:
            visitor.upload(Told("FileTransfer", {"uploadServletUrl": wrong}), "a.txt", b"x")
        assert refused.value.status == 400
    assert visitor.upload(request, "a.txt", b"x")["success"] is True
    with pytest.raises(VisitorRefused, match="R40"):
        visitor.upload(request, "again.txt", b"x")


@pytest.mark.parametrize(
    "body", [b"", b"no multipart", b"--B\r\n", b"--B\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n--B--\r\n"]
)
def test_an_upload_without_a_file_is_400(office: Office, body: bytes) -> None:
    _, request = wanted(office)
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    url = request.message["uploadServletUrl"]
    answer = office.live.session().post(url, data=body, headers=headers, timeout=10)
    assert answer.status_code == 400, answer.text
    assert office.live.session().get(url, timeout=10).status_code == 405


def test_a_file_that_is_sent_in_chunks_has_the_same_bounds(office: Office) -> None:
    visitor, request = wanted(office)
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    url = request.message["uploadServletUrl"]
    session = office.live.session()
    answer = session.post(url, data=iter([head, b"hel", b"lo\r\n--B--\r\n"]), headers=headers, timeout=10)
    assert answer.json()["success"] is True, answer.text
    assert [row["BodyLength"] for row in files(office)] == [5]
    office.desk.request_file(visitor.id, office.ids["ann"], office.ids["acme"])
    url = visitor.until("FileTransfer")[-1].message["uploadServletUrl"]
    large = iter([head, *[b"x" * 1_000_000] * 6, b"\r\n--B--\r\n"])
    answer = session.post(url, data=large, headers=headers, timeout=10)
    assert answer.json() == {"success": False, "reason": "the file is larger than 5 MB"}


def test_either_side_can_call_a_file_off(office: Office) -> None:
    visitor, _ = wanted(office)
    ann, desk = office.ids["ann"], office.desk
    for by in (ann, None):
        desk.cancel_file(visitor.id, by)
        assert visitor.until("FileTransfer")[-1].message["type"] == "Canceled"
        with pytest.raises(RuleBroken, match="R40"):
            desk.cancel_file(visitor.id, by)
        desk.request_file(visitor.id, ann, office.ids["acme"])
        visitor.until("FileTransfer")
    visitor.end()
    desk.close(visitor.id, ann)
    events = [row["Type"] for row in office.rows("SELECT Type FROM LiveChatTranscriptEvent ORDER BY Name")]
    assert [type_ for type_ in events if "Cancel" in type_] == ["FileCanceledAgent", "FileCanceledChasitor"]


def test_a_record_must_be_attached_and_editable_first(office: Office) -> None:
    visitor = office.talking()
    ann, desk = office.ids["ann"], office.desk
    with pytest.raises(RuleBroken, match="R40: attach the record"):
        desk.request_file(visitor.id, ann, office.ids["acme"])
    desk.attach(visitor.id, ann, office.ids["acme"])
    desk.request_file(visitor.id, ann, office.ids["acme"][:15])
    with pytest.raises(RuleBroken, match="R40: a file is asked for"):
        desk.request_file(visitor.id, ann, office.ids["acme"])


def test_the_visitors_side_may_send_its_file_through_the_agent_api(office: Office) -> None:
    visitor, _ = wanted(office)
    url = f"{office.live.https}/_chatlift/chat/chats/{visitor.id}/file"
    session = office.live.session()
    assert (
        session.post(url, files={"file": ("a.txt", b"hi")}, params={"fileToken": "wrong"}, timeout=10).status_code
        == 409
    )
    assert session.post(url, json={}, timeout=10).status_code == 415
    assert session.post(f"{url}/file", files={"file": ("a.txt", b"hi")}, timeout=10).status_code == 404
    answer = session.post(url, files={"file": ("a.txt", b"hi")}, timeout=10)
    assert answer.json()["success"] is True
    token = office.live.org.token()
    row = f"{office.live.https}/services/data/v60.0/sobjects/Attachment/{answer.json()['id']}/Body"
    assert session.get(row, headers={"Authorization": f"Bearer {token}"}, timeout=10).content == b"hi"
