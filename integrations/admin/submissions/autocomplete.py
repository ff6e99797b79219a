"""What the form of a submission fetches while it is filled in: jobs, problems, duplicates."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, tenants_where
from integrations.admin.base.filters import tenants
from integrations.admin.base.views import AdminView
from integrations.admin.submissions.forms import (
    FIELDS,
    SubmissionForm,
    closed_reason,
    find_jobs,
    job_label,
)
from integrations.messages import translated
from integrations.models import Integration, Submission
from integrations.submissions import service, validation

MOST_KNOWN = 5


def visible_tenant(request: HttpRequest, asked: str | None) -> Integration | None:
    """The tenant of that id; None if the user may not submit to it."""
    if not asked:
        return None
    return tenants_where(request.user, Permission.SUBMIT).filter(pk=asked).first()


class HintView(AdminView):
    """Something that the form asks for while it is filled in, for those who may submit."""

    permission = Permission.SUBMIT


class JobsView(HintView):
    """Jobs that match the search, the open ones first; `reason` says why one cannot be chosen."""

    def get(self, request: HttpRequest) -> HttpResponse:
        tenant = visible_tenant(request, request.GET.get("tenant"))
        found = find_jobs(tenant, request.GET.get("q", "")[:200]) if tenant else []
        options = [
            {
                "id": job.pk,
                "name": job_label(job),
                "detail": "",
                "reason": closed_reason(job),
            }
            for job in found
        ]
        return JsonResponse({"jobs": options})


class ValidateView(HintView):
    """What the service finds wrong with what is typed so far, by field. Nothing is stored."""

    def post(self, request: HttpRequest) -> HttpResponse:
        tenant = visible_tenant(request, request.POST.get("tenant"))
        form = SubmissionForm(
            request.POST, tenants=tenants(request, Permission.SUBMIT), tenant=tenant
        )
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
        return JsonResponse({"problems": problems, "notes": notes})


def _cleaned(tenant: Integration, form: SubmissionForm) -> validation.Cleaned:
    entry = form.entry()
    typed = Submission(integration=tenant)
    job, _ = validation.find_job(tenant, entry.job)
    return validation.fill(typed, entry, job)


def _notes(cleaned: validation.Cleaned) -> dict[str, str]:
    """Warnings, and values that are sent to Flatchr otherwise than they were typed."""
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


class DuplicatesView(HintView):
    """The applications that the tenant has from this e-mail address, as a fragment."""

    def post(self, request: HttpRequest) -> HttpResponse:
        tenant = visible_tenant(request, request.POST.get("tenant"))
        email, job = request.POST.get("email_address", ""), request.POST.get("job", "")
        known = duplicates_context(tenant, email, job) if tenant else {}
        return render(request, "relais/_submission_duplicates.html", {"duplicates": known})


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
