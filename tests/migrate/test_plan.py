"""The plan: its file, its checks, and what a look at a source adds to it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from chatlift.migrate.errors import UsageError
from chatlift.migrate.plan import Plan, Sight, commented, from_mapping
from chatlift.migrate.prospect import look


def test_commented_plan_has_every_key_with_its_default() -> None:
    document = tomllib.loads(commented(Sight()))
    assert set(document) == set(Plan().to_json())
    assert set(document["privacy"]) == set(Plan().privacy.to_json())
    assert from_mapping(document) == Plan()


def test_plan_survives_its_plain_values() -> None:
    plan = from_mapping({"session_based": False, "months": {"januari": 1}, "privacy": {"mask": ["email"]}})
    assert from_mapping(plan.to_json()) == plan


def test_commented_plan_quotes_what_the_source_says() -> None:
    hostile = 'a"\n[privacy]\nnames = "x"\\'
    sight = Sight(
        languages={hostile: 1},
        other_languages={hostile: 1},
        beginnings={hostile: 2},
        context_keys={hostile: 3},
        event_types={hostile: 1},
        statuses={hostile: 1},
        months={hostile: 1},
        objects={hostile: 1},
        custom_fields=(hostile,),
        personal={hostile: 1},
    )
    assert from_mapping(tomllib.loads(commented(sight))) == Plan()


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ({"colour": 1}, "unknown key 'colour'"),
        ({"session_base": True}, "Do you mean session_based?"),
        ({"privacy": {"name": "keep"}}, "unknown key 'privacy.name'. Do you mean privacy.names?"),
        ({"session_based": "yes"}, "session_based must be true or false"),
        ({"privacy": "on"}, "privacy must be a table"),
        ({"channels": {"573000000000001AAA": 5}}, "channels: its values must be texts"),
        ({"agent_type": "Robot"}, "use one of by history, Agent, "),
        ({"session_key": "Id"}, "use one of ChatKey, none"),
        ({"links": ["OwnerId"]}, "use one of AccountId, ContactId, LeadId, CaseId"),
        ({"audit_fields": "yes"}, "use one of as permitted, custom fields"),
        ({"ended_by": {"Visitor": "Visitor"}}, "ended_by.Visitor = 'Visitor' is not possible"),
        ({"ended_by": {"Nobody": "Agent"}}, "use one of Agent, Visitor, System"),
        ({"fields": {"LiveAgentSession.LoginTime": "logouttime__c"}}, "is not possible"),
        ({"fields": {"LiveAgentSession.AgentId": "Who__c"}}, "has a place of its own"),
        ({"fields": {"LiveAgentSession.Foo__c": "legacy_session_id__c"}}, "is not possible"),
        ({"fields": {"LiveChatTranscript.Browser": "LEGACY_Transcript_Id__c"}}, "is not possible"),
        ({"fields": {"User.Name": "Who__c"}}, "LiveChatVisitor.Field or LiveAgentSession.Field"),
        ({"origin": "Outbound"}, "origin = 'Outbound' is not possible"),
        ({"end_times": ["noon"]}, "end_times = 'noon' is not possible"),
        ({"languages": {"pl": "pl"}}, "languages.pl = 'pl' is not possible"),
        ({"events": {"Other": "Song"}}, "events.Other = 'Song' is not possible"),
        ({"context": {"Topic": "Topic"}}, "is no custom field"),
        ({"months": {"january": 13}}, "is no month"),
        ({"transfer_labels": ["Chat moved"]}, "is no pair"),
        ({"started_labels": [""]}, "an empty text fits every line"),
        ({"visitor_name": "{name}"}, "is no pattern"),
        ({"visitor_name": "{number.__class__}"}, "is no pattern"),
        ({"start_times": []}, "start_times is empty"),
        ({"carriers": []}, "carriers is empty"),
        ({"default_owner": "003000000000001AAA"}, "is no owner of sessions"),
        ({"owners": {"005000000000001AAA": "001000000000001AAA"}}, "is no owner of sessions"),
        ({"bracketed_time_zone": "Mars/Olympus"}, "is no time zone"),
        ({"owners": {"ada": "005000000000001AAA"}}, "owners.ada is not a user id"),
        ({"field_prefix": "old"}, "field_prefix = 'old' is not possible"),
        ({"fields": {"Contact.Name": "X__c"}}, "is no field of a chat"),
        ({"fields": {"LiveChatTranscript.Body": "X__c"}}, "has a place of its own"),
        ({"fields": {"LiveChatTranscript.Browser": "Legacy_X__c"}}, "does not begin with Legacy_"),
        (
            {"fields": {"LiveChatTranscript.Browser": "X__c", "LiveChatTranscript.Platform": "x__c"}},
            "a name of its own",
        ),
        ({"privacy": {"names": "hide"}}, "privacy.names = 'hide' is not possible"),
        ({"privacy": {"mask": ["shoe size"]}}, "privacy.mask = 'shoe size' is not possible"),
        ({"privacy": {"fields": {"IpAddress": "drop"}}}, "is no field"),
        ({"privacy": {"fields": {"LiveChatTranscript.IpAddress": "burn"}}}, "is not possible"),
        ({"privacy": {"fields": {"LiveChatTranscript.Ip": "drop"}}}, "has no such field"),
        ({"privacy": {"fields": {"LiveChatTranscript.Id": "drop"}}}, "cannot be masked"),
        ({"privacy": {"fields": {"LiveChatTranscript.EndTime": "hash"}}}, "use drop"),
        ({"privacy": {"patterns": {"order": "("}}}, "is no regular expression"),
        ({"privacy": {"patterns": {"order": "x*"}}}, "fits the empty text"),
    ],
)
def test_plan_that_cannot_be_used_says_why(document: dict[str, Any], part: str) -> None:
    with pytest.raises(UsageError) as refused:
        from_mapping(document)
    assert part in str(refused.value)
    assert "\n" not in str(refused.value)


def test_look_tells_what_a_plan_has_to_decide(source: Path, tmp_path: Path, export: Any) -> None:
    sight = look(source)
    assert sight.channels["573000000000001AAA"] == ("Shop_Button", 6)
    assert sight.deployments["572000000000001AAA"][1] == 1
    assert sight.statuses["Completed"] == 3
    assert sight.months == {"2026-03": 7}
    assert sight.beginnings == {"Chat Started": 6}
    assert sight.odd_bodies == {"with several segments (bot hand-over, transfer)": 1, "without a body": 1}
    assert sight.personal["LiveChatTranscript.IpAddress"] == 7
    assert sight.custom_fields == ("LiveAgentSession.Shift__c", "LiveChatTranscript.Rating__c")
    assert sight.context_keys == {"FirstName": 1, "LastName": 1, "Topic": 1}


def test_look_finds_odd_bodies_and_languages(tmp_path: Path, export: Any) -> None:
    german = '<p align="center">Chat gestartet: Montag, 02. März 2026, 09:05:07 (+0100)</p>( 4s ) Dana: Hallo<br>'
    bodies = [german, "[2026-03-02T09:05:07] Dana (Agent): hi", "Chat Started: x\nloose", "x" * 131_072]
    rows = [export.transcript(n, Body=body, BrowserLanguage="pl") for n, body in enumerate(bodies, 1)]
    sight = look(export.folder(tmp_path / "odd", {"LiveChatTranscript": rows}))
    assert sight.odd_bodies["bracketed times"] == 1
    assert sight.odd_bodies["plain copy"] == 2
    assert sight.odd_bodies["without a known Chat Started heading"] == 3
    assert sight.odd_bodies["as long as the field: cut off"] == 1
    assert sight.other_languages == {"pl": 4}
    assert sight.beginnings["Chat gestartet"] == 1
    text = commented(sight)
    assert "Chat gestartet: 1" in text
    assert '# "pl" = "en_US"' in text
