"""Who wrote a line, and how that was found out."""

import pytest

from chatlift.migrate.transform.body import LABELS, parse
from chatlift.migrate.transform.roles import Grounds, decide
from chatlift.migrate.transform.structures import Person

HEAD = '<p align="center">Chat Started: Monday, March 02, 2026, 09:05:07 (+0100)</p><p align="center">Agent Dana K</p>'
DANA = Person("005000000000001AAA", "Dana", "Kern", "Dana Kern")
NOBODY = Grounds()


def decided(body: str, grounds: Grounds = NOBODY) -> dict[str, tuple[str, str]]:
    return decide(parse(body).pieces, LABELS, grounds)


def test_visitor_label_and_agent_heading() -> None:
    assert decided(HEAD + "( 1s ) Dana K: a<br>( 2s ) Visitor: b<br>") == {
        "Dana K": ("Agent", "agent heading"),
        "Visitor": ("EndUser", "visitor label"),
    }


def test_shared_agent_name_beside_a_visitor_is_an_agents() -> None:
    assert decided(HEAD + "( 1s ) Acme Support: a<br>( 2s ) Visitor: b<br>")["Acme Support"] == (
        "Agent",
        "not the visitor",
    )


def test_only_author_left_beside_an_agent_is_the_end_user() -> None:
    assert decided(HEAD + "( 1s ) Dana K: a<br>( 2s ) Eve Olin: b<br>")["Eve Olin"] == ("EndUser", "only author left")


def test_pre_chat_name_is_the_end_user() -> None:
    grounds = Grounds(visitor_names=frozenset({"Eve Olin"}))
    found = decided(HEAD + "( 1s ) Acme: a<br>( 2s ) Eve Olin: b<br>", grounds)
    assert found == {"Acme": ("Agent", "not the visitor"), "Eve Olin": ("EndUser", "pre-chat name")}


@pytest.mark.parametrize("name", ["Dana Kern", "Dana K", "Dana K."])
def test_users_of_events_and_owner_are_agents(name: str) -> None:
    body = f"( 1s ) {name}: a<br>( 2s ) Visitor: b<br>"
    assert decided(body, Grounds(event_people=(DANA,)))[name] == ("Agent", "event user")
    assert decided(body, Grounds(owner=DANA))[name] == ("Agent", "owner")


def test_visitor_with_the_agents_name_is_called_ambiguous() -> None:
    grounds = Grounds(visitor_names=frozenset({"Dana K"}))
    role, ground = decided(HEAD + "( 1s ) Dana K: a<br>", grounds)["Dana K"]
    assert role == "Agent"
    assert ground.startswith("ambiguous")


def test_bot_hands_over_to_an_agent() -> None:
    body = (
        '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:00 (+0000)</p>( 2s ) Helper Bot: Hi<br>'
        '<p align="center">Agent Chatbot successfully transferred the chat to skill</p>'
        '<p align="center">Chat Transferred From Helper Bot To Dana K</p>( 12s ) Dana K: Hello<br>'
    )
    assert decided(body) == {"Helper Bot": ("Bot", "transfer heading"), "Dana K": ("Agent", "transfer heading")}


def test_agent_hands_over_to_an_agent() -> None:
    body = (
        HEAD + "( 1s ) Dana K: a<br>" + '<p align="center">Chat Transferred From Dana K To Ben J</p>( 2s ) Ben J: b<br>'
    )
    assert decided(body) == {"Dana K": ("Agent", "agent heading"), "Ben J": ("Agent", "transfer heading")}


def test_bot_session_without_hand_over() -> None:
    body = '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:00 (+0000)</p>( 2s ) Robbie: Hi<br>( 5s ) Eve: no<br>'
    assert decided(body, Grounds(has_bot=True)) == {
        "Robbie": ("Bot", "chatbot session"),
        "Eve": ("EndUser", "only author left"),
    }


def test_counts_tell_two_unknown_authors_apart() -> None:
    body = "( 1s ) Ann: a<br>( 2s ) Bea: b<br>( 3s ) Bea: c<br>"
    found = decided(body, Grounds(visitor_count=2, agent_count=1))
    assert found == {"Ann": ("Agent", "message counts"), "Bea": ("EndUser", "message counts")}


def test_guess_is_called_a_guess() -> None:
    found = decided("( 1s ) Ann: a<br>( 2s ) Bea: b<br>")
    assert {ground for _, ground in found.values()} == {"guess"}


def test_bracketed_role_words() -> None:
    found = decided("[2026-03-02T09:05:07] Dana Kern (Agent): a\n[2026-03-02T09:05:08] Eve (Customer): b\n")
    assert found == {"Dana Kern": ("Agent", "role word"), "Eve": ("EndUser", "role word")}


def test_conference_partners_are_agents() -> None:
    body = HEAD + "( 1s ) Dana K: a<br>( 2s ) Visitor: b<br>( 3s ) Ben J: c<br>"
    assert decided(body)["Ben J"] == ("Agent", "not the visitor")
