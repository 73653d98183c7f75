"""ChatLift: a Salesforce org on your machine for the chat products, and the way from legacy chat to enhanced chat."""

__version__ = "0.1.0"
