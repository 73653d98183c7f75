"""The MessagingEndUser of whoever writes to a channel: found by his key, or made when he first comes."""

from ..running.records import SystemRecords
from ..store import Transaction
from ..store.layout import quoted
from .records import is_fully_opted_in
from .setup import Channel
from .state import IMPLICIT


def end_user_row(
    records: SystemRecords, transaction: Transaction, channel: Channel, subject: str, name: str, now: int
) -> tuple[str, str]:
    """Return the id of the MessagingEndUser of a subject, made if there is none yet, and his consent. now: milliseconds."""
    wanted = {"MessagingPlatformKey": subject, "MessagingChannelId": channel.id}
    known = records.newest(transaction, "MessagingEndUser", wanted)
    if known is not None:
        column, table = quoted("MessagingConsentStatus"), quoted("MessagingEndUser")
        row = transaction.one(f'SELECT {column} FROM {table} WHERE "Id" = {transaction.placeholder}', [known])
        return known, str(row[0]) if row and row[0] else IMPLICIT
    values = {
        **wanted,
        "Name": name,
        "MessageType": channel.type,
        "MessagingConsentStatus": IMPLICIT,
        "HasInitialResponseSent": bool(channel.initial_response),
        "IsFullyOptedIn": is_fully_opted_in(IMPLICIT, channel.consent_type),
    }
    return records.create(records.automated_process, "MessagingEndUser", values, transaction, now / 1000), IMPLICIT
