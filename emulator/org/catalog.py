"""The types that the org knows: the shipped ones and those it was given, kept in its store."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from ...schemas.catalog import Catalog, shipped
from ...schemas.describes import documents_of
from ...schemas.field import SObject
from ..store import Store
from .caller import Caller
from .permissive import opened
from .rights import Rights
from .views import Views

KEY: Final = "objects"
"""Where the store keeps the documents of the org's own objects."""


class OrgCatalog:
    """The catalog in force. Given objects, the org puts a new one in its place and keeps their documents."""

    def __init__(self, store: Store, *, permissive: bool = False) -> None:
        """permissive: API callers may write what else the platform alone writes (`permissive`)."""
        self._store = store
        self._shipped = opened(shipped()) if permissive else shipped()
        self.current: Catalog = self._shipped
        self._known: list[dict[str, Any]] = []
        """The documents that the current catalog has besides the shipped ones."""
        self.rights = Rights(store)
        self._views = Views()
        self.reload()

    def seen_by(self, caller: Caller) -> Catalog:
        """Return what a caller may see of the types; the platform's own writes and checks go by `current`."""
        rights = self.rights.of_caller(caller)
        current = self.current
        return current if rights.is_unrestricted else self._views.of(current, rights, caller.number)

    def extend(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Add objects, or fields to known ones, from descriptors and describes.

        A document that the org has already and that would change nothing is passed over. Raises `DescriptorError`, and then nothing changed.
        """
        read = [document for given in documents for document in documents_of(given)]
        added = [document for document in read if document not in self._known or self._would_change(document)]
        if not added:
            return
        extended = self.current.extended(added)
        with self._store.write() as transaction:
            transaction.set_meta(KEY, json.dumps([*self._documents(), *added]))
            self.current, self._known = extended, self._documents()

    def _would_change(self, document: Mapping[str, Any]) -> bool:
        """Tell whether a document that is known has been overtaken by another one of the same object."""
        name = str(document.get("name"))
        before, after = self.current.find(name), self.current.extended([document]).find(name)
        return before is not None and any(
            getattr(before, one.name) != getattr(after, one.name) for one in fields(SObject)
        )

    def reload(self) -> None:
        """Read the org's own objects from the store, after its rows were replaced or a transaction was undone."""
        documents = self._documents()
        if documents != self._known:
            self.current, self._known = self._shipped.extended(documents), documents

    def _documents(self) -> list[dict[str, Any]]:
        kept = self._store.meta(KEY)
        documents: list[dict[str, Any]] = json.loads(kept) if kept else []
        return documents
