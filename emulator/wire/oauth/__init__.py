"""OAuth 2.0: `/services/oauth2` and the identity URL `/id`."""
