"""Own events with content: the record as the API shows it, and what it was before."""

from __future__ import annotations

from integrations.changes import batches
from integrations.models import Integration, WebhookProgress


def tell(tenant: Integration) -> None:
    """Queue the events with content of what has changed since."""
    WebhookProgress.objects.filter(pk=tenant.pk).update(
        content_through=batches.last_number(tenant.pk)
    )
