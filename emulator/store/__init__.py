"""Rows: where an org keeps what it knows, on SQLite or PostgreSQL."""
