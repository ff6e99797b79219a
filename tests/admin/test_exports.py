"""Taking data away from the dashboard: the form, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.exports import schedules
from integrations.models import (
    ColumnSet,
    Export,
    ExportPreference,
    ExportSchedule,
)
from tests.admin.conftest import Data
from tests.admin.exporting import FORM, address, body, export_address, made
from tests.admin.pages import list_address, tenant_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_folder")]

LogIn = Callable[[User], Client]


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
    assert "Résultat\xa0: En cours" in french.content.decode()


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
