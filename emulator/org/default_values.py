"""What the fields of a new record hold before anybody types: the values that a create gives them."""

from collections.abc import Sequence
from typing import Any

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError, not_found
from ..store import Store
from .caller import Caller
from .defaults import defaults
from .record_types import FIELD as RECORD_TYPE
from .records import Records


class DefaultValues:
    """Tell the default values of new records."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records

    def of(
        self, caller: Caller, sobject_name: str, record_type_id: str | None = None, fields: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Return ``attributes`` and the values that new records of a record type begin with; of all writable fields, or of those named.

        The address is recorded in describes, its answer nowhere; a guess: it is the one that a quick action gives.
        Raises NOT_FOUND, and INVALID_FIELD for a field that the type does not have.
        """
        sobject = self._records.sobject(caller, sobject_name)
        given = {}
        if record_type_id:
            try:
                given[RECORD_TYPE] = normalize(record_type_id)
            except InvalidId:
                raise not_found() from None
        row = defaults(sobject, caller.user_id) | given
        types = self._records.record_types
        known = types.rows(sobject)
        if given and all(one.id != given[RECORD_TYPE] for one in known):
            row.pop(RECORD_TYPE)
        with self._store.read() as rows:
            types.choose(rows, sobject, row, given)
        shown = [field for field in sobject.fields if field.createable]
        if fields is not None:
            shown = []
            for name in fields:
                field = sobject.field(name)
                if field is None:
                    raise OrgError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
                shown.append(field)
        return {"attributes": {"type": sobject.name}} | {field.name: row.get(field.name) for field in shown}
