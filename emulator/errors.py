"""Errors below the wire: what the platform would say, without JSON, XML or an HTTP status.

OrgError            a call is refused, by code, message and fields
├── BadValue        a value of a record could not be read as its field's type
├── Fault           it goes wrong on purpose, because a test wants it to
└── NoRecord        the record that a write is about is not there
UsageError          the emulator was set up wrongly; the command line prints it as one line
"""

from typing import Any


class OrgError(Exception):
    """A call is refused.

    ``code`` is the platform's status code (``REQUIRED_FIELD_MISSING``), ``fields`` the names of the fields at fault, or
    None where the platform's answer has no list of fields.
    """

    def __init__(self, code: str, message: str, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields


class BadValue(OrgError):
    """A value could not be read as its field's type; a wire that knows the text adds the place."""

    def __init__(self, message: str, field: str, value: Any, type_name: str) -> None:
        super().__init__("JSON_PARSER_ERROR", message)
        self.field = field
        self.value = value
        self.type_name = type_name


class Fault(OrgError):
    """A call goes wrong on purpose. ``status`` is what it is answered with, or None for what its protocol makes of the code."""

    def __init__(
        self, code: str, message: str, status: int | None = None, fields: tuple[str, ...] | None = None
    ) -> None:
        super().__init__(code, message, fields)
        self.status = status


class NoRecord(OrgError):
    """The record that a write is about is not there, nor in the recycle bin.

    A read says NOT_FOUND; an update and a delete say this, which REST answers with 404 and not with the 400 of a lookup
    that leads nowhere (the integration tests of django-salesforce; a PATCH in a composite request recorded so).
    """

    def __init__(self) -> None:
        super().__init__("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())


class UsageError(Exception):
    """The emulator was set up wrongly. The message is one line: what is wrong, and how to mend it."""


def not_found(message: str = "The requested resource does not exist") -> OrgError:
    """Return the answer to a name or an id that the org does not know."""
    return OrgError("NOT_FOUND", message)
