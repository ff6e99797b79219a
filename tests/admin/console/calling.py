"""A console on a running sandbox, for the tests of its pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import Integration
from integrations.sandbox import Sandbox

CONSOLE = "admin:integrations_passthroughcall_console"
HISTORY = "admin:integrations_passthroughcall_changelist"
PDF = b"%PDF-1.4\n\xe2\xe3\xcf\xd3\n%%EOF\n"


class Console:
    """Somebody at the console."""

    def __init__(self, user: User, tenant: Integration) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.tenant = tenant

    def open(self, **query: str) -> Any:
        return self.client.get(reverse(CONSOLE), query)

    def send(self, method: str, path: str, **fields: Any) -> Any:
        """Press Send; the answer of the site."""
        given = {"tenant": self.tenant.pk, "host": "api", "method": method, "path": path}
        return self.client.post(reverse(CONSOLE), {**given, "body_kind": "NONE", **fields})

    def confirm(self, prepared: Any) -> Any:
        """Press the second button on the page that `send` led to."""
        return self.client.post(prepared.headers["Location"])


def errors_of(page: Any) -> dict[str, list[str]]:
    return {name: list(said) for name, said in page.context["form"].errors.items()}


def columns(sandbox: Sandbox) -> str:
    return f"/company/{sandbox.company_key}/columns"


def search(sandbox: Sandbox) -> str:
    return f"company/{sandbox.company_key}/search/applicants"
