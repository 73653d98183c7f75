"""The end matrix and the rules of Session-Based Chat as clients of both sides see them, with the records that are left."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chatlift.emulator.messaging import EndUser, EndUserRefused, RepDesk, RuleBroken

from .conftest import SCENARIO, Office

KEY = rsa.generate_private_key(65537, 2048)
PEM = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def customer_token(subject: str = "maya") -> str:
    """A token by which a customer's own system says who somebody is."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    now = int(datetime.fromisoformat(SCENARIO["now"]).timestamp())
    claims = {
        "iss": "https://shop.test",
        "sub": subject,
        "aud": "https://acme.my.salesforce.com",
        "iat": now - 60,
        "exp": now + 3600,
    }
    signed = ".".join(part(json.dumps(one).encode()) for one in ({"alg": "RS256", "typ": "JWT", "kid": "k1"}, claims))
    return f"{signed}.{part(KEY.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def channels(office: Office) -> None:
    """Set up a channel of each kind: session-based or not, for verified users or not, on the web or in an app."""
    keysets = [{"name": "shop", "keyId": "k1", "publicKey": PEM, "issuer": "https://shop.test"}]
    kinds: list[dict[str, Any]] = [{}, {"sessionBased": True}, {"userVerification": True, "keysets": keysets}]
    made = [
        {"developerName": f"{platform}_{number}", "platform": platform, "agents": [office["kim"]], **kind}
        for platform in ("Web", "Mobile")
        for number, kind in enumerate(kinds)
    ]
    office.live.org.seed({"messaging": {"channels": made}})


def served(office: Office, platform: str, kind: int) -> tuple[EndUser, str]:
    """An end user in a session that kim has taken."""
    name = f"{platform}_{kind}"
    who = EndUser(
        office.live.https, office.live.org.organization_id, name, office.live.session(), platform=platform, capabilities="260"
    )  # fmt: skip
    who.log_in(customer_token() if kind == 2 else None)
    assert ("/AUTH/" in who.subject) == (kind == 2)
    who.begin(_firstName="Maya")
    office.desk.login(office["kim"])
    session_id = office.desk.accept_next(office["kim"])
    office.live.org.clock.advance(seconds=7)
    return who, session_id


def by_end_user(desk: RepDesk, who: EndUser, session_id: str, rep: str) -> None:
    who.end_session()


def by_rep(desk: RepDesk, who: EndUser, session_id: str, rep: str) -> None:
    desk.end(session_id, rep)


def by_bot(desk: RepDesk, who: EndUser, session_id: str, rep: str) -> None:
    desk.end_as(session_id, "Bot")


def by_system(desk: RepDesk, who: EndUser, session_id: str, rep: str) -> None:
    desk.end_as(session_id, "System")


ENDED_BY = {by_end_user: "EndUser", by_rep: "Agent", by_bot: "Bot", by_system: "System"}


@pytest.mark.parametrize("ended", ENDED_BY)
@pytest.mark.parametrize("kind", [0, 1, 2], ids=["off", "session-based", "verified"])
@pytest.mark.parametrize("platform", ["Web", "Mobile"])
def test_each_cell_of_the_end_matrix(office: Office, platform: str, kind: int, ended: Callable[..., None]) -> None:
    channels(office)
    who, session_id = served(office, platform, kind)
    who.say("Hello")
    ended(office.desk, who, session_id, office["kim"])
    ends = kind == 1 or (ended is by_end_user and platform == "Web" and kind == 0)

    (row,) = office.rows("SELECT Status, EndedByType, EndTime, Conversation.EndTime FROM MessagingSession")
    assert (row["Status"], row["EndedByType"]) == ("Ended", ENDED_BY[ended])
    assert row["EndTime"] == "2026-06-15T09:00:07.000+0000"
    assert row["Conversation"]["EndTime"] == (row["EndTime"] if ends else None)
    found = who.conversations(with_closed=True)
    assert (found["openConversationsFound"], found["closedConversationsFound"]) == ((0, 1) if ends else (1, 0))

    seen = office.desk.rep(office["kim"]).session(session_id)
    assert (seen.is_conversation_open, seen.ended_by) == (not ends, ENDED_BY[ended])
    with pytest.raises(RuleBroken, match="an ended session stays ended"):
        office.desk.say(session_id, office["kim"], "One more thing")
    texts = [
        entry["entryPayload"]["abstractMessage"]["staticContent"]["text"]
        for entry in who.entries(entryTypeFilter="Message")
    ]
    assert texts == ["Hello"]
    if ends:
        for attempt in (lambda: who.say("Again"), who.typing, who.end_session, who.close):
            with pytest.raises(EndUserRefused) as refused:
                attempt()
            assert refused.value.status == 409
    else:
        who.say("Again")
        statuses = office.rows("SELECT Status FROM MessagingSession ORDER BY StartTime, Id")
        assert [one["Status"] for one in statuses] == ["Ended", "Waiting"]
    again = who.begin()
    assert (
        office.rows(f"SELECT EndTime FROM Conversation WHERE ConversationIdentifier = '{again}'")[0]["EndTime"] is None
    )


def test_an_unpublished_change_does_nothing(office: Office) -> None:
    office.desk.change("Web_Chat", sessionBased=True)
    who, session_id = office.served()
    office.desk.end(session_id, office["kim"])
    who.say("Still open")
    office.desk.close(session_id, office["kim"])
    office.desk.publish("Web_Chat")
    office.desk.end(office.desk.accept_next(office["kim"]), office["kim"])
    with pytest.raises(EndUserRefused, match="has ended and can only be read"):
        who.say("Closed now")


def test_an_opt_out_ends_the_session_and_leaves_the_conversation(office: Office) -> None:
    office.desk.change("Short_Chat", optOutKeywords=["STOP"], optOutConfirmation="Bye then")
    office.desk.publish("Short_Chat")
    who, session_id = office.served(deployment="Short_Chat")
    who.say("stop")
    with pytest.raises(RuleBroken):
        office.desk.say(session_id, office["kim"], "Wait!")
    office.desk.close(session_id, office["kim"])
    with pytest.raises(RuleBroken, match="opted out"):
        office.desk.start(office["kim"], "Hello?", who.conversation_id)
    (row,) = office.rows(
        "SELECT Status, EndedByType, Conversation.EndTime, MessagingEndUser.MessagingConsentStatus FROM MessagingSession"
    )
    assert (row["Status"], row["EndedByType"], row["Conversation"]["EndTime"]) == ("Ended", "EndUser", None)
    assert row["MessagingEndUser"]["MessagingConsentStatus"] == "OptedOut"
    assert who.conversations()["openConversationsFound"] == 1
    who.say("I have changed my mind")
    assert office.desk.rep(office["kim"]).work[0].preview == "I have changed my mind"


def test_silence_ends_a_session_and_its_conversation_when_the_clock_is_moved(office: Office) -> None:
    office.desk.change("Short_Chat", inactivitySeconds=600)
    office.desk.publish("Short_Chat")
    _, session_id = office.served(deployment="Short_Chat")
    office.desk.say(session_id, office["kim"], "Are you there?")
    office.live.org.clock.advance(seconds=600)
    assert office.desk.rep(office["kim"]).session(session_id).status == "Inactive"
    office.live.org.clock.advance(hours=24)
    (row,) = office.rows("SELECT Status, EndedByType, EndTime, Conversation.EndTime FROM MessagingSession")
    assert (row["Status"], row["EndedByType"], row["EndTime"]) == ("Ended", "System", "2026-06-16T09:10:00.000+0000")
    assert row["Conversation"]["EndTime"] == row["EndTime"]


def test_the_old_id_never_opens_again(office: Office) -> None:
    who, session_id = office.served(deployment="Short_Chat")
    ended = who.conversation_id
    office.desk.end(session_id, office["kim"])
    for _ in range(2):
        with pytest.raises(EndUserRefused) as refused:
            who.begin(ended)
        assert refused.value.status == 409
        if office.desk.rep(office["kim"]).sessions:
            office.desk.close(session_id, office["kim"])
    assert who.conversations(with_closed=True)["closedConversationsFound"] == 1


def test_what_runs_goes_on_after_a_snapshot_and_a_restore(office: Office) -> None:
    who, session_id = office.served(deployment="Short_Chat")
    who.say("Hello")
    kept = office.live.org.snapshot()
    office.desk.end(session_id, office["kim"])
    office.live.org.restore(kept)
    seen = office.desk.rep(office["kim"]).session(session_id)
    assert (seen.status, [one.text for one in seen.messages]) == ("Active", ["Hello"])
    who.say("I am still here")
    assert len(office.desk.rep(office["kim"]).session(session_id).messages) == 2
