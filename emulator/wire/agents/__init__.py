"""The agent API of legacy chat: the console's calls, whose protocol on the platform is not public."""
