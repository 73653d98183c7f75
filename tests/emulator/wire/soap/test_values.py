"""Values through SOAP and back: what was written is what is read, in the form of the API."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.wire.soap.faults import text as written
from chatlift.emulator.wire.soap.reading import read

from ..conftest import Client
from .conftest import Soap

THING = {
    "name": "Thing__c",
    "label": "Thing",
    "keyPrefix": "a0T",
    "fields": [
        {"name": "Text__c", "type": "string", "length": 255, "custom": True},
        {"name": "Long__c", "type": "textarea", "length": 32768, "custom": True},
        {"name": "Number__c", "type": "double", "precision": 18, "scale": 4, "custom": True},
        {"name": "Flag__c", "type": "boolean", "custom": True},
        {"name": "Day__c", "type": "date", "custom": True},
        {"name": "Moment__c", "type": "datetime", "custom": True},
    ],
}
TEXT = st.text(min_size=1, max_size=80)


def plain(text: str) -> bool:
    """Tell whether XML 1.0 can hold a text."""
    return all(one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff") for one in text)


@pytest.fixture(scope="module")
def things() -> Iterator[OrgHandle]:
    with mock_salesforce(objects=[THING], now="2026-06-15T12:00:00Z", frozen=True) as org:
        yield org


def through(org: OrgHandle, letter: str, field: str, value: str) -> str | None:
    """Write a value by one API and return its text as that API answers it."""
    soap = Soap(Client(org), letter)
    [(id_, code)] = soap.results(f"<create>{soap.record('Thing__c', **{field: value})}</create>")
    assert code is None
    query = f"<query><queryString>SELECT {field} FROM Thing__c WHERE Id = '{id_}'</queryString></query>"
    return soap.call(query).findtext(f".//{soap.sf}{field}")


@pytest.mark.parametrize("letter", ["u", "c"])
@given(value=TEXT.filter(plain))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_comes_back_as_it_was_sent(things: OrgHandle, letter: str, value: str) -> None:
    assert through(things, letter, "Text__c", written(value)) == value


@given(value=st.text(max_size=200).filter(plain))
def test_escaped_text_is_read_as_it_was(value: str) -> None:
    document = f"<a>{written(value)}</a>".encode()
    assert (read(document).text, etree.fromstring(document).text or "") == (value, value)


@given(value=st.text(max_size=50))
def test_what_xml_cannot_hold_is_left_out_of_answers(value: str) -> None:
    etree.fromstring(f"<a>{written(value)}</a>")


@given(value=st.decimals(min_value=-(10**13), max_value=10**13, places=4, allow_nan=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_keep_their_value(things: OrgHandle, value: Any) -> None:
    assert float(str(through(things, "u", "Number__c", str(value)))) == float(value)


@pytest.mark.parametrize(
    ("field", "sent", "expected"),
    [
        ("Flag__c", "1", "true"), ("Flag__c", "0", "false"), ("Flag__c", " true ", "true"),
        ("Number__c", "1e3", "1000.0"), ("Number__c", "-.5", "-0.5"),
        ("Day__c", "2026-03-02", "2026-03-02"), ("Day__c", "2026-03-02Z", "2026-03-02"), ("Day__c", "2026-03-02+02:00", "2026-03-02"),
        ("Moment__c", "2026-03-02T08:05:07.000Z", "2026-03-02T08:05:07.000Z"),
        ("Moment__c", "2026-03-02T08:05:07", "2026-03-02T08:05:07.000Z"),
        ("Moment__c", "2026-03-02T10:05:07.123456+02:00", "2026-03-02T08:05:07.123Z"),
        ("Text__c", "a\r\nb", "a\nb"), ("Text__c", "a&#xD;&#xA;b", "a\r\nb"), ("Text__c", "<![CDATA[<b>]]>", "<b>"),
        ("Long__c", "2026-03-02T08:05:07.000+0000", "2026-03-02T08:05:07.000+0000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("letter", ["u", "c"])
def test_the_forms_of_values(things: OrgHandle, letter: str, field: str, sent: str, expected: str) -> None:
    assert through(things, letter, field, sent) == expected
