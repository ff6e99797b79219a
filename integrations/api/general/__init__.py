"""What the API says about itself and its tenants: keys, integrations, syncs, fields, coverage."""
