"""The unified HTTP API (`docs/unified-api.md`), served from our tables."""
