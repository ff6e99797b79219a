"""The pages of bulk uploads: who sees them, what they say, what their buttons do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import BulkUpload, FlatchrSettings, Integration, Submission
from integrations.submissions.bulk import uploads, worker
from tests.submissions.bulk_files import csv_sheet, cvs_for, row, zip_of
from tests.submissions.bulk_uploads import checked, job, uploaded
from tests.submissions.odd_files import ZOE, Cell, people_xml, row_xml, worksheet, xlsx, zoe

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LogIn = Callable[[User], Client]
ADD = "admin:integrations_bulkupload_add"
LIST = "admin:integrations_bulkupload_changelist"


@pytest.fixture
def tenant(tenant: Integration) -> Integration:
    FlatchrSettings.objects.filter(pk=tenant.pk).update(offerer_id=75)
    job(tenant)
    return tenant


def address(upload: BulkUpload, page: str) -> str:
    return reverse(f"admin:integrations_bulkupload_{page}", args=[upload.pk])


def shown(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def files(rows: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "sheet": SimpleUploadedFile("candidates.csv", csv_sheet(rows)),
        "archive": SimpleUploadedFile("cvs.zip", cvs_for(rows)),
    }


def begun(upload: BulkUpload) -> BulkUpload:
    uploads.start(upload)
    while worker.work_on(upload.pk):
        pass
    return BulkUpload.objects.get(pk=upload.pk)


def test_a_sheet_is_uploaded_checked_started_and_followed(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    answer = client.post(
        reverse(ADD), {"tenant": tenant.pk, **files([row(1), row(2, email_address="x")])}
    )
    upload = BulkUpload.objects.get()
    assert answer.headers["Location"] == change_url(upload)
    assert upload.created_by == alice
    page = shown(client, change_url(upload))
    assert "Reading the files" in page
    assert "data-live-url" in page
    live = client.get(address(upload, "live"))
    assert (live.headers["X-Run-Live"], "no-store" in live.headers["Cache-Control"]) == (
        "yes",
        True,
    )

    worker.work_on(upload.pk)
    assert client.get(address(upload, "live")).headers["X-Run-Live"] == "no"
    page = shown(client, change_url(upload))
    for words in ("1 row can be sent, 1 cannot", "Send 1 candidate", "This is not an e-mail"):
        assert words in page

    client.post(address(upload, "start"))
    worker.work_on(upload.pk)
    Submission.objects.update(state="FAILED", error_message="Flatchr <b>says</b> no.")
    fragment = client.get(address(upload, "live"))
    assert fragment.headers["X-Run-Live"] == "no"
    page = shown(client, change_url(upload))
    assert "1 failed, 1 not sent" in page
    assert "Flatchr &lt;b&gt;says&lt;/b&gt; no." in page
    assert "rows in it and upload it again" in page

    for kind, start in (("csv", b"\xef\xbb\xbfrow;"), ("xlsx", b"PK")):
        file = client.post(address(upload, "result"), {"kind": kind})
        assert file.content.startswith(start)
        assert "attachment" in file.headers["Content-Disposition"]


def test_a_file_of_the_wrong_size_is_said_beside_its_field(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    sheet = SimpleUploadedFile("a.csv", b"x" * (5 * 1024**2 + 1))

    page = logged_in(alice).post(reverse(ADD), {"tenant": tenant.pk, "sheet": sheet})

    assert "“a.csv” is larger than 5 MB." in page.content.decode()
    assert not BulkUpload.objects.exists()


def test_without_a_sheet_the_form_says_so(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    page = logged_in(alice).post(reverse(ADD), {"tenant": tenant.pk}).content.decode()

    assert "Choose the sheet." in page


def test_a_corrected_sheet_takes_the_old_ones_place(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    old = checked(tenant, [row(1, first_name="")])
    form = shown(client, f"{reverse(ADD)}?instead_of={old.pk}")
    assert "This replaces “candidates.csv”" in form
    assert "uploaded before" in form

    sheet = SimpleUploadedFile("mended.csv", csv_sheet([row(1)]))
    client.post(reverse(ADD), {"tenant": tenant.pk, "sheet": sheet, "instead_of": old.pk})

    [new] = BulkUpload.objects.all()
    assert (new.sheet_name, new.archive_name) == ("mended.csv", "cvs.zip")


def test_only_the_tenants_members_see_an_upload(
    tenant: Integration, other_tenant: Integration, alice: User, charlie: User, logged_in: LogIn
) -> None:
    upload = begun(checked(tenant, [row(1)], user=alice))
    stranger = logged_in(charlie)

    assert stranger.get(change_url(upload)).status_code == 302
    assert "candidates.csv" not in shown(stranger, reverse(LIST))
    assert stranger.get(address(upload, "live")).status_code == 404
    for page in ("start", "cancel", "discard", "result"):
        assert stranger.post(address(upload, page)).status_code == 404, page
    refused = stranger.post(reverse(ADD), {"tenant": tenant.pk, **files([row(1)])})
    assert refused.status_code == 200
    waiting = checked(tenant, [row(2)])
    form = shown(stranger, f"{reverse(ADD)}?instead_of={waiting.pk}")
    assert "candidates.csv" not in form
    template = stranger.get(
        reverse("admin:integrations_bulkupload_template", args=["xlsx"]), {"tenant": tenant.pk}
    )
    assert "atelier" not in template.headers["Content-Disposition"]
    assert BulkUpload.objects.count() == 2
    assert upload.rows.filter(state="QUEUED").count() == 1


def test_nobody_sees_anything_without_signing_in(tenant: Integration) -> None:
    upload = checked(tenant, [row(1)])
    client = Client()

    for url in (reverse(LIST), reverse(ADD), change_url(upload), address(upload, "live")):
        assert "/login/" in client.get(url).headers["Location"]
    for page in ("start", "cancel", "discard", "result"):
        assert "/login/" in client.post(address(upload, page)).headers["Location"]


def test_buttons_answer_to_post_with_the_token_of_the_form_only(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    upload = checked(tenant, [row(1)])
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    for page in ("start", "cancel", "discard", "result"):
        assert logged_in(alice).get(address(upload, page)).status_code == 405
        assert strict.post(address(upload, page)).status_code == 403
    assert BulkUpload.objects.get().state == "READY"


def test_an_upload_is_cancelled_and_thrown_away_with_words(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    upload = begun(checked(tenant, [row(1), row(2)]))

    refused = client.post(address(upload, "discard"), follow=True).content.decode()
    assert "it can only be cancelled" in refused
    stopped = client.post(address(upload, "cancel"), follow=True).content.decode()
    assert "0 candidates had been accepted" in stopped
    assert "2 cancelled" in stopped
    again = client.post(address(upload, "cancel"), follow=True).content.decode()
    assert "Nothing is left to cancel." in again

    thrown = checked(tenant, [row(3)])
    assert "was discarded" in client.post(address(thrown, "discard"), follow=True).content.decode()


def test_a_result_is_there_from_the_start_until_it_is_emptied(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    upload = checked(tenant, [row(1)])
    assert client.post(address(upload, "result")).status_code == 404

    begun(upload)
    assert client.post(address(upload, "result")).status_code == 200

    BulkUpload.objects.update(emptied_at=timezone.now())
    assert client.post(address(upload, "result")).status_code == 404
    assert "personal data was removed" in shown(client, change_url(upload))


def test_rows_are_shown_by_verdict_and_by_page(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    upload = checked(tenant, [row(n, first_name="" if n == 70 else "Nadia") for n in range(71)])

    assert "71</span></a>" in shown(client, change_url(upload))
    errors = shown(client, change_url(upload) + "?show=ERROR")
    assert "nadia.70@" in errors
    assert "nadia.1@" not in errors
    second = shown(client, change_url(upload) + "?p=2")
    assert "nadia.50@" in second
    assert "nadia.49@" not in second
    for odd in ("?p=0", "?p=x", "?p=999999999", "?show=nothing", "?p=²"):
        assert "nadia." in shown(client, change_url(upload) + odd)


def test_what_is_odd_in_a_sheet_is_said_on_its_page_in_the_readers_language(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr-FR,fr;q=0.9"
    odd = zoe(first_name="ZoÃ©", job="REF-1") | {"phone_number": Cell("><f>B2</f>")}
    rows = people_xml(odd) + row_xml(4, ZOE.values(), 'hidden="1"')
    upload = checked(tenant, sheet=xlsx(worksheet(rows)), archive=zip_of({"zoe.pdf": b"%PDF"}))

    page = shown(client, change_url(upload))

    assert "masquée ou filtrée dans le tableur et n’est pas envoyée\u00a0: 4." in page
    assert "a été encodé deux fois par un autre programme\u00a0; lu comme «\u00a0Zoé\u00a0»" in page
    assert "<code>Téléphone</code> La cellule contient une formule dont le résultat" in page


def test_templates_are_downloaded(tenant: Integration, alice: User, logged_in: LogIn) -> None:
    client = logged_in(alice)
    for kind, start in (("csv", b"\xef\xbb\xbffirst_name;"), ("xlsx", b"PK")):
        url = reverse("admin:integrations_bulkupload_template", args=[kind])
        file = client.get(url, {"tenant": tenant.pk})
        assert file.content.startswith(start)
        assert f"candidates{'-atelier-nord' if kind == 'xlsx' else ''}.{kind}" in str(
            file.headers["Content-Disposition"]
        )
    assert (
        client.get(reverse("admin:integrations_bulkupload_template", args=["exe"])).status_code
        == 404
    )


def test_an_upload_that_no_worker_takes_says_so(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    upload = uploaded(tenant, [row(1)])
    BulkUpload.objects.update(created_at=timezone.now() - timedelta(minutes=2))

    assert "No worker has taken this upload up" in shown(logged_in(alice), address(upload, "live"))


def test_a_page_costs_the_same_whatever_the_number_of_rows(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    few = begun(checked(tenant, [row(n) for n in range(3)]))
    many = begun(checked(tenant, [row(n + 10) for n in range(40)]))
    shown(client, change_url(few))

    costs = []
    for url in (change_url(few), change_url(many)):
        with CaptureQueriesContext(connection) as queries:
            shown(client, url)
        costs.append(len(queries))
    with CaptureQueriesContext(connection) as queries:
        shown(client, reverse(LIST))

    assert costs[0] == costs[1] <= 12
    assert len(queries) <= 8
    assert "3 queued" not in shown(client, reverse(LIST))


def test_what_a_sheet_says_is_never_run_in_a_page(
    tenant: Integration, alice: User, logged_in: LogIn
) -> None:
    script = "<script>alert(1)</script>"
    lines = [row(1, first_name=script, job=script, cv=script, cover_letter=script)]
    columns = [*lines[0], script]
    upload = checked(
        tenant,
        sheet=csv_sheet(lines, columns=columns),
        archive=cvs_for([row(1, cv=f"{script}.txt")]),
    )

    page = shown(logged_in(alice), change_url(upload))

    assert script not in page
    assert "&lt;script&gt;alert(1)" in page
