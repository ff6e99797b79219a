"""Links to CVs: how long they last, and for whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from django.core import signing
from django.utils import timezone

from integrations.accounts.api_keys import create_key, revoke
from integrations.api.actions import attachments
from integrations.connecting import lifecycle
from integrations.models import (
    ApiKey,
    Application,
    AuditEntry,
    Event,
    Integration,
)
from integrations.models.scopes import Choice, Part, Scopes
from integrations.sandbox import Sandbox
from integrations.tenants import scopes
from tests.api.actions.attachments.conftest import FILES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_a_link_ends_after_a_while(
    link: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "LASTS", -1)
    sandbox.requests.clear()
    assert requests.get(link, timeout=30).status_code == 404
    assert len(sandbox.requests) == 0


def test_a_link_ends_with_its_key(link: str, sandbox: Sandbox) -> None:
    revoke(ApiKey.objects.get())
    sandbox.requests.clear()
    assert requests.get(link, timeout=30).status_code == 404
    assert len(sandbox.requests) == 0


def disable(application: Application) -> None:
    Integration.objects.update(enabled=False)


def delete_tenant(application: Application) -> None:
    lifecycle.delete(application.integration)


def leave_files_out(application: Application) -> None:
    scopes.choose(application.integration, Scopes({Part.FILES: Choice.OFF}))


def let_opt_out_of_files(application: Application) -> None:
    scopes.choose(application.integration, Scopes({Part.FILES: Choice.OPTIONAL}))
    scopes.opt_out(application.integration, [Part.FILES])


def lose_application(application: Application) -> None:
    Application.objects.update(remote_deleted_at=timezone.now())


@pytest.mark.parametrize(
    ("happens", "status", "code"),
    [
        (disable, 409, "INTEGRATION.INACTIVE"),
        (delete_tenant, 404, "PLATFORM.INTEGRATION_NOT_FOUND"),
        (leave_files_out, 403, "INTEGRATION.ACTION_DISABLED"),
        (let_opt_out_of_files, 403, "INTEGRATION.ACTION_DISABLED"),
        (lose_application, 404, "PLATFORM.INPUT_INVALID"),
    ],
)
def test_a_link_ends_with_what_it_was_made_for(
    happens: Callable[[Application], None],
    status: int,
    code: str,
    link: str,
    application: Application,
    sandbox: Sandbox,
) -> None:
    happens(application)
    sandbox.requests.clear()

    opened = requests.get(link, timeout=30)
    assert (opened.status_code, opened.json()["error"]["code"]) == (status, code)
    assert len(sandbox.requests) == 0


def test_a_link_that_was_changed_or_made_by_others_leads_nowhere(
    link: str, api_site: str, application: Application
) -> None:
    head, _, _ = link.rpartition(":")
    foreign, _ = create_key(name="Other")
    names = [application.integration_id, application.pk, foreign.pk]
    elsewhere = signing.dumps(names, salt="another purpose")
    for address in (
        f"{head}:{'A' * 43}",
        f"{api_site}/v1/attachments/nothing",
        f"{api_site}/v1/attachments/{elsewhere}",
    ):
        opened = requests.get(address, timeout=30)
        assert (opened.status_code, opened.json()["status"]) == (404, "error")


def test_a_link_of_a_key_without_the_tenant_leads_nowhere(
    link: str, application: Application, other_tenant: Integration
) -> None:
    ApiKey.objects.get().integrations.set([other_tenant])
    assert requests.get(link, timeout=30).status_code == 404


def test_a_link_that_names_another_tenant_than_the_applications_leads_nowhere(
    link: str, api_site: str, application: Application, other_tenant: Integration, sandbox: Sandbox
) -> None:
    every, _ = create_key(name="Every tenant")
    own = attachments.link_to(application, every)
    application.integration = other_tenant
    others = attachments.link_to(application, every)
    sandbox.requests.clear()

    assert requests.get(f"{api_site}{others}", timeout=30).status_code == 404
    assert len(sandbox.requests) == 0
    assert requests.get(f"{api_site}{own}", timeout=30).status_code == 200


def test_no_log_holds_a_link(link: str, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads it could have the file."""
    sandbox.faults.add(path=FILES, status=500)
    with caplog.at_level("INFO"):
        assert requests.get(link, timeout=30).status_code == 503
    assert link.rpartition("/")[2] not in caplog.text


def test_a_link_takes_no_other_method(link: str) -> None:
    assert requests.post(link, timeout=30).status_code == 405


def test_links_and_downloads_are_in_the_audit_trail(link: str, application: Application) -> None:
    """With the key; also the download of a file that was here already."""
    assert [requests.get(link, timeout=30).status_code for _ in range(2)] == [200, 200]
    found = AuditEntry.objects.filter(object_id=application.pk).order_by("id")
    assert list(found.values_list("what", flat=True)) == [
        Event.CV_LINKED,
        Event.CV_DOWNLOADED,
        Event.CV_DOWNLOADED,
    ]
    assert all(one.key_prefix and one.integration_id for one in found)
    assert not any(one.object_name for one in found)
