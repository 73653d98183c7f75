"""What an org does: records, queries, changes, describes, sessions, users, and its clock."""
