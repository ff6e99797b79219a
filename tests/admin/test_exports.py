"""Taking data away from the dashboard: the form, what it remembers, and who gets the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.exports import schedules, working
from integrations.models import (
    AuditEntry,
    ColumnSet,
    Event,
    Export,
    ExportPreference,
    ExportSchedule,
    ExportState,
    Membership,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address, tenant_address

pytestmark = pytest.mark.django_db

LogIn = Callable[[User], Client]
FORM = {
    "format": "csv",
    "delimiter": "comma",
    "date_format": "iso",
    "columns": ["last_name", "email_addresses"],
}


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    # From another connection, which does not see this test's transaction.
    monkeypatch.setattr(working, "HEARTBEAT_SECONDS", 600)


def address(kind: str = "candidate", query: str = "") -> str:
    return reverse(f"admin:integrations_{kind}_export") + query


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def export_address(export: Export, page: str) -> str:
    return reverse(f"admin:integrations_export_{page}", args=[export.pk])


def made(client: Client, user: User, settings: Any, **given: Any) -> Export:
    """A large export whose file a worker has written."""
    settings.EXPORT_ROWS_AT_ONCE = 1
    answer = client.post(address(), {**FORM, **given})
    export = Export.objects.latest("pk")
    assert (export.user, export.state) == (user, ExportState.QUEUED)
    assert answer.headers["Location"] == reverse(
        "admin:integrations_export_change", args=[export.pk]
    )
    working.work_on(export.pk)
    export.refresh_from_db()
    assert export.state == ExportState.DONE
    return export


def test_each_list_leads_to_its_form_with_its_filters(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    for kind, query in (("candidate", "q=nord"), ("application", "outcome=PENDING"), ("job", "")):
        page = client.get(f"{list_address(kind)}?{query}&p=1")
        assert page.context["export_url"] == address(kind, f"?{query}" if query else "")
        form = client.get(page.context["export_url"])
        assert form.status_code == 200
        assert f"3 {kind}s" in form.content.decode()
        assert "first_name" in form.content.decode() or kind == "job"


def test_a_small_file_comes_at_once_and_is_on_record(
    alice: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    answer = logged_in(alice).post(address(query="?q=nord+1"), {**FORM, "bom": "on"})

    assert answer.streaming
    assert body(answer) == ("last_name,email_addresses\r\nAtelier Nord 1,nadia.1@mail.example\r\n")
    assert 'filename="candidates-atelier-nord-' in answer.headers["Content-Disposition"]
    export = Export.objects.latest("pk")
    assert (export.user, export.integration, export.rows) == (alice, data.tenant, 1)
    assert (export.filters, export.columns) == ("q=nord+1", FORM["columns"])
    assert (export.kind, export.format, export.state) == ("candidate", "csv", "STREAMED")


def test_applications_come_as_json_with_job_stage_and_outcome(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    columns = ["job", "stage", "outcome", "tags"]
    answer = logged_in(alice).post(
        address("application", f"?job={data.jobs[1].pk}"),
        {**FORM, "format": "json", "columns": columns},
    )

    assert json.loads(body(answer)) == [
        {
            "tags": "Atelier Nord tag 1",
            "job": "Atelier Nord job 1",
            "stage": "Atelier Nord stage 1",
            "outcome": "PENDING",
        }
    ]


def test_a_french_browser_is_offered_semicolons_and_days_first(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)

    english = client.get(address()).context["form"]
    french = client.get(address(), headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"})

    assert (english["delimiter"].value(), english["date_format"].value()) == ("comma", "iso")
    chosen = french.context["form"]
    assert (chosen["delimiter"].value(), chosen["date_format"].value()) == ("semicolon", "dmy")


def test_headings_are_in_the_readers_language_until_another_is_chosen(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    french = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}

    def offered(**headers: Any) -> str:
        return str(client.get(address(), headers=headers).context["form"]["wording"].value())

    assert (offered(), offered(**french)) == ("en", "fr")
    answer = client.post(address(), {**FORM, "wording": "fr"}, headers=french)
    assert body(answer).startswith("Nom,E-mail\r\n")
    # That was the language of the dashboard, so it follows the dashboard.
    assert (offered(), offered(**french)) == ("en", "fr")
    client.post(address(), {**FORM, "wording": "codes", "phones": "national"}, headers=french)
    assert (offered(), offered(**french)) == ("codes", "codes")
    assert client.get(address()).context["form"]["phones"].value() == "national"

    kept = client.post(address(), {"do": "all", "wording": "fr", "phones": "international"})
    form = kept.context["form"]
    assert (form["wording"].value(), form["phones"].value()) == ("fr", "international")


def test_a_large_file_and_a_scheduled_one_have_the_words_that_were_chosen(
    alice: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    client = logged_in(alice)
    chosen = {"wording": "fr", "phones": "national"}
    export = made(client, alice, settings, **chosen)
    assert body(client.post(export_address(export, "file"))).startswith("Nom,E-mail\r\n")
    page = client.get(reverse("admin:integrations_export_change", args=[export.pk]))
    assert "In French" in page.content.decode()

    settings.EMAIL_ENABLED = True
    client.post(address(query="?q=nord"), {**FORM, **chosen, "do": "schedule", "every": "DAY"})
    planned = ExportSchedule.objects.get()
    assert (planned.wording, planned.phones) == ("fr", "national")
    ExportSchedule.objects.update(next_at=planned.created_at)
    schedules.sweep()
    made_by_it = Export.objects.get(schedule=planned)
    assert (made_by_it.wording, made_by_it.phones) == ("fr", "national")


def test_the_page_of_an_export_says_in_words_what_it_was_limited_by(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    job = data.jobs[1]
    query = (
        f"?q=nadia&outcome=PENDING&job={job.pk}&deleted=all&applied=between"
        "&applied_from=2026-03-01&o=4"
    )
    client.post(address("application", query), FORM | {"columns": ["outcome"]})
    export = Export.objects.latest("pk")
    page = client.get(export_address(export, "change")).content.decode()
    for words in (
        *("Search: nadia", "Outcome: In progress", f"Job: {job}"),
        *("In Flatchr: All, with deleted", "Received: From 1 Mar 2026"),
    ):
        assert words in page, words
    french = client.get(export_address(export, "change"), headers={"Accept-Language": "fr"})
    assert "Issue\xa0: En cours" in french.content.decode()


def test_the_choices_are_remembered_for_each_user(
    alice: User, bob: User, logged_in: LogIn, data: Data
) -> None:
    given = {**FORM, "format": "xlsx", "delimiter": "tab", "date_format": "dmy"}
    body_of = logged_in(alice).post(address(), given)
    assert b"".join(body_of.streaming_content)[:2] == b"PK"  # type: ignore[union-attr]

    form = logged_in(alice).get(address("job")).context["form"]
    names = ("format", "delimiter", "date_format", "bom")
    assert [form[name].value() for name in names] == ["xlsx", "tab", "dmy", False]
    assert logged_in(bob).get(address()).context["form"]["format"].value() == "csv"
    assert ExportPreference.objects.count() == 1


def test_columns_are_saved_used_again_and_forgotten(
    alice: User, bob: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)

    saved = client.post(address(), {**FORM, "do": "save", "set_name": " For  the board "})
    assert "saved as “For the board”" in saved.content.decode()
    one = ColumnSet.objects.get()
    assert (one.user, one.kind, one.columns) == (alice, "candidate", FORM["columns"])

    used = client.post(address(), {"do": f"use:{one.pk}", "format": "json"})
    assert used.context["form"]["columns"].value() == FORM["columns"]
    assert used.context["form"]["format"].value() == "json"
    # Bob has no use for it.
    theirs = logged_in(bob).post(address(), {"do": f"use:{one.pk}"})
    assert theirs.context["form"]["columns"].value() == []
    logged_in(bob).post(address(), {"do": f"delete:{one.pk}"})
    assert ColumnSet.objects.exists()
    client.post(address(), {"do": f"delete:{one.pk}"})
    assert not ColumnSet.objects.exists()


def test_all_and_none_work_without_a_script(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    every = client.post(address(), {"do": "all"}).context["form"]["columns"].value()
    assert len(every) == 17
    assert {"source", "score", "job_reference"} < set(every)
    assert client.post(address(), {"do": "none"}).context["form"]["columns"].value() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"columns": []}, "Choose at least one column."),
        ({"columns": ["password"]}, "The column password is not known."),
        ({"do": "save", "set_name": ""}, "Give the columns a name first."),
        ({"do": "schedule"}, "EMAIL_URL"),
    ],
)
def test_what_is_amiss_is_said_and_nothing_is_taken(
    wrong: dict[str, Any], words: str, alice: User, logged_in: LogIn, data: Data
) -> None:
    before = Export.objects.count()
    page = logged_in(alice).post(address(), {**FORM, **wrong})
    assert page.status_code == 200
    assert words in page.content.decode()
    assert Export.objects.count() == before


def test_nothing_to_export_says_so(alice: User, logged_in: LogIn, data: Data) -> None:
    page = logged_in(alice).get(address(query="?q=nobody")).content.decode()
    assert "Nothing matches these filters" in page


def test_a_stranger_downloads_only_what_is_theirs(
    charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)
    assert (
        len(body(client.post(address(query=f"?tenant={data.tenant.pk}"), FORM)).splitlines()) == 1
    )
    assert "Atelier" not in body(client.post(address(), FORM))
    assert client.get(tenant_address(data, "export")).headers["Location"] == reverse("admin:index")


def test_several_tenants_are_told_apart(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    columns = ["last_name", "organization"]
    text = body(logged_in(admin).post(address(), {**FORM, "columns": columns}))
    assert "Maison Sud 0,Maison Sud" in text
    assert "Atelier Nord 0,Atelier Nord" in text
    assert Export.objects.latest("pk").integration is None


def test_a_tenants_page_leads_to_the_form_for_that_tenant(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    answer = logged_in(admin).get(tenant_address(data, "export"), follow=True)
    assert answer.context["tenant"] == data.tenant


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


def test_a_schedule_is_made_shown_and_ended_by_its_user_alone(
    alice: User, bob: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    settings.EMAIL_ENABLED = True
    client = logged_in(alice)
    page = client.post(
        address(query="?q=nord"), {**FORM, "do": "schedule", "every": "DAY"}, follow=True
    )
    assert "Scheduled for you" in page.content.decode()
    french = client.get(list_address("export"), headers={"accept-language": "fr"})
    assert "<strong>Candidats</strong> · Atelier Nord" in french.content.decode()
    one = ExportSchedule.objects.get()
    assert (one.user, one.integration, one.filters, one.every) == (
        *(alice, data.tenant, "q=nord", "DAY"),
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
