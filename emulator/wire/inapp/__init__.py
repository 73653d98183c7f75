"""Messaging for In-App and Web: the API of custom clients, ``/iamessage``, and the event stream, ``/eventrouter``."""
