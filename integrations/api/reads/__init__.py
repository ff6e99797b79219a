"""The list endpoints of the unified API (`unified-api.md §5`), answered from our own tables."""
