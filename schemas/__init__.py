"""What an sObject is: descriptors as data, the catalog that finds them, ids, values and record schemas."""
