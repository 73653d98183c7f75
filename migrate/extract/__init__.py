"""Reading a source: Data Export, CSV folder or org."""
