"""The pure mapping: the same record and plan give the same bytes."""
