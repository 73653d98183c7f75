"""`mock_salesforce` on classes of tests, on coroutine functions and on generators."""

import asyncio
import unittest
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

import pytest
import requests
from simple_salesforce import Salesforce

from chatlift.emulator import mock_salesforce

SEED = {"records": [{"object": "Contact", "fields": {"LastName": "Seeded"}}]}


def login() -> Salesforce:
    return Salesforce(username="u", password="p", security_token="t")


def names() -> list[str]:
    return [row["LastName"] for row in login().query("SELECT LastName FROM Contact ORDER BY LastName")["records"]]


def create(name: str) -> None:
    login().Contact.create({"LastName": name})


def ran(class_: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.TestLoader().loadTestsFromTestCase(class_).run(result)
    return result


def assert_nothing_is_mocked() -> None:
    assert requests.adapters.HTTPAdapter.send.__module__ == "requests.adapters"


class Cases(unittest.TestCase):
    """What each test finds, and what it leaves."""

    __test__ = False  # pytest runs it nowhere by itself

    seen: ClassVar[list[list[str]]]

    def setUp(self) -> None:
        create("Set up")
        self.addCleanup(lambda: self.seen.append(["cleaned", *names()]))

    def tearDown(self) -> None:
        create("Torn down")

    def test_inherited(self) -> None:
        create("Inherited")
        self.seen.append(names())


def test_a_test_case_has_one_org_from_set_up_to_the_last_clean_up_and_each_test_a_new_one() -> None:
    @mock_salesforce(seed=SEED)
    class Decorated(Cases):
        seen: ClassVar[list[list[str]]] = []

        def test_own(self) -> None:
            self.seen.append(names())

    result = ran(Decorated)
    assert (result.testsRun, result.errors, result.failures) == (2, [], [])
    assert Decorated.seen == [
        ["Inherited", "Seeded", "Set up"],
        ["cleaned", "Inherited", "Seeded", "Set up", "Torn down"],
        ["Seeded", "Set up"],
        ["cleaned", "Seeded", "Set up", "Torn down"],
    ]
    assert_nothing_is_mocked()


def test_a_class_below_inherits_the_org_and_one_that_is_decorated_too_has_its_own() -> None:
    @mock_salesforce
    class Above(Cases):
        seen: ClassVar[list[list[str]]] = []

    class Below(Above):
        seen: ClassVar[list[list[str]]] = []

    @mock_salesforce(seed=SEED)
    class Decorated(Above):
        seen: ClassVar[list[list[str]]] = []

    for class_ in (Above, Below, Decorated):
        assert ran(class_).wasSuccessful()
    assert (Above.seen[0], Below.seen[0]) == (["Inherited", "Set up"], ["Inherited", "Set up"])
    assert Decorated.seen[0] == ["Inherited", "Seeded", "Set up"]


def test_a_mixin_brings_its_org_to_the_set_up_of_test_cases() -> None:
    @mock_salesforce(seed=SEED)
    class Mixin:
        def __init_subclass__(cls, marks: tuple[str, ...] = (), **options: Any) -> None:
            super().__init_subclass__(**options)
            cls.marks = marks  # type: ignore[attr-defined]

        def test_mixed_in(self) -> None:
            assert names() == ["Seeded", "Set up"]

    class Case(Mixin, unittest.TestCase, marks=("a",)):
        def setUp(self) -> None:
            create("Set up")

    result = ran(Case)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert Case.marks == ("a",)  # type: ignore[attr-defined]
    assert_nothing_is_mocked()


def test_a_failure_in_a_test_case_tells_the_last_requests() -> None:
    @mock_salesforce
    class Failing(unittest.TestCase):
        def test_it(self) -> None:
            assert names() == ["Ada"]

    ((_, told),) = ran(Failing).failures
    assert "GET /services/data/v59.0/query/ -> 200, 0 rows" in told
    assert_nothing_is_mocked()


def test_a_set_up_that_fails_leaves_nothing_mocked() -> None:
    @mock_salesforce
    class Failing(unittest.TestCase):
        def setUp(self) -> None:
            raise ZeroDivisionError

        def test_it(self) -> None:
            """Never comes to run."""

    assert len(ran(Failing).errors) == 1
    assert_nothing_is_mocked()


def test_an_asynchronous_test_case_has_its_org_in_all_its_parts() -> None:
    @mock_salesforce
    class Asynchronous(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            create("Set up")

        async def test_it(self) -> None:
            await asyncio.sleep(0)
            assert names() == ["Set up"]

    assert ran(Asynchronous).wasSuccessful()


def test_a_class_without_a_runner_has_an_org_for_each_call() -> None:
    @mock_salesforce(seed=SEED)
    class Plain:
        def test_it(self) -> list[str]:
            create("A")
            return names()

        async def test_later(self) -> list[str]:
            await asyncio.sleep(0)
            return names()

        @staticmethod
        def test_nothing() -> str:
            return requests.adapters.HTTPAdapter.send.__module__

        def helper(self) -> str:
            return requests.adapters.HTTPAdapter.send.__module__

    plain = Plain()
    assert (plain.test_it(), plain.test_it()) == (["A", "Seeded"], ["A", "Seeded"])
    assert asyncio.run(plain.test_later()) == ["Seeded"]
    assert {Plain.test_nothing(), plain.helper()} == {"requests.adapters"}


def test_a_class_is_decorated_once() -> None:
    with pytest.raises(TypeError, match="Twice is decorated with mock_salesforce already"):

        @mock_salesforce
        @mock_salesforce
        class Twice:
            """Nothing."""


def test_a_coroutine_a_generator_and_an_asynchronous_generator_have_the_org_until_they_are_done() -> None:
    @mock_salesforce
    async def ask() -> list[str]:
        create("A")
        await asyncio.sleep(0)
        return names()

    @mock_salesforce
    def walk() -> Iterator[list[str]]:
        create("A")
        yield names()
        create("B")
        yield names()

    @mock_salesforce
    async def walk_later() -> AsyncIterator[list[str]]:
        create("A")
        yield names()
        await asyncio.sleep(0)
        yield names()

    async def walked() -> list[Any]:
        return [item async for item in walk_later()]

    assert asyncio.run(ask()) == ["A"]
    assert list(walk()) == [["A"], ["A", "B"]]
    assert asyncio.run(walked()) == [["A"], ["A"]]
    assert_nothing_is_mocked()


def test_the_org_of_a_class_goes_when_its_tests_are_done_and_comes_again() -> None:
    @mock_salesforce
    class Decorated(Cases):
        seen: ClassVar[list[list[str]]] = []

    for _ in range(2):
        assert ran(Decorated).wasSuccessful()
    assert Decorated.seen[0] == Decorated.seen[2]
