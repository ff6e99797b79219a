"""Users, sign-in, roles and permissions, second factor, API keys."""
