"""The pages on which a submission is written, and what the buttons of a submission do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.filters import tenants
from integrations.admin.base.urls import add_url, change_url, list_url, record_url
from integrations.admin.base.views import AdminView, Breadcrumb, RecordView, live_fragment, require
from integrations.admin.submissions.autocomplete import duplicates_context, visible_tenant
from integrations.admin.submissions.forms import SubmissionForm, file_words, initial_of
from integrations.admin.submissions.payload import replacements, sent_rows, source_of
from integrations.admin.submissions.report import live_context, moves, name_of
from integrations.audit import trail
from integrations.messages import Message, translated
from integrations.models import (
    OPEN_SUBMISSIONS,
    AttemptKind,
    Candidate,
    Event,
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
    TooManyDrafts,
)
from integrations.submissions.storage import file_response

TITLES = {
    SubmissionKind.CANDIDATE: _lazy("Submit a candidate"),
    SubmissionKind.APPLICATION: _lazy("Submit an application"),
}


@dataclass(slots=True)
class FormState:
    """What the form's page shows: the form, and what came of pressing a button."""

    form: SubmissionForm
    kind: SubmissionKind
    tenant: Integration | None
    draft: Submission | None = None
    problems: list[Problem] = field(default_factory=list)
    applied: AlreadyApplied | None = None


class SubmissionFormPage(AdminView):
    """The form with its buttons, for a new submission and for one that can still be edited."""

    def show(self, state: FormState) -> HttpResponse:
        elsewhere = state.form.show(state.problems) if state.problems else []
        draft = state.draft
        title = name_of(draft) if draft else TITLES[state.kind]
        several = len(self._tenants()) > 1
        return self.page(
            "relais/submission_form.html",
            draft,
            Breadcrumb(_("Edit") if draft else title),
            form=state.form,
            title=title,
            kind=state.kind,
            draft=draft,
            several_tenants=several,
            only_tenant=state.tenant is not None and (draft is not None or not several),
            typed_job=self.request.POST.get("job_search", ""),
            tenant=state.tenant,
            sources=self._sources(state),
            elsewhere=elsewhere,
            applied=state.applied,
            duplicates=_duplicates(state),
            file_words=file_words(),
            action_url=record_url(draft, "edit") if draft else add_url(Submission),
            checked=draft is not None and draft.state == SubmissionState.CHECKED,
            sent=sent_rows(draft, AttemptKind.CHECK) if draft else [],
            replacements=replacements(draft) if draft else [],
        )

    def save(
        self, kind: SubmissionKind, tenant: Integration | None, draft: Submission | None
    ) -> HttpResponse:
        """Store what was typed and attached, whatever is wrong with it; then do what was asked."""
        request = self.request
        form = SubmissionForm(request.POST, request.FILES, tenants=self._tenants(), tenant=tenant)
        valid = form.is_valid()
        state = FormState(form, kind, tenant, draft)
        if tenant is None:
            state.problems = [Problem("tenant", "required", Message("tenant_required"))]
            return self.show(state)
        try:
            state.draft, state.problems = _store(form, tenant, request.user, kind, draft)
        except TooManyDrafts as full:
            state.problems = [Problem("", "too_many_drafts", full.args[0])]
            return self.show(state)
        except IllegalTransition as illegal:
            # Submitted in another window since this one was opened.
            messages.error(request, translated(illegal))
            return HttpResponseRedirect(request.get_full_path())
        if state.problems or not valid:
            named = {problem.field for problem in state.problems}
            state.problems += [
                problem for problem in service.problems(state.draft) if problem.field not in named
            ]
            return self.show(state)
        return self.act(state, state.draft, request.POST.get("action", "check"))

    def act(self, state: FormState, draft: Submission, action: str) -> HttpResponse:
        """Check or submit `draft`; what prevents it is shown on its form."""
        request = self.request
        try:
            if action == "check":
                service.check(draft, by=request.user)
                return HttpResponseRedirect(record_url(draft, "edit"))
            submitted = service.submit(draft, by=request.user, again=action == "again")
        except Refused as refused:
            state.problems = refused.problems
        except AlreadyApplied as applied:
            state.applied = applied
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
            return HttpResponseRedirect(change_url(draft))
        else:
            if submitted.pk != draft.pk:
                messages.info(request, _("This was submitted a moment ago: this is it."))
            return HttpResponseRedirect(change_url(submitted))
        return self.show(state)

    def stored(self, submission: Submission) -> FormState:
        """The form as a submission was saved."""
        tenant = submission.integration
        form = SubmissionForm(
            initial=initial_of(submission), tenants=self._tenants(), tenant=tenant
        )
        return FormState(form, SubmissionKind(submission.kind), tenant, submission)

    def _tenants(self) -> dict[str, str]:
        return tenants(self.request, Permission.SUBMIT)

    def _sources(self, state: FormState) -> Iterable[Any]:
        """The source of each tenant that can be chosen."""
        mine = self._tenants()
        if state.tenant is not None and (state.draft is not None or len(mine) == 1):
            return [source_of(state.tenant)]
        found = Integration.objects.visible_to(self.request.user).filter(pk__in=mine)
        return [source_of(tenant) for tenant in found]


def _duplicates(state: FormState) -> dict[str, Any]:
    if state.tenant is None:
        return {}
    email = str(state.form["email_address"].value() or "")
    return duplicates_context(state.tenant, email, str(state.form["job"].value() or ""))


def _store(
    form: SubmissionForm,
    tenant: Integration,
    user: Any,
    kind: SubmissionKind,
    draft: Submission | None,
) -> tuple[Submission, list[Problem]]:
    """The draft with all that can be stored; and what cannot: a file that was refused."""
    entry = form.entry()
    if draft is not None and form.cleaned_data.get("remove_document") and not entry.attachments:
        service.remove_document(draft)
    try:
        return service.save_draft(tenant, entry, user=user, kind=kind, draft=draft), []
    except Refused as refused:
        typed = replace(entry, attachments=())
        stored = service.save_draft(tenant, typed, user=user, kind=kind, draft=draft)
        return stored, refused.problems


class NewSubmissionView(SubmissionFormPage):
    """An empty form, filled in with what its address names."""

    def get(self, request: HttpRequest) -> HttpResponse:
        initial, tenant = self._given(request)
        form = SubmissionForm(initial=initial, tenants=self._tenants(), tenant=tenant)
        return self.show(FormState(form, _kind(request.GET.get("kind")), tenant))

    def post(self, request: HttpRequest) -> HttpResponse:
        kind = _kind(request.POST.get("kind") or request.GET.get("kind"))
        return self.save(kind, visible_tenant(request, request.POST.get("tenant")), None)

    def _given(self, request: HttpRequest) -> tuple[dict[str, Any], Integration | None]:
        """What the address names, as far as the user may see it; and the tenant this decides."""
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
        if tenant is None and len(mine := self._tenants()) == 1:
            tenant = Integration.objects.get(pk=next(iter(mine)))
        if tenant is not None:
            require(request, Permission.SUBMIT, tenant)
            initial["tenant"] = tenant.pk
        return initial, tenant


def _kind(asked: str | None) -> SubmissionKind:
    return SubmissionKind(asked) if asked in SubmissionKind.values else SubmissionKind.CANDIDATE


def _person(candidate: Candidate) -> dict[str, str]:
    def first(values: Any, key: str) -> str:
        return next((str(item[key]) for item in values or [] if item.get(key)), "")

    return {
        "first_name": candidate.first_name or "",
        "last_name": candidate.last_name or "",
        "email_address": first(candidate.email_addresses, "email_address"),
        "phone_number": first(candidate.phone_numbers, "phone_number"),
    }


# Pages and buttons of one submission


class EditView(RecordView[Submission], SubmissionFormPage):
    """The form of a draft, or of a failed submission that may be corrected."""

    permission = Permission.SUBMIT

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self._refused() or self.show(self.stored(self.record))

    def post(self, _request: HttpRequest) -> HttpResponse:
        record = self.record
        kind = SubmissionKind(record.kind)
        return self._refused() or self.save(kind, record.integration, record)

    def _refused(self) -> HttpResponse | None:
        if "edit" in service.allowed_actions(self.record):
            return None
        messages.info(self.request, _("It has been submitted and can no longer be edited."))
        return HttpResponseRedirect(change_url(self.record))


class SubmitView(RecordView[Submission], SubmissionFormPage):
    """Submit or check a draft as it is; what is wrong shows on its form."""

    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        action = "check" if "check" in request.POST else "submit"
        return self.act(self.stored(self.record), self.record, action)


class RetryView(RecordView[Submission], SubmissionFormPage):
    """Queue what has failed once more; what is wrong shows on its form."""

    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            service.retry(self.record, by=request.user, again="again" in request.POST)
        except Refused as refused:
            state = self.stored(self.record)
            state.problems = refused.problems
            return self.show(state)
        except AlreadyApplied as applied:
            state = self.stored(self.record)
            state.applied = applied
            return self.show(state)
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
        return HttpResponseRedirect(change_url(self.record))


class AnotherJobView(RecordView[Submission]):
    """A draft of the same person with the CV just sent, for a job that is still to be chosen."""

    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            draft = service.draft_for_another_job(self.record, user=request.user)
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
        except TooManyDrafts as full:
            messages.error(request, translated(full.args[0]))
        else:
            return HttpResponseRedirect(record_url(draft, "edit"))
        return HttpResponseRedirect(change_url(self.record))


class CancelSubmissionView(RecordView[Submission]):
    """Withdraw what has not been sent yet."""

    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            service.cancel(self.record, by=request.user)
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
        return HttpResponseRedirect(change_url(self.record))


class RemoveSubmissionView(RecordView[Submission]):
    """Asks once more, and deletes a draft, or a submission that has ended.

    Whoever may submit may delete drafts; the account of what was sent only who may erase people.
    """

    permission = Permission.SUBMIT

    def get(self, request: HttpRequest) -> HttpResponse:
        record = self._allowed(request)
        return self.page(
            "relais/submission_remove.html",
            record,
            Breadcrumb(_("Delete")),
            is_draft=record.state in OPEN_SUBMISSIONS,
            submission_page=change_url(record),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        record = self._allowed(request)
        try:
            service.delete(record, by=request.user)
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
            return HttpResponseRedirect(change_url(record))
        messages.success(request, _("It is deleted."))
        return HttpResponseRedirect(list_url(Submission))

    def _allowed(self, request: HttpRequest) -> Submission:
        if self.record.state not in OPEN_SUBMISSIONS:
            require(request, Permission.PEOPLE, self.record.integration)
        return self.record


class LiveSubmissionView(RecordView[Submission]):
    """The moving part of the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        record = self.record
        return live_fragment(
            request,
            "relais/_submission_live.html",
            live_context(record),
            live=moves(record),
            state=record.state,
        )


class DocumentView(RecordView[Submission]):
    """The CV, as a download. Not for Viewers, and noted: it leaves the house."""

    permission = Permission.SUBMIT

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002
        answer = file_response(self.record)
        trail.record(Event.CV_DOWNLOADED, tenant=self.record.integration, about=self.record)
        return answer
