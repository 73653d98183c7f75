"""Who may write the records of enhanced chat: by the real describes nobody but the platform, and everybody where the org is opened for it."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from chatlift.emulator import mock_salesforce
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.org.permissive import OPENED, SYSTEM

START, END = "2026-06-15T09:00:00.000+0000", "2026-06-15T09:10:00.000+0000"


def client(live: LiveOrg) -> Salesforce:
    return Salesforce(instance_url=live.https, session_id=live.org.token(), session=live.session(), version="62.0")


@pytest.fixture(scope="module")
def permissive() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(permissive_messaging=True)) as live:
        yield live


@pytest.fixture(scope="module")
def strict() -> Iterator[LiveOrg]:
    with live_org() as live:
        yield live


def parents(sf: Salesforce) -> dict[str, str]:
    """A channel and an end user of it, which any org lets the API create."""
    channel = sf.MessagingChannel.create(
        {"MasterLabel": "Web", "DeveloperName": "Web", "MessageType": "EmbeddedMessaging", "MessagingPlatformKey": "k",
         "PlatformType": "Enhanced", "IsActive": True}
    )["id"]  # fmt: skip
    end_user = sf.MessagingEndUser.create(
        {"Name": "Maya", "MessagingChannelId": channel, "MessageType": "EmbeddedMessaging", "MessagingPlatformKey": "u"}
    )["id"]
    return {"MessagingChannelId": channel, "MessagingEndUserId": end_user}


def flags(sf: Salesforce, name: str) -> dict[str, Any]:
    told: dict[str, Any] = getattr(sf, name).describe()
    return told


def refused(call: Any) -> tuple[int, str]:
    with pytest.raises((SalesforceMalformedRequest, SalesforceResourceNotFound)) as error:
        call()
    return error.value.status, error.value.content[0]["errorCode"]


def test_by_the_real_describes_conversations_are_the_platforms(strict: LiveOrg) -> None:
    strict.org.reset()
    sf = client(strict)
    told = flags(sf, "Conversation")
    assert (told["createable"], told["updateable"], told["deletable"]) == (False, False, False)
    assert not any(field["createable"] or field["updateable"] for field in told["fields"])
    fields = {"ConversationIdentifier": "c-1", "StartTime": START}
    assert refused(lambda: sf.Conversation.create(fields)) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    made = strict.org.seed({"records": [{"object": "Conversation", "ref": "c", "fields": fields}]})["c"]
    assert refused(lambda: sf.Conversation.update(made, {"EndTime": END}))[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert refused(lambda: sf.Conversation.delete(made))[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_by_the_real_describes_a_session_is_inserted_whole_and_never_ended_by_an_update(strict: LiveOrg) -> None:
    strict.org.reset()
    sf = client(strict)
    session = sf.MessagingSession.create(parents(sf) | {"Status": "Active", "StartTime": START})["id"]
    for change in ({"Status": "Ended"}, {"EndTime": END}, {"EndedByType": "Agent"}, {"Origin": "OptIn"}):
        assert refused(partial(sf.MessagingSession.update, session, change)) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert refused(lambda: sf.MessagingSession.create({"PreviewDetails": "x"}))[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert sf.MessagingSession.get(session)["Status"] == "Active"


def test_a_permissive_org_says_so_in_its_describes(permissive: LiveOrg) -> None:
    permissive.org.reset()
    sf = client(permissive)
    for name in OPENED:
        told = flags(sf, name)
        assert told["createable"] and told["updateable"] and told["deletable"], name
        for field in told["fields"]:
            is_open = field["name"] not in SYSTEM and not field["autoNumber"] and not field["calculated"]
            assert (field["createable"], field["updateable"]) == (is_open, is_open), (name, field["name"])
    assert not flags(sf, "LiveChatTranscriptEvent")["fields"][0]["updateable"]


def test_a_permissive_org_takes_a_whole_conversation_from_the_api(permissive: LiveOrg) -> None:
    permissive.org.reset()
    sf = client(permissive)
    up = parents(sf)
    conversation = sf.Conversation.create(
        {"ConversationIdentifier": "c-1", "StartTime": START, "ConversationChannelId": up["MessagingChannelId"]}
    )["id"]
    sf.ConversationParticipant.create(
        {"ConversationId": conversation, "ParticipantRole": "EndUser", "ParticipantEntityId": up["MessagingEndUserId"],
         "JoinedTime": START, "LastActiveTime": START}
    )  # fmt: skip
    session = sf.MessagingSession.create(up | {"Status": "Active", "ConversationId": conversation, "StartTime": START})[
        "id"
    ]
    entry = sf.ConversationEntry.create(
        {"ConversationId": conversation, "Seq": 1, "EntryTime": START, "EntryType": "Text", "ActorType": "EndUser",
         "Message": "Hello", "HasAttachments": False}
    )["id"]  # fmt: skip
    sf.MessagingSession.update(
        session, {"Status": "Ended", "EndTime": END, "EndedByType": "EndUser", "PreviewDetails": "Hello"}
    )
    sf.Conversation.update(conversation, {"EndTime": END})
    sf.ConversationEntry.update(entry, {"Message": "Goodbye"})
    soql = "SELECT Status, EndTime, PreviewDetails, Conversation.EndTime, Name FROM MessagingSession"
    (found,) = sf.query(soql)["records"]
    assert (found["Status"], found["EndTime"], found["PreviewDetails"]) == ("Ended", END, "Hello")
    assert found["Conversation"]["EndTime"] == END and found["Name"]
    assert sf.query("SELECT Message FROM ConversationEntry")["records"][0]["Message"] == "Goodbye"
    sf.ConversationEntry.delete(entry)
    sf.Conversation.delete(conversation)
    assert sf.query("SELECT Id FROM Conversation")["totalSize"] == 0


def test_values_are_checked_as_ever(permissive: LiveOrg) -> None:
    permissive.org.reset()
    sf = client(permissive)
    assert refused(lambda: sf.Conversation.create({"ConversationIdentifier": "c-1"})) == (400, "REQUIRED_FIELD_MISSING")
    fields = {"ConversationIdentifier": "c-1", "StartTime": START}
    sf.Conversation.create(fields)
    assert refused(lambda: sf.Conversation.create(fields))[1] == "DUPLICATE_VALUE"
    assert refused(lambda: sf.Conversation.create(fields | {"Name": "7"}))[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_an_org_in_process_is_opened_the_same_way() -> None:
    fields = {"ConversationIdentifier": "c-1", "StartTime": START}
    with mock_salesforce(permissive_messaging=True):
        sf = Salesforce(username="u", password="p", security_token="t")
        assert sf.Conversation.create(fields)["success"]
    with mock_salesforce():
        sf = Salesforce(username="u", password="p", security_token="t")
        assert refused(lambda: sf.Conversation.create(fields))[1] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_an_opened_org_stays_open_with_objects_of_its_own_and_after_a_reset() -> None:
    field = {"name": "Note__c", "label": "Note", "type": "string", "length": 20}
    config = OrgConfig(
        permissive_messaging=True, objects=({"name": "Conversation", "extends": True, "fields": [field]},)
    )
    with live_org(config) as live:
        sf = client(live)
        for identifier in ("c-1", "c-2"):
            made = sf.Conversation.create(
                {"ConversationIdentifier": identifier, "StartTime": START, "Note__c": "kept"}
            )["id"]
            assert sf.Conversation.get(made)["Note__c"] == "kept"
            live.org.reset()
