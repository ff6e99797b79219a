"""A file of a list holds what the list shows, in its order, whatever the list is limited to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.template.response import SimpleTemplateResponse
from django.test import Client

from integrations.admin.base.admin import DashboardAdmin
from integrations.admin.registry import site
from integrations.exports.selection import UnknownFilter, select
from integrations.models import Application, Candidate, Export, Integration, Job
from tests.admin.conftest import Data, Fill, fill  # noqa: F401
from tests.admin.pages import list_address

pytestmark = pytest.mark.django_db

LogIn = Callable[[User], Client]
# Set by links alone: the pages have no control for them.
BY_LINK = {"job": {"employment_type", "location__country"}}


def queries(data: Data) -> list[tuple[str, str]]:
    """Lists and what they are limited to."""
    job, stage, tag = data.jobs[1].pk, data.stages[0].pk, data.tags[1].pk
    searches = ("q=nord", "q=1+NORD", "q=%22nord+1%22", "q='", "q=%20", "q=nobody", "q=%00")
    orders = [f"o={sign}{number}" for sign in ("", "-") for number in range(8)]
    both = [*searches, *orders, "o=5.-4.x.", "deleted=all", "deleted=only", "p=1", "tenant="]
    own = {
        "job": ["status=OPEN", "status=x", "employment_type=PERMANENT", "location__country=FR"],
        "candidate": [f"tag={tag}", f"job={job}&stage={stage}", "outcome=PENDING", "applied=7"],
        "application": [
            f"job={job}&o=-6",
            f"candidate={data.candidates[2].pk}",
            "outcome=HIRED&q=nord",
            "applied=between&applied_to=2020-01-01",
            "stage=unknown",
        ],
    }
    return [(kind, query) for kind in own for query in (*both, *own[kind])]


@pytest.mark.parametrize("who", ["alice", "admin"])
def test_the_file_holds_what_the_list_shows_in_its_order(
    who: str,
    request: pytest.FixtureRequest,
    logged_in: LogIn,
    tenant: Integration,
    other_tenant: Integration,
    fill: Fill,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if who == "admin":
        # What a list holds is known before it is drawn, which takes longer; alice's are drawn.
        monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    data = fill(tenant, 4)
    fill(other_tenant, 2)
    Job.objects.filter(pk=data.jobs[2].pk).update(
        employment_type="PERMANENT", location={"country": "FR"}, status="OPEN"
    )
    Application.objects.filter(pk=data.applications[3].pk).update(
        outcome="HIRED", remote_deleted_at=tenant.created_at
    )
    user = request.getfixturevalue(who)
    client = logged_in(user)
    for kind, query in queries(data):
        answer = client.get(f"{list_address(kind)}?{query}")
        assert answer.status_code == 200, (kind, query)
        shown = [record.pk for record in answer.context_data["cl"].result_list]
        selected = select(Export(kind=kind, user=user, filters=query))
        assert list(selected.values_list("pk", flat=True)) == shown, (kind, query)


def test_every_filter_of_a_list_is_one_of_its_files() -> None:
    for model in (Job, Candidate, Application):
        drawn = site.get_model_admin(model)
        assert isinstance(drawn, DashboardAdmin)
        kind = str(model._meta.model_name)
        filters = {getattr(one, "parameter_name", one) for one in drawn.list_filter}
        assert filters | BY_LINK.get(kind, set()) == set(model.objects.all().list_filters)


def test_a_filter_that_is_not_known_selects_nothing_rather_than_everything(alice: User) -> None:
    with pytest.raises(UnknownFilter, match="name__icontains"):
        select(Export(kind="job", user=alice, filters="q=x&name__icontains=y"))
