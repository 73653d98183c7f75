"""OAuth 2.0 and OpenID Connect: `/services/oauth2`, the identity URL `/id`, discovery, and the pages for people."""
