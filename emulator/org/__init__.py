"""What an org does: records, query, describe, changes, users, sessions, clock."""
