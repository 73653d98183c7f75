"""Reading a source: a Data Export zip (in parts), a folder of CSV files, an org over HTTP."""
