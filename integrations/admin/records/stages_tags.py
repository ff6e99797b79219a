"""Stages and tags: short lists that candidates and applications are sorted into."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.access import MirrorAdmin
from integrations.admin.base.badges import Tone, badge, enum_badge, gone_badge
from integrations.admin.base.cards import Card, badges, record_card, related
from integrations.admin.base.filters import DeletedFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, date_time, day, emails, link
from integrations.admin.base.urls import list_url
from integrations.admin.records.changes import changes_of
from integrations.admin.records.field_sources import source_of
from integrations.models import Application, ApplicationStage, Candidate, Job, Tag


class StageAdmin(MirrorAdmin):
    plural = _lazy("stages")
    list_display = ("title", "tenant", "order", "kind", "changed")
    list_filter = (TenantFilter, DeletedFilter)
    list_defer = ("remote_data",)
    search_fields = ("name",)
    search_placeholder = _lazy("Name")
    sortable_by = ("title", "order", "changed")
    ordering = ("integration__organization", "integration_id", "position", "id")
    empty_text = _lazy("Stages appear here once a tenant has been synchronised.")

    @display(description=_lazy("Stage"), ordering="name")
    def title(self, stage: ApplicationStage) -> SafeString:
        return format_html("{} {}", str(stage), gone_badge(stage.remote_deleted_at))

    @display(description=_lazy("Position"), ordering="position")
    def order(self, stage: ApplicationStage) -> str:
        return str(stage.position + 1)

    @display(description=_lazy("Kind"))
    def kind(self, stage: ApplicationStage) -> SafeString | str:
        return _kind(stage)

    def detail(self, _request: HttpRequest, record: ApplicationStage) -> dict[str, Any]:
        return {
            "badges": badges(record, _kind(record)),
            "subtitle": _("Stage of the recruitment pipeline"),
            "cards": [
                Card(
                    _("Stage"),
                    [
                        (_("Position"), str(record.position + 1)),
                        (_("Shown in Flatchr"), _("Yes") if record.visible else _("No, hidden")),
                        (_("Means hired"), _("Yes") if record.hired else _("No")),
                    ],
                ),
                record_card(record),
            ],
            "related": [_applications(record)],
            "source": source_of(record),
            "changes": changes_of(record),
            "links": [
                (_("Applications"), list_url(Application, stage=record.pk)),
                (_("Candidates"), list_url(Candidate, stage=record.pk)),
                (_("Jobs"), list_url(Job, tenant=record.integration_id)),
            ],
        }


def _kind(stage: ApplicationStage) -> SafeString | str:
    if stage.hired:
        return badge(_("Hired"), Tone.SUCCESS)
    return NOTHING if stage.visible else badge(_("Hidden"))


def _applications(stage: ApplicationStage) -> Any:
    newest = stage.applications.live().select_related("candidate", "job")
    return related(
        _("Applications in this stage"),
        (_("Candidate"), _("Job"), _("Outcome"), _("Received")),
        newest.defer("remote_data", "job__remote_data", "job__description"),
        lambda application: (
            link(application, application.candidate),
            link(application.job),
            enum_badge(application.outcome),
            day(application.remote_created_at),
        ),
        empty=_("No application is in this stage."),
        all_url=list_url(Application, stage=stage.pk),
    )


class TagAdmin(MirrorAdmin):
    list_display = ("title", "tenant", "origin", "changed")
    list_filter = (TenantFilter, DeletedFilter)
    search_fields = ("name",)
    search_placeholder = _lazy("Name")
    sortable_by = ("title", "changed")
    ordering = ("integration__organization", "integration_id", "name", "id")
    empty_text = _lazy("Tags appear here once a tenant has been synchronised.")

    @display(description=_lazy("Tag"), ordering="name")
    def title(self, tag: Tag) -> SafeString:
        return format_html("{} {}", str(tag), gone_badge(tag.remote_deleted_at))

    @display(description=_lazy("Comes from"))
    def origin(self, tag: Tag) -> str:
        return _origin(tag)

    def detail(self, _request: HttpRequest, record: Tag) -> dict[str, Any]:
        return {
            "badges": badges(record),
            "subtitle": _("Tag of candidates"),
            "cards": [Card(_("Tag"), [(_("Comes from"), _origin(record))]), record_card(record)],
            "related": [_candidates(record)],
            "changes": changes_of(record),
            "links": [(_("Candidates"), list_url(Candidate, tag=record.pk))],
        }


def _origin(tag: Tag) -> str:
    return _("Found on a candidate") if tag.discovered else _("Flatchr's list of tags")


def _candidates(tag: Tag) -> Any:
    worn = tag.candidate_tags.live().filter(candidate__remote_deleted_at=None)
    return related(
        _("Candidates with this tag"),
        (_("Candidate"), _("E-mail"), _("Tagged")),
        worn.select_related("candidate"),
        lambda row: (
            link(row.candidate),
            emails(row.candidate.email_addresses),
            date_time(row.changed_at),
        ),
        empty=_("No candidate has this tag."),
        all_url=list_url(Candidate, tag=tag.pk),
    )
