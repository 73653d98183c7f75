"""The application as it starts in production, with nothing handed in: in this process, whatever the mode."""

import pytest
from chatlift.emulator import mock_salesforce

from app import create_app


@mock_salesforce(strict_auth=True, seed={"passwords": {"admin@chatlift.test": "secret"}})
class TestLogin:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch):
        monkeypatch.setenv("SALESFORCE_USERNAME", "admin@chatlift.test")
        monkeypatch.setenv("SALESFORCE_PASSWORD", "secret")
        monkeypatch.setenv("SALESFORCE_TOKEN", "")

    def test_it_logs_in_as_the_environment_says(self):
        assert create_app().test_client().get("/widget/today").json == {}

    def test_a_wrong_password_is_told(self, monkeypatch):
        monkeypatch.setenv("SALESFORCE_PASSWORD", "wrong")
        answer = create_app().test_client().get("/widget/today")
        assert answer.status_code == 422
        assert "INVALID_LOGIN" in str(answer.json)
