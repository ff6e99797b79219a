"""Personal data: where it can be, for how long, and how one person's is handed over or erased."""
