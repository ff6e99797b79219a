"""Value maps: which unified value a value of Flatchr's becomes (`docs/mapping.md`, Job).

A decision takes effect with the next sync of either type: each reads all jobs, and writes those
whose values differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from integrations.audit import trail
from integrations.enumerations import EmploymentType, JobStatus
from integrations.flatchr.mapping.places import country_codes, country_key
from integrations.flatchr.mapping.values import ValueMaps, fold
from integrations.messages import Message
from integrations.models import (
    Event,
    Integration,
    Job,
    RunState,
    SyncRun,
    SyncWarning,
    ValueDecision,
    ValueKind,
)
from integrations.records import Model

# Longer values cannot be decided on, and stay as Flatchr sends them.
MAX_LENGTH = 200
# Jobs shown for each value.
EXAMPLES = 5
# Values listed of each kind.
MOST = 200


class UnknownValue(LookupError):
    """The value does not exist, or cannot be decided on; the message is for the user."""


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One kind of value: how it is compared, its column of jobs, and its code of warnings."""

    key: Callable[[str], str]
    unified: Callable[[], frozenset[str]]
    column: str
    code: str


RULES: Mapping[ValueKind, ValueRule] = {
    ValueKind.CONTRACT: ValueRule(
        fold, lambda: frozenset(EmploymentType), "employment_type", "unknown_contract"
    ),
    ValueKind.STATUS: ValueRule(fold, lambda: frozenset(JobStatus), "status", "unknown_job_status"),
    ValueKind.COUNTRY: ValueRule(
        country_key,
        lambda: frozenset(country_codes().values()),
        "location__country",
        "unknown_country",
    ),
}
CODES = {rule.code: kind for kind, rule in RULES.items()}


@dataclass(slots=True)
class SourceValue:
    """A value that Flatchr has sent, and the decisions on it.

    `spellings`: the spellings found in jobs, with the number of jobs of each. `examples`: a few of
    these jobs. `own`: the decision of the tenant (or for all, if no tenant is given); `general`:
    the one for all tenants.
    """

    kind: ValueKind
    key: str
    value: str
    spellings: dict[str, int] = field(default_factory=dict)
    examples: list[Job] = field(default_factory=list)
    own: ValueDecision | None = None
    general: ValueDecision | None = None

    @property
    def jobs(self) -> int:
        return sum(self.spellings.values())


def value_maps_of(integration_id: str) -> ValueMaps:
    """For a sync: the decisions that hold for one tenant, its own before those for all."""
    decisions = ValueDecision.objects.filter(
        Q(integration=None) | Q(integration_id=integration_id)
    ).order_by(F("integration_id").asc(nulls_first=True))
    chosen = {
        (decision.kind, decision.key): decision
        for decision in decisions
        if decision.unified in RULES[ValueKind(decision.kind)].unified()
    }

    def of(kind: ValueKind) -> dict[str, str]:
        return {one.value: one.unified for one in chosen.values() if one.kind == kind}

    return ValueMaps(
        contracts=of(ValueKind.CONTRACT),
        statuses=of(ValueKind.STATUS),
        countries=of(ValueKind.COUNTRY),
    )


@transaction.atomic
def decide(
    integration: Integration | None, kind: str, value: str, unified: str, *, user: Any = None
) -> ValueDecision:
    """Let `value` become `unified` from the next sync on; without a tenant, in all of them.

    Idempotent; a later decision replaces an earlier one. Raises `UnknownValue`.
    """
    rule = RULES[ValueKind(kind)]
    key = rule.key(value)
    if not key or len(value) > MAX_LENGTH:
        raise UnknownValue(Message("value_not_decidable"))
    if unified not in rule.unified():
        raise UnknownValue(Message("value_choice_unknown"))
    values = {
        "value": value,
        "unified": unified,
        "decided_by": user,
        "decided_at": timezone.now(),
    }
    decision, _created = ValueDecision.objects.update_or_create(
        integration=integration, kind=kind, key=key, defaults=values
    )
    _note(decision, user, meaning=unified)
    return decision


@transaction.atomic
def undo(decision: ValueDecision, *, user: Any = None) -> None:
    """Take a decision back: from the next sync on the jobs have Flatchr's own word. Idempotent."""
    gone, _of_each = ValueDecision.objects.filter(pk=decision.pk).delete()
    if gone:
        _note(decision, user, meaning="")


def _note(decision: ValueDecision, user: Any, *, meaning: str) -> None:
    trail.record(
        Event.DECIDED,
        tenant=decision.integration,
        about=decision,
        name=decision.value,
        user=user,
        kind=decision.kind,
        meaning=meaning,
    )


def source_values(integration: Integration | None) -> list[SourceValue]:
    """The values to decide on and those decided, of one tenant or of all, most frequent first.

    From the stored jobs, the warnings of each tenant's last sync, and the decisions. The number of
    queries is fixed.
    """
    found: dict[tuple[str, str], SourceValue] = {}
    for kind in ValueKind:
        _from_jobs(found, kind, integration)
    _from_warnings(found, integration)
    _add_decisions(found, integration)
    ordered = sorted(found.values(), key=lambda one: (one.own is not None, -one.jobs, one.key))
    return [one for kind in ValueKind for one in [x for x in ordered if x.kind == kind][:MOST]]


def _at(
    found: dict[tuple[str, str], SourceValue], kind: ValueKind, value: str
) -> SourceValue | None:
    """The entry for `value`, added if new; None for a value that cannot be decided on."""
    key = RULES[kind].key(value)
    if not key or len(value) > MAX_LENGTH:
        return None
    return found.setdefault((kind, key), SourceValue(kind, key, value))


def unknown_jobs(integration: Integration | None, kind: ValueKind) -> QuerySet[Any]:
    """The jobs that have a value which is none of the unified ones."""
    jobs: QuerySet[Any] = Job.objects.live().filter(
        **(
            {"integration__deleted_at": None}
            if integration is None
            else {"integration": integration}
        )
    )
    rule = RULES[kind]
    jobs = jobs.annotate(source=F(rule.column)).filter(**{f"{rule.column}__isnull": False})
    return jobs.exclude(**{f"{rule.column}__in": sorted(rule.unified())}).order_by()


def _from_jobs(
    found: dict[tuple[str, str], SourceValue], kind: ValueKind, integration: Integration | None
) -> None:
    jobs = unknown_jobs(integration, kind)
    for value, count in (
        jobs.values("source").annotate(jobs=Count("pk")).values_list("source", "jobs")
    ):
        if isinstance(value, str) and (entry := _at(found, kind, value)):
            entry.spellings[value] = count
    place = Window(RowNumber(), partition_by=F(RULES[kind].column), order_by=F("pk").asc())
    few = jobs.annotate(place=place).filter(place__lte=EXAMPLES).select_related("integration")
    for job in few.only("pk", "name", "remote_id", "integration__organization")[: MOST * EXAMPLES]:
        if isinstance(job.source, str) and (entry := _at(found, kind, job.source)):
            entry.examples = [*entry.examples, job][:EXAMPLES]


def _from_warnings(
    found: dict[tuple[str, str], SourceValue], integration: Integration | None
) -> None:
    """Add values from warnings: jobs may lack them, as when Flatchr's name is a unified value's."""
    ended = SyncRun.objects.filter(
        integration=OuterRef("pk"), state__in=[RunState.SUCCEEDED, RunState.PARTIALLY_FAILED]
    )
    tenants = Integration.objects.present()
    if integration is not None:
        tenants = tenants.filter(pk=integration.pk)
    last = tenants.annotate(last=Subquery(ended.order_by("-pk").values("pk")[:1]))
    warnings = SyncWarning.objects.filter(
        run__in=last.values("last"), model=Model.JOBS, code__in=list(CODES)
    )
    for code, examples in warnings.values_list("code", "examples"):
        for example in examples:
            value = str(example.get("value") or "")
            # The warning has cut it short; the job has the whole value.
            if not value.endswith("…"):
                _at(found, CODES[code], value)


def _add_decisions(
    found: dict[tuple[str, str], SourceValue], integration: Integration | None
) -> None:
    decisions = ValueDecision.objects.filter(
        Q(integration=None) | Q(integration=integration)
    ).select_related("decided_by")
    for decision in decisions:
        where = (ValueKind(decision.kind), decision.key)
        if decision.integration_id == (integration.pk if integration else None):
            entry = found.setdefault(where, SourceValue(where[0], decision.key, decision.value))
            entry.own = decision
        elif where in found:
            found[where].general = decision
