"""The OpenAPI document of the unified API, and the reference at `/docs` that is drawn from it.

The table of routes says which operations there are, the declared bodies what they take, and the
readers of query parameters which ones. What an operation answers, and the words about it, are
declared in `groups`, one module for each chapter of the reference.
"""
