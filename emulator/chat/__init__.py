"""Legacy Chat: the set-up of a desk as the platform's own records."""
