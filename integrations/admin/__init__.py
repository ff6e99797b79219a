"""The dashboard; `registry.py` puts it together."""
