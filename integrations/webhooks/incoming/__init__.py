"""Flatchr's own events: the address they come to, storing them, and reading what they tell of."""
