"""The forms of the files of rows in a target folder: CSV and Parquet beside JSON lines, all of which tell null from empty text."""
