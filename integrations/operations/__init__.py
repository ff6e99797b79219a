"""Looking after an installation: moving it, backing it up, changing its keys, examining it."""
