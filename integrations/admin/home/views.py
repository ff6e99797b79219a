"""The first page: every tenant the user may see, the ones that need attention first."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max
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
from integrations.models import Integration, Submission, SubmissionKind
from integrations.tenants.facts import health_of
from integrations.tenants.states import CONDITIONS, condition_of, rank, with_current_rank

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


def home(request: HttpRequest) -> dict[str, Any]:
    """The context of `relais/overview.html`; the number of queries does not grow with tenants."""
    asked = request.GET.get("q", "").strip()
    state = request.GET.get("state", "")
    visible = Integration.objects.visible_to(request.user)
    matching = _matching(visible, asked) if asked else None
    found = with_current_rank(
        visible if matching is None else Integration.objects.filter(pk__in=matching)
    )
    counted = found.order_by().values_list("current_rank").annotate(n=Count("pk"))
    ranks = dict(counted)
    count = sum(ranks.values())
    all_count = count if matching is None else visible.count()
    chosen = condition_of(state)
    listed = found.order_by("current_rank", "organization", "id")
    listed_count = count
    if state:
        listed = listed.filter(current_rank=rank(chosen)) if chosen else listed.none()
        listed_count = ranks.get(rank(chosen), 0) if chosen else 0
    number = _page(request, listed_count)
    page = listed.values_list("pk", flat=True)[(number - 1) * PER_PAGE : number * PER_PAGE]
    shown = _shown(list(page))
    of_shown = figures_for([tenant.pk for tenant in shown])
    views = full_views(shown, health_of(shown), of_shown)
    alone = all_count == 1 and len(views) == 1
    scope = visible.order_by() if matching is None else found.order_by()
    submissions = Submission.objects.visible_to(request.user)
    if matching is not None:
        submissions = submissions.filter(integration__in=matching)
    added, charts = _together(request, scope, count, matching)
    return {
        "tenants": views,
        "any": all_count > 0,
        "several": all_count > 1,
        "all_count": all_count,
        "attention": sum(
            many for place, many in ranks.items() if CONDITIONS[place].needs_attention
        ),
        "q": asked,
        "state": state,
        "choices": _choices(asked, state, ranks),
        "pager": _pager(asked, state, number, listed_count),
        "total": added,
        "charts": of_tenant(shown[0], of_shown[shown[0].pk], views[0].strip) if alone else charts,
        "connect_url": reverse("admin:integrations_integration_add"),
        "submit_url": submit_url(SubmissionKind.CANDIDATE),
        "submissions": submission_figures(submissions),
    }


def _matching(tenants: Any, asked: str) -> list[str]:
    """Ids of those that the search finds: here, as a database may not fold accents."""
    words = _folded(asked).split()
    return [
        pk
        for pk, organization, origin_id in tenants.values_list("pk", "organization", "origin_id")
        if asked == pk or all(word in _folded(f"{organization} {origin_id}") for word in words)
    ]


def _shown(ids: list[str]) -> list[Integration]:
    """These tenants, in this order: sorting thousands of whole rows would take longer."""
    rows = Integration.objects.in_bulk(ids)
    return [rows[pk] for pk in ids if pk in rows]


def _together(
    request: HttpRequest, scope: Any, count: int, matching: list[str] | None
) -> tuple[Figures, list[Chart]]:
    """The figures and charts of the `count` tenants that `scope` selects together."""

    def add() -> tuple[Figures, list[Chart]]:
        tenants = list(scope)
        figures = figures_for([tenant.pk for tenant in tenants])
        charts = of_all([(tenant, figures[tenant.pk]) for tenant in tenants])
        return total(figures.values()), charts

    if count <= ADDED_AT_ONCE:
        return add()
    # Of exactly these tenants: who has lost one of them is shown nothing of it any more.
    if matching is None and request.user.is_superuser:
        # All there are: what changes them changes their number, or the last deletion.
        last = Integration.objects.aggregate(last=Max("deleted_at"))["last"]
        which = f"all-{count}-{last.timestamp() if last else 0}"
    else:
        ids = sorted(scope.values_list("pk", flat=True) if matching is None else matching)
        which = blake2b("\n".join(ids).encode(), digest_size=16).hexdigest()
    found: Any = cache.get_or_set(f"overview-{get_language()}-{which}", add, KEPT_SECONDS)
    return found


def _folded(text: str) -> str:
    """`text` without accents, in lower case."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _choices(asked: str, state: str, ranks: Mapping[int, int]) -> list[StateChoice]:
    """All, each state that a tenant is in, and the chosen one even if no tenant is in it."""
    every = StateChoice(_("All"), sum(ranks.values()), _address(q=asked), "neutral", not state)
    return [
        every,
        *(
            StateChoice(
                condition.label,
                ranks.get(place, 0),
                _address(q=asked, state=condition.slug),
                condition.color,
                state == condition.slug,
            )
            for place, condition in enumerate(CONDITIONS)
            if ranks.get(place) or state == condition.slug
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
