"""The unified HTTP API (`unified-api.md`), served from our tables."""
