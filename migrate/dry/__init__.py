"""Dry runs: a load into a private org that is built from what the target says of itself. The target is only read."""
