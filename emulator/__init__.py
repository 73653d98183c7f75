"""The org: what answers Salesforce's protocols on your machine.

``from chatlift.emulator import mock_salesforce`` puts an org in the place of every Salesforce host, for code that uses
`requests`; see `inprocess`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .handle import OrgHandle
    from .inprocess import mock_salesforce

__all__ = ["OrgHandle", "mock_salesforce"]


def __getattr__(name: str) -> Any:
    """Load the public names when they are first asked for, as a start of `chatlift` needs neither of them."""
    if name in __all__:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(".inprocess" if name == "mock_salesforce" else ".handle", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
