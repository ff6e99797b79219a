"""Passthrough: requests of users and API clients to Flatchr, sent with the tenant's key."""
