"""Own events with content: the record as the API shows it, and what it was before.

They are read from the feed of changes. A record that has changed several times since is told of
once, as it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import transaction

from integrations import jobs
from integrations.changes import batches, feed
from integrations.changes.feed import ChangedRecord, FeedPosition
from integrations.changes.models import API_NAMES
from integrations.models import Integration, RecordChange, WebhookProgress
from integrations.records import Model
from integrations.webhooks import bodies, catalogue, outbox
from integrations.webhooks.outbox import NewEvent

# The records of a model as the API shows them, by id; those that it does not show are left out.
Render = Callable[[Integration, Model, Sequence[str]], dict[str, dict[str, Any]]]

NAMES = {Model.JOBS: "job", Model.CANDIDATES: "candidate", Model.APPLICATIONS: "application"}
# Records told of in one transaction.
PAGE = 200
STAGE = "current_stage_id"


def tell(tenant: Integration, render: Render) -> None:
    """Queue the events with content about what has changed in a tenant, page by page."""
    while _tell_page(tenant, render):
        pass


def is_wanted(tenant: Integration) -> bool:
    own = {kind.name for kind in catalogue.OWN}
    return any(own.intersection(endpoint.events) for endpoint in outbox.listeners(tenant))


def _tell_page(tenant: Integration, render: Render) -> bool:
    """Whether there may be more."""
    with transaction.atomic():
        before = WebhookProgress.objects.select_for_update().get(pk=tenant.pk)
        after = _position(before)
        if not is_wanted(tenant):
            following = FeedPosition(max(after.number, batches.last_number(tenant.pk)))
            records: list[ChangedRecord] = []
        else:
            try:
                page = feed.read(tenant.pk, after, models=NAMES, limit=PAGE)
            except feed.PositionExpired:
                # Nobody has delivered for longer than changes are kept.
                after = feed.beginning(tenant.pk)
                page = feed.read(tenant.pk, after, models=NAMES, limit=PAGE)
            records, following = page.records, page.following
            outbox.queue_events(_events(tenant, records, after, render), tenant=tenant)
        moved = WebhookProgress.objects.filter(
            pk=tenant.pk,
            content_through=before.content_through,
            content_after=before.content_after,
        ).update(content_through=following.seen_through, content_after=list(following))
        if not moved:
            # Another worker has told it at the same moment.
            transaction.set_rollback(True)
            return False
    return len(records) == PAGE


def _position(progress: WebhookProgress) -> FeedPosition:
    if progress.content_after:
        return FeedPosition(*progress.content_after)
    return FeedPosition(progress.content_through)


def _events(
    tenant: Integration, records: Iterable[ChangedRecord], after: FeedPosition, render: Render
) -> Iterable[NewEvent]:
    by_model: dict[Model, list[str]] = {}
    for one in records:
        by_model.setdefault(one.model, []).append(one.id)
    shown = {model: render(tenant, model, ids) for model, ids in by_model.items()}
    former = {model: _former(tenant, model, ids, after) for model, ids in by_model.items()}
    for one in records:
        record = shown[one.model].get(one.id)
        if record is None:
            # A part that is not read, or a record that was erased.
            continue
        fields = one.fields or []
        was = {} if one.created else former[one.model].get(one.id, {})
        data = {
            **bodies.names_of(tenant),
            "model": API_NAMES[one.model],
            "changed_fields": fields,
            "changed_at": record.get("changed_at") or bodies.moment(jobs.now()),
            "record": record,
            "before": was,
        }
        name = NAMES[one.model]
        yield NewEvent(f"{name}.{_what(one, record)}", data)
        if one.model is Model.APPLICATIONS and STAGE in fields:
            yield NewEvent("application.moved", data)


def _what(one: ChangedRecord, record: dict[str, Any]) -> str:
    if record.get("remote_deleted_at"):
        return "deleted"
    if one.created:
        return "created"
    return "restored" if one.restored else "updated"


def _former(
    tenant: Integration, model: Model, ids: Sequence[str], after: FeedPosition
) -> dict[str, dict[str, str | None]]:
    """What the fields of each record were, where that is kept: not of
    personal data and of long texts.
    """
    changes = RecordChange.objects.filter(
        integration_id=tenant.pk,
        model=model,
        record_id__in=ids,
        number__gt=after.seen_through,
    )
    found: dict[str, dict[str, str | None]] = {}
    for change in changes.order_by("id"):
        was = found.setdefault(change.record_id, {})
        for entry in change.fields:
            if "old" in entry and entry["field"] != feed.DELETED:
                was.setdefault(entry["field"], entry["old"])
    return found
