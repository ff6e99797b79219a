"""Value maps: which of Flatchr's words nobody has explained yet, and what they are said to mean
(`docs/mapping.md`, Job).

What is decided here is in the jobs after the next sync, whichever its type: a sync reads all
jobs, and writes those whose values have come to differ.
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
from integrations.flatchr.mapping.places import country_codes, country_key
from integrations.flatchr.mapping.valuemaps import ValueMaps, fold
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
from integrations.records import EmploymentType, JobStatus, Model

# Longer words are no words, and are left as Flatchr sent them.
LONGEST = 200
# So many jobs are named of those that have a value.
EXAMPLES = 5
# So many values of each kind are told.
MOST = 200


class UnknownValue(LookupError):
    """A value that there is not, or that may not be decided. The text says which, for users."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of value is compared, where a job has it, and which warning tells of it."""

    key: Callable[[str], str]
    unified: Callable[[], frozenset[str]]
    column: str
    code: str


RULES: Mapping[ValueKind, Rule] = {
    ValueKind.CONTRACT: Rule(
        fold, lambda: frozenset(EmploymentType), "employment_type", "unknown_contract"
    ),
    ValueKind.STATUS: Rule(fold, lambda: frozenset(JobStatus), "status", "unknown_job_status"),
    ValueKind.COUNTRY: Rule(
        country_key,
        lambda: frozenset(country_codes().values()),
        "location__country",
        "unknown_country",
    ),
}
CODES = {rule.code: kind for kind, rule in RULES.items()}


@dataclass(slots=True)
class MetValue:
    """A value that Flatchr sent, and what was decided on it.

    `spellings`: as met in jobs, with the number of jobs that have each at present; all of them
    are one value. `examples`: a few of the jobs. `own`: the decision of this scope, `general`: the
    one for all tenants.
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
    if not key or len(value) > LONGEST:
        raise UnknownValue("This value cannot be decided on. Correct it in Flatchr.")
    if unified not in rule.unified():
        raise UnknownValue("This is none of the values to choose from. Choose another one.")
    told = {
        "value": value,
        "unified": unified,
        "decided_by": user,
        "decided_at": timezone.now(),
    }
    decision, _created = ValueDecision.objects.update_or_create(
        integration=integration, kind=kind, key=key, defaults=told
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


def met_values(integration: Integration | None) -> list[MetValue]:
    """The values to decide on and those decided, of one tenant or of all, the most met first.

    Told by the jobs as stored, by the warnings of each tenant's last sync, and by the decisions
    of the scope. The number of queries does not grow with any of them.
    """
    found: dict[tuple[str, str], MetValue] = {}
    for kind in ValueKind:
        _from_jobs(found, kind, integration)
    _from_warnings(found, integration)
    _add_decisions(found, integration)
    ordered = sorted(found.values(), key=lambda one: (one.own is not None, -one.jobs, one.key))
    return [one for kind in ValueKind for one in [x for x in ordered if x.kind == kind][:MOST]]


def _at(found: dict[tuple[str, str], MetValue], kind: ValueKind, value: str) -> MetValue | None:
    """The entry for `value`; None for what nobody could decide on."""
    key = RULES[kind].key(value)
    if not key or len(value) > LONGEST:
        return None
    return found.setdefault((kind, key), MetValue(kind, key, value))


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
    jobs = jobs.annotate(met=F(rule.column)).filter(**{f"{rule.column}__isnull": False})
    return jobs.exclude(**{f"{rule.column}__in": sorted(rule.unified())}).order_by()


def _from_jobs(
    found: dict[tuple[str, str], MetValue], kind: ValueKind, integration: Integration | None
) -> None:
    jobs = unknown_jobs(integration, kind)
    for value, count in jobs.values("met").annotate(jobs=Count("pk")).values_list("met", "jobs"):
        if isinstance(value, str) and (entry := _at(found, kind, value)):
            entry.spellings[value] = count
    place = Window(RowNumber(), partition_by=F(RULES[kind].column), order_by=F("pk").asc())
    few = jobs.annotate(place=place).filter(place__lte=EXAMPLES).select_related("integration")
    for job in few.only("pk", "name", "remote_id", "integration__organization")[: MOST * EXAMPLES]:
        if isinstance(job.met, str) and (entry := _at(found, kind, job.met)):
            entry.examples = [*entry.examples, job][:EXAMPLES]


def _from_warnings(found: dict[tuple[str, str], MetValue], integration: Integration | None) -> None:
    """A job may lack its own word, such as one that Flatchr calls by a unified value's name."""
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
            # Cut short, and whole in the job.
            if not value.endswith("…"):
                _at(found, CODES[code], value)


def _add_decisions(found: dict[tuple[str, str], MetValue], integration: Integration | None) -> None:
    decisions = ValueDecision.objects.filter(
        Q(integration=None) | Q(integration=integration)
    ).select_related("decided_by")
    for decision in decisions:
        where = (ValueKind(decision.kind), decision.key)
        if decision.integration_id == (integration.pk if integration else None):
            entry = found.setdefault(where, MetValue(where[0], decision.key, decision.value))
            entry.own = decision
        elif where in found:
            found[where].general = decision
