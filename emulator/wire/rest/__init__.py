"""The REST API: `/services/data` and everything below it."""
