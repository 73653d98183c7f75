"""SOSL: from the text of a search to what is looked for, and to the plans that read the records found.

A pure room beside the org: it knows the catalog and the SOQL room, and neither rows nor time.
"""
