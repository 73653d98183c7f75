"""What the platform itself writes: any stored field, and of a change no more than what changes."""

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.scenario import open_org


def test_a_change_by_the_platform_names_only_what_changes() -> None:
    org = open_org(OrgConfig())
    admin = org.users.administrator_id
    channel = {
        "DeveloperName": "chat",
        "MasterLabel": "Chat",
        "Language": "en_US",
        "RelatedEntity": "LiveChatTranscript",
    }
    visitor = org.records.create_by_system(admin, "LiveChatVisitor", {"SessionKey": "v"})
    values = {
        "UserId": admin,
        "WorkItemId": org.records.create_by_system(admin, "LiveChatTranscript", {"LiveChatVisitorId": visitor}),
        "ServiceChannelId": org.records.create_by_system(admin, "ServiceChannel", channel),
        "Status": "Assigned",
    }
    work = org.records.create_by_system(admin, "AgentWork", values)
    assert org.records.update_by_system(
        admin, "AgentWork", work, {"Status": "Opened", "AcceptDateTime": "2026-01-05T09:00:00Z"}
    )
    row = org.records.retrieve(Caller(admin), "AgentWork", work)
    assert row["Status"] == "Opened"
    assert row["AcceptDateTime"] == "2026-01-05T09:00:00.000+0000"
    assert row["UserId"] == admin
    org.close()
