"""The first page: every tenant the user may see, the ones that need attention first."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from integrations.admin.base.urls import submit_url
from integrations.admin.base.views import page_number
from integrations.admin.home.charts import of_all, of_tenant
from integrations.admin.home.stats import figures_for, submission_figures, total
from integrations.admin.home.tenant_summary import full_views
from integrations.models import Integration, SubmissionKind
from integrations.tenants.health import Condition, Facts, Health, health_of

# The states of at most so many tenants are computed, to sort by them; a search finds the others.
MOST_TENANTS = 500
PER_PAGE = 12

States = Mapping[str, tuple[Facts, Health]]


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
    ids, found = _visible(request, asked)
    tenants = list(Integration.objects.filter(pk__in=found[:MOST_TENANTS]))
    health = health_of(tenants)
    tenants.sort(key=lambda tenant: list(Condition).index(health[tenant.pk][1].condition))
    listed = [tenant for tenant in tenants if state in ("", health[tenant.pk][1].condition.slug)]
    number = _page(request, len(listed))
    shown = listed[(number - 1) * PER_PAGE : number * PER_PAGE]
    figures = figures_for([tenant.pk for tenant in tenants])
    views = full_views(shown, health, figures)
    counted = [(tenant, figures[tenant.pk]) for tenant in tenants]
    alone = len(ids) == 1 and len(views) == 1
    return {
        "tenants": views,
        "any": bool(ids),
        "several": len(ids) > 1,
        "all_count": len(ids),
        "cut": len(found) > MOST_TENANTS,
        "most": MOST_TENANTS,
        "attention": _attention(tenants, health),
        "q": asked,
        "state": state,
        "choices": _choices(asked, state, tenants, health),
        "pager": _pager(asked, state, number, len(listed)),
        "total": total(one for _tenant, one in counted),
        "charts": of_tenant(shown[0], figures[shown[0].pk], views[0].strip)
        if alone
        else of_all(counted),
        "connect_url": reverse("admin:integrations_integration_add"),
        "submit_url": submit_url(SubmissionKind.CANDIDATE),
        "submissions": submission_figures(tenant.pk for tenant in tenants),
    }


def _visible(request: HttpRequest, asked: str) -> tuple[list[str], list[str]]:
    """The ids of the user's tenants, and of those among them that the search finds.

    Searched here rather than in the database, which cannot be relied on to fold accents.
    """
    rows = list(
        Integration.objects.visible_to(request.user).values_list("pk", "organization", "origin_id")
    )
    words = _folded(asked).split()

    def matches(pk: str, organization: str, origin_id: str) -> bool:
        names = _folded(f"{organization} {origin_id}")
        return asked == pk or all(word in names for word in words)

    found = [row[0] for row in rows if matches(*row)]
    return [row[0] for row in rows], found


def _folded(text: str) -> str:
    """`text` without accents, in lower case."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _attention(tenants: Sequence[Integration], health: States) -> int:
    return sum(health[tenant.pk][1].condition.needs_attention for tenant in tenants)


def _choices(
    asked: str, state: str, tenants: Sequence[Integration], health: States
) -> list[StateChoice]:
    """All, each state that a tenant is in, and the chosen one even if no tenant is in it."""
    counted = Counter(health[tenant.pk][1].condition for tenant in tenants)
    every = StateChoice(_("All"), len(tenants), _address(q=asked), "neutral", not state)
    return [
        every,
        *(
            StateChoice(
                condition.label,
                counted[condition],
                _address(q=asked, state=condition.slug),
                condition.color,
                state == condition.slug,
            )
            for condition in Condition
            if counted[condition] or state == condition.slug
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
