"""The SOAP API: `/services/Soap/u` (partner) and `/services/Soap/c` (enterprise)."""
