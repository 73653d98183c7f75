"""A user's own module that is called like a folder of ChatLift."""

WHOSE = "the user's"
