"""The table of rules and the marshmallow schema are one; violations come in the platform's order and words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.schemas.catalog import shipped
from chatlift.schemas.field import SObject
from chatlift.schemas.records import Operation, RecordInvalid, RecordSchema

CATALOG = shipped()
ADMIN = "0055e0000000001AAA"
SESSION = {"AgentId": ADMIN, "LoginTime": "2026-03-02T08:00:00Z", "LogoutTime": "2026-03-02T09:00:00Z"}


def schema(sobject: str, operation: Operation = Operation.CREATE) -> RecordSchema:
    return RecordSchema(CATALOG.get(sobject), operation, CATALOG)


def refusal(sobject: str, values: dict[str, Any], operation: Operation = Operation.CREATE) -> list[tuple[str, str]]:
    with pytest.raises(RecordInvalid) as caught:
        schema(sobject, operation).load(values)
    return [(violation.code, violation.message) for violation in caught.value.violations]


JSON_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=300),
    st.sampled_from(["", ADMIN, ADMIN[:15], "0015e0000000001", "2026-03-02", "2026-03-02T08:00:00Z", "12", "-3.5", "a@b.test",
                     "Completed", "Missed", "true", "FALSE", "x" * 256, "1e3", "Standard"]),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=1),
)  # fmt: skip
SOBJECTS = st.sampled_from(
    ["LiveAgentSession", "LiveChatTranscript", "LiveChatTranscriptEvent", "User", "Account", "Case", "QuickText",
     "Opportunity", "ContentVersion", "Lead", "Contact", "MessagingSession", "MessagingEndUser"]
)  # fmt: skip


@st.composite
def attempts(draw: st.DrawFn) -> tuple[SObject, Operation, dict[str, Any]]:
    sobject = CATALOG.get(draw(SOBJECTS))
    operation = draw(st.sampled_from(list(Operation)))
    names = st.sampled_from([field.name for field in sobject.fields])
    values = draw(st.dictionaries(names | names.map(str.lower) | st.just("Nope"), JSON_VALUES, max_size=8))
    if draw(st.booleans()):
        # Half of the records have what is required, so that acceptance is not rare.
        values |= {
            field.name: draw(JSON_VALUES)
            for field in sobject.fields
            if field.createable and not field.nillable and field.name not in values
        }
    return sobject, operation, values


MADE: dict[tuple[str, Operation], RecordSchema] = {}


@given(attempts())
def test_the_table_accepts_what_marshmallow_accepts_with_the_same_values(
    attempt: tuple[SObject, Operation, dict[str, Any]],
) -> None:
    sobject, operation, values = attempt
    if (sobject.name, operation) not in MADE:
        MADE[sobject.name, operation] = RecordSchema(sobject, operation, CATALOG)
    record_schema = MADE[sobject.name, operation]
    accepted = record_schema.accept(values)
    if accepted is None:
        with pytest.raises(RecordInvalid):
            record_schema.report(values)
    else:
        assert accepted == record_schema.report(values)
        assert {type(value) for value in accepted.values()} <= {str, int, float, bool, bytes, type(None)}


def test_names_are_taken_in_any_case_and_values_in_their_canonical_form() -> None:
    loaded = schema("LiveAgentSession").load({name.upper(): value for name, value in SESSION.items()})
    assert loaded == {
        "AgentId": ADMIN,
        "LoginTime": "2026-03-02T08:00:00.000+0000",
        "LogoutTime": "2026-03-02T09:00:00.000+0000",
    }


def test_missing_fields_are_named_together_in_the_order_of_the_type() -> None:
    assert refusal("LiveAgentSession", {"LogoutTime": None}) == [
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [AgentId, LoginTime, LogoutTime]")
    ]


def test_read_only_fields_are_named_together() -> None:
    [(code, message)] = refusal("LiveAgentSession", SESSION | {"Name": "1", "CreatedDate": "x"})
    assert code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert message.startswith("Unable to create/update fields: Name, CreatedDate. Please check the security settings")


@pytest.mark.parametrize(
    ("sobject", "values", "code", "message"),
    [
        ("LiveAgentSession", {"Nope": 1, "ChatReqAssigned": "x"}, "INVALID_FIELD",
         "No such column 'Nope' on sobject of type LiveAgentSession"),
        ("LiveAgentSession", {"ChatReqAssigned": "x", "Name": "1"}, "JSON_PARSER_ERROR",
         "Cannot deserialize instance of int"),
        ("LiveAgentSession", SESSION | {"ChatReqAssigned": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE",
         "Chat Requests Assigned: value outside of valid range on numeric field: 1000000000"),
        ("LiveAgentSession", SESSION | {"AgentId": "nobody"}, "MALFORMED_ID",
         "User ID: id value of incorrect type: nobody"),
        ("LiveAgentSession", SESSION | {"AgentId": "0015e0000000001"}, "FIELD_INTEGRITY_EXCEPTION",
         "User ID: id value of incorrect type: 0015e0000000001"),
        ("LiveChatTranscript", {"Status": "Lost"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
         "Status: bad value for restricted picklist field: Lost"),
        ("LiveChatTranscript", {"Browser": "x" * 201}, "STRING_TOO_LONG",
         f"Browser: data value too large: {'x' * 201} (max length=200)"),
        ("User", {"Email": "nobody"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: nobody"),
        ("User", {"ReceivesInfoEmails": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD",
         "Info Emails: value not of required type"),
        ("LiveAgentSession", SESSION | {"Id": "0HK5e0000000001AAA"}, "INVALID_FIELD_FOR_INSERT_UPDATE",
         "cannot specify Id in an insert call"),
    ],
)  # fmt: skip
def test_a_refusal_has_the_platforms_code_and_words(
    sobject: str, values: dict[str, Any], code: str, message: str
) -> None:
    assert refusal(sobject, values)[0] == (code, message)


HUGE = [10**308, -(10**400), 10**5000, "9" * 399, float("inf"), float("nan"), "1e999"]
OPPORTUNITY = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-03-02"}


@pytest.mark.parametrize("value", HUGE, ids=range(len(HUGE)))
def test_a_number_beyond_every_double_is_refused(value: Any) -> None:
    for sobject, record in (
        ("LiveAgentSession", SESSION | {"TimeIdle": value}),
        ("Opportunity", OPPORTUNITY | {"Amount": value}),
    ):
        assert refusal(sobject, record)[0][0] in ("JSON_PARSER_ERROR", "NUMBER_OUTSIDE_VALID_RANGE")
    if isinstance(value, int):
        assert refusal("Account", {"Name": value})[0][0] == "JSON_PARSER_ERROR"


def test_a_number_keeps_the_decimals_that_the_api_brought() -> None:
    for amount, kept in ((2.675, 2.675), ("1e3", 1000.0), (-0.0, 0.0), (0.1 + 0.2, 0.1 + 0.2), (5, 5.0)):
        loaded = schema("Opportunity").load(OPPORTUNITY | {"Amount": amount})["Amount"]
        assert (str(loaded), type(loaded)) == (str(kept), float)


def test_text_is_kept_as_databases_can_keep_it() -> None:
    loaded = schema("Account").load({"Name": "a\x00\ud83d\ude00\ud83dé", "Industry": "\ud800"})
    assert loaded == {"Name": "a😀\ufffdé", "Industry": "\ufffd"}
    assert refusal("Account", {"Name": "\x00"})[0][0] == "REQUIRED_FIELD_MISSING"


def test_an_update_may_leave_out_what_a_create_must_name_but_not_empty_it() -> None:
    assert schema("LiveAgentSession", Operation.UPDATE).load({"TimeIdle": None}) == {"TimeIdle": None}
    assert refusal("LiveAgentSession", {"AgentId": None}, Operation.UPDATE)[0][0] == "REQUIRED_FIELD_MISSING"
    assert refusal("LiveAgentSession", {"Id": None}, Operation.UPDATE) == [
        ("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    ]


def test_a_seed_may_write_what_no_call_may() -> None:
    loaded = schema("LiveChatTranscript", Operation.SEED).load(
        {
            "LiveChatVisitorId": "5715e0000000001",
            "WaitTime": 4,
            "Name": "00000007",
            "CreatedDate": "2020-01-01T00:00:00Z",
        }
    )
    assert loaded["WaitTime"] == 4
    assert loaded["CreatedDate"] == "2020-01-01T00:00:00.000+0000"


def test_multipicklist_values_come_in_the_order_of_the_picklist() -> None:
    field = CATALOG.get("QuickText").field("Channel")
    assert field is not None
    first, second = (value.value for value in field.picklist_values[:2])
    rules = schema("QuickText")
    assert rules.load_value("Channel", f"{second}; {first};{second}") == f"{first};{second}"
