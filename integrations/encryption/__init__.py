"""Secrets that are made once, and the encryption of stored credentials with them."""
