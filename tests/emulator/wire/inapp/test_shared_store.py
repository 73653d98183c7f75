"""The end-user API on PostgreSQL, where another process may write too."""

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org
from chatlift.emulator.messaging import EndUser, RepDesk

from .conftest import SCENARIO, Office, refusal


def test_a_conversation_is_held_on_postgresql(postgresql_url: str) -> None:
    with live_org(OrgConfig(database=postgresql_url)) as live, live_org(OrgConfig(database=postgresql_url)) as second:
        office = Office(live, live.org.seed(SCENARIO), RepDesk(live.https, live.session()))
        maya, session = office.served()
        elsewhere = EndUser(second.https, live.org.organization_id, "Web_Chat", second.session())
        elsewhere.access_token, elsewhere.conversation_id = maya.access_token, maya.conversation_id
        with elsewhere.listen("") as stream:  # at the other process, which nobody wakes
            stream.connect()
            said = maya.say("Hello\0 and a smile 🙂", attributes={"note": "a\0b"})
            (told,) = stream.until("CONVERSATION_MESSAGE", 20)[-1:]
        assert (told.entry["identifier"], told.text) == (said, "Hello\0 and a smile 🙂")
        office.reps.say(session, office.kim, "Hi")
        maya.send_file("a.txt", b"content", "text/plain")
        (entry,) = elsewhere.entries(entryTypeFilter="Message", limit=1)
        url = entry["entryPayload"]["abstractMessage"]["staticContent"]["attachments"][0]["url"]
        assert elsewhere.fetch(url) == maya.fetch(url) == b"content"
        elsewhere.close()
        assert refusal(lambda: maya.say("after"))[0] == 409
        assert refusal(lambda: maya.call("GET", f"conversation/{maya.conversation_id}/file/a%00b"))[0] == 404
