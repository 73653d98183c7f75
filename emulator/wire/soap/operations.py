"""Which function answers which operation of the table."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from . import deletes, describes, layouts, reads, sessions, writes
from .call import Call

Run = Callable[[Call], Any]

OPERATIONS: Final[Mapping[str, Run]] = MappingProxyType(
    {
        "login": sessions.login,
        "logout": sessions.logout,
        "invalidateSessions": sessions.invalidate_sessions,
        "getServerTimestamp": sessions.get_server_timestamp,
        "getUserInfo": sessions.get_user_info,
        "setPassword": sessions.set_password,
        "resetPassword": sessions.reset_password,
        "create": writes.create,
        "update": writes.update,
        "upsert": writes.upsert,
        "delete": deletes.delete,
        "undelete": deletes.undelete,
        "emptyRecycleBin": deletes.empty_recycle_bin,
        "query": reads.query,
        "queryAll": reads.query_all,
        "queryMore": reads.query_more,
        "retrieve": reads.retrieve,
        "search": reads.search,
        "getUpdated": describes.get_updated,
        "getDeleted": describes.get_deleted,
        "describeGlobal": describes.describe_global,
        "describeSObject": describes.describe_sobject,
        "describeSObjects": describes.describe_sobjects,
        "describeGlobalTheme": layouts.describe_global_theme,
        "describeTheme": layouts.describe_theme,
        "describeLayout": layouts.describe_layout,
        "describeCompactLayouts": layouts.describe_compact_layouts,
        "describeTabs": layouts.describe_tabs,
        "describeAllTabs": layouts.describe_all_tabs,
    }
)
