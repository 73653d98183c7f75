"""The protocols: each translates between the network and the org, and nothing else."""
