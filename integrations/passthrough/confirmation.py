"""Confirmation of requests other than GET: kept in a row when shown, sent once when confirmed.

The request that is sent is read from that row, not from the browser that confirms it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.models import Integration, PreparedCall
from integrations.passthrough.request import FormFile, PassthroughRequest

# How long a prepared call may be confirmed; its file is kept no longer.
LIFETIME = timedelta(minutes=10)


class NothingPrepared(Exception):
    """There is no such call: it was sent already, or has expired."""


def prepare(user: Any, integration: Integration, request: PassthroughRequest) -> PreparedCall:
    """Keep `request` until `user` confirms it."""
    forget_old()
    fields = [[name, value] for name, value in request.form if isinstance(value, str)]
    files = [(name, value) for name, value in request.form if isinstance(value, FormFile)]
    kept: dict[str, Any] = {
        "host": request.host,
        "method": request.method,
        "path": request.path,
        "params": dict(request.params),
        "headers": dict(request.headers),
        # As text: no database's JSON holds a NUL, which JSON that is sent may.
        "data": "" if request.data is None else orjson.dumps(request.data).decode(),
        "fields": fields,
    }
    content = None
    for name, file in files[:1]:
        kept["file"] = {"field": name, "name": file.name, "content_type": file.content_type}
        content = file.content
    return PreparedCall.objects.create(user=user, integration=integration, asked=kept, file=content)


def prepared(user: Any, pk: str) -> PreparedCall:
    """A prepared call of this user. Raises `NothingPrepared`."""
    since = timezone.now() - LIFETIME
    mine = PreparedCall.objects.select_related("integration")
    found = mine.filter(pk=pk, user=user, created_at__gt=since).first()
    if found is None:
        raise NothingPrepared
    return found


def take(call: PreparedCall) -> PassthroughRequest:
    """The request to send, once: deletes the row. Raises `NothingPrepared` on a second call."""
    with transaction.atomic():
        taken, _ = PreparedCall.objects.filter(pk=call.pk).delete()
    if not taken:
        raise NothingPrepared
    return kept_request(call)


def kept_request(call: PreparedCall) -> PassthroughRequest:
    """The request that the row keeps."""
    kept = call.asked
    form: list[tuple[str, str | FormFile]] = [(name, value) for name, value in kept["fields"]]
    if file := kept.get("file"):
        content = bytes(call.file or b"")
        form.append((file["field"], FormFile(file["name"], file["content_type"], content)))
    return PassthroughRequest(
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
    """Remove the calls that have expired. Idempotent."""
    PreparedCall.objects.filter(created_at__lte=timezone.now() - LIFETIME).delete()
