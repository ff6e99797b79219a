"""CVs: listed at once, and asked for one a second."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone
from kombo import Kombo
from kombo.errors import KomboAtsError

from integrations.actions import cv_files
from integrations.models import (
    Application,
    HttpExchange,
    Integration,
    RequestBudget,
)
from integrations.records import PROVISIONAL
from integrations.sandbox import Sandbox
from integrations.sandbox.resumes import seeded_pdf
from integrations.submissions import retention
from tests.api.actions.attachments.conftest import FILES, listed, name_of
from tests.api.conftest import MakeKey
from tests.api.creating import PDF, cv, messages, person, told
from tests.support.file_host import FileHost, answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_an_applications_cv_is_listed_and_opens_without_headers(
    kombo: Kombo, application: Application
) -> None:
    (row,) = listed(kombo, application)

    assert (row.type, row.content_type) == ("CV", "application/pdf")
    assert row.file_name.endswith(".pdf")
    opened = requests.get(row.data_url, timeout=30)
    assert opened.status_code == 200
    assert opened.content == seeded_pdf(name_of(application))
    assert opened.headers["Content-Type"] == "application/pdf"
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert opened.headers["Cache-Control"] == "no-store"
    assert opened.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert opened.headers["Referrer-Policy"] == "no-referrer"


def test_a_candidates_cvs_name_their_application(kombo: Kombo, application: Application) -> None:
    found = kombo.ats.get_candidate_attachments(candidate_id=application.candidate_id)
    assert found.data.results
    assert {row.candidate_id for row in found.data.results} == {application.candidate_id}
    assert application.pk in {row.application_id for row in found.data.results}


def test_the_cv_that_was_submitted_comes_back_as_it_was(
    sdk: Callable[..., Kombo], make_key: MakeKey, application: Application
) -> None:
    kombo = sdk(make_key(application.integration), application.integration)
    created = kombo.ats.create_application(
        job_id=application.job_id, candidate=person(), attachments=[cv()]
    )
    rows = kombo.ats.get_application_attachments(application_id=created.data.id).data.results
    assert requests.get(rows[0].data_url, timeout=30).content == PDF


def test_an_application_without_a_cv_has_no_attachment(
    kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    applicant = sandbox.world.applicant(application.remote_id)
    sandbox.world.company.applicants.change(applicant, resume=None)
    assert listed(kombo, application) == []


def test_an_application_that_flatchr_does_not_show_yet_is_not_asked_for(
    kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    Application.objects.filter(pk=application.pk).update(remote_id=f"{PROVISIONAL}x")
    sandbox.requests.clear()
    with pytest.raises(KomboAtsError) as refused:
        listed(kombo, application)
    assert told(refused.value) == ("REMOTE.SERVICE_UNAVAILABLE", 503)
    assert len(sandbox.requests) == 0


def test_a_list_costs_one_request_and_no_download(
    kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    sandbox.requests.clear()
    listed(kombo, application)
    assert [one.method for one in sandbox.requests] == ["GET"]
    assert sandbox.requests.matching("GET", FILES) == []


def test_a_cv_is_fetched_from_flatchr_once(
    link: str, sandbox: Sandbox, settings: Any, application: Application
) -> None:
    contents = {requests.get(link, timeout=30).content for _ in range(3)}
    assert contents == {seeded_pdf(name_of(application))}
    assert len(sandbox.requests.matching("GET", FILES)) == 1
    (kept,) = (Path(settings.DATA_DIR) / "submissions" / cv_files.FOLDER).iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_what_nobody_asks_for_again_goes_with_the_files_of_submissions(
    link: str, settings: Any
) -> None:
    requests.get(link, timeout=30)
    assert retention.delete_orphans(before=timezone.now() + timedelta(minutes=1)) == 1
    assert not list((Path(settings.DATA_DIR) / "submissions" / cv_files.FOLDER).iterdir())


def test_what_was_fetched_long_ago_is_fetched_anew(
    link: str, sandbox: Sandbox, settings: Any
) -> None:
    requests.get(link, timeout=30)
    folder = Path(settings.DATA_DIR) / "submissions" / cv_files.FOLDER
    for kept in folder.iterdir():
        os.utime(kept, (0, 0))
    RequestBudget.objects.update(next_file_at=None)
    sandbox.world.last_file_at = None
    assert requests.get(link, timeout=30).status_code == 200
    assert len(sandbox.requests.matching("GET", FILES)) == 2


def test_a_cv_is_kept_for_the_life_of_its_links_and_no_longer(
    kombo: Kombo,
    link: str,
    sandbox: Sandbox,
    settings: Any,
    application: Application,
) -> None:
    """A second link, made while it is here, keeps it to its own end; then the sweep takes it."""
    requests.get(link, timeout=30)
    (kept,) = (Path(settings.DATA_DIR) / "submissions" / cv_files.FOLDER).iterdir()
    nearly = time.time() - cv_files.KEPT + 5
    os.utime(kept, (nearly, nearly))
    (later,) = listed(kombo, application)

    # Nor does it take one of the places of calls to Flatchr, all of which are taken.
    settings.API_CONCURRENCY = 0
    assert requests.get(link, timeout=30).status_code == 200
    assert requests.get(later.data_url, timeout=30).status_code == 200
    assert kept.stat().st_mtime > nearly + 5
    assert len(sandbox.requests.matching("GET", FILES)) == 1

    assert cv_files.remove_expired() == 0
    os.utime(kept, (time.time() - cv_files.KEPT,) * 2)
    assert cv_files.remove_expired() == 1
    assert not kept.exists()


def test_cvs_are_asked_for_one_a_second(
    kombo: Kombo, synced_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turns that were waited for, and each file in the end.

    A request that is held up on its way can reach Flatchr less than a second before the next one,
    which is then refused, and asked for again.
    """
    waited: list[float] = []
    sleep = cv_files.time.sleep
    monkeypatch.setattr(
        cv_files.time, "sleep", lambda seconds: (waited.append(seconds), sleep(seconds))[1]
    )
    rows = Application.objects.live().filter(integration=synced_tenant, outcome="PENDING")
    found = [one for row in rows for one in listed(kombo, row)][:3]
    assert len(found) == 3
    assert {requests.get(one.data_url, timeout=30).status_code for one in found} == {200}
    answered = [one.status for one in sandbox.requests.matching("GET", FILES)]
    assert answered.count(200) == 3
    assert set(answered) <= {200, 429}
    assert sum(seconds > 0.5 for seconds in waited) >= 2


def test_too_many_waiting_are_told_to_come_back(link: str, application: Application) -> None:
    RequestBudget.objects.update_or_create(
        integration=application.integration,
        defaults={
            "tokens": 20,
            "refilled_at": timezone.now(),
            "next_file_at": timezone.now() + timedelta(minutes=1),
        },
    )
    opened = requests.get(link, timeout=30)
    assert (opened.status_code, opened.json()["error"]["code"]) == (
        429,
        "REMOTE.RATE_LIMIT_EXCEEDED",
    )
    assert int(opened.headers["Retry-After"]) > 0


def test_a_cv_that_lies_elsewhere_is_fetched_there_without_the_key(
    link: str, sandbox: Sandbox, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with FileHost({"/bucket/cv.pdf": answer(b"%PDF there")}) as host:
        location = host.url("/bucket/cv.pdf?X-Amz-Expires=86400")
        sandbox.faults.add(path=FILES, status=302, headers={"Location": location})
        opened = requests.get(link, timeout=30)
        assert opened.content == b"%PDF there"
        assert "authorization" not in host.requests[0].lower()
        assert sandbox.api_key not in host.requests[0]


def test_a_redirect_into_our_own_network_is_not_followed(link: str, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=FILES, status=302, headers={"Location": "http://127.0.0.1:80/cv.pdf"})
    opened = requests.get(link, timeout=30)
    assert (opened.status_code, opened.json()["error"]["code"]) == (
        502,
        "REMOTE.UNKNOWN_HTTP_ERROR",
    )


def test_the_log_of_a_download_holds_no_key(link: str, sandbox: Sandbox) -> None:
    requests.get(link, timeout=30)
    row = HttpExchange.objects.get(path__contains="/files/expire")
    assert "token=***" in row.path
    assert sandbox.api_key not in f"{row.path}{row.request_headers}{row.response_headers}"


@pytest.mark.parametrize(
    ("status", "code", "http"),
    [
        (404, "REMOTE.INPUT_INVALID", 400),
        (401, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (503, "REMOTE.SERVICE_UNAVAILABLE", 503),
    ],
)
def test_what_flatchr_says_instead_of_an_applicant_has_the_code_of_its_kind(
    status: int, code: str, http: int, kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=f"/applicant/{application.remote_id}$", status=status)
    with pytest.raises(KomboAtsError) as error:
        listed(kombo, application)
    assert told(error.value) == (code, http)


def test_a_candidate_of_whom_flatchr_removed_an_application_keeps_the_others(
    kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    sandbox.remove_applicant(application.remote_id)
    found = kombo.ats.get_candidate_attachments(candidate_id=application.candidate_id)
    assert application.pk not in {row.application_id for row in found.data.results}
    assert application.pk in messages(found)[0]


@pytest.mark.parametrize(
    "aws",
    [
        None,
        [],
        {"key": None, "extension": "pdf"},
        {"key": "a", "extension": "../x"},
        {"key": 3, "extension": "pdf"},
    ],
)
def test_a_file_that_cannot_be_asked_for_is_left_out(
    aws: Any, kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    content = {"id": application.remote_id, "candidate": {"aws": aws}}
    sandbox.faults.add(path=f"/applicant/{application.remote_id}$", status=200, content=content)
    assert listed(kombo, application) == []
