"""Writing a target: a folder of JSON-lines files."""
