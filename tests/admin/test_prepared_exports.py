"""Exports that a worker writes: watched, fetched, cancelled and scheduled by who asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.exports import working
from integrations.models import (
    AuditEntry,
    Event,
    Export,
    ExportSchedule,
    ExportState,
    Membership,
)
from tests.admin.conftest import Data
from tests.admin.exporting import FORM, address, body, export_address, made
from tests.admin.pages import list_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_folder")]

LogIn = Callable[[User], Client]


def test_a_large_file_is_watched_and_handed_to_who_asked_for_it_alone(
    alice: User, bob: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    client = logged_in(alice)
    settings.EXPORT_ROWS_AT_ONCE = 1
    assert "Prepare the file" in client.get(address()).content.decode()
    client.post(address(), FORM)
    export = Export.objects.latest("pk")
    page = client.get(reverse("admin:integrations_export_change", args=[export.pk]))
    assert export_address(export, "live") in page.content.decode()
    live = client.get(export_address(export, "live"))
    assert live.headers["X-Run-Live"] == "yes"
    assert "<progress" in client.get(list_address("export")).content.decode()
    assert "expired" in str(client.post(export_address(export, "file"), follow=True).content)

    working.work_on(export.pk)

    assert client.get(export_address(export, "live")).headers["X-Run-Live"] == "no"
    assert "The file is ready" in client.get(page.wsgi_request.path).content.decode()
    assert client.get(export_address(export, "file")).status_code == 405
    answer = client.post(export_address(export, "file"))
    assert len(body(answer).splitlines()) == 4
    assert "no-store" in answer.headers["Cache-Control"]
    # Bob sees that there was an export, and does not get the file.
    assert "Only the person" in logged_in(bob).get(page.wsgi_request.path).content.decode()
    assert logged_in(bob).post(export_address(export, "file")).status_code == 404
    assert logged_in(bob).post(export_address(export, "cancel")).status_code == 404


def test_fetching_a_file_leaves_an_entry_in_the_trail_each_time(
    alice: User, bob: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    client = logged_in(alice)
    export = made(client, alice, settings)
    fetched = AuditEntry.objects.filter(what=Event.EXPORT_FETCHED)
    assert not fetched.exists()
    assert logged_in(bob).post(export_address(export, "file")).status_code == 404
    assert not fetched.exists()

    for count in (1, 2):
        body(client.post(export_address(export, "file")))
        assert fetched.count() == count
    entry = fetched.latest("pk")
    assert (entry.who, entry.object_id) == ("alice", str(export.pk))
    assert entry.integration_id == data.tenant.pk


def test_the_list_follows_what_is_being_written_until_it_ends(
    alice: User, charlie: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    client = logged_in(alice)
    settings.EXPORT_ROWS_AT_ONCE = 1
    client.post(address(), FORM)
    export = Export.objects.latest("pk")
    live = reverse("admin:integrations_export_all_live")
    page = client.get(list_address("export")).content.decode()
    assert f'data-live-url="{live}" data-live-state="{export.pk}"' in page
    assert 'id="run-lost"' in page
    answer = client.get(live)
    assert (answer["X-Run-Live"], answer["X-Run-State"]) == ("yes", str(export.pk))
    assert client.post(live).status_code == 405
    theirs = logged_in(charlie).get(live)
    assert (theirs["X-Run-Live"], theirs["X-Run-State"]) == ("no", "")

    working.work_on(export.pk)

    assert client.get(live)["X-Run-Live"] == "no"
    assert "data-live-url" not in client.get(list_address("export")).content.decode()


def test_excel_is_prepared_in_the_background_where_csv_would_still_come_at_once(
    alice: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 10
    client = logged_in(alice)
    page = client.get(address()).content.decode()
    assert "rl-export-now" in page
    assert "rl-export-later" in page
    assert client.post(address(), FORM).streaming
    answer = client.post(address(), {**FORM, "format": "xlsx"})
    export = Export.objects.latest("pk")
    assert (answer.status_code, export.state, export.format) == (302, "QUEUED", "xlsx")
    working.work_on(export.pk)
    content = b"".join(client.post(export_address(export, "file")).streaming_content)  # type: ignore[arg-type]
    assert content[:2] == b"PK"


@pytest.mark.parametrize("page", ["live", "file", "cancel"])
def test_a_strangers_export_is_unknown(
    page: str, alice: User, charlie: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    export = made(logged_in(alice), alice, settings)
    client = logged_in(charlie)
    send = client.get if page == "live" else client.post
    assert send(export_address(export, page)).status_code == 404
    nobody = Client()
    assert "/admin/login/" in nobody.post(export_address(export, page)).headers["Location"]


def test_who_has_left_the_tenant_cannot_fetch_the_file(
    alice: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    client = logged_in(alice)
    export = made(client, alice, settings)
    Membership.objects.filter(user=alice).delete()
    assert client.post(export_address(export, "file")).status_code == 404


def test_a_file_over_several_tenants_is_withheld_with_words_once_one_is_lost(
    alice: User, logged_in: LogIn, data: Data, other_data: Data, settings: Any
) -> None:
    Membership.objects.create(user=alice, integration=other_data.tenant)
    client = logged_in(alice)
    export = made(client, alice, settings)
    assert export.integration is None
    Membership.objects.filter(user=alice, integration=other_data.tenant).delete()
    page = client.get(reverse("admin:integrations_export_change", args=[export.pk]))
    assert "may no longer see every tenant" in page.content.decode()
    assert client.post(export_address(export, "file")).status_code == 404


def test_an_export_is_cancelled_by_its_owner(
    alice: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 1
    client = logged_in(alice)
    client.post(address(), FORM)
    export = Export.objects.latest("pk")
    page = client.post(export_address(export, "cancel"), follow=True)
    assert "This export was cancelled." in page.content.decode()
    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED


def test_all_that_a_schedule_lacks_is_said_at_once_with_ways_to_it(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    User.objects.filter(pk=admin.pk).update(email="")
    page = logged_in(admin).get(reverse("admin:integrations_candidate_export"), {"q": "nord"})

    assert "These are lacking" in page.content.decode()
    (_server, none), (_address, mine), (_tenant, ways) = page.context["lacking"]
    assert (none, mine) == ([], [("Enter it", change_url(admin))])
    assert dict(ways)[str(data.tenant)] == f"?{urlencode({'q': 'nord', 'tenant': data.tenant.pk})}"


def test_a_schedule_is_made_shown_and_ended_by_its_user_alone(
    alice: User, bob: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    settings.EMAIL_ENABLED = True
    client = logged_in(alice)
    page = client.post(
        address(query="?q=nord"),
        {**FORM, "do": "schedule", "every": "WEEK", "weekday": "4", "hour": "17"},
        follow=True,
    )
    assert "Scheduled for you" in page.content.decode()
    french = client.get(list_address("export"), headers={"accept-language": "fr"})
    assert "<strong>Candidats</strong> · Atelier Nord" in french.content.decode()
    assert "Toutes les semaines, le vendredi à 17:00" in french.content.decode()
    one = ExportSchedule.objects.get()
    assert one.next_at is not None
    assert (timezone.localtime(one.next_at).weekday(), timezone.localtime(one.next_at).hour) == (
        *(4, 17),
    )
    assert (one.user, one.integration, one.filters, one.every) == (
        *(alice, data.tenant, "q=nord", "WEEK"),
    )
    end = reverse("admin:integrations_export_end_schedule", args=[one.pk])
    assert "Scheduled for you" not in logged_in(bob).get(list_address("export")).content.decode()
    assert logged_in(bob).post(end).status_code == 404
    assert client.get(end).status_code == 405
    client.post(end)
    assert not ExportSchedule.objects.exists()


def test_an_export_of_several_tenants_is_its_authors_alone(
    alice: User, bob: User, logged_in: LogIn, data: Data
) -> None:
    export = Export.objects.create(user=alice, rows=3, state=ExportState.RUNNING)
    page = export_address(export, "change")
    assert logged_in(alice).get(page).status_code == 200

    colleague = logged_in(bob)
    assert colleague.get(page).status_code == 302
    for name, method in (("live", "get"), ("file", "post"), ("cancel", "post")):
        answer = getattr(colleague, method)(export_address(export, name))
        assert answer.status_code == 404, name
    assert "Several tenants" not in colleague.get(list_address("export")).content.decode()
    following = colleague.get(reverse("admin:integrations_export_all_live"))
    assert following.headers["X-Run-Live"] == "no"


def test_the_command_lines_exports_have_a_page_too(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    export = Export.objects.create(integration=data.tenant, rows=3)
    page = logged_in(alice).get(reverse("admin:integrations_export_change", args=[export.pk]))
    assert "Command line" in page.content.decode()
