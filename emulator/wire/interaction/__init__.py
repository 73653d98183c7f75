"""The Interaction Service API and the Conversation Data API: history that comes in, and entries that go out whole."""
