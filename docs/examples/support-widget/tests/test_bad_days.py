"""What the widget does when Salesforce has a bad day: each is arranged by a rule, and ends with the test."""

import pytest

UPSERT = {"operation": "upsert", "object": "Case"}


@pytest.mark.parametrize(
    "trouble",
    [
        {"errorCode": "UNABLE_TO_LOCK_ROW"},
        {"status": 503},
        {"drop": True},  # the line breaks before Salesforce has done anything
        {"truncate": 1},  # it has done it, and the answer is lost
        {"expire_session": True},
    ],
    ids=lambda trouble: next(iter(trouble)),
)
def test_trouble_that_passes_is_got_over_and_doubles_nothing(widget, salesforce, salesforce_org, a_message, trouble):
    salesforce_org.faults.set({**UPSERT, **trouble, "count": 2})
    answer = widget.post("/widget/messages", json=a_message)
    assert answer.status_code == 201
    assert salesforce_org.faults.shown()[0]["struck"] == 2
    assert salesforce.query("SELECT COUNT() FROM Case")["totalSize"] == 1


def test_trouble_that_stays_is_told_to_the_widget(widget, salesforce_org, a_message, pauses):
    with salesforce_org.faults.during({**UPSERT, "status": 503}):
        answer = widget.post("/widget/messages", json=a_message)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert pauses == [0.2, 0.4, 0.8]
    assert widget.post("/widget/messages", json=a_message).status_code == 201


def test_what_salesforce_does_not_want_is_not_asked_again(widget, salesforce_org, a_chat, pauses):
    answer = widget.post("/widget/chats", json=a_chat(visitor="571000000000009AAA"))  # nobody has this id
    assert answer.status_code == 422
    assert pauses == []
    assert salesforce_org.requests[-1]["error"]["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"
