"""The database, as both kinds of it are used: how long it is waited for, and how much at once."""
