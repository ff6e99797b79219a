"""What the filters of the lists select, by the parameters of a list's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db.models import Exists, Model, OuterRef, QuerySet

from integrations.lists.walking import CAP, hide_indexes
from integrations.models import Application, CandidateTag


class Asked(NamedTuple):
    """Who asks for a list, and the parameters of its address, each with its one value."""

    user: Any
    given: Mapping[str, str]


# Leaves the records as they are where its parameter is missing or blank.
Narrowing = Callable[[QuerySet[Any], Asked], QuerySet[Any]]


def by_tenant(records: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    tenant = asked.given.get("tenant")
    return records.filter(integration_id=tenant) if tenant else records


def by_deletion(records: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    """What Flatchr still has, unless `deleted` is "only" or "all"."""
    deleted = asked.given.get("deleted")
    if deleted == "all":
        return records
    return records.filter(remote_deleted_at__isnull=deleted != "only")


def by_field(field: str) -> Narrowing:
    """The records with that value in `field`, which is the parameter's name as well."""

    def narrow(records: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
        value = asked.given.get(field)
        return records.filter(**{field: value}) if value else records

    return narrow


def by_record(
    parameter: str, related: type[Model], select: Callable[[QuerySet[Any], str], QuerySet[Any]]
) -> Narrowing:
    """What `select` finds for one related record; nothing if the user may not see that."""

    def narrow(records: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
        pk = asked.given.get(parameter)
        if not pk:
            return records
        manager: Any = related._default_manager
        if not manager.visible_to(asked.user).filter(pk=pk).exists():
            return records.none()
        return select(records, pk)

    return narrow


def with_key(field: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """For `by_record`: the records that name it in `field`."""
    return lambda records, pk: records.filter(**{field: pk})


def applied_with(field: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """For `by_record`: the candidates with an application that names it in `field`."""
    return lambda candidates, pk: having(
        candidates, Application.objects.live().filter(**{field: pk})
    )


def wearing(candidates: QuerySet[Any], tag: str) -> QuerySet[Any]:
    """For `by_record`: the candidates with that tag."""
    return having(candidates, CandidateTag.objects.live().filter(tag_id=tag))


def by_outcome_of_application(candidates: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    outcome = asked.given.get("outcome")
    if not outcome:
        return candidates
    mine = Application.objects.visible_to(asked.user).live()
    return having(candidates, mine.filter(outcome=outcome))


def having(candidates: QuerySet[Any], related: QuerySet[Any]) -> QuerySet[Any]:
    """The candidates that `related` (applications, or tags worn) belong to.

    A few are listed. Where there are many, each candidate is asked, since a page of them is then
    found after few questions.
    """
    few = list(related.order_by().values_list("candidate_id", flat=True)[: CAP + 1])
    if len(few) <= CAP:
        return candidates.filter(pk__in=few)
    return candidates.filter(Exists(hide_indexes(related).filter(candidate_id=OuterRef("pk"))))
