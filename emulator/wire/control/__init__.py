"""The control API below /_chatlift/."""
