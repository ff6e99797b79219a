"""Taking events: over HTTP, whatever is sent, and how much of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from integrations.models import (
    AuditEntry,
    EventAddress,
    EventCount,
    EventOutcome,
    IncomingEvent,
    Integration,
)
from integrations.webhooks.incoming import addresses, ledger, receiving
from tests.webhooks.incoming.conftest import Hook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def status_of(answer: Any) -> int:
    return int(answer.status_code)


def a_vacancy(number: int = 1, **data: Any) -> dict[str, Any]:
    return {"event": "new_vacancy", "data": {"vacancy": {"id": number}, **data}}


def test_an_event_is_stored_with_its_ids_and_nothing_of_a_person(hook: Hook) -> None:
    applicant = hook.sandbox.add_applicant(
        firstname="Nadia", lastname="Perrot", email="nadia.perrot@example.org", phone="+33600000001"
    )
    hook.added(applicant)
    stored = json.dumps(list(IncomingEvent.objects.values()), default=str)
    assert applicant in stored
    for personal in ("Nadia", "Perrot", "nadia", "33600000001"):
        assert personal not in stored


@pytest.mark.parametrize(
    "body",
    [b"", b"no JSON", b"[]", b'{"event": "new_vacancy"}', b"\xff" * 100, b"[" * 50_000],
)
def test_what_is_no_event_is_answered_like_one_and_counted(hook: Hook, body: bytes) -> None:
    assert status_of(hook.post(body)) == 200
    assert hook.outcomes() == [EventOutcome.UNREADABLE]
    counted = EventCount.objects.values_list("kind", "outcome", "number")
    assert list(counted) == [(ledger.OTHER, EventOutcome.UNREADABLE, 1)]


def test_an_event_of_another_company_is_not_read(hook: Hook) -> None:
    hook.post(a_vacancy(company={"id": "AnotherCompany12"}, vacancy_id="NotOurVacancy123"))
    assert hook.outcomes() == [EventOutcome.OTHER_COMPANY]
    assert not hook.work()


def test_kinds_without_a_record_of_ours_are_left_out(hook: Hook) -> None:
    hook.post({"event": "member_added", "data": {"user": {"id": 4}}})
    assert hook.outcomes() == [EventOutcome.LEFT_OUT]


def test_only_post_with_a_known_token_and_a_body_of_some_size_is_taken(hook: Hook) -> None:
    assert status_of(Client().get(hook.path)) == 405
    assert status_of(hook.post(a_vacancy(), "/hooks/flatchr/unknown")) == 404
    assert status_of(hook.post(a_vacancy(), "/hooks/flatchr/%00%ff")) == 404
    assert status_of(hook.post(b" " * (receiving.LARGEST + 1))) == 413
    assert hook.outcomes() == []
    large = a_vacancy(description="x" * (receiving.LARGEST - 1000))
    assert status_of(hook.post(large)) == 200


def test_the_token_is_in_no_log(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    hook.post(b"")
    Client().get(hook.path)
    hook.post(b" " * (receiving.LARGEST + 1))
    assert hook.address.token not in caplog.text


def test_a_deleted_tenants_address_is_unknown(hook: Hook) -> None:
    Integration.objects.update(deleted_at=timezone.now())
    assert status_of(hook.post(a_vacancy())) == 404


def test_a_flood_is_refused_within_its_minute_and_nobody_elses(
    hook: Hook, settings: Any, other_tenant: Integration
) -> None:
    settings.FLATCHR_EVENTS_PER_MINUTE = 5
    late = timezone.now() + timedelta(days=1)
    Integration.objects.update(next_delta_at=late)
    answers = [hook.post(a_vacancy(number)) for number in range(1, 9)]
    assert [status_of(one) for one in answers] == [200] * 5 + [429] * 3
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert IncomingEvent.objects.count() == 5
    assert hook.address.refused_at is not None
    # What was refused is found by a delta that comes as early as without events.
    hook.tenant.refresh_from_db()
    assert hook.tenant.next_delta_at is not None
    assert hook.tenant.next_delta_at < late - timedelta(hours=20)

    path = f"/hooks/flatchr/{addresses.make(other_tenant).token}"
    assert status_of(hook.post(a_vacancy(), path)) == 200
    minute_ago = F("window_started_at") - timedelta(seconds=61)
    EventAddress.objects.update(window_started_at=minute_ago)
    assert status_of(hook.post(a_vacancy())) == 200


def test_so_many_may_wait_and_the_rest_is_left_to_a_sync(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_WAITING", 3)
    for number in range(1, 6):
        hook.post(a_vacancy(number))
    assert hook.outcomes() == ["", "", "", EventOutcome.TO_SYNC, EventOutcome.TO_SYNC]


# Addresses


def test_an_address_is_replaced_with_a_day_of_grace_or_at_once(hook: Hook) -> None:
    first = hook.path
    addresses.rotate(hook.tenant, at_once=False)
    second = hook.path
    assert first != second
    assert [status_of(hook.post(a_vacancy(), path)) for path in (first, second)] == [200, 200]
    assert hook.address.old_used_at is not None
    EventAddress.objects.update(old_ends_at=timezone.now())
    assert [status_of(hook.post(a_vacancy(), path)) for path in (first, second)] == [404, 200]

    addresses.rotate(hook.tenant, at_once=True)
    assert status_of(hook.post(a_vacancy(), second)) == 404
    assert status_of(hook.post(a_vacancy())) == 200
    said = AuditEntry.objects.filter(what="event_address_rotated").order_by("pk")
    assert [entry.details["old_ends_at_once"] for entry in said] == [False, True]


def test_a_removed_address_takes_nothing_and_leaves_the_rest_to_a_sync(hook: Hook) -> None:
    path = hook.path
    hook.post(a_vacancy())
    assert addresses.remove(hook.tenant)
    assert status_of(hook.post(a_vacancy(), path)) == 404
    assert not IncomingEvent.objects.exists()
    assert not addresses.remove(hook.tenant)


def test_the_token_is_stored_as_a_hash_and_encrypted(hook: Hook) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM integrations_eventaddress")
        row = str(cursor.fetchone())
    assert hook.address.token not in row
    assert addresses.hash_of(hook.address.token) in row


def test_old_events_and_those_beyond_the_newest_are_removed(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "KEEP_EACH", 4)
    for number in range(1, 9):
        hook.post({"event": f"member_{number}", "data": {}})
    IncomingEvent.objects.filter(kind="member_8").update(
        ended_at=timezone.now() - ledger.KEEP - timedelta(hours=1)
    )
    hook.post(a_vacancy())
    ledger.remove_old()
    kinds = list(IncomingEvent.objects.order_by("pk").values_list("kind", flat=True))
    # The newest four, without the one that ended long ago.
    assert kinds == ["member_5", "member_6", "member_7", "new_vacancy"]
    assert EventCount.objects.get(kind=ledger.OTHER).number == 8
