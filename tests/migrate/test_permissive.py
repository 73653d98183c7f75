"""An org that is opened for test set-up says that Conversation can be created: a migration writes there what a real org keeps to itself."""

from collections.abc import Callable
from pathlib import Path

import orjson

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects

Command = Callable[..., tuple[int, str, str]]
LOADED = ("MessagingSession", "Conversation", "ConversationParticipant", "ConversationEntry")


def count(live: LiveOrg, name: str) -> int:
    answer = live.session().get(
        f"{live.https}/services/data/v62.0/query",
        params={"q": f"SELECT COUNT() FROM {name}"},
        headers={"Authorization": f"Bearer {live.org.token()}"},
    )
    found: int = answer.json()["totalSize"]
    return found


def test_conversations_are_loaded_where_the_target_says_that_they_can_be(
    chatlift: Command, source: Path, tmp_path: Path
) -> None:
    out, package = tmp_path / "out", tmp_path / "package"
    assert chatlift("migrate", source, out)[0] == 0
    assert chatlift("migrate", "package", out, package)[0] == 0
    config = OrgConfig(objects=tuple(read_objects(str(package))), permissive_messaging=True)
    with live_org(config) as live:
        token = tmp_path / "token"
        token.write_text(live.org.token())
        status, told, err = chatlift(
            "migrate", source, live.http, "--work", tmp_path / "work", "--target-token-file", token
        )
        assert status == 0, told + err
        wanted = {name: len((out / f"{name}.jsonl").read_bytes().splitlines()) for name in LOADED}
        assert {name: count(live, name) for name in LOADED} == wanted
        assert wanted["Conversation"] > 0 and wanted["ConversationEntry"] > 0
        conversation = orjson.loads((out / "Conversation.jsonl").read_bytes().splitlines()[0])
        path = f"connect/conversation/{conversation['ConversationIdentifier']}/entries"
        headers = {"Authorization": f"Bearer {live.org.token()}"}
        answer = live.session().get(f"{live.https}/services/data/v62.0/{path}", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"conversationEntries": []})
