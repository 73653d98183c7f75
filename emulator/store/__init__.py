"""Rows: one table for each sObject and a few of the emulator's own, on SQLite or PostgreSQL."""

from .base import Reader, Store, Transaction
from .opening import open_store

__all__ = ["Reader", "Store", "Transaction", "open_store"]
