"""Requests to Flatchr by topic, as functions of a client."""
