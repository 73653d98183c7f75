"""Pure transforms: the same record and plan give the same structures. No clock, no files, no network."""
