"""Recorded calls: their file, what is taken out of them, and how a call is found again. Knows no web and no org."""
