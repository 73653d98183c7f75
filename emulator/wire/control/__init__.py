"""The control API: `/_chatlift`. It steers the emulator itself, and no org has anything like it."""
