"""Encodings that nobody states, and texts that went through the wrong one."""
