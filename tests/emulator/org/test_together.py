"""Several writes in one go."""

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.org.together import ROLLED_BACK, write_each


def test_a_write_that_fails_leaves_no_trace(org: Org, me: Caller) -> None:
    def half() -> str:
        org.records.create(me, "Account", {"Name": "half"})
        return org.records.create(me, "Account", {})

    def whole() -> str:
        return org.records.create(me, "Account", {"Name": "whole"})

    first, second = write_each(org, [half, whole])
    assert isinstance(first, OrgError) and first.code == "REQUIRED_FIELD_MISSING"
    assert [row["Id"] for row in org.query.run(me, "SELECT Id FROM Account").records] == [second]
    third, fourth = write_each(org, [half, whole], all_or_none=True)
    assert isinstance(third, OrgError) and third.code == "REQUIRED_FIELD_MISSING"
    assert fourth is ROLLED_BACK
    assert org.query.run(me, "SELECT COUNT() FROM Account").total_size == 1


def test_what_nobody_foresaw_undoes_all(org: Org, me: Caller) -> None:
    def broken() -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_each(org, [lambda: org.records.create(me, "Account", {"Name": "x"}), broken])
    assert org.query.run(me, "SELECT COUNT() FROM Account").total_size == 0
