from __future__ import annotations

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Relais"

    def ready(self) -> None:
        # Registers the system check on the search's index.
        from integrations.search import index  # noqa: F401

        # And those on its limits.
        from integrations.tenants import live_calls  # noqa: F401
