"""From the records of legacy chat to those of enhanced chat, and back."""
