"""The reports of a migration and of a load: one page each that can be sent by mail, and the same numbers as JSON."""

from .document import report_document, write_report

__all__ = ["report_document", "write_report"]
