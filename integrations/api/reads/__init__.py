"""The list endpoints of the unified API (`docs/unified-api.md §5`), answered from our tables."""
