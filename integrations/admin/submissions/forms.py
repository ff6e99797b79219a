"""The form of a submission, which turns what is typed into an entry for the service.

Nothing is required and nothing is limited here: whatever is typed is stored with the draft, and
the service says what is still wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.formatting import job_detail
from integrations.enumerations import JobStatus
from integrations.messages import translated
from integrations.models import Integration, Job, Submission
from integrations.submissions.documents import ACCEPTED
from integrations.submissions.inputs import Attachment, AttachmentType, Problem, SubmissionEntry
from integrations.submissions.validation import OFFERER_LIMIT

# Jobs offered where there is no search, and found by one.
MOST_JOBS = 200
FOUND_JOBS = 30
# Problems of the service that show under another field of the form.
FIELDS = {"attachments": "document", "document": "document", "job_id": "job"}
NO_OFFERER = _lazy("The offerer ID is a whole number above zero.")
CLOSED = (JobStatus.CLOSED, JobStatus.ARCHIVED)


def job_label(job: Job) -> str:
    """A job as it is chosen from a list: two of one name differ by reference, place, department."""
    detail = job_detail(job)
    return f"{job} ({detail})" if detail else str(job)


def closed_reason(job: Job) -> str:
    """Why nobody can be submitted for the job; blank if nothing in its row prevents it."""
    if job.status in CLOSED:
        return _("Closed in Flatchr: it takes no applications.")
    if not job.slug:
        return _("It has no application address in Flatchr.")
    return ""


def jobs_of(tenant: Integration) -> QuerySet[Any]:
    """The tenant's jobs, the open ones first and the closed ones last."""
    rank = Case(
        When(status=JobStatus.OPEN, then=Value(0)),
        When(status__in=CLOSED, then=Value(2)),
        default=Value(1),
        output_field=IntegerField(),
    )
    live = Job.objects.filter(integration=tenant).live()
    shown = (
        *("integration_id", "remote_id", "name", "reference", "location", "department"),
        *("status", "slug"),
    )
    return live.annotate(rank=rank).order_by("rank", "name", "pk").only(*shown)


def find_jobs(tenant: Integration, words: str) -> list[Any]:
    """The jobs that have each of the words in title, department, category, place or number."""
    found = jobs_of(tenant)
    for word in words.split()[:8]:
        matches = Q(location__city__icontains=word)
        for name in ("name", "department", "category", "slug"):
            matches |= Q(**{f"{name}__icontains": word})
        if word.isascii() and word.isdigit() and len(word) < 19:
            matches |= Q(vacancy_id=int(word))
        found = found.filter(matches)
    return list(found[:FOUND_JOBS])


class SubmissionForm(forms.Form):
    """`tenant` is the chosen one, if any; `tenants` are those to choose from, ids and names."""

    tenant = forms.CharField(required=False, widget=forms.Select)
    job = forms.CharField(required=False, widget=forms.Select)
    first_name = forms.CharField(required=False)
    last_name = forms.CharField(required=False)
    email_address = forms.CharField(
        label=_lazy("E-mail"),
        required=False,
        widget=forms.EmailInput(attrs={"spellcheck": "false"}),
    )
    phone_number = forms.CharField(
        label=_lazy("Phone"), required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    cover_letter = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))
    document = forms.FileField(label="CV", required=False)
    remove_document = forms.BooleanField(label=_lazy("Remove"), required=False)
    offerer_id = forms.IntegerField(
        label=_lazy("Offerer ID"),
        required=False,
        min_value=1,
        max_value=OFFERER_LIMIT,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), NO_OFFERER),
        help_text=_lazy("The source in Flatchr, in place of the tenant's own."),
    )
    user_key = forms.CharField(
        label=_lazy("User key"),
        required=False,
        help_text=_lazy(
            "The Flatchr user to whom the candidate is attributed, in place of the tenant's."
        ),
    )

    def __init__(
        self,
        *args: Any,
        tenants: dict[str, str],
        tenant: Integration | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = dict(tenants)
        if tenant is not None:
            choices[tenant.pk] = str(tenant)
        blank = [] if len(choices) == 1 else [("", _("Choose a tenant"))]
        self.fields["tenant"].widget.choices = [*blank, *choices.items()]
        self.fields["job"].widget.choices = self._job_choices(tenant)
        accepted = ",".join(f".{ending}" for _, endings, _ in ACCEPTED for ending in endings)
        self.fields["document"].widget.attrs["accept"] = accepted
        for name, field in self.fields.items():
            ids = [f"id_{name}_error"]
            if field.help_text:
                ids.insert(0, f"id_{name}_helptext")
            field.widget.attrs.update({"aria-describedby": " ".join(ids), "autocomplete": "off"})
        for name in ("job", "first_name", "last_name", "email_address"):
            self.fields[name].widget.attrs["aria-required"] = "true"

    def _job_choices(self, tenant: Integration | None) -> list[tuple[str, str]]:
        choices = [("", _("Choose a job"))]
        if tenant is None:
            return choices
        open_jobs = jobs_of(tenant).exclude(status__in=CLOSED)[:MOST_JOBS]
        choices += [(job.pk, job_label(job)) for job in open_jobs]
        chosen = self["job"].value()
        if chosen and chosen not in dict(choices):
            job = jobs_of(tenant).filter(pk=chosen).first()
            choices += [(job.pk, job_label(job))] if job else []
        return choices

    def entry(self) -> SubmissionEntry:
        """What was typed and attached. A file is read up to one byte more than is accepted."""
        given = self.cleaned_data
        return SubmissionEntry(
            job=given.get("job", ""),
            first_name=given.get("first_name", ""),
            last_name=given.get("last_name", ""),
            email_address=given.get("email_address", ""),
            phone_number=given.get("phone_number", ""),
            cover_letter=given.get("cover_letter", ""),
            attachments=tuple(self._attachments()),
            offerer_id=given.get("offerer_id"),
            user_key=given.get("user_key", ""),
        )

    def _attachments(self) -> Iterable[Attachment]:
        # From the request and not from `cleaned_data`: Django's field refuses an empty file in
        # its own words, and ours are exact.
        file = self.files.get("document")
        if file is not None:
            yield Attachment(
                name=file.name or "",
                type=AttachmentType.CV,
                content=file.read(settings.SUBMISSION_MAX_BYTES + 1),
                content_type=file.content_type or "",
            )

    def show(self, problems: Iterable[Problem]) -> list[str]:
        """Put each problem under its field; return those that belong to none."""
        if not self.is_bound:
            # A saved draft: nothing was posted, but its problems are shown as errors.
            self.full_clean()
            self.cleaned_data = {}
        elsewhere = []
        for problem in problems:
            name = FIELDS.get(problem.field, problem.field)
            if name in self.fields:
                self.add_error(name, translated(problem.message))
            else:
                elsewhere.append(translated(problem.message))
        return elsewhere


def initial_of(submission: Submission) -> dict[str, Any]:
    """What the form shows of a submission that was saved earlier."""
    names = ("first_name", "last_name", "email_address", "phone_number", "cover_letter")
    return {
        **{name: getattr(submission, name) for name in names},
        "tenant": submission.integration_id,
        "job": submission.job_id or "",
        "offerer_id": submission.offerer_id,
        "user_key": submission.user_key,
    }


def file_words() -> dict[str, Any]:
    """Texts of the area for the file, and the limit in bytes; the script fills in `{size}`."""
    most = settings.SUBMISSION_MAX_BYTES
    kinds = ", ".join(kind for kind, _, _ in ACCEPTED)
    return {
        "most": most,
        "hint": _("%(kinds)s, up to %(most)s") % {"kinds": kinds, "most": filesizeformat(most)},
        "kinds": kinds,
    }
