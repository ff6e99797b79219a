"""The pages on which a submission is written, and what the buttons of a submission do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.filters import tenants
from integrations.admin.base.formatting import change_url
from integrations.admin.base.permissions import require
from integrations.admin.submissions.autocomplete import duplicates_context, visible_tenant
from integrations.admin.submissions.form import SubmissionForm, file_words, initial_of
from integrations.admin.submissions.links import NEW, page_url
from integrations.admin.submissions.payload import replacements, sent_rows, source_of
from integrations.messages import translated
from integrations.models import (
    AttemptKind,
    Candidate,
    Integration,
    Job,
    Submission,
    SubmissionKind,
    SubmissionState,
)
from integrations.submissions import service
from integrations.submissions.inputs import (
    AlreadyApplied,
    IllegalTransition,
    Problem,
    Refused,
)

TITLES = {
    SubmissionKind.CANDIDATE: _lazy("Submit a candidate"),
    SubmissionKind.APPLICATION: _lazy("Submit an application"),
}


@dataclass(slots=True)
class Round:
    """One showing of the form: what it stands on, and what came of pressing a button."""

    form: SubmissionForm
    kind: SubmissionKind
    tenant: Integration | None
    draft: Submission | None = None
    problems: list[Problem] = field(default_factory=list)
    applied: AlreadyApplied | None = None


# Showing it


def new_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """An empty form, with what the button that led here knew already."""
    kind = _kind(request.POST.get("kind") or request.GET.get("kind"))
    if request.method == "POST":
        tenant = visible_tenant(request, request.POST.get("tenant"))
        return _pressed(admin, request, kind, tenant, None)
    initial, tenant = _given(request)
    form = SubmissionForm(
        initial=initial, tenants=tenants(request, Permission.SUBMIT), tenant=tenant
    )
    return _show(admin, request, Round(form, kind, tenant))


def edit_view(admin: Any, request: HttpRequest, submission: Submission) -> HttpResponse:
    """The form of a draft, or of what has failed and may be mended."""
    if "edit" not in service.allowed_actions(submission):
        messages.info(request, _("It has been submitted and can no longer be edited."))
        return HttpResponseRedirect(change_url(submission))
    kind, tenant = SubmissionKind(submission.kind), submission.integration
    if request.method == "POST":
        return _pressed(admin, request, kind, tenant, submission)
    return _show(admin, request, _round_of(request, submission))


def _round_of(request: HttpRequest, submission: Submission) -> Round:
    tenant = submission.integration
    form = SubmissionForm(
        initial=initial_of(submission), tenants=tenants(request, Permission.SUBMIT), tenant=tenant
    )
    return Round(form, SubmissionKind(submission.kind), tenant, submission)


def _kind(asked: str | None) -> SubmissionKind:
    return SubmissionKind(asked) if asked in SubmissionKind.values else SubmissionKind.CANDIDATE


def _given(request: HttpRequest) -> tuple[dict[str, Any], Integration | None]:
    """What the address says, as far as the user may see it; and the tenant this settles."""
    initial: dict[str, Any] = {}
    tenant = visible_tenant(request, request.GET.get("tenant"))
    if asked := request.GET.get("job"):
        job = Job.objects.visible_to(request.user).filter(pk=asked).first()
        if job is None:
            raise Http404
        initial["job"], tenant = job.pk, job.integration
    if asked := request.GET.get("candidate"):
        candidate = Candidate.objects.visible_to(request.user).filter(pk=asked).first()
        if candidate is None:
            raise Http404
        initial |= _person(candidate)
        tenant = tenant or candidate.integration
    if tenant is None and len(mine := tenants(request, Permission.SUBMIT)) == 1:
        tenant = Integration.objects.get(pk=next(iter(mine)))
    if tenant is not None:
        require(request, Permission.SUBMIT, tenant)
        initial["tenant"] = tenant.pk
    return initial, tenant


def _person(candidate: Candidate) -> dict[str, str]:
    def first(values: Any, key: str) -> str:
        return next((str(item[key]) for item in values or [] if item.get(key)), "")

    return {
        "first_name": candidate.first_name or "",
        "last_name": candidate.last_name or "",
        "email_address": first(candidate.email_addresses, "email_address"),
        "phone_number": first(candidate.phone_numbers, "phone_number"),
    }


def _show(admin: Any, request: HttpRequest, shown: Round) -> HttpResponse:
    elsewhere = shown.form.show(shown.problems) if shown.problems else []
    draft = shown.draft
    title = str(draft) if draft else TITLES[shown.kind]
    several = len(tenants(request, Permission.SUBMIT)) > 1
    return admin.page(
        request,
        "relais/submission_form.html",
        draft,
        Crumb(_("Edit") if draft else title),
        form=shown.form,
        title=title,
        kind=shown.kind,
        draft=draft,
        several_tenants=several,
        only_tenant=shown.tenant is not None and (draft is not None or not several),
        typed_job=request.POST.get("job_search", ""),
        tenant=shown.tenant,
        sources=_sources(request, shown),
        elsewhere=elsewhere,
        applied=shown.applied,
        duplicates=_duplicates(shown),
        file_words=file_words(),
        action_url=page_url(draft, "edit") if draft else reverse(NEW),
        checked=draft is not None and draft.state == SubmissionState.CHECKED,
        sent=sent_rows(draft, AttemptKind.CHECK) if draft else [],
        replacements=replacements(draft) if draft else [],
    )


def _sources(request: HttpRequest, shown: Round) -> Iterable[Any]:
    """Of each tenant that can be chosen."""
    if shown.tenant is not None and (
        shown.draft is not None or len(tenants(request, Permission.SUBMIT)) == 1
    ):
        return [source_of(shown.tenant)]
    found = Integration.objects.visible_to(request.user).filter(
        pk__in=tenants(request, Permission.SUBMIT)
    )
    return [source_of(tenant) for tenant in found]


def _duplicates(shown: Round) -> dict[str, Any]:
    if shown.tenant is None:
        return {}
    email = str(shown.form["email_address"].value() or "")
    return duplicates_context(shown.tenant, email, str(shown.form["job"].value() or ""))


# Pressing a button


def _pressed(
    admin: Any,
    request: HttpRequest,
    kind: SubmissionKind,
    tenant: Integration | None,
    draft: Submission | None,
) -> HttpResponse:
    """Keeps what was typed and attached, whatever is wrong with it, then does what was asked."""
    form = SubmissionForm(
        request.POST, request.FILES, tenants=tenants(request, Permission.SUBMIT), tenant=tenant
    )
    sound = form.is_valid()
    shown = Round(form, kind, tenant, draft)
    if tenant is None:
        shown.problems = [Problem("tenant", "required", _("Choose a tenant."))]
        return _show(admin, request, shown)
    try:
        shown.draft, shown.problems = _keep(form, tenant, request.user, kind, draft)
    except IllegalTransition as illegal:
        # Submitted in another window since this one was opened.
        messages.error(request, translated(illegal))
        return HttpResponseRedirect(request.get_full_path())
    action = request.POST.get("action", "check")
    if shown.problems or not sound:
        said = {problem.field for problem in shown.problems}
        shown.problems += [one for one in service.problems(shown.draft) if one.field not in said]
        return _show(admin, request, shown)
    return _act(admin, request, shown, shown.draft, action)


def _keep(
    form: SubmissionForm,
    tenant: Integration,
    user: Any,
    kind: SubmissionKind,
    draft: Submission | None,
) -> tuple[Submission, list[Problem]]:
    """The draft with all that can be kept; and what cannot: a file that was refused."""
    entry = form.entry()
    if draft is not None and form.cleaned_data.get("remove_document") and not entry.attachments:
        service.remove_document(draft)
    try:
        return service.save_draft(tenant, entry, user=user, kind=kind, draft=draft), []
    except Refused as refused:
        typed = replace(entry, attachments=())
        kept = service.save_draft(tenant, typed, user=user, kind=kind, draft=draft)
        return kept, refused.problems


def _act(
    admin: Any, request: HttpRequest, shown: Round, draft: Submission, action: str
) -> HttpResponse:
    try:
        if action == "check":
            service.check(draft, by=request.user)
            return HttpResponseRedirect(page_url(draft, "edit"))
        submitted = service.submit(draft, by=request.user, again=action == "again")
    except Refused as refused:
        shown.problems = refused.problems
    except AlreadyApplied as applied:
        shown.applied = applied
    except IllegalTransition as illegal:
        messages.error(request, translated(illegal))
        return HttpResponseRedirect(change_url(draft))
    else:
        if submitted.pk != draft.pk:
            messages.info(request, _("This was submitted a moment ago: this is it."))
        return HttpResponseRedirect(change_url(submitted))
    return _show(admin, request, shown)


# Buttons on the page of a submission


def submit_view(admin: Any, request: HttpRequest, submission: Submission) -> HttpResponse:
    """Submit a draft as it is; what is amiss shows on its form."""
    action = "check" if "check" in request.POST else "submit"
    return _act(admin, request, _round_of(request, submission), submission, action)


def retry_view(admin: Any, request: HttpRequest, submission: Submission) -> HttpResponse:
    """Queue what has failed once more; what is amiss shows on its form."""
    try:
        service.retry(submission, by=request.user, again="again" in request.POST)
    except Refused as refused:
        shown = _round_of(request, submission)
        shown.problems = refused.problems
        return _show(admin, request, shown)
    except AlreadyApplied as applied:
        shown = _round_of(request, submission)
        shown.applied = applied
        return _show(admin, request, shown)
    except IllegalTransition as illegal:
        messages.error(request, translated(illegal))
    return HttpResponseRedirect(change_url(submission))


def cancel_view(_admin: Any, request: HttpRequest, submission: Submission) -> HttpResponse:
    """Take back what has not been sent yet."""
    try:
        service.cancel(submission, by=request.user)
    except IllegalTransition as illegal:
        messages.error(request, translated(illegal))
    return HttpResponseRedirect(change_url(submission))
