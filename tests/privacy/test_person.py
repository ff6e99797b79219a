"""One person at the command line and in the dashboard: shown, handed over, erased, or refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.connecting import links
from integrations.models import (
    AuditEntry,
    BulkRow,
    BulkUpload,
    Candidate,
    ConnectionLink,
    Event,
    HttpExchange,
    Integration,
    Membership,
    Role,
    Submission,
    SyncRun,
)
from integrations.privacy import erasure, people, retention
from integrations.submissions import retention as submission_retention
from integrations.submissions import service
from integrations.submissions.inputs import IllegalTransition
from tests.api.making import Maker
from tests.privacy import canary
from tests.privacy.canary import EMAIL, FIRST, LAST
from tests.submissions.acting import cv, entry

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[[User], Client]


@pytest.fixture
def known(tenant: Integration, other_tenant: Integration) -> Candidate:
    """The person in two tenants: with an application and a draft with a CV, and a namesake."""
    for one in (tenant, other_tenant):
        maker = Maker(one)
        candidate = maker.candidate(EMAIL, first_name=FIRST, last_name=LAST)
        maker.application(candidate, job=maker.job())
        maker.candidate("other@courrier.example", first_name=FIRST, last_name="Autre")
    given = entry("", email_address=EMAIL.upper(), first_name=FIRST, last_name=LAST)
    service.save_draft(tenant, given, user=None, kind="CANDIDATE")
    found: Candidate = Candidate.objects.get(integration=tenant, last_name=LAST)
    return found


def command(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("person", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def last_object(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def test_the_command_shows_hands_over_and_erases(
    tenant: Integration, other_tenant: Integration, known: Candidate, tmp_path: Path
) -> None:
    out, said = command(tenant.pk, "--email", f" {EMAIL.upper()} ", "--json")
    [shown] = last_object(out)["tenants"]
    expected = {"candidates": 1, "applications": 1, "drafts": 1, "cv_files": 1}
    assert shown == {
        "integration": tenant.pk,
        "counts": expected,
        "at_flatchr": 1,
        "under_way": [],
    }
    assert "erase them at Flatchr first" in said

    document = json.loads(command(tenant.pk, "--email", EMAIL, "--export")[0])
    assert document["tenants"][0]["candidates"][0]["last_name"] == LAST
    target = tmp_path / "person.zip"
    out, _ = command(tenant.pk, "--email", EMAIL, "--export", "--output", str(target), "--json")
    assert last_object(out) == {"output": str(target), "cv_files": 1, "tenants": [tenant.pk]}
    with zipfile.ZipFile(target) as archive:
        [name] = [one for one in archive.namelist() if one.startswith("cvs/")]
        assert archive.read(name) == cv().content
        assert json.loads(archive.read("person.json"))["tenants"][0]["submissions"][0]["cv"] == name
    assert target.stat().st_mode & 0o077 == 0
    target.unlink()

    out, _ = command(tenant.pk, "--email", EMAIL, "--erase", "--json")
    [done] = last_object(out)["tenants"]
    proof = AuditEntry.objects.get(what=Event.PERSON_ERASED)
    assert (done["erased"], done["counts"]) == (True, expected)
    assert proof.details["reference"] == done["reference"]
    assert not Submission.objects.exists()
    assert list((tmp_path / "submissions").rglob("*/*")) == []
    # The other tenant's, and the namesake, are as they were.
    assert Candidate.objects.filter(last_name=LAST).get().integration == other_tenant
    assert Candidate.objects.filter(last_name="Autre").count() == 2

    out, _ = command("--all", "--email", EMAIL, "--erase", "--json")
    assert [row["integration"] for row in last_object(out)["tenants"]] == [other_tenant.pk]
    assert canary.places_of(canary.found_in_database()) == {
        # The namesake's.
        "integrations_candidate.first_name"
    }
    assert "Nothing is held" in command("--all", "--email", EMAIL)[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("TENANT", "--email", "nobody"), "not an e-mail address: nobody"),
        (("flatchr:none", "--email", EMAIL), "no tenant flatchr:none"),
        (("--email", EMAIL), "Name one INTEGRATION_ID"),
        (("TENANT", "--all", "--email", EMAIL), "Name one INTEGRATION_ID"),
        (("TENANT", "--email", EMAIL, "--output", "x.json"), "--output is for --export"),
        (("TENANT", "--email", EMAIL, "--export", "--json"), "add --output FILE"),
        (("TENANT", "--email", EMAIL, "--export", "--erase"), "not allowed with"),
    ],
)
def test_wrong_usage_is_said(tenant: Integration, arguments: tuple[str, ...], said: str) -> None:
    given = [tenant.pk if one == "TENANT" else one for one in arguments]
    with pytest.raises(CommandError, match=said) as error:
        command(*given)
    assert error.value.returncode == 2 or "not allowed with" in said


def test_nothing_is_erased_while_something_is_under_way(
    tenant: Integration, known: Candidate
) -> None:
    run = SyncRun.objects.create(integration=tenant)
    Submission.objects.create(
        integration=tenant, candidate=known, person_key=EMAIL, state="UNCERTAIN"
    )
    with pytest.raises(SystemExit) as ended:
        command(tenant.pk, "--email", EMAIL, "--erase")
    assert ended.value.code == 1
    assert Candidate.objects.filter(pk=known.pk, last_name=LAST).exists()
    shown = last_object(command(tenant.pk, "--email", EMAIL, "--json")[0])["tenants"][0]
    assert [one.split(": ")[1][:16] for one in shown["under_way"]] == [
        "a sync is under ",
        "a submission of ",
    ]

    SyncRun.objects.filter(pk=run.pk).update(state="SUCCEEDED")
    Submission.objects.update(state="FAILED")
    command(tenant.pk, "--email", EMAIL, "--erase")
    assert not Candidate.objects.filter(pk=known.pk, last_name=LAST).exists()


def test_a_longer_address_that_has_this_one_in_it_is_somebody_elses(tenant: Integration) -> None:
    upload = BulkUpload.objects.create(integration=tenant, state="DONE")
    cells = (
        {"first_name": FIRST, "last_name": LAST, "email_address": EMAIL.upper()},
        {"first_name": "Jo", "last_name": "Autre", "email_address": f"jo.{EMAIL}"},
        {"first_name": "Al", "last_name": "Ami", "cover_letter": f"Sent by <{EMAIL}>."},
    )
    for number, values in enumerate(cells):
        BulkRow.objects.create(upload=upload, number=number, values=values)

    found = people.find(tenant, EMAIL)
    assert found.names.names == {(FIRST, LAST)}
    command(tenant.pk, "--email", EMAIL, "--erase")

    left = [row.values for row in BulkRow.objects.order_by("number")]
    assert left == [dict.fromkeys(cells[0], ""), cells[1], dict.fromkeys(cells[2], "")]


def test_a_draft_that_is_sent_while_its_person_is_erased_keeps_all_of_them(
    tenant: Integration, known: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = submission_retention.remove_drafts

    def sent_just_before(drafts: list[str]) -> int:
        Submission.objects.filter(pk__in=drafts).update(state="QUEUED")
        return remove(drafts)

    monkeypatch.setattr(submission_retention, "remove_drafts", sent_just_before)
    with pytest.raises(erasure.PersonInUse):
        erasure.erase(tenant, EMAIL)

    assert Candidate.objects.filter(pk=known.pk, last_name=LAST).exists()
    assert not AuditEntry.objects.filter(what=Event.PERSON_ERASED).exists()


def test_somebody_who_has_applied_two_hundred_times_is_erased(
    tenant: Integration, known: Candidate
) -> None:
    maker = Maker(tenant)
    job = maker.job()
    ids = [maker.application(known, job=job).remote_id for _ in range(200)]
    HttpExchange.objects.create(
        started_at=timezone.now(),
        integration=tenant,
        method="POST",
        host="api.flatchr.io",
        path=f"/applicant/{ids[0]}",
        response_body=f"{EMAIL}, {', '.join(ids)}",
    )

    [done] = last_object(command(tenant.pk, "--email", EMAIL, "--erase", "--json")[0])["tenants"]

    assert (done["counts"]["applications"], done["counts"]["flatchr_requests"]) == (201, 1)
    assert HttpExchange.objects.get().response_body == ""


def test_an_unused_invitation_of_no_tenant_is_for_who_has_all(
    tenant: Integration, alice: User, admin: User, logged_in: LogIn
) -> None:
    links.new_link(
        organization="Atelier Sud",
        environment="PRODUCTION",
        contact_email=EMAIL.upper(),
        lasts=links.FROM_DASHBOARD,
    )
    form = {"email": EMAIL, "tenant": "", "again": EMAIL, "do": "erase"}
    logged_in(alice).post(reverse("admin:person"), form)
    assert command(tenant.pk, "--email", EMAIL, "--erase")[0].startswith("Nothing")
    [shown] = last_object(command("--all", "--email", EMAIL, "--json")[0])["tenants"]
    assert (shown["integration"], shown["counts"]) == (None, {"connection_links": 1})

    page = logged_in(admin).post(reverse("admin:person"), form).content.decode()
    assert AuditEntry.objects.get(what=Event.PERSON_ERASED).details["reference"] in page
    assert canary.found_in_database() == []


def test_an_invitation_that_nobody_used_forgets_whom_it_was_for(tenant: Integration) -> None:
    given = {"organization": "Atelier Sud", "contact_email": EMAIL}
    ended = timezone.now() - retention.UNUSED_LINKS
    for since, used in ((timedelta(1), None), (-timedelta(1), None), (timedelta(1), tenant)):
        links.new_link(**given, environment="PRODUCTION", lasts=timedelta(1))
        newest = ConnectionLink.objects.filter(pk=ConnectionLink.objects.latest("pk").pk)
        newest.update(expires_at=ended - since, integration=used)

    retention.forget_invited()

    kept = ConnectionLink.objects.order_by("pk").values_list("contact_email", flat=True)
    assert list(kept) == ["", EMAIL, EMAIL]


def test_a_manager_looks_takes_the_file_and_erases(
    tenant: Integration, other_tenant: Integration, known: Candidate, alice: User, logged_in: LogIn
) -> None:
    client, address = logged_in(alice), reverse("admin:person")
    form = {"email": EMAIL, "tenant": ""}
    shown = client.post(address, {**form, "do": "look"}).content.decode()
    assert "Atelier Nord" in shown
    assert "Maison Sud" not in shown
    assert "erase them at Flatchr first" in shown

    answer = client.post(address, {**form, "do": "export"})
    assert "no-store" in answer.headers["Cache-Control"]
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert LAST in archive.read("person.json").decode()
    # Not without the address once more, and not in a tenant of others.
    page = client.post(address, {**form, "do": "erase", "again": "x@y.example"}).content.decode()
    assert "nothing was erased" in page
    wrong = {"email": EMAIL, "tenant": other_tenant.pk, "do": "erase", "again": EMAIL}
    client.post(address, wrong)
    assert Candidate.objects.filter(last_name=LAST).count() == 2

    page = client.post(address, {**form, "do": "erase", "again": EMAIL}).content.decode()
    entry_ = AuditEntry.objects.get(what=Event.PERSON_ERASED)
    assert entry_.details["reference"] in page
    assert (entry_.user_id, entry_.tenant) == (alice.pk, "Atelier Nord")
    assert Candidate.objects.get(last_name=LAST).integration == other_tenant
    assert AuditEntry.objects.filter(what=Event.PERSON_HANDED_OVER).count() == 1


def test_an_operator_may_not(
    tenant: Integration, known: Candidate, alice: User, logged_in: LogIn
) -> None:
    Membership.objects.update(role=Role.OPERATOR)
    answer = logged_in(alice).post(reverse("admin:person"), {"email": EMAIL, "do": "look"})
    assert answer.status_code == 403


def test_drafts_are_deleted_by_who_may_submit_and_the_rest_by_who_may_erase(
    tenant: Integration, known: Candidate, alice: User, logged_in: LogIn, tmp_path: Path
) -> None:
    Membership.objects.update(role=Role.OPERATOR)
    client = logged_in(alice)
    draft = Submission.objects.get()

    def remove(submission: Submission) -> int:
        name = "admin:integrations_submission_remove"
        status: int = client.post(reverse(name, args=[submission.pk])).status_code
        return status

    assert remove(draft) == 302
    assert not Submission.objects.exists()
    assert [path for path in (tmp_path / "submissions").rglob("*") if path.is_file()] == []
    ended = Submission.objects.create(integration=tenant, first_name=FIRST, state="SUCCEEDED")
    assert remove(ended) == 403
    Membership.objects.update(role=Role.MANAGER)
    client = logged_in(User.objects.get(pk=alice.pk))
    assert remove(ended) == 302
    assert AuditEntry.objects.filter(what=Event.SUBMISSION_DELETED).count() == 2
    live = Submission.objects.create(integration=tenant, state="QUEUED")
    with pytest.raises(IllegalTransition):
        service.delete(live, by=None)
