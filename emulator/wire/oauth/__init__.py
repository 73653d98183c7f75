"""The OAuth flows."""
