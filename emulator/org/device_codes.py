"""Device codes: a device waits with one code while a person approves it by another, on any browser."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ...schemas.values import datetime_text, read_datetime
from .grants import Grant, GrantRefused, Grants, digest

DEVICE_SECONDS: Final = 600
"""Life of a device code ("OAuth 2.0 Device Flow": "expires in 10 minutes")."""
INTERVAL_SECONDS: Final = 5
USER_CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What a user code is written with; nothing in it can be taken for another. A guess after the documented sample."""
USER_CODE_LENGTH: Final = 8
PENDING: Final = "User has not yet authorized the device"
"""Our words: the code is documented, its description is not."""
REFUSED: Final = "end-user denied authorization"
EXPIRED: Final = "expired authorization code"


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """Give device codes, take decisions, and answer those who poll."""

    grants: Grants

    def begin(self, client_id: str, scope: str) -> tuple[str, str]:
        """Return a new device code and its user code."""
        device_code = self.grants.chance.text(48)
        with self.grants.writing():
            user_code = self._free_user_code()
            now = self.grants.moment()
            grant = Grant(digest(device_code), "device", "waiting", client_id, "", scope, now,
                          self.grants.moment(DEVICE_SECONDS), user_code=user_code)  # fmt: skip
            self.grants.keep(grant)
        return device_code, user_code

    def waiting(self, user_code: str) -> Grant | None:
        """Return what waits under a user code in any case, or None."""
        wanted = "".join(user_code.upper().replace("-", " ").split())
        if len(wanted) != USER_CODE_LENGTH or not set(wanted) <= set(USER_CODE_LETTERS):
            return None
        found = self.grants.first("user_code", "device", wanted)
        return None if found is None or found.state != "waiting" or self.grants.is_over(found) else found

    def decide(self, user_code: str, user_id: str | None) -> bool:
        """Approve as a user, or refuse with None. Tell whether something waited under the code."""
        with self.grants.writing():
            grant = self.waiting(user_code)
            if grant is None:
                return False
            if user_id is None:
                self.grants.change(grant, state="denied")
            else:
                self.grants.change(grant, state="open", user_id=user_id)
        return True

    def poll(self, device_code: str, client_id: str | None) -> Grant:
        """Return the grant once it is approved, and once only. Raises `GrantRefused`.

        client_id: whose code it must be; None is not compared. A decision is told at once, however fast one polls.
        """
        with self.grants.writing():
            grant = self.grants.find("device", device_code)
            if grant is None or (client_id is not None and client_id != grant.client_id):
                raise GrantRefused("invalid_grant", "invalid authorization code")
            if grant.state == "denied":
                raise GrantRefused("access_denied", REFUSED)
            if grant.state == "used" or self.grants.is_over(grant):
                raise GrantRefused("invalid_grant", EXPIRED)
            if grant.state == "open":
                return self.grants.change(grant, state="used")
            self.grants.change(grant, polled_at=self.grants.moment())
        if grant.polled_at is not None and self.grants.moment() < _later(grant.polled_at, INTERVAL_SECONDS):
            # Recorded in forcedotcom/salesforcedx-docker#18.
            raise GrantRefused("slow_down", "polling too quickly for the token endpoint")
        raise GrantRefused("authorization_pending", PENDING)

    def _free_user_code(self) -> str:
        while True:
            made = "".join(self.grants.chance.one_of(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))
            if self.grants.first("user_code", "device", made) is None:
                return made


def _later(moment: str, seconds: int) -> str:
    return datetime_text(read_datetime(moment) + timedelta(seconds=seconds))
