"""The Tooling API below ``/services/data/vN.0/tooling``."""
