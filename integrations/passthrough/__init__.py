"""Requests of users' and applications' own to Flatchr, signed in by us: one way out for all."""
