"""Scheduled exports: made when due, told of by e-mail, ended when the user loses the tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from integrations import scheduler, tasks
from integrations.exports import mailing, schedules, working
from integrations.exports.schedules import NotScheduled, following, schedule
from integrations.exports.writing import Wanted
from integrations.models import Every, Export, ExportSchedule, ExportState, LanguageChoice
from tests.exports.conftest import Rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture(autouse=True)
def mail_is_on(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_ENABLED = True
    settings.DATA_DIR = tmp_path
    settings.PUBLIC_URL = "https://relais.example"


def planned(rows: Rows, user: User, **given: Any) -> ExportSchedule:
    given = {"filters": "q=nadia", "every": "DAY", "integration": rows.tenant, **given}
    return schedule(Wanted(columns=["last_name"]), user=user, **given)


def due(one: ExportSchedule) -> None:
    ExportSchedule.objects.filter(pk=one.pk).update(next_at=timezone.now() - timedelta(days=3))


@pytest.mark.parametrize(
    ("every", "now", "expected"),
    [
        ("DAY", "2026-03-10 05:59", "2026-03-10 06:00"),
        ("DAY", "2026-03-10 06:00", "2026-03-11 06:00"),
        # The clocks go forward in the night to Sunday.
        ("DAY", "2026-03-28 12:00", "2026-03-29 06:00"),
        ("WEEK", "2026-03-10 12:00", "2026-03-16 06:00"),
        ("WEEK", "2026-03-16 05:00", "2026-03-16 06:00"),
    ],
)
def test_the_next_one_is_at_six_in_the_morning(every: Every, now: str, expected: str) -> None:
    def local(text: str) -> datetime:
        return timezone.make_aware(datetime.fromisoformat(text))

    assert following(every, local(now)) == local(expected)


def test_a_day_and_an_hour_can_be_chosen() -> None:
    # A Tuesday.
    now = timezone.make_aware(datetime(2026, 3, 10, 12))

    assert following("WEEK", now, weekday=3, hour=18) == timezone.make_aware(
        datetime(2026, 3, 12, 18)
    )
    assert following("DAY", now, weekday=3, hour=12) == timezone.make_aware(
        datetime(2026, 3, 11, 12)
    )


def test_one_that_is_due_is_made_once_and_told_of_by_a_link(rows: Rows, alice: User) -> None:
    rows.candidate(first_name="Nadia", last_name="Perrot")
    rows.candidate(first_name="Hugo")
    one = planned(rows, alice)
    scheduler.sweep()
    assert not Export.objects.exists(), "It is not due."
    due(one)
    scheduler.sweep()
    scheduler.sweep()
    export = Export.objects.get()
    assert (export.user, export.schedule, export.filters) == (alice, one, "q=nadia")
    one.refresh_from_db()
    assert one.next_at is not None
    assert one.next_at > timezone.now(), "However many were missed, one is made."

    tasks.work_on_export(export.pk)
    mailing.sweep()

    export.refresh_from_db()
    assert (export.state, export.rows) == (ExportState.DONE, 1)
    (sent,) = mail.outbox
    assert sent.to == ["alice@nord.example"]
    assert sent.subject == "Candidates of Atelier Nord: your export is ready"
    assert f"https://relais.example/admin/integrations/export/{export.pk}/change/" in sent.body
    assert "Perrot" not in sent.body
    assert not sent.attachments
    assert export.mailed_at is not None


@pytest.mark.parametrize(
    ("chosen", "scheduled_in", "french"),
    [("fr", "en", True), ("", "fr", True), ("en", "fr", False), ("", "", False)],
)
def test_the_email_is_in_the_language_of_its_reader(
    rows: Rows, alice: User, chosen: str, scheduled_in: str, french: bool
) -> None:
    if chosen:
        LanguageChoice.objects.create(user=alice, language=chosen)
    Export.objects.create(
        integration=rows.tenant,
        user=alice,
        schedule=planned(rows, alice, language=scheduled_in),
        state=ExportState.DONE,
        rows=12345,
        tenants=[rows.tenant.pk],
        expires_at=datetime(2026, 3, 9, 8, 30, tzinfo=UTC),
        mail_due_at=timezone.now(),
    )

    mailing.sweep()

    (sent,) = mail.outbox
    if french:
        assert sent.subject == "Atelier Nord\xa0: l’exportation des candidats est prête"
        assert "12\xa0345 lignes, CSV." in sent.body
        assert "jusqu’au 9 mars 2026, 09:30." in sent.body
    else:
        assert sent.subject == "Candidates of Atelier Nord: your export is ready"
        assert "12,345 rows, CSV." in sent.body
        assert "until 9 March 2026, 09:30." in sent.body


def test_who_has_lost_the_tenant_is_sent_nothing_any_more(rows: Rows, alice: User) -> None:
    rows.candidate(first_name="Nadia")
    one, other = planned(rows, alice), planned(rows, alice)
    due(one)
    schedules.sweep()
    export = Export.objects.get()
    working.work_on(export.pk)
    alice.tenant_memberships.all().delete()
    mailing.sweep()
    due(other)
    schedules.sweep()

    assert mail.outbox == []
    export.refresh_from_db()
    assert "may no longer see" in export.mail_error
    other.refresh_from_db()
    assert (other.next_at, Export.objects.count()) == (None, 1)
    assert "may no longer export" in other.stopped


def test_a_mail_server_that_does_not_answer_is_tried_again_and_given_up_in_words(
    rows: Rows, alice: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    rows.candidate(first_name="Nadia")
    due(planned(rows, alice))
    schedules.sweep()
    export = Export.objects.get()
    working.work_on(export.pk)
    for attempt in range(1, mailing.MOST_ATTEMPTS + 1):
        mailing.sweep()
        mailing.sweep()
        export.refresh_from_db()
        assert export.mail_attempts == attempt, "It is left alone for a while."
        Export.objects.filter(mail_due_at__isnull=False).update(mail_due_at=timezone.now())
    assert export.mail_error == mailing.NOT_SENT
    assert (export.mail_due_at, export.mailed_at, export.state) == (None, None, ExportState.DONE)


def test_without_a_mail_server_an_address_or_a_tenant_the_reason_is_told(
    rows: Rows, alice: User, settings: Any
) -> None:
    with pytest.raises(NotScheduled, match="Choose one tenant"):
        planned(rows, alice, integration=None)
    alice.email = ""
    with pytest.raises(NotScheduled, match="no e-mail address"):
        planned(rows, alice)
    settings.EMAIL_ENABLED = False
    with pytest.raises(NotScheduled, match="EMAIL_URL"):
        planned(rows, alice)
    assert not ExportSchedule.objects.exists()


def test_one_that_cannot_be_made_does_not_keep_the_others_from_being_made(
    rows: Rows, alice: User
) -> None:
    """As of a column that an older version had."""
    rows.candidate()
    broken, good = planned(rows, alice), planned(rows, alice)
    ExportSchedule.objects.filter(pk=broken.pk).update(columns=["gone"])
    due(broken)
    due(good)

    schedules.sweep()

    assert [made.schedule_id for made in Export.objects.all()] == [good.pk]


def test_a_mail_that_cannot_be_written_does_not_keep_the_others_from_being_sent(
    rows: Rows, alice: User, admin: User, caplog: pytest.LogCaptureFixture
) -> None:
    """As to an address in two lines, which an older version has taken."""
    rows.candidate()
    User.objects.filter(pk=admin.pk).update(email="admin@nord.example\nbcc: x@nord.example")
    for user in (admin, alice):
        user.refresh_from_db()
        due(planned(rows, user))
    schedules.sweep()
    for export in Export.objects.all():
        working.work_on(export.pk)

    mailing.sweep()

    assert [sent.to for sent in mail.outbox] == [["alice@nord.example"]]
    hopeless = Export.objects.get(user=admin)
    assert (hopeless.mailed_at, hopeless.mail_due_at) == (None, None)
    assert hopeless.mail_error == mailing.NOT_SENT
    assert "nord.example" not in caplog.text
    assert Export.objects.get(user=alice).mailed_at is not None
