"""The org: what answers Salesforce's protocols on your machine."""
