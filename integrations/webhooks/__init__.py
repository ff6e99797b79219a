"""Webhooks to applications: who is told what, and bringing it to them."""
