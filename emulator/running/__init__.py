"""What both runtimes stand on: states kept as rows, a ticker, waiters, and records written as the platform writes them."""
