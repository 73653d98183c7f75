"""Bulk jobs: what is asked, what was uploaded, what became of each record; run in the background, kept in the store."""
