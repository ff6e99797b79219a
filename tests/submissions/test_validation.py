"""What is typed, what is sent of it, and what is said about the difference."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations.models import FlatchrSettings, Integration, Job, Submission
from integrations.submissions.inputs import SubmissionEntry
from integrations.submissions.validation import (
    Cleaned,
    clean,
    entry_problems,
    entry_warnings,
    fill,
    find_job,
)
from tests.submissions.acting import entry

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def job(tenant: Integration) -> Job:
    found: Job = Job.objects.create(
        id="1" * 24,
        integration=tenant,
        remote_id="Zx4TqB7nWk2LpR9m",
        vacancy_id=51234,
        slug="zx4tqb7nwk2lpr9m-comptable",
        status="OPEN",
        changed_at=timezone.now(),
    )
    return found


def cleaned(job: Job, **fields: Any) -> Cleaned:
    given = entry(job, **fields)
    submission = Submission(integration=job.integration)
    fill(submission, given, job)
    return clean(submission)


def codes(result: Cleaned) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in result.problems]


def test_a_complete_entry_has_no_problem(job: Job) -> None:
    result = cleaned(job)

    assert result.problems == []
    assert (result.first_name, result.last_name) == ("Nadia", "Perrot")
    assert (result.email_address, result.phone_number) == (
        "nadia.perrot@courrier.example",
        "+33639980001",
    )
    assert result.replacements == []


def test_every_problem_is_told_at_once(job: Job) -> None:
    result = cleaned(
        job,
        first_name=" ",
        last_name="12",
        email_address="nadia@",
        phone_number="06 39 98 00 01",
        urls={"linkedin": "reseau.example/n"},
        answers=({"question": "", "value": "Oui"},),
        user_key="x" * 65,
    )

    assert codes(result) == [
        ("first_name", "required"),
        ("last_name", "no_letter"),
        ("email_address", "invalid"),
        ("answers", "no_question"),
        ("urls", "invalid"),
        ("user_key", "too_long"),
    ]
    for problem in result.problems:
        assert problem.message.endswith(".")


@pytest.mark.parametrize(
    "name",
    ["Zoë", "O'Brien", "Jean-Pierre", "Nguyễn", "José María", "Łukasz", "D’Arc", "Müller (fils)"],
)
def test_names_as_people_have_them_go_through(name: str, job: Job) -> None:
    result = cleaned(job, first_name=name)

    assert result.problems == []
    assert result.first_name == name.replace("’", "'")


@pytest.mark.parametrize("name", ["Мария", "雷", "محمد", "Ελένη", "מרים"])
def test_names_in_other_scripts_go_with_their_latin_spelling(name: str, job: Job) -> None:
    result = cleaned(job, first_name=name)

    assert result.problems == []
    assert result.first_name.startswith(f"{name} (")
    assert result.replacements == [{"field": "first_name", "from": name, "to": result.first_name}]


def test_typography_is_made_plain_where_it_is_text_and_shown(job: Job) -> None:
    result = cleaned(
        job,
        cover_letter="“Motivée” – prête… • tout de suite",
        answers=({"question": "L’outil ?", "value": "‘Oui’"},),
    )

    assert result.cover_letter == '"Motivée" - prête... - tout de suite'
    assert result.answers == [{"question": "L’outil ?", "value": "'Oui'"}]
    assert {"field": "cover_letter", "from": "…", "to": "..."} in result.replacements
    assert {"field": "answers", "from": "‘", "to": "'"} in result.replacements


@pytest.mark.parametrize(
    ("typed", "sent", "warned"),
    [
        ("", "", False),
        ("06 39 98 00 01", "+33639980001", False),
        ("+49 30 1234567", "+49301234567", False),
        (" 00 33 6 39 98 00 01 ", "+33639980001", False),
        ("+33 6 39 98 00 01", "+33639980001", False),
        ("1234", "1234", True),
    ],
)
def test_a_phone_number_is_sent_in_its_international_form_where_it_has_one(
    typed: str, sent: str, warned: bool, job: Job
) -> None:
    result = cleaned(job, phone_number=typed)

    assert result.problems == []
    assert result.phone_number == sent
    warnings = [note["code"] for note in result.warnings if note["field"] == "phone_number"]
    assert warnings == (["unusual_phone"] if warned else [])


@pytest.mark.parametrize(
    ("typed", "sent", "code"),
    [
        ("0692 12 34 56", "+262692123456", None),
        ("0612345678;0798765432", "+33612345678", "phone_partly_sent"),
        ("01 23 45 67 89 ext 12", "+33123456789", "phone_partly_sent"),
        ("06 12 34 56 78 (bureau)", "+33612345678", "phone_partly_sent"),
        ("06 12 34 56 7", "06 12 34 56 7", "unusual_phone"),
        ("0000000000", "0000000000", "unusual_phone"),
        ("NC", "", "phone_not_sent"),
        ("à midi", "", "phone_not_sent"),
        ("06O6060606", "", "phone_not_sent"),
    ],
)
def test_an_optional_phone_number_refuses_nobody(
    typed: str, sent: str, code: str | None, job: Job
) -> None:
    result = cleaned(job, phone_number=typed)

    assert result.problems == []
    assert result.phone_number == sent
    warnings = [note["code"] for note in result.warnings if note["field"] == "phone_number"]
    assert warnings == ([code] if code else [])


@pytest.mark.parametrize("sign", ["\u200b", "\u202e", "\ufeff", "\x07"])
def test_characters_that_nobody_sees_are_dropped_and_told(sign: str, job: Job) -> None:
    result = cleaned(
        job,
        first_name=f"Na{sign}dia",
        email_address=f"nadia@mail.example{sign}",
        phone_number=f"06 39 98 00 01{sign}",
        urls={"linkedin": f"https://reseau.example/n{sign}"},
    )

    assert result.problems == []
    assert result.first_name == "Nadia"
    assert result.email_address == result.person_key == "nadia@mail.example"
    assert result.phone_number == "+33639980001"
    assert result.urls == {"linkedin": "https://reseau.example/n"}
    told = [note["field"] for note in result.warnings if note["code"] == "invisible_characters"]
    assert told == ["first_name", "email_address", "phone_number", "urls"]


def test_an_e_mail_is_sent_as_typed_and_known_in_lower_case(job: Job) -> None:
    result = cleaned(job, email_address="  Nadia.Perrot@Courrier.Example ")

    assert result.email_address == "Nadia.Perrot@courrier.example"
    assert result.person_key == "nadia.perrot@courrier.example"


@pytest.mark.parametrize("typed", ["a b@c.example", "n@c", "@c.example", "n@@c.example", "é@c.fr"])
def test_what_is_no_e_mail_is_refused(typed: str, job: Job) -> None:
    result = cleaned(job, email_address=typed)

    assert codes(result) == [("email_address", "invalid")]
    assert result.person_key == ""


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "CLOSED"}, "closed"),
        ({"status": "ARCHIVED"}, "closed"),
        ({"remote_deleted_at": "2026-09-01T00:00Z"}, "deleted"),
        ({"slug": None}, "no_slug"),
        ({"vacancy_id": None}, "no_slug"),
    ],
)
def test_a_job_that_takes_no_applications_is_refused(
    fields: dict[str, Any], code: str, job: Job
) -> None:
    Job.objects.filter(pk=job.pk).update(**fields)
    job.refresh_from_db()

    assert codes(cleaned(job)) == [("job", code)]


def test_a_job_of_unknown_status_is_left_to_flatchr(job: Job) -> None:
    job.status = "7"

    assert cleaned(job).problems == []


def test_a_job_is_found_by_either_id_within_the_tenant(
    job: Job, tenant: Integration, other_tenant: Integration
) -> None:
    assert find_job(tenant, job.pk) == (job, [])
    assert find_job(tenant, f" remote:{job.remote_id} ") == (job, [])
    for integration, wanted, code in (
        (tenant, "", "required"),
        (tenant, "2" * 24, "unknown"),
        (tenant, "remote:x\0", "unknown"),
        (other_tenant, job.pk, "unknown"),
        (other_tenant, f"remote:{job.remote_id}", "unknown"),
    ):
        found, problems = find_job(integration, wanted)
        assert found is None
        assert [problem.code for problem in problems] == [code]


def test_the_tenants_source_is_written_unless_another_is_given(job: Job) -> None:
    result = cleaned(job)
    assert result.offerer_id is None
    assert [note["code"] for note in result.warnings] == ["source_not_written"]
    assert "no offerer ID in its settings" in result.warnings[0]["message"]

    FlatchrSettings.objects.update(offerer_id=4711, user_key="Us7Kp3QdVx9LmT1b")
    result = cleaned(job)
    assert (result.offerer_id, result.user_key) == (4711, "Us7Kp3QdVx9LmT1b")
    assert result.warnings == []

    result = cleaned(job, offerer_id=75, user_key=" Another1 ")
    assert (result.offerer_id, result.user_key) == (75, "Another1")


def test_a_tenant_that_cannot_send_is_told_so(job: Job) -> None:
    job.integration.enabled = False
    assert codes(cleaned(job)) == [("", "disabled")]

    job.integration.credentials.delete()
    assert ("", "not_connected") in codes(
        cleaned(Job.objects.select_related("integration").get(pk=job.pk))
    )


def test_what_flatchr_cannot_hold_is_named(job: Job) -> None:
    given = entry(job, unsupported=("candidate.gender",), urls={"github": "https://x.example"})

    assert [note["code"] for note in entry_warnings(given)] == ["unsupported_field"] * 2
    messages = [note["message"] for note in entry_warnings(given)]
    assert "candidate.gender" in messages[0]
    assert "urls.github" in messages[1]


@pytest.mark.parametrize("number", [-1, 0, 2**63])
def test_an_offerer_id_that_is_none_is_refused_and_not_stored(number: int, job: Job) -> None:
    given = entry(job, offerer_id=number)
    submission = Submission(integration=job.integration)
    fill(submission, given, job)

    assert [problem.code for problem in entry_problems(given)] == ["invalid"]
    assert submission.offerer_id is None


def test_characters_that_no_database_stores_are_replaced_in_what_is_kept(job: Job) -> None:
    given = SubmissionEntry(
        job=job.pk,
        first_name="Na\0dia",
        last_name="Per\ud800rot",
        email_address="n@c.example",
        answers=({"question": "\0", "value": "\0"},),
        urls={"other": "https://x.example/\0"},
    )
    submission = Submission(integration=job.integration)

    fill(submission, given, job)
    submission.save()

    assert submission.first_name == "Na\ufffddia"


def test_long_texts_are_refused_and_kept(job: Job) -> None:
    result = cleaned(job, first_name="a" * 201, cover_letter="b" * 20_001)

    assert codes(result) == [("first_name", "too_long"), ("cover_letter", "too_long")]
