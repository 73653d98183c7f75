"""The published flow of a custom client, on plain `requests` over HTTPS: token, stream, conversation, messages, file, end."""

import json
from typing import Any
from uuid import uuid4

import requests

from .conftest import Office

BASE = "/iamessage/api/v2"


class Reader:
    """Reads an event stream line by line, as the HTML standard tells."""

    def __init__(self, session: requests.Session, url: str, headers: dict[str, str]) -> None:
        self.response = session.get(url, headers=headers, stream=True, timeout=30)
        self._lines = self.response.iter_lines(chunk_size=1, decode_unicode=True)

    def frame(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return found
            name, _, value = line.partition(": ")
            found[name] = value
        raise EOFError

    def until(self, event: str) -> dict[str, Any]:
        """Return the entry of the next event of a name, its payload read."""
        while True:
            frame = self.frame()
            if frame["event"] == event:
                entry: dict[str, Any] = json.loads(frame["data"])["conversationEntry"]
                return entry | {"entryPayload": json.loads(entry["entryPayload"])}


def test_a_client_goes_from_token_to_end(office: Office) -> None:
    web, org_id = office.live.session(), office.live.org.organization_id[:15]
    base = office.live.https + BASE
    asked = {"orgId": org_id, "esDeveloperName": "Web_Chat", "capabilitiesVersion": "1", "platform": "Web"}
    answer = web.post(f"{base}/authorization/unauthenticated/access-token", json=asked, timeout=10)
    assert answer.status_code == 200
    token = answer.json()
    subject = token["context"]["endUser"]["subject"]
    assert subject.startswith(f"v2/iamessage/ANON/{org_id}/uid:")
    assert token["context"]["endUser"]["role"] == "EndUser"
    assert token["lastEventId"].isdecimal()
    bearer = {"Authorization": f"Bearer {token['accessToken']}"}

    events = Reader(
        office.live.session(),
        f"{office.live.https}/eventrouter/v1/sse?_ts=1760000000000",
        bearer | {"X-Org-Id": org_id, "Accept": "text/event-stream", "Last-Event-Id": token["lastEventId"]},
    )
    assert events.response.status_code == 200
    assert events.response.headers["Content-Type"] == "text/event-stream"
    assert events.response.headers["Cache-Control"] == "no-cache"
    assert events.response.headers["X-Accel-Buffering"] == "no"  # or a proxy would hold events back
    assert events.frame() == {"event": "ping", "data": "0"}

    id_ = str(uuid4())
    begin = {"conversationId": id_, "esDeveloperName": "Web_Chat", "routingAttributes": {"_firstName": "Maya"}}
    assert web.post(f"{base}/conversation", json=begin, headers=bearer, timeout=10).status_code == 201
    routed = events.until("CONVERSATION_ROUTING_RESULT")["entryPayload"]
    assert (routed["routingType"], routed["failureType"]) == ("Initial", "None")
    where = f"{base}/conversation/{id_}"
    assert web.get(where, headers=bearer, timeout=10).json() == {"routingStatus": "NEEDS_ROUTING"}

    office.reps.login(office.kim)
    session_id = office.reps.accept_next(office.kim)
    events.until("CONVERSATION_ROUTING_WORK_RESULT")
    (came,) = events.until("CONVERSATION_PARTICIPANT_CHANGED")["entryPayload"]["entries"]
    assert (came["operation"], came["displayName"], came["participant"]["role"]) == ("add", "Kim Kerr", "Agent")
    status = events.until("CONVERSATION_SESSION_STATUS_CHANGED")["entryPayload"]
    assert (status["sessionStatusPrev"], status["sessionStatus"]) == ("Waiting", "Active")
    assert web.get(where, headers=bearer, timeout=10).json() == {"routingStatus": "ROUTED"}

    message_id = str(uuid4())
    message = {
        "message": {
            "id": message_id,
            "messageType": "StaticContentMessage",
            "staticContent": {"formatType": "Text", "text": "Hello"},
        },
        "esDeveloperName": "Web_Chat",
        "isNewMessagingSession": False,
        "language": "en_US",
    }
    answer = web.post(f"{where}/message", json=message, headers=bearer, timeout=10)
    assert answer.status_code == 202
    (taken,) = answer.json()["conversationEntries"]
    assert taken["id"] == message_id and taken["clientTimestamp"] > 1_700_000_000_000
    echo = events.until("CONVERSATION_MESSAGE")
    assert (echo["identifier"], echo["sender"]["role"], echo["sender"]["subject"]) == (message_id, "EndUser", subject)
    assert echo["entryPayload"]["abstractMessage"]["staticContent"]["text"] == "Hello"
    assert echo["relatedRecords"] == [session_id]

    office.reps.say(session_id, office.kim, "Hi Maya")
    heard = events.until("CONVERSATION_MESSAGE")
    assert (heard["sender"]["role"], heard["senderDisplayName"]) == ("Agent", "Kim Kerr")
    assert heard["entryPayload"]["abstractMessage"]["staticContent"] == {"formatType": "Text", "text": "Hi Maya"}

    entry = {"esDeveloperName": "Web_Chat", "message": {"id": str(uuid4()), "fileId": str(uuid4()), "text": "see"}}
    parts: dict[str, Any] = {
        "messageEntry": (None, json.dumps(entry), "application/json"),
        "fileData": ("box.png", b"\x89PNG and so on", "image/png"),
    }
    assert web.post(f"{where}/file", files=parts, headers=bearer, timeout=10).status_code == 202
    content = events.until("CONVERSATION_MESSAGE")["entryPayload"]["abstractMessage"]["staticContent"]
    (attachment,) = content["attachments"]
    assert (content["formatType"], content["text"]) == ("Attachments", "see")
    assert (attachment["name"], attachment["mimeType"]) == ("box.png", "image/png")
    assert web.get(attachment["url"], headers=bearer, timeout=10).content == b"\x89PNG and so on"

    listed = web.get(f"{where}/entries", params={"entryTypeFilter": "Message"}, headers=bearer, timeout=10).json()
    payloads = [
        one["entryPayload"]["abstractMessage"]["staticContent"]["text"] for one in listed["conversationEntries"]
    ]
    assert payloads == ["see", "Hi Maya", "Hello"]

    gone = web.delete(f"{where}/session", params={"esDeveloperName": "Web_Chat"}, headers=bearer, timeout=10)
    assert gone.status_code == 204
    over = events.until("CONVERSATION_SESSION_STATUS_CHANGED")["entryPayload"]
    assert (over["sessionStatus"], over["sessionEndedByRole"]) == ("Ended", "EndUser")
    events.response.close()
    (row,) = office.rows("SELECT Id, Status, EndedByType, AgentType FROM MessagingSession")
    assert (row["Id"], row["Status"], row["EndedByType"]) == (session_id, "Ended", "EndUser")


def test_the_older_form_of_the_api_works_too(office: Office) -> None:
    web, org_id = office.live.session(), office.live.org.organization_id
    base = f"{office.live.https}/iamessage/v1"
    asked = {"orgId": org_id, "developerName": "Web_Chat", "capabilitiesVersion": "260"}
    url = f"{base}/authorization/unauthenticated/accessToken?clientName=Web_v1"
    token = web.post(url, json=asked, timeout=10).json()
    web.headers["Authorization"] = f"Bearer {token['accessToken']}"

    without = web.post(f"{base}/conversation", json={}, timeout=10)
    assert (without.status_code, without.json()["message"]) == (412, "Conversation Precondition failed")
    stream = web.get(f"{office.live.https}/eventrouter/v1/sse", headers={"X-Org-Id": org_id}, stream=True, timeout=30)
    assert stream.status_code == 200
    begun = web.post(f"{base}/conversation", json={"language": "en", "conversationModes": ["Messaging"]}, timeout=10)
    assert begun.status_code == 201
    where = f"{base}/conversation/{begun.json()['conversationId']}"
    body = {
        "id": str(uuid4()),
        "messageType": "StaticContentMessage",
        "staticContent": {"formatType": "Text", "text": "old"},
    }
    assert web.post(f"{where}/message", json=body, timeout=10).status_code == 202
    entries = web.get(f"{where}/entries?limit=1", timeout=10).json()["conversationEntries"]
    assert entries[0]["identifier"] == body["id"]
    assert web.delete(where, timeout=10).status_code == 204
    assert web.post(f"{where}/message", json=body | {"id": str(uuid4())}, timeout=10).status_code == 409
    stream.close()
