"""Positions and words of the JSON parser; recorded ones say where they were recorded."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.wire.rest.jackson import Place, Token, fault, field, root

CHOICE = "'null', 'true', 'false' or NaN"
VALUE = "expected a valid value (number, String, array, object, 'true', 'false' or 'null')"


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        # recorded: https://salesforce.stackexchange.com/questions/137599
        ("request%5Baccount%5D", f"Unexpected character ('r' (code 114)): {VALUE}", 2),
        # the words (not the place) are recorded: Apex JSON.deserializeUntyped, life-improver.com "unrecognized token"
        ('{"Country":NULL}', f"Unrecognized token 'NULL': was expecting {CHOICE}", 16),
        ('{"a":1 "b":2}', "Unexpected character ('\"' (code 34)): was expecting comma to separate OBJECT entries", 9),
        ("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate ARRAY entries", 5),
        ("{}}", f"Unexpected character ('}}' (code 125)): {VALUE}", 4),
        ("{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", 3),
        ('{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 9),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 7),
        ('{"a":1]', "Unexpected close marker ']': expected '}' (for OBJECT)", 8),
        ('{"a":01}', "Invalid numeric value: Leading zeroes not allowed", 7),
        ('{"a":1.}', "Unexpected character ('}' (code 125)) in numeric value: Decimal point not followed by a digit", 9),
        ('{"a":1e}', "Unexpected character ('}' (code 125)) in numeric value: Exponent indicator not followed by a digit", 9),
        ('{"a":"\\x"}', "Unrecognized character escape ('x' (code 120))", 9),
        ('{"a":"\t"}', "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value", 8),
        ('{"a":"b', "Unexpected end-of-input: was expecting closing quote for a string value", 8),
        ('{"a"', "Unexpected end-of-input: expected close marker for OBJECT (from [Source: N/A; line: 1, column: 1])", 5),
        ("", "Unexpected end-of-input", 1),
        ("{\x00}", "Illegal character ((CTRL-CHAR, code 0)): only regular white space (\\r, \\n, \\t) is allowed between tokens", 3),
        ("\ufeff", f"Unexpected character ('\ufeff' (code 65279 / 0xfeff)): {VALUE}", 2),
        ("[NaN]", "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow", 5),
        ("tru", f"Unrecognized token 'tru': was expecting {CHOICE}", 4),
        ("// no", "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)", 2),
    ],
)  # fmt: skip
def test_a_broken_text_is_described_in_jacksons_words(text: str, message: str, column: int) -> None:
    found = fault(text)
    assert found is not None
    assert (found.message, found.place) == (message, Place(1, column))


def test_lines_count_from_one_and_columns_start_anew_on_each() -> None:
    found = fault('{\n  "a": 1,\n  oops\n}')
    assert found is not None
    assert str(found.place) == "[line:3, column:4]"


def test_the_place_of_a_value_is_the_comma_before_its_name() -> None:
    # recorded: https://salesforce.stackexchange.com/questions/54882
    body = (
        '{"FirstName":"Doug","LastName":"Proctor (testing)","s360__Contact_Code__c":["Individual supporter - donor"]}'
    )
    assert field(body, "s360__Contact_Code__c") == Token("START_ARRAY", "[", Place(1, 51))


def test_the_place_of_the_first_value_is_its_name() -> None:
    assert field('{"Name":["x"]}', "name") == Token("START_ARRAY", "[", Place(1, 2))


def test_of_a_name_given_twice_the_last_value_is_found() -> None:
    assert field('{"a":1,"A":"two"}', "a") == Token("VALUE_STRING", "two", Place(1, 7))


def test_two_escaped_surrogates_are_one_character() -> None:
    found = field('{"a":"\\ud83d\\ude00"}', "a")
    assert found is not None
    assert found.text == "\U0001f600"


def test_fields_of_inner_objects_are_not_found() -> None:
    assert field('{"a":{"b":1}}', "b") is None


def test_the_first_token_of_a_text_is_found() -> None:
    assert root(" [1]") == Token("START_ARRAY", "[", Place(1, 2))
    assert root("  ") is None


def test_very_deep_nesting_is_a_fault_and_no_crash() -> None:
    found = fault("[" * 100_000)
    assert found is not None
    assert "Nesting depth" in found.message


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_what_orjson_writes_has_no_fault(value: object) -> None:
    try:
        written = orjson.dumps(value)
    except TypeError:  # text with a lone surrogate cannot be written
        return
    assert fault(written.decode()) is None


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\t\\u/', max_size=30))
def test_what_orjson_refuses_has_a_fault_inside_the_text(text: str) -> None:
    refusal: str | None = None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        refusal = error.msg.lower()
    found = fault(text)
    if found is not None:
        assert refusal is not None
        assert found.place.line >= 1
        assert found.place.column >= 1
    elif refusal is not None:  # what Jackson takes and we cannot keep
        assert any(word in refusal for word in ("surrogate", "infinity", "recursion"))
