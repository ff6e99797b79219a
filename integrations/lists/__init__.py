"""What the lists of records select: search, filters and order, for pages and for files alike."""
