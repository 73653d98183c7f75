"""The API versions that exist and what they are called."""

from typing import Any, Final

from ..api_versions import FIRST, LAST

SEASONS: Final = ("Spring", "Summer", "Winter")


def label(version: int) -> str:
    """Return the release a version came with: version 20 is Winter '11, 60 is Spring '24."""
    season = SEASONS[version % 3]
    return f"{season} '{(version + 13) // 3}"


def listing() -> list[dict[str, Any]]:
    """Return the body of ``GET /services/data``, oldest version first."""
    return [
        {"label": label(version), "url": f"/services/data/v{version}.0", "version": f"{version}.0"}
        for version in range(FIRST, LAST + 1)
    ]
