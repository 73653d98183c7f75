"""Files: the document around a version, its links, its sizes."""

import base64

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

HELLO = base64.b64encode(b"Hello World").decode()


def rows(org: Org, me: Caller, soql: str) -> list[dict[str, object]]:
    found = org.query.run(me, soql).records
    return [{name: value for name, value in row.items() if name != "attributes"} for row in found]


def test_a_version_brings_its_document_and_is_measured(org: Org, me: Caller) -> None:
    made = org.records.create(me, "ContentVersion", {"PathOnClient": "C:\\notes\\a day.TXT", "VersionData": HELLO})
    version = org.records.retrieve(me, "ContentVersion", made)
    assert version["Title"] == "a day"
    assert (version["FileExtension"], version["FileType"]) == ("TXT", "TEXT")
    assert (version["ContentSize"], version["Checksum"]) == (11, "b10a8db164e0754105b7a99be72e3fe5")
    assert (version["IsLatest"], version["VersionNumber"], version["PublishStatus"]) == (True, "1", "R")
    document = org.records.retrieve(me, "ContentDocument", version["ContentDocumentId"])
    assert (document["Title"], document["LatestPublishedVersionId"]) == ("a day", made)
    assert (document["ContentSize"], document["FileType"], document["OwnerId"]) == (11, "TEXT", me.user_id)
    links = rows(org, me, "SELECT LinkedEntityId, ShareType FROM ContentDocumentLink")
    assert links == [{"LinkedEntityId": me.user_id, "ShareType": "I"}]
    assert org.records.content(me, "ContentVersion", made, "VersionData") == b"Hello World"


def test_a_version_is_linked_to_where_it_is_published_first(org: Org, me: Caller) -> None:
    account = org.records.create(me, "Account", {"Name": "A"})
    values = {"Title": "t", "PathOnClient": "t.bin", "VersionData": HELLO, "FirstPublishLocationId": account}
    made = org.records.create(me, "ContentVersion", values)
    version = org.records.retrieve(me, "ContentVersion", made)
    assert (version["FileType"], version["PublishStatus"]) == ("UNKNOWN", "P")
    found = rows(
        org,
        me,
        f"SELECT ContentDocumentId, ShareType, Visibility FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'",
    )
    assert found == [{"ContentDocumentId": version["ContentDocumentId"], "ShareType": "V", "Visibility": "AllUsers"}]


def test_a_second_version_takes_the_place_of_the_first(org: Org, me: Caller) -> None:
    first = org.records.create(me, "ContentVersion", {"PathOnClient": "a.txt", "VersionData": HELLO})
    document = org.records.retrieve(me, "ContentVersion", first)["ContentDocumentId"]
    more = {"PathOnClient": "b.pdf", "VersionData": base64.b64encode(b"x").decode(), "ContentDocumentId": document}
    second = org.records.create(me, "ContentVersion", more)
    found = rows(org, me, "SELECT Id, IsLatest, VersionNumber FROM ContentVersion ORDER BY VersionNumber")
    assert found == [
        {"Id": first, "IsLatest": False, "VersionNumber": "1"},
        {"Id": second, "IsLatest": True, "VersionNumber": "2"},
    ]
    changed = org.records.retrieve(me, "ContentDocument", document)
    assert (changed["Title"], changed["ContentSize"], changed["LatestPublishedVersionId"]) == ("b", 1, second)
    assert org.query.run(me, "SELECT COUNT() FROM ContentDocument").total_size == 1


def test_a_document_takes_its_versions_and_links_with_it(org: Org, me: Caller) -> None:
    made = org.records.create(me, "ContentVersion", {"PathOnClient": "a.txt", "VersionData": HELLO})
    org.records.delete(me, "ContentDocument", org.records.retrieve(me, "ContentVersion", made)["ContentDocumentId"])
    for name in ("ContentVersion", "ContentDocumentLink"):
        assert org.query.run(me, f"SELECT COUNT() FROM {name}").total_size == 0


def test_a_version_without_any_name_leaves_nothing(org: Org, me: Caller) -> None:
    with pytest.raises(OrgError) as refused:
        org.records.create(me, "ContentVersion", {"VersionData": HELLO})
    assert (refused.value.code, refused.value.fields) == ("REQUIRED_FIELD_MISSING", ("Title",))
    assert org.query.run(me, "SELECT COUNT() FROM ContentDocument").total_size == 0


def test_an_attachment_knows_its_length(org: Org, me: Caller) -> None:
    account = org.records.create(me, "Account", {"Name": "A"})
    made = org.records.create(me, "Attachment", {"Name": "a.txt", "ParentId": account, "Body": HELLO})
    assert org.records.retrieve(me, "Attachment", made)["BodyLength"] == 11
    org.records.update(me, "Attachment", made, {"Body": base64.b64encode(b"xy").decode()})
    assert org.records.retrieve(me, "Attachment", made)["BodyLength"] == 2
    assert org.records.content(me, "Attachment", made, "Body") == b"xy"


def test_a_file_without_a_byte_is_a_file(org: Org, me: Caller) -> None:
    account = org.records.create(me, "Account", {"Name": "A"})
    made = org.records.create(me, "Attachment", {"Name": "a.txt", "ParentId": account, "Body": ""})
    assert org.records.retrieve(me, "Attachment", made)["BodyLength"] == 0
    assert org.records.content(me, "Attachment", made, "Body") == b""
    with pytest.raises(OrgError, match="REQUIRED_FIELD_MISSING"):
        org.records.create(me, "Attachment", {"Name": "a.txt", "ParentId": account, "Body": None})
