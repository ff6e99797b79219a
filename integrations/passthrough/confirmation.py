"""The second step before anything but a GET: what was shown is kept here, and sent once.

What is sent is taken from the row that was shown, not from the browser that confirms it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.models import Integration, PreparedCall
from integrations.passthrough.request import Asked, File

# For so long a prepared call may be confirmed; the content of its file is kept no longer.
LASTS = timedelta(minutes=10)


class NothingPrepared(Exception):
    """There is no such call any more: it was sent already, or its time is up."""


def prepare(user: Any, integration: Integration, asked: Asked) -> PreparedCall:
    """Keep `asked` until `user` confirms it."""
    forget_old()
    fields = [[name, value] for name, value in asked.form if isinstance(value, str)]
    files = [(name, value) for name, value in asked.form if isinstance(value, File)]
    kept: dict[str, Any] = {
        "host": asked.host,
        "method": asked.method,
        "path": asked.path,
        "params": dict(asked.params),
        "headers": dict(asked.headers),
        # As text: no database's JSON holds a NUL, which JSON that is sent may.
        "data": "" if asked.data is None else orjson.dumps(asked.data).decode(),
        "fields": fields,
    }
    content = None
    for name, file in files[:1]:
        kept["file"] = {"field": name, "name": file.name, "content_type": file.content_type}
        content = file.content
    return PreparedCall.objects.create(user=user, integration=integration, asked=kept, file=content)


def prepared(user: Any, pk: str) -> PreparedCall:
    """One of the user's own. Raises `NothingPrepared`."""
    since = timezone.now() - LASTS
    mine = PreparedCall.objects.select_related("integration")
    found = mine.filter(pk=pk, user=user, created_at__gt=since).first()
    if found is None:
        raise NothingPrepared
    return found


def take(call: PreparedCall) -> Asked:
    """What is to be sent, for the first who asks. Raises `NothingPrepared` for all others."""
    with transaction.atomic():
        taken, _ = PreparedCall.objects.filter(pk=call.pk).delete()
    if not taken:
        raise NothingPrepared
    return asked_of(call)


def asked_of(call: PreparedCall) -> Asked:
    """The request that was kept."""
    kept = call.asked
    form: list[tuple[str, str | File]] = [(name, value) for name, value in kept["fields"]]
    if file := kept.get("file"):
        content = bytes(call.file or b"")
        form.append((file["field"], File(file["name"], file["content_type"], content)))
    return Asked(
        host=kept["host"],
        method=kept["method"],
        path=kept["path"],
        params=kept["params"],
        headers=kept["headers"],
        data=orjson.loads(kept["data"]) if kept["data"] else None,
        form=tuple(form),
    )


@jobs.RETENTION.register("calls to confirm")
def forget_old() -> None:
    """Remove what nobody confirmed in time. Idempotent."""
    PreparedCall.objects.filter(created_at__lte=timezone.now() - LASTS).delete()
