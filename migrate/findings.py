"""What a look found wrong."""

from __future__ import annotations

FINDINGS_LIMIT = 100
"""So many findings are told; more of them would say nothing new."""


class Findings:
    """Sentences, in the order in which they were found."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._more = 0

    def add(self, text: str) -> None:
        """Add one; of too many only their number is kept."""
        if len(self._found) < FINDINGS_LIMIT:
            self._found.append(text)
        else:
            self._more += 1

    def first(self, text: str) -> None:
        """Add what explains the others."""
        self._found.insert(0, text)

    def told(self) -> list[str]:
        """Return them."""
        return [*self._found, f"and {self._more} more findings"] if self._more else self._found
