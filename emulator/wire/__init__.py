"""The protocols. Each folder translates one of them to calls of the org and back, and knows no other folder."""
