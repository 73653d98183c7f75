"""The org's people: users by name, the administrator, the organization, and what their settings mean for dates."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...schemas.field import SObject
from ...schemas.rules import storable
from ..store import Store
from ..store.layout import quoted
from .catalog import OrgCatalog

ADMINISTRATOR: Final = "administrator"
_SUNDAY, _MONDAY, _SATURDAY = 6, 0, 5
_MONDAY_COUNTRIES: Final = frozenset(
    "AD AI AL AM AN AT AX AZ BA BE BG BM BN BY CH CL CM CR CY CZ DE DK EC EE ES FI FJ FO FR GB GE GF GP GR HR HU IE IS"
    " IT KG KZ LB LI LK LT LU LV MC MD ME MK MN MQ MY NL NO NZ PL RE RO RS RU SE SI SK SM TJ TM TR UA UY UZ VA VN XK".split()
)
_SATURDAY_COUNTRIES: Final = frozenset("AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY".split())


@dataclass(frozen=True, slots=True)
class UserLocale:
    """How a user's dates are read: zone, locale, first day of the week (0 is Monday), first month of the fiscal year."""

    time_zone: ZoneInfo
    locale: str
    first_weekday: int
    fiscal_start_month: int


def first_weekday(locale: str) -> int:
    """Return the first day of the week of a locale, 0 for Monday (CLDR, "firstDay")."""
    country = locale.replace("-", "_").partition("_")[2][:2].upper()
    if country in _MONDAY_COUNTRIES:
        return _MONDAY
    return _SATURDAY if country in _SATURDAY_COUNTRIES else _SUNDAY


class Users:
    """Read users and the organization. Records are dictionaries of field name to canonical value, short fields only."""

    def __init__(self, store: Store, catalog: OrgCatalog) -> None:
        self._store = store
        self._catalog = catalog

    def by_username(self, username: str) -> dict[str, Any] | None:
        """Return the user with a user name in any case, or None."""
        condition = (
            '"Username" = ? COLLATE NOCASE' if self._store.dialect == "sqlite" else 'lower("Username") = lower(%s)'
        )
        return self._first(self._catalog.current.get("User"), condition, [storable(username)])

    def by_id(self, user_id: str) -> dict[str, Any] | None:
        """Return the user with an 18 character id, or None."""
        return self._first(self._catalog.current.get("User"), f'"Id" = {self._store.placeholder}', [user_id])

    @property
    def administrator(self) -> dict[str, Any]:
        """The user that calls run as when nobody else is meant."""
        found = self.by_id(self._store.meta(ADMINISTRATOR) or "")
        if found is None:
            raise LookupError("the org has no administrator")
        return found

    @property
    def administrator_id(self) -> str:
        """The administrator's id."""
        return self._store.meta(ADMINISTRATOR) or ""

    @property
    def organization(self) -> dict[str, Any]:
        """The org's one Organization record."""
        found = self._first(self._catalog.current.get("Organization"), "1 = 1", [])
        if found is None:
            raise LookupError("the org has no Organization record")
        return found

    def locale_of(self, user_id: str) -> UserLocale:
        """Return how a user's dates are read; what the user lacks, the organization has."""
        user, organization = self.by_id(user_id) or {}, self.organization
        locale = user.get("LocaleSidKey") or organization.get("DefaultLocaleSidKey") or "en_US"
        zone = user.get("TimeZoneSidKey") or organization.get("TimeZoneSidKey") or "UTC"
        try:
            time_zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            time_zone = ZoneInfo("UTC")
        return UserLocale(time_zone, locale, first_weekday(locale), organization.get("FiscalYearStartMonth") or 1)

    def _first(self, sobject: SObject, condition: str, parameters: list[Any]) -> dict[str, Any] | None:
        self._store.ensure(sobject)
        names = [field.name for field in sobject.short_fields]
        columns = ", ".join(map(quoted, names))
        with self._store.read() as rows:
            sql = f'SELECT {columns} FROM {quoted(sobject.name)} WHERE {condition} ORDER BY "Id" LIMIT 1'
            found = rows.one(sql, parameters)
        return None if found is None else dict(zip(names, found, strict=True))
