"""Rules of faults as values: what they fit, when they strike, and what cannot be one."""

from typing import Any

import pytest

from chatlift.emulator.org.fault_rules import Asked, BadRule, Rule, read_rule

UPDATE = Asked("PATCH", "/services/data/v59.0/sobjects/Contact/003", "rest", "update", ("Contact",))


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, True),
        ({"method": "patch"}, True),
        ({"method": "GET"}, False),
        ({"path": "/services/data/*/Contact/*"}, True),
        ({"path": "/services/Soap/*"}, False),
        ({"path": "/services/data"}, False),
        ({"api": "REST"}, True),
        ({"api": "soap"}, False),
        ({"object": "contact"}, True),
        ({"object": "Account"}, False),
        ({"operation": "Update"}, True),
        ({"operation": "update", "object": "Account"}, False),
    ],
)
def test_all_that_a_rule_asks_must_be_so(rule: dict[str, Any], fits: bool) -> None:
    assert read_rule({"status": 503, **rule}).fits(UPDATE) is fits


def test_a_part_of_a_composite_request_is_for_rules_that_name_a_type_or_an_operation() -> None:
    part = Asked("PATCH", "/x", "rest", "update", ("Contact",), is_part=True)
    assert not read_rule({"status": 503}).fits(part)
    assert not read_rule({"drop": True, "object": "Contact"}).fits(part)
    assert read_rule({"status": 503, "object": "Contact"}).fits(part)


def test_a_session_ends_only_where_there_is_one() -> None:
    rule = read_rule({"expire_session": True})
    assert rule.fits(UPDATE)
    assert not rule.fits(Asked("POST", "/services/Soap/u/59.0", "soap", "login", has_session=False))


def test_the_first_calls_may_pass() -> None:
    rule = read_rule({"status": 503, "after": 2})
    assert [rule.strikes(number, 0) for number in (1, 2, 3, 4)] == [False, False, True, True]


def test_chance_is_drawn_from_the_seed_and_comes_near_its_share() -> None:
    def fates(seed: int, place: int = 0) -> list[bool]:
        rule = Rule(status=503, probability=0.2, seed=seed)
        return [rule.strikes(number, place) for number in range(1, 2001)]

    assert fates(1) == fates(1)
    assert fates(1) != fates(2)
    assert fates(1) != fates(1, place=1)
    assert 340 < sum(fates(1)) < 460


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "a rule is an object"),
        ({}, "a rule does something"),
        ({"nonsense": 1}, "there is no key 'nonsense'"),
        ({"method": "GET"}, "a rule does something"),
        ({"status": 200}, "status is a whole number from 400 to 599"),
        ({"status": True}, "status is a whole number"),
        ({"status": "503"}, "status is a whole number"),
        ({"errorCode": ""}, "errorCode is text"),
        ({"errorCode": 5}, "errorCode is text"),
        ({"message": "x", "drop": True}, "message needs an errorCode or a status"),
        ({"latency_ms": -1}, "latency_ms is a number from 0"),
        ({"latency_ms": 1e9}, "latency_ms is a number from 0"),
        ({"drop": 1}, "drop is true or false"),
        ({"truncate": 0}, "truncate is a whole number from 1"),
        ({"drop": True, "status": 503}, "a rule has one of"),
        ({"expire_session": True, "truncate": 3}, "a rule has one of"),
        ({"status": 503, "probability": 1.5}, "probability is a number from 0 to 1"),
        ({"status": 503, "count": 0}, "count is a whole number from 1"),
        ({"status": 503, "after": 1.5}, "after is a whole number from 0"),
        ({"status": 503, "scope": "row"}, "scope is one of request, record"),
        ({"scope": "record", "drop": True}, "drop is for whole requests"),
        ({"scope": "record", "errorCode": "X", "path": "*"}, "path is for whole requests"),
        ({"scope": "record", "errorCode": "X", "operation": "query"}, "operation, of records, is one of create"),
        ({"scope": "record", "object": "Contact"}, "a rule of records needs an errorCode"),
    ],
)
def test_what_cannot_be_a_rule_says_why(given: Any, problem: str) -> None:
    with pytest.raises(BadRule, match=problem):
        read_rule(given)


def test_null_is_as_if_a_key_were_not_there() -> None:
    rule = read_rule({"status": 503, "count": None, "object": None, "drop": None})
    assert rule.document() == {"status": 503}


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"status": 503}, ("SERVER_UNAVAILABLE", "Server too busy", 503)),
        ({"status": 418}, ("UNKNOWN_EXCEPTION", "An unexpected error occurred.", 418)),
        (
            {"errorCode": "UNABLE_TO_LOCK_ROW"},
            ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", None),
        ),
        ({"errorCode": "OWN_CODE", "message": "own words", "status": 409}, ("OWN_CODE", "own words", 409)),
        ({"errorCode": "OWN_CODE"}, ("OWN_CODE", "OWN_CODE", None)),
    ],
)
def test_a_status_or_a_code_stands_for_the_other(rule: dict[str, Any], error: tuple[str, str, int | None]) -> None:
    found = read_rule(rule).error
    assert found is not None
    assert (found.code, found.message, found.status) == error
