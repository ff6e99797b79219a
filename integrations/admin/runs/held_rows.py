"""The rows of held deletions: which there are, what hangs on each, and what goes if it is deleted.

The number of queries does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin.base.formatting import number
from integrations.admin.base.record_links import PAGES, RecordLink, named
from integrations.admin.base.urls import change_url
from integrations.admin.runs.findings import NAMES
from integrations.models import (
    Application,
    Candidate,
    CandidateTag,
    HeldDeletion,
    HoldDecision,
    SyncRun,
)
from integrations.records import Model
from integrations.sync.deletions import GUARDED
from integrations.sync.review.deletion_undo import restorable

_SEARCHED = {
    Model.JOBS: ("name", "remote_id"),
    Model.APPLICATION_STAGES: ("name", "remote_id"),
    Model.TAGS: ("name", "remote_id"),
    Model.APPLICATIONS: (
        "candidate__first_name",
        "candidate__last_name",
        "person_key",
        "job__name",
        "remote_id",
    ),
}


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """The held records of one model: their number, and the first of them."""

    model: str
    name: str
    total: int
    records: list[RecordLink] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One record that would be deleted; `pk` is that of its `HeldDeletion`."""

    pk: int
    record: RecordLink
    remote_id: str
    job: str
    hangs: str


def held_groups(run: SyncRun) -> list[HeldGroup]:
    counts = HeldDeletion.objects.filter(run=run).order_by("model").values("model")
    found = {row["model"]: row["n"] for row in counts.annotate(n=Count("pk"))}
    return [HeldGroup(model, str(NAMES[model]), found[model]) for model in Model if model in found]


def held_records(run: SyncRun, model: str, search: str = "") -> QuerySet[Any]:
    """The records held of one model, those that match each word of `search`."""
    held = HeldDeletion.objects.filter(run=run, model=model).values("record_id")
    manager: Any = PAGES[model].objects
    records: QuerySet[Any] = manager.filter(pk__in=held)
    for word in search.split():
        matches = Q()
        for name in _SEARCHED[Model(model)]:
            matches |= Q(**{f"{name}__icontains": word})
        records = records.filter(matches)
    return records.order_by("pk")


def held_links(model: str, records: Any) -> list[RecordLink]:
    return [linked for _remote_id, linked in named(PAGES[model], records)]


def held_rows(run: SyncRun, model: str, records: Any) -> list[HeldRow]:
    """The rows of some of `held_records`, a page at most."""
    page = PAGES[model]
    if page is Application:
        records = records.select_related("candidate", "job", "current_stage")
        records = records.defer("remote_data", "job__remote_data", "current_stage__remote_data")
    else:
        records = records.without_raw()
    found = list(records)
    ids = [record.pk for record in found]
    held = HeldDeletion.objects.filter(run=run, model=model, record_id__in=ids)
    keys = dict(held.values_list("record_id", "pk"))
    hanging = _HANGING[Model(model)](found)
    return [
        HeldRow(
            keys[record.pk],
            RecordLink(
                str(record.candidate if page is Application else record), change_url(record)
            ),
            record.remote_id,
            str(record.job or "") if page is Application else "",
            hanging[record.pk],
        )
        for record in found
        if record.pk in keys
    ]


def _of_jobs(jobs: Sequence[Any]) -> dict[str, str]:
    return _in_words(
        jobs,
        _counted(Application.objects.live(), "job_id", jobs),
        lambda count: ngettext(
            "with %(count)s live application", "with %(count)s live applications", count
        ),
        _("without live applications"),
    )


def _of_stages(stages: Sequence[Any]) -> dict[str, str]:
    return _in_words(
        stages,
        _counted(Application.objects.live(), "current_stage_id", stages),
        lambda count: ngettext(
            "%(count)s live application is there", "%(count)s live applications are there", count
        ),
        _("no live application is there"),
    )


def _of_tags(tags: Sequence[Any]) -> dict[str, str]:
    return _in_words(
        tags,
        _counted(CandidateTag.objects.live(), "tag_id", tags),
        lambda count: ngettext("%(count)s candidate has it", "%(count)s candidates have it", count),
        _("no candidate has it"),
    )


def _in_words(
    records: Sequence[Any], counts: dict[str, int], text: Callable[[int], str], nothing: str
) -> dict[str, str]:
    """What each record's count reads as; `nothing` for 0."""
    return {
        record.pk: text(count) % {"count": number(count)}
        if (count := counts.get(record.pk, 0))
        else nothing
        for record in records
    }


def _of_applications(applications: Sequence[Application]) -> dict[str, str]:
    people = [application.candidate for application in applications]
    live = _counted(Application.objects.live(), "candidate_id", people)
    hangs = {}
    for application in applications:
        others = live.get(application.candidate_id, 0) - (application.remote_deleted_at is None)
        text = _("the candidate’s only live application")
        if others > 0:
            text = ngettext(
                "the candidate has %(count)s other live application",
                "the candidate has %(count)s other live applications",
                others,
            ) % {"count": number(others)}
        stage = application.current_stage
        hangs[application.pk] = f"{stage.name} · {text}" if stage and stage.name else text
    return hangs


_HANGING: dict[Model, Any] = {
    Model.JOBS: _of_jobs,
    Model.APPLICATION_STAGES: _of_stages,
    Model.TAGS: _of_tags,
    Model.APPLICATIONS: _of_applications,
}


def _counted(rows: QuerySet[Any], key: str, parents: Sequence[Any]) -> dict[str, int]:
    """How many of `rows` have each parent as their `key`."""
    mine = rows.filter(**{f"{key}__in": {parent.pk for parent in parents}}).order_by()
    return dict(mine.values_list(key).annotate(Count("pk")))


def consequences(chosen: QuerySet[HeldDeletion]) -> list[str]:
    """What deleting the chosen rows does, a sentence for each model, with its numbers."""
    counts = dict(chosen.order_by().values_list("model").annotate(Count("pk")))
    return [
        _CONSEQUENCE[model](total, chosen.filter(model=model).values("record_id"))
        for model in GUARDED
        if (total := counts.get(model.value, 0))
    ]


def _jobs_go(total: int, ids: Any) -> str:
    live = Application.objects.live().filter(job_id__in=ids).count()
    return _sentences(
        (ngettext("%(count)s job.", "%(count)s jobs.", total), total),
        (
            ngettext(
                "%(count)s live application stays, with a deleted job.",
                "%(count)s live applications stay, with a deleted job.",
                live,
            ),
            live,
        ),
    )


def _stages_go(total: int, ids: Any) -> str:
    live = Application.objects.live().filter(current_stage_id__in=ids).count()
    return _sentences(
        (
            ngettext("%(count)s stage, in every job.", "%(count)s stages, in every job.", total),
            total,
        ),
        (
            ngettext(
                "%(count)s live application is there.",
                "%(count)s live applications are there.",
                live,
            ),
            live,
        ),
    )


def _tags_go(total: int, ids: Any) -> str:
    bearing = CandidateTag.objects.live().filter(tag_id__in=ids)
    people = bearing.order_by().values("candidate_id").distinct().count()
    return _sentences(
        (ngettext("%(count)s tag.", "%(count)s tags.", total), total),
        (
            ngettext(
                "%(count)s candidate loses a tag.", "%(count)s candidates lose a tag.", people
            ),
            people,
        ),
    )


def _applications_go(total: int, ids: Any) -> str:
    stays = Application.objects.live().filter(candidate_id=OuterRef("pk")).exclude(pk__in=ids)
    mine = Application.objects.filter(candidate_id=OuterRef("pk"), pk__in=ids)
    people = Candidate.objects.live().filter(Exists(mine)).exclude(Exists(stays)).count()
    return _sentences(
        (ngettext("%(count)s application.", "%(count)s applications.", total), total),
        (
            ngettext(
                "%(count)s candidate goes as well, who has no other.",
                "%(count)s candidates go as well, who have no other.",
                people,
            ),
            people,
        ),
    )


def _sentences(*parts: tuple[str, int]) -> str:
    """Sentences with their numbers; one whose number is 0 is left out."""
    return " ".join(text % {"count": number(count)} for text, count in parts if count)


_CONSEQUENCE: dict[Model, Any] = {
    Model.JOBS: _jobs_go,
    Model.APPLICATION_STAGES: _stages_go,
    Model.TAGS: _tags_go,
    Model.APPLICATIONS: _applications_go,
}


def coming_back(decision: HoldDecision) -> list[tuple[str, int]]:
    """How many records of each model undoing the decision restores."""
    found = [(str(NAMES[model]), restorable(decision, model).count()) for model in GUARDED]
    return [(name, count) for name, count in found if count]
