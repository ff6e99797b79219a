"""What the form of a submission asks for while it is filled in: jobs, problems, duplicates."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, tenants_where
from integrations.admin.base.filters import tenants
from integrations.admin.submissions.form import (
    FIELDS,
    SubmissionForm,
    find_jobs,
    job_label,
    why_not,
)
from integrations.messages import translated
from integrations.models import Integration, Submission
from integrations.submissions import service, validation

MOST_KNOWN = 5


def visible_tenant(request: HttpRequest, asked: str | None) -> Integration | None:
    """The tenant of that id, among those that the user may submit to."""
    if not asked:
        return None
    return tenants_where(request.user, Permission.SUBMIT).filter(pk=asked).first()


def jobs_view(request: HttpRequest) -> HttpResponse:
    """Jobs that match the search, the open ones first; `reason` says why one cannot be chosen."""
    tenant = visible_tenant(request, request.GET.get("tenant"))
    found = find_jobs(tenant, request.GET.get("q", "")[:200]) if tenant else []
    options = [
        {
            "id": job.pk,
            "name": job_label(job),
            "detail": job.department or "",
            "reason": why_not(job),
        }
        for job in found
    ]
    return _private(JsonResponse({"jobs": options}))


def validate_view(request: HttpRequest) -> HttpResponse:
    """The service's words on what is typed so far, by field. Nothing is kept."""
    tenant = visible_tenant(request, request.POST.get("tenant"))
    form = SubmissionForm(request.POST, tenants=tenants(request, Permission.SUBMIT), tenant=tenant)
    form.is_valid()
    problems = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
    notes: dict[str, str] = {}
    if tenant is None:
        problems["tenant"] = _("Choose a tenant.")
    else:
        cleaned = _cleaned(tenant, form)
        for problem in cleaned.problems:
            problems.setdefault(
                FIELDS.get(problem.field, problem.field), translated(problem.message)
            )
        notes = _notes(cleaned)
    return _private(JsonResponse({"problems": problems, "notes": notes}))


def _cleaned(tenant: Integration, form: SubmissionForm) -> validation.Cleaned:
    entry = form.entry()
    typed = Submission(integration=tenant)
    job, _ = validation.find_job(tenant, entry.job)
    return validation.fill(typed, entry, job)


def _notes(cleaned: validation.Cleaned) -> dict[str, str]:
    """What is not wrong, and yet worth knowing: a value that is sent otherwise than typed."""
    said = {note["field"]: note["message"] for note in cleaned.warnings}
    notes = {name: translated(words) for name, words in said.items()}
    for change in cleaned.replacements:
        name, words = change["field"], change["to"]
        notes[name] = (
            _("Flatchr does not take %(from)s: it is sent as %(words)s.")
            % {"from": change["from"], "words": words}
            if words
            else _("Flatchr does not take a character in it, which is left out.")
        )
    return notes


def duplicates_view(request: HttpRequest) -> HttpResponse:
    """The applications that the tenant has from this e-mail address, as a fragment."""
    tenant = visible_tenant(request, request.POST.get("tenant"))
    email, job = request.POST.get("email_address", ""), request.POST.get("job", "")
    known = duplicates_context(tenant, email, job) if tenant else {}
    return _private(render(request, "relais/_submission_duplicates.html", {"duplicates": known}))


def duplicates_context(tenant: Integration, email: str, job_id: str) -> dict[str, Any]:
    """What `_submission_duplicates.html` shows; empty where nobody is known."""
    found = service.duplicates(tenant, email_address=email) if email.strip() else []
    if not found:
        return {}
    prefetch_related_objects(found[:MOST_KNOWN], "current_stage")
    return {
        "candidate": found[0].candidate,
        "applications": found[:MOST_KNOWN],
        "more": len(found) > MOST_KNOWN,
        "same_job": next((known for known in found if job_id and known.job_id == job_id), None),
    }


def _private(response: HttpResponse) -> HttpResponse:
    add_never_cache_headers(response)
    return response
