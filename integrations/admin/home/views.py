"""The first page: every tenant the user may see, the ones that need attention first."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from integrations.admin.base.charts import Chart
from integrations.admin.base.urls import submit_url
from integrations.admin.base.views import page_number
from integrations.admin.home.charts import of_all, of_tenant
from integrations.admin.home.stats import Figures, figures_for, submission_figures, total
from integrations.admin.home.tenant_summary import full_views
from integrations.models import Integration, SubmissionKind
from integrations.tenants.health import Condition, health_of
from integrations.tenants.states import CONDITIONS, condition_of, current_ranks, rank

PER_PAGE = 12
# The figures and charts of more tenants than this together are kept for five minutes: to add up
# those of 10,000 takes half a second.
ADDED_AT_ONCE = 500
KEPT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class StateChoice:
    """A filter by state, with the number of tenants in it."""

    label: str
    count: int
    url: str
    tone: str
    current: bool


@dataclass(frozen=True, slots=True)
class ListedTenant:
    """What the list is searched, sorted and counted by."""

    pk: str
    organization: str
    origin_id: str
    rank: int


def home(request: HttpRequest) -> dict[str, Any]:
    """The context of `relais/overview.html`; the number of queries does not grow with tenants."""
    asked = request.GET.get("q", "").strip()
    state = request.GET.get("state", "")
    visible = _visible(request)
    found = _matching(visible, asked) if asked else visible
    chosen = condition_of(state)
    listed = found
    if state:
        listed = [one for one in found if chosen is not None and one.rank == rank(chosen)]
    number = _page(request, len(listed))
    shown = _shown([one.pk for one in listed[(number - 1) * PER_PAGE : number * PER_PAGE]])
    of_shown = figures_for([tenant.pk for tenant in shown])
    views = full_views(shown, health_of(shown), of_shown)
    alone = len(visible) == 1 and len(views) == 1
    scope = _scope(request, found if asked else None)
    added, charts = _together(scope, [one.pk for one in found])
    return {
        "tenants": views,
        "any": bool(visible),
        "several": len(visible) > 1,
        "all_count": len(visible),
        "attention": sum(CONDITIONS[one.rank].needs_attention for one in found),
        "q": asked,
        "state": state,
        "choices": _choices(asked, state, found),
        "pager": _pager(asked, state, number, len(listed)),
        "total": added,
        "charts": of_tenant(shown[0], of_shown[shown[0].pk], views[0].strip) if alone else charts,
        "connect_url": reverse("admin:integrations_integration_add"),
        "submit_url": submit_url(SubmissionKind.CANDIDATE),
        "submissions": submission_figures(scope.values("pk")),
    }


def _visible(request: HttpRequest) -> list[ListedTenant]:
    """The user's tenants, those that need attention most first."""
    rows = Integration.objects.visible_to(request.user).order_by("organization", "id")
    columns = list(rows.values_list("pk", "organization", "origin_id", "stored_state__rank"))
    ranks = current_ranks({pk: known for pk, _name, _origin, known in columns})
    # One that the sweep has never come round to is among those that need nothing.
    unknown = rank(Condition.ACTIVE)
    found = [
        ListedTenant(pk, name, origin, ranks.get(pk, unknown))
        for pk, name, origin, _known in columns
    ]
    found.sort(key=lambda one: one.rank)
    return found


def _matching(tenants: Sequence[ListedTenant], asked: str) -> list[ListedTenant]:
    """Those that the search finds: here, as a database cannot be relied on to fold accents."""
    words = _folded(asked).split()
    return [
        one
        for one in tenants
        if asked == one.pk
        or all(word in _folded(f"{one.organization} {one.origin_id}") for word in words)
    ]


def _shown(ids: list[str]) -> list[Integration]:
    """These tenants, in this order."""
    rows = Integration.objects.in_bulk(ids)
    return [rows[pk] for pk in ids if pk in rows]


def _scope(request: HttpRequest, found: Sequence[ListedTenant] | None) -> Any:
    """All of the user's tenants, or those found, for figures of all together."""
    scope = Integration.objects.visible_to(request.user).order_by()
    return scope if found is None else scope.filter(pk__in=[one.pk for one in found])


def _together(scope: Any, ids: Sequence[str]) -> tuple[Figures, list[Chart]]:
    """The figures and charts of the tenants that `scope` selects, whose ids these are, together."""

    def add() -> tuple[Figures, list[Chart]]:
        tenants = list(scope)
        figures = figures_for([tenant.pk for tenant in tenants])
        charts = of_all([(tenant, figures[tenant.pk]) for tenant in tenants])
        return total(figures.values()), charts

    if len(ids) <= ADDED_AT_ONCE:
        return add()
    # Of exactly these tenants: who has lost one of them is shown nothing of it any more.
    which = blake2b("\n".join(sorted(ids)).encode(), digest_size=16).hexdigest()
    found: Any = cache.get_or_set(f"overview-{get_language()}-{which}", add, KEPT_SECONDS)
    return found


def _folded(text: str) -> str:
    """`text` without accents, in lower case."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _choices(asked: str, state: str, tenants: Sequence[ListedTenant]) -> list[StateChoice]:
    """All, each state that a tenant is in, and the chosen one even if no tenant is in it."""
    ranks = Counter(one.rank for one in tenants)
    every = StateChoice(_("All"), len(tenants), _address(q=asked), "neutral", not state)
    return [
        every,
        *(
            StateChoice(
                condition.label,
                ranks[place],
                _address(q=asked, state=condition.slug),
                condition.color,
                state == condition.slug,
            )
            for place, condition in enumerate(CONDITIONS)
            if ranks[place] or state == condition.slug
        ),
    ]


def _address(**query: str) -> str:
    given = {name: value for name, value in query.items() if value}
    base = reverse("admin:index")
    return f"{base}?{urlencode(given)}" if given else base


def _page(request: HttpRequest, count: int) -> int:
    """The number of the requested page; the last one if it is too high."""
    return min(page_number(request), max(1, -(-count // PER_PAGE)))


def _pager(asked: str, state: str, number: int, count: int) -> dict[str, Any]:
    """The pager below the list; addresses are blank where there is no other page."""

    def page(other: int) -> str:
        return _address(q=asked, state=state, p=str(other) if other > 1 else "")

    return {
        "first": (number - 1) * PER_PAGE + 1,
        "last": min(number * PER_PAGE, count),
        "count": count,
        "previous": page(number - 1) if number > 1 else "",
        "next": page(number + 1) if number * PER_PAGE < count else "",
    }
