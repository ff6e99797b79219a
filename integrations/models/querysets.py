"""Filters, search and order of the lists of records: of the dashboard, of exports and of the API.

A filter that takes a value leaves the records as they are where the value is None. The filters of
the dashboard take the parameters of a list's address, each with its one value, and the user; an
export stores the same parameters. Which tenants a user may see is `visible_to`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, TypeAlias
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.text import unescape_string_literal

from integrations.models.conditions import (
    CAP,
    hide_indexes,
    in_any_case,
    owns_email,
    period_bounds,
    searched_words,
)
from integrations.models.integration import Integration
from integrations.records import PROVISIONAL

# The order of lists. The index has no ids, which decide only among records that were stored
# before `arrival` existed: without them it grows at its end, as `arrival` itself does.
NEWEST_FIRST = ("-changed_at", "-arrival", "-id")

# Flatchr's days begin there.
PARIS = ZoneInfo("Europe/Paris")
# Clocks differ, and Flatchr's days begin at midnight in Paris.
MARGIN = timedelta(days=1)
# Records that an address can name one by one.
MOST_TICKED = 200

Given: TypeAlias = Mapping[str, str]
ListFilter: TypeAlias = Callable[[Any, Given, Any], Any]


def by_field(field: str) -> ListFilter:
    """A filter of the dashboard: records with that value in `field`, the parameter's name too."""

    def narrow(records: RecordQuerySet, given: Given, _user: Any) -> RecordQuerySet:
        return records.with_value(field, given.get(field) or None)

    return narrow


def by_record(
    parameter: str, related: str, select: Callable[[Any, str], RecordQuerySet]
) -> ListFilter:
    """A filter of the dashboard: what `select` finds for the id of a record of the model
    `related`; nothing if the user may not see that record.
    """

    def narrow(records: RecordQuerySet, given: Given, user: Any) -> RecordQuerySet:
        pk = given.get(parameter)
        if not pk:
            return records
        if not _records_of(related).visible_to(user).filter(pk=pk).exists():
            return records.none()
        return select(records, pk)

    return narrow


class RecordQuerySet(models.QuerySet[Any]):
    """Records of one mirrored table.

    The dashboard's list of them has `list_columns`; `list_orders` has those that it can be sorted
    by and their fields, `list_filters` each parameter of its address that limits it.
    """

    list_columns: ClassVar[tuple[str, ...]] = ()
    list_orders: ClassVar[Mapping[str, str]] = {}
    search_fields: ClassVar[tuple[str, ...]] = ()

    def visible_to(self, user: Any) -> RecordQuerySet:
        """The records of the tenants `user` is a member of; all of them for a superuser."""
        if user.is_superuser:
            gone = Integration.objects.deleted().values_list("pk")
            return self.exclude(integration_id__in=gone)
        return self.filter(
            integration_id__in=Integration.objects.visible_to(user).values_list("pk")
        )

    def live(self) -> RecordQuerySet:
        """Those that Flatchr still has."""
        return self.filter(remote_deleted_at=None)

    def without_raw(self) -> RecordQuerySet:
        """The same without their raw objects, of those that have one."""
        columns = {field.name for field in self.model._meta.concrete_fields}
        return self.defer("remote_data") if "remote_data" in columns else self

    def with_value(self, field: str, value: str | None) -> RecordQuerySet:
        return self if value is None else self.filter(**{field: value})

    def with_any(self, field: str, values: Collection[str] | None) -> RecordQuerySet:
        return self if values is None else self.filter(**{f"{field}__in": values})

    def with_remote_ids(self, values: Collection[str] | None) -> RecordQuerySet:
        return self.with_any("remote_id", values)

    def with_text(self, field: str, text: str | None) -> RecordQuerySet:
        """Those with `text` in `field`, in whatever case."""
        if text is None:
            return self
        return self.filter(**{f"{field}__regex": rf"\A{in_any_case(text)}\Z"})

    def containing(self, field: str, text: str | None) -> RecordQuerySet:
        """Those with `text` somewhere in `field`, in whatever case."""
        return self if text is None else self.filter(**{f"{field}__regex": in_any_case(text)})

    def created_since(self, moment: datetime | None) -> RecordQuerySet:
        """Created at Flatchr on the day of `moment` or later.

        Flatchr's applications have days, which are stored as their start in Paris, an hour or two
        before the same day begins in UTC. From then on nothing of the day is missed in either
        zone.
        """
        if moment is None:
            return self
        # The first year of all has no start in UTC.
        day = max(moment.astimezone(UTC), datetime(2, 1, 1, tzinfo=UTC)).date()
        start = datetime.combine(day, time(), PARIS).astimezone(UTC)
        return self.filter(remote_created_at__gte=start)

    def by_tenant(self, given: Given, _user: Any) -> RecordQuerySet:
        return self.with_value("integration_id", given.get("tenant") or None)

    def by_deletion(self, given: Given, _user: Any) -> RecordQuerySet:
        """What Flatchr still has, unless `deleted` is "only" or "all"."""
        deleted = given.get("deleted")
        if deleted == "all":
            return self
        return self.filter(remote_deleted_at__isnull=deleted != "only")

    def by_ticks(self, given: Given, _user: Any) -> RecordQuerySet:
        """Those that were ticked one by one: `ids`, with commas between them."""
        ids = given.get("ids")
        return self.filter(pk__in=ids.split(",")[:MOST_TICKED]) if ids else self

    list_filters: ClassVar[Mapping[str, ListFilter]] = {
        "tenant": by_tenant,
        "deleted": by_deletion,
    }

    def narrowed(self, given: Given, user: Any) -> RecordQuerySet:
        """Limited as the dashboard's list with these parameters is, by its filters alone."""
        records = self
        for narrow in self.list_filters.values():
            records = narrow(records, given, user)
        return records

    def searched(self, typed: str, _user: Any) -> RecordQuerySet:
        """What the search box above the list finds; all if it is blank."""
        return self.with_words(self.search_fields, typed) if typed else self

    def with_words(self, fields: Collection[str], typed: str) -> RecordQuerySet:
        """Those that have each word in one field or another; quoted words stay together. No more
        is looked for than `searched_words` takes.
        """
        wanted = Q()
        words, _ = searched_words(typed)
        for word in words:
            quoted = word[0] in "\"'" and word[0] == word[-1]
            text = unescape_string_literal(word) if quoted else word
            wanted &= Q.create([(f"{field}__icontains", text) for field in fields], connector=Q.OR)
        return self.filter(wanted)

    def in_list_order(self, order: str, user: Any) -> RecordQuerySet:
        """In the order of the parameter `o`: numbers of columns between full stops, each with a
        minus for falling.
        """
        columns = list(self.list_columns)
        # Nobody with one tenant is shown a column that says the same in every row.
        if len(Integration.objects.visible_to(user)[:2]) == 1:
            columns.remove("tenant")
        fields: dict[str, str] = {}
        for part in order.split(".")[: len(columns)]:
            minus, number = part[:1] == "-", part.removeprefix("-")
            usual = number.isascii() and number.isdigit() and len(number) < 4
            if not (usual and int(number) < len(columns)):
                continue
            if field := self.list_orders.get(columns[int(number)]):
                fields.setdefault(field, f"-{field}" if minus else field)
        return self.order_by(*fields.values(), *NEWEST_FIRST)


class JobQuerySet(RecordQuerySet):
    list_columns = ("title", "tenant", "state", "contract", "place", "opened", "changed")
    list_orders = {"title": "name", "opened": "opened_at", "changed": "changed_at"}
    list_filters = {
        "tenant": RecordQuerySet.by_tenant,
        "status": by_field("status"),
        "deleted": RecordQuerySet.by_deletion,
        # Set by links from the pages of value maps.
        "employment_type": by_field("employment_type"),
        "location__country": by_field("location__country"),
    }
    search_fields = ("name", "department", "category", "slug")


class CandidateQuerySet(RecordQuerySet):
    def having(self, related: models.QuerySet[Any]) -> RecordQuerySet:
        """Those that `related` (applications, or candidates' tags) belong to.

        A few are listed. Where there are many, each candidate is looked at, since a page of them
        is then found after a few look-ups.
        """
        few = list(related.order_by().values_list("candidate_id", flat=True)[: CAP + 1])
        if len(few) <= CAP:
            return self.filter(pk__in=few)
        return self.filter(Exists(hide_indexes(related).filter(candidate_id=OuterRef("pk"))))

    def with_remote_ids(self, values: Collection[str] | None) -> RecordQuerySet:
        """A candidate's remote id is one of its applications', whose index finds it."""
        if values is None:
            return self
        applications = _records_of("Application").filter(remote_id__in=values).order_by()
        return self.filter(remote_id__in=values, id__in=applications.values("candidate_id"))

    def with_email(self, address: str | None) -> RecordQuerySet:
        """Those with that address, given in lower case, among their own, in whatever case."""
        return self if address is None else self.filter(owns_email(address))

    def applied_to(self, job_ids: Collection[str] | None, *, deleted: bool) -> RecordQuerySet:
        """Those with an application for one of the jobs; with `deleted`, also one that is gone."""
        if job_ids is None:
            return self
        applications = _records_of("Application").filter(job_id__in=job_ids).order_by()
        applications = applications if deleted else applications.live()
        return self.filter(id__in=applications.values("candidate_id"))

    def in_stage(self, pk: str) -> RecordQuerySet:
        return self.having(_records_of("Application").live().filter(current_stage_id=pk))

    def for_job(self, pk: str) -> RecordQuerySet:
        return self.having(_records_of("Application").live().filter(job_id=pk))

    def tagged(self, pk: str) -> RecordQuerySet:
        return self.having(_records_of("CandidateTag").live().filter(tag_id=pk))

    def by_outcome(self, given: Given, user: Any) -> RecordQuerySet:
        if not (outcome := given.get("outcome")):
            return self
        applications = _records_of("Application").visible_to(user).live()
        return self.having(applications.filter(outcome=outcome))

    def by_day(self, given: Given, user: Any) -> RecordQuerySet:
        """Those with an application that was received in a period."""
        since, until = period_bounds(given)
        if not (since or until):
            return self
        applications: Any = _records_of("Application").visible_to(user).live()
        return self.having(applications.received(since, until))

    list_columns = ("name", "tenant", "email", "phone", "changed")
    # A sort by any other column would read the whole table.
    list_orders = {"changed": "changed_at"}
    list_filters = {
        "tenant": RecordQuerySet.by_tenant,
        "stage": by_record("stage", "ApplicationStage", in_stage),
        "outcome": by_outcome,
        "applied": by_day,
        "tag": by_record("tag", "Tag", tagged),
        "deleted": RecordQuerySet.by_deletion,
        "job": by_record("job", "Job", for_job),
        "ids": RecordQuerySet.by_ticks,
    }
    search_fields = ("first_name", "last_name", "email_addresses")


class ApplicationQuerySet(RecordQuerySet):
    def with_remote_ids(self, values: Collection[str] | None) -> RecordQuerySet:
        """A provisional remote id is shown to nobody, and so finds nothing."""
        if values is None:
            return self
        return self.with_any("remote_id", [id for id in values if not id.startswith(PROVISIONAL)])

    def received(self, since: datetime | None, until: datetime | None) -> RecordQuerySet:
        """Those that Flatchr received from `since` on and before `until`."""
        found: RecordQuerySet = self
        if since:
            # What was received since then was mirrored since then; and only that has an index.
            found = found.filter(remote_created_at__gte=since, changed_at__gte=since - MARGIN)
        return found.filter(remote_created_at__lt=until) if until else found

    def searched(self, typed: str, user: Any) -> RecordQuerySet:
        """Applications by their candidate.

        When few are found, their applications are looked up by their ids, which spares joining
        every application with its candidate only to find that it is not meant.
        """
        if not typed:
            return self
        named = _records_of("Candidate").visible_to(user).with_words(self.search_fields, typed)
        few = list(named.order_by().values_list("pk", flat=True)[: CAP + 1])
        if len(few) <= CAP:
            return self.filter(candidate_id__in=few)
        return self.with_words([f"candidate__{field}" for field in self.search_fields], typed)

    def by_day(self, given: Given, _user: Any) -> RecordQuerySet:
        return self.received(*period_bounds(given))

    list_columns = ("who", "job_name", "tenant", "stage", "result", "received", "changed")
    list_orders = {"changed": "changed_at"}
    list_filters = {
        "tenant": RecordQuerySet.by_tenant,
        "stage": by_record(
            "stage", "ApplicationStage", lambda found, pk: found.filter(current_stage_id=pk)
        ),
        "outcome": by_field("outcome"),
        "applied": by_day,
        "deleted": RecordQuerySet.by_deletion,
        "job": by_record("job", "Job", lambda found, pk: found.filter(job_id=pk)),
        "candidate": by_record(
            "candidate", "Candidate", lambda found, pk: found.filter(candidate_id=pk)
        ),
        "ids": RecordQuerySet.by_ticks,
    }
    search_fields = CandidateQuerySet.search_fields


def _records_of(model: str) -> RecordQuerySet:
    """All records of a mirrored model, which this module cannot import: it imports this one."""
    found: RecordQuerySet = apps.get_model("integrations", model)._default_manager.all()
    return found
