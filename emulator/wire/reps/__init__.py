"""The rep API of enhanced chat: what reps, bots and supervisors do, and how channels are set up."""
