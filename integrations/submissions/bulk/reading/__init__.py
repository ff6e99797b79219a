"""A sheet read row by row: its headings, its cells, its candidates."""
