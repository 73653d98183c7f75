"""The Bulk APIs: 2.0 below ``/services/data/vN.0/jobs``, the first one below ``/services/async``."""
