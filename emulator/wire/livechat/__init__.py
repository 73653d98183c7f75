"""The Chat REST API of legacy chat: the visitor's side, as the platform's chat servers answer it."""
