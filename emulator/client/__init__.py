"""Commands that are a client of any org, over HTTP: they know nothing of the org that runs here."""
