"""Enhanced chat: messaging channels, sessions and conversations, their rules and their records."""
