"""`chatlift record` and `chatlift cassette`: a proxy that keeps what a real org answers, and what is done with it."""
