"""`create_webhook`, `list_webhooks` and `delete_webhook`."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from integrations.models import Integration, WebhookEndpoint
from integrations.webhooks import catalogue, endpoints

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
URL = "https://receiver.example/hook"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").splitlines()[-1])


def test_a_webhook_is_made_listed_and_deleted(
    tenant: Integration, other_tenant: Integration
) -> None:
    made = run_json("create_webhook", URL)
    assert list(made) == ["id", "url", "secret", "events"]
    assert made["url"] == URL
    assert made["secret"].startswith("whsec_")
    assert made["events"] == list(catalogue.DEFAULT)
    chosen = ["--events", "candidate.created,data-changed"]
    both = ["--integration", tenant.pk, "--integration", other_tenant.pk]
    second = run_json("create_webhook", URL, *chosen, *both)
    assert second["events"] == ["data-changed", "candidate.created"]
    assert WebhookEndpoint.objects.get(pk=second["id"]).integrations.count() == 2
    together = run_json("create_webhook", URL, "--integration", tenant.pk, other_tenant.pk)
    assert WebhookEndpoint.objects.get(pk=together["id"]).integrations.count() == 2
    listed = run_json("list_webhooks")["webhooks"]
    assert [one["id"] for one in listed] == [made["id"], second["id"], together["id"]]
    assert made["secret"] not in json.dumps(listed)
    assert URL in run("list_webhooks")
    assert run_json("delete_webhook", made["id"]) == {"id": made["id"], "deleted": True}
    assert not WebhookEndpoint.objects.filter(pk=made["id"]).exists()


def test_the_secret_alone_is_printed_without_json() -> None:
    secret = run("create_webhook", URL).strip()
    endpoint = WebhookEndpoint.objects.get()
    assert [row.secret for row in endpoint.secrets.all()] == [secret]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create_webhook", "ftp://receiver.example"), "URL: The address must begin"),
        (("create_webhook", "http://127.0.0.1:9/"), "EGRESS_ALLOWED_NETWORKS"),
        (("create_webhook", "https://a:b@receiver.example/"), "URL: The address holds"),
        (("create_webhook", URL, "--events", "none"), "--events: There is no event none"),
        (("create_webhook", URL, "--events", ","), "--events: Choose at least one"),
        (("create_webhook", URL, "--integration", "none"), "There is no tenant none"),
        (("delete_webhook", "none"), "There is no webhook none"),
    ],
)
def test_wrong_usage_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        run(*arguments)
    assert refused.value.returncode == 2
    assert not WebhookEndpoint.objects.exists()


def test_secrets_are_stored_encrypted() -> None:
    secret = endpoints.create_endpoint(url=URL)[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM integrations_webhooksecret")
        [(stored,)] = cursor.fetchall()
    assert secret not in stored
    assert stored.startswith("gAAAA")
