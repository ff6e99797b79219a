"""Texts that may quote a person: logs, events, findings, searches. Each table once, with what of
its rows is emptied where they tell of somebody, and what is masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from integrations.messages import Message
from integrations.models import (
    BulkUpload,
    ConnectionLink,
    Export,
    ExportSchedule,
    FailedCall,
    HttpExchange,
    Integration,
    Issue,
    ModelResult,
    PassthroughCall,
    PreparedCall,
    QuarantinedRecord,
    RecordChange,
    StoredAnswer,
    SyncRun,
    SyncWarning,
    TagProgress,
    WebhookAttempt,
    WebhookEvent,
)
from integrations.privacy.holdings import Held, Piece
from integrations.privacy.people import Matcher, Names, Person, any_of, texts_of
from integrations.webhooks import retention as webhook_retention

BATCH = 500
# What a request is told that is repeated once its answer is gone: nobody knows how it ended
# (`api/idempotency.py`).
NOT_KNOWN = 424
SEARCH = "q"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table whose texts may quote people; `tenant` leads from a row to its tenant.

    Where a row is about the person the columns of `whole` get these values; in those of `masked`
    the person's name, e-mail and phone are masked wherever they stand. `ids`: whether Flatchr's id
    of an applicant is enough to tell.
    """

    held: Held
    model: type[models.Model]
    tenant: str
    whole: Mapping[str, Any] = field(default_factory=dict)
    masked: Sequence[str] = ()
    ids: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.whole, *self.masked)


TABLES: tuple[TextTable, ...] = (
    TextTable(
        Held.REQUESTS,
        HttpExchange,
        "integration",
        {"request_body": "", "response_body": "", "request_headers": {}, "response_headers": {}},
        ("path", "error"),
    ),
    TextTable(
        Held.CONSOLE,
        PassthroughCall,
        "integration",
        {"params": {}, "headers": {}, "body": ""},
        ("path", "error"),
    ),
    TextTable(Held.REQUESTS, FailedCall, "integration", masked=("message",)),
    TextTable(Held.SET_ASIDE, QuarantinedRecord, "run__integration", {"raw": ""}, ("reason",)),
    TextTable(Held.WARNINGS, SyncWarning, "run__integration", {"examples": []}),
    TextTable(
        Held.WEBHOOKS,
        WebhookAttempt,
        "delivery__event__integration",
        {"response_body": "", "request_headers": {}, "response_headers": {}},
    ),
    TextTable(
        Held.UPLOADS,
        BulkUpload,
        "integration",
        masked=("sheet_name", "archive_name", "read_as", "notes", "refusal"),
        ids=False,
    ),
    TextTable(
        Held.MESSAGES,
        SyncRun,
        "integration",
        masked=("waiting_reason", "error_message", "error_detail"),
        ids=False,
    ),
    TextTable(Held.MESSAGES, ModelResult, "run__integration", masked=("error_message",), ids=False),
    TextTable(Held.MESSAGES, TagProgress, "integration", masked=("error_message",), ids=False),
    TextTable(Held.MESSAGES, Issue, "integration", masked=("text",), ids=False),
    TextTable(Held.MESSAGES, RecordChange, "integration", masked=("fields",), ids=False),
    TextTable(Held.MESSAGES, Export, "integration", masked=("error",), ids=False),
)


def pieces(person: Person) -> Iterator[Piece]:
    """What such texts hold of the person, and how it is emptied."""
    for table in TABLES:
        yield from _in_table(table, person)
    yield from _in_events(person)
    yield from _in_prepared_calls(person)
    yield from _in_answers(person)
    yield from _in_searches(person)
    yield from _in_links(person)


def tenants_of(email: str) -> set[str]:
    """Ids of the tenants of which a text of these tables has the address."""
    named = Matcher(Names(email))
    found: set[str] = set()
    for table in TABLES:
        rows = texts_of(table.model._base_manager.order_by(), table.columns)
        for some in any_of(rows, _terms(table.columns, named)):
            found.update(some.values_list(f"{table.tenant}_id", flat=True).distinct())
    for events in any_of(WebhookEvent.objects.filter(has_content=True), named.terms("body")):
        found.update(events.values_list("integration_id", flat=True).distinct())
    planned = ExportSchedule.objects.exclude(filters="")
    found.update(
        tenant
        for tenant, filters in planned.values_list("integration_id", "filters")
        if is_for(filters, named)
    )
    links = ConnectionLink.objects.filter(contact_email__iexact=email)
    found.update(links.exclude(integration=None).values_list("integration_id", flat=True))
    contacts = Integration.objects.filter(contact_email__iexact=email)
    return found | set(contacts.values_list("pk", flat=True))


def _in_table(table: TextTable, person: Person) -> Iterator[Piece]:
    matcher = person.matcher
    rows = table.model._base_manager.filter(**{table.tenant: person.tenant.pk})
    found: list[tuple[Any, dict[str, str]]] = []
    for pk, texts in _matching(rows, table.columns, matcher, ids=table.ids):
        if any(matcher.is_about(text, ids=table.ids) for text in texts.values()):
            found.append((pk, texts))
    if found:
        yield Piece(table.held, len(found), partial(_clean, table, matcher, found))


def _matching(
    rows: Any, columns: Sequence[str], matcher: Matcher, *, ids: bool
) -> Iterator[tuple[Any, dict[str, str]]]:
    """Key and texts of the rows of which any column may be about the person."""
    names = [f"text_{name}" for name in columns]
    seen: set[Any] = set()
    for some in any_of(texts_of(rows, columns), _terms(columns, matcher, ids=ids)):
        for pk, *texts in some.values_list("pk", *names).iterator(chunk_size=BATCH):
            if pk not in seen:
                seen.add(pk)
                yield pk, {name: text or "" for name, text in zip(columns, texts, strict=True)}


def _terms(columns: Sequence[str], matcher: Matcher, *, ids: bool = True) -> list[Q]:
    return [term for name in columns for term in matcher.terms(f"text_{name}", ids=ids)]


def _clean(table: TextTable, matcher: Matcher, found: list[tuple[Any, dict[str, str]]]) -> None:
    for pk, texts in found:
        values: dict[str, Any] = dict(table.whole)
        for name in table.masked:
            masked = matcher.masked(texts[name])
            if masked != texts[name]:
                values[name] = _raw(table.model, name, masked)
        if values:
            table.model._base_manager.filter(pk=pk).update(**values)


def _raw(model: type[models.Model], name: str, text: str) -> Any:
    """The text as the column's own value, past what the column makes of values."""
    column: Any = model._meta.get_field(name)
    value = Value(text, output_field=TextField())
    return Cast(value, models.JSONField()) if isinstance(column, models.JSONField) else value


def _in_events(person: Person) -> Iterator[Piece]:
    rows = WebhookEvent.objects.filter(integration=person.tenant).exclude(body="")
    own = {*person.candidates, *person.applications}
    matcher = person.matcher
    terms = [*matcher.terms("body"), *(Q(body__contains=one) for one in own)]
    found = {
        pk
        for some in any_of(rows.filter(has_content=True), terms)
        for pk, body in some.values_list("pk", "body").iterator()
        if matcher.is_about(body) or any(one in body for one in own)
    }
    if found:
        yield Piece(Held.WEBHOOKS, len(found), partial(webhook_retention.empty, found))


def _in_prepared_calls(person: Person) -> Iterator[Piece]:
    rows = PreparedCall.objects.filter(integration=person.tenant)
    found = [
        pk
        for pk, texts in _matching(rows, ["asked"], person.matcher, ids=True)
        if person.matcher.is_about(texts["asked"])
    ]
    if found:
        gone = PreparedCall.objects.filter(pk__in=found)
        yield Piece(Held.CONSOLE, len(found), gone.delete)


def _in_answers(person: Person) -> Iterator[Piece]:
    """Answers to keys that may open the tenant: their rows say no more than the key."""
    opens = Q(key__every_tenant=True) | Q(key__integrations=person.tenant)
    own = {*person.candidates, *person.applications, *person.submissions}
    found = []
    for answer in StoredAnswer.objects.filter(opens).distinct().iterator():
        body = bytes(answer.body or b"").decode(errors="replace")
        told = person.matcher.is_about(body) or any(one in body for one in own)
        named = person.matcher.is_about(f"{answer.route} {answer.idempotency_key}", ids=False)
        if told or named:
            found.append((answer.pk, named))
    if found:
        yield Piece(Held.ANSWERS, len(found), partial(_forget_answers, found))


def _forget_answers(found: list[tuple[Any, bool]]) -> None:
    for pk, named in found:
        rows = StoredAnswer.objects.filter(pk=pk)
        rows.update(status=NOT_KNOWN, body=None)
        if named:
            rows.update(idempotency_key=Value(f"erased:{pk}"))


def _in_searches(person: Person) -> Iterator[Piece]:
    matcher = person.matcher
    searched = [
        export.pk
        for export in Export.objects.exclude(filters="").filter(_of_tenant(person))
        if is_for(export.filters, matcher)
    ]
    if searched:
        yield Piece(
            Held.SEARCHES,
            len(searched),
            partial(Export.objects.filter(pk__in=searched).update, filters=""),
        )
    planned = schedules_for(person)
    if planned:
        yield Piece(Held.SCHEDULES, len(planned), partial(stop_schedules, planned))


def _of_tenant(person: Person) -> Q:
    """Exports of the tenant, and those of several."""
    return Q(integration=person.tenant) | Q(integration=None)


def is_for(filters: str, matcher: Matcher) -> bool:
    """Whether what an export was limited by searches for the person."""
    values = [value for _, given in QueryDict(filters).lists() for value in given]
    return any(matcher.is_searched(value) for value in values)


def has_searches(tenant: Integration) -> bool:
    """Whether any scheduled export of the tenant searches for words."""
    planned = ExportSchedule.objects.filter(integration=tenant).exclude(filters="")
    return any(SEARCH in QueryDict(one.filters) for one in planned)


def schedules_for(person: Person) -> list[int]:
    """The scheduled exports that search for the person."""
    planned = ExportSchedule.objects.filter(integration=person.tenant).exclude(filters="")
    return [one.pk for one in planned if is_for(one.filters, person.matcher)]


def stop_schedules(planned: Sequence[int]) -> None:
    """Make no more of these: without the search they would export everybody."""
    ExportSchedule.objects.filter(pk__in=planned).update(
        filters="", next_at=None, stopped=Message("schedule_person_gone")
    )


def _in_links(person: Person) -> Iterator[Piece]:
    own = {"contact_email__iexact": person.email}
    links = ConnectionLink.objects.filter(integration=person.tenant, **own)
    if number := links.count():
        yield Piece(Held.LINKS, number, partial(links.update, contact_email=""))
    contacts = Integration.objects.filter(pk=person.tenant.pk, **own)
    if number := contacts.count():
        yield Piece(Held.CONTACT, number, partial(contacts.update, contact_email=""))


def unused_links(email: str) -> QuerySet[ConnectionLink]:
    """Connection links with the address that belong to no tenant yet."""
    return ConnectionLink.objects.filter(integration=None, contact_email__iexact=email)
