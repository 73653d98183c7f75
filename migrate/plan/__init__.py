"""The plan of a migration: what a user may decide, its file, and what a look at the source adds to it."""

from .decisions import ENTRY_TYPES, Plan
from .file import from_mapping, read
from .privacy import Privacy
from .text import Sight, commented

__all__ = ["ENTRY_TYPES", "Plan", "Privacy", "Sight", "commented", "from_mapping", "read"]
