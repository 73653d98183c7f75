"""The API versions that exist, which all protocols go by."""

from typing import Final

FIRST: Final = 20
LAST: Final = 68
NUMBERS: Final = {f"v{version}.0": f"{version}.0" for version in range(FIRST, LAST + 1)}
"""Path segment -> version, for the versions that exist."""
