"""Write the order of rows and groups: picklists go by the order of their values, other text by its folded letters.

Letters beyond ASCII follow by code point; the platform's collation for them depends on the org's language.
"""

from ...schemas.field import Field
from .dialect import Dialect
from .paths import kind_of
from .resolved import Kind
from .sql import Sql


def has_ranked_text(field: Field) -> bool:
    """Tell whether values of a field are text that is not ordered by its own letters."""
    return kind_of(field) is Kind.TEXT and not field.case_sensitive


def direction(descending: bool, nulls_last: bool, nullable: bool = True) -> str:
    """Return the words after a key; nulls come first unless asked otherwise (guide, "ORDER BY")."""
    words = " DESC" if descending else ""
    return words + (" NULLS LAST" if nulls_last else " NULLS FIRST") if nullable else words


def sort_keys(dialect: Dialect, field: Field, value: str, words: str) -> list[Sql]:
    """Return the keys that order by a value; ``words`` is its `direction`."""
    if not has_ranked_text(field):
        return [Sql(value + words)]
    folded = Sql(dialect.folded(value) + words)
    if field.type != "picklist" or not field.picklist_values:
        return [folded]
    cases, values = _cases(dialect, field, "{}")
    ranked = f"CASE WHEN {value} IS NULL THEN NULL ELSE CASE {value} {cases} ELSE {len(values)} END END"
    return [Sql(ranked + words, values), folded]


def rank_text(dialect: Dialect, field: Field, value: str) -> Sql:
    """Return text, in plain comparison ordered like the value; values of a picklist have numbers in front."""
    folded = dialect.folded(value)
    if field.type != "picklist" or not field.picklist_values:
        return Sql(folded)
    cases, values = _cases(dialect, field, "'{:04d}'")
    return Sql(f"(CASE {value} {cases} ELSE '9999' END || {folded})", values)


def _cases(dialect: Dialect, field: Field, form: str) -> tuple[str, tuple[str, ...]]:
    values = tuple(picklist.value for picklist in field.picklist_values)
    cases = " ".join(f"WHEN {dialect.placeholder} THEN {form.format(number)}" for number in range(len(values)))
    return cases, values
