"""simple-salesforce, unchanged, logs in by each OAuth flow that it has, over HTTPS, where everything is checked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org

from .conftest import Keys


@pytest.fixture(scope="module", params=[True, False], ids=["strict", "lax"])
def live(request: pytest.FixtureRequest, scenario: dict[str, Any]) -> Iterator[LiveOrg]:
    with live_org(OrgConfig(strict_auth=request.param, scenarios=(scenario,))) as found:
        yield found


def domain(live: LiveOrg) -> str:
    """What the client puts before `.salesforce.com`."""
    return f"{live.https.removeprefix('https://')}/services/oauth2/token?"


def creator(sf: Salesforce) -> str:
    """Return the user name that a session's records bear."""
    made = sf.Contact.create({"LastName": "X"})["id"]
    found: str = sf.User.get(sf.Contact.get(made)["CreatedById"])["Username"]
    return found


def test_by_name_and_password(live: LiveOrg) -> None:
    sf = Salesforce(
        username="ada@x.test",
        password="pw",
        consumer_key="robot",
        consumer_secret="robot secret",
        domain=domain(live),
        session=live.session(),
    )
    assert creator(sf) == "ada@x.test"


def test_by_client_credentials(live: LiveOrg) -> None:
    sf = Salesforce(consumer_key="robot", consumer_secret="robot secret", domain=domain(live), session=live.session())
    assert creator(sf) == "ada@x.test"


def test_by_an_assertion(live: LiveOrg, keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(keys.private)
    for options in ({"domain": domain(live)}, {"instance_url": domain(live)}):
        sf = Salesforce(
            username="ada@x.test",
            consumer_key="jwt",
            privatekey_file=str(file),
            session=live.session(),
            **options,
        )
        assert creator(sf) == "ada@x.test"


def test_an_assertion_that_is_refused_is_told(keys: Keys, other_keys: Keys, scenario: dict[str, Any]) -> None:
    def login(live: LiveOrg, name: str, private: str) -> None:
        Salesforce(username=name, consumer_key="jwt", privatekey=private, domain=domain(live), session=live.session())

    with live_org(OrgConfig(strict_auth=True, scenarios=(scenario,))) as live:
        with (
            pytest.warns(UserWarning, match="may need to authorize this"),  # the client knows the words
            pytest.raises(SalesforceAuthenticationFailed, match="user hasn't approved this consumer"),
        ):
            login(live, "nobody@x.test", keys.private)
        with pytest.raises(SalesforceAuthenticationFailed, match="invalid signature"):
            login(live, "ada@x.test", other_keys.private)
