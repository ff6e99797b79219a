"""A documented endpoint as a request of one tenant's: its keys and, to read, one of its records."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from integrations.models import Application, FlatchrCredentials, Integration, Job
from integrations.passthrough.endpoints import Endpoint
from integrations.passthrough.request import is_read

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def placeholders(text: str) -> list[str]:
    """The `{names}` that are still in `text`, each once."""
    return list(dict.fromkeys(f"{{{name}}}" for name in _PLACEHOLDER.findall(text)))


def filled(endpoint: Endpoint, integration: Integration) -> Endpoint:
    """`endpoint` with what is known put in.

    What changes something gets no record's id: whoever sends it is to say which one is meant.
    """
    known = _keys(integration)
    if is_read(endpoint.host, endpoint.method, endpoint.path.replace("{company}", "c")):
        wanted = placeholders(f"{endpoint.path} {endpoint.params}")
        known |= _records(integration, wanted)

    def put(value: Any) -> Any:
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), value)
        if isinstance(value, dict):
            return {name: put(one) for name, one in value.items()}
        return [put(one) for one in value] if isinstance(value, list) else value

    return replace(
        endpoint,
        path=put(endpoint.path),
        params=put(dict(endpoint.params)),
        body=put(endpoint.body),
        form=put(dict(endpoint.form)),
    )


def _keys(integration: Integration) -> dict[str, str]:
    found = FlatchrCredentials.objects.filter(pk=integration.pk).first()
    return {"company": found.company_key, "slug": found.slug} if found else {}


def _records(integration: Integration, wanted: list[str]) -> dict[str, str]:
    """The Flatchr id of one record of each kind that is wanted and there, whichever it is."""
    kinds: dict[str, Any] = {"vacancy": Job, "applicant": Application}
    known = {}
    for name, model in kinds.items():
        if f"{{{name}}}" not in wanted:
            continue
        rows = model._default_manager.filter(integration=integration, remote_deleted_at=None)
        for remote_id in rows.order_by().values_list("remote_id", flat=True)[:1]:
            known[name] = str(remote_id)
    return known
