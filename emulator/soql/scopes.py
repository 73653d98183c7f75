"""Resolve what a statement asks besides its rows: USING SCOPE, WITH, FOR VIEW, UPDATE TRACKING and their like."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from .errors import malformed, refused
from .paths import Paths
from .resolved import Filter, OwnedByUser
from .tree import Query, With, Word

MODES: Final = frozenset({"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"})
"""What WITH takes and an administrator does not notice."""
SCOPES: Final = frozenset("DELEGATED MY_TERRITORY MY_TEAM_TERRITORY TEAM MRU SCOPINGRULE ALLPRIVATE".split())
"""Scopes that need what the org does not have: delegated groups, territories, teams, scoping rules, private dashboards."""
VIEWS: Final = "ArticleTotalViewCount"
"""What UPDATE VIEWSTAT adds to."""
SEEN: Final = {"FOR VIEW": "LastViewedDate", "FOR REFERENCE": "LastReferencedDate"}
"""Guide, "FOR VIEW", "FOR REFERENCE"."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What reading a record changes in it: datetimes set to now, numbers counted up."""

    seen: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()


class Surroundings:
    """The clauses around the rows of one statement. Where the platform's words are not public they are guesses."""

    def __init__(self, text: str, catalog: Catalog, version: float, sobject: SObject, paths: Paths) -> None:
        """Take the text, for the place of errors, and what is read."""
        self._text = text
        self._catalog = catalog
        self._version = version
        self._sobject = sobject
        self._paths = paths

    def scope(self, scope: Word | None) -> Filter | None:
        """Return the condition of USING SCOPE. Raises INVALID_QUERY_SCOPE (a code of the SOAP API's ExceptionCode)."""
        name = scope.text.upper() if scope else "EVERYTHING"
        if scope is None or name == "EVERYTHING":
            return None
        if name not in SCOPES | {"MINE", "MINE_AND_MY_GROUPS"}:
            raise refused("INVALID_QUERY_SCOPE", self._text, scope.at, f"Unknown scope: {scope.text}")
        if name in SCOPES or self._sobject.field("OwnerId") is None:
            sentence = f"The scope {scope.text} is not supported for {self._sobject.name}"
            raise refused("INVALID_QUERY_SCOPE", self._text, scope.at, sentence)
        members = self._catalog.find("GroupMember", self._version) if name == "MINE_AND_MY_GROUPS" else None
        return OwnedByUser(self._paths.column_at((), "OwnerId"), members)

    def check(self, withs: tuple[With, ...]) -> None:
        """Check the WITH clauses. Raises INVALID_TYPE for an object that they cannot be asked of."""
        for clause in withs:
            if clause.words == "DATA CATEGORY":
                self._check_articles(clause.words, clause.at)
                # The org has no data category groups (the object DataCategoryGroup is not emulated), so none is known.
                group = clause.groups[0]
                raise refused("INVALID_FIELD", self._text, group.at, f"Unknown data category group: {group.text}")
            if clause.words == "RECORDVISIBILITYCONTEXT":
                sentence = f"WITH RecordVisibilityContext is not supported for {self._sobject.name}"
                raise refused("INVALID_TYPE", self._text, clause.at, sentence)
            if clause.words not in MODES:
                raise malformed(self._text, clause.at, f"Unknown WITH clause: {clause.words}")

    def marks(self, query: Query, is_inner: bool, has_records: bool) -> Marks:
        """Return what the query changes in the records that it returns; FOR UPDATE locks and shows nothing.

        UPDATE TRACKING keeps the words of a search, and a query of this kind has none: it changes nothing.
        """
        seen: list[str] = []
        counted: list[str] = []
        for purpose in query.purposes:
            if purpose.text == "FOR UPDATE":
                continue
            if is_inner or not has_records:
                raise malformed(self._text, purpose.at, f"{purpose.text} is not allowed in this query")
            if purpose.text in SEEN:
                seen.append(self._seen(purpose))
            elif purpose.text in ("UPDATE TRACKING", "UPDATE VIEWSTAT"):
                self._check_articles(purpose.text, purpose.at)
                if purpose.text == "UPDATE VIEWSTAT":
                    counted += self._views()
            else:
                raise malformed(self._text, purpose.at, f"unexpected token: {purpose.text.partition(' ')[2]}")
        return Marks(tuple(seen), tuple(dict.fromkeys(counted)))

    def _seen(self, purpose: Word) -> str:
        name = SEEN[purpose.text]
        if self._sobject.field(name) is None:
            sentence = f"{purpose.text} is not supported for {self._sobject.name}"
            raise refused("INVALID_TYPE", self._text, purpose.at, sentence)
        return name

    def _views(self) -> Iterator[str]:
        if self._sobject.field(VIEWS) is not None:
            yield VIEWS

    def _check_articles(self, clause: str, at: int) -> None:
        """Refuse an object that holds no articles."""
        if not self._sobject.name.endswith("__kav"):
            sentence = f"{clause} is supported for knowledge articles only, not for {self._sobject.name}"
            raise refused("INVALID_TYPE", self._text, at, sentence)
