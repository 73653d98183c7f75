"""Files that visitors sent: found on the records that chats name, carried, loaded, restored."""

import base64
from hashlib import md5, sha256
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import responses

from chatlift.migrate import Plan, TerminalError
from chatlift.migrate.plan import Privacy, commented
from chatlift.migrate.port import Org, Refused
from chatlift.migrate.prospect import look
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Hands, run, run_org
from chatlift.migrate.verify import verify

if TYPE_CHECKING:
    from chatlift.emulator.live import LiveOrg

CASE, OTHER_CASE = "500000000000001AAA", "500000000000002AAA"
CAME = (
    '<div align="center">Agent Dana K requested a file transfer</div><div align="center">File transfer succeeded.</div>'
)
PICTURE, LETTER = b"\x89PNG a picture", "Grüße\r\n".encode()


def version(number: int, minute: int, **values: str) -> dict[str, str]:
    """A ContentVersion row of a Data Export; its document has the same number."""
    row = {
        "Id": f"068000000000{number:03}AAA",
        "ContentDocumentId": f"069000000000{number:03}AAA",
        "IsLatest": "1",
        "Title": f"file {number}",
        "PathOnClient": f"file {number}.png",
        "FileExtension": "png",
        "ContentSize": str(len(PICTURE)),
        "Checksum": md5(PICTURE).hexdigest(),
        "CreatedDate": f"2026-03-02 08:{minute:02}:30",
        "FirstPublishLocationId": "",
    }
    return row | values


def link(number: int, record: str) -> dict[str, str]:
    return {
        "Id": f"06A000000000{number:03}AAA",
        "ContentDocumentId": f"069000000000{number:03}AAA",
        "LinkedEntityId": record,
    }


def sent(export: Any, parent: int, minute: int, name: str = "", number: int = 1) -> dict[str, str]:
    event: dict[str, str] = export.event(number, parent, "FileTransferSuccess", Detail=name)
    return event | {"Time": f"2026-03-02 08:{minute:02}:31"}


def write(folder: Path, export: Any, tables: dict[str, Any], bodies: dict[str, bytes]) -> Path:
    export.folder(folder, {name: rows for name, rows in tables.items() if rows})
    for name, content in bodies.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def migrated(source: Path, out: Path, export: Any, **decisions: Any) -> Path:
    outcome = run(source, out, Plan(**decisions), hands=Hands(block_size=1500))
    assert outcome.exit_code == 0
    assert verify(out, source) == []
    restore_to(out, out.with_name("back"))
    assert export.tree(out.with_name("back")) == export.tree(source)
    return out


def warnings(out: Path, export: Any) -> dict[str, list[str]]:
    return {one["warning"]: one["examples"] for one in export.json(out / "manifest.json")["warnings"]}


def test_a_file_that_came_to_the_case_while_an_event_tells_of_one_is_the_chat_s(tmp_path: Path, export: Any) -> None:
    tables = {
        "LiveChatTranscript": [
            export.transcript(1, Body=export.HEAD + "( 4s ) Visitor: look<br>" + CAME),
            export.transcript(2, CaseId=OTHER_CASE),
        ],
        "LiveChatTranscriptEvent": [sent(export, 1, 20)],
        "ContentDocumentLink": [link(1, CASE), link(2, CASE), link(3, OTHER_CASE)],
        "ContentVersion": [version(1, 20), version(2, 40), version(3, 20)],
    }
    bodies = {"ContentVersion/068000000000001": PICTURE, "ContentVersion/068000000000002AAA": LETTER}
    out = migrated(write(tmp_path / "source", export, tables, bodies), tmp_path / "out", export)
    [file] = export.rows(out, "ContentVersion")
    session = export.rows(out, "MessagingSession")[0]
    assert file["FirstPublishLocationId"] == session["Id"]
    assert file["Legacy_File_Id__c"] == "068000000000001AAA"
    assert (file["Legacy_File_Basis__c"], file["Legacy_Linked_Record_Id__c"]) == ("time", CASE)
    assert file["Legacy_File_Path__c"] == f"carried/{sha256(PICTURE).hexdigest()}"
    assert (out / file["Legacy_File_Path__c"]).read_bytes() == PICTURE
    assert (file["ContentSize"], file["Checksum"]) == (len(PICTURE), md5(PICTURE).hexdigest())
    marked = [entry["Message"] for entry in export.rows(out, "ConversationEntry") if entry["HasAttachments"]]
    assert marked == ["File transfer succeeded."]
    [payload] = [row["Payload"] for row in export.rows(out, "OffPlatformEntry") if row["Source"].endswith("Event")]
    assert payload["files"] == [file["Id"]]
    assert not [told for told in warnings(out, export) if told.startswith("file")]


def test_name_tells_files_apart_and_what_fits_several_ways_is_nobody_s(tmp_path: Path, export: Any) -> None:
    tables = {
        "LiveChatTranscript": [export.transcript(1), export.transcript(2, CaseId=OTHER_CASE), export.transcript(3)],
        "LiveChatTranscriptEvent": [
            sent(export, 1, 20, "File 2.PNG"),
            sent(export, 2, 30),
            sent(export, 3, 50, "nowhere.png"),
        ],
        "ContentDocumentLink": [link(1, CASE), link(2, CASE), link(3, OTHER_CASE), link(4, OTHER_CASE)],
        "ContentVersion": [version(1, 20), version(2, 20), version(3, 30), version(4, 31)],
    }
    bodies = {f"ContentVersion/{row['Id']}": PICTURE for row in tables["ContentVersion"]}
    out = migrated(write(tmp_path / "source", export, tables, bodies), tmp_path / "out", export)
    found = {row["Legacy_File_Id__c"][14]: row for row in export.rows(out, "ContentVersion")}
    assert sorted(found) == ["2", "3", "4"]
    assert found["2"]["Legacy_File_Basis__c"] == "name and time"
    for number in "34":
        assert found[number]["FirstPublishLocationId"] is None
        assert found[number]["Legacy_File_Basis__c"] == "ambiguous: several files fit"
    told = warnings(out, export)
    assert told["file: several files fit"] == ["068000000000003AAA", "068000000000004AAA"]
    assert told["file: an event tells of one that was not found"] == ["570000000000003AAA"]
    marked = [entry for entry in export.rows(out, "ConversationEntry") if entry["HasAttachments"]]
    assert [(entry["ActorType"], entry["Message"], entry["Legacy_Role_Basis__c"]) for entry in marked] == [
        ("EndUser", None, "event")
    ]


def test_two_chats_of_one_case_at_the_same_time_do_not_share_a_file(tmp_path: Path, export: Any) -> None:
    tables = {
        "LiveChatTranscript": [export.transcript(1), export.transcript(2)],
        "LiveChatTranscriptEvent": [sent(export, 1, 20), sent(export, 2, 21, f"sent to {OTHER_CASE[:15]}.")],
        "ContentDocumentLink": [link(1, CASE), link(2, OTHER_CASE)],
        "ContentVersion": [version(1, 20), version(2, 59)],
    }
    source = write(tmp_path / "source", export, tables, {"ContentVersion/068000000000001AAA": PICTURE})
    [file] = export.rows(migrated(source, tmp_path / "out", export), "ContentVersion")
    assert file["FirstPublishLocationId"] is None
    assert file["Legacy_File_Basis__c"] == "ambiguous: several chats fit"


def test_an_event_may_name_the_record_that_a_file_was_sent_to(tmp_path: Path, export: Any) -> None:
    tables = {
        "LiveChatTranscript": [export.transcript(1, CaseId="")],
        "LiveChatTranscriptEvent": [sent(export, 1, 20, f"file for {OTHER_CASE[:15]}")],
        "ContentDocumentLink": [link(1, OTHER_CASE)],
        "ContentVersion": [version(1, 20)],
    }
    source = write(tmp_path / "source", export, tables, {"ContentVersion/068000000000001AAA": PICTURE})
    [file] = export.rows(migrated(source, tmp_path / "out", export), "ContentVersion")
    assert (file["Legacy_File_Basis__c"], file["Legacy_Linked_Record_Id__c"]) == ("time", OTHER_CASE)


def test_attachments_and_files_on_the_transcript_itself(tmp_path: Path, export: Any) -> None:
    attachment = {
        "Id": "00P000000000001AAA",
        "ParentId": "570000000000001AAA",
        "Name": "../../etc/<b>passwd</b>",
        "BodyLength": str(len(LETTER)),
        "CreatedDate": "2026-03-05 10:00:00",
        "Body": base64.b64encode(LETTER).decode(),
    }
    second = attachment | {"Id": "00P000000000002AAA", "Body": "", "Name": "lost.txt"}
    tables = {
        "LiveChatTranscript": [export.transcript(1)],
        "Attachment": [attachment, second],
        "ContentVersion": [
            version(1, 59, FirstPublishLocationId="570000000000001AAA", IsLatest="0"),
            version(2, 59, FirstPublishLocationId="570000000000001AAA", Checksum="0" * 32),
        ],
    }
    source = write(tmp_path / "source", export, tables, {"ContentVersion/068000000000002AAA": PICTURE})
    out = migrated(source, tmp_path / "out", export)
    files = {row["Legacy_File_Id__c"]: row for row in export.rows(out, "ContentVersion")}
    assert sorted(files) == ["00P000000000001AAA", "00P000000000002AAA", "068000000000002AAA"]
    assert {row["Legacy_File_Basis__c"] for row in files.values()} == {"linked to the transcript"}
    inline = files["00P000000000001AAA"]
    assert inline["Legacy_File_Path__c"] == f"carried/{sha256(LETTER).hexdigest()}"
    assert (out / inline["Legacy_File_Path__c"]).read_bytes() == LETTER
    assert files["00P000000000002AAA"]["Legacy_File_Path__c"] is None
    told = warnings(out, export)
    assert told["file: its body is not in the source"] == ["00P000000000002AAA"]
    assert told["file: its body is not the one that its row tells of"] == ["068000000000002AAA"]


def test_plan_leaves_files_where_they_are(tmp_path: Path, export: Any) -> None:
    tables = {
        "LiveChatTranscript": [export.transcript(1)],
        "LiveChatTranscriptEvent": [sent(export, 1, 20)],
        "ContentDocumentLink": [link(1, CASE)],
        "ContentVersion": [version(1, 20)],
    }
    source = write(tmp_path / "source", export, tables, {"ContentVersion/068000000000001AAA": PICTURE})
    out = migrated(source, tmp_path / "out", export, files="leave")
    assert export.rows(out, "ContentVersion") == []
    assert warnings(out, export) == {}


def test_a_transfer_without_any_file_in_the_source_is_told_of(tmp_path: Path, export: Any) -> None:
    tables = {"LiveChatTranscript": [export.transcript(1)], "LiveChatTranscriptEvent": [sent(export, 1, 20)]}
    out = migrated(write(tmp_path / "source", export, tables, {}), tmp_path / "out", export)
    assert warnings(out, export)["file: an event tells of one that was not found"] == ["570000000000001AAA"]


@pytest.fixture
def desk(salesforce_server: "LiveOrg", export: Any) -> Any:
    """An org with a chat that had a file transfer, and its case with the file; a file of nobody, and one on the transcript."""
    from simple_salesforce import Salesforce

    client = Salesforce(
        username="admin@chatlift.test",
        password="test",
        security_token="test",
        domain=salesforce_server.login_domain,
        session=salesforce_server.session(),
    )
    case = client.Case.create({"Subject": "Broken lamp"})["id"]
    visitor = client.LiveChatVisitor.create({})["id"]
    chat = client.LiveChatTranscript.create(
        {
            "LiveChatVisitorId": visitor,
            "Status": "Completed",
            "CaseId": case,
            "RequestTime": "2026-02-14T08:59:00Z",
            "ChatKey": "key-1",
            "Body": export.HEAD + "( 4s ) Visitor: look<br>" + CAME,
        }
    )["id"]
    event = {"LiveChatTranscriptId": chat, "Type": "FileTransferSuccess", "Time": "2026-02-14T09:00:30Z"}
    client.LiveChatTranscriptEvent.create(event | {"Detail": "lamp.png"})

    def upload(name: str, content: bytes, record: str) -> str:
        data = base64.b64encode(content).decode()
        values = {"Title": name, "PathOnClient": name, "VersionData": data, "FirstPublishLocationId": record}
        return str(client.ContentVersion.create(values)["id"])

    files = {"lamp": upload("lamp.png", PICTURE, case), "note": upload("../../note.txt", LETTER, chat)}
    upload("other.txt", LETTER, client.Case.create({"Subject": "Else"})["id"])
    return SimpleNamespace(server=salesforce_server, client=client, case=case, chat=chat, files=files)


def org_of(desk: Any) -> Org:
    return Org(desk.server.http, desk.client.session_id, lambda seconds: None)


@pytest.mark.salesforce(now="2026-02-14T09:00:00Z")
def test_files_of_chats_are_downloaded_from_an_org(desk: Any, tmp_path: Path, export: Any) -> None:
    outcome = run_org(org_of(desk), tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    assert verify(tmp_path / "out") == []
    files = {row["Legacy_File_Id__c"]: row for row in export.rows(tmp_path / "out", "ContentVersion")}
    assert {id_: row["Legacy_File_Basis__c"] for id_, row in files.items()} == {
        desk.files["lamp"]: "name and time",
        desk.files["note"]: "linked to the transcript",
    }
    [session] = export.rows(tmp_path / "out", "MessagingSession")
    assert {row["FirstPublishLocationId"] for row in files.values()} == {session["Id"]}
    note = files[desk.files["note"]]
    assert (tmp_path / "out" / note["Legacy_File_Path__c"]).read_bytes() == LETTER
    restore_to(tmp_path / "out", tmp_path / "back")
    assert (tmp_path / "back" / "ContentVersion" / desk.files["lamp"]).read_bytes() == PICTURE
    assert not (tmp_path / "out" / ".chatlift" / "source").exists()


@pytest.mark.salesforce(now="2026-02-14T09:00:00Z")
def test_files_that_the_org_does_not_give_are_told_of(desk: Any, tmp_path: Path, export: Any) -> None:
    org = org_of(desk)

    def refuse(path: str, place: Path, size: int) -> None:
        raise Refused("no", "", 403, "INSUFFICIENT_ACCESS", "")

    org.download = refuse  # type: ignore[method-assign]
    outcome = run_org(org, tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    assert warnings(tmp_path / "out", export)["file: its body is not in the source"] == sorted(desk.files.values())
    run_org(org_of(desk), tmp_path / "left", Plan(files="leave"))
    assert export.rows(tmp_path / "left", "ContentVersion") == []


@responses.activate
def test_a_body_with_more_bytes_than_told_is_not_taken(tmp_path: Path) -> None:
    url = "https://org.test"
    responses.get(f"{url}/services/data/", json=[{"version": "62.0", "url": "/services/data/v62.0"}])
    responses.get(f"{url}/long", body=b"x" * 100)
    short = responses.get(f"{url}/short", body=b"x" * 5)
    org = Org(url, "token", lambda seconds: None)
    with pytest.raises(Refused, match="more bytes"):
        org.download("/long", tmp_path / "long", 99)
    with pytest.raises(TerminalError, match="broke off"):
        org.download("/short", tmp_path / "short", 6)
    org.download("/short", tmp_path / "short", 5)
    assert short.call_count == 6
    assert [path.name for path in tmp_path.iterdir()] == ["short"]


def test_plan_tells_how_much_room_files_take(tmp_path: Path, export: Any) -> None:
    tables = {"LiveChatTranscript": [export.transcript(1)], "LiveChatTranscriptEvent": [sent(export, 1, 20)]}
    source = write(tmp_path / "source", export, tables, {"ContentVersion/068000000000001AAA": b"x" * 2_600_000})
    text = commented(look(source))
    assert "events tell of 1 files of chats; legacy chat took 5 MB each, so they are 5 MB at most" in text
    assert "1 files of the source are no tables: 3 MB, all carried for the restore" in text
    assert '\nfiles = "carry"\n' in text


@pytest.mark.salesforce(now="2026-02-14T09:00:00Z")
def test_files_of_chats_are_read_from_a_snapshot(desk: Any, tmp_path: Path, export: Any) -> None:
    session = desk.server.session()
    made = session.post(f"{desk.server.http}/_chatlift/snapshots", json={}).json()
    path = tmp_path / "org.snapshot"
    path.write_bytes(session.get(f"{desk.server.http}/_chatlift/snapshots/{made['id']}").content)
    assert run(path, tmp_path / "out", Plan()).exit_code == 0
    assert verify(tmp_path / "out", path) == []
    files = {row["Legacy_File_Id__c"]: row for row in export.rows(tmp_path / "out", "ContentVersion")}
    assert sorted(files) == sorted(desk.files.values())
    lamp = files[desk.files["lamp"]]
    assert lamp["Legacy_File_Basis__c"] == "name and time"
    assert (tmp_path / "out" / lamp["Legacy_File_Path__c"]).read_bytes() == PICTURE


def test_masked_data_comes_without_files_unless_the_plan_keeps_them(tmp_path: Path, export: Any) -> None:
    attachment = {
        "Id": "00P000000000001AAA",
        "ParentId": "570000000000001AAA",
        "Name": "letter.txt",
        "CreatedDate": "2026-03-05 10:00:00",
        "Body": base64.b64encode(LETTER).decode(),
    }
    tables = {"LiveChatTranscript": [export.transcript(1)], "Attachment": [attachment]}
    source = write(tmp_path / "source", export, tables, {"ContentVersion/068000000000001AAA": PICTURE})
    for other_files in ("leave out", "keep"):
        out = tmp_path / other_files
        plan = Plan(privacy=Privacy(mask=("email",), other_files=other_files))
        assert run(source, out, plan).exit_code == 0
        held = b"".join(export.tree(out).values())
        is_kept = other_files == "keep"
        assert (base64.b64encode(LETTER) in held) == (PICTURE in held) == is_kept
        assert len(export.rows(out, "ContentVersion")) == is_kept
        told = {one["field"]: one["plan"] for one in export.json(out / "manifest.json")["masked"]}
        assert told.get("Attachment.Body") == (None if is_kept else "privacy.other_files")
